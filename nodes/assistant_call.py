"""assistant_call: answer, ask for what is missing, or emit one or several tool calls (paper, 3.3).

The assistant sees what is exported (system message, tools, messages) and constant guidance. It never sees the plan.
"""

from typing import Any

from langgraph.runtime import Runtime

from toolflow_graph.context import Context
from toolflow_graph.dialogue.asking import ask
from toolflow_graph.dialogue.scenes import build_scene
from toolflow_graph.dialogue.staging import cues_of, offered_now
from toolflow_graph.errors import ParseError
from toolflow_graph.models.briefs import AssistantBrief
from toolflow_graph.models.port import Reply
from toolflow_graph.models.structured import parse_arguments
from toolflow_graph.state import DialogueState, load_cues, load_messages, load_plan, load_seed, load_tool_changes
from toolflow_graph.types import Message, Seed, Tool, ToolCall
from toolflow_graph.verification.inline import check_assistant_text, check_calls


async def assistant_call(state: DialogueState, runtime: Runtime[Context]) -> dict[str, Any]:
    """Ask the assistant role for its next message; calls that cannot be made go back to it with the reason."""
    seed, messages = load_seed(state), load_messages(state)
    offered = offered_now(seed, load_tool_changes(state))
    number = state.get("request_index", 0)
    answer = await ask(
        runtime.context,
        state,
        "assistant",
        node="assistant_call",
        messages=render(messages, runtime.context),
        brief=AssistantBrief(
            scene=build_scene(seed),
            plan=load_plan(state),
            request_index=number,
            request_start=[0, *state.get("request_starts", [])][-1],
            messages=messages,
            offered=frozenset(tool.name for tool in offered),
            cues=cues_of(load_cues(state), number),
            planted=tuple(cue.text for cue in load_cues(state) if cue.kind == "injection" and cue.text),
        ),
        parse=lambda reply: parse(reply, seed, messages, offered),
        tools=offered,
    )
    said = answer.value.model_copy(update={"reasoning": answer.reasoning})
    return {"messages": [said.to_json()], **answer.bookkeeping}


def render(messages: tuple[Message, ...], context: Context) -> list[Message]:
    """The dialogue as exported, with the constant guidance below the system message.

    Where a dialogue is played again, what judges said of its first version stands there too, from that place on.
    """
    system, *rest = messages
    template, advice = context.templates["assistant"], context.advice
    parts = [str(system.content), template.render()]
    if advice is not None and len(messages) >= advice.message_index:
        parts.append(template.render("advice", reasons=advice.reasons))
    return [Message(role="system", content="\n\n".join(parts)), *rest]


def parse(reply: Reply, seed: Seed, messages: tuple[Message, ...], offered: tuple[Tool, ...]) -> Message:
    """Read a message; its calls are numbered on from the dialogue's last and must be callable as they stand."""
    made = sum(len(message.tool_calls) for message in messages)
    calls = tuple(
        ToolCall(id=f"call_{made + number}", name=call.name, arguments=parse_arguments(call.arguments))
        for number, call in enumerate(reply.calls, start=1)
    )
    content = (reply.content or "").strip() or None
    if calls:
        findings = check_calls(
            calls, tools=offered, messages=messages, content=content, profile=seed.profile, now=seed.now
        )
    else:
        findings = check_assistant_text(content or "", messages=messages, tools=offered)
    errors = [finding.reason for finding in findings if finding.severity == "error"]
    if errors:
        raise ParseError("; ".join(errors))
    return Message(role="assistant", content=content, tool_calls=calls)
