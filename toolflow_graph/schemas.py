"""JSON Schema as the house needs it: validation with short reasons, and walks over the fields of a schema.

Draft 2020-12 (json-schema.org). Two readings differ from the bare standard, both on purpose:

* **closed**: arguments may not hold names that the schema does not know, unless ``additionalProperties`` (or
  ``unevaluatedProperties``, ``patternProperties``) says otherwise. Results are read open, as the standard does.
* **date-time** needs no offset: real APIs and models write ``2026-05-14T09:30:00``, and ISO 8601 allows it.
"""

import copy
import datetime
import ipaddress
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import regex
from jsonschema import Draft202012Validator, FormatChecker, validators
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.protocols import Validator

_PLAIN_NAME = re.compile(r"[^.\[\]\"]+")
_IN_PLACE = ("allOf", "anyOf", "oneOf")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?")
_TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?")
_HOSTNAME = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)


def _is_date_time(text: str) -> bool:
    if not _DATE_TIME.fullmatch(text):
        return False
    datetime.datetime.fromisoformat(text.upper().replace(" ", "T"))
    return True


def _is_time(text: str) -> bool:
    if not _TIME.fullmatch(text):
        return False
    datetime.time.fromisoformat(text.upper())
    return True


def _is_date(text: str) -> bool:
    datetime.date.fromisoformat(text)
    return len(text) == 10


def _is_uri(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.scheme) and bool(parts.netloc or parts.path) and not re.search(r"\s", text)


_FORMATS: dict[str, Callable[[str], Any]] = {
    "date": _is_date,
    "date-time": _is_date_time,
    "time": _is_time,
    "email": lambda text: _EMAIL.fullmatch(text) is not None,
    "uri": _is_uri,
    "url": _is_uri,
    "uuid": lambda text: len(text) == 36 and bool(uuid.UUID(text)),
    "ipv4": lambda text: bool(ipaddress.IPv4Address(text)),
    "ipv6": lambda text: bool(ipaddress.IPv6Address(text)),
    "hostname": lambda text: _HOSTNAME.fullmatch(text) is not None,
}


def _build_format_checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, check in _FORMATS.items():
        # Bound per format; a value that is no string is the business of "type", not of "format".
        checker.checks(name, raises=ValueError)(
            lambda value, check=check: not isinstance(value, str) or bool(check(value))
        )
    return checker


_FORMAT_CHECKER = _build_format_checker()


_PATTERN_SECONDS = 0.5


@lru_cache(maxsize=4096)
def _compile_pattern(pattern: str) -> "regex.Pattern[str] | None":
    """The pattern, or None if it cannot be read: JavaScript's expressions are nearly Python's, but not quite."""
    try:
        return regex.compile(pattern)
    except regex.error:
        return None


@lru_cache(maxsize=16384)
def find_pattern(pattern: str, text: str) -> bool | None:
    """Whether a schema's ``pattern`` is found in ``text`` (not anchored; JSON Schema validation, 6.3.3).

    None if that cannot be told: the pattern cannot be read, or it takes longer than half a second (a pattern that
    backtracks for ever must not stop a run).
    """
    compiled = _compile_pattern(pattern)
    if compiled is None:
        return None
    try:
        return compiled.search(text, timeout=_PATTERN_SECONDS) is not None
    except TimeoutError:
        return None


def _check_pattern(validator: Any, pattern: str, value: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    if isinstance(value, str) and find_pattern(pattern, value) is False:
        yield ValidationError(f"{value!r} does not match {pattern!r}")


_REPEATED_GROUP = re.compile(r"\)[*+{]|\\\d|\(\?")


def _drop_endless(node: Any) -> Any:
    """Names of properties are matched by jsonschema itself, without a time limit: only simple patterns stay, in place.

    A repeated group is what backtracks for ever; ``^x-``, ``^[a-z]+$`` and their like have none.
    """
    for child in list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else ():
        _drop_endless(child)
    patterns = node.get("patternProperties") if isinstance(node, dict) else None
    if isinstance(patterns, dict) and any(_REPEATED_GROUP.search(pattern) for pattern in patterns):
        for key in ("patternProperties", "additionalProperties", "unevaluatedProperties"):
            node.pop(key, None)
        node["additionalProperties"] = True
    return node


_Validator: type[Validator] = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"pattern": _check_pattern}
)


def check_schema(schema: Any) -> str | None:
    """Why ``schema`` is no valid JSON Schema (with the place), or None if it is one."""
    if not isinstance(schema, Mapping):
        return f"expected a JSON Schema object, got {type(schema).__name__}"
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = "/".join(str(part) for part in error.absolute_path) or "the schema"
        return f"{place}: {_shorten(error.message)}"
    return _broken_ref(schema, schema)


def _broken_ref(node: Any, root: Mapping[str, Any]) -> str | None:
    if isinstance(node, Mapping):
        ref = node.get("$ref")
        if isinstance(ref, str) and _lookup(ref, root) is None:
            return f"$ref {ref!r} points to nothing inside the schema"
    children = node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
    return next((found for child in children if (found := _broken_ref(child, root))), None)


def _lookup(ref: str, root: Mapping[str, Any]) -> Any:
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
        target = _lookup(ref, root)
        if not isinstance(target, Mapping):
            return {}
        schema = target
    return {}


def _is_object_like(schema: Any) -> bool:
    if not isinstance(schema, Mapping):
        return False
    return "properties" in schema or any(_is_object_like(part) for key in _IN_PLACE for part in schema.get(key, ()))


def _close(node: Any, *, in_place: bool = False, key: str = "") -> Any:
    """Close every object level in a copied schema, once a level: inside allOf/anyOf/oneOf the outer level does it."""
    if isinstance(node, list):
        return [_close(part, in_place=key in _IN_PLACE) for part in node]
    if not isinstance(node, dict):
        return node
    for name, child in list(node.items()):
        if name in ("properties", "$defs", "definitions", "patternProperties") and isinstance(child, dict):
            node[name] = {prop: _close(sub) for prop, sub in child.items()}
        elif name in _IN_PLACE or name in ("items", "prefixItems", "additionalProperties", "not", "if", "then", "else"):
            node[name] = _close(child, in_place=name in ("not", "if", "then", "else"), key=name)
    said = any(word in node for word in ("additionalProperties", "unevaluatedProperties", "patternProperties"))
    if not in_place and not said and _is_object_like(node):
        composed = any(word in node for word in (*_IN_PLACE, "$ref", "if"))
        # unevaluatedProperties sees through composition; additionalProperties is cheaper where there is none.
        node["unevaluatedProperties" if composed else "additionalProperties"] = False
    return node


@lru_cache(maxsize=4096)
def _validator(text: str, closed: bool) -> Validator:
    schema = json.loads(text)
    if "patternProperties" in text:
        schema = _drop_endless(schema)
    return _Validator(_close(schema) if closed else schema, format_checker=_FORMAT_CHECKER)


def schema_errors(value: Any, schema: Mapping[str, Any], *, closed: bool, limit: int = 5) -> list[str]:
    """Why ``value`` does not fit ``schema``: at most ``limit`` short sentences, each with its path; empty if it fits.

    Args:
        closed: read the schema as closed (arguments) or open (results).
    """
    validator = _validator(json.dumps(schema, sort_keys=True), closed)
    reasons = (_reason(error) for error in validator.iter_errors(value))
    found = list(dict.fromkeys(reasons))
    return sorted(found)[:limit]


def _reason(error: ValidationError) -> str:
    if error.validator in ("anyOf", "oneOf") and error.context:
        error = best_match([error]) or error
    path = format_path(error.absolute_path)
    message = error.message
    if error.validator in ("additionalProperties", "unevaluatedProperties"):
        known = sorted(error.schema.get("properties", {})) if isinstance(error.schema, Mapping) else []
        message = _shorten(
            message.replace("Additional properties", "unknown names").replace("Unevaluated properties", "unknown names")
        )
        message += f"; known: {', '.join(known) or 'none'}"
    return f"{path}: {_shorten(message, 300)}" if path else _shorten(message, 300)


def _shorten(text: str, most: int = 200) -> str:
    return text if len(text) <= most else text[: most // 2] + " ... " + text[-most // 2 :]


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
    for key in (*_IN_PLACE,):
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


_WORDY = re.compile(
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
