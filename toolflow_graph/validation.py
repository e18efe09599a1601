"""JSON Schema validation, with short reasons.

Draft 2020-12 (json-schema.org). Two readings differ from the bare standard, both on purpose:

* **closed**: arguments may not hold names that the schema does not know, unless ``additionalProperties`` (or
  ``unevaluatedProperties``, ``patternProperties``) says otherwise. Results are read open, as the standard does.
* **date-time** needs no offset: real APIs and models write ``2026-05-14T09:30:00``, and ISO 8601 allows it.
"""

import datetime
import ipaddress
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache, partial
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import regex
from jsonschema import Draft202012Validator, FormatChecker, validators
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.protocols import Validator

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.schemas import IN_PLACE, format_path, lookup

_EMAIL = lazy_regex(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_DATE_TIME = lazy_regex(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?")
_TIME = lazy_regex(r"\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?")
_HOSTNAME = lazy_regex(
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


_REPEATED_GROUP = lazy_regex(r"\)[*+{]|\\\d|\(\?")


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
        if isinstance(ref, str) and lookup(ref, root) is None:
            return f"$ref {ref!r} points to nothing inside the schema"
    children = node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
    return next((found for child in children if (found := _broken_ref(child, root))), None)


def _is_object_like(schema: Any) -> bool:
    if not isinstance(schema, Mapping):
        return False
    return "properties" in schema or any(_is_object_like(part) for key in IN_PLACE for part in schema.get(key, ()))


def _close(node: Any, *, in_place: bool = False, key: str = "") -> Any:
    """Close every object level in a copied schema, once a level: inside allOf/anyOf/oneOf the outer level does it."""
    if isinstance(node, list):
        return [_close(part, in_place=key in IN_PLACE) for part in node]
    if not isinstance(node, dict):
        return node
    for name, child in list(node.items()):
        if name in ("properties", "$defs", "definitions", "patternProperties") and isinstance(child, dict):
            node[name] = {prop: _close(sub) for prop, sub in child.items()}
        elif name in IN_PLACE or name in ("items", "prefixItems", "additionalProperties", "not", "if", "then", "else"):
            node[name] = _close(child, in_place=name in ("not", "if", "then", "else"), key=name)
    said = any(word in node for word in ("additionalProperties", "unevaluatedProperties", "patternProperties"))
    if not in_place and not said and _is_object_like(node):
        composed = any(word in node for word in (*IN_PLACE, "$ref", "if"))
        # unevaluatedProperties sees through composition; additionalProperties is cheaper where there is none.
        node["unevaluatedProperties" if composed else "additionalProperties"] = False
    return node


class SchemaChecker:
    """A schema, ready to judge values.

    Nearly every value fits. To find that out takes ``jsonschema`` hundreds of microseconds and ``jsonschema-rs`` a few.
    Only what it does not accept is judged, and explained, by ``jsonschema``, whose word is the last.

    Raises:
        Exception: from ``errors``, of many kinds, if the schema itself cannot be applied.
    """

    def __init__(self, schema: Mapping[str, Any], *, closed: bool) -> None:
        text = json.dumps(schema)
        # A copy: _close writes into it.
        plain = json.loads(text)
        if "patternProperties" in text:
            plain = _drop_endless(plain)
        self._schema = _close(plain) if closed else plain
        self._accepts = _load_acceptor(self._schema)

    @cached_property
    def _validator(self) -> Validator:
        return _Validator(self._schema, format_checker=_FORMAT_CHECKER)

    def errors(self, value: Any, limit: int = 5) -> list[str]:
        """Why ``value`` does not fit: at most ``limit`` short sentences, each with its path; empty if it fits."""
        if self._accepts is not None and self._accepts(value):
            return []
        reasons = map(_reason, self.thorough_errors(value))
        found = list(dict.fromkeys(reasons))
        return sorted(found)[:limit]

    def thorough_errors(self, value: Any) -> Iterator[ValidationError]:
        """What ``jsonschema`` finds, unasked what ``jsonschema-rs`` says."""
        return self._validator.iter_errors(value)


def _load_acceptor(schema: Any) -> Callable[[Any], bool] | None:
    """A quick test that is true only for values that fit; None for a schema that it cannot be trusted with."""
    formats = dict(_TOLD_FORMATS)
    try:
        validator = jsonschema_rs.Draft202012Validator(
            _translate(schema, formats), formats=formats, validate_formats=True
        )
    except Exception:
        return None

    def accepts(value: Any) -> bool:
        try:
            return validator.is_valid(value)
        except Exception:  # what is no JSON (NaN, half of a surrogate pair) is judged by jsonschema
            return False

    return accepts


_PLAIN = frozenset(
    (
        *("type", "enum", "const", "required", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("multipleOf", "minLength", "maxLength", "format", "minItems", "maxItems", "uniqueItems"),
        *("minProperties", "maxProperties"),
    )
)
_NAMED = ("properties", "$defs", "definitions")
_SINGLE = ("items", "additionalProperties", "unevaluatedProperties", "not", "if", "then", "else")
_SILENT = frozenset(
    (
        *("$schema", "$comment", "title", "description", "default", "examples", "example"),
        *("deprecated", "readOnly", "writeOnly"),
    )
)


def _translate(schema: Any, formats: dict[str, Callable[[str], bool]]) -> Any:
    """A schema for jsonschema-rs in keywords that both read alike, without what says nothing of validity.

    Its regular expressions differ and run without a time limit: each becomes a format, which is put into ``formats``.
    Everything else that it reads in a way of its own is left to jsonschema: references to elsewhere (it fetches them),
    a ``$schema`` of another draft (up to 0.45 it then accepts everything), two required names beside an
    ``additionalProperties`` with a schema (forgotten up to 0.45; its pull request 1116), keywords of rare use.

    Raises:
        ValueError: there is no such schema.
    """
    if not isinstance(schema, dict):
        if not isinstance(schema, bool):
            raise ValueError("no schema")
        return schema
    plain: dict[str, Any] = {}
    for key, part in schema.items():
        if key in _PLAIN or (key == "$ref" and str(part).startswith("#")):
            plain[key] = part
        elif key in _NAMED and isinstance(part, dict):
            plain[key] = {name: _translate(sub, formats) for name, sub in part.items()}
        elif key in (*IN_PLACE, "prefixItems") and isinstance(part, list):
            plain[key] = [_translate(sub, formats) for sub in part]
        elif key in _SINGLE and (isinstance(part, bool) or key != "additionalProperties"):
            plain[key] = _translate(part, formats)
        elif key not in _SILENT and key != "pattern" and not key.startswith("x-"):
            raise ValueError(f"{key} is judged by jsonschema alone")
    if isinstance(pattern := schema.get("pattern"), str):
        name = f"pattern {pattern}"
        formats[name] = partial(_may_match, pattern)
        plain["allOf"] = [*plain.get("allOf", ()), {"format": name}]
    return plain


def _may_match(pattern: str, text: str) -> bool:
    return find_pattern(pattern, text) is not False


def _told(check: Callable[[str], Any]) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        try:
            return bool(check(text))
        except ValueError:
            return False

    return holds


_TOLD_FORMATS = {name: _told(check) for name, check in _FORMATS.items()}


@lru_cache(maxsize=4096)
def _checker(text: str, closed: bool) -> SchemaChecker:
    return SchemaChecker(json.loads(text), closed=closed)


def schema_errors(value: Any, schema: Mapping[str, Any], *, closed: bool, limit: int = 5) -> list[str]:
    """Why ``value`` does not fit ``schema``: at most ``limit`` short sentences, each with its path; empty if it fits.

    Args:
        closed: read the schema as closed (arguments) or open (results).
    """
    return _checker(json.dumps(schema), closed).errors(value, limit)


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
