"""The same rules, asked about one new message while the dialogue is still being made. Pure.

Reasons are written for the model that is asked again: they say what is wrong and what to do instead.
"""

from collections.abc import Mapping, Sequence

from toolflow_graph.types import Finding, Json, Message, Plan, Tool, ToolCall, ToolResult
from toolflow_graph.verification.reading.wording import listed
from toolflow_graph.verification.registry import RULES, run_rules
from toolflow_graph.verification.rules.calls import ReadLedger
from toolflow_graph.verification.rules.text import is_pleasantry
from toolflow_graph.verification.toolcards import is_read_name
from toolflow_graph.verification.transcript import Transcript

__all__ = [
    "check_assistant_text",
    "check_calls",
    "check_result",
    "check_user_text",
    "find_repeated_read",
    "is_pleasantry",
]

_USER_RULES = listed(
    "empty_message giant_message looping_text user_names_tool user_names_parameter speaker_label role_flip "
    "control_words repair_residue repeated_message invented_fact"
)
_CALL_RULES = listed(
    "assistant_names_tool unknown_tool invalid_arguments placeholder_argument giant_message looping_text speaker_label "
    "role_flip control_words repair_residue too_many_calls repeated_call dependent_siblings ungrounded_argument "
    "wrong_kind assumed_value not_as_agreed ungrounded_answer"
)
_ASSISTANT_RULES = listed(
    "assistant_names_tool empty_message giant_message looping_text speaker_label role_flip control_words "
    "claimed_success invented_outage repair_residue repeated_message ungrounded_answer broken_off_text dumped_data "
    "empty_promise other_language"
)
_RESULT_RULES = listed(
    "invalid_result placeholder_result giant_result control_words contradicting_results contradicting_echo "
    "inconsistent_world lost_change deleted_thing missing_thing"
)


def _run(codes: Sequence[str], transcript: Transcript) -> list[Finding]:
    return run_rules((RULES[code] for code in codes), transcript)


def check_user_text(
    text: str,
    *,
    tools: Sequence[Tool],
    messages: Sequence[Message],
    plan: Plan | None = None,
    request_index: int = 0,
    profile: Mapping[str, str] | None = None,
    now: str | None = None,
) -> list[Finding]:
    """What is wrong with the user's next message ``text``, said for request ``request_index`` (0-based)."""
    transcript = Transcript(
        messages=(*messages, Message(role="user", content=text)),
        tools=tuple(tools),
        plan=plan,
        # All requests up to the current one count as opened: where they were does not matter to these rules.
        request_starts=(0,) * (request_index + 1),
        now=now,
        profile=profile or {},
        focus=len(messages),
    )
    return _run(_USER_RULES, transcript)


def check_calls(
    calls: Sequence[ToolCall],
    *,
    tools: Sequence[Tool],
    messages: Sequence[Message],
    content: str | None = None,
    profile: Mapping[str, str] | None = None,
    now: str | None = None,
) -> list[Finding]:
    """What is wrong with the calls the assistant wants to make next, as one message."""
    transcript = Transcript(
        messages=(*messages, Message(role="assistant", content=content, tool_calls=tuple(calls))),
        tools=tuple(tools),
        now=now,
        profile=profile or {},
        focus=len(messages),
    )
    return _run(_CALL_RULES, transcript)


def check_assistant_text(text: str, *, messages: Sequence[Message], tools: Sequence[Tool]) -> list[Finding]:
    """What is wrong with the assistant's next message ``text``."""
    transcript = Transcript(
        messages=(*messages, Message(role="assistant", content=text)), tools=tuple(tools), focus=len(messages)
    )
    return _run(_ASSISTANT_RULES, transcript)


def check_result(
    value: Json,
    *,
    tool: Tool,
    call: ToolCall,
    history: Sequence[tuple[ToolCall, ToolResult]] = (),
    tools: Sequence[Tool] = (),
) -> list[Finding]:
    """What is wrong with ``value`` as the successful result of ``call``.

    ``tools``: the dialogue's other tools; their effects tell whether an earlier read may have changed since.
    """
    messages: list[Message] = []
    for number, (earlier, result) in enumerate(history):
        # Ids of our own, so that the pairs stay pairs whatever the dialogue calls them.
        made = earlier.model_copy(update={"id": f"h{number}"})
        messages.append(Message(role="assistant", tool_calls=(made,)))
        messages.append(result.model_copy(update={"call_id": made.id}).to_message())
    messages.append(Message(role="assistant", tool_calls=(call,)))
    messages.append(ToolResult(call_id=call.id, value=value).to_message())
    others = tuple(other for other in tools if other.name != tool.name)
    transcript = Transcript(messages=tuple(messages), tools=(*others, tool), focus=len(messages) - 1)
    return _run(_RESULT_RULES, transcript)


def find_repeated_read(
    call: ToolCall, history: Sequence[tuple[ToolCall, ToolResult]], tools: Mapping[str, Tool]
) -> ToolResult | None:
    """The result that ``call`` must bring because the same read brought it before and nothing was written since."""

    def reads(name: str) -> bool:
        effect = tools[name].effect if name in tools else None
        return is_read_name(name) if effect is None else effect == "read"

    ledger = ReadLedger()
    for earlier, result in history:
        ledger.see(earlier, result, reads(earlier.name))
    known = ledger.known(call) if reads(call.name) else None
    return None if known is None else known.model_copy(update={"call_id": call.id})
