"""Facts as text for prompts: tools, arguments, links. Pure; the sentences around them stand in the prompts."""

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any

from toolflow_graph.schemas import SchemaField, iter_fields, schema_types
from toolflow_graph.types import Edge, Fact, Flow, Json, Message, Tool, Use

_MOST_FIELDS = 40
_MOST_LINKS = 10
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def render_json(value: Json) -> str:
    """Compact, readable JSON on one line."""
    return json.dumps(value, ensure_ascii=False)


def render_value(value: Json) -> str:
    """A value as a person would note it: text bare, a list as "a, b", yes or no; everything else as JSON."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(item, (str, int, float)) for item in value):
        return ", ".join(render_value(item) for item in value)
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
        items = schema.get("items")
        kind = "/".join(schema_types(schema)) or "any"
        inner = "/".join(schema_types(items)) if isinstance(items, Mapping) else ""
        described = str(schema.get("description", "")).strip()
        shown = kind if kind != "object" else "none" if mark_required else "an object of any shape"
        return [f"    ({shown}{' of ' + inner if inner else ''}){': ' + described if described else ''}"]
    if len(fields) > _MOST_FIELDS:
        lines.append(f"    ... and {len(fields) - _MOST_FIELDS} more")
    return lines


def _render_field(field: SchemaField, mark_required: bool) -> str:
    kind = "/".join(schema_types(field.schema)) or "any"
    items = field.schema.get("items") if kind == "array" else None
    items = items if isinstance(items, Mapping) else {}
    inner = "/".join(schema_types(items))
    notes = [f"{kind} of {inner}" if inner else kind]
    if mark_required and field.required:
        notes.append("required")
    if "format" in field.schema:
        notes.append(str(field.schema["format"]))
    if isinstance(options := items.get("enum"), list):
        notes.append(f"each one of {_render_options(options)}")
    elif isinstance(options := field.schema.get("enum"), list):
        notes.append(f"one of {_render_options(options)}")
    elif isinstance(examples := field.schema.get("examples"), list) and examples:
        notes.append(f"like {render_value(examples[0])}")
    notes += _render_limits(field.schema)
    described = str(field.schema.get("description", "")).strip()
    return f"    {field.path} ({'; '.join(notes)}){': ' + described if described else ''}"


def _render_options(options: Sequence[Json]) -> str:
    return ", ".join(str(option) for option in options[:12])


def _render_limits(schema: Mapping[str, Any]) -> list[str]:
    """Bounds, pattern and default of a value, as far as the schema gives them."""
    least, most = schema.get("minimum"), schema.get("maximum")
    limits = []
    if least is not None or most is not None:
        span = f"{least} to {most}" if least is not None and most is not None else None
        limits.append(span or (f"at least {least}" if most is None else f"at most {most}"))
    if "maxLength" in schema:
        limits.append(f"at most {schema['maxLength']} characters")
    if isinstance(schema.get("pattern"), str) and len(schema["pattern"]) <= 40:
        limits.append(f"pattern {schema['pattern']}")
    if "maxItems" in schema:
        limits.append(f"at most {schema['maxItems']} items")
    if schema.get("default") is not None:
        limits.append(f"default {render_value(schema['default'])}")
    return limits


_HOLLOW = frozenset(
    ("name", "title", "description", "note", "notes", "text", "limit", "offset", "page", "pagesize", "perpage",
     "cursor", "sort", "sortby", "orderby", "enabled", "active", "archived", "type", "status", "state", "fields",
     "optfields", "customfields", "count", "total", "color", "colour")
)  # fmt: skip
"""Names that fields of all kinds of things share: that two tools have one joins no story."""


def _last_name(path: str) -> str:
    return path.rpartition(".")[2].replace("[]", "").replace("_", "").replace("-", "").casefold()


def render_links(edges: Sequence[Edge], flows: Sequence[Flow] = ()) -> str:
    """How the tools are related: results that fill parameters (first the handles of things, which is sure; then what
    merely resembles them), then parameters that several tools share."""
    edges = [edge for edge in edges if _last_name(edge.target_field) not in _HOLLOW]
    feeding: list[Edge | Flow] = [*flows, *(edge for edge in edges if edge.kind == "P-R")]
    fed = dict.fromkeys(
        f"- {one.source} returns {one.source_field}, which {one.target} can take as {one.target_field}"
        for one in feeding
    )
    sharing: dict[str, list[str]] = {}
    shared = []
    for edge in edges:
        if edge.kind == "P-P" and edge.source_field == edge.target_field:
            tools = sharing.setdefault(edge.source_field, [])
            tools += [name for name in (edge.source, edge.target) if name not in tools]
        elif edge.kind == "P-P":
            ends = f"{edge.source} ({edge.source_field}) and {edge.target} ({edge.target_field})"
            shared.append(f"- {ends} are about the same thing")
    grouped = [f"- {', '.join(tools)} all take {field}" for field, tools in sharing.items()]
    return "\n".join([*list(fed)[:_MOST_LINKS], *grouped, *shared][: 2 * _MOST_LINKS])


def render_facts(facts: Sequence[Fact]) -> str:
    """Facts as a list, ``- name: value``."""
    return "\n".join(f"- {fact.name}: {render_value(fact.value)}" for fact in facts)


def render_uses(uses: Sequence[Use], current: int) -> str:
    """What is taken from earlier in the conversation; links within the current request are the assistant's business."""
    return "\n".join(dict.fromkeys(f"- {use.what}" for use in uses if use.request < current))


def render_policy(policy: Sequence[str]) -> str:
    """A policy's sentences as a list."""
    return "\n".join(f"- {sentence}" for sentence in policy)


def render_others(tools: Sequence[Tool]) -> str:
    """Tools that only stand by: name and first sentence, a line each."""
    return "\n".join(f"- {tool.name}: {tool.description.split('. ')[0].rstrip('.')}" for tool in tools)


def render_profile(profile: Mapping[str, str]) -> str:
    """The user's profile as a list, ``- key: value``."""
    return "\n".join(f"- {key}: {value}" for key, value in profile.items())


def render_now(now: str) -> dict[str, str]:
    """The dialogue's present (ISO 8601) as the variables ``now`` ("2025-05-11 19:20") and ``weekday`` ("Sunday")."""
    moment = datetime.datetime.fromisoformat(now)
    return {"now": moment.isoformat(" ", timespec="minutes"), "weekday": _WEEKDAYS[moment.weekday()]}


def render_attempt(message: Message) -> str:
    """A refused reply as text, for the note that asks again."""
    calls = [render_json({"name": call.name, "arguments": call.arguments}) for call in message.tool_calls]
    return "\n".join([*([message.content] if message.content else []), *calls]) or "(empty)"
