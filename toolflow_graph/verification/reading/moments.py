"""Days as people write them, resolved against a fixed "now"."""

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.reading.hours import CLOCK, CLOCK24, may_say_half, times_in
from toolflow_graph.verification.reading.periods import Date as Date
from toolflow_graph.verification.reading.periods import make_date, month_end, periods_in, shift_months
from toolflow_graph.verification.reading.tongues import full_year, in_english
from toolflow_graph.verification.reading.wording import (
    ANY_DIGIT,
    UNITS,
    at_digits,
    at_words,
    blank_digits,
    listed,
    tokens_of,
)

_MONTHS = listed("january february march april may june july august september october november december")
_MONTH_NUMBER = {name: number for number, name in enumerate(_MONTHS, 1)}
_MONTH_NUMBER |= {name[:3]: number for number, name in enumerate(_MONTHS, 1)} | {"sept": 9}
_WEEKDAYS = listed("monday tuesday wednesday thursday friday saturday sunday")
WEEKDAY_NUMBER = {name: number for number, name in enumerate(_WEEKDAYS)}
WEEKDAY_NUMBER |= {
    "mon": 0,
    "tue": 1,
    "tues": 1,
    "wed": 2,
    "thu": 3,
    "thur": 3,
    "thurs": 3,
    "fri": 4,
    "sat": 5,
    "sun": 6,
}

MONTH_WORDS = frozenset(_MONTH_NUMBER)
_LETTERS = lazy_regex(r"[a-z]+")
_M = "(?P<month>" + "|".join(sorted(_MONTH_NUMBER, key=len, reverse=True)) + r")\b\.?"
_D = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_TO = r"(?:\s*(?:-|–|to|through|until|till|and|or)\s*(?:the\s+)?(?P<day2>\d{1,2})(?:st|nd|rd|th)?)?"
_Y = r"(?:(?:,|\s+of)?\s*(?P<year>\d{4})\b)?"
_ISO = lazy_regex(r"(?<!\d)(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?!\d)")
_CJK = lazy_regex(
    r"(?:(?P<year>\d{4})年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})(?:[日号]|\s?[-–~至到]\s?(?P<day2>\d{1,2})[日号])"
)
# The number after a line's end may count the items of a list.
_MONTH_DAY = lazy_regex(
    rf"\b(?=[jfmasond]){_M}(?!\s*\n\s*\d+[.)]\s)\s+(?:the\s+)?{_D}\b{_TO}(?!\d|:\d)\b{_Y}", re.IGNORECASE
)
_DAY_MONTH = lazy_regex(rf"(?<![\d:.]){_D}{_TO}\s+(?:of\s+)?{_M}{_Y}", re.IGNORECASE)
_MONTH_ONLY = lazy_regex(rf"\b(?=[jfmasond]){_M}(?!\s*(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\b(?!\d)){_Y}", re.IGNORECASE)
# Both ends of "9/15-9/21" are dates; "1-2-3" is none.
_NUMERIC = lazy_regex(
    r"(?<![\d./])(?<!(?<!\d/\d)(?<!\d/\d\d)(?<!/\d{4})-)(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}|\d{2}))?(?![\d/]|-(?!\d{1,2}/\d))"
)
# "Fr, 13.03.", "vom 13.03."
_BEFORE_DAY = lazy_regex(
    r"\b(?:mo|di|mi|do|fr|sa|so|\w+tag|mittwoch|am|den|dem|der|vom|zum|bis|ab|seit)\b[.,]?\s*\Z", re.IGNORECASE
)
_DAY_ONLY = lazy_regex(r"\b(?:the|on)\s+(\d{1,2})(?:st|nd|rd|th)\b", re.IGNORECASE)
_WEEKDAY = lazy_regex(
    r"\b(?:(last|past|previous|next|this|coming)\s+)?("
    + "|".join(sorted(WEEKDAY_NUMBER, key=len, reverse=True))
    + r")s?\b",
    re.IGNORECASE,
)
_GONE = lazy_regex(r"\b(?:since|on|from|was|were)\s+\Z", re.IGNORECASE)
_COUNT = r"(?P<count>\d{1,3}|an?|" + "|".join(UNITS) + r"|couple(?:\s+of)?)"
_IN = lazy_regex(
    rf"\b(?P<back>past|last|previous)?\s*{_COUNT}[\s-]+(?:more\s+|full\s+|whole\s+|further\s+)?(?P<unit>day|night|week|month|year)s?\b\s*(?P<ago>ago|"
    rf"earlier|before)?",
    re.IGNORECASE,
)
_YEAR = lazy_regex(
    r"\b(?:in|of|for|since|from|with|during|until|to|year|and|throughout)\s+((?:19|20)\d\d)\b(?![-/.:]\d|\s+[a-z]+s\b)",
    re.I,
)
_TO_DATE = lazy_regex(r"\b(?:(year|month)[ -]to[ -]date|([ym])td)\b")
_NEIGHBOUR = lazy_regex(
    r"\b(?:(?P<after>(?:next|following)\s+(?:day|night|morning|evening)|(?:day|night|morning)\s+(?:after(?!\s+tomorrow)|later)|overnight)|"
    r"(?P<before>previous\s+(?:day|night|morning|evening)|(?:day|night|morning)\s+(?:before(?!\s+yesterday)|earlier)))\b",
    re.IGNORECASE,
)
_NEIGHBOURS = frozenset(listed("day night morning evening overnight"))
_WEEKDAY_WORDS = frozenset(WEEKDAY_NUMBER) | {name + "s" for name in WEEKDAY_NUMBER}
_WEEKDAY_STARTS = _WEEKDAY_WORDS | {"last", "past", "previous", "next", "this", "coming"}
_ORDINALS = frozenset(("st", "nd", "rd", "th"))
_BACK = lazy_regex(r"\b(?:back|before|earlier|prior|ago|ahead|until|till|by)\b", re.IGNORECASE)
_FIXED = {
    "christmas eve": (12, 24), "christmas": (12, 25), "new year's eve": (12, 31), "new year": (1, 1),
    "valentine": (2, 14), "halloween": (10, 31), "boxing day": (12, 26), "new year's day": (1, 1),
}  # fmt: skip
_WORDS = (
    ("day after tomorrow", 2), ("tomorrow", 1), ("tmrw", 1), ("tmr", 1), ("tomorow", 1), ("tommorow", 1),
    ("tommorrow", 1), ("tonight", 0), ("2nite", 0), ("today", 0), ("yesterday", -1), ("this morning", 0),
    ("this afternoon", 0), ("this evening", 0), ("right now", 0), ("currently", 0), ("last night", -1),
)  # fmt: skip


@lru_cache(maxsize=1024)
def parse_now(text: str | None) -> Date | None:
    """The date of an ISO 8601 "now", or None (also for years from which no calendar can count on)."""
    try:
        date = Date.fromisoformat((text or "")[:10])
    except ValueError:
        return None
    return date if 1100 <= date.year <= 8900 else None


_NOW = lazy_regex(
    r"\b(?:now|today|current(?:ly)?|time|date|timestamp|datetime|it is|it's|as of|es ist|nous sommes|il est)\b"
    r"[^\n]{0,40}",
    re.IGNORECASE,
)


@lru_cache(maxsize=1024)
def find_now(system: str) -> str | None:
    """The present that a system message states ("It is Saturday, 2026-03-07 10:00"), as an ISO date, with its time."""
    system = in_english(system)
    for match in _NOW.finditer(system):
        for date in _whole_dates(match.group()):
            clocks = [clock for clock, how in times_in(match.group()).items() if how is None]
            return f"{date}T{clocks[0]}" if len(clocks) == 1 else date
    # A single date stands for itself, whatever the words around it.
    written = _whole_dates(system)
    return written[0] if len(written) == 1 else None


def _whole_dates(text: str) -> list[str]:
    """The dates that a text writes with their year and in no doubtful order, in ISO's form, each once."""
    weekdays = {WEEKDAY_NUMBER[match[2].lower()] for match in _WEEKDAY.finditer(text)}
    found: dict[str, None] = {}
    for written in written_dates(text):
        pairs = set(written.pairs) if written.year else ()
        made = [date for pair in pairs if (date := make_date(int(written.year or 0), *pair)) is not None]
        if len(made) == 2:  # the weekday tells which of the two numbers is the day
            made = [date for date in made if date.weekday() in weekdays]
        if len(made) == 1:
            found[made[0].isoformat()] = None
    return list(found)


def dates_in(text: str, now: Date | None) -> dict[str, str | None]:
    """ISO dates that a text names: None if it says year, month and day, else the words the date is derived from."""
    found: dict[str, str | None] = {}
    for written, meanings in stated_dates(text, now):
        for meaning, sure in meanings.items():
            _put(found, meaning, None if sure else written)
    if re.search(r"[A-Za-z]", text):
        for date, how in _relative(text, now) if now is not None else _months(text, None):
            _put(found, date, how)
        for date, how in _same_month(text, found):
            _put(found, date, how)
    return found


def _same_month(text: str, stated: Mapping[str, str | None]) -> Iterator[tuple[Date | None, str]]:
    """Days without a month beside a date that says its own: "13 June 2026, back on the 20th"."""
    written = {date.text for date in written_dates(text)} if _DAY_ONLY.search(text) else set()
    known = [iso for iso, how in stated.items() if how is None or how.strip("'") in written]
    for match in _DAY_ONLY.finditer(text) if known else ():
        for iso in known:
            first = Date.fromisoformat(iso).replace(day=1)
            # A return may be in the next month; of two days without a year both are in the one that is named.
            for start in (first, shift_months(first, 1)) if stated[iso] is None else (first,):
                yield make_date(start.year, start.month, int(match[1])), match.group()


def stated_dates(text: str, now: Date | None) -> Iterator[tuple[str, dict[Date, bool]]]:
    """Dates that a text writes down with day and month: as written, and what it may mean (True: it says the year)."""
    for written in written_dates(text):
        meanings: dict[Date, bool] = {}
        for month, day in written.pairs:
            meanings |= _with_year(written.year, month, day, now)
        # Which of two numbers is the day, only the country knows.
        yield written.text, meanings if written.sure else dict.fromkeys(meanings, False)


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A day and month as a text writes them, at [start, end).

    ``pairs``: (month, day), more than one where the order is open; ``year`` as digits or None.
    """

    text: str
    start: int
    end: int
    year: str | None
    pairs: tuple[tuple[int, int], ...]
    sure: bool = True


@lru_cache(maxsize=8192)
def written_dates(text: str) -> tuple[WrittenDate, ...]:
    """Every date of a text that names day and month; of "March 14-18" both days, one after the other."""
    return tuple(_written_dates(text))


def _written_dates(text: str) -> Iterator[WrittenDate]:
    if not ANY_DIGIT.search(text):
        return
    for match in at_digits(_ISO, text):
        pair = (int(match["month"]), int(match["day"]))
        yield WrittenDate(match.group(), *match.span(), match["year"], (pair,))
    for match in at_digits(_CJK, text) if "月" in text else ():
        for day in filter(None, (match["day"], match["day2"])):
            yield WrittenDate(match.group(), *match.span(), match["year"], ((int(match["month"]), int(day)),))
    if not MONTH_WORDS.isdisjoint(tokens_of(text)):
        for match in (*at_words(_MONTH_DAY, text, MONTH_WORDS), *at_digits(_DAY_MONTH, text)):
            month = _MONTH_NUMBER[match["month"].lower()]
            for name in ("day", "day2"):
                if match[name]:
                    found = match.group().strip()
                    yield WrittenDate(found, *match.span(), match["year"], ((month, int(match[name])),))
    for match in at_digits(_NUMERIC, text):
        first, second, year = int(match[1]), int(match[3]), match[4]
        full = full_year(year) if year and len(year) == 2 else year
        ends = match[2] == "." and second <= 12 and _BEFORE_DAY.search(text, max(match.start() - 14, 0), match.start())
        if full or ends or ("/" in match.group() and match.group() != "24/7"):
            # Whoever sets points puts the day first.
            pairs = ((second, first),) if match[2] == "." else ((second, first), (first, second))
            # 01/15/2025 leaves no doubt, as there is no fifteenth month.
            valid = tuple(pair for pair in pairs if pair[0] <= 12) if year else ()
            yield WrittenDate(match.group(), *match.span(), full, valid or pairs, sure=False)


def _with_year(year: str | None, month: int, day: int, now: Date | None) -> dict[Date, bool]:
    years = (int(year),) if year else (now.year, now.year + 1, now.year - 1) if now else ()
    made = (make_date(number, month, day) for number in years)
    return {date: year is not None for date in made if date is not None}


def _put(found: dict[str, str | None], date: Date | None, how: str | None) -> None:
    if date is not None and (how is None or date.isoformat() not in found):
        found[date.isoformat()] = how


def month_days_in(text: str) -> set[tuple[int, int]]:
    """(month, day) pairs that a text names by the month's name, for dialogues that know no "now"."""
    return {written.pairs[0] for written in written_dates(text) if written.sure and written.text[0:4] != written.year}


_COUNTED = frozenset(word + plural for word in ("day", "night", "week", "month", "year") for plural in ("", "s"))
_SPANS = frozenset(word.split()[-1] for word, _ in _WORDS)
_FEASTS = frozenset(word for name in _FIXED for word in _LETTERS.findall(name)) | {"valentines", "years"}


def _relative(text: str, now: Date) -> Iterator[tuple[Date | None, str]]:
    lower = text.lower()
    # Most texts hold none of the words: a look at their set spares the patterns.
    words = tokens_of(text)
    if not words.isdisjoint(_SPANS):
        rest = lower
        for name, offset in _WORDS:
            if name in rest:
                # "Tomorrow" is no word of its own in "the day after tomorrow".
                rest = rest.replace(name, " ")
                yield now + datetime.timedelta(days=offset), name
    if not words.isdisjoint(_FEASTS):
        for name, (month, day) in _FIXED.items():
            if name in lower:
                yield from ((make_date(year, month, day), name) for year in (now.year, now.year + 1))
    if not words.isdisjoint(_WEEKDAY_WORDS):
        for match in at_words(_WEEKDAY, text, _WEEKDAY_STARTS):
            ahead = (WEEKDAY_NUMBER[match[2].lower()] - now.weekday()) % 7
            back = (match[1] or "").lower() in ("last", "past", "previous")
            # "Since Tuesday", "ordered on Tuesday": a bare weekday may be over, too.
            over = not match[1] and _GONE.search(text, max(match.start() - 8, 0), match.start())
            for days in (ahead - 7, ahead - 14) if back else (ahead, ahead + 7, *((ahead - 7,) if over else ())):
                yield now + datetime.timedelta(days=days), match.group()
    if not words.isdisjoint(_COUNTED):
        for match in _IN.finditer(text):
            count, unit = _count(match["count"]), match["unit"].lower()
            for sign in (-1,) if match["ago"] or match["back"] else (1, -1):
                if unit in ("month", "year"):
                    yield shift_months(now, sign * count * (12 if unit == "year" else 1)), match.group().strip()
                else:
                    days = count * (7 if unit == "week" else 1)
                    yield now + datetime.timedelta(days=sign * days), match.group().strip()
    for match in _YEAR.finditer(text) if ANY_DIGIT.search(text) else ():
        yield from ((make_date(int(match[1]), *day), match[1]) for day in ((1, 1), (12, 31)))
    for match in _TO_DATE.finditer(lower) if not words.isdisjoint(("date", "ytd", "mtd")) else ():
        yield now.replace(month=1, day=1) if match.group().startswith("y") else now.replace(day=1), match.group()
    yield from periods_in(text, words, now)
    for match in _DAY_ONLY.finditer(text) if not words.isdisjoint(_ORDINALS) else ():
        for months in (0, 1, -1):
            first = shift_months(now.replace(day=1), months)
            yield make_date(first.year, first.month, int(match[1])), match.group()
    yield from _months(text, now)


def _months(text: str, now: Date | None) -> Iterator[tuple[Date, str]]:
    """The ends of months that a text names, and the day after; without a present only of those with their year.

    Where it speaks of weekends, those of the month, too.
    """
    weekends = "weekend" in text.lower()
    for match in at_words(_MONTH_ONLY, text, MONTH_WORDS):
        # "may" is a verb more often than a month.
        if match["month"] in ("may", "march", "mar", "sun", "dec") and not match["year"]:
            continue
        month = _MONTH_NUMBER[match["month"].lower()]
        around = (now.year, now.year + 1, now.year - 1) if now else ()
        for year in (int(match["year"]),) if match["year"] else around:
            start = make_date(year, month, 1) if 1 <= year <= 9998 else None
            if start:
                end = month_end(start)
                for date in (start, end, end + datetime.timedelta(days=1)):
                    yield date, match.group().strip()
                # "The last two weekends of August", nights and all.
                days = (start + datetime.timedelta(days=number) for number in range(end.day if weekends else 0))
                yield from ((day, f"weekends of {match.group().strip()}") for day in days if day.weekday() >= _FRIDAY)


def _count(word: str) -> int:
    word = word.lower()
    return int(word) if word.isdigit() else 2 if word.startswith("couple") else UNITS.get(word, 1)


def without_moments(text: str) -> str:
    """The text without its dates and clock times, whose digits are no quantities."""
    if not ANY_DIGIT.search(text):
        return text
    words = tokens_of(text)
    text = blank_digits(_ISO, text)
    if not MONTH_WORDS.isdisjoint(words):
        text = blank_digits(_DAY_MONTH, _MONTH_DAY.sub(" ", text))
    if may_say_half(words):
        text = blank_digits(CLOCK, text)
    return blank_digits(CLOCK24, text)


def day_steps_in(text: str) -> set[int]:
    """Distances in days that a text states ("three nights", "the day after", "a week earlier"), backwards negative."""
    steps = set()
    words = tokens_of(text)
    for match in _NEIGHBOUR.finditer(text) if not words.isdisjoint(_NEIGHBOURS) else ():
        steps.add(1 if match["after"] else -1)
    for match in _IN.finditer(text) if not words.isdisjoint(_COUNTED) else ():
        days = (
            _count(match["count"]) * {"day": 1, "night": 1, "week": 7, "month": 30, "year": 365}[match["unit"].lower()]
        )
        around = text[max(match.start() - 12, 0) : match.end() + 12]
        steps |= {days, -days} if match["back"] or _BACK.search(around) else {days}
    if "weekend" in words:
        steps |= {1, 2}
    return steps


_FRIDAY = 4
