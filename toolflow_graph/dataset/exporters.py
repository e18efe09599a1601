"""Exporters: a record in, one line of somebody's training format out.

An exporter is a port: any function ``(record: dict) -> dict`` can be one, by reference.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from toolflow_graph.errors import UsageError
from toolflow_graph.references import load_reference

Exporter = Callable[[dict[str, Any]], dict[str, Any]]

EXPORTERS = {"openai": "toolflow_graph.dataset.exporters:openai"}

_MESSAGE_KEYS = ("role", "content", "tool_calls", "tool_call_id", "name", "weight")
_FUNCTION_KEYS = ("name", "description", "parameters", "strict")


def load_exporter(spec: str) -> Exporter:
    """The exporter that ``spec`` names: a known format, ``package.module:attr`` or ``path/file.py:attr``.

    Raises:
        UsageError: if it names nothing, or something that cannot be called.
    """
    found = load_reference(spec, what="export format", known=EXPORTERS)
    if not callable(found):
        raise UsageError(f"{spec!r} is a {type(found).__name__}", expected="a function (record: dict) -> dict")
    exporter: Exporter = found
    return exporter


def export_records(records: Iterable[dict[str, Any]], exporter: Exporter, spec: str) -> Iterator[dict[str, Any]]:
    """Each record, exported.

    Raises:
        UsageError: if the exporter fails on a record or returns no dict.
    """
    for number, record in enumerate(records):
        name = record.get("id", f"dialogue {number}")
        try:
            line = exporter(record)
        except Exception as error:
            raise UsageError(
                f"the export format {spec!r} fails on {name!r}: {type(error).__name__}: {error}",
                expected="a dialogue with messages and tools, and a function that takes it",
            ) from error
        if not isinstance(line, dict):
            raise UsageError(
                f"the export format {spec!r} returned a {type(line).__name__} for {name!r}", expected="a dict"
            )
        yield line


def openai(record: dict[str, Any]) -> dict[str, Any]:
    """A line of OpenAI's fine-tuning format: ``messages``, ``tools``, ``parallel_tool_calls`` and nothing else.

    An assistant message that is not to be trained on (``train: false``) has ``weight: 0``.
    Call arguments become JSON strings; ``returns``, ``effect`` and ``reasoning`` are left out. A dialogue without
    tools has only ``messages``. Tools that come or go by turn (``tool_changes``) are all listed: the format knows no
    change.
    """
    line: dict[str, Any] = {"messages": [_message(message) for message in record["messages"]]}
    tools = [_tool(tool) for tool in record.get("tools") or ()]
    if tools:
        line["tools"] = tools
        parallel = record.get("parallel_tool_calls")
        # The API's own default, and what a record without the setting was made with.
        line["parallel_tool_calls"] = True if parallel is None else parallel
    return line


def _message(message: dict[str, Any]) -> dict[str, Any]:
    plain = {key: message[key] for key in _MESSAGE_KEYS if key in message}
    if message.get("train") is False and message.get("role") == "assistant":
        # OpenAI's way to leave a message out of the loss; it takes the key on assistant messages only.
        plain["weight"] = 0
    if "tool_calls" in plain:
        plain["tool_calls"] = [_call(call) for call in plain["tool_calls"]]
    return plain


def _call(call: dict[str, Any]) -> dict[str, Any]:
    function = call["function"]
    arguments = function.get("arguments", {})
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return {"id": call["id"], "type": "function", "function": {"name": function["name"], "arguments": text}}


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    function = tool.get("function", tool)
    return {"type": "function", "function": {key: function[key] for key in _FUNCTION_KEYS if key in function}}
