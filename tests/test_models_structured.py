"""Tolerant JSON, and the two ways a schema reaches a model."""

import asyncio
import contextlib
import json
import math
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolflow_graph.errors import ParseError, RefusedRequest, TransportFault, UsageError
from toolflow_graph.models.port import ModelRequest, Reply
from toolflow_graph.models.retry import Endpoint, Retrying
from toolflow_graph.models.structured import MAX_DEPTH, MemorySupport, Structured, parse_arguments, parse_json_object
from toolflow_graph.types import Message

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=4).filter(lambda value: _encodable(value))


def _encodable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        '  \n{"a": 1}\n',
        '```json\n{"a": 1}\n```',
        '```\n{"a": 1}\n```',
        'Sure! Here it is:\n```json\n{"a": 1}\n```\nAnything else?',
        'The {name} is as asked: {"a": 1}. Bye {"a": 2}',
        '{"a": 1} {"a": 2}',
        '"{\\"a\\": 1}"',
        '{"a": 1,}',
        '{"a": 1, } trailing',
        '{\n  "a": 1\n}',
    ],
)
def test_forgiven(text: str) -> None:
    assert parse_json_object(text) == {"a": 1}


def test_commas_in_strings_are_left_alone_when_trailing_ones_are_dropped() -> None:
    assert parse_json_object('{"a": "x,}", "b": [1,2,],}') == {"a": "x,}", "b": [1, 2]}


def test_raw_line_breaks_in_strings_are_forgiven() -> None:
    assert parse_json_object('{"a": "one\ntwo"}') == {"a": "one\ntwo"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "empty"),
        ("  ", "empty"),
        ("I cannot do that.", "no JSON object"),
        ("[1, 2]", "an array"),
        ("3", "a number"),
        ("true", "a boolean"),
        ('{"a": {"b": 1}, oops', "broken"),
        ('{"a": 1', "broken"),
        ('{"a": NaN}', "NaN"),
        ('{"a": 1e999}', "too large"),
        ('{"a": "\\ud800"}', "surrogate"),
        ('{"a":' * 5000, "nested too deeply"),
        ('{"a":' * 65 + "1" + "}" * 65, "nested too deeply"),
        ('{"a":' + "[" * 64 + "]" * 64 + "}", "nested too deeply"),
    ],
)
def test_refused_with_a_reason_for_the_model(text: str | None, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parse_json_object(text)


@settings(max_examples=50)
@given(OBJECTS, st.sampled_from(["{}", "Here:\n```json\n{}\n```", "Yes. {} Done.", "\n\n{}"]))
def test_an_object_comes_back_through_any_wrapping(value: dict[str, Any], wrapping: str) -> None:
    assert parse_json_object(wrapping.replace("{}", json.dumps(value, ensure_ascii=False))) == value


@settings(max_examples=50)
@given(st.text(max_size=60))
def test_any_text_is_an_object_or_a_parse_error(text: str) -> None:
    for parse in (parse_json_object, parse_arguments):
        with contextlib.suppress(ParseError):
            assert isinstance(parse(text), dict)


@settings(max_examples=50)
@given(OBJECTS)
def test_arguments_as_object_text_or_text_in_text(value: dict[str, Any]) -> None:
    assert parse_arguments(value) == value
    assert parse_arguments(json.dumps(value)) == value
    assert parse_arguments(json.dumps(json.dumps(value))) == value


def test_as_deep_as_allowed() -> None:
    text = '{"a":' * (MAX_DEPTH - 1) + "[]" + "}" * (MAX_DEPTH - 1)
    assert parse_json_object(text) == parse_arguments(text) == json.loads(text)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a": math.nan}, "not JSON"),
        ({"a": [{"b": math.inf}]}, "not JSON"),
        ({"a": "\ud83d"}, "surrogate"),
        ({"\ud83d": 1}, "surrogate"),
        ({"a": {1, 2}}, "not JSON"),
    ],
)
def test_ready_made_arguments_that_no_text_can_hold(value: dict[str, Any], reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parse_arguments(value)


@pytest.mark.parametrize("unit", ['\\"', '"', ",", '",', "\\", '{"a":"', " ,", '"\\'])
def test_long_broken_text_is_refused_in_no_time(unit: str) -> None:
    started = time.process_time()
    with pytest.raises(ParseError, match="broken"):
        parse_json_object('{"a": "' + unit * 50_000)
    assert time.process_time() - started < 5, "quadratic reading takes minutes"


def test_no_arguments_are_an_empty_object() -> None:
    nothing: list[Any] = [None, "", "  ", "null", '""', {}]
    assert [parse_arguments(raw) for raw in nothing] == [{}] * 6


@pytest.mark.parametrize("raw", ['{"a": ', "[1]", "3", '"word"', "{'a': 1}", '{"a": NaN}', '{"a": 1,}'])
def test_broken_arguments_are_told(raw: str) -> None:
    with pytest.raises(ParseError, match="arguments"):
        parse_arguments(raw)


class Scripted:
    """A model that answers by a function and remembers what it was asked."""

    name = "scripted"

    def __init__(self, answer: Callable[[ModelRequest], str]) -> None:
        self.asked: list[ModelRequest] = []
        self._answer = answer

    async def complete(self, request: ModelRequest, config: Any = None) -> Reply:
        self.asked.append(request)
        await asyncio.sleep(0)
        return Reply(content=self._answer(request))


SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}}
REQUEST = ModelRequest(
    role="user",
    messages=(Message(role="system", content="S"), Message(role="user", content="U")),
    brief=None,
    response_schema=SCHEMA,
)
GOOD_PROBE = '{"hand": "right", "share": 90}'


def structured(answer: Callable[[ModelRequest], str], store: MemorySupport, key: str | None = "k") -> Any:
    model = Scripted(answer)
    return model, Structured(Retrying(model, Endpoint("http://h/v1")), key=key, support=store)


async def test_a_server_that_conforms_is_asked_once_and_gets_the_schema() -> None:
    store = MemorySupport()
    model, subject = structured(lambda request: GOOD_PROBE if request.role == "probe" else '{"x": 1}', store)
    replies = await asyncio.gather(*(subject.complete(REQUEST) for _ in range(20)))
    assert {reply.content for reply in replies} == {'{"x": 1}'}
    assert [request.role for request in model.asked].count("probe") == 1
    assert all(request.response_schema for request in model.asked)
    assert store.get("k") is True


async def test_a_server_that_ignores_the_schema_gets_a_transient_suffix() -> None:
    store = MemorySupport()
    model, subject = structured(lambda request: "Most people use the right hand.", store)
    await subject.complete(REQUEST)
    assert store.get("k") is False
    sent = model.asked[-1]
    assert sent.response_schema is None
    assert sent.messages[0] == REQUEST.messages[0]
    assert sent.messages[1].content.startswith("U\n\nReply with one JSON object only")
    assert json.dumps(SCHEMA, separators=(",", ":")) in sent.messages[1].content
    assert REQUEST.messages[1].content == "U"


@pytest.mark.parametrize("status", [400, 422, 501])
async def test_a_refused_schema_means_prompting(status: int) -> None:
    def answer(request: ModelRequest) -> str:
        if request.response_schema is not None:
            raise RefusedRequest("no response_format", status=status)
        return "{}"

    store = MemorySupport()
    model, subject = structured(answer, store)
    assert (await subject.complete(REQUEST)).content == "{}"
    assert store.get("k") is False
    assert [request.role for request in model.asked] == ["probe", "user"]


async def test_a_server_that_refuses_everything_is_a_mistake_and_nothing_is_stored() -> None:
    def answer(request: ModelRequest) -> str:
        raise RefusedRequest("HTTP 404: no such model", status=404)

    store = MemorySupport()
    _, subject = structured(answer, store)
    with pytest.raises(UsageError, match="no such model"):
        await subject.complete(REQUEST)
    assert store.get("k") is None


async def test_one_schema_too_many_is_prompted_and_not_tried_again() -> None:
    def answer(request: ModelRequest) -> str:
        if request.role == "probe":
            return GOOD_PROBE
        if request.response_schema is not None:
            raise RefusedRequest("cannot compile the grammar", status=400)
        return '{"x": 2}'

    model, subject = structured(answer, MemorySupport())
    for _ in range(2):
        assert (await subject.complete(REQUEST)).content == '{"x": 2}'
    with_schema = [request.response_schema is not None for request in model.asked]
    assert with_schema == [True, True, False, False]


async def test_text_requests_and_models_without_a_key_are_never_probed() -> None:
    model, subject = structured(lambda request: "{}", MemorySupport(), key=None)
    await subject.complete(REQUEST)
    await subject.complete(ModelRequest(role="assistant", messages=REQUEST.messages, brief=None))
    assert [request.role for request in model.asked] == ["user", "assistant"]


async def test_a_known_answer_is_not_asked_again() -> None:
    store = MemorySupport()
    store.set("k", True)
    model, subject = structured(lambda request: '{"x": 1}', store)
    await subject.complete(REQUEST)
    assert [request.role for request in model.asked] == ["user"]


async def test_a_transport_fault_in_the_probe_is_waited_out() -> None:
    faults = [TransportFault("HTTP 503", status=503)]

    def answer(request: ModelRequest) -> str:
        if faults:
            raise faults.pop()
        return GOOD_PROBE

    async def no_wait(seconds: float) -> None:
        return None

    store = MemorySupport()
    retrying = Retrying(Scripted(answer), Endpoint("http://h/v1"), sleep=no_wait)
    await Structured(retrying, key="k", support=store).complete(REQUEST)
    assert store.get("k") is True
