"""Weeks, months, quarters and years that a text names, as the dates at their ends. Pure."""

import datetime
import re
from collections.abc import Iterator, Set
from typing import TypeAlias

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.reading.wording import listed

Date: TypeAlias = datetime.date

_PERIOD = lazy_regex(
    r"\b(this|next|last|coming|past|current|the|my|our|previous)\s+(week|weekend|month|year|quarter)\b", re.IGNORECASE
)
# "Last week compared to the week before": one more back.
_BEFORE = lazy_regex(
    r"\b(week|month|year|quarter|weekend)\s+(?:before|prior)\b(?!\s+(?:the|i|we|my|our|it|christmas|easter)\b)", re.I
)
_PERIODS = frozenset(listed("week weekend month year quarter"))
_QUARTER = lazy_regex(
    r"\b(?:(?P<before>20\d\d)[\s-]?)?"
    r"(?:q(?P<digit>[1-4])|(?P<nth>first|second|third|fourth|[1-4](?:st|nd|rd|th)) quarter)"
    r"(?:(?:\s+of|\s+in)?[\s/-]*(?P<year>(?:19|20)\d\d))?\b",
    re.IGNORECASE,
)
_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_HALF_YEAR = lazy_regex(
    r"\b(?:h(?P<digit>[12])|(?P<nth>first|second) half of)[\s/-]+(?P<year>(?:19|20)\d\d)\b", re.IGNORECASE
)
# "The seventies", "the 1970s", "the '70s".
_DECADES = {
    name: 10 * number
    for number, name in enumerate(listed("twenties thirties forties fifties sixties seventies eighties nineties"), 2)
}
_DECADE = lazy_regex(
    rf"\bthe (?:(?P<name>{'|'.join(_DECADES)})|(?P<century>19|20)?['’]?(?P<tens>\d0)s)\b", re.IGNORECASE
)
_MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_NO_DAY = lazy_regex(
    rf"{_PERIOD.pattern}|q[1-4].*|.* (?:quarter|half).*|h[12].*|"
    rf"(?:{_MONTH})[a-z]*\.?(?:(?:,|\s+of)?\s*\d{{4}})?|\d{{4}}",
    re.IGNORECASE,
)


def names_a_day(how: str | None) -> bool:
    """Whether the words from which a date was read name a day, not a longer time that begins or ends there."""
    return how is None or _NO_DAY.fullmatch(how.strip()) is None


def make_date(year: int, month: int, day: int) -> Date | None:
    try:
        return Date(year, month, day)
    except ValueError:
        return None


def month_end(day: Date) -> Date:
    following = day.replace(day=28) + datetime.timedelta(days=4)
    return following - datetime.timedelta(days=following.day)


def shift_months(day: Date, months: int) -> Date:
    number = day.year * 12 + day.month - 1 + months
    first = Date(number // 12, number % 12 + 1, 1)
    return first.replace(day=min(day.day, month_end(first).day))


def periods_in(text: str, words: Set[str], now: Date) -> Iterator[tuple[Date | None, str]]:
    """First, last and other days of the weeks to years that a text names; ``words``: its words in lower case."""
    if not words.isdisjoint(_PERIODS):
        for match in _PERIOD.finditer(text):
            yield from ((date, match.group()) for date in _period(match[1].lower(), match[2].lower(), now))
        for match in _BEFORE.finditer(text):
            for step in (-2, -1):
                yield from ((date, match.group()) for date in _stretch(step, match[1].lower(), now))
    for match in _QUARTER.finditer(text) if "q" in words or "quarter" in words else ():
        number = int(match["digit"] or _NTH.get((match["nth"] or "").lower(), 0) or match["nth"][0])
        year = match["year"] or match["before"]
        for each in (int(year),) if year else (now.year, now.year - 1):
            start = Date(each, number * 3 - 2, 1)
            yield from ((start, match.group()), (month_end(shift_months(start, 2)), match.group()))
    for match in _DECADE.finditer(text) if "the" in words else ():
        tens = _DECADES[match["name"].lower()] if match["name"] else int(match["tens"])
        first = int(match["century"] or "19") * 100 + tens
        yield from ((Date(first, 1, 1), match.group()), (Date(first + 9, 12, 31), match.group()))
    for match in _HALF_YEAR.finditer(text) if "h" in words or "half" in words else ():
        second = match["digit"] == "2" or (match["nth"] or "").lower() == "second"
        start = Date(int(match["year"]), 7 if second else 1, 1)
        yield from ((start, match.group()), (month_end(shift_months(start, 5)), match.group()))


def monday_of(day: Date) -> Date:
    """The first day of a day's week."""
    return day - datetime.timedelta(days=day.weekday())


def _period(which: str, unit: str, now: Date) -> Iterator[Date]:
    if which == "coming" and unit == "weekend":
        # The one that comes first, for which a later day is no other reading.
        saturday = monday_of(now) + datetime.timedelta(days=12 if now.weekday() > 4 else 5)
        yield from (saturday + datetime.timedelta(days=day) for day in (-1, 0, 1))
        return
    yield from _stretch({"next": 1, "coming": 1, "last": -1, "past": -1, "previous": -1}.get(which, 0), unit, now)


def _stretch(step: int, unit: str, now: Date) -> Iterator[Date]:
    """The ends and days of the week to year that is so many steps from the present one."""
    monday = monday_of(now)
    if unit in ("week", "weekend"):
        start = monday + datetime.timedelta(days=7 * step)
        days = (5, 6, 4, 12, 13) if unit == "weekend" else (0, 1, 2, 3, 4, 5, 6)
        yield from (start + datetime.timedelta(days=day) for day in days)
        yield now + datetime.timedelta(days=7 * step)
    elif unit in ("month", "quarter"):
        start = shift_months(now.replace(day=1), step * (3 if unit == "quarter" else 1))
        if unit == "quarter":
            start = start.replace(month=(start.month - 1) // 3 * 3 + 1)
        yield from (start, month_end(shift_months(start, 2 if unit == "quarter" else 0)))
        yield from (shift_months(now, step), now)
    else:
        yield from (Date(now.year + step, 1, 1), Date(now.year + step, 12, 31), shift_months(now, 12 * step))
