"""A valid JSON value for a JSON Schema, with plausible leaves; the whole is validated, and made anew until it fits."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from toolflow_graph.models.offline import pools
from toolflow_graph.models.offline.fields import Field, field_of
from toolflow_graph.models.offline.hints import examples_of
from toolflow_graph.models.offline.patterns import string_for
from toolflow_graph.models.offline.rows import Rows
from toolflow_graph.models.offline.shapes import ENDLESS, HARD, Chooser, Shapes, fits, fold, names_under
from toolflow_graph.models.offline.values import leaf_value, name_for, new_id
from toolflow_graph.models.offline.words import humanise, singularise, split_words
from toolflow_graph.models.offline.world import Cast
from toolflow_graph.schemas import join_path, resolve
from toolflow_graph.validation import find_pattern, schema_errors

MISSING = object()
_SAME = {"enum", "bool", "currency", "country", "country_code", "city", "timezone", "language_code", "region", "date"}
_DEEP, _DEEPEST = 9, 160
"""Levels from which only what is required is made, as small as it can be, and at which making stops."""
_MANY, _MOST = 1200, 6000
"""Values of one try from which on the same holds."""
_SMALL_TRIES, _MOST_CHECKS = 8, 80
_ANYTHING = ("^[a-z]{5,9}$", "^[A-Z]{4,6}$", "^[0-9]{5,6}$", "^[a-z]{3}-[0-9]{3}$")
_KEYS: dict[str, tuple[str, ...]] = {
    "rate": ("USD", "GBP", "JPY", "CHF", "CAD"), "currency": ("USD", "EUR", "GBP"), "language": ("en", "de", "fr"),
    "translation": ("en", "de", "fr"), "ticker": pools.TICKERS, "symbol": pools.TICKERS, "country": ("PT", "DE", "JP"),
    "header": ("Content-Type", "Date", "Server"), "metadata": ("source", "team", "region"), "label": ("source", "team", "region"),
}  # fmt: skip
"""What maps of these names are keyed by."""
_NAMED_PARTS = frozenset(("properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "maxProperties",
                          "propertyNames"))  # fmt: skip
_TYPES = ("string", "integer", "boolean", "object", "array")
Leaf = Callable[[Field, Mapping[str, Any], str], Any]
"""(meaning, schema, path) to a value, or MISSING to let the pools decide."""
Include = Callable[[Field, Mapping[str, Any], str], bool]
Length = Callable[[str, Mapping[str, Any]], int | None]
"""(name, schema) of a list to how many items it should have, or None to let chance decide."""


class Unmakeable(Exception):
    """No value of this schema ends, or none within bounds."""


def _no_leaf(field: Field, schema: Mapping[str, Any], path: str) -> Any:
    return MISSING


def _no_include(field: Field, schema: Mapping[str, Any], path: str) -> bool:
    return False


def _no_length(name: str, schema: Mapping[str, Any]) -> int | None:
    return None


@dataclass(slots=True)
class Maker:
    """Makes values under one root schema. ``wild`` turns on random branches, ``plain`` turns off the hooks."""

    shapes: Shapes
    rng: random.Random
    cast: Cast
    leaf: Leaf = _no_leaf
    include: Include = _no_include
    length: Length = _no_length
    result: bool = False
    wild: bool = False
    plain: bool = False
    used: dict[str, set[Any]] = field(default_factory=dict)
    made: int = 0
    checks: int = 0
    spread: bool = False
    """Draw numbers from all that is allowed, not from what is plausible."""
    within: list[int] = field(default_factory=list)
    """The definitions that are being made, by id: a value inside its own kind is kept small."""

    def make(self, schema: Any, path: str = "", name: str = "", owner: str = "", depth: int = 0) -> Any:
        """A value for ``schema`` at ``path``; ``owner`` is the noun of what holds it.

        Raises:
            Unmakeable: if no value of the schema ends.
        """
        if not isinstance(schema, Mapping):
            return {} if depth == 0 else "noted"
        target = resolve(schema, self.shapes.root) if "$ref" in schema else schema
        hard = bool(HARD & (set(schema) | set(target)))
        value: Any = None
        if "$ref" in schema:
            self.within.append(id(target))
        for turn in range(_SMALL_TRIES if hard else 1):
            value = self._make(schema, path, name, owner, depth, turn)
            if not hard or self._is_right(value, target):
                break
        if "$ref" in schema:
            self.within.pop()
        return value

    def _is_right(self, value: Any, schema: Mapping[str, Any]) -> bool:
        """A look at a part on its own; the whole is checked at the end, so only so many looks are taken."""
        self.checks += 1
        if self.checks > _MOST_CHECKS or self.made > _MANY:
            return True
        return self.shapes.valid(value, schema, closed=not self.result)

    def _make(self, schema: Mapping[str, Any], path: str, name: str, owner: str, depth: int, turn: int) -> Any:
        self.made += 1
        if depth > _DEEPEST or self.made > _MOST:
            raise Unmakeable(path)
        schema = self._merged(schema, depth, turn)
        if "const" in schema or "enum" in schema:
            return self._leaf(schema, path, name, owner, turn)
        kinds = schema.get("type")
        options = (
            [kinds] if isinstance(kinds, str) else [k for k in kinds if k != "null"] if isinstance(kinds, list) else []
        )
        if isinstance(kinds, list) and "null" in kinds and (not options or self._is_tight(depth)):
            return None
        wild = self.wild or turn > 1
        kind = options[0] if options else self._guess(schema)
        if wild and (len(options) > 1 or (turn > 2 and not options)):
            kind = self.rng.choice(options or _TYPES)
        if kind == "object":
            return self._object(schema, path, name or owner, depth)
        if kind == "array":
            return self._array(schema, path, name, owner, depth)
        if isinstance(kinds, list):
            schema = {**schema, "type": kind}
        return self._leaf(schema, path, name, owner, turn)

    def _is_tight(self, depth: int) -> bool:
        again = bool(self.within) and self.within.count(self.within[-1]) > 1
        return depth > _DEEP or self.made > _MANY or again

    def _merged(self, schema: Mapping[str, Any], depth: int, turn: int = 0) -> Mapping[str, Any]:
        if depth > _DEEP and self.shapes.height(schema) == ENDLESS:
            raise Unmakeable("no end")
        tight = self._is_tight(depth)
        return self.shapes.merged(schema, Chooser(self.rng, wild=self.wild or turn > 0, tight=tight))

    def _guess(self, schema: Mapping[str, Any]) -> str:
        if {"properties", "required", "additionalProperties", "minProperties", "patternProperties"} & set(schema):
            return "object"
        if {"items", "prefixItems", "minItems", "contains"} & set(schema):
            return "array"
        return "integer" if {"minimum", "maximum", "multipleOf"} & set(schema) else "string"

    def _object(self, schema: Mapping[str, Any], path: str, owner: str, depth: int) -> dict[str, Any]:
        value = self._members(schema, path, owner, depth, {})
        for _ in range(3):
            asked = self.shapes.demanded(schema, value)
            whole = schema
            for part in asked:
                whole = fold(whole, self.shapes.merged(part, Chooser(self.rng, wild=self.wild)))
            touched = {name for part in asked for name in names_under(part)}
            if all(self.shapes.valid(value, part, closed=False) for part in asked):
                break
            value = self._members(whole, path, owner, depth, {k: v for k, v in value.items() if k not in touched})
        return self._without_refused(schema, value)

    def _without_refused(self, schema: Mapping[str, Any], value: dict[str, Any]) -> dict[str, Any]:
        """``not`` often forbids names that need not be there."""
        refused = schema.get("not")
        required = set(schema.get("required", ()))
        if isinstance(refused, Mapping):
            for name in [name for name in value if name not in required]:
                if not self.shapes.valid(value, refused):
                    break
                value = {key: part for key, part in value.items() if key != name}
        return value

    def _members(
        self, schema: Mapping[str, Any], path: str, owner: str, depth: int, kept: dict[str, Any]
    ) -> dict[str, Any]:
        properties = {name: sub for name, sub in (schema.get("properties") or {}).items() if sub is not False}
        wanted = self._wanted(schema, properties, path, owner, depth, kept)
        value: dict[str, Any] = {}
        order = [name for name in properties if name in wanted] + [name for name in wanted if name not in properties]
        for name in order:
            sub = properties.get(name, _rest_of(schema, name))
            if name in kept and (not isinstance(sub, Mapping) or self.shapes.valid(kept[name], sub)):
                value[name] = kept[name]
            else:
                value[name] = self.make(sub, join_path(path, name), name, _noun(owner), depth + 1)
        self._fill_map(schema, value, path, owner, depth)
        if not value and self.result and path.endswith("]"):
            value = self._something(schema, properties, path, owner, depth)
        return value

    def _something(
        self, schema: Mapping[str, Any], properties: Mapping[str, Any], path: str, owner: str, depth: int
    ) -> dict[str, Any]:
        """A row says something, even if its schema demands nothing: what tells most, or a name of its own."""
        noun = _noun(owner)
        if not _NAMED_PARTS & set(schema):
            return {"id": new_id(noun, self.rng), "name": name_for(noun, self.rng)}
        plain = [name for name, sub in properties.items() if isinstance(sub, Mapping) and self.shapes.height(sub) == 0]
        telling = sorted(plain, key=lambda name: not re.search(r"(?i)name|title|^id$|status|type|amount|date", name))
        return {name: self.make(properties[name], join_path(path, name), name, noun, depth + 1) for name in telling[:3]}

    def _wanted(
        self,
        schema: Mapping[str, Any],
        properties: Mapping[str, Any],
        path: str,
        owner: str,
        depth: int,
        kept: Mapping[str, Any],
    ) -> list[str]:
        """The names to make: the required ones, those kept, and optional ones that are worth it."""
        required = [name for name in schema.get("required", ()) if isinstance(name, str)]
        wanted = [*required, *(name for name in kept if name not in required)]
        most = schema.get("maxProperties", 1000)
        for name, sub in properties.items():
            if name in wanted or self.plain or depth >= 5 or self._is_tight(depth) or not isinstance(sub, Mapping):
                continue
            if len(wanted) >= most or self.shapes.height(sub) == ENDLESS:
                continue
            flat = self._merged(sub, depth)
            told = self.include(field_of(name, flat, _noun(owner)), flat, join_path(path, name))
            if told or (self.wild and self.rng.random() < 0.3):
                wanted.append(name)
        needs = schema.get("dependentRequired") or {}
        for name in wanted:  # grows while it is walked: what is needed may need more
            wanted += [extra for extra in needs.get(name, ()) if extra not in wanted]
        return wanted

    def _fill_map(self, schema: Mapping[str, Any], value: dict[str, Any], path: str, owner: str, depth: int) -> None:
        least = int(schema.get("minProperties", 0))
        extra, patterns = schema.get("additionalProperties"), schema.get("patternProperties") or {}
        if self.result and not schema.get("properties") and isinstance(extra, Mapping) and depth < 4:
            least = max(least, 3 if singularise((split_words(owner) or ("",))[-1]) in _KEYS else 1)
        for name, sub in (schema.get("properties") or {}).items():
            if len(value) >= least:
                return
            if name not in value and sub is not False:
                value[name] = self.make(sub, join_path(path, name), name, owner, depth + 1)
        for turn in range(40):
            if len(value) >= least:
                return
            name, sub = self._new_name(schema.get("propertyNames"), patterns, extra, turn, owner)
            if sub is False:
                return
            if name and name not in value:
                value[name] = self.make(sub, join_path(path, name), name, owner, depth + 1)

    def _new_name(self, named: Any, patterns: Mapping[str, Any], extra: Any, turn: int, holder: str) -> tuple[str, Any]:
        """A name that the map ``holder`` allows, with the schema of what stands under it."""
        other = extra if isinstance(extra, Mapping) else False if extra is False else {"type": "string"}
        if patterns:
            pattern = sorted(patterns)[turn % len(patterns)]
            name = (string_for(pattern, self.rng) or "part") + (f"{turn}" if turn >= len(patterns) else "")
            return name if find_pattern(pattern, name) else "", patterns[pattern]
        if (
            self.result
            and (keys := _KEYS.get(singularise((split_words(holder) or ("",))[-1])))
            and not isinstance(named, Mapping)
        ):
            return (keys[turn] if turn < len(keys) else ""), other
        if isinstance(named, Mapping):
            name = self.make({"type": "string", **named}, "", "key")
            return (name if isinstance(name, str) else "", other)
        plain = ("first", "second", "third", "colour", "size", "note", "label", "place", "stage", "level")
        return (plain[turn] if turn < len(plain) else f"part{turn}"), other

    def _array(self, schema: Mapping[str, Any], path: str, name: str, owner: str, depth: int) -> list[Any]:
        given = MISSING if self.plain else self.leaf(field_of(name, schema, _noun(owner)), schema, path)
        if isinstance(given, list) and (fits(given, schema) or "$ref" in str(schema)):
            return given
        own = [value for value in examples_of(schema) if isinstance(value, list)]
        if own and not self.result and not self.wild and self.shapes.valid(own[0], schema, closed=True):
            return list(self.rng.choice(own))
        items = schema.get("items", {})
        flat = self._merged(items, depth + 1) if isinstance(items, Mapping) and self._ends(items) else {}
        prefix = list(schema.get("prefixItems") or ())
        size = self._size(schema, items, flat, len(prefix), depth, name)
        if schema.get("uniqueItems") and isinstance(flat.get("enum"), list):
            return self.rng.sample(flat["enum"], min(size, len(flat["enum"])))
        inside = schema.get("contains")
        need = int(schema.get("minContains", 1)) if isinstance(inside, Mapping) else 0
        size = max(size, min(need + len(prefix), int(schema.get("maxItems", 1000))))
        noun = singularise(name) if name else owner
        asked = 0 if self.plain else self.length(name, schema) or 0
        rows = Rows(
            least=max(int(schema.get("minItems", 0)), min(asked, size)),
            unique=bool(schema.get("uniqueItems")),
            result=self.result,
        )
        for turn in range(size * 12):
            place = len(rows.made)
            if place >= size or rows.full:
                break
            where = f"{path}[{place}]"
            if place < len(prefix):
                rows.made.append(self.make(prefix[place], where, name, owner, depth + 1))
                continue
            sub = {"allOf": [inside, items]} if place < len(prefix) + need and isinstance(items, Mapping) else items
            sub = inside if place < len(prefix) + need and not isinstance(items, Mapping) else sub
            self.spread = turn > size * 4
            rows.add(self.make(sub, where, noun, owner, depth + 1), turn, size)
        self.spread = False
        return rows.made

    def _ends(self, items: Mapping[str, Any]) -> bool:
        return self.shapes.height(items) < ENDLESS

    def _size(
        self, schema: Mapping[str, Any], items: Any, flat: Mapping[str, Any], prefix: int, depth: int, name: str
    ) -> int:
        least, most = int(schema.get("minItems", 0)), int(schema.get("maxItems", 1000))
        nested = flat.get("type") in ("object", "array") or "properties" in flat
        size = self.rng.randint(2, 4 if depth < 3 else 2) if self.result else self.rng.randint(1, 1 if nested else 3)
        if (wanted := self.length(name, schema)) is not None and not self.plain:
            size = wanted
        elif nested and depth > 3:
            size = 1 if depth < 6 else 0
        if self._is_tight(depth) or (isinstance(items, Mapping) and not self._ends(items)):
            size = 0
        if items is False:
            return max(least, min(prefix, most))
        return max(least, min(size, most))

    def _leaf(self, schema: Mapping[str, Any], path: str, name: str, owner: str, turn: int) -> Any:
        meaning = field_of(name, schema, _noun(owner))
        if not self.plain and turn < 2:
            given = self.leaf(meaning, schema, path)
            if given is not MISSING and fits(given, schema):
                return given
        if turn > 3 and schema.get("type", "string") == "string" and not {"enum", "const", "format"} & set(schema):
            # What the pools hold for this meaning is refused: any word will do.
            pattern = str(schema.get("pattern", _ANYTHING[turn % len(_ANYTHING)]))
            return string_for(pattern, self.rng, int(schema.get("minLength", 0)), schema.get("maxLength"))
        # Siblings in a list should differ in what names them.
        seen = self.used.setdefault(re.sub(r"\[\d+\]", "[]", path), set())
        value: Any = None
        for _ in range(14 if self.result and meaning.kind not in _SAME else 1):
            value = leaf_value(meaning, schema, self.rng, self.cast, result=self.result, spread=self.spread or turn > 0)
            if not isinstance(value, str | int | float) or value not in seen:
                break
        if isinstance(value, str | int | float):
            seen.add(value)
        return value


def _noun(owner: str) -> str:
    return singularise(humanise(owner)) if owner else ""


def _rest_of(schema: Mapping[str, Any], name: str) -> Any:
    """The schema of a required name that no property describes."""
    for pattern, sub in (schema.get("patternProperties") or {}).items():
        if find_pattern(pattern, name):
            return sub
    extra = schema.get("additionalProperties")
    return extra if isinstance(extra, Mapping) else {}


def make_valid(
    schema: Mapping[str, Any],
    rng: random.Random,
    cast: Cast,
    *,
    leaf: Leaf = _no_leaf,
    include: Include = _no_include,
    length: Length = _no_length,
    result: bool = False,
    closed: bool = True,
    owner: str = "",
    attempts: int = 16,
) -> Any:
    """A value that validates; the last try, or {}, if none did.

    A schema that contradicts itself has no valid value, and one that must hold itself no value that ends.
    """
    value: Any = {}
    shapes = Shapes(schema)
    spent = 0
    for attempt in range(attempts):
        maker = Maker(shapes, rng, cast, leaf, include, length, result, wild=attempt >= 3, plain=attempt in (2, 3))
        if attempt == 1:
            maker.include = _no_include
        try:
            value = maker.make(schema, owner=owner)
            if not schema_errors(value, schema, closed=closed, limit=1):
                return value
        except (Unmakeable, RecursionError):
            pass
        spent += maker.made
        if spent > 2 * _MOST:
            break
    return value
