"""The last step of an expanded schema: what was lost on the way must not leave a hole that no value can fill."""

from dataclasses import dataclass, field
from typing import Any

from toolflow_graph.catalog.notes import Notes
from toolflow_graph.catalog.openapi_keywords import Direction
from toolflow_graph.catalog.openapi_refs import Trail

Child = tuple[str, str, Any, bool]
"""A subschema as found: kind ("property", "items", "additionalProperties", "branch"), name, raw schema, required."""

_CHECKED = frozenset(
    (
        *(
            "format",
            "pattern",
            "enum",
            "const",
            "items",
            "properties",
            "required",
            "anyOf",
            "uniqueItems",
            "multipleOf",
        ),
        *(
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
        ),
    )
)


@dataclass(slots=True)
class Slot:
    """A place in a schema that is being built; ``kind`` and ``name`` say how it hangs on its parent.

    ``forced``: required on the whole way from the root of a parameters schema. ``lost``: it did not fit.
    ``level``: how many schemas it stands in; ``depth``: how many of them, and itself, are objects with fields.
    ``reserve``: the room kept for its children. ``rank``: the smaller, the earlier it is taken.
    """

    kind: str
    name: str
    order: int
    depth: int
    required: bool
    forced: bool
    header: dict[str, Any]
    children: list[Child] = field(default_factory=list)
    trail: Trail = ()
    closed: bool = False
    deprecated: bool = False
    kept: list["Slot"] = field(default_factory=list)
    lost: bool = False
    level: int = 0
    reserve: int = 0
    rank: tuple[Any, ...] = ()

    def is_object(self) -> bool:
        return any(kind == "property" for kind, *_ in self.children)


def finish(slot: Slot, direction: Direction, notes: Notes, what: str) -> dict[str, Any] | None:
    """The schema of a slot and all that was kept below it; None where nothing of worth is left."""
    schema = dict(slot.header)
    # Only what every call must send may stay as an empty shell.
    needed = slot.forced or slot.kind == "root"
    slot.kept.sort(key=lambda child: child.order)
    parts = [(child, None if child.lost else finish(child, direction, notes, what)) for child in slot.kept]
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for child, part in parts:
        if part is not None:
            by_kind.setdefault(child.kind, []).append(part)
    properties = {child.name: part for child, part in parts if child.kind == "property" and part is not None}
    hole = any(child.kind == "property" and child.required and child.name not in properties for child, _ in parts)
    # A call that fills in such an object would always be refused by the API.
    if hole and direction == "in" and not needed:
        return None
    if properties:
        schema["properties"] = properties
        required = [child.name for child, _ in parts if child.required and child.name in properties]
        if required:
            schema["required"] = required
    elif slot.is_object() and not needed:
        return None
    if by_kind.get("additionalProperties"):
        schema["additionalProperties"] = by_kind["additionalProperties"][0]
    elif slot.closed and direction == "in":
        schema["additionalProperties"] = False
    if by_kind.get("items"):
        schema["items"] = by_kind["items"][0]
    elif _lost_all(slot, "items") and not needed:
        return None
    branches = by_kind.get("branch", [])
    if branches:
        schema = _with_branches(schema, branches)
    elif _lost_all(slot, "branch") and not needed and "type" not in schema:
        return None
    if not schema and slot.kind == "property" and direction == "out":
        return None
    _check_values(schema, direction, notes, what, slot.name)
    return schema


def _lost_all(slot: Slot, kind: str) -> bool:
    return any(child.kind == kind for child in slot.kept)


def _with_branches(schema: dict[str, Any], branches: list[dict[str, Any]]) -> dict[str, Any]:
    unique: list[dict[str, Any]] = []
    for branch in branches:
        if branch not in unique:
            unique.append(branch)
    others = [branch for branch in unique if branch != {"type": "null"}]
    if "properties" in schema or not others:
        return {**schema, "anyOf": unique}
    if len(others) > 1:
        return {**schema, "anyOf": unique}
    only = {**others[0], **{key: value for key, value in schema.items() if key != "type"}}
    if len(others) < len(unique) and "type" in only:
        types = [only["type"]] if isinstance(only["type"], str) else only["type"]
        only["type"] = [*types, "null"] if "null" not in types else types
        if "enum" in only and None not in only["enum"]:
            only["enum"] = [*only["enum"], None]
    return only


def _check_values(schema: dict[str, Any], direction: Direction, notes: Notes, what: str, name: str) -> None:
    if "default" not in schema and "examples" not in schema:
        return
    if _CHECKED.isdisjoint(schema):
        return
    from toolflow_graph.validation import schema_errors

    bare = {key: value for key, value in schema.items() if key not in ("default", "examples", "description")}

    def fits(value: Any) -> bool:
        return not schema_errors(value, bare, closed=direction == "in")

    where = f"{what}: {name}" if name else what
    if "default" in schema and not fits(schema["default"]):
        del schema["default"]
        notes.count("invalid_value", where)
    if "examples" in schema:
        good = [value for value in schema["examples"] if fits(value)]
        if len(good) < len(schema["examples"]):
            notes.count("invalid_value", where)
        if good:
            schema["examples"] = good
        else:
            del schema["examples"]
