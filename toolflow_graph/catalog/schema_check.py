"""Is a tool's schema valid? A quick look that vouches for plain schemas, and the full check for the rest."""

import re
from collections.abc import Mapping
from typing import Any

from toolflow_graph.catalog.schema_refs import find_ref_mistake
from toolflow_graph.catalog.type_words import TYPES
from toolflow_graph.regexes import lazy_regex

_NO_TYPE = lazy_regex(r"(?<=type: )(.+) is not valid under any of the given schemas$", re.S)
_SCHEMA_MAPS = ("properties", "$defs", "definitions", "patternProperties")
_SCHEMAS = ("items", "additionalProperties")
_SCHEMA_LISTS = ("anyOf", "allOf", "oneOf")
_TEXTS = ("description", "title", "format", "$comment")
SIZES = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
FLAGS = ("deprecated", "readOnly", "writeOnly", "uniqueItems")


DEEPEST = 80
"""Levels of objects and lists, one in another, that a schema may have: validation takes some ten frames for each."""


def is_too_deep(value: Any, most: int = DEEPEST) -> bool:
    """Whether objects and lists stand in each other more than ``most`` levels deep, or in themselves."""
    level = [value]
    for _ in range(most):
        # A value that many others share (an alias of YAML) is looked at once.
        inner = {id(part): part for node in level for part in _parts_of(node) if isinstance(part, (dict, list))}
        if not inner:
            return False
        level = list(inner.values())
    return True


def _parts_of(node: Any) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []


def find_schema_mistake(schema: Any) -> str | None:
    """Why ``schema`` is no valid Draft 2020-12 schema, or None if it is one.

    jsonschema needs 1-2 ms a schema; the quick look vouches for schemas of well-known keywords at a fraction of it.
    """
    if isinstance(schema, Mapping) and is_plainly_valid(schema):
        return None
    if is_too_deep(schema):
        return f"nested more than {DEEPEST} levels deep"
    from toolflow_graph.validation import check_schema

    mistake = check_schema(schema) or find_ref_mistake(schema)
    return mistake and _NO_TYPE.sub(rf"\1 is none of {', '.join(sorted(TYPES))}", mistake)


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
    if keyword in SIZES:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if keyword in BOUNDS:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if keyword == "multipleOf":
        return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
    if keyword == "pattern":
        return isinstance(value, str) and compiles(value)
    if keyword in FLAGS:
        return isinstance(value, bool)
    return keyword in ("default", "const")


def compiles(pattern: str) -> bool:
    """Whether Python's ``re`` can read the pattern."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True
