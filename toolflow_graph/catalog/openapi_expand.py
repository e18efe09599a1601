"""Schemas with references to self-contained ones of bounded size: the nearest and most telling fields stay.

API documents hold schemas that unfold to megabytes, or for ever. Fields are therefore taken in the order of their
worth until the size is used up: by depth, required ones first, then scalar, described and current ones, then in the
document's order. What is taken keeps the document's order.
"""

import heapq
import json
from collections.abc import Mapping
from typing import Any

from toolflow_graph.catalog.notes import Notes
from toolflow_graph.catalog.openapi_finish import Child, Slot, finish
from toolflow_graph.catalog.openapi_keywords import Direction, read_keywords
from toolflow_graph.catalog.openapi_refs import Cut, References, Trail
from toolflow_graph.catalog.text import shorten

SIZE = {"in": 12_000, "out": 6_000}
"""Characters of JSON a schema may have: parameters, returns."""
DEPTH = {"in": 6, "out": 4}
"""Levels of objects a schema may have."""
_BRANCHES = {"in": 6, "out": 4}
# Required parameters are kept whatever the size; these bounds only stop documents that never end.
_FORCED_SIZE = 60_000
_FORCED_DEPTH = 12
# Lists of lists, maps of maps: what has no fields is no level of objects, but must end as well.
_LEVELS = 24
_RESERVE = 200
_OBJECT_DESCRIPTION_MOST = 140
_UNSUPPORTED = frozenset(
    (
        "not",
        "if",
        "patternProperties",
        "prefixItems",
        "dependentSchemas",
        "dependentRequired",
        "propertyNames",
        "contains",
    )
)
_SHAPE = frozenset(("type", "properties", "items", "enum", "const", "$ref", "allOf", "anyOf", "oneOf", "format"))

_Heap = list[tuple[tuple[Any, ...], Slot, Slot]]


class Expander:
    """Expands the schemas of one tool.

    Args:
        references: the document.
        direction: "in" (parameters) or "out" (returns).
        notes: where changes are counted, under ``what`` (the tool's name).
    """

    def __init__(self, references: References, direction: Direction, notes: Notes, what: str) -> None:
        self._references = references
        self._direction: Direction = direction
        self._notes = notes
        self._what = what
        self._order = 0
        self._shortened = False

    def expand(self, raw: Any) -> dict[str, Any]:
        """A self-contained Draft 2020-12 schema of ``raw``, within the bounds."""
        root = self._open(("root", "", raw, True), (), 0, forced=self._direction == "in")
        if root is None:
            return {}
        heap: _Heap = []
        left = SIZE[self._direction] - _size(root)
        forced_left = _FORCED_SIZE
        self._push_children(root, heap)
        while heap:
            _, slot, parent = heapq.heappop(heap)
            parent.kept.append(slot)
            cost = _size(slot)
            if cost > (forced_left if slot.forced else left + parent.reserve):
                slot.lost = self._shortened = True
                continue
            saved = min(cost, parent.reserve)
            parent.reserve -= saved
            left -= cost - saved
            forced_left -= cost if slot.forced else 0
            if slot.children:
                # Kept back for what is inside, so that a row of wide siblings does not leave nothing but shells.
                inherited = parent.reserve if slot.kind == "items" else 0
                parent.reserve -= inherited
                added = max(0, min(_RESERVE - inherited, left))
                slot.reserve, left = inherited + added, left - added
            self._push_children(slot, heap, slot.rank)
        if self._shortened:
            self._notes.count("returns_shortened" if self._direction == "out" else "parameters_shortened", self._what)
        return finish(root, self._direction, self._notes, self._what) or {}

    def _push_children(self, parent: Slot, heap: _Heap, rank: tuple[Any, ...] = ()) -> None:
        for child in parent.children:
            slot = self._open(child, parent.trail, parent.depth, forced=parent.forced and child[3])
            if slot is None:
                continue
            slot.level = parent.level + 1
            too_deep = slot.is_object() and slot.depth > (_FORCED_DEPTH if slot.forced else DEPTH[self._direction])
            if too_deep or (slot.level > _LEVELS and slot.children):
                self._shortened = True
                if not slot.forced:
                    slot.lost = True
                    parent.kept.append(slot)
                    continue
                slot.children = []
            slot.rank = self._rank(slot)
            if self._direction == "in" and slot.required and not slot.forced:
                # Without it, its parent is of no use: it is taken with it.
                slot.rank = (*rank, slot.order)
            heapq.heappush(heap, (slot.rank, slot, parent))

    def _rank(self, slot: Slot) -> tuple[Any, ...]:
        """The smaller, the more worth. Parameters: all that is required first. Returns: level by level."""
        return (
            self._direction == "in" and not slot.forced,
            slot.depth if slot.is_object() else slot.depth + 1,
            not slot.required,
            bool(slot.children),
            "type" not in slot.header and not slot.children,
            slot.deprecated,
            "description" not in slot.header,
            slot.order,
        )

    def _open(self, child: Child, trail: Trail, depth: int, *, forced: bool) -> Slot | None:
        """The slot of a schema with its header read; None where it does not belong into this direction."""
        kind, name, raw, required = child
        self._order += 1
        opened, trail = self._references.open_schema(raw, trail)
        if isinstance(opened, Cut):
            self._notes.count("recursion", self._what)
            header = read_keywords({"type": "object", **opened.target}, self._direction)[0]
            bare: dict[str, Any] = {key: header[key] for key in ("type", "description") if key in header}
            return Slot(kind, name, self._order, depth, required, forced, bare)
        if kind == "property" and opened.get("readOnly" if self._direction == "in" else "writeOnly") is True:
            return None
        for _ in range(3):
            folded, trail = self._fold(opened, trail)
            if folded is opened:
                break
            opened = folded
        header, patterns = read_keywords(opened, self._direction)
        for pattern in patterns:
            self._notes.count("pattern", pattern)
        if not _UNSUPPORTED.isdisjoint(opened):
            self._notes.count("simplified", self._what)
        slot = Slot(kind, name, self._order, depth, required, forced, header, _list_children(opened, header), trail)
        slot.closed = opened.get("additionalProperties") is False
        slot.deprecated = opened.get("deprecated") is True
        if slot.is_object():
            slot.depth += 1
            # The room is better spent on the fields.
            if "description" in header and self._direction == "out":
                header["description"] = shorten(header["description"], _OBJECT_DESCRIPTION_MOST)
        return slot

    def _fold(self, opened: Mapping[str, Any], trail: Trail) -> tuple[Mapping[str, Any], Trail]:
        """``opened`` with alternatives that say the same, or nothing about the value's shape, folded into it."""
        if "x-expansionResources" in opened and "type" not in opened and "properties" not in opened:
            # Stripe: an id, unless the call asked for the whole object.
            return {**opened, "type": "string"}, trail
        key = next((key for key in ("anyOf", "oneOf") if isinstance(opened.get(key), list)), None)
        if key is None:
            return opened, trail
        rest = {name: value for name, value in opened.items() if name not in ("anyOf", "oneOf")}
        nullable = False
        branches: list[Any] = []
        peeked: list[Mapping[str, Any]] = []
        for part in opened[key]:
            schema, _ = self._references.open_schema(part, trail)
            target = schema.target if isinstance(schema, Cut) else schema
            if target.get("type") == "null" or target.get("enum") == [None]:
                nullable = True
            elif not _SHAPE.isdisjoint(target):
                branches.append(part)
                peeked.append(target)
        branches = _join_branches(branches, peeked, self._direction)
        if len(branches) > _BRANCHES[self._direction]:
            branches = branches[: _BRANCHES[self._direction]]
            self._notes.count("branches", self._what)
        if nullable:
            rest["nullable"] = True
        if len(branches) > 1:
            if nullable and "type" not in rest:
                branches.append({"type": "null"})
            if "null" not in str(rest.get("type")):
                rest.pop("nullable", None)
            done = opened[key] == branches and len(rest) == len(opened) - 1
            return (opened if done else {**rest, "anyOf": branches}), trail
        if not branches:
            return rest, trail
        merged, longer = self._references.open_schema({**rest, "allOf": branches}, trail)
        return (merged, longer) if isinstance(merged, Mapping) else (rest, trail)


def _list_children(opened: Mapping[str, Any], header: dict[str, Any]) -> list[Child]:
    children: list[Child] = []
    types = header.get("type", [])
    properties = opened.get("properties")
    if isinstance(properties, Mapping) and ("object" in types or not types):
        given = opened.get("required")
        wanted = {name for name in given if isinstance(name, str)} if isinstance(given, list) else set()
        children += [
            ("property", str(name), schema, name in wanted)
            for name, schema in properties.items()
            if isinstance(schema, Mapping) or schema is True
        ]
    more = opened.get("additionalProperties")
    if isinstance(more, Mapping) and more and "object" in types:
        children.append(("additionalProperties", "", more, False))
    if "array" in types and isinstance(opened.get("items"), Mapping):
        children.append(("items", "", opened["items"], True))
    branches = opened.get("anyOf", opened.get("oneOf"))
    if isinstance(branches, list):
        children += [("branch", "", part, True) for part in branches if isinstance(part, Mapping)]
    return children


def _join_branches(branches: list[Any], peeked: list[Mapping[str, Any]], direction: Direction) -> list[Any]:
    """Alternatives as few as say the same."""
    texts = [part for part in peeked if part.get("type") == "string"]
    if len(branches) < 2:
        return branches
    if len(texts) == len(peeked) and not any("pattern" in part for part in texts):
        fixed = [[part["const"]] if "const" in part else part.get("enum") for part in texts]
        values = [value for part in fixed if isinstance(part, list) for value in part]
        if all(isinstance(part, list) for part in fixed):
            return [{"type": "string", "enum": values}]
        if values:
            # "Any text, for example one of these": what known values beside a plain string mean.
            return [{"type": "string", "examples": values}]
    open_text = [index for index, part in enumerate(peeked) if part.get("type") == "string" and "enum" not in part]
    objects = [part for part in peeked if part.get("type") == "object" or "properties" in part]
    # An id or the whole object ("expandable"): the id is what an API sends unless asked.
    if direction == "out" and len(open_text) == 1 and len(objects) == len(peeked) - 1:
        return [branches[open_text[0]]]
    return branches


def _size(slot: Slot) -> int:
    return len(json.dumps(slot.header, ensure_ascii=False)) + len(slot.name) + 20
