"""JSON Schemas as the house reads them: walks over the fields of a schema, and the paths of a value.

Draft 2020-12 (json-schema.org). Whether a value fits its schema is told in :mod:`toolflow_graph.validation`.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from toolflow_graph.regexes import lazy_regex

_PLAIN_NAME = lazy_regex(r"[^.\[\]\"]+")
IN_PLACE = ("allOf", "anyOf", "oneOf")


def lookup(ref: str, root: Mapping[str, Any]) -> Any:
    """What a local ``$ref`` (``#/$defs/User``) points to in ``root``; None if nothing."""
    if ref == "#":
        return root
    if not ref.startswith("#/"):
        return None
    node: Any = root
    for part in ref[2:].split("/"):
        part = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, Mapping) or part not in node:
            return None
        node = node[part]
    return node


def resolve(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow local ``$ref``s; a chain that leads nowhere or in a circle gives the empty schema."""
    for _ in range(20):
        ref = schema.get("$ref")
        if not isinstance(ref, str):
            return schema
        target = lookup(ref, root)
        if not isinstance(target, Mapping):
            return {}
        schema = target
    return {}


def format_path(parts: Any) -> str:
    """Write ``("guests", 0, "email")`` as ``guests[0].email``."""
    text = ""
    for part in parts:
        text = f"{text}[{part}]" if isinstance(part, int) else join_path(text, str(part))
    return text


def join_path(path: str, name: str) -> str:
    """``path`` with one more name; one with a dot or a bracket in it is quoted: ``["page[size]"]``."""
    if _PLAIN_NAME.fullmatch(name):
        return f"{path}.{name}" if path else name
    return f"{path}[{json.dumps(name, ensure_ascii=False)}]"


@dataclass(frozen=True, slots=True)
class SchemaField:
    """A leaf of a schema: ``path`` (``guests[].email``), its last ``name``, its own ``schema`` (``$ref`` resolved).

    ``required``: every level on the way to it is required. A leaf is anything but an object with known properties or an
    array of such; an array of scalars is one leaf.
    """

    path: str
    name: str
    schema: Mapping[str, Any]
    required: bool


def iter_fields(schema: Mapping[str, Any], *, max_depth: int = 8) -> Iterator[SchemaField]:
    """Walk the leaves in the schema's own order; recursion through ``$ref`` stops at the first repetition."""
    yield from _walk(schema, schema, "", "", True, max_depth, ())


def _walk(
    node: Mapping[str, Any],
    root: Mapping[str, Any],
    path: str,
    name: str,
    required: bool,
    depth: int,
    seen: tuple[int, ...],
) -> Iterator[SchemaField]:
    said = node.get("description")
    node = resolve(node, root)
    if depth < 0 or id(node) in seen:
        return
    seen = (*seen, id(node))
    properties = merged_properties(node, root)
    if properties:
        wanted = merged_required(node, root)
        for prop, sub in properties.items():
            if isinstance(sub, Mapping):
                inner = join_path(path, prop)
                yield from _walk(sub, root, inner, prop, required and prop in wanted, depth - 1, seen)
        return
    items = node.get("items")
    if isinstance(items, Mapping):
        item = resolve(items, root)
        if merged_properties(item, root) or isinstance(item.get("items"), Mapping):
            yield from _walk(items, root, path + "[]", name, required, depth - 1, seen)
            return
    if path:
        if said and node.get("description") != said:
            node = {**node, "description": said}
        yield SchemaField(path, name, node, required)


def merged_properties(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int = 6) -> dict[str, Any]:
    """The properties of an object schema: its own, all of ``allOf``, and the first object of ``anyOf``/``oneOf``."""
    schema = resolve(schema, root)
    merged: dict[str, Any] = {}
    if depth:
        for part in _branches(schema, root):
            merged.update(merged_properties(part, root, depth - 1))
    own = schema.get("properties")
    if isinstance(own, Mapping):
        merged.update(own)
    return merged


def merged_required(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int = 6) -> set[str]:
    """The names that the branches read by :func:`merged_properties` require."""
    schema = resolve(schema, root)
    names = {name for name in schema.get("required", ()) if isinstance(name, str)}
    if depth:
        for part in _branches(schema, root):
            names |= merged_required(part, root, depth - 1)
    return names


def has_own_error(returns: Mapping[str, Any] | None) -> bool:
    """Whether every result of this schema has an ``error`` at its top, failed or not."""
    return returns is not None and "error" in merged_required(returns, returns)


def _branches(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (part for part in schema.get("allOf", ()) if isinstance(part, Mapping))
    for key in ("anyOf", "oneOf"):
        options = [part for part in schema.get(key, ()) if isinstance(part, Mapping)]
        first = next((part for part in options if "properties" in resolve(part, root)), None)
        if first is not None:
            yield first


def schema_types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The JSON types a schema allows by ``type``, ``enum``/``const`` or its first branch; () if it does not say."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return (kind,)
    if isinstance(kind, list):
        return tuple(part for part in kind if isinstance(part, str))
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    if values:
        return tuple(dict.fromkeys(_json_type(value) for value in values))
    for key in (*IN_PLACE,):
        for part in schema.get(key, ()):
            if isinstance(part, Mapping) and (found := schema_types(part)) and found != ("null",):
                return found
    return ("object",) if "properties" in schema else ("array",) if "items" in schema else ()


def _json_type(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def copy_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A deep, mutable copy."""
    return copy.deepcopy(dict(schema))


_WORDY = lazy_regex(
    r"(?:^|[_a-z])(?:descriptions?|summary|notes?|comments?|body|messages?|reviews?|bio|details|remarks|snippet|excerpt|"
    r"abstract|feedback|(?:review|comment|message|note|log)_?text)$|^text$",
    re.IGNORECASE,
)


def find_free_text(returns: Mapping[str, Any] | None) -> frozenset[str]:
    """The names of a result's fields that hold what somebody wrote: plain text with room for a sentence or two."""
    fields = iter_fields(returns) if returns is not None else ()
    return frozenset(field.name for field in fields if _is_free_text(field))


def _is_free_text(field: SchemaField) -> bool:
    plain = schema_types(field.schema) == ("string",) and not {"enum", "const", "format", "pattern"} & set(field.schema)
    short = field.schema.get("maxLength", 1000) < 400
    return plain and not short and _WORDY.search(field.name) is not None
