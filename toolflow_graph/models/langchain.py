"""Any LangChain chat model behind the model port."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.messages.tool import ToolCall as LangChainCall
from langchain_openai.chat_models.base import BaseChatOpenAI

from toolflow_graph.errors import TruncatedReply
from toolflow_graph.models.chat_openai import ToolflowChatOpenAI
from toolflow_graph.models.completion import MALFORMED, REASONING, REASONING_KEY
from toolflow_graph.models.faults import Filtered, explain_error
from toolflow_graph.models.port import ModelRequest, RawCall, Reply
from toolflow_graph.types import Message, Usage

_CUT = frozenset({"length", "max_tokens", "MAX_TOKENS", "model_length"})
_FILTERED = frozenset({"content_filter", "SAFETY"})


class LangChainModel:
    """One attempt at a time: request to LangChain messages, ``ainvoke``, message to reply.

    Structured output is asked for by ``response_format`` (json_schema, not strict: OpenAI's strict mode forbids
    optional properties). ``seed`` is sent to OpenAI-compatible models only; others have no common word for it.

    Args:
        chat: the chat model.
        name: what the record says.
        endpoint: the base URL (or the reference), for messages.
        secrets: texts that no error message may contain.
        send_seed: False for servers that refuse the field.
    """

    def __init__(
        self,
        chat: BaseChatModel,
        *,
        name: str,
        endpoint: str,
        secrets: Sequence[str] = (),
        send_seed: bool = True,
    ) -> None:
        self.name = name
        temperature = getattr(chat, "temperature", None)
        self.temperature: float | None = temperature if isinstance(temperature, int | float) else None
        self._chat = chat
        self._endpoint = endpoint
        self._secrets = tuple(secrets)
        self._send_seed = send_seed and isinstance(chat, BaseChatOpenAI)

    async def complete(self, request: ModelRequest, config: Any = None) -> Reply:
        """Ask once; raises TransportFault, RefusedRequest or TruncatedReply, never with a key in it."""
        key = request.reasoning_key if isinstance(self._chat, ToolflowChatOpenAI) else None
        messages = to_langchain(request.messages, reasoning_key=key)
        try:
            reply = await self._ask(messages, request, config)
        except Exception as error:
            raise explain_error(error, endpoint=self._endpoint, secrets=self._secrets) from None
        return read_reply(reply, endpoint=self._endpoint)

    async def _ask(self, messages: list[BaseMessage], request: ModelRequest, config: Any) -> AIMessage:
        options: dict[str, Any] = {}
        if self._send_seed:
            options["seed"] = request.seed
        if request.temperature is not None and request.temperature != self.temperature:
            options["temperature"] = request.temperature
        if request.response_schema is not None:
            schema = {"name": f"{request.role}_reply", "schema": dict(request.response_schema), "strict": False}
            options["response_format"] = {"type": "json_schema", "json_schema": schema}
        if not request.tools:
            return await self._chat.ainvoke(messages, config, **options)
        tools = [tool.to_openai() for tool in request.tools]
        choice: Any = request.tool_choice
        if isinstance(self._chat, ToolflowChatOpenAI):
            # What bind_tools would do, without its copying of every tool at every call.
            if choice is not None:
                named = any(tool.name == choice for tool in request.tools)
                options["tool_choice"] = {"type": "function", "function": {"name": choice}} if named else choice
            if request.parallel_tool_calls is not None:
                options["parallel_tool_calls"] = request.parallel_tool_calls
            return await self._chat.ainvoke(messages, config, tools=tools, **options)
        if request.parallel_tool_calls is not None:
            options["parallel_tool_calls"] = request.parallel_tool_calls
        if choice is not None:
            options["tool_choice"] = choice
        return await self._chat.bind_tools(tools, **options).ainvoke(messages, config)


def to_langchain(messages: Sequence[Message], *, reasoning_key: str | None = None) -> list[BaseMessage]:
    """Our messages as LangChain's; reasoning, and the key it came under if known, goes into ``additional_kwargs``."""
    converted: list[BaseMessage] = [_CONVERT[message.role](message) for message in messages]
    if reasoning_key is not None:
        for message in converted:
            if REASONING in message.additional_kwargs:
                message.additional_kwargs[REASONING_KEY] = reasoning_key
    return converted


def read_reply(message: AIMessage, *, endpoint: str = "") -> Reply:
    """A LangChain reply as ours.

    Raises:
        TruncatedReply: the server stopped at its token limit.
        RefusedRequest: its content filter stopped the reply.
        Both carry the usage.
    """
    said = message.response_metadata.get("finish_reason") or message.response_metadata.get("stop_reason")
    reason = None if said is None else str(said)
    text, thinking = _split_content(message.content)
    usage = _read_usage(message)
    if reason in _CUT:
        raise TruncatedReply(
            f"the reply stopped at the token limit ({usage.output} tokens, finish_reason {reason!r})",
            endpoint=endpoint,
            usage=usage,
        )
    if reason in _FILTERED:
        raise Filtered(
            f"the server's content filter stopped the reply (finish_reason {reason!r})", endpoint=endpoint, usage=usage
        )
    return Reply(
        content=text or None,
        calls=_read_calls(message),
        reasoning=message.additional_kwargs.get(REASONING) or thinking,
        finish_reason=reason,
        usage=usage,
        reasoning_key=message.additional_kwargs.get(REASONING_KEY),
        malformed=message.additional_kwargs.get(MALFORMED),
    )


@contextmanager
def tracing(enabled: bool) -> Iterator[None]:
    """Switch LangSmith tracing on or off for what runs inside, whatever the environment says.

    Tasks started inside inherit it. ``enabled=True`` leaves the rest (key, endpoint, project) to the environment. The
    variables of the tracing that LangChain has dropped are out of the environment meanwhile: they make calls fail.
    """
    from langsmith import tracing_context

    dropped = {name: os.environ.pop(name) for name in ("LANGCHAIN_TRACING", "LANGCHAIN_HANDLER") if name in os.environ}
    try:
        with tracing_context(enabled=enabled):
            yield
    finally:
        os.environ.update(dropped)


def _assistant(message: Message) -> AIMessage:
    calls = [
        LangChainCall(name=call.name, args=call.arguments, id=call.id, type="tool_call") for call in message.tool_calls
    ]
    kwargs = {} if message.reasoning is None else {REASONING: message.reasoning}
    return AIMessage(content=message.content or "", tool_calls=calls, additional_kwargs=kwargs)


_CONVERT: dict[str, Any] = {
    "system": lambda message: SystemMessage(content=message.content or ""),
    "user": lambda message: HumanMessage(content=message.content or ""),
    "assistant": _assistant,
    "tool": lambda message: ToolMessage(content=message.content or "", tool_call_id=message.tool_call_id or ""),
}


def _split_content(content: str | list[Any]) -> tuple[str, str | None]:
    if isinstance(content, str):
        return content, None
    texts: list[str] = []
    thoughts: list[str] = []
    for block in content:
        if isinstance(block, str):
            texts.append(block)
        elif block.get("type") == "text":
            texts.append(str(block.get("text") or ""))
        elif block.get("type") in ("thinking", "reasoning", "reasoning_content"):
            thoughts.append(str(block.get("thinking") or block.get("reasoning") or block.get("text") or ""))
    return "".join(texts), "\n".join(thought for thought in thoughts if thought) or None


def _read_calls(message: AIMessage) -> tuple[RawCall, ...]:
    raw = message.additional_kwargs.get("tool_calls")
    if isinstance(raw, list):
        functions = [entry["function"] for entry in raw if isinstance(entry, dict) and "function" in entry]
        return tuple(RawCall(str(one.get("name") or ""), _arguments(one.get("arguments"))) for one in functions)
    whole = tuple(RawCall(call["name"], call["args"]) for call in message.tool_calls)
    broken = tuple(RawCall(call["name"] or "", call["args"] or "") for call in message.invalid_tool_calls)
    return whole + broken


def _arguments(value: Any) -> str | dict[str, Any]:
    if isinstance(value, str | dict):
        return value
    return "" if value is None else json.dumps(value)


def _read_usage(message: AIMessage) -> Usage:
    usage = message.usage_metadata
    if usage is None:
        return Usage(calls=1)
    cached = usage.get("input_token_details", {}).get("cache_read") or 0
    return Usage(calls=1, input=usage["input_tokens"], output=usage["output_tokens"], cached=cached)
