"""tool_simulation: the result of every pending call (paper, 3.3), valid, and consistent with what came back before."""

from collections.abc import Mapping, Sequence
from typing import Any

from langgraph.runtime import Runtime

from toolflow_graph.context import Context
from toolflow_graph.dialogue.asking import StepFailed, ask
from toolflow_graph.dialogue.injections import draw_address, draw_target
from toolflow_graph.dialogue.scenes import build_scene
from toolflow_graph.dialogue.spoken import spoken_beside
from toolflow_graph.dialogue.staging import Stage, draw_line
from toolflow_graph.errors import ParseError
from toolflow_graph.models.briefs import Failure, ToolBrief
from toolflow_graph.models.port import Reply
from toolflow_graph.models.structured import parse_json_object
from toolflow_graph.rendering import render_facts, render_json, render_now, render_profile, render_tool
from toolflow_graph.state import (
    DialogueState,
    load_cues,
    load_history,
    load_messages,
    load_plan,
    load_seed,
    load_tool_changes,
    pending_calls,
)
from toolflow_graph.templates import Template
from toolflow_graph.types import Fact, Message, Seed, Tool, ToolCall, ToolResult
from toolflow_graph.validation import schema_errors
from toolflow_graph.verification.inline import check_result, find_repeated_read
from toolflow_graph.verification.toolcards import changes
from toolflow_graph.verification.world.things import World, act_of, recall

History = tuple[tuple[ToolCall, ToolResult], ...]
_ERROR = {
    "type": "object",
    "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
    "required": ["code", "message"],
}


async def tool_simulation(state: DialogueState, runtime: Runtime[Context]) -> dict[str, Any]:
    """Answer the pending calls one after another, so that each result can agree with those before it."""
    seed, plan, messages = load_seed(state), load_plan(state), load_messages(state)
    stage = Stage(seed, plan, state.get("request_index", 0), load_cues(state), load_tool_changes(state))
    tools = {tool.name: tool for tool in seed.offered}
    history = load_history(messages, seed.offered)
    spoken = spoken_beside(plan, state.get("request_starts", []), load_cues(state), messages)
    template = runtime.context.templates["tool"]
    lines = template.render("inject", address=draw_address(seed.random_seed), tool=draw_target(seed))
    planted = draw_line(lines, seed.random_seed, "injected")
    update: dict[str, Any] = {"usage": [], "alternatives": []}
    results: list[ToolResult] = []
    for call in pending_calls(messages):
        place, tool = len(messages) + len(results), tools.get(call.name)
        result = refuse(call, tool)
        backend = None if result is not None else runtime.context.services.backends.find(call.name)
        if backend is not None and tool is not None:
            # What is real answers itself, also a repeated read; nothing is staged for it.
            result = await backend.call(tool, call, now=seed.now, dialogue_id=seed.id)
        kind = stage.due_mishap(call, tool) if result is None and tool is not None else None
        # A service may be down for a read that worked before.
        result = result if result is not None or tool is None else stage.play(call, kind, place)
        known = None if result is not None else find_repeated_read(call, history, tools)
        result = result or known
        if result is None and tool is not None:
            failure, earlier = stage.failure(kind), stage.failures(messages)
            result, spent = await simulate(
                state,
                runtime.context,
                seed,
                tool,
                call,
                history,
                so_far=update,
                failure=failure,
                failures=earlier,
                spoken=spoken,
            )
            update |= spent
            if kind and result.ok == (kind == "empty"):
                stage.keep("mishap", place, kind)
        assert result is not None
        if known is None:  # what was read before comes back as it was
            result = stage.inject(result, tool, place, planted)
        history = (*history, (call, result))
        results.append(result)
    return {
        **update,
        "messages": [result.to_message().to_json() for result in results],
        "cues": [cue.to_json() for cue in stage.cues],
        "tool_changes": [change.to_json() for change in stage.tool_changes],
    }


async def simulate(
    state: DialogueState,
    context: Context,
    seed: Seed,
    tool: Tool,
    call: ToolCall,
    history: History,
    *,
    so_far: Mapping[str, Any],
    failure: Failure | None,
    failures: Mapping[str, Failure],
    spoken: Mapping[str, Sequence[Fact]],
) -> tuple[ToolResult, dict[str, Any]]:
    """The tool role's result of one call, with what it took; an error result if nothing usable comes."""
    tools = {each.name: each for each in seed.offered}
    try:
        answer = await ask(
            context,
            state,
            "tool",
            node="tool_simulation",
            messages=render(tool, call, history, tools, seed, context, failure, failures, spoken),
            brief=ToolBrief(scene=build_scene(seed), tool=tool, call=call, history=history, mishap=failure),
            parse=lambda reply: parse(reply, tool, call, history, seed.offered, failure.kind if failure else None),
            schema=reply_schema(tool),
            repairs=1,
            so_far=so_far,
        )
    except StepFailed as failed:
        if failed.fault.code != "unusable_reply":
            raise
        error = {"code": "internal_error", "message": "The service could not complete the request."}
        return ToolResult(call_id=call.id, ok=False, error=error), failed.bookkeeping
    return answer.value, answer.bookkeeping


def refuse(call: ToolCall, tool: Tool | None) -> ToolResult | None:
    """The error a real API would give for an unknown tool or invalid arguments; None for a call that can be made."""
    if tool is None:
        error = {"code": "not_found", "message": f"There is no {call.name}."}
        return ToolResult(call_id=call.id, ok=False, error=error)
    reasons = schema_errors(call.arguments, tool.parameters, closed=True)
    if reasons:
        error = {"code": "invalid_request", "message": "; ".join(reasons)}
        return ToolResult(call_id=call.id, ok=False, error=error)
    return None


def render(
    tool: Tool,
    call: ToolCall,
    history: History,
    tools: dict[str, Tool],
    seed: Seed,
    context: Context,
    mishap: Failure | None = None,
    failed: Mapping[str, Failure] | None = None,
    spoken: Mapping[str, Sequence[Fact]] | None = None,
) -> list[Message]:
    """The tool role's own conversation: every earlier call with its result, then this call. It only ever grows.

    A call's message also recalls what was written before of the things that it concerns, for models that lose track,
    and what the person has told beside it.
    """
    template = context.templates["tool"]
    about = {"profile": render_profile(seed.profile)}
    transcript = [Message(role="system", content=template.render(**render_now(seed.now), **about))]
    described: set[str] = set()
    world = World()
    for place, (made, result) in enumerate(history):
        if made.name in tools:
            body = {"ok": True, "result": result.value} if result.ok else {"ok": False, "error": result.error}
            kind = (failed or {}).get(made.id)
            beside = (spoken or {}).get(made.id, ())
            transcript.append(_directive(tools[made.name], made, described, template, kind, world, beside))
            transcript.append(Message(role="assistant", content=render_json(body)))
        if result.ok:
            world.see(act_of(place, made, result, tools))
    beside = (spoken or {}).get(call.id, ())
    return [*transcript, _directive(tool, call, described, template, mishap, world, beside)]


def _directive(
    tool: Tool,
    call: ToolCall,
    described: set[str],
    template: Template,
    mishap: Failure | None,
    world: World,
    beside: Sequence[Fact],
) -> Message:
    """What the tool role is told of one call, and how it is to fail; a tool is described at its first call only."""
    arguments = render_json(call.arguments)
    known = recall(world, call, reads=not changes(tool))
    staged = f"\n\n{template.render('known', known=render_json(known))}" if known else ""
    staged += f"\n\n{template.render('spoken', facts=render_facts(beside))}" if beside else ""
    staged += f"\n\n{template.render(mishap.kind, value=render_json(mishap.value))}" if mishap else ""
    if tool.name in described:
        return Message(role="user", content=template.render("again", name=tool.name, arguments=arguments) + staged)
    described.add(tool.name)
    returns = render_json(tool.returns) if tool.returns else "any JSON that fits the description"
    signature = render_tool(tool.model_copy(update={"returns": None}))
    content = template.render("call", tool=signature, returns=returns, arguments=arguments)
    return Message(role="user", content=content + staged)


def reply_schema(tool: Tool) -> dict[str, Any]:
    """The JSON that the tool role replies with: a result, or an error as the service would give it."""
    returns = {key: value for key, value in (tool.returns or {}).items() if key not in ("$defs", "definitions")}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}, "result": returns, "error": _ERROR},
        "required": ["ok"],
    }
    # References inside ``returns`` are absolute (#/$defs/...), so its definitions move to the new root.
    return schema | {key: tool.returns[key] for key in ("$defs", "definitions") if tool.returns and key in tool.returns}


def parse(
    reply: Reply, tool: Tool, call: ToolCall, history: History, tools: tuple[Tool, ...], mishap: str | None = None
) -> ToolResult:
    """Read {"ok", "result" | "error"}; a result must fit the tool's ``returns``, and the call fail as it is to."""
    plain = parse_json_object(reply.content)
    if mishap in ("not_found", "invalid") and plain.get("ok") is not False:
        raise ParseError('this call fails: reply with {"ok": false, "error": {"code": "...", "message": "..."}}')
    if mishap == "empty" and (plain.get("ok") is False or has_items(plain.get("result"))):
        raise ParseError("nothing matches this call: the result's lists must be empty")
    if plain.get("ok") is False:
        error = plain.get("error")
        if not isinstance(error, dict) or not error.get("message"):
            raise ParseError('an error needs {"code": "...", "message": "..."}')
        return ToolResult(call_id=call.id, ok=False, error=error)
    if "result" not in plain:
        raise ParseError('reply with {"ok": true, "result": ...} or {"ok": false, "error": ...}')
    findings = check_result(plain["result"], tool=tool, call=call, history=history, tools=tools)
    errors = [finding.reason for finding in findings if finding.severity == "error"]
    if errors:
        raise ParseError("; ".join(errors))
    return ToolResult(call_id=call.id, value=plain["result"])


def has_items(value: Any) -> bool:
    """Whether any list in a result holds something."""
    if isinstance(value, dict):
        return any(has_items(part) for part in value.values())
    return isinstance(value, list) and bool(value)
