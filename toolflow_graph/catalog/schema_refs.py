"""References inside a tool's schema that no validator can follow: to what is no schema, or round in a circle."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

_IN_PLACE_MANY = ("allOf", "anyOf", "oneOf")
_IN_PLACE_ONE = ("not", "if", "then", "else")
_MAPS = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_VALUES = ("enum", "const", "default", "example", "examples")


def find_ref_mistake(schema: Mapping[str, Any]) -> str | None:
    """Why a ``$ref`` (or ``$dynamicRef``) of ``schema`` cannot be followed, None if all can.

    A reference into a value's parts may lead back to where it stands (a tree of nodes); one that leads back without a
    step into the value (``A: {$ref: A}``) never ends.
    """
    nodes = list(_walk(schema))
    for node in nodes:
        if isinstance(node.get("$dynamicRef"), str) and not _has_anchor(nodes, node["$dynamicRef"]):
            return f"$dynamicRef {node['$dynamicRef']!r} points to nothing inside the schema"
        ref = node.get("$ref")
        if isinstance(ref, str) and not isinstance(_lookup(ref, schema), (Mapping, bool)):
            return f"$ref {ref!r} points to no schema inside the schema"
    return _find_circle(nodes, schema)


def _find_circle(nodes: list[Mapping[str, Any]], root: Mapping[str, Any]) -> str | None:
    done: set[int] = set()
    for start in nodes:
        # Depth first, without recursion: a chain of references may be as long as the file.
        path: dict[int, None] = {}
        stack: list[tuple[Mapping[str, Any], bool]] = [(start, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                done.add(path.popitem()[0])
                continue
            if id(node) in done:
                continue
            if id(node) in path:
                return f"$ref {_a_ref(stack)!r} leads back to itself"
            path[id(node)] = None
            stack.append((node, True))
            stack += [(part, False) for part in _in_place(node, root)]
    return None


def _a_ref(stack: list[tuple[Mapping[str, Any], bool]]) -> str:
    """The reference nearest to where the circle was found."""
    return next((str(node["$ref"]) for node, leaving in reversed(stack) if leaving and "$ref" in node), "#")


def _in_place(node: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schemas that apply to the very value that ``node`` applies to."""
    ref = node.get("$ref")
    several = [part for key in _IN_PLACE_MANY if isinstance(node.get(key), list) for part in node[key]]
    for part in (
        *several,
        *(node.get(key) for key in _IN_PLACE_ONE),
        _lookup(ref, root) if isinstance(ref, str) else None,
    ):
        if isinstance(part, Mapping):
            yield part


def _walk(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schema and every schema in it."""
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, Mapping):
            yield node
            for key, child in node.items():
                if key in _MAPS and isinstance(child, Mapping):
                    waiting += child.values()
                elif key not in _VALUES:
                    waiting.append(child)


def _has_anchor(nodes: list[Mapping[str, Any]], ref: str) -> bool:
    return ref == "#" or any(f"#{node.get(key)}" == ref for node in nodes for key in ("$dynamicAnchor", "$anchor"))


def _lookup(ref: str, root: Mapping[str, Any]) -> Any:
    if ref == "#":
        return root
    node: Any = root
    for part in ref[2:].split("/") if ref.startswith("#/") else ("",):
        part = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(node, Mapping) and part in node:
            node = node[part]
        elif isinstance(node, list) and part.isdecimal() and int(part) < len(node):
            node = node[int(part)]
        else:
            return None
    return node
