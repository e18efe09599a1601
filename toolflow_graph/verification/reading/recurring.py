"""Days that a text names by how often something happens: "every Tuesday", "on the first of each month". Pure."""

import calendar
import datetime
import re
from collections.abc import Callable, Collection, Iterator

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.reading.offsets import durations_in
from toolflow_graph.verification.reading.wording import UNITS

Fits = Callable[[datetime.date], bool]

_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_DAYS = {name.lower(): index for index, name in enumerate(calendar.day_name)}
_DAY = "|".join(_DAYS)
_AND = r"s?(?:,? and |, ?| & )"
_OF_MONTHS = r"(?: day)? of (?:the|each|every|a) month\b"
_ORDINAL = r"(?P<{0}>\d{{1,2}})(?:st|nd|rd|th)"
_MONTHLY = lazy_regex(
    rf"\b(?:(?P<nth>first|last)|{_ORDINAL.format('number')}){_OF_MONTHS}|"
    rf"\b(?:(?:each|every) month|monthly)(?: on|,)? (?:the )?(?:(?P<nth2>first|last)\b|{_ORDINAL.format('number2')})",
    re.IGNORECASE,
)
_NTH_DAY = lazy_regex(rf"\b(?P<nth>{'|'.join(_NTH)}) (?P<day>{_DAY}) of (?:the|each|every|a) month\b", re.IGNORECASE)
_WEEKLY = lazy_regex(
    rf"\b(?:every|each)(?: (?:other|second))? (?P<days>(?:{_DAY})(?:{_AND}(?:{_DAY}))*)\b|"
    rf"\b(?P<plural>(?:{_DAY})s(?:{_AND}(?:{_DAY})s)*)\b|"
    r"\b(?:every|each|on) (?P<kind>weekdays?|workdays?|weekends?)\b",
    re.IGNORECASE,
)
_STEP = lazy_regex(
    rf"\b(?:every|each)(?: (?P<count>\d{{1,2}}|other|{'|'.join(UNITS)}))? (?P<unit>day|week|month)s?\b|"
    # "Pay it monthly until May", but no "monthly payment".
    r"\b(?P<word>daily|weekly|biweekly|fortnightly|monthly)\b(?=\W*\Z|[.,;!?)]| (?:until|till|from|on|at|for|starting|"
    r"through|to|and|as|in|please)\b)",
    re.IGNORECASE,
)
_STEPS = {"daily": (1, "day"), "weekly": (1, "week"), "biweekly": (2, "week"), "fortnightly": (2, "week"),
          "monthly": (1, "month")}  # fmt: skip
_LONGEST = 400
_FAR = {1: 3, 7: 45, 31: 124}
"""How many days ahead something that recurs so often still counts without an end that is said."""


def recurs(text: str, date: str, now: datetime.date, starts: Collection[str]) -> str | None:
    """The words of a text by which something recurs on a day; None if that day is not one of them.

    ``starts`` are the days that are said: from one of them, or from now, is counted what recurs "every two weeks".
    """
    day = datetime.date.fromisoformat(date)
    if not 0 <= (day - now).days <= _LONGEST:
        return None
    # What recurs does so until an end that is said; without one, a day far ahead would fit by accident.
    ahead = max((step.minutes // 1440 for step in durations_in(text)), default=0)
    said = [datetime.date.fromisoformat(start) for start in starts]
    begins = [start for start in said if start >= now] or [now]
    end = max(*begins, *(begin + datetime.timedelta(days=ahead) for begin in begins))
    for words, fits, period in _recurrences(text, begins):
        if fits(day) and day <= max(end, begins[0] + datetime.timedelta(days=_far(period))):
            return words
    return None


def _far(period: int) -> int:
    return max(days for least, days in _FAR.items() if least <= period)


def _recurrences(text: str, begins: list[datetime.date]) -> Iterator[tuple[str, Fits, int]]:
    """The words of each recurrence, whether a day is one of its days, and how many days lie between two."""
    for match in _NTH_DAY.finditer(text):
        yield match.group(), _nth_day(_NTH[match["nth"].lower()], _DAYS[match["day"].lower()]), 31
    for match in _MONTHLY.finditer(text):
        name = match["nth"] or match["nth2"]
        number = _NTH[name.lower()] if name else int(match["number"] or match["number2"])
        yield match.group(), _day_of_month(number), 31
    for match in _WEEKLY.finditer(text):
        names = re.findall(_DAY, match["days"] or match["plural"] or "", re.IGNORECASE)
        days = {_DAYS[name.lower()] for name in names}
        if match["kind"]:
            days = {5, 6} if match["kind"].lower().startswith("weekend") else {0, 1, 2, 3, 4}
        yield match.group(), lambda day, days=days: day.weekday() in days, 7  # type: ignore[misc]
    for match in _STEP.finditer(text):
        yield match.group(), *_steps(match, begins)


def _day_of_month(number: int) -> Fits:
    if number > 0:
        return lambda day: day.day == number
    return lambda day: day.day == calendar.monthrange(day.year, day.month)[1]


def _nth_day(nth: int, weekday: int) -> Fits:
    def fits(day: datetime.date) -> bool:
        last = day.day + 7 > calendar.monthrange(day.year, day.month)[1]
        return day.weekday() == weekday and (last if nth < 0 else (day.day - 1) // 7 == nth - 1)

    return fits


def _steps(match: re.Match[str], begins: list[datetime.date]) -> tuple[Fits, int]:
    count, unit = _STEPS[match["word"].lower()] if match["word"] else (_count(match["count"]), match["unit"].lower())
    period = count * {"day": 1, "week": 7, "month": 31}[unit]

    def fits(day: datetime.date) -> bool:
        if unit == "month":
            apart = [(day.year - begin.year) * 12 + day.month - begin.month for begin in begins if begin.day == day.day]
            return any(months >= 0 and months % count == 0 for months in apart)
        return any(begin <= day and (day - begin).days % period == 0 for begin in begins)

    return fits, period


def _count(written: str | None) -> int:
    word = (written or "one").lower()
    return 2 if word == "other" else UNITS.get(word) or (int(word) if word.isdigit() else 0) or 1
