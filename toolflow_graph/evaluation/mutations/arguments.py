"""Defects of arguments against the tool's own schema. Each breaks exactly the keyword it is about."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from toolflow_graph.evaluation.mutations.draft import Draft
from toolflow_graph.evaluation.mutations.places import Place, any_argument, is_number, is_scalar
from toolflow_graph.evaluation.mutations.registry import kind
from toolflow_graph.schemas import resolve
from toolflow_graph.types import Json

_WRONG: tuple[tuple[str, tuple[Json, ...]], ...] = (
    ("string", (42, 7.5, True)),
    ("integer", ("several", 2.5, "ten")),
    ("number", ("plenty", "about half")),
    ("boolean", ("yes", 1, "on")),
    ("array", ("all of them", {"first": 1})),
    ("object", ("all of it", 3)),
)
_PLACEHOLDERS = (
    "<id>", "<value>", "{{value}}", "${value}", "your_id_here", "YOUR_API_KEY", "TBD", "string", "xxx", "[Your Name]",
    "placeholder", "<insert value>", "undefined", "...", "TODO", "{value}", "example", "[insert value here]",
    "INSERT_VALUE_HERE",
)  # fmt: skip


def _break(draft: Draft, wanted: Callable[[Place], bool], broken: Callable[[Place], Json]) -> bool:
    found = any_argument(draft, wanted)
    return found is not None and found[1].put(broken(found[1]))


def _bound(place: Place, key: str) -> bool:
    """Whether a keyword with a number holds at this very place."""
    return bool(place.types()) and is_number(place.schema.get(key))


def _object_schema(draft: Draft, call: Any) -> Mapping[str, Any]:
    tool = draft.tool(call)
    return resolve(tool.parameters, tool.parameters) if tool is not None else {}


@kind("required_dropped", "structural", "invalid_arguments", "A required argument is missing.")
def required_dropped(draft: Draft) -> bool:
    found = any_argument(draft, lambda place: place.required and isinstance(place.key, str))
    if found is None:
        return False
    del found[1].holder[found[1].key]
    return True


@kind("arguments_empty", "structural", "invalid_arguments", "A call that needs arguments has none.")
def arguments_empty(draft: Draft) -> bool:
    call = draft.pick(c for c in draft.calls if c.arguments and _object_schema(draft, c).get("required"))
    if call is None:
        return False
    call.function["arguments"] = {}
    return True


@kind("argument_unknown", "structural", "invalid_arguments", "A call has an argument that the tool does not know.")
def argument_unknown(draft: Draft) -> bool:
    open_keys = ("additionalProperties", "patternProperties", "unevaluatedProperties", "anyOf", "oneOf", "allOf")
    calls = [c for c in draft.calls if not any(_object_schema(draft, c).get(key) for key in open_keys)]
    call = draft.pick(c for c in calls if draft.tool(c) is not None)
    if call is None:
        return False
    known = _object_schema(draft, call).get("properties", {})
    name = draft.pick(key for key in ("verbose", "user_note", "locale", "dry_run", "page_token") if key not in known)
    call.arguments[name] = draft.pick(("yes", 1, True, None))
    return True


@kind("argument_misspelled", "structural", "invalid_arguments", "A required argument's name is misspelled.")
def argument_misspelled(draft: Draft) -> bool:
    found = any_argument(draft, lambda place: place.required and isinstance(place.key, str) and len(place.key) > 2)
    if found is None:
        return False
    place = found[1]
    key = str(place.key)
    camel = re.sub(r"_(\w)", lambda match: match[1].upper(), key)
    name = draft.pick(made for made in (camel, key.upper(), f"{key}s", key[:-1]) if made not in place.holder)
    place.holder[name] = place.holder.pop(key)
    return True


@kind("type_wrong", "structural", "invalid_arguments", "An argument has the wrong JSON type.")
def type_wrong(draft: Draft) -> bool:
    def broken(place: Place) -> Json:
        # A type that holds whole numbers, too, takes what is wrong for both.
        name = next(iter(_narrow(place)))
        return draft.rng.choice(next(wrong for known, wrong in _WRONG if known == name))

    return _break(draft, lambda place: len(_narrow(place)) == 1, broken)


def _narrow(place: Place) -> frozenset[str]:
    types = place.types() - {"null"}
    return types - {"integer"} if "number" in types else types


@kind("number_as_text", "structural", "invalid_arguments", "A number is written as a text.")
def number_as_text(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return is_number(place.value) and bool(place.types()) and "string" not in place.types()

    return _break(draft, wanted, lambda place: str(place.value))


@kind("switch_as_text", "structural", "invalid_arguments", "A true or false is written as a text.")
def switch_as_text(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return isinstance(place.value, bool) and bool(place.types()) and "string" not in place.types()

    return _break(draft, wanted, lambda place: str(place.value).lower())


@kind("scalar_as_list", "structural", "invalid_arguments", "A single value is wrapped in a list.")
def scalar_as_list(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return is_scalar(place.value) and bool(place.types()) and "array" not in place.types()

    return _break(draft, wanted, lambda place: [place.value])


@kind("scalar_as_object", "structural", "invalid_arguments", "A single value is wrapped in an object.")
def scalar_as_object(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return is_scalar(place.value) and bool(place.types()) and "object" not in place.types()

    return _break(draft, wanted, lambda place: {"value": place.value})


@kind("list_as_text", "structural", "invalid_arguments", "A list is written as a text.")
def list_as_text(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return isinstance(place.value, list) and bool(place.types()) and "string" not in place.types()

    def broken(place: Place) -> Json:
        assert isinstance(place.value, list)
        return draft.pick((json.dumps(place.value), ", ".join(map(str, place.value))))

    return _break(draft, wanted, broken)


@kind("argument_null", "structural", "invalid_arguments", "An argument is null where the schema has no null.")
def argument_null(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return place.value is not None and bool(place.types()) and "null" not in place.types()

    return _break(draft, wanted, lambda place: None)


@kind("enum_left", "structural", "invalid_arguments", "An argument is none of the values its enum lists.")
def enum_left(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return isinstance(place.schema.get("enum"), list) and isinstance(place.value, str) and bool(place.types())

    def broken(place: Place) -> Json:
        made = (f"{place.value}s", f"{place.value}_other", str(place.value).upper(), str(place.value).title(), "custom")
        return draft.pick(text for text in made if text not in place.schema["enum"])

    return _break(draft, wanted, broken)


@kind("below_minimum", "structural", "invalid_arguments", "A number is below its minimum.")
def below_minimum(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return is_number(place.value) and (_bound(place, "minimum") or _bound(place, "exclusiveMinimum"))

    def broken(place: Place) -> Json:
        low = place.schema.get("minimum", place.schema.get("exclusiveMinimum"))
        return low - draft.rng.choice((1, 2, 50))

    return _break(draft, wanted, broken)


@kind("above_maximum", "structural", "invalid_arguments", "A number is above its maximum.")
def above_maximum(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return is_number(place.value) and (_bound(place, "maximum") or _bound(place, "exclusiveMaximum"))

    def broken(place: Place) -> Json:
        high = place.schema.get("maximum", place.schema.get("exclusiveMaximum"))
        return high + draft.rng.choice((1, 2, 500))

    return _break(draft, wanted, broken)


@kind("whole_number_broken", "structural", "invalid_arguments", "A whole number has decimals.")
def whole_number_broken(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return is_number(place.value) and place.types() - {"null"} == {"integer"}

    return _break(draft, wanted, lambda place: place.value + draft.rng.choice((0.5, 0.25)))


@kind("text_too_long", "structural", "invalid_arguments", "A text is longer than its maxLength.")
def text_too_long(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return isinstance(place.value, str) and _bound(place, "maxLength") and place.schema["maxLength"] < 5000

    def broken(place: Place) -> Json:
        text = f"{place.value} and more of it"
        return (text * (place.schema["maxLength"] // len(text) + 1))[: place.schema["maxLength"] + 1]

    return _break(draft, wanted, broken)


@kind("text_too_short", "structural", "invalid_arguments", "A text is shorter than its minLength.")
def text_too_short(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return isinstance(place.value, str) and _bound(place, "minLength") and place.schema["minLength"] > 0

    return _break(draft, wanted, lambda place: str(place.value)[: place.schema["minLength"] - 1])


@kind("pattern_broken", "structural", "invalid_arguments", "A text does not match its pattern.")
def pattern_broken(draft: Draft) -> bool:
    def broken_by(place: Place) -> list[str]:
        pattern, value = place.schema.get("pattern"), place.value
        if not isinstance(value, str) or not isinstance(pattern, str) or not place.types() or not value:
            return []
        made = (value[:-1], f"{value}-1", value.swapcase(), f"no {value}", value.replace("-", ""), f"?{value[1:]}")
        try:
            return [text for text in made if not re.search(pattern, text)]
        except re.error:
            return []

    return _break(draft, lambda place: bool(broken_by(place)), lambda place: draft.rng.choice(broken_by(place)))


_MISFORMED = {
    "date": ("14/05/2026", "tomorrow", "May 14th, 2026", "2026-13-41", "2026-5-4", "20260514T10"),
    "date-time": ("14/05/2026 10:00", "tomorrow at ten", "2026-05-14", "2026-05-14T25:61:00"),
    "time": ("10 o'clock", "25:00", "7pm", "noon"),
    "email": ("marta at lindenmail", "marta.kowalska", "@lindenmail.org", "marta@"),
    "uri": ("not a link", "www example org", "//"),
    "url": ("not a link", "www example org"),
    "uuid": ("1234", "not-a-uuid"),
}


@kind("format_broken", "structural", "invalid_arguments", "A date, time, address or link is not in its format.")
def format_broken(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return isinstance(place.value, str) and place.schema.get("format") in _MISFORMED and bool(place.types())

    return _break(draft, wanted, lambda place: draft.pick(_MISFORMED[place.schema["format"]]))


@kind("items_out_of_bounds", "structural", "invalid_arguments", "A list has too many, too few or equal items.")
def items_out_of_bounds(draft: Draft) -> bool:
    def made_from(place: Place) -> list[Json]:
        items = place.value
        if not isinstance(items, list) or not items or not place.types():
            return []
        most, least = place.schema.get("maxItems"), place.schema.get("minItems")
        made: list[Json] = []
        if isinstance(most, int) and most < 500:
            made.append((items * (most // len(items) + 1))[: most + 1])
        if isinstance(least, int) and least > 0:
            made.append(items[: least - 1])
        if place.schema.get("uniqueItems") is True:
            made.append([*items, items[0]])
        return made

    return _break(draft, lambda place: bool(made_from(place)), lambda place: draft.pick(made_from(place)))


@kind("arguments_cut", "structural", "invalid_arguments", "The arguments are JSON text that breaks off or is none.")
def arguments_cut(draft: Draft) -> bool:
    call = draft.pick(c for c in draft.calls if c.arguments)
    if call is None:
        return False
    text = json.dumps(call.arguments, ensure_ascii=False)
    unquoted = re.sub(r'"(\w+)":', r"\1:", text)
    call.function["arguments"] = draft.pick((text[:-1], text[: len(text) // 2], unquoted, f"{text},", f"({text})"))
    return True


@kind("arguments_no_object", "structural", "invalid_arguments", "The arguments are a list or a bare value.")
def arguments_no_object(draft: Draft) -> bool:
    call = draft.pick(c for c in draft.calls if c.arguments)
    if call is None:
        return False
    values = list(call.arguments.values())
    call.function["arguments"] = draft.pick((values, [call.arguments], json.dumps(values), 5, json.dumps("all")))
    return True


@kind(
    "placeholder",
    "structural",
    "placeholder_argument invalid_arguments",
    "An argument only holds a place, such as '<id>' or 'TBD'.",
)
def placeholder(draft: Draft) -> bool:
    def wanted(place: Place) -> bool:
        return isinstance(place.value, str) and "string" in place.types() and "enum" not in place.schema

    text = draft.rng.choice(_PLACEHOLDERS)
    if text.casefold() in draft.dialogue.everything:
        return False
    return _break(draft, wanted, lambda place: text)
