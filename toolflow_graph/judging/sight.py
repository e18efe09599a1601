"""What a judge is shown: the tools, briefly, and the messages with their numbers. Pure."""

from collections.abc import Sequence

from toolflow_graph.rendering import render_json, render_others, render_tool
from toolflow_graph.types import Message, Tool
from toolflow_graph.verification import Transcript

_MOST_TOOL = 1_500
_MOST_TOOLS = 12
_MOST_DIALOGUE = 60_000
_CUTS = (8_000, 3_000, 1_000, 300, 100)
"""Most characters of one message; the first with which the whole dialogue keeps to its limit."""


def assistant_turns(messages: Sequence[Message]) -> tuple[int, ...]:
    """The indices of the assistant's messages: each of them is judged by itself."""
    return tuple(index for index, message in enumerate(messages) if message.role == "assistant")


def render_tools(transcript: Transcript) -> str:
    """The tools as signatures; of a great many, those that were not called with a sentence only.

    What a tool returns is seen where it was called.
    """
    called = {call.name for message in transcript.messages for call in message.tool_calls}
    many = len(transcript.tools) > _MOST_TOOLS
    whole = [tool for tool in transcript.tools if not many or tool.name in called]
    others: list[Tool] = [tool for tool in transcript.tools if tool not in whole]
    parts = [_cut(render_tool(tool.model_copy(update={"returns": None})), _MOST_TOOL) for tool in whole]
    return "\n".join([*parts, *([render_others(others)] if others else [])]) or "(none)"


def render_dialogue(transcript: Transcript) -> str:
    """The messages, a number each. Lines within a message are indented, so that no content can pass for a message."""
    changes = _changes(transcript)
    for most in _CUTS:
        places = range(len(transcript.messages))
        text = "\n".join(changes.get(index, "") + _render_message(transcript, index, most) for index in places)
        if len(text) <= _MOST_DIALOGUE:
            break
    return text


def _changes(transcript: Transcript) -> dict[int, str]:
    """By the index of the message that it is written with: what is offered from there on, if that changes at all."""
    if not transcript.tool_changes:
        return {}
    told: dict[int, str] = {}
    before: frozenset[str] | None = None
    for index in range(len(transcript.messages)):
        offered = transcript.offered(index)
        if offered != before:
            told[index] = f"(from here on the assistant has: {', '.join(sorted(offered)) or 'no tools'})\n"
        before = offered
    return told


def _render_message(transcript: Transcript, index: int, most: int) -> str:
    message = transcript.messages[index]
    parts = [_cut(message.content, most)] if message.content else []
    for call in message.tool_calls:
        parts.append(f"calls {call.name}({_cut(render_json(call.arguments), most)})")
    who = f"tool {_caller(transcript, index)}".strip() if message.role == "tool" else str(message.role)
    text = "\n".join(parts) or "(empty)"
    return f"[{index}] {who}: " + "\n    ".join(text.splitlines() or [""])


def _caller(transcript: Transcript, index: int) -> str:
    wanted = transcript.messages[index].tool_call_id
    for message in reversed(transcript.messages[:index]):
        for call in message.tool_calls:
            if call.id == wanted:
                return call.name
    return ""


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]} ... (cut here: {len(text)} characters in all)"
