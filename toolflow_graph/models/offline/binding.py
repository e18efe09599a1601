"""Values by path: taking JSON apart into leaves, putting it together, and finding a value in earlier results."""

import json
from collections.abc import Iterator
from typing import Any

from toolflow_graph.models.offline.words import split_words
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.schemas import join_path

_STEP = lazy_regex(r'\[("(?:[^"\\]|\\.)*")\]|\[(\d+)\]|([^.\[\]]+)')
ABSENT = object()


def steps(path: str) -> list[str | int]:
    """``guests[0].email`` as ["guests", 0, "email"]; ``[]`` counts as ``[0]``."""
    return [
        json.loads(found[1]) if found[1] else int(found[2]) if found[2] else found[3]
        for found in _STEP.finditer(path.replace("[]", "[0]"))
    ]


def get_path(value: Any, path: str) -> Any:
    """The value at ``path``; ABSENT if there is none."""
    for step in steps(path):
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return ABSENT
            value = value[step]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return ABSENT
    return value


def set_path(root: dict[str, Any], path: str, value: Any) -> None:
    """Set ``path`` in ``root``, making objects and arrays on the way."""
    at = steps(path)
    node: Any = root
    for place, step in enumerate(at):
        final = place == len(at) - 1
        following: Any = None if final else ([] if isinstance(at[place + 1], int) else {})
        if isinstance(step, int):
            if not isinstance(node, list):
                return
            while len(node) <= step:
                node.append(following if not final else None)
            if final:
                node[step] = value
        else:
            if not isinstance(node, dict):
                return
            if final:
                node[step] = value
            else:
                node.setdefault(step, following)
        if not final:
            node = node[step]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """All leaves with their paths; a list of scalars, an empty list and an empty object are leaves."""
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from leaves(part, join_path(path, str(name)))
    elif isinstance(value, list) and any(isinstance(part, dict | list) for part in value):
        for place, part in enumerate(value):
            yield from leaves(part, f"{path}[{place}]")
    else:
        yield path, value


def name_of(path: str) -> str:
    """The last name in a path."""
    names = [step for step in steps(path) if isinstance(step, str)]
    return names[-1] if names else path


def names_match(left: str, right: str) -> bool:
    """Whether two identifiers are the same words (``flightId``, ``flight_id``)."""
    return split_words(left) == split_words(right)


def id_names(path: str) -> set[tuple[str, ...]]:
    """The names that an id at ``path`` answers to: ``hotels[0].id`` is ("id",) and ("hotel", "id")."""
    parts = [step for step in steps(path) if isinstance(step, str)]
    own = split_words(parts[-1]) if parts else ()
    names = {own}
    if len(parts) > 1 and own in (("id",), ("uuid",), ("key",), ("code",), ("number",), ("name",)):
        holder = split_words(parts[-2])
        if holder:
            names.add((*holder[:-1], holder[-1].removesuffix("s"), *own))
    return names
