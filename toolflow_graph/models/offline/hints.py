"""What a schema hints at: examples, options listed in a description, and values that only hold a place."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.schemas import schema_types
from toolflow_graph.verification.reading.placeholders import is_placeholder

_QUOTED = lazy_regex(
    r"(?:e\.g\.?|for example|for instance|such as|examples?|like)[,:]*\s*[\"'“`]([^\"'”`\n]{1,60})[\"'”`]", re.I
)
_LISTED = lazy_regex(
    r"(?:(?:valid|possible|allowed|accepted|available|supported) (?:values?|options?|types?)(?: are| is| include)?:?|"
    r"\bone of:?(?: the following:?)?|(?:^|\b(?:be|is|are) )either|(?:^|\. )(?:values?|options?):)\s+",
    re.I,
)
_MARKED = lazy_regex(r"[`'\"“]([\w+.-]{1,30})[`'\"”]")
_ROW = lazy_regex(r"[`'\"“][\w+.-]{1,30}[`'\"”](?:(?:,? (?:or|and) |, ?| ?/ ?|\|)[`'\"“][\w+.-]{1,30}[`'\"”])+")
_NO_VALUES = frozenset(
    "a an the used not it them this that id name value values string number etc more other others".split()
)
_BORING = ("value", "test", "text", "name", "null", "")


def examples_of(schema: Mapping[str, Any]) -> list[Any]:
    """The values a schema or its description gives as examples, without those that only hold a place."""
    found = schema.get("examples", ())
    values = list(found) if isinstance(found, list) else list(found.values()) if isinstance(found, dict) else []
    values += [schema[key] for key in ("example", "x-example") if key in schema]
    values = [value for value in values if not holds_place(value)]
    if not values and "string" in schema_types(schema):
        said = str(schema.get("description", ""))
        values = [text for text in options_in(said) or _QUOTED.findall(said) if not holds_place(text)]
    return values


@lru_cache(maxsize=8192)
def options_in(description: str) -> tuple[str, ...]:
    """The values that a description lists ("Either auto or away", "Valid values: artists or tracks"); () if none."""
    if row := _ROW.search(description):
        return tuple(dict.fromkeys(_MARKED.findall(row[0])))
    found = _LISTED.search(description)
    said = description[found.end() :] if found else description
    said = re.split(r"(?<![A-Z])\.(?:\s|$)|;|\n| Default\b", re.sub(r"\([^)]*\)", "", said))[0]
    quoted = _MARKED.findall(said) if found else []
    words = (
        quoted
        if len(quoted) > 1
        else [part.strip(" `'\"“”:") for part in re.split(r",? or |,? and |, |\||/", said.strip())]
    )
    plain = len(words) > 1 and all(
        re.fullmatch(r"[\w+.-]{1,24}", word) and word.lower() not in _NO_VALUES for word in words
    )
    if not plain or (not found and not re.fullmatch(r"\w+ or \w+", said.strip())):
        return ()
    return tuple(dict.fromkeys(words))


def holds_place(value: Any) -> bool:
    """Whether a value, or one inside it, only holds a place ("string", "<id>", "your_api_key")."""
    if isinstance(value, dict):
        return any(holds_place(part) for part in value.values())
    if isinstance(value, list):
        return any(holds_place(part) for part in value)
    return is_placeholder(value, True) or (isinstance(value, str) and value.strip().lower() in _BORING)
