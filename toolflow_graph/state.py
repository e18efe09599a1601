"""What LangGraph carries: JSON-plain values in ``typing_extensions.TypedDict``; lists grow by ``operator.add``."""

import operator
from typing import Annotated, Any

from typing_extensions import TypedDict

from toolflow_graph.record import ToolChange
from toolflow_graph.schemas import has_own_error
from toolflow_graph.types import Cue, Message, Plan, Request, Seed, Tool, ToolCall, ToolResult


class DialogueInput(TypedDict, total=False):
    """What starts a dialogue: a seed, or an index of the run to draw it from; empty draws index 0."""

    index: int
    seed: dict[str, Any]


class DialogueOutput(TypedDict, total=False):
    """What a dialogue ends with."""

    record: dict[str, Any]


class DialogueState(TypedDict, total=False):
    """One dialogue in the making.

    ``seed``, ``plan``, ``messages``, ``alternatives``, ``verdict``, ``fault``, ``record`` are the nouns of
    ``types``/``record``, dumped. ``request_index`` is the current request, ``request_starts`` the message index at
    which each request was opened, ``visit`` how often the user has spoken for the current one. ``user_log`` is the user
    role's transcript (what it was told, what it replied), so that its prompt only ever grows. ``usage`` lists
    {"role", "calls", "input", "output", "cached"} per model call, ``reasoning_keys`` the key under which each role's
    server sent reasoning in this dialogue (where it goes back the same way). ``ended`` says why no more turns follow,
    ``steps`` counts node visits. ``cues`` is what was staged (``types.Cue``), ``tool_changes`` which tools are offered
    from which message on.
    """

    index: int
    seed: dict[str, Any]
    plan: dict[str, Any]
    messages: Annotated[list[dict[str, Any]], operator.add]
    request_index: int
    request_starts: list[int]
    visit: int
    user_log: Annotated[list[dict[str, Any]], operator.add]
    alternatives: Annotated[list[dict[str, Any]], operator.add]
    usage: Annotated[list[dict[str, Any]], operator.add]
    cues: Annotated[list[dict[str, Any]], operator.add]
    tool_changes: Annotated[list[dict[str, Any]], operator.add]
    reasoning_keys: dict[str, str]
    fault: dict[str, Any] | None
    ended: str | None
    steps: int
    verdict: dict[str, Any]
    record: dict[str, Any]


def load_seed(state: DialogueState) -> Seed:
    """The dialogue's seed."""
    return Seed.model_validate(state["seed"])


def load_plan(state: DialogueState) -> Plan:
    """The dialogue's plan; empty before the plan node has run."""
    return Plan.model_validate(state.get("plan") or {"requests": ()})


def load_messages(state: DialogueState) -> tuple[Message, ...]:
    """The dialogue so far, the system message first."""
    return tuple(Message.model_validate(message) for message in state.get("messages", []))


def load_request(state: DialogueState) -> Request | None:
    """The current request; None when the plan is done."""
    requests = load_plan(state).requests
    index = state.get("request_index", 0)
    return requests[index] if index < len(requests) else None


def load_cues(state: DialogueState) -> tuple[Cue, ...]:
    """What was staged so far."""
    return tuple(Cue.model_validate(cue) for cue in state.get("cues", []))


def load_tool_changes(state: DialogueState) -> tuple[ToolChange, ...]:
    """Which tools are offered from which message on; empty: all of them, always."""
    return tuple(ToolChange.model_validate(change) for change in state.get("tool_changes", []))


def load_history(
    messages: tuple[Message, ...], tools: tuple[Tool, ...] = ()
) -> tuple[tuple[ToolCall, ToolResult], ...]:
    """All answered calls with their results, oldest first; ``tools`` tell results that have an error of their own."""
    calls = {call.id: call for message in messages for call in message.tool_calls}
    own_error = {tool.name for tool in tools if has_own_error(tool.returns)}
    return tuple(
        (
            calls[message.tool_call_id],
            ToolResult.from_message(message, own_error=calls[message.tool_call_id].name in own_error),
        )
        for message in messages
        if message.role == "tool" and message.tool_call_id in calls
    )


def pending_calls(messages: tuple[Message, ...]) -> tuple[ToolCall, ...]:
    """The calls that no tool message has answered yet, in order."""
    answered = {message.tool_call_id for message in messages if message.role == "tool"}
    return tuple(call for message in messages for call in message.tool_calls if call.id not in answered)
