"""Pace and speed: how long a distance takes, by the keys and units of results and of the message itself."""

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.derivations.arithmetic import amounts_of
from toolflow_graph.verification.derivations.knowledge import Knowledge
from toolflow_graph.verification.reading.mentions import mentions_in
from toolflow_graph.verification.reading.units import NAMES

_MILE = 1.609344
_DISTANCES = {"km": 1.0, "mi": _MILE, "m": 0.001}
_DURATIONS = {"second": 1.0, "minute": 60.0, "hour": 3600.0}
SPEEDS = {"km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": _MILE, "m/s": 3.6}
"""The units of a speed, in kilometres an hour."""
_DISTANCE_KEY = lazy_regex(
    r"(?P<km>km|kilomet)|(?P<mi>miles?(?![a-z])|(?:^|_)mi(?:$|_|\[))|(?P<any>dist|(?:^|_)m(?:$|\[)|met(?:er|re)s)"
)
_DURATION_KEY = lazy_regex(
    r"(?P<second>sec|_s(?:$|\[))|(?P<minute>min)|(?P<hour>hour|hrs?(?![a-z])|_h(?:$|\[))|(?P<any>time|durat|elapsed|length)"
)
_HMS = lazy_regex(r"(?:(?P<h>\d{1,2}):)?(?P<m>[0-5]?\d):(?P<s>[0-5]\d)")
_SPEED_KEY = lazy_regex(r"speed|tempo|playback", re.IGNORECASE)
_MOST_PAIRS, _FASTEST = 60, 4


class Rates:
    """The distances and durations that belong together, as pairs of kilometres and seconds."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.facts = knowledge

    def is_pace(self, seconds: float, per_mile: bool) -> bool:
        """Whether so many seconds go to each kilometre or mile of a known stretch, to the second."""
        unit = _MILE if per_mile else 1.0
        return any(abs(time / distance * unit - seconds) < 1 for distance, time in self._pairs)

    def is_speed(self, value: float, step: float, unit: str) -> bool:
        """Whether a stretch was covered at a speed, rounded as written."""
        factor = SPEEDS.get(unit)
        if factor is None:
            return False
        return any(abs(distance / time * 3600 / factor - value) <= step * 0.51 for distance, time in self._pairs)

    def is_duration(self, seconds: float) -> bool:
        """Whether results hold a length of so many seconds, or lengths that come to it."""
        owns = (*self.facts.scalars, *self.facts.totals)
        times = (time for own in owns for key, number in own.items() for time in _seconds(key, number))
        return any(abs(time - seconds) < 1 for time in times)

    @cached_property
    def speeds(self) -> frozenset[float]:
        """How many times as fast something is played, as calls and results say."""
        calls = (
            site.call.arguments
            for site in self.facts.evidence.transcript.sites
            if site.message_index < self.facts.index
        )
        paths = (entry for body in (*calls, *self.facts.fresh) for entry in amounts_of(body, 100).items())
        found = (n for path, numbers in paths if _SPEED_KEY.search(path) for n in numbers)
        return frozenset(n for n in found if 0 < n <= _FASTEST and n != 1)

    @cached_property
    def _pairs(self) -> list[tuple[float, float]]:
        return list(islice(self._found(), _MOST_PAIRS))

    def _found(self) -> Iterator[tuple[float, float]]:
        for own in (*self.facts.totals, *self.facts.scalars):
            times = [time for key, number in own.items() for time in _seconds(key, number)]
            for distance in (km for key, number in own.items() for km in _kilometres(key, number)):
                yield from ((distance, time) for time in times)
        texts = [self.facts.text, *(body for _, body in self.facts.bodies if isinstance(body, str))]
        for text in texts:
            yield from _pairs_in(text)


def _kilometres(key: str, number: float) -> Iterator[float]:
    match = _DISTANCE_KEY.search(key.lower())
    if match and number > 0:
        # A distance that does not say its unit may be in kilometres or metres.
        unit = _DISTANCES.get(match.lastgroup or "")
        yield from (number * each for each in ((unit,) if unit else (1.0, 0.001)))


def _seconds(key: str, number: float) -> Iterator[float]:
    match = _DURATION_KEY.search(key.lower())
    if match and number > 0:
        unit = _DURATIONS.get(match.lastgroup or "")
        yield from (number * each for each in ((unit,) if unit else _DURATIONS.values()))


def _pairs_in(text: str) -> Iterator[tuple[float, float]]:
    """Every distance with every duration of a text that names few of them."""
    distances: list[float] = []
    times: list[float] = []
    for mention in mentions_in(text[:2000]):
        unit = NAMES.get(mention.unit, mention.unit)
        if mention.kind == "time" and (match := _HMS.fullmatch(mention.text)):
            times.append(seconds_of(match.group()) or 0.0)
        elif mention.values and unit in _DISTANCES:
            distances.append(mention.values[0] * _DISTANCES[unit])
        elif mention.values and unit in _DURATIONS:
            times.append(mention.values[0] * _DURATIONS[unit])
    if len(distances) <= 4 and len(times) <= 4:
        yield from ((distance, time) for distance in distances for time in times if distance and time)


def seconds_of(text: str) -> float | None:
    """The seconds of a length that is written like a clock: "54:36", "1:22:30"; None for anything else."""
    match = _HMS.fullmatch(text)
    return match and float(int(match["h"] or 0) * 3600 + int(match["m"]) * 60 + int(match["s"]))
