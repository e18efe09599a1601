"""Facts as text for prompts: tools, arguments, links. Pure; the sentences around them stand in the prompts."""

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from toolflow_graph.schemas import SchemaField, iter_fields, schema_types
from toolflow_graph.types import Edge, Fact, Json, Message, Tool, Use

_MOST_FIELDS = 40


def render_json(value: Json) -> str:
    """Compact, readable JSON on one line."""
    return json.dumps(value, ensure_ascii=False)


def render_value(value: Json) -> str:
    """A value as it stands in a list of facts: text bare, everything else as JSON."""
    return value if isinstance(value, str) else render_json(value)


def render_tool(tool: Tool) -> str:
    """A tool as a short signature: name, description, parameters and return fields, a line each."""
    lines = [f"{tool.name}: {tool.description}".rstrip(": ")]
    lines += ["  parameters:", *_render_fields(tool.parameters, mark_required=True)]
    if tool.returns is not None:
        lines += ["  returns:", *_render_fields(tool.returns, mark_required=False)]
    return "\n".join(lines)


def _render_fields(schema: Mapping[str, Any], *, mark_required: bool) -> list[str]:
    fields = (
        sorted(iter_fields(schema), key=lambda field: not field.required) if mark_required else [*iter_fields(schema)]
    )
    lines = [_render_field(field, mark_required) for field in fields[:_MOST_FIELDS]]
    if not lines:
        return ["    (none)"]
    if len(fields) > _MOST_FIELDS:
        lines.append(f"    ... and {len(fields) - _MOST_FIELDS} more")
    return lines


def _render_field(field: SchemaField, mark_required: bool) -> str:
    kind = "/".join(schema_types(field.schema)) or "any"
    notes = [kind]
    if mark_required and field.required:
        notes.append("required")
    if "format" in field.schema:
        notes.append(str(field.schema["format"]))
    if "enum" in field.schema:
        options = ", ".join(render_value(option) for option in field.schema["enum"][:12])
        notes.append(f"one of {options}")
    described = str(field.schema.get("description", "")).strip()
    return f"    {field.path} ({'; '.join(notes)}){': ' + described if described else ''}"


def render_links(edges: Iterable[Edge]) -> str:
    """How the tools are related, a line an edge: shared parameters and results that can feed parameters."""
    lines = []
    for edge in edges:
        if edge.kind == "P-R":
            lines.append(
                f"- {edge.source} returns {edge.source_field}, which {edge.target} can take as {edge.target_field}"
            )
        else:
            ends = f"{edge.source} ({edge.source_field}) and {edge.target} ({edge.target_field})"
            lines.append(f"- {ends} are about the same thing")
    return "\n".join(lines)


def render_facts(facts: Sequence[Fact]) -> str:
    """Facts as a list, ``- name: value``."""
    return "\n".join(f"- {fact.name}: {render_value(fact.value)}" for fact in facts)


def render_uses(uses: Sequence[Use], current: int) -> str:
    """What is taken from earlier in the conversation; links within the current request are the assistant's business."""
    return "\n".join(dict.fromkeys(f"- {use.what}" for use in uses if use.request < current))


def render_profile(profile: Mapping[str, str]) -> str:
    """The user's profile as a list, ``- key: value``."""
    return "\n".join(f"- {key}: {value}" for key, value in profile.items())


def render_weekday(now: str) -> str:
    """The English weekday of an ISO date-time."""
    return datetime.datetime.fromisoformat(now).strftime("%A")


def render_attempt(message: Message) -> str:
    """A refused reply as text, for the note that asks again."""
    calls = [render_json({"name": call.name, "arguments": call.arguments}) for call in message.tool_calls]
    return "\n".join([*([message.content] if message.content else []), *calls]) or "(empty)"
