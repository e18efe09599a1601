"""Pools: who is drawn, who is built from what, and where keys go."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from tests.openai_server import OpenAIServer
from toolflow_graph.errors import RefusedRequest, TruncatedReply, UsageError
from toolflow_graph.models.langchain import LangChainModel, read_reply, to_langchain
from toolflow_graph.models.pool import Pool, build_pools
from toolflow_graph.models.port import Model, ModelRequest, RawCall, Reply
from toolflow_graph.models.specs import EndpointOptions, parse_endpoints, parse_model_flags, parse_temperature_flags
from toolflow_graph.types import Message, ToolCall, Usage

REQUEST = ModelRequest(role="user", messages=(Message(role="user", content="Hi"),), brief=None)


class Named:
    """The least model there is."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def complete(self, request: ModelRequest, config: Any = None) -> Reply:
        return Reply(content=self.name)


def test_a_dialogue_keeps_its_model_and_the_weights_hold() -> None:
    pool = Pool("user", [(Named("a"), 7), (Named("b"), 3)])
    drawn = [pool.draw(seed).name for seed in range(4000)]
    assert drawn == [pool.draw(seed).name for seed in range(4000)]
    assert 0.67 < Counter(drawn)["a"] / 4000 < 0.73


def test_roles_draw_apart() -> None:
    members = [(Named("a"), 1.0), (Named("b"), 1.0)]
    user, tool = Pool("user", members), Pool("tool", members)
    assert any(user.draw(seed).name != tool.draw(seed).name for seed in range(20))


def test_a_pool_needs_members() -> None:
    for members in ([], [(Named("a"), 0.0)], [(Named("a"), float("nan"))]):
        with pytest.raises(ValueError, match="weights above 0"):
            Pool("user", members)


def test_equal_members_are_one_model_and_carry_what_the_record_says() -> None:
    specs = parse_model_flags(["a@http://127.0.0.1:1/v1*2,b@http://127.0.0.1:1/v1", "user=a@http://127.0.0.1:1/v1"])
    pools = build_pools(specs, parse_temperature_flags(["0.5", "tool=1"]), environ={})
    (first, _), (second, _) = pools["planner"].members
    assert first is pools["user"].members[0][0] is pools["assistant"].members[0][0]
    assert first is not pools["tool"].members[0][0]
    described = [(model.name, getattr(model, "temperature", None)) for model in (first, second)]
    assert described == [("a", 0.5), ("b", 0.5)]
    assert all(isinstance(model, Model) for model in (first, second))


def test_a_missing_key_is_named_before_any_call() -> None:
    for environ in ({}, {"OPENAI_API_KEY": "  "}):
        with pytest.raises(UsageError, match="OPENAI_API_KEY is not set"):
            build_pools(parse_model_flags(["gpt-4o"]), environ=environ)
    endpoints = {"http://h/v1": EndpointOptions(api_key_env="MY_KEY")}
    with pytest.raises(UsageError, match="MY_KEY is not set"):
        build_pools(parse_model_flags(["m@http://h/v1"]), {}, endpoints, environ={"OPENAI_API_KEY": "k"})


def test_an_unusable_key_is_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        build_pools(parse_model_flags(["gpt-4o"]), environ={"OPENAI_API_KEY": "sécret\nkey"})
    assert "cret" not in str(caught.value)


def test_a_malformed_openai_base_url_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="OPENAI_BASE_URL"):
        build_pools(parse_model_flags(["m"]), environ={"OPENAI_BASE_URL": "localhost:8000"})


async def sent_key(server: OpenAIServer, model: str, environ: dict[str, str], **tables: Any) -> str:
    pools = build_pools(parse_model_flags([model]), {}, parse_endpoints(tables), environ=environ)
    await pools["user"].draw(0).complete(REQUEST)
    await pools["user"].aclose()
    return server.headers[-1]["authorization"].removeprefix("Bearer ")


async def test_where_keys_go() -> None:
    async with OpenAIServer(models=[]) as server:
        url, other = server.base_url, "http://127.0.0.1:9/v1"
        ours, elsewhere = {"OPENAI_BASE_URL": url + "/"}, {"OPENAI_BASE_URL": other}
        assert await sent_key(server, "m", {"OPENAI_API_KEY": "real", **ours}) == "real"
        assert await sent_key(server, f"m@{url}", {"OPENAI_API_KEY": "real", **ours}) == "real"
        assert await sent_key(server, f"m@{url}", {"OPENAI_API_KEY": "real", **elsewhere}) == "EMPTY"
        assert await sent_key(server, f"m@{url}", {"OPENAI_API_KEY": "real"}) == "EMPTY"
        assert await sent_key(server, "m", ours) == "EMPTY"
        table = {url: {"api_key_env": "MINE"}}
        assert await sent_key(server, f"m@{url}", {"OPENAI_API_KEY": "real", "MINE": "mine"}, **table) == "mine"


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


FILE = """
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from toolflow_graph.models.port import Reply

def fake():
    return GenericFakeChatModel(messages=iter([AIMessage("from a factory")] * 5))

class Mine:
    name = "mine"
    temperature = 0.1
    async def complete(self, request, config=None):
        if request.role == "tool":
            raise KeyError("a bug of mine")
        return Reply(content=f"{request.temperature}")

instance = Mine()
broken = lambda: 1 / 0
number = 3
"""


async def test_referenced_models(tmp_path: Path) -> None:
    place = write(tmp_path / "mine.py", FILE)
    specs = parse_model_flags([f"planner={place}:fake", f"user={place}:Mine", f"{place}:instance"])
    pools = build_pools(specs, {"user": 0.9}, environ={})
    assert (await pools["planner"].draw(0).complete(REQUEST)).content == "from a factory"
    assert pools["planner"].draw(0).name == f"{place}:fake"
    assert (await pools["user"].draw(0).complete(REQUEST)).content == "0.9"
    assert getattr(pools["assistant"].draw(0), "temperature", None) == 0.1
    with pytest.raises(UsageError, match="a bug of mine"):
        await pools["tool"].draw(0).complete(ModelRequest(role="tool", messages=REQUEST.messages, brief=None))


@pytest.mark.parametrize("attr", ["broken", "number", "absent"])
def test_references_that_are_no_models(tmp_path: Path, attr: str) -> None:
    place = write(tmp_path / "mine.py", FILE)
    with pytest.raises(UsageError, match=attr):
        build_pools(parse_model_flags([f"{place}:{attr}"]), environ={})


async def test_structured_requests_to_referenced_models_are_prompted() -> None:
    fake = GenericFakeChatModel(messages=iter([AIMessage("{}")]))
    model = LangChainModel(fake, name="fake", endpoint="x:fake")
    assert (await model.complete(REQUEST)).content == "{}"


def test_messages_become_langchains() -> None:
    call = ToolCall(id="call_1", name="f", arguments={"x": 1})
    converted = to_langchain(
        [
            Message(role="system", content="S"),
            Message(role="assistant", tool_calls=(call,), reasoning="R"),
            Message(role="tool", tool_call_id="call_1", content="1"),
        ]
    )
    assert [message.type for message in converted] == ["system", "ai", "tool"]
    assistant = converted[1]
    assert isinstance(assistant, AIMessage)
    assert assistant.tool_calls == [{"name": "f", "args": {"x": 1}, "id": "call_1", "type": "tool_call"}]
    assert assistant.additional_kwargs == {"reasoning_content": "R"}


def test_replies_of_other_integrations_are_read() -> None:
    reply = read_reply(
        AIMessage(
            content=[{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hi"}, " there"],
            tool_calls=[{"name": "f", "args": {"x": 1}, "id": "1", "type": "tool_call"}],
            invalid_tool_calls=[
                {"name": "g", "args": "{", "id": "2", "error": "broken", "type": "invalid_tool_call"},
            ],
            usage_metadata={
                "input_tokens": 3,
                "output_tokens": 2,
                "total_tokens": 5,
                "input_token_details": {"cache_read": 1},
            },
            response_metadata={"stop_reason": "tool_use"},
        )
    )
    assert reply == Reply(
        content="Hi there",
        calls=(RawCall("f", {"x": 1}), RawCall("g", "{")),
        reasoning="hm",
        finish_reason="tool_use",
        usage=Usage(calls=1, input=3, output=2, cached=1),
    )
    with pytest.raises(TruncatedReply):
        read_reply(AIMessage(content="x", response_metadata={"stop_reason": "max_tokens"}))
    with pytest.raises(RefusedRequest):
        read_reply(AIMessage(content="x", response_metadata={"finish_reason": "SAFETY"}))


async def test_the_offline_model_needs_nothing() -> None:
    pools = build_pools(parse_model_flags([]), environ={})
    model = pools["assistant"].draw(0)
    assert model.name == "offline"
    assert isinstance(model, Model)
    await pools["assistant"].aclose()


def test_specs_and_the_offline_model_import_no_langchain() -> None:
    code = (
        "import sys\n"
        "from toolflow_graph.models import retry, specs, structured\n"
        "from toolflow_graph.models.pool import build_pools\n"
        "build_pools(specs.parse_model_flags([]), environ={})\n"
        "print({name.split('.')[0] for name in sys.modules} & {'langchain_core', 'openai', 'langchain_openai'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
