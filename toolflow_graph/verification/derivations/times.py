"""What the assistant may conclude from known times of day: other words, lengths added, other zones, paces."""

import datetime
import re
from collections.abc import Iterable
from functools import cached_property
from itertools import islice

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.derivations.arithmetic import amounts_of
from toolflow_graph.verification.derivations.days import moments_since_1970
from toolflow_graph.verification.derivations.knowledge import Knowledge
from toolflow_graph.verification.derivations.lengths import (
    A_DAY,
    IN_MINUTES,
    OFFSET,
    minutes_of,
    moments_of,
    own_lengths,
    texts_in,
    times_and_lengths,
)
from toolflow_graph.verification.derivations.rates import Rates, seconds_of
from toolflow_graph.verification.derivations.reach import WITHIN_REACH
from toolflow_graph.verification.reading.hours import VAGUE_TIMES
from toolflow_graph.verification.reading.mentions import Mention
from toolflow_graph.verification.reading.offsets import Duration, offset_of, zones_in

_ISO_LENGTH = lazy_regex(r"\bPT(?:(\d{1,4})H)?(?:(\d{1,4})M)?", re.IGNORECASE)
_OPENING_HOURS = lazy_regex(r"\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\b", re.IGNORECASE)
_HOURS = lazy_regex(r"(?<![\d:.-])([01]?\d|2[0-4])\s?[-–]\s?([01]?\d|2[0-4])(?![\d:.-])")
_HOUR = lazy_regex(r"[01]?\d|2[0-4]")
_WINDOW_KEY = lazy_regex(r"window|slot|hours|open|time", re.IGNORECASE)
_PRINTED_HOUR = lazy_regex(r"\bhour[\"']?\s?[=:]\s?(\d{1,2})\b")
_LONGEST_PRINT = 20_000
_HOUR_KEY = lazy_regex(r"(?:^|[._])(?:h|hr|hours?|time)(?:\[\])?$")
# What makes "5:24" minutes and seconds.
_LENGTH = lazy_regex(
    r"\b(?:pace|splits?|per (?:km|mile|lap)|duration|length|long|lasts?|runtime|minutes?|min|seconds?|track|song|video|"
    r"laps?|finish\w*)\b|/(?:km|mi)\b",
    re.IGNORECASE,
)
_SECONDS_KEY = lazy_regex(r"start|end|begin|offset|duration|length|len|position|time|sec|_s$", re.IGNORECASE)
_PARTS_OF_AN_HOUR = {"half an hour": 30, "half hour": 30, "three quarters of an hour": 45, "quarter of an hour": 15}
_ZONE = lazy_regex(r"\b(?:UTC|GMT|[ECMP][SD]?T|CES?T|BST|JST|IST|AE[SD]T|in [A-Z]\w+)\b")
_OWN_ZONE = lazy_regex(r"\b(?:local time|your time(?: ?zone)?)\b", re.IGNORECASE)
_ANY_ZONE = lazy_regex(r"\btime ?zones?\b|\bhours? (?:ahead|behind)\b", re.IGNORECASE)
# Words that go with a time that was worked out.
_WORKED_OUT = lazy_regex(
    r"\b(?:arriv\w*|leav\w*|land\w*|ends?|ending|until|till|by|about|around|later|earlier|before|after|from|in time|"
    r"early|late|takes?|finish\w*|done|ready|back|start\w*|which is|that(?:'s| is)|would|now|works? out)\b|[~≈→–=(]",
    re.IGNORECASE,
)
_SHIFT = lazy_regex(r"(?:UTC|GMT)?([+-])(\d\d):?(\d\d)")
_FARTHEST, _FEW_ZONES = 14, 3
_LONGEST_ZONE = 80
_MOST_CALLS, _FEW, _ZONES = 6, 12, 15
CONDITION = lazy_regex(
    r"\b(?:if|unless|in case|whether|should you|as long as|once|when)\b[^,;:.]*(?::\d[^,;:.]*)?", re.IGNORECASE
)
"""What a sentence supposes: "if you leave at 10:00"."""
_START_AND_END = 2
_SECONDS = lazy_regex(r"(?<![\d.:])(\d{1,2})\s?s(?:ec(?:ond)?s?)?\b", re.IGNORECASE)
_PACE = lazy_regex(r"(?<![\d:])\d{1,2}:[0-5]\d(?=\s?(?:\*\*)?\s?(?:per |a |/)?\s?(?:km|mi|k\b))", re.IGNORECASE)
_PER_MILE = lazy_regex(r"\s*(?:min\w*\s*)?(?:/|per |a )\s?mi(?:le)?\b", re.IGNORECASE)
_HOURS_AFTER = lazy_regex(r"\s?(?:h|hrs?|hours?)\b", re.IGNORECASE)


class Times:
    """Explains the times of day and the lengths of time of one message."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.facts = knowledge
        self.rates = Rates(knowledge)
        self._counted: set[int] = set()
        # The times that were found to be worked out.
        self.calculated: set[int] = set()

    def explain_time(self, mention: Mention) -> str | None:
        """How a time of day is said in other words, or shifted by a known length."""
        for clock in mention.clocks:
            minutes = minutes_of([clock])[0]
            known = minutes in self._times
            how = "in other words" if known else self._shifted(minutes, mention)
            if how:
                if not known:
                    self.calculated.add(minutes)
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
        if minutes in self._universal and _ZONE.search(around):
            return "in another zone"
        if any((time + offset) % A_DAY == minutes for time in self._times for offset in self._offsets):
            return "in the time zone of a result"
        spans: tuple[tuple[Iterable[int], Iterable[int]], ...] = (
            (self._times, self._said_lengths),
            (self._said_times | self._supposed, self._sums | self._stated_lengths | self._kept_lengths),
            *self.timed,
        )
        for times, known in spans:
            starts = {*times, *self._counted}
            lengths = {*known, *(a + b for a in known for b in known if a != b)}
            if any(
                (start + way * length) % A_DAY == minutes for start in starts for length in lengths for way in (1, -1)
            ):
                return "a known time and a length"
        return f"{WITHIN_REACH} of a known time" if self._is_near(minutes, around) else None

    def _is_near(self, minutes: int, around: str) -> bool:
        """Where the words tell of a time that was worked out: whether any known length, or whole hours, lead to it."""
        if not _WORKED_OUT.search(around):
            return False
        lengths = {*self._said_lengths, *self._stated_lengths, *self._sums}
        lengths |= {length for _, own in self.timed for length in own}
        lengths |= {round(step.minutes) for index, _ in self.facts.bodies for step in self._prose(index)}
        lengths |= {round(step.minutes) for step in self.facts.evidence.context.durations}
        lengths |= {length for own in self.facts.scalars for length in own_lengths(own)}
        lengths |= {a + b for a in sorted(lengths)[:_FEW] for b in sorted(lengths)[:_FEW]}
        if _ZONE.search(self.facts.text) or _ANY_ZONE.search(self.facts.text):
            lengths |= {60 * hours for hours in range(1, _ZONES)}
        starts = {*self._times, *self._counted}
        return any((start + way * n) % A_DAY == minutes for start in starts for n in lengths for way in (1, -1))

    def _prose(self, index: int) -> tuple[Duration, ...]:
        """The lengths that the sentences of a result state: "20 min before start"."""
        return self.facts.evidence.prose(index).durations

    def _is_length(self, mention: Mention, seconds: int) -> bool:
        """Whether "5:24" means five minutes and twenty-four seconds that are known, or a pace that follows."""
        if mention.text[-1:] in "mM.":
            return False
        near = self.facts.near
        # Seconds that are no whole ones are rounded or cut, where their key says that they are a time.
        timed = {n for own in self.facts.scalars for key, n in own.items() if n % 1 and _SECONDS_KEY.search(key)}
        if any(number == seconds for own in self.facts.scalars for number in own.values()):
            return True
        if any(abs(number - seconds) < 1 for number in timed):
            return True
        timings = (numbers for path, numbers in self.facts.lists if _SECONDS_KEY.search(path.rpartition(".")[2]))
        if any(abs(sum(numbers) - seconds) < 1 for numbers in timings):
            return True
        if near(seconds, 0) or near(1000 * seconds + 499.5, 499.5):
            return True
        if any(near(seconds * speed, speed) for speed in self.rates.speeds) or seconds in self._shifted_paces:
            return True
        around = self.facts.text[max(mention.start - 40, 0) : mention.end + 20]
        written = seconds_of(mention.text)
        if written is not None and written >= 3600 and self.rates.is_duration(written):
            return True
        if _HOURS_AFTER.match(self.facts.text, mention.end) and seconds in self.spans:
            return True
        if not _LENGTH.search(around):
            return False
        per_mile = _PER_MILE.search(self.facts.text, mention.end, mention.end + 20) is not None
        if self.rates.is_pace(seconds, per_mile):
            return True
        numbers = [[n for values in amounts_of(node, 12).values() for n in values] for node in self.facts.objects[:20]]
        pairs = [(a, b) for group in numbers for a in group for b in group if b]
        return near(seconds / 60, 0.017) or any(
            abs(a / b - seconds / 60) < 0.017 or abs(a / b - seconds) < 1 for a, b in pairs
        )

    @cached_property
    def _shifted_paces(self) -> frozenset[int]:
        """Paces that were said (5:20), so many seconds faster or slower as the user said last."""
        steps = {int(number) for said in self.facts.users[:1] for number in _SECONDS.findall(said.text)}
        clocks = (match.group() for said in self.facts.texts[:_FEW] for match in _PACE.finditer(said.text))
        known = {seconds for clock in clocks if (seconds := seconds_of(clock)) is not None}
        return frozenset(round(pace + way * step) for pace in known for step in steps for way in (1, -1))

    @cached_property
    def _times(self) -> set[int]:
        """All known times of day, in minutes."""
        facts = self.facts
        clocks = {clock for said in facts.known for clock in said.clocks}
        clocks |= {clock for said in facts.texts for clock, how in said.times.items() if how is None}
        clocks |= {clock for said in facts.users for clock, how in said.times.items() if how not in VAGUE_TIMES}
        return {*minutes_of(clocks), *(moment.hour * 60 + moment.minute for moment in moments_since_1970(self.facts))}

    @cached_property
    def _offsets(self) -> set[int]:
        """Distances from UTC in minutes that are known: in moments, as "-07:00", or as a number whose key says so."""
        found: set[int] = set()
        for node in self.facts.objects:
            for key, value in node.items():
                match = _SHIFT.fullmatch(value) if isinstance(value, str) else None
                if match:
                    found.add((-1 if match[1] == "-" else 1) * (int(match[2]) * 60 + int(match[3])))
                elif "offset" in key.lower() and isinstance(value, int | float) and not isinstance(value, bool):
                    found.add(round(value * 60) if abs(value) <= _FARTHEST else round(value / 60))
        for said in self.facts.known:
            for _, _, sign, hours, minutes in (match.groups() for match in OFFSET.finditer(said.text)):
                found.add((1 if sign == "+" else -1) * (int(hours) * 60 + int(minutes)))
        return {offset for offset in found | self._of_zones if offset and abs(offset) <= _FARTHEST * 60}

    @cached_property
    def _of_zones(self) -> set[int]:
        """Distances from UTC of the time zones that texts name, and between two of them."""
        facts = self.facts
        texts = [facts.evidence.context.text, *(said.text for said in facts.users), facts.text]
        texts += [text for _, body in facts.bodies[:_FEW] for text in texts_in(body) if len(text) <= _LONGEST_ZONE]
        names = dict.fromkeys(zone for text in texts for zone in zones_in(text[:_LONGEST_PRINT]))
        days = {day for said in (*facts.known, facts.evidence.context) for day in said.iso_days}
        moments = [datetime.datetime.fromisoformat(day) for day in sorted(days)[:1] + sorted(days)[-1:]]
        own = [
            {offset for moment in moments if (offset := offset_of(zone, moment)) is not None}
            for zone in list(names)[:_FEW]
        ]
        between = {b - a for first in own for second in own for a in first for b in second if first is not second}
        return between.union(*own)

    @cached_property
    def _hours(self) -> set[float]:
        """Hours of the day in results: under a key such as ``hour``, or as opening hours ("Mon-Thu 8-16")."""
        paths = (entry for body in self.facts.fresh for entry in amounts_of(body, 400).items())
        found = {n for path, numbers in paths if _HOUR_KEY.search(path) for n in numbers}
        # A result that is no JSON, such as a printed object: "Date(hour=7)".
        printed = (body for body in self.facts.fresh if isinstance(body, str))
        found |= {float(match[1]) for body in printed for match in _PRINTED_HOUR.finditer(body[:_LONGEST_PRINT])}
        texts = [text for body in self.facts.fresh for text in texts_in(body) if _OPENING_HOURS.search(text)]
        windows = (value for node in self.facts.objects for key, value in node.items() if _WINDOW_KEY.search(key))
        texts += [value for value in windows if isinstance(value, str)]
        ranges = (match for text in texts for match in _HOURS.finditer(text[:200]))
        found |= {float(hour) for match in ranges for hour in match.groups()}
        # {"18": 60, "20": 35}: what is so at those hours.
        clocks = (node for node in self.facts.objects if len(node) > 1 and all(_HOUR.fullmatch(key) for key in node))
        return found | {float(key) for node in clocks for key in node}

    @cached_property
    def _said_lengths(self) -> frozenset[int]:
        """Lengths in minutes that users said."""
        found = {n for said in self.facts.users for n, how in said.converted.items() if how.endswith("in minutes")}
        found |= {n for said in self.facts.users for n, how in said.numbers.items() if re.search(r"min", how)}
        for said in self.facts.users:
            # "an hour and a half", "half an hour", "three quarters of an hour"
            found |= {n + 30 for n in found if re.search(r"hours? and a half|and a half hours?", said.folded)}
            found |= {n for words, n in _PARTS_OF_AN_HOUR.items() if words in said.folded}
        return frozenset(int(n) for n in found if 0 < n < A_DAY)

    @cached_property
    def stretches(self) -> frozenset[int]:
        """Minutes between two times of this message (and of what users said) or of one object, and ISO 8601 lengths."""
        own = {clock for mention in self.facts.mentions for clock in mention.clocks}
        own |= {clock for said in self.facts.users for clock, how in said.times.items() if how is None}
        now = self.facts.evidence.context.clocks if self.facts.evidence.now else frozenset()
        own |= now if len(now) <= 2 else frozenset()
        calls = [site.call for site in self.facts.evidence.transcript.sites if site.message_index < self.facts.index]
        asked = (times_and_lengths(call.arguments)[0] for call in calls[-_MOST_CALLS:])
        groups = [minutes_of(own), *(times for times, _ in self.timed), *asked]
        written = {
            int(match[1] or 0) * 60 + int(match[2] or 0)
            for said in self.facts.known
            for match in _ISO_LENGTH.finditer(said.text)
        }
        return (
            frozenset((b - a) % A_DAY for times in groups for a in times[:16] for b in times[:16] if a != b)
            | written
            | self._elapsed
        )

    @cached_property
    def _elapsed(self) -> frozenset[int]:
        """Minutes between two moments of one result that are written with their distance from UTC."""
        found: set[int] = set()
        for _, body in self.facts.bodies[:4]:
            moments = list(islice((moment for text in texts_in(body) for moment in moments_of(text)), 12))
            found |= {abs(int((b - a).total_seconds())) // 60 for a in moments for b in moments if a < b}
        return frozenset(found)

    @cached_property
    def spans(self) -> frozenset[int]:
        """Minutes between two times, and what the lengths of one object come to (preparing and cooking)."""
        # How far two zones lie apart stands there both ways.
        apart = {abs(offset) for offset in self._offsets if -offset in self._offsets or len(self._offsets) == 1}
        pairs = sorted(self._offsets) if len(self._offsets) <= _FEW_ZONES and not apart else []
        between = apart | {b - a for a in pairs for b in pairs if a < b}
        plain = self.stretches - self._elapsed
        shifted = {(n + way * offset) % A_DAY for n in plain for offset in between for way in (1, -1)}
        return self.stretches | self._sums | shifted

    @cached_property
    def _sums(self) -> frozenset[int]:
        return frozenset(total for own in self.facts.scalars if (total := sum(own_lengths(own))))

    @cached_property
    def _kept_lengths(self) -> frozenset[int]:
        """How long what a result says with a start and an end takes, in minutes: moved, it takes as long."""
        pairs = (sorted(set(times)) for times, _ in self.timed)
        return frozenset(pair[1] - pair[0] for pair in pairs if len(pair) == _START_AND_END)

    @cached_property
    def _said_times(self) -> set[int]:
        """Times of day, in minutes, that the user said last: what starts then takes what a result says."""
        last = self.facts.users[:1]
        clocks = {clock for said in last for clock in said.clocks}
        spoken = {clock for said in last for clock, how in said.times.items() if how not in VAGUE_TIMES}
        return set(minutes_of(clocks | spoken))

    @cached_property
    def _supposed(self) -> set[int]:
        """Times of day that this message supposes: "if you leave at ten"."""
        clauses = " ".join(CONDITION.findall(self.facts.text))
        return set(minutes_of(clock for m in self.facts.mentions if m.text in clauses for clock in m.clocks))

    @cached_property
    def _stated_lengths(self) -> frozenset[int]:
        """Lengths that this message states, in minutes."""
        return frozenset(
            int(m.values[0] * IN_MINUTES[m.unit])
            for m in self.facts.mentions
            if m.values and m.unit in IN_MINUTES and m.values[0] < A_DAY
        )

    @cached_property
    def _universal(self) -> set[int]:
        """Known moments that are written with their distance from UTC, in UTC, as minutes of the day."""
        found = (match for said in self.facts.known for match in OFFSET.finditer(said.text))
        return {
            (int(h) * 60 + int(m) - (1 if sign == "+" else -1) * (int(oh) * 60 + int(om))) % A_DAY
            for h, m, sign, oh, om in (match.groups() for match in found)
        }

    @cached_property
    def timed(self) -> list[tuple[list[int], list[int]]]:
        """For each object of a result (its children included): its times of day, and its lengths in minutes."""
        found = []
        for node in self.facts.objects:
            times, lengths = times_and_lengths(node)
            if times and len(times) <= 12:
                found.append((times, lengths))
        return found
