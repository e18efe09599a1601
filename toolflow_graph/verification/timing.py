"""What the assistant may conclude from known days and times: other words, days counted, lengths, ages, other zones."""

import datetime
import re
from collections.abc import Iterable
from functools import cached_property

from toolflow_graph.verification.arithmetic import amounts_of
from toolflow_graph.verification.knowledge import Knowledge
from toolflow_graph.verification.mentions import Mention, mentions_in
from toolflow_graph.verification.moments import VAGUE_TIMES, Date, day_steps_in

_HHMM = re.compile(r"(?<!\d)(?:[01]\d|2[0-4]):[0-5]\d")
_ISO_LENGTH = re.compile(r"\bPT(?:(\d{1,4})H)?(?:(\d{1,4})M)?", re.IGNORECASE)
_NEXT_DAY = re.compile(r"\d\d:\d\d(?::\d\d)?\s?\(?\+1")
_LENGTH_KEY = re.compile(
    r"minute|hour|(?:^|_)mins?\b|interval|duration|length|delay|wait|travel|transit|layover|runtime|eta\b",
    re.IGNORECASE,
)
_DAY_KEY = re.compile(r"(?:^|[._])(?:day|day_of_month|dom)(?:\[\])?$")
_HOUR_KEY = re.compile(r"(?:^|[._])(?:h|hr|hours?|time)(?:\[\])?$")
# What makes "5:24" minutes and seconds.
_LENGTH = re.compile(
    r"\b(?:pace|splits?|per (?:km|mile|lap)|duration|length|long|lasts?|runtime|minutes?|min|seconds?|track|song|video|"
    r"laps?|finish\w*)\b|/(?:km|mi)\b",
    re.IGNORECASE,
)
_PARTS_OF_AN_HOUR = {"half an hour": 30, "half hour": 30, "three quarters of an hour": 45, "quarter of an hour": 15}
_ZONE = re.compile(r"\b(?:UTC|GMT|[ECMP][SD]?T|CES?T|BST|JST|IST|AE[SD]T|in [A-Z]\w+)\b")
_OWN_ZONE = re.compile(r"\b(?:local time|your time(?: ?zone)?)\b", re.IGNORECASE)
_SPAN_KEY = re.compile(r"(day|night|week|month|year)s?\b|_(day|night|week|month|year)s?_", re.IGNORECASE)
_DAYS = {"day": 1.0, "week": 7.0, "month": 30.44, "year": 365.25}
_MOST_DAYS = 60
_A_DAY = 1440


class Timing:
    """Explains the days, times and lengths of one message."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.facts = knowledge
        self._counted: set[int] = set()

    # Days.

    def explain_day(self, mention: Mention) -> str | None:
        """How a date is said in other words, or counted from a known one."""
        facts = self.facts
        for year, month, day in mention.days:
            end = f"-{month:02d}-{day:02d}"
            spoken = (said.dates for said in facts.users)
            for dates in (*spoken, *(said.stated for said in (*facts.known, *facts.texts))):
                if any(iso.endswith(end) and (year is None or iso.startswith(year)) for iso in dates):
                    return "in other words"
        steps = ({step for said in facts.users for step in said.day_steps} | day_steps_in(facts.text)) - {0}
        overnight = self._own_days if any(_NEXT_DAY.search(said.text) for said in facts.known) else frozenset()
        # A number of seconds may be another day in another zone.
        zones = {moment.date() for moment in self._moments}
        for known in self._days:
            near = {0, 1, -1} if known in zones else {1} if known in overnight else set()
            for step in steps | near:
                shifted = _shift(known, step)
                if shifted and any(
                    (shifted.month, shifted.day) == (m, d) and y in (None, str(shifted.year))
                    for y, m, d in mention.days
                ):
                    return f"{known} {step:+d} days"
        if self._ends_span(mention):
            return "a day of a result and its length"
        return "a day of the month" if {float(day) for _, _, day in mention.days} & self._days_of_months else None

    @cached_property
    def _days_of_months(self) -> set[float]:
        """Numbers of results that stand under a key such as ``due_day``."""
        paths = (entry for body in self.facts.fresh for entry in amounts_of(body, 400).items())
        return {n for path, numbers in paths if _DAY_KEY.search(path) for n in numbers}

    def _ends_span(self, mention: Mention) -> bool:
        """Whether a day lies as many days, weeks, months or years after a day of a result as its object says."""
        for node in self.facts.objects:
            spans = [
                (int(value), (match[1] or match[2]).lower())
                for key, value in node.items()
                if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1000
                for match in (_SPAN_KEY.search(key),)
                if match
            ]
            texts = [value for value in node.values() if isinstance(value, str)] if spans else []
            starts = [day for value in texts if (day := _date(value[:10]))]
            for day in [*starts, *([self.facts.evidence.now] if self.facts.evidence.now and spans else [])]:
                for number, unit in spans:
                    # Counted with the first day, or without.
                    last = _ends(day, number - 1, unit) if unit == "day" else []
                    for end in (*_ends(day, number, unit), *last):
                        if any(
                            (end.month, end.day) == (m, d) and y in (None, str(end.year)) for y, m, d in mention.days
                        ):
                            return True
        return False

    def between_days(self, number: int, unit: str) -> bool:
        """Whether so many days, weeks, months or years lie between two known days (now among them)."""
        length = _DAYS[unit]
        slack = 1 if unit == "day" else length / 2
        days = self._days[-_MOST_DAYS:]
        return any(abs((second - first).days - number * length) <= slack for first in days for second in days)

    @cached_property
    def nights(self) -> frozenset[int]:
        """Days between two days of this message or of one object of a result."""
        groups = [list(self._own_days)[:8]]
        for node in self.facts.objects:
            days = [day for value in node.values() if isinstance(value, str) and (day := _date(value[:10]))]
            groups.append(days[:8])
        return frozenset(
            (second - first).days for days in groups for first in days for second in days if first < second
        )

    def is_age(self, number: int) -> bool:
        """Whether somebody or something that a known day begins is so many years old."""
        now = self.facts.evidence.now
        if now is None or not 1 <= number <= 120:
            return False
        return any(
            now.year - day.year - ((now.month, now.day) < (day.month, day.day)) == number
            for day in self._days
            if day < now
        )

    @cached_property
    def _own_days(self) -> frozenset[Date]:
        """The days with a year that this message states."""
        isos = (f"{y}-{m:02d}-{d:02d}" for mention in self.facts.mentions for y, m, d in mention.days if y is not None)
        return frozenset(day for iso in isos if (day := _date(iso)) is not None)

    @cached_property
    def _moments(self) -> list[datetime.datetime]:
        """Numbers that are seconds or milliseconds since 1970."""
        seconds = [n if n < 1e10 else n / 1000 for n in self.facts.figures if 9e8 <= n < 5e9 or 9e11 <= n < 5e12]
        return [datetime.datetime.fromtimestamp(n, datetime.UTC) for n in seconds]

    @cached_property
    def _days(self) -> list[Date]:
        facts = self.facts
        isos = {iso for said in facts.known for iso in said.iso_days} | {
            iso for said in facts.users for iso in said.dates
        }
        isos |= {iso for said in facts.texts for iso in said.stated}
        days = {day for iso in isos if (day := _date(iso)) is not None} | {moment.date() for moment in self._moments}
        return sorted(days | ({facts.evidence.now} if facts.evidence.now else set()))

    # Times.

    def explain_time(self, mention: Mention) -> str | None:
        """How a time of day is said in other words, or shifted by a known length."""
        for clock in mention.clocks:
            minutes = _minutes_of([clock])[0]
            how = "in other words" if minutes in self._times else self._shifted(minutes, mention)
            if how:
                # What follows may be counted from.
                self._times.add(minutes)
                self._counted.add(minutes)
                return how
        return None

    def _shifted(self, minutes: int, mention: Mention) -> str | None:
        if self._is_length(mention, minutes):
            return "a length"
        if minutes % 60 == 0 and minutes // 60 in self._hours:
            return "an hour of the day"
        around = self.facts.text[max(mention.start - 60, 0) : mention.end + 40]
        elsewhere = len(set(_ZONE.findall(around))) > 1 or _OWN_ZONE.search(around) is not None
        if elsewhere and any((time - minutes) % 30 == 0 for time in self._times):
            return "in another zone"
        spans: tuple[tuple[Iterable[int], Iterable[int]], ...] = ((self._times, self._said_lengths), *self.timed)
        for times, known in spans:
            starts = {*times, *self._counted}
            lengths = {*known, *(a + b for a in known for b in known if a != b)}
            if any(
                (start + way * length) % _A_DAY == minutes for start in starts for length in lengths for way in (1, -1)
            ):
                return "a known time and a length"
        return None

    def _is_length(self, mention: Mention, seconds: int) -> bool:
        """Whether "5:24" means five minutes and twenty-four seconds that are known, or a pace that follows."""
        if mention.text[-1:] in "mM.":
            return False
        near = self.facts.near
        if near(seconds, 0) or near(1000 * seconds + 499.5, 499.5):
            return True
        around = self.facts.text[max(mention.start - 40, 0) : mention.end + 20]
        if not _LENGTH.search(around):
            return False
        numbers = [[n for values in amounts_of(node, 12).values() for n in values] for node in self.facts.objects[:20]]
        pairs = [(a, b) for group in numbers for a in group for b in group if b]
        return near(seconds / 60, 0.017) or any(
            abs(a / b - seconds / 60) < 0.017 or abs(a / b - seconds) < 1 for a, b in pairs
        )

    @cached_property
    def _times(self) -> set[int]:
        """All known times of day, in minutes."""
        facts = self.facts
        clocks = {clock for said in facts.known for clock in said.clocks}
        clocks |= {clock for said in facts.texts for clock, how in said.times.items() if how is None}
        clocks |= {clock for said in facts.users for clock, how in said.times.items() if how not in VAGUE_TIMES}
        return {*_minutes_of(clocks), *(moment.hour * 60 + moment.minute for moment in self._moments)}

    @cached_property
    def _hours(self) -> set[float]:
        """Numbers of results that stand under a key such as ``hour``."""
        paths = (entry for body in self.facts.fresh for entry in amounts_of(body, 400).items())
        return {n for path, numbers in paths if _HOUR_KEY.search(path) for n in numbers}

    @cached_property
    def _said_lengths(self) -> frozenset[int]:
        """Lengths in minutes that users said."""
        found = {n for said in self.facts.users for n, how in said.converted.items() if how.endswith("in minutes")}
        found |= {n for said in self.facts.users for n, how in said.numbers.items() if re.search(r"min", how)}
        for said in self.facts.users:
            # "an hour and a half", "half an hour", "three quarters of an hour"
            found |= {n + 30 for n in found if re.search(r"hours? and a half|and a half hours?", said.folded)}
            found |= {n for words, n in _PARTS_OF_AN_HOUR.items() if words in said.folded}
        return frozenset(int(n) for n in found if 0 < n < _A_DAY)

    @cached_property
    def stretches(self) -> frozenset[int]:
        """Minutes between two times of this message (and of what users said) or of one object, and ISO 8601 lengths."""
        own = {clock for mention in self.facts.mentions for clock in mention.clocks}
        own |= {clock for said in self.facts.users for clock, how in said.times.items() if how is None}
        groups = [_minutes_of(own), *(times for times, _ in self.timed)]
        written = {
            int(match[1] or 0) * 60 + int(match[2] or 0)
            for said in self.facts.known
            for match in _ISO_LENGTH.finditer(said.text)
        }
        return (
            frozenset((b - a) % _A_DAY for times in groups for a in times[:16] for b in times[:16] if a != b) | written
        )

    @cached_property
    def timed(self) -> list[tuple[list[int], list[int]]]:
        """For each object of a result (its children included): its times of day, and its lengths in minutes."""
        found = []
        for node in self.facts.objects:
            times, lengths = _times_and_lengths(node)
            if times and len(times) <= 12:
                found.append((times, lengths))
        return found


def _times_and_lengths(node: object) -> tuple[list[int], list[int]]:
    clocks: list[str] = []
    lengths: list[int] = []
    queue: list[tuple[str, object]] = [("", node)]
    while queue and len(clocks) <= 12:
        key, value = queue.pop()
        if isinstance(value, dict):
            queue.extend(value.items())
        elif isinstance(value, list):
            queue.extend((key, child) for child in value)
        elif isinstance(value, str) and len(value) < 40:
            clocks += _HHMM.findall(value)
            lengths += _lengths_in(value)
        elif isinstance(value, int | float) and 0 < value < _A_DAY and _LENGTH_KEY.search(key):
            lengths += [int(value), int(value * 60)] if "hour" in key.lower() else [int(value)]
    return _minutes_of(clocks), lengths


def _lengths_in(text: str) -> list[int]:
    """Lengths in minutes that a short text says: "1h15m", "45 min"."""
    found = [(value, mention.unit) for mention in mentions_in(text) for value in mention.values[:1]]
    scales = {"minutes": 1, "minute": 1, "min": 1, "mins": 1, "m": 1, "hours": 60, "hour": 60, "hrs": 60, "h": 60}
    return [int(value * scales[unit]) for value, unit in found if unit in scales and value < _A_DAY]


def _minutes_of(clocks: Iterable[str]) -> list[int]:
    return sorted({int(clock[:2]) * 60 + int(clock[3:5]) for clock in clocks})


def _date(iso: str) -> Date | None:
    try:
        return Date.fromisoformat(iso)
    except ValueError:
        return None


def _ends(day: Date, number: int, unit: str) -> list[Date]:
    """The day so many days, weeks, months or years later, or earlier."""
    found: list[Date | None] = []
    for sign in (1, -1):
        if unit in ("month", "year"):
            months = day.year * 12 + day.month - 1 + sign * number * (12 if unit == "year" else 1)
            found += [_made(months // 12, months % 12 + 1, day.day - less) for less in (0, 1)]
        else:
            found.append(_shift(day, sign * number * (7 if unit == "week" else 1)))
    return [end for end in found if end is not None]


def _made(year: int, month: int, day: int) -> Date | None:
    try:
        return Date(year, month, day)
    except ValueError:
        return None


def _shift(day: Date, step: int) -> Date | None:
    try:
        return day + datetime.timedelta(days=step)
    except OverflowError:
        return None
