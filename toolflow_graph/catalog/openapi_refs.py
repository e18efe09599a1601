"""``$ref`` and ``allOf`` of an API document: followed one step at a time, so that a cycle never unfolds."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from toolflow_graph.catalog.notes import Notes

Trail = tuple[str, ...]
"""The references followed on the way to a schema, outermost first; "+" marks those of an ``allOf`` of several parts."""

_CHAIN_MOST = 30
_PART = "+"
_OWN_WORDS = ("description", "title")


class Cut:
    """A reference that leads back into its own trail. ``target`` is what it points to, not merged."""

    def __init__(self, target: Mapping[str, Any]) -> None:
        parts = target.get("allOf")
        parts = parts if isinstance(parts, list) else []
        said = [part["description"] for part in parts if isinstance(part, Mapping) and part.get("description")]
        self.target = {"description": said[-1], **target} if said else target


class References:
    """Looks references up in one document. What leads nowhere (or to another file) is counted and read as open."""

    def __init__(self, document: Mapping[str, Any], notes: Notes) -> None:
        self._document = document
        self._notes = notes
        self._found: dict[str, Any] = {}

    def lookup(self, ref: str) -> Any:
        """The value a reference points to, None if nothing."""
        if ref not in self._found:
            self._found[ref] = self._walk(ref)
            if self._found[ref] is None:
                self._notes.count("unresolved", ref)
        return self._found[ref]

    def _walk(self, ref: str) -> Any:
        if ref == "#":
            return self._document
        if not ref.startswith("#/"):
            return None
        node: Any = self._document
        for part in ref[2:].split("/"):
            part = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(node, Mapping) and part in node:
                node = node[part]
            elif isinstance(node, list) and part.isdigit() and int(part) < len(node):
                node = node[int(part)]
            else:
                return None
        return node

    def resolve(self, node: Any) -> Mapping[str, Any] | None:
        """The object behind ``node`` (a parameter, response, path item, ...); None if there is none."""
        for _ in range(_CHAIN_MOST):
            if not isinstance(node, Mapping):
                return None
            ref = node.get("$ref")
            if not isinstance(ref, str):
                return node
            node = self.lookup(ref)
        return None

    def open_schema(
        self, raw: Any, trail: Trail, merged: set[str] | None = None
    ) -> tuple[Mapping[str, Any] | Cut, Trail]:
        """The schema behind ``raw`` with its ``allOf`` merged in; its children stay as they are.

        Args:
            merged: the references that an ``allOf`` further out has merged already.

        Returns:
            The merged schema, or a Cut where the reference leads back into ``trail``; and the trail from here on.
        """
        if not isinstance(raw, Mapping):
            return {}, trail
        siblings: dict[str, Any] = {}
        for _ in range(_CHAIN_MOST):
            ref = raw.get("$ref")
            if not isinstance(ref, str):
                break
            for key, value in raw.items():
                if key != "$ref":
                    siblings.setdefault(key, value)
            target = self.lookup(ref)
            target = target if isinstance(target, Mapping) else {}
            if ref in trail or trail.count(_PART + ref) > 1:
                return Cut({**target, **siblings}), trail
            trail = (*trail, ref)
            raw = target
        schema = {**raw, **siblings} if siblings else raw
        parts = schema.get("allOf")
        return self._merge_all_of(schema, parts, trail, merged or set()) if isinstance(parts, list) else (schema, trail)

    def _merge_all_of(
        self, raw: Mapping[str, Any], parts: list[Any], trail: Trail, merged: set[str]
    ) -> tuple[Mapping[str, Any] | Cut, Trail]:
        result = {key: value for key, value in raw.items() if key != "allOf"}
        own = {word: result[word] for word in _OWN_WORDS if result.get(word)}
        longest = trail
        for part in parts:
            ref = part.get("$ref") if isinstance(part, Mapping) else None
            if isinstance(ref, str):
                if ref in merged:
                    continue
                merged.add(ref)
            opened, longer = self.open_schema(part, trail, merged)
            if isinstance(opened, Cut):
                if len(parts) == 1:
                    return Cut({**opened.target, **result}), trail
                continue
            added = longer[len(trail) :]
            # A base class may come again below (a folder's parent is a small folder); what merely wraps may not.
            longest += added if len(parts) == 1 else tuple(_PART + ref for ref in added if ref[:1] != _PART)
            _merge(result, opened)
        result.update(own)
        return result, longest


def _merge(into: dict[str, Any], part: Mapping[str, Any]) -> None:
    for key, value in part.items():
        if key == "properties" and isinstance(value, Mapping):
            known = into.get("properties")
            known = dict(known) if isinstance(known, Mapping) else {}
            for name, schema in value.items():
                # The later part refines the earlier one: its words win.
                known[name] = {"allOf": [known[name], schema]} if name in known and known[name] != schema else schema
            into["properties"] = known
        elif key == "required" and isinstance(value, list):
            known_names = into.get("required")
            known_names = known_names if isinstance(known_names, list) else []
            into["required"] = [*known_names, *(name for name in value if name not in known_names)]
        elif key in _OWN_WORDS:
            # Of several parts, the last one is the most specific: a base comes first.
            into[key] = value or into.get(key)
        elif key == "additionalProperties" and value is False:
            # allOf with a closed part means, in practice, the union of the parts.
            continue
        else:
            into.setdefault(key, value)
