"""Calls that fail on purpose: the error a service would give, and a result in which nothing was found."""

import re
from typing import Any

from toolflow_graph.models.briefs import Failure
from toolflow_graph.models.offline.binding import leaves
from toolflow_graph.models.offline.views import View, noun_of
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Json, ToolCall

_COUNT = lazy_regex(
    r"(?:total|count|num|number_of|result_count|hits|matches)(?:_|$)|(?:_count|_total|_found)$", re.IGNORECASE
)


def fail(view: View, call: ToolCall, failure: Failure) -> dict[str, str]:
    """The error body of a call whose value is wrong."""
    leaf = next((view.param(path) for path, value in leaves(call.arguments) if value == failure.value), None)
    label = leaf.field.label if leaf else "value"
    noun = noun_of(view.phrase) or "entry"
    if failure.kind == "not_found":
        return {"code": "not_found", "message": f"No {noun} was found for the {label} {failure.value}."}
    return {
        "code": "invalid_value",
        "message": f"The {label} {failure.value} cannot be used here; please choose another.",
    }


def without_items(value: Json) -> Json:
    """A result with every list empty and every count of items at zero."""
    if isinstance(value, dict):
        changed: dict[str, Any] = {}
        lists = any(isinstance(part, list) for part in value.values())
        for key, part in value.items():
            counted = lists and isinstance(part, int) and not isinstance(part, bool) and _COUNT.search(key)
            changed[key] = 0 if counted else without_items(part)
        return changed
    return [] if isinstance(value, list) else value
