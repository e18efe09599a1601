"""One tool a dict: our own JSON, OpenAI's tools (chat, Responses and legacy functions), MCP's ``tools/list``.

Sources: OpenAI API reference (function tools), MCP specification 2025-06-18 (server/tools).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from toolflow_graph.catalog.dialect import correct_schema
from toolflow_graph.catalog.naming import VALID, make_valid, tell_apart
from toolflow_graph.catalog.notes import Notes
from toolflow_graph.catalog.schema_check import DEEPEST, find_schema_mistake, is_too_deep
from toolflow_graph.errors import UsageError
from toolflow_graph.types import Tool

_PARAMETERS = ("parameters", "inputSchema", "input_schema")
_RETURNS = ("returns", "results", "outputSchema", "output_schema")
_CHANGES_SHOWN = 3
_MISTAKES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Origin:
    """Where entries were read: ``place`` for messages (the file as given), ``stem`` for names, their common domain."""

    place: str
    stem: str
    domain: str | None = None


def read_entries(entries: list[Any], origin: Origin, notes: Notes) -> list[Tool]:
    """Turn a list of dicts (or Tools) into tools.

    Raises:
        UsageError: an entry is no tool, has no name or an invalid schema, or a name comes twice.
    """
    tools: list[Tool] = []
    places: dict[str, str] = {}
    fixed: list[tuple[int, str]] = []
    mistakes: list[UsageError] = []
    for index, entry in enumerate(entries):
        place = f"{origin.place!r}, tool {index + 1}"
        try:
            given, tool = _read_entry(entry, origin, place, index, notes)
            if given in places:
                raise UsageError(
                    f"the tool {given!r} is there twice: {places[given]} and {place}",
                    hint="rename one of them, or leave one out",
                )
        except UsageError as error:
            mistakes.append(error)
            continue
        places[given] = place
        if tool.name != given:
            fixed.append((len(tools), given))
        tools.append(tool)
    if mistakes:
        raise _join(mistakes)
    return _settle_names(tools, fixed, notes)


def _join(mistakes: list[UsageError]) -> UsageError:
    """All of them at once, so that a long list is not mended one run at a time."""
    first, *others = mistakes
    if not others:
        return first
    lines = [mistake.problem for mistake in mistakes[:_MISTAKES_SHOWN]]
    more = len(mistakes) - len(lines)
    return UsageError(
        "\n".join([*lines, *([f"... and {more:,} more"] if more else [])]), expected=first.expected, hint=first.hint
    )


def _read_entry(entry: Any, origin: Origin, place: str, index: int, notes: Notes) -> tuple[str, Tool]:
    """The entry's own name, and the tool, whose name is valid."""
    if isinstance(entry, Tool):
        return entry.name, _check(entry, origin, place, notes)
    entry = _unwrap(entry, place)
    given = _read_name(entry, place)
    valid = given if VALID.fullmatch(given) else make_valid(given) or f"tool_{index + 1}"
    return given, _build({**entry, "name": valid}, origin, place, notes)


def _settle_names(tools: list[Tool], fixed: list[tuple[int, str]], notes: Notes) -> list[Tool]:
    """Names that had to be made valid give way to those that were."""
    changed = {index for index, _ in fixed}
    taken = {tool.name for index, tool in enumerate(tools) if index not in changed}
    for index, given in fixed:
        name = tell_apart(tools[index].name, taken)
        taken.add(name)
        tools[index] = tools[index].model_copy(update={"name": name})
        notes.count("renamed", f"{given} -> {name}")
    return tools


def _unwrap(entry: Any, place: str) -> dict[str, Any]:
    if not isinstance(entry, Mapping):
        raise UsageError(
            f"{place}: {_show(entry)} is no tool definition",
            expected='an object with "name", "description", "parameters"',
        )
    inner = entry.get("function")
    if isinstance(inner, Mapping):
        outer = {key: value for key, value in entry.items() if key not in ("type", "function")}
        return {**outer, **inner}
    return dict(entry)


def _read_name(entry: dict[str, Any], place: str) -> str:
    name = entry.get("name")
    if not isinstance(name, str) or not name.strip():
        given = f"name {_show(name)}" if "name" in entry else f"keys {', '.join(map(repr, entry)) or 'none'}"
        raise UsageError(f"{place}: a tool without name ({given})", expected='"name": a text such as "get_weather"')
    return name.strip()


def _build(entry: dict[str, Any], origin: Origin, place: str, notes: Notes) -> Tool:
    name = entry["name"]
    place = f"{place}, {name!r}"
    description = entry.get("description")
    parameters = _read_schema(entry, _PARAMETERS, place, notes)
    domain = entry.get("domain") or entry.get("category") or origin.domain or origin.stem
    return Tool(
        name=name,
        description=description.strip() if isinstance(description, str) else "",
        parameters=_as_object(parameters, place),
        returns=_read_schema(entry, _RETURNS, place, notes),
        effect=_read_effect(entry, place),
        domain=str(domain),
        source=origin.stem,
    )


def _read_schema(entry: dict[str, Any], keys: tuple[str, ...], place: str, notes: Notes) -> dict[str, Any] | None:
    key = next((key for key in keys if entry.get(key) is not None), None)
    if key is None or (entry[key] == [] and keys is _RETURNS):
        return None
    expected = "JSON Schema, Draft 2020-12"
    if is_too_deep(entry[key]):
        raise UsageError(f"{place}: {key} is nested more than {DEEPEST} levels deep", expected=expected)
    schema, changes = correct_schema(entry[key])
    if changes:
        notes.count("dialect", f"{entry['name']}: {', '.join(changes[:_CHANGES_SHOWN])}")
    mistake = find_schema_mistake(schema)
    if mistake is not None:
        raise UsageError(f"{place}: {key} is no valid JSON Schema: {mistake}", expected=expected)
    return dict(schema)


def _as_object(schema: dict[str, Any] | None, place: str) -> dict[str, Any]:
    if not schema:
        return {"type": "object", "properties": {}}
    kind = schema.get("type")
    if kind is None:
        return {"type": "object", **schema}
    if isinstance(kind, list) and set(kind) <= {"object", "null"}:
        # Arguments are always an object; what makes them optional is that none is required.
        return {**schema, "type": "object"}
    if kind != "object":
        raise UsageError(f"{place}: the parameters are of type {kind!r}", expected='a schema of type "object"')
    return schema


def _read_effect(entry: dict[str, Any], place: str) -> Literal["read", "write"] | None:
    effect = entry.get("effect")
    if effect == "read" or effect == "write":
        return "read" if effect == "read" else "write"
    if effect is not None:
        raise UsageError(f"{place}: effect {effect!r}", expected="read or write", known=("read", "write"))
    hints = entry.get("annotations")
    if not isinstance(hints, Mapping):
        return None
    if isinstance(hints.get("readOnlyHint"), bool):
        return "read" if hints["readOnlyHint"] else "write"
    return "write" if hints.get("destructiveHint") is True else None


def _check(tool: Tool, origin: Origin, place: str, notes: Notes) -> Tool:
    """A tool that code made, read like an entry of a list."""
    entry, place = tool.model_dump(), f"{place}, {tool.name!r}"
    found = {
        "parameters": _as_object(_read_schema(entry, ("parameters",), place, notes), place),
        "returns": _read_schema(entry, ("returns",), place, notes),
        "source": tool.source or origin.stem,
    }
    return tool.model_copy(update=found)


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
