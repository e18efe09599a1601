"""One question to a model: the call, the reading of its reply, a bounded number of repairs, and what is kept of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from toolflow_graph.errors import ParseError, RefusedRequest, ToolflowError, TruncatedReply
from toolflow_graph.models.briefs import Brief
from toolflow_graph.models.memory import (
    Asked,
    Memory,
    digest_request,
    is_worth_keeping,
    refusal_to_text,
    reply_from_text,
    reply_to_text,
)
from toolflow_graph.models.port import Model, ModelRequest, Reply
from toolflow_graph.models.replies import check_reply
from toolflow_graph.randomness import derive_seed
from toolflow_graph.templates import Template
from toolflow_graph.types import Alternative, Fault, Message, Tool, Usage

T = TypeVar("T")

REPAIRS = 2
"""How often a reply that cannot be used is asked for again."""


@dataclass(frozen=True, slots=True)
class Place:
    """Who is asked, and where in a run.

    Attributes:
        index: the dialogue's.
        random_seed: the dialogue's; every call has a sampling seed of its own that is drawn from it.
        role: whose call it is.
        node: the node that asks, for faults, alternatives and kept replies.
        number: how many replies the role had given in the dialogue before.
        message_index: the index that the accepted reply takes among the messages.
        template: the role's prompt, whose part "repair" asks again.
        memory: what was answered before, for dialogues that are played again.
        spend: told of every reply that is paid for as it comes.
        config: LangGraph's of the running node.
    """

    index: int
    random_seed: int
    role: str
    node: str
    number: int
    message_index: int
    model: Model
    template: Template
    memory: Memory
    spend: Callable[[Usage], None]
    config: Any = None


@dataclass(slots=True)
class Tally:
    """What a question has cost and brought so far, also when it fails; plain JSON as the state carries it."""

    usage: list[dict[str, Any]] = field(default_factory=list)
    alternatives: list[dict[str, Any]] = field(default_factory=list)
    reasoning_key: str | None = None


class ExchangeFailed(ToolflowError):
    """A question brought nothing usable; the tally says what it cost."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.node}: {fault.code}: {fault.reason}")
        self.fault = fault


async def exchange(
    place: Place,
    tally: Tally,
    *,
    messages: Sequence[Message],
    brief: Brief,
    parse: Callable[[Reply], T],
    tools: Sequence[Tool] = (),
    schema: Mapping[str, Any] | None = None,
    repairs: int = REPAIRS,
) -> tuple[T, str | None]:
    """Ask and parse the reply; a ParseError goes back to the model as a transient note at the prompt's end.

    A reply that is malformed, or that ``check_reply`` finds unfit to be kept, goes back the same way, unparsed.

    Args:
        messages: the rendered prompt; it is never changed, the note of a repair is only appended to the call.
        parse: pure; raises ParseError with a reason that the model can act on.

    Returns:
        The parsed value and the reply's reasoning.

    Raises:
        ExchangeFailed: when the repairs are used up, the server refuses the request, or the reply is cut off.
        TransportFault, RunError, UsageError: as the model raises them.
    """
    note = reason = ""
    for attempt in range(repairs + 1):
        request = ModelRequest(
            role=place.role,
            messages=_with_note(messages, note),
            brief=brief,
            tools=tools,
            response_schema=schema,
            seed=derive_seed(place.random_seed, place.role, place.number + attempt) % 2**31,
            reasoning_key=tally.reasoning_key,
        )
        reply = await _fetch(place, tally, request, attempt)
        tally.reasoning_key = reply.reasoning_key or tally.reasoning_key
        try:
            if reply.malformed:
                raise ParseError(reply.malformed)
            return parse(reply), reply.reasoning
        except ParseError as error:
            reason = str(error)
        refused = Alternative(
            node=place.node,
            role=place.role,
            message_index=place.message_index,
            reply=_plain(reply),
            reason=reason,
        )
        tally.alternatives.append(refused.to_json())
        note = place.template.render("repair", attempt=_as_text(reply), reason=reason)
    raise ExchangeFailed(
        Fault(
            code="unusable_reply",
            node=place.node,
            reason=f"no usable reply in {repairs + 1} attempts; last: {reason}",
        )
    )


async def _fetch(place: Place, tally: Tally, request: ModelRequest, attempt: int) -> Reply:
    """The reply to one request, from what is kept or from the model; counted, and kept before anybody goes on."""
    model, memory = place.model, place.memory
    asked = _describe(place, attempt, request)
    recalled = memory.recall(asked) if asked else None

    def count(cost: Usage) -> None:
        tally.usage.append({"role": place.role, **cost.to_json()})
        if recalled is None:  # a kept reply was paid for when it was made
            place.spend(cost)

    try:
        if recalled is not None:
            reply = check_reply(reply_from_text(recalled))
        else:
            fresh = await model.complete(request, place.config)
            if asked:
                # Before the dialogue goes on: from here on it survives the process.
                await memory.keep(asked, reply_to_text(fresh, model.name))
            reply = check_reply(fresh)
    except (TruncatedReply, RefusedRequest) as error:
        if error.usage is not None:
            count(error.usage)
        if asked and recalled is None:
            # A replay ends where the dialogue did.
            await memory.keep(asked, refusal_to_text(error, model.name))
        code = "truncated_reply" if isinstance(error, TruncatedReply) else "refused_request"
        raise ExchangeFailed(Fault(code=code, node=place.node, reason=str(error))) from error
    count(reply.usage)
    return reply


def _describe(place: Place, attempt: int, request: ModelRequest) -> Asked | None:
    """Where a reply is kept, if it is worth it."""
    if not is_worth_keeping(place.model):
        return None
    digest = digest_request(request, place.model.name, getattr(place.model, "temperature", None))
    return Asked(place.index, place.node, place.number + attempt, digest)


def _with_note(messages: Sequence[Message], note: str) -> Sequence[Message]:
    """Put the note at the end: on the last user message if that is last (many chat templates refuse two in a row)."""
    if not note:
        return messages
    *head, last = messages
    if last.role == "user":
        return [*head, last.model_copy(update={"content": f"{last.content}\n\n{note}"})]
    return [*messages, Message(role="user", content=note)]


def _plain(reply: Reply) -> dict[str, Any]:
    plain: dict[str, Any] = {"content": reply.content}
    if reply.calls:
        plain["tool_calls"] = [{"name": call.name, "arguments": call.arguments} for call in reply.calls]
    return plain


def _as_text(reply: Reply) -> str:
    calls = [f"{call.name}({call.arguments})" for call in reply.calls]
    return "\n".join([*([reply.content] if reply.content else []), *calls]) or "(an empty reply)"
