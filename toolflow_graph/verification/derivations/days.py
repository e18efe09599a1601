"""What the assistant may conclude from known days: other words, days counted, nights, ages."""

import calendar
import datetime
import re
from functools import cached_property

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.derivations.arithmetic import amounts_of
from toolflow_graph.verification.derivations.knowledge import Knowledge
from toolflow_graph.verification.derivations.rows import object_row
from toolflow_graph.verification.reading.mentions import Mention
from toolflow_graph.verification.reading.moments import Date, day_steps_in, written_dates
from toolflow_graph.verification.toolcards import split_name

_NEXT_DAY = lazy_regex(r"\d\d:\d\d(?::\d\d)?\s?\(?\+1")
_DAY_KEY = lazy_regex(r"(?:^|[._])(?:day|day_of_month|dom)(?:\[\])?$")
_MOST_CALLS = 6
_SPAN_KEY = lazy_regex(r"(day|night|week|month|year)s?\b|_(day|night|week|month|year)s?_", re.IGNORECASE)
_DAYS = {"day": 1.0, "week": 7.0, "month": 30.44, "year": 365.25}
_YEAR_KEY = lazy_regex(r"year|built|founded|born|since", re.IGNORECASE)
_MONTH = lazy_regex(r"(?<![\d-])((?:19|20)\d\d)-(0[1-9]|1[0-2])(?![\d-])")
_END_KEY = frozenset(("to", "end", "until", "till", "through", "last", "checkout"))
_START_KEY = frozenset(("from", "start", "begin", "since", "first", "checkin"))
_FEW_MONTHS, _FEW_RESULTS, _NEXT = 4, 4, 2
_LONGEST_STAY = 30
_MOST_DAYS = 60


def moments_since_1970(facts: Knowledge) -> list[datetime.datetime]:
    """Figures of results that are seconds or milliseconds since 1970."""
    seconds = [n if n < 1e10 else n / 1000 for n in facts.figures if 9e8 <= n < 5e9 or 9e11 <= n < 5e12]
    return [datetime.datetime.fromtimestamp(n, datetime.UTC) for n in seconds]


class Days:
    """Explains the days of one message."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.facts = knowledge

    def explain_day(self, mention: Mention) -> str | None:
        """How a date is said in other words, or counted from a known one."""
        facts = self.facts
        for year, month, day in mention.days:
            end = f"-{month:02d}-{day:02d}"
            spoken = (said.dates for said in facts.users)
            for dates in (*spoken, *(said.stated for said in (*facts.known, *facts.texts))):
                if any(iso.endswith(end) and (year is None or iso.startswith(year)) for iso in dates):
                    return "in other words"
            # Without a present no year is known: the day and the month have to do.
            if facts.evidence.now is None and any(
                (month, day) in said.month_days for said in (*facts.users, *facts.texts)
            ):
                return "in other words"
        terms = (facts.evidence.prose(index) for index, _ in facts.bodies[:_FEW_RESULTS])
        steps = ({step for said in (*facts.users, *terms) for step in said.day_steps} | day_steps_in(facts.text)) - {0}
        overnight = self._own_days if any(_NEXT_DAY.search(said.text) for said in facts.known) else frozenset()
        # A number of seconds may be another day in another zone.
        zones = {moment.date() for moment in moments_since_1970(self.facts)}
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
        if self._is_beside_span(mention):
            return "the day after or before a known stretch"
        if self._is_listed(mention):
            return "a day beside one that is known"
        if not object_row(facts.text, mention.start, mention.end, facts.named) and self._moves_span(mention):
            return "as long as something known"
        return "a day of the month" if {float(day) for _, _, day in mention.days} & self._days_of_months else None

    @cached_property
    def _days_of_months(self) -> set[float]:
        """Numbers of results that stand under a key such as ``due_day``."""
        paths = (entry for body in self.facts.fresh for entry in amounts_of(body, 400).items())
        return {n for path, numbers in paths if _DAY_KEY.search(path) for n in numbers}

    def _moves_span(self, mention: Mention) -> bool:
        """Whether a day ends a stretch that a user begins and that is as long as one in a result: a trip repeated."""
        starts = [day for said in self.facts.users[:2] for iso in said.dates if (day := _date(iso))]
        moved = (_shift(day, nights) for day in starts for nights in self.nights if nights <= _LONGEST_STAY)
        ends = [end for end in moved if end]
        return any(
            (end.month, end.day) == (m, d) and y in (None, str(end.year)) for end in ends for y, m, d in mention.days
        )

    def _is_listed(self, mention: Mention) -> bool:
        """Whether a list of days ("26, 27 and 28 August") holds a known one right beside this."""
        known = {(day.month, day.day) for day in self._days}
        beside = [m for m in self.facts.mentions if m.kind == "date" and m.text == mention.text and m is not mention]
        pairs = [(month, day) for other in beside for _, month, day in other.days if (month, day) in known]
        return any(m == month and abs(d - day) <= _NEXT for month, day in pairs for _, m, d in mention.days)

    def _is_beside_span(self, mention: Mention) -> bool:
        """Whether a day is the first one after what a result gives an end of, or the last before a beginning."""
        for node in self.facts.objects:
            for key, value in node.items():
                words = {*split_name(key)}
                ways = [way for way, names in ((1, _END_KEY), (-1, _START_KEY)) if names & words]
                day = _date(value[:10]) if ways and isinstance(value, str) else None
                beside = [shifted for way in ways if day and (shifted := _shift(day, way))]
                if any(
                    (d.month, d.day) == (m, n) and y in (None, str(d.year)) for d in beside for y, m, n in mention.days
                ):
                    return True
        return False

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
            starts = [day for value in texts for day in _dates_of(value)]
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

    def is_age_at(self, number: int) -> bool:
        """Whether so many whole years lie between two known days."""
        days = self._days[-_MOST_DAYS:]
        return any(
            second.year - first.year - ((second.month, second.day) < (first.month, first.day)) == number
            for first in days
            for second in days
        )

    @cached_property
    def month_lengths(self) -> frozenset[int]:
        """The days of the months that results and calls are about ("2025-12"), if they are few."""
        found = {match.groups() for said in self.facts.known for match in _MONTH.finditer(said.text)}
        few = found if len(found) <= _FEW_MONTHS else ()
        return frozenset(calendar.monthrange(int(year), int(month))[1] for year, month in few)

    @cached_property
    def nights(self) -> frozenset[int]:
        """Days between two days of this message, of one call or of one object of a result."""
        groups = [list(self._own_days)[:8]]
        calls = [s.call for s in self.facts.evidence.transcript.sites if s.message_index < self.facts.index]
        for node in (*(call.arguments for call in calls[-_MOST_CALLS:]), *self.facts.objects):
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
        if any(
            _YEAR_KEY.search(key) and year == now.year - number
            for own in self.facts.scalars
            for key, year in own.items()
        ):
            return True
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
    def _days(self) -> list[Date]:
        facts = self.facts
        isos = {iso for said in facts.known for iso in said.iso_days} | {
            iso for said in facts.users for iso in said.dates
        }
        isos |= {iso for said in facts.texts for iso in said.stated}
        days = {day for iso in isos if (day := _date(iso)) is not None} | {
            moment.date() for moment in moments_since_1970(self.facts)
        }
        return sorted(days | ({facts.evidence.now} if facts.evidence.now else set()))


def _date(iso: str) -> Date | None:
    try:
        return Date.fromisoformat(iso)
    except ValueError:
        return None


def _dates_of(text: str) -> list[Date]:
    """The days that a short text of a result may mean: "2026-03-01T09:30", "01.03.2026", "March 1, 2026"."""
    iso = _date(text[:10])
    if iso is not None or len(text) > 40:
        return [iso] if iso else []
    pairs = ((date.year, month, day) for date in written_dates(text) if date.year for month, day in date.pairs)
    return [day for year, month, number in pairs if (day := _made(int(year), month, number))]


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
