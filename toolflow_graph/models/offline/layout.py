"""Which requests a plan has and which tools each of them needs, before anything is filled in."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from toolflow_graph.models.offline.planning import CallPlanner
from toolflow_graph.models.offline.playable import is_playable
from toolflow_graph.models.offline.views import Leaf, view_of
from toolflow_graph.types import Tool

CHANGING = ("city", "date", "datetime", "count", "query", "enum", "month", "year", "airport", "country_code", "currency",
            "money", "language_code", "time", "ticker", "percent", "temperature", "title", "company", "duration", "number",
            "distance", "text", "person", "location", "address", "id", "tag", "sentence", "question", "prompt", "food",
            "country", "colour", "url", "domain", "email", "path", "latitude", "age", "rating")  # fmt: skip
"""Kinds of values that make it worth asking the same again, the most natural ones first."""
_NATURAL = CHANGING[:14]


@dataclass(frozen=True, slots=True)
class Slot:
    """One request to be: "tool" asks for its tools, "again" repeats the one tool's last call, "chat" wants nothing."""

    kind: Literal["tool", "again", "chat"]
    tools: tuple[Tool, ...] = ()


def lay_out(planner: CallPlanner, tools: Sequence[Tool], turns: int, rng: random.Random) -> list[Slot]:
    """``turns`` slots over ``tools``: what gives ids comes before what needs them, and every tool gets its turn."""
    order = _ordered(planner, [tool for tool in tools if is_playable(tool)] or list(tools))
    chat = turns >= 3 and (rng.random() < 0.45 or len(order) < turns)
    wanted = turns - chat
    slots = _joined(planner, [Slot("tool", (tool,)) for tool in order], wanted, rng)[:wanted]
    while len(slots) < wanted:
        place = _place_to_repeat(slots, rng)
        if place is None:
            slots.append(Slot("chat"))
        else:
            slots.insert(place + 1, Slot("again", slots[place].tools[-1:]))
    if chat:
        places = [place for place in range(1, len(slots) + 1) if not _beside_chat(slots, place)] or [len(slots)]
        slots.insert(rng.choice(places), Slot("chat"))
    return slots


def _ordered(planner: CallPlanner, order: list[Tool]) -> list[Tool]:
    for _ in range(len(order)):
        for place in range(len(order) - 1):
            first, second = order[place], order[place + 1]
            if planner.links_between(second, first) and not planner.links_between(first, second):
                order[place], order[place + 1] = second, first
    return order


def _beside_chat(slots: list[Slot], place: int) -> bool:
    return any(slots[near].kind == "chat" for near in (place - 1, place) if 0 <= near < len(slots))


def _place_to_repeat(slots: list[Slot], rng: random.Random) -> int | None:
    """After which slot the same may best be asked again; None where a repetition would be one too many."""
    singles = [place for place, slot in enumerate(slots) if slot.kind == "tool" and len(slot.tools) == 1]
    singles = singles or [place for place, slot in enumerate(slots) if slot.kind == "tool"]
    asked = {place: sum(slot.tools[-1:] == slots[place].tools[-1:] for slot in slots) for place in singles}
    # Where nothing can be asked differently, once more is enough.
    open_to = [place for place in singles if can_vary(slots[place].tools[-1]) or asked[place] < 2]
    if not open_to:
        return None
    best = max(_repeatable(slots[place].tools[-1]) - 2 * asked[place] for place in open_to)
    return rng.choice([p for p in open_to if _repeatable(slots[p].tools[-1]) - 2 * asked[p] == best])


def can_vary(tool: Tool) -> bool:
    """Whether the same can be asked with another value."""
    return any(varies(leaf) for leaf in view_of(tool).params)


def varies(leaf: Leaf) -> bool:
    """Whether people may ask the same with another value of this parameter."""
    field, schema = leaf.field, leaf.schema
    fixed = "const" in schema or len(schema.get("enum", (1, 2))) < 2
    return (
        field.kind in CHANGING and not (field.listed or field.technical or field.edge or fixed) and "[" not in leaf.path
    )


def _repeatable(tool: Tool) -> int:
    """How naturally people ask for this twice: looking things up for another value comes first."""
    view = view_of(tool)
    kinds = [leaf.field.kind for leaf in view.params if leaf.required and not leaf.field.edge and not leaf.field.listed]
    varied = any(kind in _NATURAL for kind in kinds)
    return (2 if not view.writes else 0) + varied + (1 if can_vary(tool) else 0)


def _joined(planner: CallPlanner, slots: list[Slot], wanted: int, rng: random.Random) -> list[Slot]:
    """Join at most one pair of neighbours into one request, rather one whose tools belong together."""

    def tie(place: int) -> float:
        first, second = slots[place].tools[0], slots[place + 1].tools[0]
        if planner.links_between(first, second):
            return 0.75
        shared = {(leaf.field.name, leaf.field.description) for leaf in view_of(first).params} & {
            (leaf.field.name, leaf.field.description) for leaf in view_of(second).params
        }
        return 0.6 if shared else 0.25 if first.domain == second.domain else 0.08

    # With fewer tools than requests a pair would only make others be asked twice.
    chances = {place: tie(place) * (1.0 if len(slots) > wanted else 0.0) for place in range(len(slots) - 1)}
    if not chances:
        return slots
    best = max(chances.values())
    place = rng.choice([place for place, chance in chances.items() if chance == best])
    if rng.random() < best and place < wanted:
        return [*slots[:place], Slot("tool", slots[place].tools + slots[place + 1].tools), *slots[place + 2 :]]
    return slots
