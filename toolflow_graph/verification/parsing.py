"""Read any dialogue, ours or plain OpenAI ``messages`` + ``tools``, into a transcript. Pure; never raises on content.

Foreign data comes in many shapes: arguments as JSON text, no system message, tool messages without ids, content as a
list of parts, ``function_call`` and ``role: function`` of the older API, tools as bare functions or as JSON text. What
cannot be read is kept as :class:`Unread`, so that it becomes a finding.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from toolflow_graph.record import Record, ToolChange
from toolflow_graph.types import Fault, Message, Plan, Tool, ToolCall
from toolflow_graph.verification.transcript import Transcript, Unread

_ROLES = {"developer": "system", "function": "tool", "system": "system", "user": "user", "assistant": "assistant"}
_ROLES["tool"] = "tool"
_OTHER_PARTS = {"image_url": "image", "image": "image", "input_image": "image", "input_audio": "audio", "file": "file"}
"""OpenAI's content parts that are no text, and what they are called where nothing else is said."""


def parse_record(record: Record) -> Transcript:
    """The transcript of a record."""
    # Not the record's dump: leaving out what is absent would take null arguments with it.
    plain = {"id": record.id, "seed": record.seed, "tools": record.tools, "messages": record.messages}
    return _parse({**plain, "verdict": {"accepted": record.verdict.accepted}}, record)


def parse_dialogue(data: Any, *, strict: bool | None = None) -> Transcript:
    """The transcript of a JSON value: one of our records, or an object with ``messages`` and perhaps ``tools``.

    Args:
        strict: whether every value needs a source that is seen (see :class:`Transcript`); None: in our records only.
    """
    if not isinstance(data, Mapping):
        reason = f"expected an object with messages and tools, got {type(data).__name__}"
        return Transcript(messages=(), unread=(Unread("message", reason),))
    record = None
    unread: list[Unread] = []
    if "schema_version" in data and "seed" in data:
        try:
            record = Record.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            unread.append(Unread("message", f"not a record of this version: {place}: {first['msg']}"))
    return _parse(data, record, unread, strict)


def _parse(
    data: Mapping[str, Any], record: Record | None, unread: list[Unread] | None = None, strict: bool | None = None
) -> Transcript:
    unread = unread if unread is not None else []
    messages = parse_messages(_json_list(data.get("messages"), "messages", unread), unread)
    entries = data.get("tools") if data.get("tools") is not None else data.get("functions")
    tools = parse_tools(_json_list(entries if entries is not None else [], "tools", unread), unread)
    seed = data.get("seed") if isinstance(data.get("seed"), Mapping) else {}
    assert isinstance(seed, Mapping)
    profile = seed.get("profile")
    now = seed.get("now")
    plan: Plan | None = record.plan if record else None
    fault: Fault | None = record.fault if record else None
    changes: tuple[ToolChange, ...] = record.tool_changes if record else ()
    search, language = seed.get("search_tool"), seed.get("language")
    verdict = data.get("verdict")
    written = verdict.get("accepted") if isinstance(verdict, Mapping) else None
    return Transcript(
        messages=messages,
        tools=tools,
        plan=plan,
        request_starts=record.request_starts if record else (),
        now=now if isinstance(now, str) else None,
        profile={str(key): str(value) for key, value in profile.items()} if isinstance(profile, Mapping) else {},
        fault=fault,
        ended=record.ended if record else None,
        tool_changes=changes,
        cues=record.cues if record else (),
        search_tool=search if isinstance(search, str) else None,
        language=language if isinstance(language, str) else None,
        strict=record is not None if strict is None else strict,
        unread=tuple(unread),
        id=str(data.get("id", "")),
        written_verdict=written if isinstance(written, bool) else None,
    )


def _json_list(value: Any, name: str, unread: list[Unread]) -> Sequence[Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if isinstance(value, list | tuple):
        return value
    said = f"{name!r} is not a list" if value is not None else f"there is no list {name!r} (of OpenAI's format)"
    unread.append(Unread("tool" if name == "tools" else "message", said))
    return ()


def parse_tools(entries: Sequence[Any], unread: list[Unread]) -> tuple[Tool, ...]:
    """Tools from OpenAI entries (``returns`` and ``effect`` inside ``function`` are read) or bare functions."""
    tools = []
    for number, entry in enumerate(entries):
        function = entry.get("function", entry) if isinstance(entry, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
            unread.append(Unread("tool", f"tool {number} has no function with a name"))
            continue
        name = function["name"]
        parameters = function.get("parameters")
        if parameters is not None and not isinstance(parameters, Mapping):
            unread.append(Unread("tool", f"tool {name!r}: parameters is {type(parameters).__name__}, not an object"))
            parameters = None
        returns, effect = function.get("returns"), function.get("effect")
        values = {
            "name": name,
            "description": str(function.get("description") or ""),
            "parameters": dict(parameters) if parameters else {"type": "object", "properties": {}},
            "returns": dict(returns) if isinstance(returns, Mapping) else None,
            "effect": effect if effect in ("read", "write") else None,
        }
        try:
            tools.append(Tool.model_validate(values))
        except ValidationError:
            unread.append(Unread("tool", f"tool {name!r}: OpenAI allows letters, digits, _ and -, at most 64"))
            tools.append(Tool.model_construct(**values))
    return tuple(tools)


def parse_messages(entries: Sequence[Any], unread: list[Unread]) -> tuple[Message, ...]:
    """Messages, one for each entry, so that indices agree with the file."""
    messages: list[Message] = []
    pending: list[tuple[str, str]] = []
    for index, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            unread.append(Unread("message", f"expected an object, got {type(entry).__name__}", index))
            messages.append(Message(role="user"))
            continue
        role = _ROLES.get(str(entry.get("role")))
        if role is None:
            unread.append(Unread("message", f"unknown role {entry.get('role')!r}", index))
            role = "user"
        content = _parse_content(entry.get("content"), index, unread)
        calls = _parse_calls(entry, index, unread) if role == "assistant" else ()
        if role != "assistant" and entry.get("tool_calls"):
            unread.append(Unread("message", f"a {role} message carries tool_calls", index))
        call_id = None
        if role == "tool":
            call_id = _answered_id(entry, pending)
            pending = [call for call in pending if call[0] != call_id]
        elif calls:
            pending = [(call.id, call.name) for call in calls]
        reasoning = entry.get("reasoning") or entry.get("reasoning_content")
        messages.append(
            Message.model_validate(
                {
                    "role": role,
                    "content": content,
                    "tool_calls": calls,
                    "tool_call_id": call_id,
                    "reasoning": reasoning if isinstance(reasoning, str) else None,
                }
            )
        )
    return tuple(messages)


def _parse_content(content: Any, index: int, unread: list[Unread]) -> str | None:
    if content is None or isinstance(content, str):
        return content
    if isinstance(content, list):
        texts: list[str] = []
        others: list[str] = []
        for part in content:
            text = part.get("text") if isinstance(part, Mapping) else part
            kind = part.get("type") if isinstance(part, Mapping) else type(part).__name__
            if isinstance(text, str):
                texts.append(text)
            elif kind in _OTHER_PARTS:
                # Nothing here looks at it, but something was shown or said.
                others.append(f"({_OTHER_PARTS[kind]})")
            else:
                unread.append(Unread("message", f"a content part of type {kind!r} is not text", index))
        return "\n".join(texts or others)
    if isinstance(content, Mapping):
        return json.dumps(content, ensure_ascii=False)
    unread.append(Unread("message", f"content is {type(content).__name__}, not text", index))
    return None


def _parse_calls(entry: Mapping[str, Any], index: int, unread: list[Unread]) -> tuple[ToolCall, ...]:
    entries = entry.get("tool_calls") or ([entry["function_call"]] if entry.get("function_call") else [])
    if not isinstance(entries, list | tuple):
        unread.append(Unread("message", "tool_calls is not a list", index))
        return ()
    calls: list[ToolCall] = []
    for position, item in enumerate(entries):
        function = item.get("function", item) if isinstance(item, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
            unread.append(Unread("message", f"tool call {position} has no function with a name", index))
            continue
        arguments, problem = parse_arguments(function.get("arguments"))
        if problem:
            unread.append(Unread("arguments", problem, index, len(calls)))
        given = item.get("id")
        # Data without ids: the place names the call; no real id looks like this.
        call_id = given if isinstance(given, str) and given else f"#{index}.{position}"
        calls.append(ToolCall(id=call_id, name=function["name"], arguments=arguments))
    return tuple(calls)


def parse_arguments(value: Any) -> tuple[dict[str, Any], str | None]:
    """Arguments as an object, and why they could not be read as one."""
    if value is None or value == "":
        return {}, None
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            return {}, f"the arguments are no JSON: {error}"
    if isinstance(value, Mapping):
        return dict(value), None
    return {}, f"the arguments are {type(value).__name__}, not an object"


def _answered_id(entry: Mapping[str, Any], pending: list[tuple[str, str]]) -> str | None:
    given = entry.get("tool_call_id") or entry.get("id")
    if isinstance(given, str) and given:
        return given
    name = entry.get("name")
    named = [call_id for call_id, called in pending if called == name]
    if named:
        return named[0]
    return pending[0][0] if pending and name is None else None
