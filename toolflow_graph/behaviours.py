"""The behaviours a dialogue can be asked to hold, the mix of them that a run wants, and how they are drawn.

A *mix* says for each behaviour which share of the accepted dialogues holds it. Per dialogue the behaviours are laid out
over its requests: each request has one *shape* (what kind of request it is) and perhaps *twists* (what happens on the
way). What a request is asked to be is its :class:`~toolflow_graph.types.Slot`.
"""

import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from toolflow_graph.errors import UsageError
from toolflow_graph.randomness import derive_rng
from toolflow_graph.types import Behaviour, MishapKind, Slot

BEHAVIOURS: tuple[Behaviour, ...] = get_args(Behaviour)

EXPLANATIONS: dict[Behaviour, str] = {
    "single": "one call answers the request",
    "chained": "a value of a result becomes an argument of a later call",
    "parallel": "independent calls in one message",
    "nested": "a request that takes several tools, in several steps",
    "clarification": "a required value is withheld, asked for and given",
    "correction": "the user changes a value after the answer",
    "back_reference": "the user means something of an earlier result ('the second one')",
    "irrelevant": "no offered tool fits: the assistant says so and calls nothing",
    "error_recovery": "a call fails (not found, invalid, rate limit, outage, nothing found) and the dialogue recovers",
    "chat": "a remark or question that needs no tool",
    "confirm": "the assistant asks before it changes anything",
    "policy": "the system message forbids something; a request for it is declined",
    "injection": "a result carries instructions; they are not obeyed",
    "missing_function": "the fitting tool arrives later, or never",
    "dissatisfied": "the user pushes back on an answer",
    "search_first": "only a search for tools is offered at the start",
}

DEFAULT_MIX: dict[Behaviour, float] = {
    "single": 0.80,
    "chained": 0.40,
    "parallel": 0.20,
    "nested": 0.20,
    "clarification": 0.30,
    "correction": 0.12,
    "back_reference": 0.20,
    "irrelevant": 0.10,
    "error_recovery": 0.15,
    "chat": 0.20,
    "confirm": 0.12,
    "policy": 0.06,
    "injection": 0.06,
    "missing_function": 0.06,
    "dissatisfied": 0.08,
    "search_first": 0.05,
}
"""Shares of dialogues; together they fit into two to four requests a dialogue."""

SHAPES: tuple[Behaviour, ...] = ("single", "chained", "parallel", "nested")
ALONE: tuple[Behaviour, ...] = ("chat", "irrelevant", "policy")
"""Shapes without a successful call; they never open a dialogue that is about something else."""
TWISTS: tuple[Behaviour, ...] = (
    "clarification",
    "correction",
    "back_reference",
    "error_recovery",
    "confirm",
    "injection",
    "missing_function",
    "dissatisfied",
)
WHOLE: tuple[Behaviour, ...] = ("search_first",)
"""Behaviours of the whole dialogue."""

MISHAPS: tuple[MishapKind, ...] = get_args(MishapKind)
REVISED: tuple[MishapKind, ...] = ("not_found", "invalid", "empty")
"""Mishaps after which the user has to give another value; the others pass by themselves."""

_APART: tuple[frozenset[Behaviour], ...] = (
    # Both take a value back, or both stand between the wish and its first call.
    frozenset(("correction", "error_recovery")),
    frozenset(("confirm", "missing_function")),
    frozenset(("confirm", "parallel")),
    frozenset(("confirm", "correction")),
    frozenset(("missing_function", "clarification")),
    frozenset(("missing_function", "error_recovery")),
    frozenset(("missing_function", "correction")),
    frozenset(("missing_function", "parallel")),
    frozenset(("missing_function", "dissatisfied")),
    frozenset(("parallel", "error_recovery")),
    frozenset(("parallel", "correction")),
    frozenset(("dissatisfied", "correction")),
    frozenset(("dissatisfied", "error_recovery")),
    frozenset(("injection", "error_recovery")),
    frozenset(("clarification", "error_recovery")),
    frozenset(("clarification", "correction")),
    frozenset(("confirm", "error_recovery")),
)
BLOCK = 64
"""Indices that share their quotas; fixed, so that concurrency changes nothing."""

LAG = 2
"""A block's quotas are mended by what the blocks up to ``LAG`` before it brought; only those must be finished."""

Mix = Mapping[Behaviour, float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a finished dialogue counts: accepted or not, and the behaviours that came about in it."""

    accepted: bool
    behaviours: tuple[str, ...] = ()


def barrier(index: int) -> int:
    """All dialogues below this index must be finished before ``index`` is drawn: their outcomes tell what is owed."""
    return max(0, (index // BLOCK - LAG + 1) * BLOCK)


def find_shortfall(mix: Mix, outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Behaviours that the accepted dialogues hold too rarely for the mix: name -> dialogues that it is missing in."""
    accepted = [outcome for outcome in outcomes if outcome.accepted]
    held = Counter(name for outcome in accepted for name in set(outcome.behaviours))
    owed = {name: round(share * len(accepted)) - held[name] for name, share in mix.items()}
    return {name: count for name, count in owed.items() if count > 0}


def parse_mix(items: Mapping[str, float | int | str] | Iterable[str]) -> dict[Behaviour, float]:
    """Read a mix: ``{"clarification": 0.5}`` or ``["clarification=0.5,chat=0", ...]``; the rest keeps its default.

    ``none`` alone (or ``only``, followed by others) starts from nothing instead of the defaults.

    Raises:
        UsageError: for an unknown behaviour or a share that is no number from 0 to 1.
    """
    pairs: list[tuple[str, object]] = []
    mix: dict[Behaviour, float] = dict(DEFAULT_MIX)
    if isinstance(items, Mapping):
        pairs = list(items.items())
    else:
        items = list(items)
        if any(not item.strip() for item in items):
            raise UsageError("an empty mix", expected="NAME=SHARE with a name of", known=BEHAVIOURS, hint="--mix none")
        for item in ",".join(items).split(","):
            name, equals, written = item.strip().partition("=")
            if name in ("none", "only") and not equals:
                mix = dict.fromkeys(BEHAVIOURS, 0.0)
            elif name or equals:
                pairs.append((name, written if equals else "?"))
    seen: set[str] = set()
    for given, share in pairs:
        name = given.strip().replace("-", "_")
        if name in seen:
            raise UsageError(f"the mix gives {name!r} twice", expected="one share for each behaviour")
        seen.add(name)
        if name not in BEHAVIOURS:
            raise UsageError(f"no behaviour {given!r}", expected="NAME=SHARE with a name of", known=BEHAVIOURS)
        try:
            value = float(str(share))
        except (TypeError, ValueError):
            value = -1.0
        if isinstance(share, bool) or not 0 <= value <= 1:
            raise UsageError(
                f"the share {share!r} of {name!r} is not valid",
                expected="a number from 0 to 1: the share of dialogues that hold it",
            )
        mix[name] = value
    return mix


def render_mix(mix: Mix) -> str:
    """The mix as one line, for a fingerprint."""
    return ",".join(f"{name}={mix[name]:g}" for name in BEHAVIOURS if mix.get(name))


def draw_behaviours(
    mix: Mix, run_seed: int, index: int, shortfall: Mapping[str, int] | None = None
) -> tuple[Behaviour, ...]:
    """The behaviours that dialogue ``index`` is to hold: its part of its block's quotas.

    A block of :data:`BLOCK` indices holds each behaviour as often as its share says, up to rounding, and ``shortfall``
    (missing so far, by behaviour) times more. A pure function of its arguments.
    """
    block, place = divmod(index, BLOCK)
    drawn: list[Behaviour] = []
    for name in BEHAVIOURS:
        share = mix.get(name, 0.0)
        rng = derive_rng(run_seed, "mix", name, block)
        quota = share * BLOCK
        count = int(quota) + (rng.random() < quota % 1)
        count = min(BLOCK, count + (min(BLOCK // 2, (shortfall or {}).get(name, 0)) if share else 0))
        # Spread evenly, at a random offset: the first n dialogues hold their share, too.
        offset = rng.random()
        if math.floor((place + offset) * count / BLOCK) != math.floor((place + offset - 1) * count / BLOCK):
            drawn.append(name)
    return tuple(drawn)


def lay_out(
    wanted: Sequence[Behaviour], turns: int, mix: Mix, possible: Iterable[Behaviour], rng: random.Random
) -> tuple[Slot, ...]:
    """Distribute behaviours over ``turns`` requests; what does not fit or is not ``possible`` is left out.

    The first request always needs a tool, so that there is something to talk about. Of a few random layouts the one
    that holds the most of what is wanted is taken.
    """
    if not any(mix.values()):
        return (Slot(),) * turns
    allowed = frozenset(possible)
    asked = [name for name in wanted if name in allowed and name not in WHOLE]
    best: list[list[Behaviour]] = []
    for _ in range(_LAYOUTS):
        slots = _lay_out_once(asked, turns, mix, allowed, rng)
        if not best or _held(slots, asked) > _held(best, asked):
            best = slots
        if _held(best, asked) == len(asked):
            break
    return tuple(_build_slot(slot, place, rng) for place, slot in enumerate(best))


_LAYOUTS = 12


def count_held(slots: Sequence[Slot], wanted: Sequence[Behaviour]) -> int:
    """How many of the wanted behaviours a layout holds."""
    return _held([slot.behaviours for slot in slots], wanted)


def _held(slots: Sequence[Sequence[Behaviour]], asked: Sequence[Behaviour]) -> int:
    names = {name for slot in slots for name in slot}
    return sum(name in names for name in asked)


def _lay_out_once(
    asked: Sequence[Behaviour], turns: int, mix: Mix, allowed: frozenset[Behaviour], rng: random.Random
) -> list[list[Behaviour]]:
    alone = [name for name in asked if name in ALONE]
    shapes = [name for name in asked if name in SHAPES]
    rng.shuffle(alone)
    rng.shuffle(shapes)
    kinds: list[Behaviour | None] = [*shapes[: max(1, turns - len(alone))]]
    kinds += alone[: turns - max(1, len(kinds))]
    # Where a mix leaves plain requests out, a request without any shape is what twists can still stand on.
    fill: list[Behaviour | None] = [name for name in SHAPES if mix.get(name) and name in allowed and name in shapes]
    fill = fill if mix.get("single") and fill else [*fill, None]
    weights = [max(mix.get(name, 0.0), 0.01) if name else 0.5 for name in fill]
    while len(kinds) < turns or not any(name not in ALONE for name in kinds):
        kinds.append(rng.choices(fill, weights)[0])
    rng.shuffle(kinds)
    first = next(place for place, name in enumerate(kinds) if name not in ALONE)
    kinds.insert(0, kinds.pop(first))
    slots: list[list[Behaviour]] = [[name] if name else [] for name in kinds[: max(turns, 1)]]
    twists = [name for name in asked if name in TWISTS]
    rng.shuffle(twists)
    for twist in twists:
        fitting = [
            place
            for place, slot in enumerate(slots)
            if not set(slot) & set(ALONE)
            and len(slot) < 3
            and not (twist == "back_reference" and place == 0)
            and all(frozenset((twist, other)) not in _APART for other in slot)
        ]
        if fitting:
            emptiest = min(len(slots[place]) for place in fitting)
            slots[rng.choice([place for place in fitting if len(slots[place]) == emptiest])].append(twist)
    return slots


def _build_slot(names: Sequence[Behaviour], place: int, rng: random.Random) -> Slot:
    if (
        "missing_function" in names
        and len(names) < 3
        and names[0] in ("single", "missing_function")
        and place
        and rng.random() < 0.4
    ):
        # What never becomes possible has no other shape; the first request must bring something to talk about.
        return Slot(behaviours=("missing_function",), arrives=False)
    return Slot(
        behaviours=tuple(names),
        mishap=rng.choice(MISHAPS) if "error_recovery" in names else None,
        arrives=True if "missing_function" in names else None,
    )
