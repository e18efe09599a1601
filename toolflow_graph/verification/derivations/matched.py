"""Numbers of the same thing in two results: what it costs here and how many there are there; then, and now.

A thing is told by its name: a key ("moonsteel ingot": 120), or the first text of its object.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

from toolflow_graph.verification.derivations.arithmetic import own_amounts

_MOST_THINGS, _MOST_RESULTS, _SHORTEST, _LONGEST = 60, 6, 2, 60

Columns = dict[str, dict[str, float]]
"""By the key of a number (empty for a number under the thing's own name): name -> number."""


def products_and_changes(bodies: Iterable[Any]) -> tuple[list[list[float]], list[list[float]]]:
    """For each two results with things in common: number times number, and what changed under one key."""
    columns = [found for body in list(bodies)[:_MOST_RESULTS] if (found := _columns(body))]
    products: list[list[float]] = []
    changes: list[list[float]] = []
    for first, second in combinations(columns, 2):
        for key, numbers in first.items():
            for other, more in second.items():
                common = [name for name in numbers if name in more]
                if not common:
                    continue
                if key == other:
                    changes.append([numbers[name] - more[name] for name in common])
                else:
                    products.append([numbers[name] * more[name] for name in common])
    return products, changes


def _columns(body: Any) -> Columns:
    found: Columns = {}
    for name, key, number in _things_in(body):
        column = found.setdefault(key, {})
        if len(column) < _MOST_THINGS:
            column.setdefault(name, number)
    return found


def _things_in(body: Any) -> Iterator[tuple[str, str, float]]:
    if isinstance(body, list):
        for child in body[:_MOST_THINGS]:
            yield from _things_in(child)
    if not isinstance(body, Mapping):
        return
    name = next((value for value in body.values() if isinstance(value, str)), None)
    for key, number in own_amounts(body).items():
        if name is None:
            yield key.casefold(), "", number
        elif _SHORTEST <= len(name) <= _LONGEST:
            yield name.casefold(), key, number
    for child in body.values():
        yield from _things_in(child)
