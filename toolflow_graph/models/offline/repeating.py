"""The same tool asked once more: with another value, with one more wish, or just to be sure."""

import datetime
import random
from typing import Any

from toolflow_graph.models.offline.fields import Field
from toolflow_graph.models.offline.layout import CHANGING, varies
from toolflow_graph.models.offline.planning import CallPlanner, PlannedCall
from toolflow_graph.models.offline.shapes import fits
from toolflow_graph.models.offline.values import leaf_value, other_place
from toolflow_graph.models.offline.views import Leaf
from toolflow_graph.types import Tool
from toolflow_graph.validation import schema_errors


def repeated_call(
    planner: CallPlanner, tool: Tool, index: int, rng: random.Random
) -> tuple[PlannedCall, Leaf | None] | None:
    """The tool's last planned call for request ``index``, with the leaf that differs; None if it was not called yet."""
    before = [call for call in planner.calls if call.tool.name == tool.name]
    if not before:
        return None
    last = before[-1]
    call = PlannedCall(last.tool, last.view, index, dict(last.arguments), list(last.links), set(last.quiet))
    linked = {one.parameter for one in call.links} | call.quiet
    told = [leaf for leaf in call.view.params if varies(leaf) and "." not in leaf.path and leaf.path not in linked]
    seen: dict[str, list[Any]] = {leaf.path: [one.arguments.get(leaf.path) for one in before] for leaf in told}
    # Another card is frozen rather than the same one for another reason.
    order = ("id", *CHANGING) if call.view.writes else CHANGING
    for leaf in sorted(told, key=lambda leaf: (leaf.path not in call.arguments, order.index(leaf.field.kind))):
        fresh = find_other(planner, leaf.field, leaf.schema, seen[leaf.path], rng)
        if fresh is None:
            continue
        arguments = {**call.arguments, leaf.path: fresh}
        if not schema_errors(arguments, tool.parameters, closed=True, limit=1):
            call.arguments = arguments
            return call, leaf
    return call, None


def find_other(planner: CallPlanner, field: Field, schema: Any, old: list[Any], rng: random.Random) -> Any:
    """A value that was not asked for yet (``old``: those that were, the last one last); None if none comes to mind."""
    for _ in range(8):
        value = _drawn(planner, field, schema, old[-1], rng)
        if value is not None and value not in old and not isinstance(value, bool) and fits(value, schema):
            return round(value) if isinstance(value, float) and fits(round(value), schema) else value
    return None


def _drawn(planner: CallPlanner, field: Field, schema: Any, last: Any, rng: random.Random) -> Any:
    if field.kind in ("city", "airport", "country_code", "country", "currency", "language_code"):
        place = other_place(planner.cast, rng)
        return {"city": place.city, "airport": place.airport, "country_code": place.country_code,
                "country": place.country, "currency": place.currency, "language_code": place.language}[field.kind]  # fmt: skip
    if field.kind == "date" and isinstance(last, str):
        try:
            day = datetime.date.fromisoformat(last) + datetime.timedelta(days=rng.choice((1, 2, 7)))
        except ValueError:
            return None
        return None if field.past and day > planner.cast.now.date() else day.isoformat()
    return leaf_value(field, schema, rng, planner.cast, result=True)
