"""ChatOpenAI for any server that speaks the OpenAI chat protocol: reasoning kept, nothing ambient sent.

What differs from ``langchain_openai.ChatOpenAI``, and why:

- Reasoning (``reasoning``, ``reasoning_content``, ``<think>``) is kept in ``additional_kwargs`` and sent back with the
  message it belongs to; langchain-openai drops it both ways.
- The reply is read from the body's text: a body that is broken, endless or of another shape is a fault with a name, a
  tool call's arguments stay as they were written, and the SDK's request and response models (half the CPU time of a
  call) are passed by.
- The environment decides nothing: organisation, project, custom headers, gateways and the SDK's own retries are off,
  and only the headers in ``_HEADERS`` leave. HTTP proxies are honoured. Redirects are not followed.
- Always the Chat Completions API, never streamed.
"""

import asyncio
import importlib
import json
import re
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, InvalidToolCall, ToolCall
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_openai import ChatOpenAI
from pydantic import PrivateAttr, SecretStr

from toolflow_graph.errors import ParseError
from toolflow_graph.models.faults import UnreadableBody
from toolflow_graph.models.structured import parse_arguments

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 600.0
MAX_BODY = 32 * 1024 * 1024
REASONING = "reasoning_content"
"""Where an ``AIMessage``'s reasoning lies in ``additional_kwargs`` (LangChain's other integrations use it too)."""

_KEYS = (REASONING, "reasoning")
_OFFICIAL_HOST = "api.openai.com"
_HEADERS = frozenset(
    ("host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length", "authorization")
)
_THINK = re.compile(r"<think>(.*?)(?:</think>|\Z)", re.DOTALL)


def split_thinking(content: str) -> tuple[str, str | None]:
    """Part ``<think>`` blocks from the answer: (answer, thinking or None).

    A block that is never closed reaches to the end; a ``</think>`` that was never opened (the chat template had opened
    it) ends a block that began with the content.
    """
    closing, opening = content.find("</think>"), content.find("<think>")
    if closing < 0 and opening < 0:
        return content, None
    if closing >= 0 and (opening < 0 or closing < opening):
        content = f"<think>{content}"
    thinking = "\n".join(part for match in _THINK.finditer(content) if (part := match[1].strip()))
    return _THINK.sub("", content).strip(), thinking or None


class ToolflowChatOpenAI(ChatOpenAI):
    """See the module. Build it with ``build_chat_openai``; asynchronous only.

    Attributes:
        reasoning_back: the message key for reasoning sent back: "auto" (the one the server's replies use), "off", or a
            key. Nothing is ever sent to api.openai.com, which refuses unknown keys.
        time_limit: seconds for one attempt as a whole, so that a body that never ends ends.
    """

    reasoning_back: str = "auto"
    time_limit: float = READ_TIMEOUT
    _seen_key: str = PrivateAttr(default=REASONING)

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        messages = self._convert_input(input_).to_messages()
        payload = super()._get_request_payload(messages, stop=stop, **kwargs)
        official = urlsplit(self.openai_api_base or "").hostname == _OFFICIAL_HOST
        if self.reasoning_back != "off" and not official:
            key = self._seen_key if self.reasoning_back == "auto" else self.reasoning_back
            for message, plain in zip(messages, payload["messages"], strict=True):
                if reasoning := message.additional_kwargs.get(REASONING):
                    plain[key] = reasoning
        return payload

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        payload = self._get_request_payload(messages, stop=stop, **kwargs)
        payload.pop("stream", None)
        async with asyncio.timeout(self.time_limit):
            text = await self.root_async_client.post("/chat/completions", cast_to=str, body=payload)
        return self._read_body(text)

    def _read_body(self, text: str) -> ChatResult:
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            raise UnreadableBody(f"the body is no JSON: {text[:200]!r}") from None
        if not isinstance(body, dict):
            raise UnreadableBody(f"the body is no chat completion: {text[:200]!r}")
        if body.get("error"):
            # Gateways report an upstream's failure inside a 200.
            code = body["error"].get("code") if isinstance(body["error"], dict) else None
            raise UnreadableBody(
                f"the server reports an error: {body['error']}", status=code if type(code) is int else None
            )
        choices = body.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        message = choice.get("message") if isinstance(choice, dict) else None
        if not isinstance(choice, dict) or not isinstance(message, dict):
            raise UnreadableBody(f"the body holds no choice with a message: {text[:200]!r}")
        reply = self._read_message(message)
        reply.usage_metadata = _read_usage(body.get("usage"))
        generation = ChatGeneration(message=reply, generation_info={"finish_reason": choice.get("finish_reason")})
        return ChatResult(generations=[generation], llm_output={"model_name": body.get("model") or self.model_name})

    def _read_message(self, message: dict[str, Any]) -> AIMessage:
        content = _read_text(message.get("content"))
        kwargs: dict[str, Any] = {}
        for key in _KEYS:
            if isinstance(message.get(key), str) and message[key].strip():
                self._seen_key, kwargs[REASONING] = key, message[key]
                break
        content, thinking = split_thinking(content)
        if thinking is not None:
            kwargs.setdefault(REASONING, thinking)
        if not content and isinstance(message.get("refusal"), str):
            content = message["refusal"]
        raw = message.get("tool_calls") or []
        if isinstance(message.get("function_call"), dict) and not raw:
            raw = [{"function": message["function_call"]}]
        if not isinstance(raw, list) or not all(isinstance(_function(call), dict) for call in raw):
            raise UnreadableBody(f"the message's tool_calls have another shape: {str(raw)[:200]}")
        if raw:
            kwargs["tool_calls"] = raw
        calls, broken = _read_calls(raw)
        return AIMessage(content=content, additional_kwargs=kwargs, tool_calls=calls, invalid_tool_calls=broken)


def build_chat_openai(
    name: str,
    base_url: str,
    api_key: str,
    *,
    reasoning_back: str = "auto",
    read_timeout: float = READ_TIMEOUT,
    http_client: Any = None,
) -> ToolflowChatOpenAI:
    """A chat model of ``name`` at ``base_url``. ``http_client``: from ``build_http_client``, to share connections."""
    http_client = http_client or build_http_client(api_key, read_timeout=read_timeout)
    root = openai.AsyncOpenAI(api_key=api_key, base_url=base_url, max_retries=0, http_client=http_client)
    return ToolflowChatOpenAI(
        model=name,
        base_url=base_url,
        api_key=SecretStr(api_key),
        # No synchronous client is built (it would cost a TLS context a model); its place must not look empty.
        client=_AsyncOnly(),
        async_client=root.chat.completions,
        root_async_client=root,
        temperature=None,
        max_retries=0,
        stream_usage=False,
        disable_streaming=True,
        cache=False,
        use_responses_api=False,
        output_version="v0",
        http_socket_options=(),
        reasoning_back=reasoning_back,
        time_limit=read_timeout,
    )


def build_http_client(api_key: str, *, read_timeout: float = READ_TIMEOUT) -> Any:
    """An HTTP client for one server: its key, no other header from the environment, bounded time and size."""

    async def keep_to_ourselves(request: Any) -> None:
        for header in [name for name in request.headers if name.lower() not in _HEADERS]:
            del request.headers[header]
        request.headers["authorization"] = f"Bearer {api_key}"

    async def bound(response: Any) -> None:
        response.stream = _bounded_stream()(response.stream)

    return openai.DefaultAsyncHttpxClient(
        timeout=openai.Timeout(read_timeout, connect=min(CONNECT_TIMEOUT, read_timeout)),
        follow_redirects=False,
        event_hooks={"request": [keep_to_ourselves], "response": [bound]},
    )


class _AsyncOnly:
    def __getattr__(self, name: str) -> Any:
        raise TypeError("this model answers ainvoke only")


@lru_cache(maxsize=1)
def _bounded_stream() -> Any:
    # The SDK moved from httpx to httpx2; a stream must be of the library that reads it.
    library = importlib.import_module(openai.DefaultAsyncHttpxClient.__mro__[1].__module__.partition(".")[0])

    class Bounded(library.AsyncByteStream):  # type: ignore[name-defined, misc]
        def __init__(self, stream: Any) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for chunk in self._stream:
                size += len(chunk)
                if size > MAX_BODY:
                    raise UnreadableBody(f"the body is longer than {MAX_BODY} bytes")
                yield chunk

        async def aclose(self) -> None:
            await self._stream.aclose()

    return Bounded


def _read_text(content: Any) -> str:
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    if content is None or isinstance(content, str):
        return content or ""
    raise UnreadableBody(f"the message's content has another shape: {str(content)[:200]}")


def _function(call: Any) -> Any:
    return call.get("function") if isinstance(call, dict) else None


def _read_calls(raw: list[dict[str, Any]]) -> tuple[list[ToolCall], list[InvalidToolCall]]:
    calls: list[ToolCall] = []
    broken: list[InvalidToolCall] = []
    for entry in raw:
        function, id_ = entry["function"], entry.get("id")
        name, arguments = str(function.get("name") or ""), function.get("arguments")
        try:
            calls.append(ToolCall(name=name, args=parse_arguments(arguments), id=id_, type="tool_call"))
        except ParseError as error:
            broken.append(
                InvalidToolCall(name=name, args=str(arguments), id=id_, error=str(error), type="invalid_tool_call")
            )
    return calls, broken


def _read_usage(usage: Any) -> UsageMetadata | None:
    if not isinstance(usage, dict):
        return None
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else usage.get("prompt_cache_hit_tokens")
    sent, received = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    return UsageMetadata(
        input_tokens=sent,
        output_tokens=received,
        total_tokens=sent + received,
        input_token_details={"cache_read": _count(cached)},
    )


def _count(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and value > 0 else 0
