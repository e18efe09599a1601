"""Is a tool's schema valid? A quick look that vouches for plain schemas, and the full check for the rest."""

import re
from collections.abc import Mapping
from typing import Any

TYPES = frozenset(("string", "number", "integer", "boolean", "object", "array", "null"))

# How other tool lists name types (BFCL, Gorilla, Python signatures).
ALIASES = {
    "dict": "object",
    "dictionary": "object",
    "map": "object",
    "float": "number",
    "double": "number",
    "int": "integer",
    "long": "integer",
    "str": "string",
    "text": "string",
    "bool": "boolean",
    "list": "array",
    "tuple": "array",
    "set": "array",
    "none": "null",
    "any": "",
    "empty": "",
}

_SCHEMA_MAPS = ("properties", "$defs", "definitions", "patternProperties")
_SCHEMAS = ("items", "additionalProperties")
_SCHEMA_LISTS = ("anyOf", "allOf", "oneOf")
_TEXTS = ("description", "title", "format", "$comment")
_SIZES = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_FLAGS = ("deprecated", "readOnly", "writeOnly", "uniqueItems")


def find_schema_mistake(schema: Any) -> str | None:
    """Why ``schema`` is no valid Draft 2020-12 schema, or None if it is one.

    jsonschema needs 1-2 ms a schema; the quick look vouches for schemas of well-known keywords at a fraction of it.
    """
    if isinstance(schema, Mapping) and is_plainly_valid(schema):
        return None
    from toolflow_graph.schemas import check_schema

    return check_schema(schema)


def is_plainly_valid(schema: Any, depth: int = 40) -> bool:
    """Whether every keyword is a well-known one with a right value. False says nothing."""
    if isinstance(schema, bool):
        return True
    if not isinstance(schema, dict) or depth < 0:
        return False
    return all(_is_right(keyword, value, depth) for keyword, value in schema.items())


def _is_right(keyword: str, value: Any, depth: int) -> bool:
    if keyword == "type":
        if isinstance(value, list):
            return (
                bool(value) and all(isinstance(word, str) for word in value) and len(set(value) & TYPES) == len(value)
            )
        return isinstance(value, str) and value in TYPES
    if keyword in _TEXTS:
        return isinstance(value, str)
    if keyword in _SCHEMA_MAPS:
        return isinstance(value, dict) and all(is_plainly_valid(child, depth - 1) for child in value.values())
    if keyword in _SCHEMAS:
        return is_plainly_valid(value, depth - 1)
    if keyword in _SCHEMA_LISTS:
        return isinstance(value, list) and bool(value) and all(is_plainly_valid(child, depth - 1) for child in value)
    if keyword == "required":
        return (
            isinstance(value, list) and all(isinstance(name, str) for name in value) and len(set(value)) == len(value)
        )
    if keyword in ("enum", "examples"):
        return isinstance(value, list)
    if keyword in _SIZES:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if keyword in _BOUNDS:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if keyword == "multipleOf":
        return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
    if keyword == "pattern":
        return isinstance(value, str) and compiles(value)
    if keyword in _FLAGS:
        return isinstance(value, bool)
    return keyword in ("default", "const")


def compiles(pattern: str) -> bool:
    """Whether Python's ``re`` can read the pattern."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def correct_dialect(node: Any) -> Any:
    """A copy with type names such as ``dict`` as JSON Schema has them, without patterns that only JavaScript reads."""
    if isinstance(node, list):
        return [correct_dialect(part) for part in node]
    if not isinstance(node, dict):
        return node
    fixed: dict[str, Any] = {}
    for keyword, value in node.items():
        if keyword == "type" and isinstance(value, str) and value not in TYPES:
            name = ALIASES.get(value.lower(), value.lower() if value.lower() in TYPES else value)
            if name:
                fixed[keyword] = name
        elif keyword in _SCHEMA_MAPS and isinstance(value, dict):
            fixed[keyword] = {name: correct_dialect(child) for name, child in value.items()}
        elif keyword == "pattern" and isinstance(value, str) and not compiles(value):
            continue
        elif keyword == "items" and isinstance(value, list):
            # Draft 4's tuples.
            fixed[keyword] = {}
        elif keyword in _SCHEMAS or keyword in _SCHEMA_LISTS:
            fixed[keyword] = correct_dialect(value)
        else:
            fixed[keyword] = value
    return fixed
