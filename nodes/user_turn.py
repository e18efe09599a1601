"""user_turn: is the current request done? If so the next one is brought up, if not the user goes on (paper, 3.3).

The user proposes that a request is done; a ledger of calls and answers decides. The user sees the current request only.
"""

from typing import Any

from langgraph.runtime import Runtime

from toolflow_graph.context import Context
from toolflow_graph.dialogue.asking import Answer, ask
from toolflow_graph.dialogue.ledger import is_settled
from toolflow_graph.dialogue.limits import turn_limit, visit_limit
from toolflow_graph.dialogue.scenes import build_scene
from toolflow_graph.dialogue.staging import cues_of, draw_line, due_cue, offer_more
from toolflow_graph.errors import ParseError
from toolflow_graph.models.briefs import UserBrief
from toolflow_graph.models.port import Reply
from toolflow_graph.models.structured import parse_json_object
from toolflow_graph.record import ToolChange
from toolflow_graph.rendering import render_facts, render_json, render_now, render_profile, render_uses
from toolflow_graph.state import DialogueState, load_cues, load_messages, load_plan, load_seed, load_tool_changes
from toolflow_graph.templates import STYLES
from toolflow_graph.types import Cue, Fact, Message, Plan, Request, Seed
from toolflow_graph.verification.inline import check_user_text, is_pleasantry

SCHEMA = {
    "type": "object",
    "properties": {"done": {"type": "boolean"}, "message": {"type": "string"}},
    "required": ["done", "message"],
    "additionalProperties": False,
}


async def user_turn(state: DialogueState, runtime: Runtime[Context]) -> dict[str, Any]:
    """Speak for the current request or the next one; end when the plan is done, or at a limit."""
    seed, plan, messages = load_seed(state), load_plan(state), load_messages(state)
    index, visit = state.get("request_index", 0), state.get("visit", 0)
    cues = load_cues(state)
    update: dict[str, Any] = {"user_log": [], "usage": [], "alternatives": []}
    starts = list(state.get("request_starts", []))
    spoken = sum(message.role == "user" for message in messages)
    request = plan.requests[index]
    settled = visit > 0 and is_settled(request, messages, starts[-1], seed.tools, cues_of(cues, index))
    cue = due_cue(request, index, messages, cues, settled) if visit else None
    unread = ""
    if settled and request.kind != "tool":  # one answer is all that small talk asks for
        index, visit, unread = index + 1, 0, messages[-1].content or ""
    while index < len(plan.requests):
        request = plan.requests[index]
        if spoken >= turn_limit(seed.target_turns) and not settled:
            return {**update, "ended": "turn_limit"}
        if visit >= visit_limit(request) and not settled:
            return {**update, "ended": "no_progress"}
        revised = any(each.kind == "revise" for each in cues_of(cues, index))
        directive = render(request, index, visit, messages, runtime.context, unread, cue, seed.random_seed, revised)
        answer: Answer[dict[str, Any]] = await ask(
            runtime.context,
            state,
            "user",
            node="user_turn",
            messages=_transcript(state, update, seed, directive, runtime.context),
            brief=_brief(seed, plan, index, visit, settled, messages, cue),
            # What is staged has to be said, even if all is settled.
            parse=lambda reply: parse(reply, seed, plan, index, visit, settled and not cue, messages),  # noqa: B023
            schema=SCHEMA,
            so_far=update,
        )
        update |= answer.bookkeeping
        update["user_log"] = [*update["user_log"], {"directive": directive, "reply": answer.value}]
        if not answer.value["done"]:
            starts = starts if visit else [*starts, len(messages)]
            said = Message(role="user", content=answer.value["message"], reasoning=answer.reasoning)
            return {
                **update,
                **_stage(cue, request, index, seed, load_tool_changes(state), len(messages)),
                "messages": [said.to_json()],
                "request_index": index,
                "visit": visit + 1,
                "request_starts": starts,
            }
        index, visit, settled, unread, cue = index + 1, 0, False, "", None
    return {**update, "request_index": index, "visit": 0, "ended": "plan_done"}


def _stage(
    cue: str | None, request: Request, index: int, seed: Seed, changes: tuple[ToolChange, ...], place: int
) -> dict[str, Any]:
    """What the state keeps of a staged message: the cue, and the tools that arrive with it."""
    if cue is None:
        return {}
    update: dict[str, Any] = {"cues": [Cue(kind=cue, request=index, message_index=place).to_json()]}  # type: ignore[arg-type]
    change = offer_more(seed, changes, request.hidden, place) if cue == "arrived" else None
    return update if change is None else {**update, "tool_changes": [change.to_json()]}


def render(
    request: Request,
    index: int,
    visit: int,
    messages: tuple[Message, ...],
    context: Context,
    unread: str = "",
    cue: str | None = None,
    random_seed: int = 0,
    revised: bool = False,
) -> str:
    """What the user is told at this step: the current request and what may be said now, nothing of the plan.

    ``unread`` is the assistant's last reply if no earlier step has shown it; ``revised`` says that the user has given
    another value in place of a fact.
    """
    template = context.templates["user"]
    if visit == 0 and request.kind == "open":
        return template.render("free", topics=request.intent, reply=unread)
    known = {"intent": request.intent, "earlier": render_uses(request.uses, index)}
    if visit == 0:
        # Of what comes later only the name: whoever does not know that something is left out puts a guess in its place.
        later = "\n".join(f"- {fact.name}" for fact in request.withheld)
        return template.render("open", facts=render_facts(request.facts), later=later, reply=unread, **known)
    # What was withheld is told on the first question; after that (or once an answer has gone without it) it is
    # something that the user can say.
    asked = request.withheld if visit == 1 and cue != "press" else ()
    said = () if asked else request.withheld
    facts = render_facts((*current_facts(request, revised), *said))
    reply = messages[-1].content or ""
    if cue is not None:
        more = {"revision": render_facts((request.revision,))} if cue == "revise" and request.revision else {}
        if cue == "arrived":
            more = {"occasion": draw_line(template.render("occasions"), random_seed, "occasion")}
        return template.render(cue, facts=facts, reply=reply, **known, **more)
    return template.render("continue", facts=facts, asked=render_facts(asked), reply=reply, **known)


def current_facts(request: Request, revised: bool) -> tuple[Fact, ...]:
    """The request's facts as they stand: once the user has given another value, that one counts."""
    revision = request.revision if revised else None
    if revision is None:
        return request.facts
    return tuple(revision if fact.name == revision.name else fact for fact in request.facts)


def parse(
    reply: Reply, seed: Seed, plan: Plan, index: int, visit: int, settled: bool, messages: tuple[Message, ...]
) -> dict[str, Any]:
    """Read {"done", "message"}; refuse an early end and a message that a person would not write."""
    plain = parse_json_object(reply.content)
    message, done = plain.get("message") or "", plain.get("done", False)
    if not isinstance(message, str) or not isinstance(done, bool):
        raise ParseError('reply with {"done": true or false, "message": "..."}')
    message = message.strip()
    if not done and settled and is_pleasantry(message):  # thanking is no new business
        return {"done": True, "message": ""}
    if done and not settled:
        missing = (
            "nothing has been said about it yet" if visit == 0 else "the assistant has not yet brought what you want"
        )
        raise ParseError(f'"done" must be false: {missing}. Write the message that gets you further')
    if done:
        return {"done": True, "message": ""}
    findings = check_user_text(
        message,
        tools=seed.tools,
        messages=messages,
        plan=plan,
        request_index=index,
        profile=seed.profile,
        now=seed.now,
    )
    errors = [finding.reason for finding in findings if finding.severity == "error"]
    if errors:
        raise ParseError("; ".join(errors))
    return {"done": False, "message": message}


def _transcript(
    state: DialogueState, update: dict[str, Any], seed: Seed, directive: str, context: Context
) -> list[Message]:
    """The user role's own conversation: each step it was given, each reply; it only ever grows."""
    head = context.templates["user"].render(
        profile=render_profile(seed.profile),
        style=context.templates["user"].render(f"style_{seed.style}") if seed.style in STYLES else seed.style,
        language=seed.language,
        **render_now(seed.now),
    )
    transcript = [Message(role="system", content=head)]
    for step in [*state.get("user_log", []), *update["user_log"]]:
        transcript.append(Message(role="user", content=step["directive"]))
        transcript.append(Message(role="assistant", content=render_json(step["reply"])))
    return [*transcript, Message(role="user", content=directive)]


def _brief(
    seed: Seed, plan: Plan, index: int, visit: int, settled: bool, messages: tuple[Message, ...], cue: str | None
) -> UserBrief:
    return UserBrief(
        scene=build_scene(seed),
        request=plan.requests[index],
        request_index=index,
        visit=visit,
        settled=settled,
        messages=messages,
        earlier=plan.requests[:index],
        last=index == len(plan.requests) - 1,
        cue=cue,
    )
