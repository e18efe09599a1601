"""Where the dates and times in a call come from: said, returned, counted from now, moved to another time zone."""

import calendar
import datetime
import re
from collections.abc import Sequence
from functools import cached_property

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Json
from toolflow_graph.verification.derivations.arithmetic import MONEY
from toolflow_graph.verification.evidence import Evidence, strings_in, text_keys
from toolflow_graph.verification.provenance.origins import Finder, Origin
from toolflow_graph.verification.provenance.written import beside_known, time_code
from toolflow_graph.verification.reading.offsets import offset_of, parse_shift, zones_in
from toolflow_graph.verification.reading.periods import Date, names_a_day
from toolflow_graph.verification.reading.recurring import recurs
from toolflow_graph.verification.reading.tongues import in_english
from toolflow_graph.verification.toolcards import split_name

DATE = lazy_regex(r"\d{4}-\d\d-\d\d")
MONTH = lazy_regex(r"\d{4}-(?:0[1-9]|1[0-2])")
DATE_TIME = lazy_regex(
    r"(?P<date>\d{4}-\d\d-\d\d)[Tt ](?P<clock>\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?P<shift>[Zz]|[+-]\d\d:?\d\d)?"
)
TIME = lazy_regex(r"([01]\d|2[0-4]):([0-5]\d)(?::\d\d)?(?:[Zz]|[+-]\d\d:?\d\d)?")
_IMMEDIATELY = lazy_regex(r"\b(?:now|immediately|(?:right|straight) away|at once|asap|as soon as possible)\b", re.I)
# Words by which somebody moves a moment that is known.
_MOVED = lazy_regex(
    r"\b(?:mov(?:e|ed|ing)|shift\w*|push\w*|postpone\w*|delay\w*|put|bring|brought|reschedul\w*|extend\w*|lengthen\w*|"
    r"shorten\w*|later|earlier|sooner|before|after|prior|ahead|longer|shorter|back|forward)\b",
    re.IGNORECASE,
)
_PARTS = {"year": (0, 4), "month": (5, 7), "day": (8, 10)}
"""Parts of an ISO date that calls name one by one, and where they stand in it."""
_NAMES = {"month": frozenset(calendar.month_name[1:]), "day": frozenset(calendar.day_name)}
_COMPARED = lazy_regex(
    r"\b(?:compar\w*|versus|vs|than|before|after|previous|prior|last|next|following|earlier|later)\b", re.IGNORECASE
)
_NO_YEAR = lazy_regex(rf"{MONEY.pattern}|(?:^|_)id$|number|code|quantit|count|zip|pin", re.IGNORECASE)
_WIDEST = 62
_FEW_WEEKS = 21
_WEEKDAYS = lazy_regex(r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b", re.IGNORECASE)
_LATER = lazy_regex(r"\b(?:after|following|next|later|danach|darauf|après|suivant|siguiente|después)\b", re.I)
"""How many days a search around a said day may take in."""
_EPOCH = (1_000_000_000, 3_000_000_000)
_LENGTH_NAMES = {"minute": 1.0, "min": 1.0, "hour": 60.0, "hr": 60.0, "second": 1 / 60, "sec": 1 / 60, "day": 1440.0}
_LENGTH = lazy_regex(r"duration|length|minutes?|mins?|hours?|hrs?|seconds?|secs?|nights?|days?", re.I)


class CallMoments:
    """The moments of one call; ``leaves`` are the values of all its arguments, ``reads`` says that it only looks."""

    def __init__(
        self, evidence: Evidence, finder: Finder, leaves: Sequence[Json], reads: bool = False, tool: str = ""
    ) -> None:
        self._tool = tool
        self._reads = reads
        self.evidence = evidence
        self.finder = finder
        self.texts = [value for value in leaves if isinstance(value, str)]
        self._open: set[str] = set()
        self.numbers = [v for v in leaves if isinstance(v, int | float) and not isinstance(v, bool)]

    def is_moment(self, text: str) -> bool:
        """Whether a text is a date, a time or both in ISO's form (a month aside)."""
        return any(pattern.fullmatch(text) for pattern in (DATE, DATE_TIME, TIME))

    def origin(self, text: str) -> Origin | None:
        """The origin of a date, month, time of day or date with time in ISO's form."""
        if DATE.fullmatch(text):
            return self._date(text)
        if MONTH.fullmatch(text):
            return self.finder.text(text) or self.finder.month(text) or self._compared_month(text)
        if TIME.fullmatch(text):
            clock = text[:5]
            return (
                self._time(clock)
                or self._from_now(None, clock)
                or self._moved(None, clock)
                or self._end_time(None, clock)
                or time_code(text, self.finder)
            )
        match = DATE_TIME.fullmatch(text)
        if not match:
            return None
        found = self._date_time(text, match["date"], match["clock"])
        found = found or self._in_other_zone(match["date"], match["clock"], match["shift"])
        return found or beside_known(match["date"], match["clock"], self._tool, self.evidence, self.finder.before)

    def _compared_month(self, text: str) -> Origin | None:
        """A month beside a known one, or the same one of the year before or after, that a user wants to compare."""
        for index, said in self.finder.users[:1]:
            for step in (12, -12, 1, -1) if _COMPARED.search(said.text) else ():
                months = int(text[:4]) * 12 + int(text[5:]) - 1 + step
                other = f"{months // 12:04d}-{months % 12 + 1:02d}"
                if self.finder.text(other) or self.finder.month(other):
                    return Origin("derived", index, how=f"{other}, compared with the one {abs(step)} months apart")
        return None

    def calendar_word(self, text: str) -> Origin | None:
        """The origin of the name of a month or weekday: of a date that is known, the present one last."""
        code = {"month": "%B", "day": "%A"}
        for kind, form in code.items():
            if text.title() not in _NAMES[kind]:
                continue
            for index, said in self.finder.everything:
                days = (iso for iso, how in said.dates.items() if kind == "day" or how is None or names_a_day(how))
                day = next((iso for iso in days if f"{Date.fromisoformat(iso):{form}}" == text.title()), None)
                if day is not None and index is not None:
                    return Origin("derived", index, how=f"the {kind} of {said.dates[day] or day!r}")
            now = self.evidence.now
            if now is not None and f"{now:{form}}" == text.title():
                return Origin("context", how=f"the present {kind}")
        return None

    def part(self, value: float, name: str) -> Origin | None:
        """The origin of a year, month or day that is a number of its own (``leave_year``), in a date that is known."""
        words = set(split_name(name))
        part = next((part for part in _PARTS if part in words), None)
        if part is None or value % 1 != 0:
            return None
        start, end = _PARTS[part]
        digits = f"{int(value):0{end - start}d}"
        finder = self.finder
        known = (*finder.users, *finder.results, *finder.assistants, (None, self.evidence.context))
        for index, said in known:
            iso = next((iso for iso in said.dates if iso[start:end] == digits), None)
            if iso is not None:
                return Origin("derived", index, how=f"the {part} of {said.dates[iso] or iso!r}")
        return None

    def year(self, value: float, name: str) -> Origin | None:
        """The present year or one beside it, under whatever key but that of an amount or an identifier."""
        now = self.evidence.now
        if now is None or abs(value - now.year) > 1 or value % 1 or _NO_YEAR.search(name):
            return None
        return Origin("context", how="counted from the present year")

    def epoch(self, value: float) -> Origin | None:
        """The origin of a moment in seconds or milliseconds since 1970."""
        seconds = value / 1000 if value >= 1e12 else value
        if not _EPOCH[0] <= seconds < _EPOCH[1] or seconds % 60:
            return None
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
        date, clock = moment.date().isoformat(), f"{moment:%H:%M}"
        found = self._in_other_zone(date, clock, "Z") or self._date_time("", date, clock)
        return found and Origin("derived", found.message_index, found.result_path, f"{date} {clock} UTC in seconds")

    def length(self, value: float, name: str) -> Origin | None:
        """A duration that is the time between two moments: of the call itself, or of one message."""
        words = [match.group().lower().rstrip("s") for match in _LENGTH.finditer(name)]
        if not words:
            return None
        # "duration_hours" is in hours.
        word = next((word for word in words if word in _LENGTH_NAMES or word == "night"), words[0])
        minutes = value * _LENGTH_NAMES.get(word, 1440.0 if word == "night" else 1.0)
        moments = [found for text in self.texts if (found := _parse(text)) is not None]
        gaps = {abs((a - b).total_seconds()) / 60 for a in moments for b in moments if a != b}
        # Seven days are from the third to the ninth, and from the third to the tenth.
        if minutes in gaps or (word == "day" and minutes - 1440 in gaps):
            return Origin("derived", how="the time between two moments of this call")
        rounded = 0.31 if word.startswith("h") and value % 1 != 0 else 0.01
        said_now = self.finder.users[0][1].durations if self.finder.users else ()
        for index, stretches in self.finder.stretches if not said_now else ():
            if any(abs(minutes - stretch) <= rounded for stretch in stretches):
                return Origin("derived", index, how="the time between two moments of a result")
        for index, said in self.finder.users:
            clocks = sorted(_minutes(clock) for clock in said.times)
            if len(clocks) <= 8 and any(b - a == minutes for a in clocks for b in clocks if b > a):
                return Origin("derived", index, how="the time between two that are said")
            days = sorted(said.dates)
            if len(days) <= 8 and any(_days_between(a, b) * 1440 == minutes for a in days for b in days if b > a):
                return Origin("derived", index, how="the days between two dates that are said")
        return None

    def _date_time(self, text: str, date: str, clock: str) -> Origin | None:
        whole = self.finder.text(text) if text else None
        if whole:
            return whole
        found = self.evidence.in_results(("m", f"{date}T{clock}"), self.finder.before)
        if found:
            return Origin("result", *found)
        ahead = self._from_now(date, clock)
        if ahead:
            return ahead
        if self._now is not None and f"{self._now:%Y-%m-%d %H:%M}" == f"{date} {clock}":
            return Origin("context", how="now")
        hour = self._now and self._now.replace(minute=0)
        if hour and _parse(f"{date}T{clock}") in (hour, hour + datetime.timedelta(hours=1)):
            return Origin("context", how="the present hour")
        moved = self._moved(date, clock)
        if moved:
            return moved
        return (
            self._of_day_and_time(date, clock) or self._moved(date, clock, apart=True) or self._edge_of_day(date, clock)
        )

    def _edge_of_day(self, date: str, clock: str) -> Origin | None:
        """Where a search for a day that was said begins or ends in another time zone."""
        moment = _parse(f"{date}T{clock}") if self._reads and clock in ("00:00", "23:59", "24:00") else None
        for step in (-1, 1) if moment else ():
            day = (moment + datetime.timedelta(days=step)).date().isoformat() if moment else ""
            for index, said in self.finder.users:
                if day in said.dates and names_a_day(said.dates[day]):
                    return Origin("derived", index, how=f"{day}, to its end in another time zone")
        return None

    def _of_day_and_time(self, date: str, clock: str) -> Origin | None:
        """A day and a time that are known one by one."""
        day = self._date(date) or self._implied_day(date, clock)
        if day is None:
            return self._end_time(date, clock)
        time = self._time(clock)
        if time is None and clock in ("00:00", "23:59", "24:00"):
            return Origin("derived", day.message_index, day.result_path, "the whole day")
        if time is None:
            return self._end_time(date, clock)
        index = max((origin.message_index for origin in (day, time) if origin.message_index is not None), default=None)
        return Origin("derived", index, how=f"date ({_name(day)}) and time ({_name(time)})")

    def _date(self, text: str) -> Origin | None:
        try:
            datetime.date.fromisoformat(text)
        except ValueError:
            return None
        siblings = {value[:10] for value in self.texts if DATE.match(value) and value[:10] != text}
        found = self.finder.date(text, siblings) or self._recurring(text) or self._open_end(text, siblings)
        return found or self._around(text, siblings) or self._weekday_after(text) or self._between(text)

    def _between(self, date: str) -> Origin | None:
        """A day of a stretch that a message names by its ends ("12 to 14 June"), for a look-up day by day."""
        for index, said in self.finder.users[:2] if self._reads else ():
            ends = sorted(iso for iso, how in said.dates.items() if how is None)
            if len(ends) == 2 and ends[0] < date < ends[1] and _days_between(*ends) <= _WIDEST:
                return Origin("derived", index, how=f"between {ends[0]} and {ends[1]}")
        return None

    def _weekday_after(self, date: str) -> Origin | None:
        """A weekday that a user counts from another day: "the Friday of the week after that"."""
        day = datetime.date.fromisoformat(date)
        for index, said in self.finder.users[:1]:
            texts = [result.iso_days for _, result in self.finder.results]
            known = (datetime.date.fromisoformat(iso) for isos in (*texts, said.dates) for iso in isos)
            near = any(0 < (day - other).days <= _FEW_WEEKS for other in known)
            named = {match.group()[:3].lower() for match in _WEEKDAYS.finditer(in_english(said.text))}
            if near and f"{day:%a}".lower() in named and _LATER.search(said.text):
                return Origin("derived", index, how=f"a {day:%A} after one that is known")
        return None

    def _around(self, date: str, siblings: set[str]) -> Origin | None:
        """An end of the span in which a call looks for something around a day that was said."""
        if not self._reads or len(siblings) != 1:
            return None
        first, last = sorted(map(datetime.date.fromisoformat, (date, *siblings)))
        if not 0 < (last - first).days <= _WIDEST:
            return None
        days = [first + datetime.timedelta(days=step) for step in range((last - first).days + 1)]
        for index, said in self.finder.users:
            if any(day.isoformat() in said.dates or (day.month, day.day) in said.month_days for day in days):
                return Origin("derived", index, how="a span around the day that is said")
        return None

    def _open_end(self, date: str, siblings: set[str]) -> Origin | None:
        """The last day of the present month or year, to which a call searches from today on."""
        now = self.evidence.now
        if now is None or not siblings & {now.isoformat(), f"{now:%Y-%m}-01"}:
            return None
        last = calendar.monthrange(now.year, now.month)[1]
        ends = {f"{now:%Y-%m}-{last}": "month", f"{now.year}-12-31": "year"}
        return Origin("context", how=f"the end of the present {ends[date]}") if date in ends else None

    def _recurring(self, date: str) -> Origin | None:
        """A day that somebody named by how often something happens: "every Tuesday until June"."""
        now = self.evidence.now
        if now is None:
            return None
        for index, said in self.finder.users:
            words = recurs(said.text, date, now, [day for _, spoken in self.finder.users for day in spoken.dates])
            if words is not None:
                return Origin("derived", index, how=f"{words!r}")
        return None

    def _time(self, clock: str) -> Origin | None:
        """The origin of a time of day; the present one counts only where nobody names another ("in three days")."""
        found = self.finder.time(clock)
        if found is None or found.kind != "context" or self._now is None or f"{self._now:%H:%M}" != clock:
            return found
        named = any(how is None for _, said in self.finder.users[:1] for how in said.times.values())
        return None if named else found

    @cached_property
    def _now(self) -> datetime.datetime | None:
        text = self.evidence.now_text or ""
        return _parse(text) if len(text) > 10 else None

    def _implied_day(self, date: str, clock: str) -> Origin | None:
        """The day of a time for which none was said: today, or tomorrow if that time is over."""
        if self._now is None or self.finder.time(clock) is None:
            return None
        days = _days_between(self._now.date().isoformat(), date)
        over = _minutes(clock) <= self._now.hour * 60 + self._now.minute
        return Origin("context", how="no day was said") if days == (1 if over else 0) else None

    def _from_now(self, date: str | None, clock: str) -> Origin | None:
        """A moment that somebody counted from now, or from a time of day that the same message names."""
        for index, said in self.finder.users:
            for step in said.durations:
                if self._now is not None and step.sign:
                    moment = self._now + datetime.timedelta(minutes=step.sign * step.minutes)
                    same_day = date is None or moment.date().isoformat() == date
                    if f"{moment:%H:%M}" == clock and same_day:
                        return Origin("derived", index, how=f"now {'+' if step.sign > 0 else '-'} {step.text}")
                if step.sign and len(said.times) <= 4 and (date is None or self._is_day(date)):
                    for start in said.times:
                        if (_minutes(start) + step.sign * step.minutes) % 1440 == _minutes(clock):
                            return Origin("derived", index, how=f"{start} {'+' if step.sign > 0 else '-'} {step.text}")
            now = self._now
            is_now = now and f"{now:%H:%M}" == clock and date in (None, now.date().isoformat())
            if is_now and _IMMEDIATELY.search(said.text):
                return Origin("context", index, how="now")
        return None

    def _moved(self, date: str | None, clock: str, *, apart: bool = False) -> Origin | None:
        """A known moment, so much earlier or later as one of the user's last messages says.

        With ``apart`` its day and its time may be known from different places.
        """
        moment = _parse(f"{date or '2000-01-01'}T{clock}")
        for index, said in self.finder.users[:2] if moment else ():
            if clock in said.times or not _MOVED.search(said.text):
                continue
            for step in said.durations:
                for sign in (step.sign,) if step.sign else (1, -1):
                    start = moment - datetime.timedelta(minutes=sign * step.minutes) if moment else None
                    if start and self._knows_start(start.date().isoformat() if date else None, f"{start:%H:%M}", apart):
                        how = f"{start:%H:%M} {'+' if sign > 0 else '-'} {step.text}"
                        return Origin("derived", index, how=how)
        return None

    def _knows_start(self, date: str | None, clock: str, apart: bool) -> bool:
        """Whether a moment stands in a result or in an earlier call, or (``apart``) its day and its time do."""
        written = ("m", f"{date}T{clock}") if date else ("t", clock)
        if written in self._called or self.evidence.in_results(written, self.finder.before):
            return True
        if date is None or not apart:
            return False
        spoken = (*self.finder.users, *self.finder.assistants[:2])
        said = any(clock in each.times and each.times[clock] is None for _, each in spoken)
        return (said or self._knows_start(None, clock, False)) and (
            ("d", date) in self._called or self._date(date) is not None
        )

    @cached_property
    def _called(self) -> set[tuple[str, str]]:
        """The moments in the arguments of earlier calls, under the keys of results."""
        sites = (site for site in self.evidence.transcript.sites if site.message_index < self.finder.before)
        texts = (text for site in sites for text in strings_in(site.call.arguments) if len(text) <= 40)
        return {key for text in texts for key in text_keys(text) if key[0] in "mdt"}

    def _is_day(self, date: str) -> bool:
        return self._date(date) is not None or (self._now is not None and self._now.date().isoformat() == date)

    def _in_other_zone(self, date: str, clock: str, shift: str | None) -> Origin | None:
        """A moment that is known in the clock of a time zone that somebody named."""
        moment = _parse(f"{date}T{clock}")
        if moment is None:
            return None
        context = zones_in(self.evidence.context.text)
        said = [zone for _, spoken in self.finder.users for zone in zones_in(spoken.text)]
        if shift:
            own = [(shift, parse_shift(shift))]
        else:
            own = [(zone, minutes) for zone in context if (minutes := offset_of(zone, moment)) is not None]
        for zone in dict.fromkeys((*said, *context)):
            minutes = offset_of(zone, moment)
            for _, here in own:
                if minutes is None or minutes == here:
                    continue
                local = moment + datetime.timedelta(minutes=minutes - here)
                found = self._date_time("", local.date().isoformat(), f"{local:%H:%M}")
                if found:
                    how = f"{local:%H:%M} in {zone}, in another time zone"
                    return Origin("derived", found.message_index, found.result_path, how)
        return None

    def _end_time(self, date: str | None, clock: str) -> Origin | None:
        """An end that is a start in the same call plus a duration that was said (or the usual hour)."""
        for text in self.texts:
            match = (DATE_TIME if date else TIME).fullmatch(text)
            if match is None or text in self._open:
                continue
            start_day, start = (match["date"], match["clock"]) if date else ("", text[:5])
            gap = _minutes(clock) - _minutes(start) + (_days_between(start_day, date) * 1440 if date else 0)
            if gap and gap in self._lengths and self._is_known(text):
                return Origin("derived", how=f"{start} plus {gap} minutes")
        return None

    def _is_known(self, start: str) -> bool:
        """Whether a start has an origin of its own (not one that rests on the end in question)."""
        self._open.add(start)
        try:
            return self.origin(start) is not None
        finally:
            self._open.discard(start)

    @cached_property
    def _lengths(self) -> set[int]:
        spoken = {round(step.minutes) for _, said in self.finder.users for step in said.durations} | self._kept
        return spoken | set(self.finder.minutes_said()) | {int(number) for number in self.numbers if abs(number) < 1e6}

    @cached_property
    def _kept(self) -> set[int]:
        """How long what the call names by its id takes now: an appointment that is moved stays as long."""
        gaps: set[int] = set()
        for text in self.texts:
            found = None if self.is_moment(text) else self.evidence.holder(("s", text.casefold()), self.finder.before)
            values = found[1].values() if found and isinstance(found[1], dict) else ()
            times = [value for value in values if isinstance(value, str)]
            moments = [moment for value in times if DATE_TIME.match(value) and (moment := _parse(value))][:4]
            gaps |= {int((b - a).total_seconds()) // 60 for a in moments for b in moments if a < b}
            clocks = [_minutes(value) for value in times if TIME.fullmatch(value)][:4]
            gaps |= {b - a for a in clocks for b in clocks if a < b}
        return gaps


def _parse(text: str) -> datetime.datetime | None:
    match = DATE_TIME.match(text if len(text) > 10 else f"{text}T00:00")
    try:
        return datetime.datetime.fromisoformat(f"{match['date']}T{match['clock']}") if match else None
    except ValueError:
        return None


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:5])


def _days_between(first: str, second: str) -> int:
    try:
        return (datetime.date.fromisoformat(second) - datetime.date.fromisoformat(first)).days
    except ValueError:
        return 10**6


def _name(origin: Origin) -> str:
    return f"{origin.kind}{'' if origin.message_index is None else f' {origin.message_index}'}"
