"""The register of kinds of defects."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from toolflow_graph.evaluation.mutations.draft import Dialogue, Draft

Level = Literal["structural", "semantic"]
Body = Callable[[Draft], bool]
"""Breaks the draft in place; False: the kind does not apply to this dialogue."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of defect.

    ``level``: "structural" defects show in the dialogue itself, so a rule has to find each of them; "semantic" ones
    only show to whoever understands it (a value that stands in the dialogue, but is the wrong one): what rules find of
    these is reported, not demanded. ``rules``: the codes of the rules that are meant to find it.
    """

    code: str
    level: Level
    rules: tuple[str, ...]
    explanation: str
    group: str
    body: Body

    def apply(self, dialogue: Dialogue, rng: random.Random, other: Dialogue | None = None) -> dict[str, Any] | None:
        """A broken copy of the dialogue's record, or None where the kind does not apply.

        Args:
            dialogue: stays as it is.
            rng: the only source of chance.
            other: another dialogue, for kinds that take something from elsewhere; without it they do not apply.
        """
        if not dialogue.readable or (other is not None and not other.readable):
            return None
        draft = Draft(dialogue, rng, other)
        return draft.data if self.body(draft) else None


_kinds: dict[str, Kind] = {}
KINDS: Mapping[str, Kind] = MappingProxyType(_kinds)
"""All kinds by code, in the order in which they were written down."""


def kind(code: str, level: Level, rules: str, explanation: str) -> Callable[[Body], Body]:
    """Register a function that breaks a draft as the kind ``code``; ``rules`` are codes with spaces between them."""

    def register(body: Body) -> Body:
        assert code not in _kinds, code
        group = body.__module__.rsplit(".", 1)[-1]
        _kinds[code] = Kind(code, level, tuple(rules.split()), explanation, group, body)
        return body

    return register
