"""The model port: request in, reply out. Nodes do not care who answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from toolflow_graph.models.briefs import Brief
from toolflow_graph.types import Message, Tool, Usage


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What a node asks of a model.

    Attributes:
        role: planner, user, assistant or tool.
        messages: the rendered prompt, append-only within a dialogue; a message with ``role="system"`` comes first.
        tools: the offered tools (assistant only), sent through the chat API's ``tools=``.
        response_schema: JSON Schema of the wanted JSON object, or None for free text and tool calls.
        seed: sampling seed of this very call, in [0, 2**31).
        brief: the facts the prompt was rendered from. Only the offline model reads it; it is never sent anywhere.
        reasoning_key: the key under which reasoning came in this dialogue (``Reply.reasoning_key``), None before any.
    """

    role: str
    messages: Sequence[Message]
    brief: Brief
    tools: Sequence[Tool] = ()
    response_schema: Mapping[str, Any] | None = None
    seed: int = 0
    temperature: float | None = None
    tool_choice: str | None = None
    parallel_tool_calls: bool | None = None
    reasoning_key: str | None = None


@dataclass(frozen=True, slots=True)
class RawCall:
    """A tool call as the model wrote it: ``arguments`` may be broken JSON text."""

    name: str
    arguments: str | dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    Attributes:
        content: the text, never with reasoning in it.
        reasoning_key: the key of the server's message that held ``reasoning``; None where there is no such key.
        finish_reason: the server's word for why it stopped.
        malformed: why a reply of odd shape cannot be used, in words for the model, which is asked again; ``content`` is
            then what it said, as JSON text. None: it can be read.
    """

    content: str | None = None
    calls: tuple[RawCall, ...] = ()
    reasoning: str | None = None
    finish_reason: str | None = None
    usage: Usage = field(default_factory=lambda: Usage(calls=1))
    reasoning_key: str | None = None
    malformed: str | None = None


@dataclass(frozen=True, slots=True)
class Outage:
    """A server that fails: its base URL, for how many seconds nothing has succeeded, and the last failure."""

    label: str
    seconds: float
    failure: str


@runtime_checkable
class Model(Protocol):
    """A model that can play a role.

    ``name`` is what the record says (the model's name, "offline"); ``temperature`` what the record says of sampling
    (None: the server's own). ``complete`` raises TransportFault, RefusedRequest or TruncatedReply, nothing else; a
    reply that came but cannot be read is no error: it says so in ``malformed``.
    ``config`` is LangGraph's RunnableConfig of the running node, so that Studio and tracing see the call.
    """

    name: str

    async def complete(self, request: ModelRequest, config: Any = None) -> Reply: ...
