"""What a schema asks for when its parts are put together: references, allOf, a branch of anyOf/oneOf, conditions."""

import json
import math
import random
from collections.abc import Iterator, Mapping
from typing import Any

from toolflow_graph.schemas import resolve
from toolflow_graph.validation import schema_errors

ENDLESS = math.inf
_MORE = ("minimum", "minLength", "minItems", "exclusiveMinimum", "minProperties", "minContains")
_LESS = ("maximum", "maxLength", "maxItems", "exclusiveMaximum", "maxProperties", "maxContains")
_CONDITIONS = "\0conditions"
"""Key in a merged schema for the conditions of all its parts: a list of (if, then, else)."""
_DEEPEST_SCHEMA = 150
_MOST_STEPS = 5000

# What cannot be met by construction alone: values under such keywords are tried, and made again.
HARD = frozenset(
    ("oneOf", "not", "if", "contains", "dependentSchemas", "propertyNames", "unevaluatedProperties", "maxProperties")
)


class Shapes:
    """The schemas under one root."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self._heights: dict[int, float] = {}
        self._kept: list[Any] = []
        self._steps = 0
        self._definitions = {key: root[key] for key in ("$defs", "definitions") if key in root}

    def valid(self, value: Any, schema: Mapping[str, Any], *, closed: bool = False) -> bool:
        """Whether ``value`` fits a schema that may refer to the root's definitions."""
        plain = {key: part for key, part in schema.items() if key != _CONDITIONS}
        try:
            if '"$ref"' in json.dumps(plain):
                if plain.get("$ref") == "#" or '"#"' in json.dumps(plain):
                    return True  # the whole is checked at the end
                plain = {**plain, **self._definitions}
            return not schema_errors(value, plain, closed=closed, limit=1)
        except Exception:
            return True

    def height(self, schema: Any) -> float:
        """How many levels the smallest value of a schema has below its top; ENDLESS if none ever ends."""
        return self._height(schema, ())

    def _height(self, schema: Any, trail: tuple[int, ...]) -> float:
        if not isinstance(schema, Mapping):
            return 0
        key = id(schema)
        if key in self._heights:
            return self._heights[key]
        if key in trail or len(trail) > _DEEPEST_SCHEMA:
            return ENDLESS
        self._steps += 1
        if self._steps > _MOST_STEPS:
            return 0
        found = self._work_out(schema, (*trail, key))
        # An endless part may only look so from within its own circle: known for sure is what is finite, or the top.
        if found < ENDLESS or not trail:
            self._kept.append(schema)
            self._heights[key] = found
        return found

    def _work_out(self, schema: Mapping[str, Any], trail: tuple[int, ...]) -> float:
        if "enum" in schema or "const" in schema:
            return 0
        kinds = schema.get("type")
        kinds = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else []
        if kinds and not set(kinds) <= {"object", "array"}:
            return 0
        heights: list[float] = [0]
        if "$ref" in schema:
            heights.append(self._height(resolve(schema, self.root), trail))
        heights += [self._height(part, trail) for part in schema.get("allOf", ())]
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                heights.append(min(self._height(part, trail) for part in schema[key]))
        shapes: list[float] = []
        if "array" in kinds or (not kinds and "items" in schema):
            least = int(schema.get("minItems", 0)) or int("contains" in schema and schema.get("minContains", 1) > 0)
            parts = [*schema.get("prefixItems", ())][:least] or [schema.get("items", True)]
            parts += [schema["contains"]] if "contains" in schema else []
            shapes.append(1 + max(self._height(part, trail) for part in parts) if least else 0)
        if "object" in kinds or (not kinds and "required" in schema):
            own = schema.get("properties") or {}
            inner = [self._height(own.get(name), trail) for name in schema.get("required", ()) if isinstance(name, str)]
            shapes.append(1 + max(inner) if inner else 0)
        return max([*heights, min(shapes) if shapes else 0])

    def merged(self, schema: Mapping[str, Any], choose: "Chooser", depth: int = 0) -> Mapping[str, Any]:
        """``schema`` with its ``$ref`` resolved, ``allOf`` folded in, and one branch of ``anyOf``/``oneOf`` taken."""
        if "$ref" in schema:
            beside = {key: part for key, part in schema.items() if key not in ("$ref", "description")}
            target = resolve(schema, self.root)
            schema = {**target, **beside} if beside else target
            if "description" not in schema and "description" in target:
                schema = {**schema, "description": target["description"]}
        if depth > 12 or not {"allOf", "anyOf", "oneOf", "if", "dependentSchemas"} & set(schema):
            return schema
        merged = {key: part for key, part in schema.items() if key not in ("allOf", "anyOf", "oneOf")}
        merged = _with_conditions(merged)
        parts = [part for part in schema.get("allOf", ()) if isinstance(part, Mapping)]
        for key in ("anyOf", "oneOf"):
            branches = [part for part in schema.get(key, ()) if isinstance(part, Mapping)]
            if branches:
                picked = choose.pick(branches, self)
                parts.append(_told(picked, schema.get("discriminator")))
        for part in parts:
            merged = fold(merged, _with_conditions(dict(self.merged(part, choose, depth + 1))))
        return merged

    def demanded(self, schema: Mapping[str, Any], value: Any) -> list[Mapping[str, Any]]:
        """What the conditions of a merged schema ask of ``value``, as it stands."""
        found: list[Mapping[str, Any]] = []
        for test, then, other in schema.get(_CONDITIONS, ()):
            asked = then if self.valid(value, test) else other
            if isinstance(asked, Mapping) and asked:
                found.append(asked)
        return found


class Chooser:
    """Picks branches: the first that ends, any of them where ``wild``, the smallest where ``tight``."""

    def __init__(self, rng: random.Random, *, wild: bool = False, tight: bool = False) -> None:
        self.rng, self.wild, self.tight = rng, wild, tight

    def pick(self, branches: list[Mapping[str, Any]], shapes: Shapes) -> Mapping[str, Any]:
        """One branch; null only where nothing else ends."""
        ended = [part for part in branches if shapes.height(part) < ENDLESS] or branches
        full = [part for part in ended if part.get("type") != "null"] or ended
        if self.tight:
            return min(ended, key=lambda part: (shapes.height(part), part.get("type") == "null"))
        return self.rng.choice(full) if self.wild else full[0]


def _told(branch: Mapping[str, Any], discriminator: Any) -> Mapping[str, Any]:
    """A branch with the word that tells it apart (OpenAPI's discriminator; validators do not know it)."""
    name = discriminator.get("propertyName") if isinstance(discriminator, Mapping) else None
    ref = branch.get("$ref")
    if not isinstance(name, str) or not isinstance(ref, str):
        return branch
    mapping = discriminator.get("mapping")
    known = mapping.items() if isinstance(mapping, Mapping) else ()
    word = next((key for key, target in known if target == ref), ref.rpartition("/")[2])
    return {"allOf": [branch, {"properties": {name: {"type": "string", "examples": [word]}}}]}


def _with_conditions(schema: dict[str, Any]) -> dict[str, Any]:
    """``if``/``then``/``else`` and ``dependentSchemas`` as one list, so that parts can be folded."""
    found = list(schema.pop(_CONDITIONS, ()))
    if "if" in schema:
        found.append((schema["if"], schema.get("then"), schema.get("else")))
    for name, asked in (schema.get("dependentSchemas") or {}).items():
        found.append(({"required": [name]}, asked, None))
    if found:
        schema[_CONDITIONS] = found
    return schema


def fold(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    """Both schemas in one, as far as keywords can be joined; where they cannot, the left one's stays."""
    merged = {**right, **left}
    for key in _MORE:
        if key in left and key in right:
            merged[key] = max(left[key], right[key])
    for key in _LESS:
        if key in left and key in right:
            merged[key] = min(left[key], right[key])
    properties = dict(left.get("properties") or {})
    for name, sub in (right.get("properties") or {}).items():
        own = properties.get(name)
        properties[name] = sub if own is None or own == sub else _both(own, sub)
    if properties:
        merged["properties"] = properties
    required = [*left.get("required", ()), *right.get("required", ())]
    if required:
        merged["required"] = list(dict.fromkeys(required))
    if isinstance(left.get("items"), Mapping) and isinstance(right.get("items"), Mapping):
        merged["items"] = _both(left["items"], right["items"])
    for key in ("dependentRequired", "patternProperties"):
        if key in left and key in right:
            merged[key] = {**right[key], **left[key]}
    if "not" in left and "not" in right:
        merged["not"] = {"anyOf": [left["not"], right["not"]]}
    if "type" in left and "type" in right:
        merged["type"] = _common_types(left["type"], right["type"])
    if left.get("pattern", right.get("pattern")) != right.get("pattern", left.get("pattern")):
        # Both must be found: the one looked for ahead of the other.
        merged["pattern"] = rf"^(?=[\s\S]*?(?:{right['pattern']}))[\s\S]*?(?:{left['pattern']})"
    if "enum" in left and "enum" in right:
        merged["enum"] = [option for option in left["enum"] if option in right["enum"]] or left["enum"]
    if isinstance(left.get("multipleOf"), int) and isinstance(right.get("multipleOf"), int):
        merged["multipleOf"] = math.lcm(left["multipleOf"], right["multipleOf"])
    if _CONDITIONS in left and _CONDITIONS in right:
        merged[_CONDITIONS] = [*left[_CONDITIONS], *right[_CONDITIONS]]
    return merged


def _common_types(left: Any, right: Any) -> Any:
    """The types that both allow; every integer is a number."""
    some = [left] if isinstance(left, str) else list(left)
    others = [right] if isinstance(right, str) else list(right)
    both = [kind for kind in some if kind in others]
    if (
        "integer" not in both
        and ("integer" in some or "integer" in others)
        and ("number" in some or "number" in others)
    ):
        both = [kind for kind in both if kind != "number"] + ["integer"]
    return left if not both else both[0] if len(both) == 1 else both


def _both(left: Any, right: Any) -> Any:
    if not isinstance(left, Mapping) or not isinstance(right, Mapping):
        return right if left is True else left
    return {"allOf": [left, right]}


def names_under(schema: Mapping[str, Any]) -> Iterator[str]:
    """The property names that a part of a schema speaks of."""
    yield from schema.get("properties") or {}
    yield from (name for name in schema.get("required", ()) if isinstance(name, str))
    for key in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(key, ()):
            if isinstance(part, Mapping):
                yield from names_under(part)


def fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a leaf's value is valid under its own schema (references inside count as fitting)."""
    try:
        return not schema_errors(value, schema, closed=False, limit=1)
    except Exception:
        # A leaf that still holds a $ref cannot be judged without its root; the whole value is checked later.
        return True
