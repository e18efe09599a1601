"""The real ChatOpenAI over loopback: what is sent and what is read."""

import asyncio
import json
from typing import Any

import pytest
from langchain_core.callbacks import AsyncCallbackHandler

from tests.model_clients import KEY, PROMPT, REQUEST, WEATHER, WITH_TOOLS, one_attempt, pooled
from tests.openai_server import (
    OpenAIServer,
    answers_probe,
    json_text,
    refuses_json_schema,
    text,
    tool_calls,
    wants_json,
)
from toolflow_graph.models.chat_openai import ToolflowChatOpenAI, build_chat_openai
from toolflow_graph.models.langchain import to_langchain
from toolflow_graph.models.port import ModelRequest, RawCall
from toolflow_graph.models.specs import EndpointOptions
from toolflow_graph.types import Message, ToolCall, Usage


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


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
async def test_reasoning_is_kept_and_sent_back_under_its_key(key: str) -> None:
    async with OpenAIServer(lambda body: text("Hi", **{key: "They greet."})) as server, one_attempt(server) as model:
        reply = await model.complete(REQUEST)
        answer = Message(role="assistant", content=reply.content, reasoning=reply.reasoning)
        again = (*PROMPT, answer, PROMPT[1])
        await model.complete(ModelRequest(role="user", messages=again, brief=None, reasoning_key=reply.reasoning_key))
    assert (reply.content, reply.reasoning) == ("Hi", "They greet.")
    assert server.requests[1]["messages"][2] == {"role": "assistant", "content": "Hi", key: "They greet."}


async def test_think_tags_become_reasoning() -> None:
    message = text("<think>They greet.</think>\nHi")
    async with OpenAIServer(lambda body: message) as server, one_attempt(server) as model:
        reply = await model.complete(REQUEST)
    assert (reply.content, reply.reasoning) == ("Hi", "They greet.")


@pytest.mark.parametrize(
    ("base_url", "setting", "came", "key"),
    [
        ("https://api.openai.com/v1", "auto", "reasoning", None),
        ("http://127.0.0.1:1/v1", "off", "reasoning", None),
        ("http://127.0.0.1:1/v1", "auto", None, "reasoning_content"),
        ("http://127.0.0.1:1/v1", "auto", "reasoning", "reasoning"),
        ("http://127.0.0.1:1/v1", "thoughts", "reasoning", "thoughts"),
    ],
)
def test_where_reasoning_is_sent(base_url: str, setting: str, came: str | None, key: str | None) -> None:
    chat = build_chat_openai("m", base_url, KEY, reasoning_back=setting)
    messages = to_langchain([*PROMPT, Message(role="assistant", content="Hi", reasoning="R")], reasoning_key=came)
    sent = chat._get_request_payload(messages)["messages"][2]
    assert sent == {"role": "assistant", "content": "Hi", **({key: "R"} if key else {})}


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
    assert len(server.requests) == 3
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

    class Streaming(AsyncCallbackHandler, _StreamingCallbackHandler):  # type: ignore[type-arg]
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
