"""One step of a role: the model call, the reading of its reply, and a bounded number of repairs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from langgraph.config import get_config

from toolflow_graph.context import Context
from toolflow_graph.errors import ToolflowError
from toolflow_graph.models.briefs import Brief
from toolflow_graph.models.exchange import REPAIRS, ExchangeFailed, Place, Tally, exchange
from toolflow_graph.models.port import Reply
from toolflow_graph.state import DialogueState
from toolflow_graph.types import Fault, Message, Role, Tool

T = TypeVar("T")

__all__ = ["REPAIRS", "Answer", "StepFailed", "ask"]


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
    tally = Tally(list((so_far or {}).get("usage", ())), list((so_far or {}).get("alternatives", ())))
    keys = state.get("reasoning_keys", {})
    tally.reasoning_key = keys.get(role)
    place = Place(
        index=state.get("index", 0),
        random_seed=random_seed,
        role=role,
        node=node,
        number=sum(entry["role"] == role for entry in (*state.get("usage", []), *tally.usage)),
        message_index=len(state.get("messages", [])),
        model=model,
        template=context.templates[role],
        memory=context.services.memory,
        spend=lambda cost: context.services.spend(cost, model=model.name),
        config=_running_config(),
    )

    def keep() -> dict[str, Any]:
        bookkeeping: dict[str, Any] = {"usage": tally.usage, "alternatives": tally.alternatives}
        if tally.reasoning_key != keys.get(role):
            bookkeeping["reasoning_keys"] = {**keys, role: tally.reasoning_key}
        return bookkeeping

    try:
        value, reasoning = await exchange(
            place, tally, messages=messages, brief=brief, parse=parse, tools=tools, schema=schema, repairs=repairs
        )
    except ExchangeFailed as failed:
        raise StepFailed(failed.fault, keep()) from failed
    return Answer(value, reasoning, keep())


def _running_config() -> Any:
    try:
        return get_config()
    except RuntimeError:  # outside a running graph: a node called by hand, in a test or a notebook
        return None
