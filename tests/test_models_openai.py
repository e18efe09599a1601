"""The real ChatOpenAI over loopback: what is sent, what is read, and how each misbehaviour is told."""

import asyncio
import json
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.tracers.langchain import wait_for_all_tracers
from langchain_openai import ChatOpenAI
from openai_server import (
    Misbehave,
    OpenAIServer,
    Trick,
    answers_probe,
    completion,
    error,
    json_text,
    raw,
    refuses_json_schema,
    text,
    tool_calls,
    wants_json,
)

from toolflow_graph.errors import (
    ModelError,
    RefusedRequest,
    RunError,
    TransportFault,
    TruncatedReply,
    UsageError,
)
from toolflow_graph.models.chat_openai import (
    MAX_BODY,
    ToolflowChatOpenAI,
    build_chat_openai,
    build_http_client,
    split_thinking,
)
from toolflow_graph.models.langchain import LangChainModel, tracing
from toolflow_graph.models.pool import build_pools
from toolflow_graph.models.port import Model, ModelRequest, RawCall
from toolflow_graph.models.retry import RetryPolicy
from toolflow_graph.models.specs import EndpointOptions, parse_model_flags
from toolflow_graph.types import Message, Tool, ToolCall, Usage

KEY = "sk-very-secret-key-0123456789"
PROMPT = (Message(role="system", content="Be brief."), Message(role="user", content="Hi"))
REQUEST = ModelRequest(role="user", messages=PROMPT, brief=None, seed=7)
WEATHER = Tool(
    name="get_weather",
    description="Weather of a city",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    returns={"type": "object"},
    effect="read",
)
WITH_TOOLS = ModelRequest(role="assistant", messages=PROMPT, brief=None, tools=(WEATHER,))
QUICK = RetryPolicy(first=0.01, longest=0.02, patience=0.3)


@asynccontextmanager
async def one_attempt(server: OpenAIServer, **options: Any) -> AsyncIterator[LangChainModel]:
    """A model without retries."""
    client = build_http_client(KEY, read_timeout=options.get("read_timeout", 5.0))
    chat = build_chat_openai("test-model", server.base_url, KEY, http_client=client, **{"read_timeout": 5.0, **options})
    assert isinstance(chat, ChatOpenAI)
    yield LangChainModel(chat, name="test-model", endpoint=server.base_url, secrets=[KEY])
    await client.aclose()


@asynccontextmanager
async def pooled(
    server: OpenAIServer,
    *,
    environ: Mapping[str, str] | None = None,
    endpoints: Mapping[str, EndpointOptions] | None = None,
    **options: Any,
) -> AsyncIterator[Model]:
    """The model that a run would use, with quick retries."""
    specs = parse_model_flags([f"test-model@{server.base_url}"])
    pools = build_pools(specs, {}, endpoints, environ=environ or {}, **{"policy": QUICK, **options})
    yield pools["user"].draw(0)
    await pools["user"].aclose()


async def test_a_whole_request_and_reply() -> None:
    async with OpenAIServer(lambda body: text("Hello")) as server, one_attempt(server) as model:
        reply = await model.complete(REQUEST)
    assert (reply.content, reply.calls, reply.finish_reason) == ("Hello", (), "stop")
    assert reply.usage == Usage(calls=1, input=11, output=7, cached=5)
    assert server.requests == [
        {
            "model": "test-model",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
            "seed": 7,
        }
    ]


async def test_tools_calls_and_results_travel_in_openais_shape() -> None:
    history = (
        *PROMPT,
        Message(role="assistant", tool_calls=(ToolCall(id="call_1", name="get_weather", arguments={"city": "Köln"}),)),
        Message(role="tool", tool_call_id="call_1", content='{"sky": "grey"}'),
        Message(role="assistant", content="Grey."),
        Message(role="user", content="Thanks"),
    )
    request = ModelRequest(
        role="assistant",
        messages=history,
        brief=None,
        tools=(WEATHER,),
        tool_choice="auto",
        parallel_tool_calls=True,
        temperature=0.25,
    )
    async with OpenAIServer() as server, one_attempt(server) as model:
        await model.complete(request)
    (body,) = server.requests
    assert body["tools"] == [WEATHER.to_openai()]
    assert (body["tool_choice"], body["parallel_tool_calls"], body["temperature"]) == ("auto", True, 0.25)
    function = {"name": "get_weather", "arguments": '{"city": "Köln"}'}
    assert body["messages"][2:4] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": '{"sky": "grey"}'},
    ]


async def test_a_named_tool_choice() -> None:
    request = ModelRequest(role="assistant", messages=PROMPT, brief=None, tools=(WEATHER,), tool_choice="get_weather")
    async with OpenAIServer() as server, one_attempt(server) as model:
        await model.complete(request)
    assert server.requests[0]["tool_choice"] == {"type": "function", "function": {"name": "get_weather"}}


async def test_calls_come_back_as_they_were_written_and_in_order() -> None:
    written = [("get_weather", '{"city": '), ("get_weather", {"city": "Oslo"}), ("nope", "")]
    async with OpenAIServer(lambda body: tool_calls(written, "Let me look.")) as server, one_attempt(server) as model:
        reply = await model.complete(WITH_TOOLS)
    assert reply.content == "Let me look."
    assert reply.finish_reason == "tool_calls"
    assert reply.calls == (
        RawCall("get_weather", '{"city": '),
        RawCall("get_weather", '{"city": "Oslo"}'),
        RawCall("nope", ""),
    )


@pytest.mark.parametrize("arguments", [{"city": "Oslo"}, {}, None])
async def test_arguments_as_an_object_or_none(arguments: Any) -> None:
    message = text(None, tool_calls=[{"id": "1", "function": {"name": "get_weather", "arguments": arguments}}])
    async with OpenAIServer(lambda body: message) as server, one_attempt(server) as model:
        reply = await model.complete(WITH_TOOLS)
    assert reply.calls == (RawCall("get_weather", "" if arguments is None else arguments),)


async def test_an_old_function_call_and_a_refusal_are_read() -> None:
    old = text(None, function_call={"name": "get_weather", "arguments": "{}"})
    answers = [lambda body: old, lambda body: text(None, refusal="No.")]
    async with OpenAIServer(answers) as server, one_attempt(server) as model:
        assert (await model.complete(WITH_TOOLS)).calls == (RawCall("get_weather", "{}"),)
        assert (await model.complete(REQUEST)).content == "No."


@pytest.mark.parametrize(
    ("content", "answer", "thinking"),
    [
        ("plain", "plain", None),
        ("<think>\nhm\n</think>\n\nHi", "Hi", "hm"),
        ("hm</think>Hi", "Hi", "hm"),
        ("<think>for ever", "", "for ever"),
        ("<think></think>Hi", "Hi", None),
        ("<think>a</think>Hi<think>b</think>", "Hi", "a\nb"),
        ("a</think>Hi <think>b", "Hi", "a\nb"),
    ],
)
def test_thinking_is_parted_from_the_answer(content: str, answer: str, thinking: str | None) -> None:
    assert split_thinking(content) == (answer, thinking)


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
async def test_reasoning_is_kept_and_sent_back_under_its_key(key: str) -> None:
    async with OpenAIServer(lambda body: text("Hi", **{key: "They greet."})) as server, one_attempt(server) as model:
        reply = await model.complete(REQUEST)
        answer = Message(role="assistant", content=reply.content, reasoning=reply.reasoning)
        await model.complete(ModelRequest(role="user", messages=(*PROMPT, answer, PROMPT[1]), brief=None))
    assert (reply.content, reply.reasoning) == ("Hi", "They greet.")
    assert server.requests[1]["messages"][2] == {"role": "assistant", "content": "Hi", key: "They greet."}


async def test_think_tags_become_reasoning() -> None:
    message = text("<think>They greet.</think>\nHi")
    async with OpenAIServer(lambda body: message) as server, one_attempt(server) as model:
        reply = await model.complete(REQUEST)
    assert (reply.content, reply.reasoning) == ("Hi", "They greet.")


@pytest.mark.parametrize(
    ("base_url", "setting", "key"),
    [
        ("https://api.openai.com/v1", "auto", None),
        ("http://127.0.0.1:1/v1", "off", None),
        ("http://127.0.0.1:1/v1", "auto", "reasoning_content"),
        ("http://127.0.0.1:1/v1", "thoughts", "thoughts"),
    ],
)
def test_where_reasoning_is_sent(base_url: str, setting: str, key: str | None) -> None:
    from toolflow_graph.models.langchain import to_langchain

    chat = build_chat_openai("m", base_url, KEY, reasoning_back=setting)
    messages = to_langchain([*PROMPT, Message(role="assistant", content="Hi", reasoning="R")])
    sent = chat._get_request_payload(messages)["messages"][2]
    assert sent == {"role": "assistant", "content": "Hi", **({key: "R"} if key else {})}


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
        (lambda: raw('{"choices": [{"message": "Hi"}]}'), None),
        (lambda: raw('{"choices": [{"message": {"content": 3}}]}'), None),
        (lambda: raw('{"choices": [{"message": {"tool_calls": "none"}}]}'), None),
        (lambda: raw('{"choices": [{"message": {"tool_calls": [{"function": 3}]}}]}'), None),
        (lambda: raw(b"\xff\xfe\x00garbage"), None),
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
        with pytest.raises(TruncatedReply):
            await model.complete(REQUEST)
        with pytest.raises(RefusedRequest, match="filter"):
            await model.complete(REQUEST)


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


SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
STRUCTURED = ModelRequest(role="planner", messages=PROMPT, brief=None, response_schema=SCHEMA)


async def test_json_schema_where_the_server_has_it() -> None:
    async with OpenAIServer(answers_probe(lambda body: json_text({"x": 1}))) as server, pooled(server) as model:
        replies = await asyncio.gather(*(model.complete(STRUCTURED) for _ in range(5)))
    assert {reply.content for reply in replies} == {'{"x": 1}'}
    assert len(server.requests) == 6
    asked = server.requests[-1]
    assert asked["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "planner_reply", "schema": SCHEMA, "strict": False},
    }
    assert wants_json(asked) == SCHEMA


async def test_prompted_json_where_it_has_not() -> None:
    responder = refuses_json_schema(lambda body: text('```json\n{"x": 1}\n```'))
    async with OpenAIServer(responder) as server, pooled(server) as model:
        await model.complete(STRUCTURED)
        await model.complete(STRUCTURED)
    assert len(server.requests) == 4
    assert "response_format" not in server.requests[-1]
    assert json.dumps(SCHEMA, separators=(",", ":")) in server.requests[-1]["messages"][-1]["content"]
    assert server.requests[-1]["messages"][0] == {"role": "system", "content": "Be brief."}


async def test_endpoint_options() -> None:
    async with OpenAIServer() as server:
        options = {server.base_url: EndpointOptions(api_key_env="MY_KEY", seed=False, json_schema=False)}
        async with pooled(server, environ={"MY_KEY": KEY}, endpoints=options) as model:
            await model.complete(STRUCTURED)
    (body,) = server.requests
    assert "seed" not in body
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


async def test_many_at_once() -> None:
    requests = [
        ModelRequest(role="user", messages=(PROMPT[0], Message(role="user", content=str(n))), brief=None)
        for n in range(150)
    ]

    def echo(body: dict[str, Any]) -> dict[str, Any]:
        return text(body["messages"][1]["content"])

    async with OpenAIServer(echo, delay=0.05) as server, pooled(server) as model:
        replies = await asyncio.gather(*(model.complete(request) for request in requests))
    assert [reply.content for reply in replies] == [str(n) for n in range(150)]
    assert server.most_in_flight > 60


async def test_streaming_handlers_do_not_make_it_stream() -> None:
    from langchain_core.tracers._streaming import _StreamingCallbackHandler

    class Streaming(Watching, _StreamingCallbackHandler):  # type: ignore[type-arg]
        def tap_output_aiter(self, run_id: Any, output: Any) -> Any:
            return output

        def tap_output_iter(self, run_id: Any, output: Any) -> Any:
            return output

    async with OpenAIServer(lambda body: text("Hi", reasoning="R")) as server, pooled(server) as model:
        reply = await model.complete(REQUEST, {"callbacks": [Streaming()]})
    assert reply.reasoning == "R"
    assert "stream" not in server.requests[0]


def test_the_synchronous_client_is_not_there() -> None:
    chat: ToolflowChatOpenAI = build_chat_openai("m", "http://127.0.0.1:1/v1", KEY)
    with pytest.raises(TypeError, match="ainvoke"):
        chat.invoke("Hi")
