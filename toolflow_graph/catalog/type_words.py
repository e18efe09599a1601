"""Names of types as people write them: of other JSON Schema dialects, of Python signatures, in words.

BFCL writes ``dict`` and ``float``, ToolBench ``DATE (YYYY-MM-DD)``, xLAM ``List[str], optional``.
"""

import re
from typing import Any

from toolflow_graph.regexes import lazy_regex

TYPES = frozenset(("string", "number", "integer", "boolean", "object", "array", "null"))

ALIASES = {
    "dict": "object",
    "dictionary": "object",
    "map": "object",
    "mapping": "object",
    "struct": "object",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "numeric": "number",
    "int": "integer",
    "long": "integer",
    "int32": "integer",
    "int64": "integer",
    "str": "string",
    "text": "string",
    "file": "string",
    "binary": "string",
    "bool": "boolean",
    "list": "array",
    "tuple": "array",
    "set": "array",
    "none": "null",
    "any": "",
    "empty": "",
    # What Python saw once says nothing about the next value.
    "nonetype": "",
}
"""Other names of types; "" where any value may come."""

FORMATS = {
    "date": "date",
    "datetime": "date-time",
    "date-time": "date-time",
    "time": "time",
    "uuid": "uuid",
    "email": "email",
    "url": "uri",
    "uri": "uri",
    "date (yyyy-mm-dd)": "date",
    "time (24-hour hh:mm)": "time",
}
"""Names of types that are texts of a format."""

_LONGEST = 100
_OPTIONAL = lazy_regex(r",\s*optional$|\s*\(optional\)$|^optional\s+", re.I)
_GENERIC = lazy_regex(r"(list|array|set|tuple|sequence|iterable|optional|union|dict|map|mapping)\s*([\[<(])(.*)[\]>)]")
_OF = lazy_regex(r"(?:list|array)s? of (\w+?)s?")


def read_type(word: str) -> dict[str, Any] | None:
    """The schema that a type's name stands for; {} for any value, None if the name has no clear meaning."""
    if len(word) > _LONGEST:
        return None
    text = _OPTIONAL.sub("", word.strip()).lower()
    if text in TYPES:
        return {"type": text}
    if text in ALIASES:
        return {"type": ALIASES[text]} if ALIASES[text] else {}
    if text in FORMATS:
        return {"type": "string", "format": FORMATS[text]}
    if text in ("enum", "geopoint"):
        return {"type": "string"}
    parts = _split(text, "|")
    parts = parts if len(parts) > 1 else text.split(" or ")
    if len(parts) > 1:
        return _join([read_type(part) for part in parts])
    generic = _GENERIC.fullmatch(text)
    if generic is not None:
        return _read_generic(generic[1], _split(generic[3], ","))
    of = _OF.fullmatch(text)
    inner = text[:-2] if text.endswith("[]") else of[1] if of else None
    items = read_type(inner) if inner else None
    return {"type": "array", "items": items} if items is not None else None


def is_optional(word: str) -> bool:
    """Whether the name says that the value may be left out: ``int, optional``."""
    return _OPTIONAL.search(word.strip()) is not None


def _read_generic(name: str, inner: list[str]) -> dict[str, Any] | None:
    read = [read_type(part) for part in inner]
    if name == "optional":
        return _join([*read, {"type": "null"}])
    if name == "union":
        return _join(read)
    if name in ("dict", "map", "mapping"):
        return {"type": "object"}
    # A tuple's members differ.
    only = read[0] if len(read) == 1 and name != "tuple" else None
    return {"type": "array", "items": only} if only else {"type": "array"}


def _join(parts: list[dict[str, Any] | None]) -> dict[str, Any] | None:
    """The schema of a value that is one of these."""
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if {} in known:
        return {}
    if all(set(part) == {"type"} for part in known):
        names = list(dict.fromkeys(name for part in known for name in list_types(part["type"])))
        return {"type": names if len(names) > 1 else names[0]}
    return {"anyOf": known}


def list_types(given: Any) -> list[Any]:
    """A schema's ``type`` as a list: it may be one name or several."""
    return given if isinstance(given, list) else [given]


def _split(text: str, separator: str) -> list[str]:
    """Split where no bracket is open."""
    parts, depth = [""], 0
    for char in text:
        depth += (char in "[<(") - (char in "]>)")
        if char == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]
