"""What was answered before: replies that were paid for are used again when a dialogue is played again.

A dialogue that was cut off (a killed process) or is replayed starts from its seed and asks the same questions in the
same order. Each answer is kept under where it was asked and a digest of what was asked: a prompt that has changed
since finds nothing and is asked anew.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from toolflow_graph.errors import ModelError, RefusedRequest, TruncatedReply
from toolflow_graph.models.port import Model, ModelRequest, RawCall, Reply
from toolflow_graph.types import Message, Usage


@dataclass(frozen=True, slots=True)
class Asked:
    """Where and what was asked.

    Attributes:
        index: the dialogue's.
        node: the node that asks.
        number: how many replies the role that it asks had given in the dialogue before.
        digest: of the whole question; see :func:`digest_request`.
    """

    index: int
    node: str
    number: int
    digest: str


class Memory(Protocol):
    """Keeps answers as text; ``run.store`` has the durable one."""

    def recall(self, asked: Asked) -> str | None:
        """The answer that was kept for this very question, None if there is none."""
        ...

    async def keep(self, asked: Asked, answer: str) -> None:
        """Keep an answer; once this returns, it survives the process.

        Raises:
            RunError: if it cannot be written.
        """
        ...


class NoMemory:
    """Remembers nothing: in Studio, and for a single dialogue."""

    def recall(self, asked: Asked) -> str | None:
        return None

    async def keep(self, asked: Asked, answer: str) -> None:
        return None


def is_worth_keeping(model: Model) -> bool:
    """Whether a model's replies cost anything: what says of itself that it is ``free`` is rather asked again."""
    return not getattr(model, "free", False)


def digest_request(request: ModelRequest, name: str, temperature: float | None) -> str:
    """A digest of all that a model is sent, and of who is asked.

    The brief is left out: it is never sent. 32 hex digits.
    """
    digest = hashlib.blake2b(digest_size=16)

    def add(*parts: Any) -> None:
        for part in parts:
            data = part.encode(errors="surrogatepass") if isinstance(part, str) else repr(part).encode()
            digest.update(b"%d:" % len(data))
            digest.update(data)

    add(name, request.role, request.seed, request.temperature if request.temperature is not None else temperature)
    add(request.tool_choice, request.parallel_tool_calls, request.reasoning_key)
    for message in request.messages:
        _add_message(add, message)
    # What a name stands for is settled for the whole run, whose store refuses another catalogue.
    add(*(tool.name for tool in request.tools))
    add(_plain(request.response_schema))
    return digest.hexdigest()


def _add_message(add: Any, message: Message) -> None:
    add(message.role, message.content, message.reasoning, message.tool_call_id)
    for call in message.tool_calls:
        add(call.id, call.name, _plain(call.arguments))


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def reply_to_text(reply: Reply, model: str) -> str:
    """A reply as JSON, with the name of the model that gave it; what is empty is left out."""
    plain: dict[str, Any] = {
        "model": model,
        "content": reply.content,
        "calls": [[call.name, call.arguments] for call in reply.calls],
        "reasoning": reply.reasoning,
        "reasoning_key": reply.reasoning_key,
        "finish_reason": reply.finish_reason,
        "malformed": reply.malformed,
        "usage": reply.usage.to_json(),
    }
    # Half a surrogate pair, which some servers send, is written as an escape: it has no place in UTF-8.
    return json.dumps({key: value for key, value in plain.items() if value}, separators=(",", ":"))


_ENDS: Mapping[str, type[ModelError]] = {"truncated": TruncatedReply, "refused": RefusedRequest}


def refusal_to_text(error: TruncatedReply | RefusedRequest, model: str) -> str:
    """What came instead of a reply, as JSON: a reply that was cut off or filtered, or a request that was refused."""
    plain: dict[str, Any] = {
        "model": model,
        "end": "truncated" if isinstance(error, TruncatedReply) else "refused",
        "reason": str(error),
        "usage": error.usage.to_json() if error.usage is not None else None,
    }
    return json.dumps({key: value for key, value in plain.items() if value is not None}, separators=(",", ":"))


def reply_from_text(text: str) -> Reply:
    """The reply that :func:`reply_to_text` wrote.

    Raises:
        TruncatedReply, RefusedRequest: that is what :func:`refusal_to_text` wrote.
    """
    plain: Mapping[str, Any] = json.loads(text)
    if "end" in plain:
        usage = Usage.model_validate(plain["usage"]) if "usage" in plain else None
        raise _ENDS[plain["end"]](plain["reason"], usage=usage)
    calls: Iterable[Any] = plain.get("calls", ())
    return Reply(
        content=plain.get("content"),
        calls=tuple(RawCall(name, arguments) for name, arguments in calls),
        reasoning=plain.get("reasoning"),
        reasoning_key=plain.get("reasoning_key"),
        finish_reason=plain.get("finish_reason"),
        malformed=plain.get("malformed"),
        usage=Usage.model_validate(plain.get("usage", {})),
    )
