"""One schema object of OpenAPI 3.0 / 3.1 or Swagger 2.0 to the keywords of Draft 2020-12, its children left aside.

Source: OpenAPI 3.0.4 (4.7.24), 3.1.1 (4.8.24), Swagger 2.0 (schema object), JSON Schema Draft 2020-12 (validation).
"""

from collections.abc import Mapping
from typing import Any, Literal

from toolflow_graph.catalog.schema_check import compiles, is_too_deep
from toolflow_graph.catalog.text import plain_text
from toolflow_graph.catalog.type_words import list_types, read_type
from toolflow_graph.catalog.values import as_number, as_size, coerce, fits_type, is_json_scalar

Direction = Literal["in", "out"]
"""Whether a schema describes what a call sends (parameters) or what it brings (returns)."""

DESCRIPTION_MOST = 300
_ENUM_MOST = {"in": 100, "out": 40}
_EXAMPLES_MOST = 3
_EXAMPLE_LENGTH = 120
_DEFAULT_DEPTH = 8
_SIZES = (("minLength", "maxLength"), ("minItems", "maxItems"))
# Limits of a storage layer say nothing about a result.
_TELLING_LENGTH = 1000


def read_keywords(raw: Mapping[str, Any], direction: Direction) -> tuple[dict[str, Any], list[str]]:
    """Translate what ``raw`` says about its own value.

    Returns:
        The keywords (``type``, ``description``, ``enum``, bounds, ``format``, ``default``, ``examples``; the last two
        unchecked) and the patterns that were dropped.
    """
    out: dict[str, Any] = {}
    types = read_types(raw)
    if types:
        out["type"] = types[0] if len(types) == 1 else types
    description = plain_text(raw.get("description"), DESCRIPTION_MOST)
    title = plain_text(raw.get("title"), 100)
    if not description and " " in title:
        # A title of one word is the schema's own name.
        description = title
    if description:
        out["description"] = description
    plain = [kind for kind in types if kind != "null"]
    _read_enum(raw, out, types, direction)
    dropped: list[str] = []
    if "enum" not in out:
        if "const" in raw and is_json_scalar(raw["const"]) and fits_type(raw["const"], types):
            out["const"] = raw["const"]
        else:
            dropped = _read_limits(raw, out, plain, direction)
    _read_values(raw, out, plain)
    return out, dropped


def read_types(raw: Mapping[str, Any]) -> list[str]:
    """The JSON types ``raw`` allows, ``null`` last; [] if it does not say. ``file`` is text, ``nullable`` a null."""
    given = raw.get("type")
    words = given if isinstance(given, list) else [given]
    types: list[str] = []
    for word in words:
        read = read_type(word) if isinstance(word, str) else None
        types += [kind for kind in list_types((read or {}).get("type", [])) if kind not in types]
    if not types:
        if isinstance(raw.get("properties"), Mapping) or isinstance(raw.get("additionalProperties"), Mapping):
            types = ["object"]
        elif isinstance(raw.get("items"), Mapping):
            types = ["array"]
        elif isinstance(raw.get("enum"), list):
            types = _types_of_values(raw["enum"])
    nullable = raw.get("nullable") is True or raw.get("x-nullable") is True
    if "null" in types or (nullable and types):
        types = [kind for kind in types if kind != "null"] + ["null"]
    return types


def _types_of_values(values: list[Any]) -> list[str]:
    names = {bool: "boolean", int: "integer", float: "number", str: "string"}
    found = list(dict.fromkeys(names[type(value)] for value in values if type(value) in names))
    return ["number"] if found in (["integer", "number"], ["number", "integer"]) else found


def _read_enum(raw: Mapping[str, Any], out: dict[str, Any], types: list[str], direction: Direction) -> None:
    given = raw.get("enum")
    if not isinstance(given, list):
        return
    # By type, too: ``1 == True`` in Python, not in JSON.
    found: dict[tuple[type, Any], Any] = {}
    for entry in given:
        value = coerce(entry, types)
        if is_json_scalar(value) and fits_type(value, types):
            found.setdefault((type(value), value), value)
    values = list(found.values())
    # "" among other values is how form APIs unset a field: nothing to teach.
    values = [value for value in values if value != ""] or values
    if "null" in types and values and None not in values:
        values.append(None)
    if values and values != [None]:
        most = _ENUM_MOST[direction]
        out["enum"] = values if len(values) <= most else values[:most]


def _read_limits(raw: Mapping[str, Any], out: dict[str, Any], plain: list[str], direction: Direction) -> list[str]:
    dropped = []
    if isinstance(raw.get("format"), str) and raw["format"] and len(raw["format"]) <= 40:
        out["format"] = raw["format"]
    if not plain or "integer" in plain or "number" in plain:
        _read_bounds(raw, out)
    for low, high in _SIZES:
        if plain and ("string" if low == "minLength" else "array") not in plain:
            continue
        sizes = {key: size for key in (low, high) if (size := as_size(raw.get(key))) is not None}
        if direction == "out" and sizes.get(high, 0) >= _TELLING_LENGTH:
            del sizes[high]
        if sizes.get(low, 0) <= sizes.get(high, sizes.get(low, 0)):
            out.update(sizes)
    pattern = raw.get("pattern")
    if isinstance(pattern, str) and pattern and (not plain or "string" in plain):
        # Some write a JavaScript literal.
        pattern = pattern[1:-1] if len(pattern) > 2 and pattern[0] == pattern[-1] == "/" else pattern
        if compiles(pattern):
            out["pattern"] = pattern
        else:
            dropped.append(pattern)
    if raw.get("uniqueItems") is True and "array" in plain:
        out["uniqueItems"] = True
    return dropped


def _read_bounds(raw: Mapping[str, Any], out: dict[str, Any]) -> None:
    low, high = as_number(raw.get("minimum")), as_number(raw.get("maximum"))
    bounds = {
        "minimum": None if raw.get("exclusiveMinimum") is True else low,
        "maximum": None if raw.get("exclusiveMaximum") is True else high,
        "exclusiveMinimum": low if raw.get("exclusiveMinimum") is True else as_number(raw.get("exclusiveMinimum")),
        "exclusiveMaximum": high if raw.get("exclusiveMaximum") is True else as_number(raw.get("exclusiveMaximum")),
    }
    lows = [value for value in (bounds["minimum"], bounds["exclusiveMinimum"]) if value is not None]
    highs = [value for value in (bounds["maximum"], bounds["exclusiveMaximum"]) if value is not None]
    exclusive = bounds["exclusiveMinimum"] is not None or bounds["exclusiveMaximum"] is not None
    if lows and highs and (max(lows) > min(highs) or (exclusive and max(lows) >= min(highs))):
        return
    out.update({key: value for key, value in bounds.items() if value is not None})
    step = as_number(raw.get("multipleOf"))
    if step is not None and step > 0:
        out["multipleOf"] = step


def _read_values(raw: Mapping[str, Any], out: dict[str, Any], plain: list[str]) -> None:
    default = coerce(raw.get("default"), plain)
    if default is not None and default != "" and fits_type(default, plain) and not is_too_deep(default, _DEFAULT_DEPTH):
        out["default"] = default
    if "enum" in out or "const" in out or "object" in plain:
        return
    given = raw.get("examples")
    # Parameters hold named examples ({"a": {"value": ...}}), schemas of 3.1 a list, the rest one "example".
    named = (
        [part.get("value") for part in given.values() if isinstance(part, Mapping)]
        if isinstance(given, Mapping)
        else []
    )
    candidates = [raw.get("example"), *(given if isinstance(given, list) else []), *named]
    examples: list[Any] = []
    for candidate in candidates:
        value = coerce(candidate, plain)
        if value is None or value in ("", "string") or not fits_type(value, plain) or isinstance(value, dict):
            continue
        if isinstance(value, list) and not all(is_json_scalar(part) for part in value):
            continue
        if len(str(value)) <= _EXAMPLE_LENGTH and value not in examples:
            examples.append(value)
    if examples:
        out["examples"] = examples[:_EXAMPLES_MOST]
