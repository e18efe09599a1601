"""Numbers of a call that people say otherwise: in the unit that the call names, around them, for another count.

Like :mod:`arithmetic`, but with what stands beside the number in its call.
"""

import re
from collections.abc import Iterator, Sequence

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Json
from toolflow_graph.verification.derivations.arithmetic import FOR_KEY, amounts_of
from toolflow_graph.verification.provenance.origins import Finder, Origin
from toolflow_graph.verification.provenance.written import stands_alone
from toolflow_graph.verification.reading.units import NAMES
from toolflow_graph.verification.reading.wording import key_of, listed
from toolflow_graph.verification.toolcards import split_name

Leaf = tuple[str, str, str, Json]
"""A leaf of a call's arguments: path, pattern, last key, value."""

_UNITS = {"c": "c", "°c": "c", "celsius": "c", "centigrade": "c", "f": "f", "°f": "f", "fahrenheit": "f"}
# How far apart two units of one thing are: what is said in the first one, times this, is in the second.
_RATIOS = {("lb", "kg"): 0.45359237, ("mi", "km"): 1.609344, ("ft", "m"): 0.3048, ("in", "cm"): 2.54}
_DESCRIBED = lazy_regex(
    r"\A(?:m|cm|c|f|lb)\b|\b(celsius|fahrenheit|centigrade|kilograms?|kg|pounds|lbs?|kilomet(?:er|re)s?|km|miles)\b|°[CF]\b",
    re.IGNORECASE,
)
# A bare number said of what the key counts in smaller units: "over 30", in months.
_SMALLER = {"months": 12.0, "minutes": 60.0, "seconds": 60.0, "cents": 100.0, "pence": 100.0, "grams": 1000.0}
_LOW = frozenset(listed("from min minimum start low lower after least begin first since"))
_HIGH = frozenset(listed("to max maximum end high upper before most until last till"))
_STEP = 0.56
"""Half a degree and a little: thermostats move in such steps."""
_YEARS, _WIDEST_SHARE = 20, 0.6
_MOST_COUNT, _MOST_NUMBERS = 60, 40


def find_quantity(
    value: float, pattern: str, described: str, leaves: Sequence[Leaf], finder: Finder, reads: bool
) -> Origin | None:
    """How a number at ``pattern`` of a call's ``leaves`` follows from what users said, and from its neighbours."""
    return (
        _of_clock(value, pattern, finder)
        or _in_its_unit(value, " ".join((*split_name(pattern)[-1:], described)), leaves, finder)
        or (_around(value, pattern, leaves, finder) if reads else None)
        or _for_others(value, finder)
    )


def _of_clock(value: float, pattern: str, finder: Finder) -> Origin | None:
    """Seconds or minutes of what is written as a stopwatch shows it: 3494 of "58:14", 95 of "1:35"."""
    words = split_name(pattern)[-1:]
    for unit, size in (("s", 60), ("sec", 60), ("seconds", 60), ("min", 60), ("minutes", 60)):
        if unit not in words or value != int(value) or value < size:
            continue
        large, small = divmod(int(value), size)
        written = {f"{large}:{small:02d}", f"{large:02d}:{small:02d}"}
        if large >= size:
            written |= {f"{large // size}:{large % size:02d}:{small:02d}"}
        for index, said in (*finder.users[:3], *finder.results):
            if any(stands_alone(text, said.text) for text in written):
                return Origin("derived", index, how=f"{min(written, key=len)} in {unit}")
    return None


def _in_its_unit(value: float, described: str, leaves: Sequence[Leaf], finder: Finder) -> Origin | None:
    """What is said without a unit, or in another one, in the unit that the call (or the parameter) names."""
    for word in set(described.split(" ", 1)[0:1]) & _SMALLER.keys():
        for index, said in finder.users[:3]:
            if key_of(value / _SMALLER[word]) in said.numbers:
                return Origin("derived", index, how=f"{value / _SMALLER[word]:g} in {word}")
    units = set(_units_of(leaves, described))
    for index, said in finder.users[:3] if units else ():
        for number in said.numbers:
            for unit in sorted(units):
                for other, slack in _converted(number, unit):
                    if abs(value - other) <= slack:
                        return Origin("derived", index, how=f"{number:g}, in the unit of the call ({unit})")
    return None


def _units_of(leaves: Sequence[Leaf], described: str) -> Iterator[str]:
    for _, _, name, value in leaves:
        if isinstance(value, str) and "unit" in split_name(name):
            yield _name_of(value)
    for match in _DESCRIBED.finditer(described):
        yield _name_of(match.group())


def _name_of(unit: str) -> str:
    unit = unit.strip().casefold()
    return _UNITS.get(unit) or NAMES.get(unit, unit)


def _converted(number: float, unit: str) -> Iterator[tuple[float, float]]:
    """A number in ``unit``, if it was meant in the other usual one; with how far off a rounded one may be."""
    if unit == "c":
        yield (number - 32) / 1.8, _STEP
    elif unit == "f":
        yield number * 1.8 + 32, 2 * _STEP
    for (first, second), ratio in _RATIOS.items():
        if unit == second:
            yield number * ratio, max(0.51, 0.004 * number * ratio)
        elif unit == first:
            yield number / ratio, max(0.51, 0.004 * number / ratio)


def _around(value: float, pattern: str, leaves: Sequence[Leaf], finder: Finder) -> Origin | None:
    """An end of a span that a search sets around a number that was said: 1845 to 1855 for "around 1850"."""
    words = split_name(pattern)
    ends = _LOW if _LOW.intersection(words) else _HIGH
    if not ends.intersection(words):
        return None
    rest = [word for word in words if word not in ends]
    counterpart = _HIGH if ends is _LOW else _LOW
    for _, other, _, partner in leaves:
        names = split_name(other)
        if not counterpart.intersection(names) or [word for word in names if word not in counterpart] != rest:
            continue
        if not isinstance(partner, int | float) or isinstance(partner, bool):
            continue
        low, high = sorted((value, float(partner)))
        for index, said in finder.users[:3]:
            for number in said.numbers:
                wide = _YEARS if 1000 <= number <= 2200 else _WIDEST_SHARE * number
                if low <= number <= high and high - low <= wide:
                    return Origin("derived", index, how=f"a span around {number:g}")
    return None


def _for_others(value: float, finder: Finder) -> Origin | None:
    """What so many need of something that is meant for others: of a recipe for two, for three."""
    counts = {n for _, said in finder.users[:3] for n in said.numbers if 1 <= n <= _MOST_COUNT and n == int(n)}
    bodies = [(i, body) for i, body in finder.evidence.bodies.items() if i < finder.before][-3:]
    for index, body in reversed(bodies) if counts else ():
        amounts = amounts_of(body, _MOST_NUMBERS)
        bases = {n for path, found in amounts.items() if FOR_KEY.search(path) for n in found if 1 <= n <= _MOST_COUNT}
        if len(bases) != 1:
            continue
        base = next(iter(bases))
        for path, numbers in amounts.items():
            for number in numbers if not FOR_KEY.search(path) else ():
                count = next(
                    (count for count in counts if count != base and _close(value, number * count / base)), None
                )
                if count is not None:
                    return Origin("derived", index, how=f"{number:g} ({path}) for {count:g} instead of {base:g}")
    return None


def _close(value: float, other: float) -> bool:
    return abs(value - other) <= (0.0051 if value != int(value) else 0.51 if other > 20 else 1e-6)
