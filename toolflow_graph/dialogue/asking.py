"""One step of a role: the model call, the reading of its reply, and a bounded number of repairs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from langgraph.config import get_config

from toolflow_graph.context import Context
from toolflow_graph.errors import ParseError, RefusedRequest, ToolflowError, TruncatedReply
from toolflow_graph.models.briefs import Brief
from toolflow_graph.models.memory import (
    Asked,
    digest_request,
    is_worth_keeping,
    refusal_to_text,
    reply_from_text,
    reply_to_text,
)
from toolflow_graph.models.port import Model, ModelRequest, Reply
from toolflow_graph.models.replies import check_reply
from toolflow_graph.randomness import derive_seed
from toolflow_graph.state import DialogueState
from toolflow_graph.types import Alternative, Fault, Message, Role, Tool, Usage

T = TypeVar("T")

REPAIRS = 2
"""How often a reply that cannot be used is asked for again."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A reply that could be used: its parsed value, its reasoning, and what the state keeps of the step."""

    value: T
    reasoning: str | None
    bookkeeping: dict[str, Any]


class StepFailed(ToolflowError):
    """A step brought nothing usable; the engine writes ``fault`` and ``bookkeeping`` into the state.

    Whatever the step's replies cost is in ``bookkeeping``, cut off and filtered ones included.
    """

    def __init__(self, fault: Fault, bookkeeping: Mapping[str, Any]) -> None:
        super().__init__(f"{fault.node}: {fault.code}: {fault.reason}")
        self.fault = fault
        self.bookkeeping = dict(bookkeeping)


async def ask(
    context: Context,
    state: DialogueState,
    role: Role,
    *,
    node: str,
    messages: Sequence[Message],
    brief: Brief,
    parse: Callable[[Reply], T],
    tools: Sequence[Tool] = (),
    schema: Mapping[str, Any] | None = None,
    repairs: int = REPAIRS,
    so_far: Mapping[str, Any] | None = None,
) -> Answer[T]:
    """Ask ``role`` and parse its reply; a ParseError goes back to the model as a transient note at the prompt's end.

    A reply that is malformed, or that ``check_reply`` finds unfit to be kept, goes back the same way, unparsed.

    Args:
        node: the running node's name, for faults and alternatives.
        messages: the rendered prompt; it is never changed, the note of a repair is only appended to the call.
        parse: pure; raises ParseError with a reason that the model can act on.
        so_far: the step's state update before this call, if the step asks several times: what it has spent is part of
            the bookkeeping that comes back, also when the step fails.

    Raises:
        StepFailed: when the repairs are used up, the server refuses the request, or the reply is cut off.
        TransportFault, RunError, UsageError: as the model raises them; they never reject a dialogue.
    """
    random_seed = state["seed"]["random_seed"]
    model = context.model(role, random_seed)
    usage: list[dict[str, Any]] = list((so_far or {}).get("usage", ()))
    alternatives: list[dict[str, Any]] = list((so_far or {}).get("alternatives", ()))
    # Every call has a sampling seed of its own.
    made = sum(entry["role"] == role for entry in (*state.get("usage", []), *usage))
    bookkeeping: dict[str, Any] = {"usage": usage, "alternatives": alternatives}
    keys = state.get("reasoning_keys", {})
    key = keys.get(role)

    def count(cost: Usage, *, again: bool) -> None:
        usage.append({"role": role, **cost.to_json()})
        if not again:  # a kept reply was paid for when it was made
            context.services.spend(cost, model=model.name)

    note = ""
    reason = ""
    for attempt in range(repairs + 1):
        request = ModelRequest(
            role=role,
            messages=_with_note(messages, note),
            brief=brief,
            tools=tools,
            response_schema=schema,
            seed=derive_seed(random_seed, role, made + attempt) % 2**31,
            reasoning_key=key,
        )
        asked = _describe(state, node, made + attempt, request, model)
        recalled = context.services.memory.recall(asked) if asked else None
        try:
            if recalled is not None:
                reply = check_reply(reply_from_text(recalled))
            else:
                fresh = await model.complete(request, _running_config())
                if asked:
                    # Before the dialogue goes on: from here on it survives the process.
                    await context.services.memory.keep(asked, reply_to_text(fresh, model.name))
                reply = check_reply(fresh)
        except (TruncatedReply, RefusedRequest) as error:
            if error.usage is not None:
                count(error.usage, again=recalled is not None)
            if asked and recalled is None:
                # A replay ends where the dialogue did.
                await context.services.memory.keep(asked, refusal_to_text(error, model.name))
            code = "truncated_reply" if isinstance(error, TruncatedReply) else "refused_request"
            raise StepFailed(Fault(code=code, node=node, reason=str(error)), bookkeeping) from error
        count(reply.usage, again=recalled is not None)
        if reply.reasoning_key not in (None, key):
            key = reply.reasoning_key
            bookkeeping["reasoning_keys"] = {**keys, role: key}
        try:
            if reply.malformed:
                raise ParseError(reply.malformed)
            return Answer(parse(reply), reply.reasoning, bookkeeping)
        except ParseError as error:
            reason = str(error)
        refused = Alternative(
            node=node, role=role, message_index=len(state.get("messages", [])), reply=_plain(reply), reason=reason
        )
        alternatives.append(refused.to_json())
        note = context.templates[role].render("repair", attempt=_as_text(reply), reason=reason)
    fault = Fault(code="unusable_reply", node=node, reason=f"no usable reply in {repairs + 1} attempts; last: {reason}")
    raise StepFailed(fault, bookkeeping)


def _describe(state: DialogueState, node: str, number: int, request: ModelRequest, model: Model) -> Asked | None:
    """Where a reply is kept, if it is worth it."""
    if not is_worth_keeping(model):
        return None
    digest = digest_request(request, model.name, getattr(model, "temperature", None))
    return Asked(state.get("index", 0), node, number, digest)


def _with_note(messages: Sequence[Message], note: str) -> Sequence[Message]:
    """Put the note at the end: on the last user message if that is last (many chat templates refuse two in a row)."""
    if not note:
        return messages
    *head, last = messages
    if last.role == "user":
        return [*head, last.model_copy(update={"content": f"{last.content}\n\n{note}"})]
    return [*messages, Message(role="user", content=note)]


def _running_config() -> Any:
    try:
        return get_config()
    except RuntimeError:  # outside a running graph: a node called by hand, in a test or a notebook
        return None


def _plain(reply: Reply) -> dict[str, Any]:
    plain: dict[str, Any] = {"content": reply.content}
    if reply.calls:
        plain["tool_calls"] = [{"name": call.name, "arguments": call.arguments} for call in reply.calls]
    return plain


def _as_text(reply: Reply) -> str:
    calls = [f"{call.name}({call.arguments})" for call in reply.calls]
    return "\n".join([*([reply.content] if reply.content else []), *calls]) or "(an empty reply)"
