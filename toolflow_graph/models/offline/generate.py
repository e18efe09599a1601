"""A valid JSON value for a JSON Schema, with plausible leaves; the whole is validated, and made anew until it fits."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from toolflow_graph.models.offline.fields import Field, field_of
from toolflow_graph.models.offline.patterns import string_for
from toolflow_graph.models.offline.values import examples_of, fits, leaf_value
from toolflow_graph.models.offline.words import humanise, singularise
from toolflow_graph.models.offline.world import Cast
from toolflow_graph.schemas import join_path, resolve, schema_errors

MISSING = object()
_SAME = {"enum", "bool", "currency", "country", "country_code", "city", "timezone", "language_code", "region", "date"}
Leaf = Callable[[Field, Mapping[str, Any], str], Any]
"""(meaning, schema, path) to a value, or MISSING to let the pools decide."""
Include = Callable[[Field, Mapping[str, Any], str], bool]


def _no_leaf(field: Field, schema: Mapping[str, Any], path: str) -> Any:
    return MISSING


def _no_include(field: Field, schema: Mapping[str, Any], path: str) -> bool:
    return False


@dataclass(slots=True)
class Maker:
    """Makes values under one root schema. ``wild`` turns on random branches, ``plain`` turns off the hooks."""

    root: Mapping[str, Any]
    rng: random.Random
    cast: Cast
    leaf: Leaf = _no_leaf
    include: Include = _no_include
    result: bool = False
    wild: bool = False
    plain: bool = False
    used: dict[str, set[Any]] = field(default_factory=dict)

    def make(self, schema: Any, path: str = "", name: str = "", owner: str = "", depth: int = 0) -> Any:
        """A value for ``schema`` at ``path``; ``owner`` is the noun of what holds it."""
        if not isinstance(schema, Mapping):
            return {} if depth == 0 else "noted"
        schema = self._merged(schema, 0)
        if "const" in schema or "enum" in schema:
            return self._leaf(schema, path, name, owner)
        kinds = schema.get("type")
        options = (
            [kinds] if isinstance(kinds, str) else [k for k in kinds if k != "null"] if isinstance(kinds, list) else []
        )
        if not options and isinstance(kinds, list) and kinds:
            return None
        kind = self.rng.choice(options) if self.wild and options else options[0] if options else self._guess(schema)
        if kind == "object":
            return self._object(schema, path, name or owner, depth)
        if kind == "array":
            return self._array(schema, path, name, owner, depth)
        if isinstance(kinds, list):
            schema = {**schema, "type": kind}
        return self._leaf(schema, path, name, owner)

    def _guess(self, schema: Mapping[str, Any]) -> str:
        if {"properties", "required", "additionalProperties", "minProperties", "patternProperties"} & set(schema):
            return "object"
        if {"items", "prefixItems", "minItems", "contains"} & set(schema):
            return "array"
        return "integer" if {"minimum", "maximum", "multipleOf"} & set(schema) else "string"

    def _merged(self, schema: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
        """Resolve ``$ref``, fold ``allOf`` in, and settle on one branch of ``anyOf``/``oneOf``."""
        if "$ref" in schema:
            beside = {key: part for key, part in schema.items() if key not in ("$ref", "description")}
            target = resolve(schema, self.root)
            schema = {**target, **beside} if beside else target
            if "description" not in schema and "description" in target:
                schema = {**schema, "description": target["description"]}
        if depth > 6:
            return schema
        if not {"allOf", "anyOf", "oneOf"} & set(schema):
            return schema
        merged = {key: part for key, part in schema.items() if key not in ("allOf", "anyOf", "oneOf")}
        parts = [part for part in schema.get("allOf", ()) if isinstance(part, Mapping)]
        for key in ("anyOf", "oneOf"):
            branches = [
                part for part in schema.get(key, ()) if isinstance(part, Mapping) and part.get("type") != "null"
            ]
            if branches:
                parts.append(self.rng.choice(branches) if self.wild else branches[0])
        for part in parts:
            merged = _fold(merged, self._merged(part, depth + 1))
        return merged

    def _object(self, schema: Mapping[str, Any], path: str, owner: str, depth: int) -> dict[str, Any]:
        properties = {name: sub for name, sub in (schema.get("properties") or {}).items() if sub is not False}
        required = [name for name in schema.get("required", ()) if isinstance(name, str)]
        wanted = list(required)
        for name, sub in properties.items():
            if name not in required and not self.plain and depth < 5 and isinstance(sub, Mapping):
                flat = self._merged(sub, 0)
                inner = join_path(path, name)
                if self.include(field_of(name, flat, _noun(owner)), flat, inner) or (
                    self.wild and self.rng.random() < 0.3
                ):
                    wanted.append(name)
        for name, more in (schema.get("dependentRequired") or {}).items():
            if name in wanted:
                wanted += [extra for extra in more if extra not in wanted]
        value: dict[str, Any] = {}
        order = [name for name in properties if name in wanted] + [name for name in wanted if name not in properties]
        extra = schema.get("additionalProperties")
        for name in order:
            sub = properties.get(name, extra if isinstance(extra, Mapping) else {})
            inner = join_path(path, name)
            if depth > 9:
                continue
            value[name] = self.make(sub, inner, name, _noun(owner), depth + 1)
        self._fill_map(schema, value, path, owner, depth)
        return value

    def _fill_map(self, schema: Mapping[str, Any], value: dict[str, Any], path: str, owner: str, depth: int) -> None:
        least = int(schema.get("minProperties", 0))
        extra, patterns = schema.get("additionalProperties"), schema.get("patternProperties") or {}
        if self.result and not schema.get("properties") and isinstance(extra, Mapping) and depth < 4:
            least = max(least, 1)
        names = iter(("first", "second", "third", "colour", "size", "note", "label", "place", "stage", "level"))
        for name, sub in (schema.get("properties") or {}).items():
            if len(value) >= least:
                return
            if name not in value and sub is not False:
                value[name] = self.make(sub, join_path(path, name), name, owner, depth + 1)
        for turn in range(40):
            if len(value) >= least:
                return
            if patterns:
                pattern = sorted(patterns)[turn % len(patterns)]
                name, sub = string_for(pattern, self.rng) or f"part {turn}", patterns[pattern]
            elif extra is False:
                return
            else:
                name, sub = next(names, f"part{turn}"), extra if isinstance(extra, Mapping) else {"type": "string"}
            if name not in value:
                value[name] = self.make(sub, join_path(path, name), name, owner, depth + 1)

    def _array(self, schema: Mapping[str, Any], path: str, name: str, owner: str, depth: int) -> list[Any]:
        given = MISSING if self.plain else self.leaf(field_of(name, schema, _noun(owner)), schema, path)
        if isinstance(given, list) and (fits(given, schema) or "$ref" in str(schema)):
            return given
        own = [value for value in examples_of(schema) if isinstance(value, list)]
        if own and not self.result and not self.wild:
            return list(self.rng.choice(own))
        items = schema.get("items", {})
        least, most = int(schema.get("minItems", 0)), int(schema.get("maxItems", 1000))
        flat = self._merged(items, 0) if isinstance(items, Mapping) else {}
        nested = flat.get("type") in ("object", "array") or "properties" in flat
        size = self.rng.randint(2, 4 if depth < 3 else 2) if self.result else self.rng.randint(1, 1 if nested else 3)
        if nested and depth > 3:
            size = 1 if depth < 6 else 0
        size = max(least, min(size, most))
        prefix = list(schema.get("prefixItems") or ())
        if items is False:
            size = max(least, min(len(prefix), most))
        noun = singularise(name) if name else owner
        made: list[Any] = []
        seen: set[str] = set()
        for turn in range(size * 12):
            if len(made) >= size:
                break
            place = f"{path}[{len(made)}]"
            if len(made) < len(prefix):
                made.append(self.make(prefix[len(made)], place, name, owner, depth + 1))
                continue
            sub = schema["contains"] if not made and isinstance(schema.get("contains"), Mapping) else items
            item = self.make(sub, place, noun, owner, depth + 1)
            mark = repr(item)
            # Equal items look like a mistake even where the schema allows them.
            if mark in seen and (schema.get("uniqueItems") or len(made) >= least or turn < size * 8):
                continue
            if isinstance(item, dict) and self.result:
                # Two rows of one name look like one row twice.
                named = _name_of(item)
                if named and named in seen and len(made) >= least:
                    if turn >= size * 4:
                        break
                    continue
                seen.add(named)
            seen.add(mark)
            made.append(item)
        return made

    def _leaf(self, schema: Mapping[str, Any], path: str, name: str, owner: str) -> Any:
        meaning = field_of(name, schema, _noun(owner))
        if not self.plain:
            given = self.leaf(meaning, schema, path)
            if given is not MISSING and fits(given, schema):
                return given
        # Siblings in a list should differ in what names them.
        seen = self.used.setdefault(re.sub(r"\[\d+\]", "[]", path), set())
        value: Any = None
        for _ in range(14 if self.result and meaning.kind not in _SAME else 1):
            value = leaf_value(meaning, schema, self.rng, self.cast, result=self.result)
            if value not in seen:
                break
        seen.add(value if isinstance(value, str | int | float | bool) else None)
        return value


_NAMED = re.compile(r"(^|_)(name|title|headline|subject|label|category|nickname|question_text|comment|hour_code)$")


def _name_of(row: dict[str, Any]) -> str:
    """What a row is called, as a mark for comparing."""
    return next((f"name {part}" for name, part in row.items() if isinstance(part, str) and _NAMED.search(name)), "")


def _noun(owner: str) -> str:
    return singularise(humanise(owner)) if owner else ""


def _fold(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**right, **left}
    for key in ("minimum", "minLength", "minItems", "exclusiveMinimum", "minProperties"):
        if key in left and key in right:
            merged[key] = max(left[key], right[key])
    for key in ("maximum", "maxLength", "maxItems", "exclusiveMaximum", "maxProperties"):
        if key in left and key in right:
            merged[key] = min(left[key], right[key])
    properties = {**(left.get("properties") or {}), **(right.get("properties") or {})}
    if properties:
        merged["properties"] = properties
    required = [*left.get("required", ()), *right.get("required", ())]
    if required:
        merged["required"] = list(dict.fromkeys(required))
    if isinstance(right.get("type"), str) and (isinstance(left.get("type"), list) or "type" not in left):
        merged["type"] = right["type"]
    if "enum" in left and "enum" in right:
        merged["enum"] = [option for option in left["enum"] if option in right["enum"]] or left["enum"]
    return merged


def make_valid(
    schema: Mapping[str, Any],
    rng: random.Random,
    cast: Cast,
    *,
    leaf: Leaf = _no_leaf,
    include: Include = _no_include,
    result: bool = False,
    closed: bool = True,
    owner: str = "",
    attempts: int = 16,
) -> Any:
    """A value that validates; the last try if none did (a schema that contradicts itself has no valid value)."""
    value: Any = None
    for attempt in range(attempts):
        maker = Maker(schema, rng, cast, leaf, include, result, wild=attempt >= 3, plain=attempt in (2, 3))
        if attempt == 1:
            maker.include = _no_include
        value = maker.make(schema, owner=owner)
        if not schema_errors(value, schema, closed=closed, limit=1):
            return value
    return value
