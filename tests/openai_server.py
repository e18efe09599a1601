"""A real HTTP server for tests that speaks the OpenAI chat protocol on a loopback port.

::

    async with OpenAIServer(lambda body: text("Hello")) as server:
        ...  # server.base_url, server.requests, server.headers

A responder gets the parsed request body and answers a message dict, a whole completion (with "choices"), or an
``aiohttp.web.Response`` (``error``, ``raw``), or raises ``Misbehave`` for what no response can express. It may be a
coroutine function. A list of responders is played in order, the last one for ever. ``faults`` are played before any
responder, one per request.
"""

import asyncio
import hashlib
import inspect
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Self

from aiohttp import web

Answer = dict[str, Any] | web.StreamResponse
Responder = Callable[[dict[str, Any]], Any]
Trick = Literal["hang", "reset", "reset_mid_body", "half_body", "endless_body"]


class Misbehave(Exception):
    """Raised by a responder: do this to the connection instead of answering."""

    def __init__(self, trick: Trick) -> None:
        super().__init__(trick)
        self.trick = trick


def text(content: str | None, **extra: Any) -> dict[str, Any]:
    """An assistant message; ``extra`` such as reasoning_content="..." goes into it."""
    return {"role": "assistant", "content": content, **extra}


def json_text(value: Any, **extra: Any) -> dict[str, Any]:
    """An assistant message whose content is ``value`` as JSON."""
    return text(json.dumps(value), **extra)


def tool_calls(calls: Iterable[tuple[str, Any]], content: str | None = None, **extra: Any) -> dict[str, Any]:
    """An assistant message that calls tools: (name, arguments); arguments that are text go out as they are."""
    entries = [
        {
            "id": f"srv_{number}",
            "type": "function",
            "function": {
                "name": name,
                "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
            },
        }
        for number, (name, arguments) in enumerate(calls)
    ]
    return text(content, tool_calls=entries, **extra)


def completion(
    message: dict[str, Any],
    *,
    finish_reason: str | None = None,
    model: str = "test-model",
    usage: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A whole chat completion around ``message``."""
    reason = finish_reason or ("tool_calls" if message.get("tool_calls") else "stop")
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": usage
        or {
            "prompt_tokens": 11,
            "completion_tokens": 7,
            "total_tokens": 18,
            "prompt_tokens_details": {"cached_tokens": 5},
        },
    }


def error(status: int, message: str = "no", *, headers: Mapping[str, str] | None = None, **extra: Any) -> web.Response:
    """An OpenAI error response; Retry-After goes into ``headers``."""
    body = {"error": {"message": message, "type": "error", "param": None, "code": None, **extra}}
    return web.json_response(body, status=status, headers=headers)


def raw(
    body: str | bytes,
    *,
    status: int = 200,
    content_type: str | None = "application/json",
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Any body under any content type (None: the one in ``headers``)."""
    data = body.encode() if isinstance(body, str) else body
    return web.Response(body=data, status=status, content_type=content_type, headers=headers)


def refuses_json_schema(responder: Responder) -> Responder:
    """A server without structured output: 400 on any ``response_format``."""

    def respond(body: dict[str, Any]) -> Any:
        if "response_format" in body:
            return error(400, "response_format is not supported")
        return responder(body)

    return respond


def wants_json(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The schema of a structured request, or None."""
    schema: dict[str, Any] | None = body.get("response_format", {}).get("json_schema", {}).get("schema")
    return schema


def is_probe(body: Mapping[str, Any]) -> bool:
    """Whether this is the client's question for json_schema support."""
    name = body.get("response_format", {}).get("json_schema", {}).get("name")
    return bool(name == "probe_reply")


def answers_probe(responder: Responder) -> Responder:
    """A server with structured output, whose responder need not know of the probe."""

    def respond(body: dict[str, Any]) -> Any:
        return json_text({"hand": "right", "share": 90}) if is_probe(body) else responder(body)

    return respond


class OpenAIServer:
    """See the module.

    Attributes:
        requests: the bodies of all chat requests, in order of arrival.
        headers: their headers (names in lower case).
        faults: responses or tricks that are played first, one per chat request.
        delay: seconds before each answer.
        in_flight, most_in_flight: chat requests being answered now, and at most.
    """

    def __init__(
        self,
        responder: Responder | Sequence[Responder] = lambda body: text("Hello"),
        *,
        models: Sequence[str] = ("test-model",),
        key: str | None = None,
        faults: Iterable[web.Response | Trick | Callable[[], web.Response]] = (),
        delay: float = 0.0,
    ) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.faults: list[web.Response | Trick | Callable[[], web.Response]] = list(faults)
        self.delay = delay
        self.in_flight = 0
        self.most_in_flight = 0
        self._responders = [responder] if callable(responder) else list(responder)
        self._models = tuple(models)
        self._key = key
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/embeddings", self._embeddings)
        app.router.add_get("/v1/models", self._list_models)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await self._listen()
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def stop(self) -> None:
        """Stop listening and drop the connections: the server is down until ``start``."""
        assert self._runner is not None
        for site in list(self._runner.sites):
            await site.stop()
        assert self._runner.server is not None
        await self._runner.server.shutdown(0.1)

    async def start(self) -> None:
        """Listen again, on the same port."""
        await self._listen()

    async def _listen(self) -> None:
        assert self._runner is not None
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append(body)
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self.delay:
                await asyncio.sleep(self.delay)
            return await self._answer(request, body)
        finally:
            self.in_flight -= 1

    async def _answer(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        if self._key is not None and request.headers.get("Authorization") != f"Bearer {self._key}":
            return error(401, f"Incorrect API key provided: {request.headers.get('Authorization')}")
        if self.faults:
            fault = self.faults.pop(0)
            if isinstance(fault, str):
                return await _play(fault, request)
            return fault() if callable(fault) else fault
        if self._models and body.get("model") not in self._models:
            return error(404, f"The model {body.get('model')!r} does not exist", code="model_not_found")
        responder = self._responders[0] if len(self._responders) == 1 else self._responders.pop(0)
        try:
            answer = responder(body)
            if inspect.isawaitable(answer):
                answer = await answer
        except Misbehave as misbehaviour:
            return await _play(misbehaviour.trick, request)
        if isinstance(answer, web.StreamResponse):
            return answer
        return web.json_response(answer if "choices" in answer else completion(answer, model=body.get("model", "")))

    async def _embeddings(self, request: web.Request) -> web.Response:
        body = await request.json()
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        data = [{"object": "embedding", "index": index, "embedding": vector(text)} for index, text in enumerate(texts)]
        usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
        return web.json_response({"object": "list", "model": body.get("model"), "data": data, "usage": usage})

    async def _list_models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in self._models]})


def vector(text: str, size: int = 16) -> list[float]:
    """The embedding that the server gives ``text``: from its hash, of length 1."""
    values = [byte - 127.5 for byte in hashlib.sha256(text.encode()).digest()[:size]]
    norm = sum(value * value for value in values) ** 0.5
    return [value / norm for value in values]


async def _play(trick: str, request: web.Request) -> web.StreamResponse:
    transport = request.transport
    assert transport is not None
    if trick == "hang":
        await asyncio.sleep(3600)
    if trick == "reset":
        transport.abort()
        return web.Response()
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    if trick in ("half_body", "reset_mid_body"):
        response.content_length = 1000
    await response.prepare(request)
    if trick == "endless_body":
        while True:
            await response.write(b" " * 1024 * 256)
            await asyncio.sleep(0)
    await response.write(b'{"id": "chatcmpl-1", "choi')
    if trick == "reset_mid_body":
        transport.abort()
    else:
        transport.close()
    return response
