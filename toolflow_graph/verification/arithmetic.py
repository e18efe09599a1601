"""Numbers that follow from known ones by a small calculation.

The operands are close relatives on purpose: what users said, amounts of money in the same or neighbouring results, and
the call's own other arguments. Any two of all known numbers would explain nearly every value.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

Returned = Mapping[float, Sequence[tuple[int, str]]]
"""Every number in earlier results with its places: (message index, path), oldest first."""

_MONEY = re.compile(r"price|amount|cost|total|fare|fee|rate|balance|tax|charge|paid|due|budget", re.IGNORECASE)
_FACTORS = 60
_RECENT = 3
_MOST_AMOUNTS = 100


def find_calculation(
    value: float,
    *,
    said: Iterable[float],
    told: Iterable[float],
    parts: Sequence[float],
    siblings: Sequence[float],
    returned: Returned,
) -> tuple[str, int | None] | None:
    """How ``value`` follows from known numbers, and the result it rests on (None: no single one).

    Args:
        said: numbers in the users' messages; ``told``: numbers in the latest results' sentences.
        parts: the call's other numbers at the same place of a list (shares of one payment); ``siblings``: all others.
    """
    spoken = sorted({number for number in said if number not in (0, 1)})
    wholes = (*spoken, *returned, *told)
    amounts = {number: places for number, places in returned.items() if _MONEY.search(places[-1][1])}
    for rest in (sum(numbers) for numbers in (parts, siblings) if numbers):
        whole = next((whole for whole in wholes if _close(value, whole - rest)), None)
        if whole is not None:
            return f"what the call's other numbers leave of {whole:g}", None
    if parts and (found := _of_amounts(value + sum(parts), amounts)):
        return f"what the call's other parts leave of {found[0]}", found[1]
    for how in (
        *_products(value, (*spoken, *siblings), (*spoken, *amounts)),
        *_shares(value, spoken, (*spoken, *amounts)),
        *_sums(value, spoken, (*spoken, *amounts)),
    ):
        return how, None
    return _of_one_result(value, returned) or _of_amounts(value, amounts)


def _close(value: float, other: float) -> bool:
    # Money is rounded to cents; a value with more decimals has to fit as written.
    return abs(value - other) < (0.0051 if round(value, 2) == value else 1e-6)


def _products(value: float, factors: Sequence[float], numbers: Sequence[float]) -> Iterator[str]:
    for factor in factors:
        if 2 <= factor <= _FACTORS and factor == int(factor):
            for number in numbers:
                if abs(number) > 1 and _close(value, number * factor):
                    yield f"{number:g} times {factor:g}"


def _shares(value: float, fractions: Sequence[float], numbers: Sequence[float]) -> Iterator[str]:
    for fraction in fractions:
        if 0 < fraction < 1:
            for number in numbers:
                if _close(value, number * fraction) or _close(value, number * (1 - fraction)):
                    yield f"{fraction * 100:g} percent of {number:g}"


def _sums(value: float, spoken: Sequence[float], numbers: Sequence[float]) -> Iterator[str]:
    for number in spoken:
        for other in numbers:
            if (
                abs(number) >= 5
                and abs(other) >= 5
                and (_close(value, number + other) or _close(value, abs(number - other)))
            ):
                yield f"{number:g} and {other:g}, added or subtracted"


def _of_one_result(value: float, returned: Returned) -> tuple[str, int | None] | None:
    """The sum of all numbers that the latest result has under one key."""
    lists: dict[str, list[tuple[int, float]]] = {}
    for number, places in returned.items():
        for index, path in places:
            if "[" in path:
                lists.setdefault(re.sub(r"\[\d+\]", "[]", path), []).append((index, number))
    for path, entries in lists.items():
        latest = max(index for index, _ in entries)
        numbers = [number for index, number in entries if index == latest]
        if len(numbers) > 1 and _close(value, sum(numbers)):
            return f"the sum of {path}", latest
    return None


def _of_amounts(value: float, amounts: Returned) -> tuple[str, int | None] | None:
    """Two amounts of one result added (two legs, two articles), or two of the latest results subtracted."""
    places = sorted({(index, number) for number, found in amounts.items() for index, _ in found})
    recent = sorted({index for index, _ in places})[-_RECENT:]
    places = [place for place in places if place[0] in recent][-_MOST_AMOUNTS:]
    for start, (index, first) in enumerate(places):
        for other, second in places[start:]:
            if (index == other and _close(value, first + second)) or _close(value, abs(first - second)):
                return f"amounts {first:g} and {second:g}, added or subtracted", other
    return None
