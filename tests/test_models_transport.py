"""The real ChatOpenAI over loopback: how each misbehaviour is told, and what never leaves."""

import asyncio
import gzip
import json
import traceback
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.tracers.langchain import wait_for_all_tracers

from tests.model_clients import KEY, REQUEST, one_attempt, pooled
from tests.openai_server import Misbehave, OpenAIServer, Trick, completion, error, raw, text, tool_calls
from toolflow_graph.errors import ModelError, RefusedRequest, RunError, TransportFault, TruncatedReply, UsageError
from toolflow_graph.models.chat_openai import MAX_BODY, build_chat_openai, build_http_client
from toolflow_graph.models.langchain import tracing
from toolflow_graph.models.pool import build_pools
from toolflow_graph.models.port import Model
from toolflow_graph.models.replies import check_reply
from toolflow_graph.models.retry import RetryPolicy
from toolflow_graph.models.specs import EndpointOptions, parse_model_flags
from toolflow_graph.types import Usage


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (lambda: error(429, headers={"Retry-After": "3"}), 429),
        (lambda: error(500), 500),
        (lambda: error(503, headers={"Retry-After": "3"}), 503),
        (lambda: raw("<html>Bad gateway</html>", status=502, content_type="text/html"), 502),
        (lambda: raw('{"id": "chatc'), None),
        (lambda: raw("<html>welcome</html>", content_type="text/html"), None),
        (lambda: raw("data: {}\n\n", content_type="text/event-stream"), None),
        (lambda: raw("[]"), None),
        (lambda: raw('"text"'), None),
        (lambda: raw("null"), None),
        (lambda: raw(""), None),
        (lambda: raw("{}"), None),
        (lambda: raw('{"choices": []}'), None),
        (lambda: raw('{"choices": null}'), None),
        (lambda: raw('{"choices": [{}]}'), None),
        (lambda: raw('{"choices": [{"message": null}]}'), None),
        (lambda: raw(b"\xff\xfe\x00garbage"), None),
        (lambda: raw("{}", headers={"Content-Encoding": "gzip"}), None),
        (lambda: raw("{}", headers={"Content-Encoding": "br"}), None),
        (lambda: raw("{}", headers={"Content-Encoding": "gzip, gzip"}), None),
        (lambda: raw('{"error": ' + "[" * 900 + "]" * 900 + "}"), None),
        (lambda: raw('{"error": ' + "[" * 900 + "]" * 900 + "}", status=500), 500),
        (lambda: raw('{"error": {"message": "overloaded", "code": 529}}'), 529),
        (lambda: raw('{"error": "upstream"}'), None),
    ],
)
async def test_transport_faults(answer: Callable[[], web.Response], status: int | None) -> None:
    async with OpenAIServer(lambda body: answer()) as server, one_attempt(server) as model:
        with pytest.raises(TransportFault) as caught:
            await model.complete(REQUEST)
    assert caught.value.status == status
    assert caught.value.retry_after == (3.0 if "Retry-After" in answer().headers else None)
    assert len(server.requests) == 1, "the SDK must not retry beside us"


@pytest.mark.parametrize("trick", ["reset", "reset_mid_body", "half_body", "endless_body", "hang"])
async def test_broken_connections_are_transport_faults(trick: Trick) -> None:
    def answer(body: dict[str, Any]) -> Any:
        raise Misbehave(trick)

    async with OpenAIServer(answer) as server, one_attempt(server, read_timeout=0.5) as model:
        with pytest.raises(TransportFault):
            await model.complete(REQUEST)


async def test_a_giant_body_is_not_read_to_its_end() -> None:
    async with OpenAIServer(lambda body: text("x" * (MAX_BODY + 1))) as server, one_attempt(server) as model:
        with pytest.raises(TransportFault, match="longer than"):
            await model.complete(REQUEST)


async def test_a_small_body_that_holds_gigabytes_is_not_unpacked() -> None:
    bomb = gzip.compress(b" " * (8 * MAX_BODY), 9)
    assert len(bomb) < MAX_BODY // 50
    tracemalloc.start()
    packed = {"Content-Encoding": "gzip"}
    async with OpenAIServer(lambda body: raw(bomb, headers=packed)) as server, one_attempt(server) as model:
        tracemalloc.reset_peak()
        with pytest.raises(TransportFault, match="longer than"):
            await model.complete(REQUEST)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * MAX_BODY


async def test_a_packed_body_is_read() -> None:
    packed = gzip.compress(json.dumps(completion(text("Grüße"))).encode())
    headers = {"Content-Encoding": "gzip"}
    async with OpenAIServer(lambda body: raw(packed, headers=headers)) as server, one_attempt(server) as model:
        assert (await model.complete(REQUEST)).content == "Grüße"
    assert server.headers[0]["accept-encoding"] == "gzip"


async def test_cookies_are_not_sent_back() -> None:
    cookie = {"Set-Cookie": "session=abc; Path=/"}
    async with OpenAIServer(lambda body: raw(json.dumps(completion(text("Hi."))), headers=cookie)) as server:
        # Of bare addresses nobody keeps cookies.
        named = server.base_url.replace("127.0.0.1", "localhost")
        client = build_http_client(KEY)
        chat = build_chat_openai("test-model", named, KEY, http_client=client)
        for _ in range(2):
            assert (await chat.ainvoke("Hi")).content == "Hi."
        await client.aclose()
    assert not any("cookie" in headers for headers in server.headers)


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "utf-16", "rot13", "zlib", "hex", "no-such", "idna"])
async def test_the_charset_that_a_server_names_does_not_matter(charset: str) -> None:
    body = json.dumps(completion(text("Grüße")), ensure_ascii=False)
    headers = {"Content-Type": f"application/json; charset={charset}"}
    async with (
        OpenAIServer(lambda _: raw(body, content_type=None, headers=headers)) as server,
        one_attempt(server) as model,
    ):
        assert (await model.complete(REQUEST)).content == "Grüße"


@pytest.mark.parametrize(
    "message",
    [
        "Hi",
        {"content": 3},
        {"content": {"text": "Hi"}},
        {"tool_calls": "none"},
        {"tool_calls": [{"function": 3}]},
        {"tool_calls": [{"id": 3, "function": {"name": None, "arguments": []}}]},
        {"content": "half \ud83d"},
        {"tool_calls": [{"function": {"name": "f\udc00", "arguments": {"a": float("nan"), "b": "\udc00"}}}]},
    ],
)
async def test_an_odd_message_is_an_answer_and_not_asked_for_again(message: Any) -> None:
    """Whatever the first call brings: it is no user's mistake, and nothing to wait for."""
    body = json.dumps({"choices": [{"message": message, "finish_reason": {}}], "usage": {"prompt_tokens": 4}})
    async with OpenAIServer(lambda _: raw(body)) as server, pooled(server) as model:
        reply = check_reply(await model.complete(REQUEST))
    assert reply.malformed
    assert reply.usage == Usage(calls=1, input=4)
    assert len(server.requests) == 1


async def test_a_reply_nested_too_deeply_is_an_answer() -> None:
    for depth in (300, 900, 100_000):
        before, after = json.dumps(completion(tool_calls([("f", "HERE")]))).split('"HERE"')
        body = before + '{"a": ' * depth + "1" + "}" * depth + after
        async with OpenAIServer(lambda _: raw(body)) as server, pooled(server) as model:  # noqa: B023
            reply = check_reply(await model.complete(REQUEST))
        assert "nested too deeply" in (reply.malformed or "")


@pytest.mark.parametrize("status", [307, 400, 401, 403, 404, 413, 422])
async def test_refusals(status: int) -> None:
    def answer(body: dict[str, Any]) -> Any:
        return error(status, "because", headers={"Location": "http://127.0.0.1:9/elsewhere"})

    async with OpenAIServer(answer) as server, one_attempt(server) as model:
        with pytest.raises(RefusedRequest, match="because") as caught:
            await model.complete(REQUEST)
    assert caught.value.status == status


async def test_truncation_and_filters_have_their_own_faults() -> None:
    answers = [
        lambda body: completion(text("<think>and so on"), finish_reason="length"),
        lambda body: completion(text("x"), finish_reason="content_filter"),
    ]
    async with OpenAIServer(answers) as server, one_attempt(server) as model:
        with pytest.raises(TruncatedReply) as cut:
            await model.complete(REQUEST)
        with pytest.raises(RefusedRequest, match="filter") as filtered:
            await model.complete(REQUEST)
    assert cut.value.usage == filtered.value.usage == Usage(calls=1, input=11, output=7, cached=5)


async def test_retries_through_a_storm() -> None:
    faults: list[Any] = [error(429, headers={"retry-after-ms": "5"}), error(500), "reset", "half_body", raw("{")]
    async with OpenAIServer(faults=faults) as server, pooled(server, policy=RetryPolicy(first=0.01)) as model:
        assert (await model.complete(REQUEST)).content == "Hello"
    assert len(server.requests) == 6


async def test_an_outage_is_waited_out_and_a_lasting_one_ends_the_run() -> None:
    async with OpenAIServer() as server, pooled(server, policy=RetryPolicy(first=0.05, patience=1.0)) as model:
        await model.complete(REQUEST)
        await server.stop()
        waiting = asyncio.create_task(model.complete(REQUEST))
        await asyncio.sleep(0.1)
        await server.start()
        assert (await waiting).content == "Hello"
        await server.stop()
        with pytest.raises(RunError, match="go on with the same command"):
            await model.complete(REQUEST)


async def test_first_calls_that_fail_are_mistakes() -> None:
    async with OpenAIServer(models=["other"]) as server, pooled(server) as model:
        with pytest.raises(UsageError, match="'test-model' does not exist"):
            await model.complete(REQUEST)
        await server.stop()
        with pytest.raises(UsageError, match="cannot reach"):
            await model.complete(REQUEST)
    async with OpenAIServer(key=KEY) as server, pooled(server) as model:
        with pytest.raises(UsageError, match="HTTP 401"):
            await model.complete(REQUEST)


async def test_a_host_that_does_not_exist_is_a_mistake() -> None:
    pools = build_pools(parse_model_flags(["m@http://no-such-host.invalid/v1"]), environ={})
    with pytest.raises(UsageError, match="no-such-host"):
        await pools["user"].draw(0).complete(REQUEST)


def everything_shown(error: BaseException) -> str:
    return "".join([str(error), repr(error), *traceback.format_exception(error)])


async def test_no_key_in_any_error() -> None:
    def leak(body: dict[str, Any]) -> Any:
        return error(418, f"your key {KEY} is a teapot")

    async with OpenAIServer(leak, key=None) as server, one_attempt(server) as model:
        with pytest.raises(ModelError) as caught:
            await model.complete(REQUEST)
    assert KEY not in everything_shown(caught.value)
    assert "teapot" in str(caught.value)
    async with OpenAIServer(key="another") as server:
        options = {server.base_url: EndpointOptions(api_key_env="MY_KEY")}
        async with pooled(server, environ={"MY_KEY": KEY}, endpoints=options) as pooled_model:
            with pytest.raises(UsageError, match="MY_KEY") as mistake:
                await pooled_model.complete(REQUEST)
    assert KEY not in everything_shown(mistake.value)
    assert KEY not in repr(build_chat_openai("m", "http://127.0.0.1:1/v1", KEY))


async def test_nothing_ambient_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "OPENAI_API_KEY": KEY,
        "OPENAI_ADMIN_KEY": KEY,
        "OPENAI_ORG_ID": "org-1",
        "OPENAI_ORGANIZATION": "org-2",
        "OPENAI_PROJECT_ID": "proj-1",
        "OPENAI_CUSTOM_HEADERS": f"X-Mine: {KEY}\nAuthorization: Bearer {KEY}",
        "OPENAI_PROXY": "http://127.0.0.1:9",
        "OPENAI_API_BASE": "http://127.0.0.1:9/v1",
        "LANGSMITH_GATEWAY": "http://127.0.0.1:9",
        "LC_OUTPUT_VERSION": "v1",
    }.items():
        monkeypatch.setenv(name, value)
    async with OpenAIServer() as server, pooled(server) as model:
        assert (await model.complete(REQUEST)).content == "Hello"
    (headers,) = server.headers
    assert headers.pop("authorization") == "Bearer EMPTY"
    assert set(headers) <= {"host", "accept", "accept-encoding", "connection", "user-agent", "content-type"} | {
        "content-length"
    }
    assert KEY not in str(headers)


class Watching(AsyncCallbackHandler):
    """Counts what the callbacks of a run see."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
        self.seen.append(messages[0][1].content)

    async def on_llm_end(self, response: Any, **kwargs: Any) -> None:
        self.seen.append(response.generations[0][0].text)


async def test_callbacks_see_the_call_and_never_a_key() -> None:
    watching = Watching()
    async with OpenAIServer() as server, pooled(server) as model:
        await model.complete(REQUEST, {"callbacks": [watching]})
    assert watching.seen == ["Hi", "Hello"]


async def test_tracing_follows_the_flag_and_not_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    traced: list[str] = []

    async def take(request: web.Request) -> web.Response:
        traced.append(request.path)
        return web.json_response({})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGCHAIN_TRACING_V2", "true")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", f"http://127.0.0.1:{runner.addresses[0][1]}")
    monkeypatch.setenv("LANGSMITH_API_KEY", "lsv2_x")
    monkeypatch.setenv("LANGCHAIN_TRACING", "true")
    async with OpenAIServer() as server, pooled(server) as model:
        with tracing(enabled=False):
            await asyncio.create_task(_complete(model))
        await asyncio.sleep(0.3)
        assert traced == []
        with tracing(enabled=True):
            await asyncio.create_task(_complete(model))
        await asyncio.to_thread(wait_for_all_tracers)
    await runner.cleanup()
    assert traced


async def _complete(model: Model) -> None:
    await model.complete(REQUEST)
