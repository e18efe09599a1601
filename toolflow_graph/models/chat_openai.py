"""ChatOpenAI for any server that speaks the OpenAI chat protocol: reasoning kept, nothing ambient sent.

What differs from ``langchain_openai.ChatOpenAI``, and why:

- Reasoning (``reasoning``, ``reasoning_content``, ``<think>``) is kept in ``additional_kwargs`` and sent back with the
  message it belongs to; langchain-openai drops it both ways.
- The reply is read from the body's text (``completion``): a body that is broken or endless is a fault with a name, a
  message of odd shape is a reply that says so, a tool call's arguments stay as they were written, and the SDK's request
  and response models (half the CPU time of a call) are passed by.
- The environment decides nothing: organisation, project, custom headers, gateways and the SDK's own retries are off,
  and only the headers in ``_HEADERS`` leave. HTTP proxies are honoured. Redirects are not followed.
- Always the Chat Completions API, never streamed.
"""

import asyncio
import importlib
import zlib
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from toolflow_graph.models.completion import REASONING, REASONING_KEY, parse_completion
from toolflow_graph.models.faults import UnreadableBody

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 600.0
MAX_BODY = 32 * 1024 * 1024

_OFFICIAL_HOST = "api.openai.com"
_HEADERS = frozenset(
    ("host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length", "authorization")
)


class ToolflowChatOpenAI(ChatOpenAI):
    """See the module. Build it with ``build_chat_openai``; asynchronous only.

    Attributes:
        reasoning_back: the message key for reasoning sent back: "auto" (the one it came under, as the message's
            ``additional_kwargs`` say, else "reasoning_content"), "off", or a key. What other dialogues got changes
            nothing. Nothing is ever sent to api.openai.com, which refuses unknown keys.
        time_limit: seconds for one attempt as a whole, so that a body that never ends ends.
    """

    reasoning_back: str = "auto"
    time_limit: float = READ_TIMEOUT

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        messages = self._convert_input(input_).to_messages()
        payload = super()._get_request_payload(messages, stop=stop, **kwargs)
        official = urlsplit(self.openai_api_base or "").hostname == _OFFICIAL_HOST
        if self.reasoning_back != "off" and not official:
            for message, plain in zip(messages, payload["messages"], strict=True):
                if reasoning := message.additional_kwargs.get(REASONING):
                    own_key = message.additional_kwargs.get(REASONING_KEY) or REASONING
                    plain[own_key if self.reasoning_back == "auto" else self.reasoning_back] = reasoning
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
        return parse_completion(text, model=self.model_name)


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
        request.headers["accept-encoding"] = "gzip"

    async def bound(response: Any) -> None:
        # Unpacked here, where its size is watched: a small body can hold gigabytes.
        packed = response.headers.pop("content-encoding", "").strip().lower()
        if packed not in ("", "identity", "gzip", "x-gzip"):
            raise UnreadableBody(f"the body is encoded as {packed[:40]!r}, which was not asked for")
        response.stream = _bounded_stream()(response.stream, unpack=packed.endswith("gzip"))
        # JSON is UTF-8 (RFC 8259, 8.1), whatever charset the server names.
        response.encoding = "utf-8"

    options: dict[str, Any] = {
        "timeout": openai.Timeout(read_timeout, connect=min(CONNECT_TIMEOUT, read_timeout)),
        "follow_redirects": False,
        "event_hooks": {"request": [keep_to_ourselves], "response": [bound]},
    }
    try:
        # aiohttp's pool: httpx's own takes longer the more connections it holds.
        client = openai.DefaultAioHttpClient(**options)
    except RuntimeError:  # an SDK that does not bring it along
        return openai.DefaultAsyncHttpxClient(**options)
    for transport in (client._transport, *client._mounts.values()):
        if transport is not None:
            _refuse_cookies(transport)
    return client


def _refuse_cookies(transport: Any) -> None:
    """Let a transport's session be one that keeps no cookies: it would send them past the hooks."""

    def open_session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=transport.limits.max_connections or 0,
            keepalive_timeout=transport.limits.keepalive_expiry,
            ssl=transport.ssl_context,
        )
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    transport.client = open_session


class _AsyncOnly:
    def __getattr__(self, name: str) -> Any:
        raise TypeError("this model answers ainvoke only")


@lru_cache(maxsize=1)
def _bounded_stream() -> Any:
    # The SDK moved from httpx to httpx2; a stream must be of the library that reads it.
    library = importlib.import_module(openai.DefaultAsyncHttpxClient.__mro__[1].__module__.partition(".")[0])

    class Bounded(library.AsyncByteStream):  # type: ignore[name-defined, misc]
        def __init__(self, stream: Any, *, unpack: bool) -> None:
            self._stream = stream
            self._unpack = zlib.decompressobj(wbits=31).decompress if unpack else None

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for chunk in self._stream:
                try:
                    plain = self._unpack(chunk, MAX_BODY + 1 - size) if self._unpack else chunk
                except zlib.error as error:
                    raise UnreadableBody(f"the body is not gzip: {error}") from None
                size += len(plain)
                if size > MAX_BODY:
                    raise UnreadableBody(f"the body is longer than {MAX_BODY} bytes")
                yield plain

        async def aclose(self) -> None:
            await self._stream.aclose()

    return Bounded
