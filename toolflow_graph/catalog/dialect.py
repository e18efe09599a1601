"""Schemas of plain tool lists in other dialects of JSON Schema, or with common slips, as Draft 2020-12.

What has one clear meaning is corrected, and told; the rest stays as it is, for the check to refuse. Corrected are names
of types (``float``, ``List[str]``, ``file``), keywords of Draft 4 and OpenAPI 3.0 (``exclusiveMinimum: true``,
``required: true`` in a property, ``nullable``), empty ones (``enum: null``, ``properties: []``), and values that are
text (``minLength: "5"``). A schema that is right stays the very object it was.

Sources: JSON Schema Draft 4 and 7, OpenAPI 3.0.4 (schema object); tool lists of BFCL, ToolBench and xLAM.
"""

import re
from collections.abc import Mapping
from typing import Any

from toolflow_graph.catalog.schema_check import BOUNDS, FLAGS, SIZES, compiles
from toolflow_graph.catalog.type_words import TYPES, is_optional, list_types, read_type
from toolflow_graph.catalog.values import as_number, as_size, coerce, fits_type

_MAPS = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_ONE = (
    *("items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "additionalItems"),
    *("not", "if", "then", "else", "contains", "propertyNames"),
)
_SEVERAL = ("anyOf", "oneOf", "allOf", "prefixItems")
_TEXTS = ("description", "title", "$comment")
_WORDS = (*_TEXTS, "type", "format", "pattern", "name", "$schema", "$id", "$ref", "$anchor")
_NEVER_NULL = frozenset(
    (
        *(*_MAPS, *_ONE, *_SEVERAL, *_TEXTS, *SIZES, *BOUNDS, *FLAGS),
        *("type", "enum", "required", "format", "pattern", "multipleOf", "examples", "nullable", "$ref"),
    )
)
_COMPOSED = frozenset(("allOf", "anyOf", "oneOf", "$ref", "if", "additionalProperties", "patternProperties"))
_FLAG_TEXTS = {"true": True, "false": False}
# ToolBench notes here how long the list was that it saw.
_TOOLBENCH_MARK = "_list_length"


def correct_schema(schema: Any) -> tuple[Any, tuple[str, ...]]:
    """The schema in Draft 2020-12, and what was changed, a few words each; unchanged schemas are not copied."""
    changes: dict[str, None] = {}
    fixed = _Corrector(changes).schema(_as_object_schema(schema, changes))
    return (fixed, tuple(changes)) if changes else (schema, ())


def _as_object_schema(schema: Any, changes: dict[str, None]) -> Any:
    """What stands where an object's schema belongs: its bare properties, as a list or by name."""
    if isinstance(schema, list):
        properties = _properties_of_list(schema)
        if properties is None:
            return schema
        changes["a list of parameters"] = None
    elif isinstance(schema, dict) and _is_bare(schema):
        properties = schema
        changes["bare parameters"] = None
    else:
        return schema
    # xLAM marks what may be left out, and only there is the rest required.
    words = {name: child.get("type") if isinstance(child, Mapping) else child for name, child in properties.items()}
    marked = {name: isinstance(word, str) and is_optional(word) for name, word in words.items()}
    required = [name for name, optional in marked.items() if not optional] if any(marked.values()) else []
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _is_bare(schema: Mapping[Any, Any]) -> bool:
    """Whether the keys are names of parameters: no keyword has such values."""
    return bool(schema) and all(
        key not in (*_MAPS, *_ONE)
        and (_is_parameter(value) or (isinstance(value, str) and key not in _WORDS and read_type(value) is not None))
        for key, value in schema.items()
    )


def _is_parameter(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    return isinstance(value.get("type"), (str, list)) or isinstance(value.get("description"), str)


def _properties_of_list(entries: list[Any]) -> dict[str, Any] | None:
    """``[{"name": "city", "type": "string"}]`` by name; None if it is no such list. An empty one is PHP's object."""
    names = [entry.get("name") if isinstance(entry, Mapping) else None for entry in entries]
    if not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        return None
    return {entry["name"]: {key: value for key, value in entry.items() if key != "name"} for entry in entries}


class _Corrector:
    """Copies schemas; ``changes`` fills up with what was changed."""

    def __init__(self, changes: dict[str, None]) -> None:
        self._changes = changes
        self._depth = 0

    def _changed(self, what: str) -> None:
        self._changes[what] = None

    def schema(self, node: Any, *, of_property: bool = False) -> Any:
        if isinstance(node, str) and (read := read_type(node)) is not None:
            self._changed(f"{node!r} for a schema")
            return read
        if not isinstance(node, dict):
            return node
        fixed: dict[str, Any] = {}
        self._depth += 1
        for keyword, value in node.items():
            if value is None and keyword in _NEVER_NULL:
                self._changed(f"{keyword}: null")
                continue
            self._keyword(keyword, value, fixed)
        self._depth -= 1
        self._bounds(fixed)
        self._required(fixed)
        if not of_property and _as_flag(fixed.get("required")) is not None:
            # A property's flag is its object's business; anywhere else it says nothing.
            self._changed("required: a flag")
            del fixed["required"]
        self._nullable(fixed)
        self._enum(fixed)
        return fixed

    def _keyword(self, keyword: str, value: Any, fixed: dict[str, Any]) -> None:
        if keyword == "type":
            self._type(value, fixed)
        elif keyword == "$id" and self._depth > 1:
            # References are looked up from the root; an inner address would lead them astray.
            self._changed("$id inside")
        elif keyword in _MAPS:
            fixed[keyword] = self._map(keyword, value)
        elif keyword == "items" and isinstance(value, list):
            self._items(value, fixed)
        elif keyword in _SEVERAL and isinstance(value, list):
            if value:
                fixed[keyword] = [self.schema(part) for part in value]
            else:
                self._changed(f"{keyword} is empty")
        elif keyword in (*_ONE, *FLAGS) and isinstance(value, str) and value.lower() in _FLAG_TEXTS:
            fixed[keyword] = self._mended(keyword, value, _FLAG_TEXTS[value.lower()])
        elif keyword in _ONE:
            fixed[keyword] = self.schema(value)
        elif keyword in _TEXTS and isinstance(value, list) and all(isinstance(part, str) for part in value):
            fixed[keyword] = self._mended(keyword, value, " ".join(value))
        elif keyword in _TEXTS and isinstance(value, (int, float)):
            fixed[keyword] = self._mended(keyword, value, str(value))
        elif keyword == "pattern" and isinstance(value, str) and not compiles(value):
            self._changed("a pattern that Python cannot read")
        elif keyword in SIZES and isinstance(value, (str, float)) and (size := as_size(value)) is not None:
            fixed[keyword] = self._mended(keyword, value, size)
        elif keyword in (*BOUNDS, "multipleOf") and isinstance(value, str) and (number := as_number(value)) is not None:
            fixed[keyword] = self._mended(keyword, value, number)
        elif keyword == "examples" and not isinstance(value, list):
            fixed[keyword] = self._mended(keyword, value, list(value.values()) if isinstance(value, dict) else [value])
        else:
            fixed[keyword] = value

    def _mended(self, keyword: str, given: Any, value: Any) -> Any:
        self._changed(f"{keyword}: {_show(given)}")
        return value

    def _type(self, given: Any, fixed: dict[str, Any]) -> None:
        words = list_types(given)
        if words and all(isinstance(word, str) and word in TYPES for word in words) and len(set(words)) == len(words):
            fixed["type"] = given
            return
        read = [read_type(word) if isinstance(word, str) else None for word in words]
        if any(part is None for part in read):
            fixed["type"] = given
            return
        self._changed(f"type {_show(given)}")
        parts = [part for part in read if part is not None]
        if len(parts) == 1:
            # The name may tell more than the type: what stands beside it in the schema wins.
            fixed.update({key: value for key, value in parts[0].items() if key not in fixed})
        elif parts and all("type" in part for part in parts):
            names = list(dict.fromkeys(name for part in parts for name in list_types(part["type"])))
            fixed["type"] = names if len(names) > 1 else names[0]

    def _map(self, keyword: str, value: Any) -> Any:
        if keyword == "properties" and isinstance(value, list):
            named = _properties_of_list(value)
            if named is None:
                return value
            value = self._mended(keyword, value, named)
        if not isinstance(value, dict):
            return value
        children: dict[str, Any] = {}
        for name, child in value.items():
            if name == _TOOLBENCH_MARK and isinstance(child, Mapping) and str(child.get("type")).isdigit():
                self._changed(name)
            elif child is None:
                children[name] = self._mended(name, child, {})
            else:
                children[name] = self.schema(child, of_property=keyword == "properties")
        return children

    def _items(self, given: list[Any], fixed: dict[str, Any]) -> None:
        """Draft 4's tuples; a single schema in a list means every item."""
        self._changed("items as a list")
        parts = [self.schema(part) for part in given]
        if len(parts) == 1 or (parts and all(part == parts[0] for part in parts)):
            fixed["items"] = parts[0]
        elif parts:
            fixed["prefixItems"] = parts

    def _bounds(self, fixed: dict[str, Any]) -> None:
        for plain, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if not isinstance(fixed.get(exclusive), bool):
                continue
            self._changed(f"{exclusive}: {str(fixed[exclusive]).lower()}")
            if fixed.pop(exclusive) and not isinstance(fixed.get(plain, True), bool):
                fixed[exclusive] = fixed.pop(plain)

    def _required(self, fixed: dict[str, Any]) -> None:
        properties = fixed.get("properties")
        children = properties if isinstance(properties, dict) else {}
        lifted = []
        for name, child in children.items():
            flag = _as_flag(child.get("required")) if isinstance(child, dict) else None
            if flag is not None:
                self._changed("required: a flag")
                children[name] = {key: value for key, value in child.items() if key != "required"}
                lifted += [name] if flag else []
        given = fixed.get("required")
        if isinstance(given, str) and given in children:
            given = self._mended("required", given, [given])
        if lifted and (given is None or isinstance(given, (list, bool))):
            given = [*(given if isinstance(given, list) else ()), *lifted]
        if isinstance(given, list) and all(isinstance(name, str) for name in given) and len(set(given)) < len(given):
            self._changed("a name twice in required")
            given = list(dict.fromkeys(given))
        known = _COMPOSED.isdisjoint(fixed) and children
        if known and isinstance(given, list) and any(isinstance(name, str) and name not in known for name in given):
            # No arguments could ever fit: names that a schema does not know are refused.
            self._changed("required: a name that is no property")
            given = [name for name in given if name in known]
        if given is not None:
            fixed["required"] = given

    def _nullable(self, fixed: dict[str, Any]) -> None:
        if _as_flag(fixed.get("nullable")) is not True:
            return
        self._changed("nullable")
        del fixed["nullable"]
        null = {"type": "null"}
        if "type" in fixed:
            types = list_types(fixed["type"])
            fixed["type"] = types if "null" in types else [*types, "null"]
            if isinstance(fixed.get("enum"), list) and None not in fixed["enum"]:
                fixed["enum"] = [*fixed["enum"], None]
            return
        for key in ("anyOf", "oneOf"):
            if isinstance(fixed.get(key), list):
                fixed[key] = fixed[key] if null in fixed[key] else [*fixed[key], null]
                return
        if "$ref" in fixed:
            fixed["anyOf"] = [{"$ref": fixed.pop("$ref")}, null]
        elif "allOf" in fixed:
            fixed["anyOf"] = [{"allOf": fixed.pop("allOf")}, null]

    def _enum(self, fixed: dict[str, Any]) -> None:
        given = fixed.get("enum")
        if not isinstance(given, list):
            return
        if not given:
            self._changed("enum is empty")
            del fixed["enum"]
            return
        types = [name for name in list_types(fixed.get("type")) if isinstance(name, str) and name in TYPES]
        if types and not any(fits_type(value, types) for value in given):
            values = [coerce(value, types) for value in given]
            if all(fits_type(value, types) for value in values):
                fixed["enum"] = self._mended("enum", given, values)


def _as_flag(value: Any) -> bool | None:
    """A boolean, or one as text; None for anything else."""
    if isinstance(value, bool):
        return value
    return _FLAG_TEXTS.get(value.lower()) if isinstance(value, str) else None


def _show(value: Any) -> str:
    text = re.sub(r"\s+", " ", repr(value))
    return text if len(text) <= 40 else text[:37] + "..."
