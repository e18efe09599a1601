"""Bodies of chat completions: what is a fault of the way, what is a reply that cannot be used, what can."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from tests.openai_server import completion, text, tool_calls
from toolflow_graph.errors import TruncatedReply
from toolflow_graph.models.completion import parse_completion, split_thinking
from toolflow_graph.models.faults import Filtered, UnreadableBody
from toolflow_graph.models.langchain import read_reply
from toolflow_graph.models.port import RawCall, Reply
from toolflow_graph.models.replies import check_reply
from toolflow_graph.types import Usage

ODD: list[tuple[dict[str, Any], str]] = [
    ({"content": {"text": "Hi"}}, '"content" is an object'),
    ({"content": 3}, '"content" is a number'),
    ({"content": True}, '"content" is a boolean'),
    ({"content": ["Hi", 3]}, "part 2"),
    ({"content": [{"type": "text", "text": {"value": "Hi"}}]}, "part 1"),
    ({"tool_calls": "none"}, '"tool_calls" is a string'),
    ({"tool_calls": {"function": {"name": "f", "arguments": "{}"}}}, '"tool_calls" is an object'),
    ({"tool_calls": 7}, '"tool_calls" is a number'),
    ({"tool_calls": [None]}, 'tool call 1 has no "function"'),
    ({"tool_calls": [{"id": "1", "name": "f", "arguments": "{}"}]}, 'tool call 1 has no "function"'),
    ({"tool_calls": [{"function": {"name": "f"}}, {"function": "f()"}]}, 'tool call 2 has no "function"'),
    ({"tool_calls": [{"function": {"arguments": "{}"}}]}, "tool call 1 does not name"),
    ({"tool_calls": [{"function": {"name": None, "arguments": "{}"}}]}, "tool call 1 does not name"),
    ({"tool_calls": [{"function": {"name": ["f"], "arguments": "{}"}}]}, "tool call 1 does not name"),
    ({"function_call": "f()"}, 'tool call 1 has no "function"'),
]


def read(message: Any, **extra: Any) -> Reply:
    body = {"choices": [{"message": message, **extra}], "usage": {"prompt_tokens": 11, "completion_tokens": 7}}
    return read_body(json.dumps(body))


def read_body(body: str) -> Reply:
    message = parse_completion(body, model="m").generations[0].message
    assert isinstance(message, AIMessage)
    message.response_metadata = dict(parse_completion(body, model="m").generations[0].generation_info or {})
    return read_reply(message)


@pytest.mark.parametrize(("message", "reason"), ODD)
def test_an_odd_message_is_a_reply_with_a_reason_and_its_cost(message: dict[str, Any], reason: str) -> None:
    reply = read(message)
    assert reason in (reply.malformed or "")
    assert json.loads(reply.content or "") == message
    assert reply.calls == ()
    assert reply.usage == Usage(calls=1, input=11, output=7)


@pytest.mark.parametrize("message", ["Hi", 3, ["Hi"], True])
def test_a_message_that_is_no_object_is_a_reply_with_a_reason(message: Any) -> None:
    assert "not an object" in (read(message).malformed or "")


@pytest.mark.parametrize(
    ("message", "content"),
    [
        ({"content": [{"type": "text", "text": "He"}, "llo"]}, "Hello"),
        ({"content": [{"type": "image_url", "image_url": {}}, {"type": "text", "text": "Hi"}]}, "Hi"),
        ({"content": []}, None),
        ({"content": None, "tool_calls": None, "function_call": None, "refusal": None, "reasoning": None}, None),
        ({}, None),
        ({"content": "Hi", "tool_calls": []}, "Hi"),
        ({"content": "Hi", "tool_calls": {}}, "Hi"),
        ({"content": "Hi", "reasoning": {"text": "hm"}, "refusal": 3, "role": 7}, "Hi"),
    ],
)
def test_what_can_be_read_is_read(message: dict[str, Any], content: str | None) -> None:
    reply = read(message)
    assert (reply.content, reply.malformed) == (content, None)


def test_arguments_of_any_kind_are_left_to_the_node() -> None:
    given: list[Any] = [[1], 2, {}]
    entries = [{"id": "x", "function": {"name": "f", "arguments": arguments}} for arguments in given]
    reply = read({"tool_calls": entries})
    assert reply.malformed is None
    assert reply.calls == (RawCall("f", "[1]"), RawCall("f", "2"), RawCall("f", {}))


def test_ids_of_calls_play_no_part() -> None:
    ids: list[Any] = ["x", "x", None, 3, {}]
    entries = [{"id": id_, "function": {"name": "f", "arguments": "{}"}} for id_ in ids]
    assert read({"tool_calls": entries}).calls == (RawCall("f", "{}"),) * 5


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"choices": []}',
        '{"choices": {}}',
        '{"choices": [3]}',
        '{"choices": [{}]}',
        '{"choices": [{"message": null}]}',
        '{"choices": [{"text": "Hi"}]}',
        '{"error": "x"}',
    ],
)
def test_a_body_without_a_message_is_a_fault_of_the_way(body: str) -> None:
    with pytest.raises(UnreadableBody):
        parse_completion(body, model="m")


def test_a_body_too_deep_to_read_is_a_reply_with_a_reason() -> None:
    deep = '{"choices": [{"message": {"content": null, "tool_calls": ' + "[" * 100_000
    assert "nested too deeply" in (read_body(deep).malformed or "")


def test_an_error_nested_deeply_is_still_told() -> None:
    for depth in (300, 900):
        body = '{"error": ' + "[" * depth + "]" * depth + "}"
        with pytest.raises(UnreadableBody, match="the server reports an error"):
            parse_completion(body, model="m")


def test_a_byte_order_mark_is_forgiven() -> None:
    assert read_body("\ufeff" + json.dumps(completion(text("Hi")))).content == "Hi"


@pytest.mark.parametrize("reason", [None, 3, ["stop"], {"why": "stop"}])
def test_a_finish_reason_that_is_no_text_says_nothing(reason: Any) -> None:
    reply = read(text("Hi"), finish_reason=reason)
    assert (reply.content, reply.finish_reason) == ("Hi", None)


def test_a_cut_or_filtered_reply_tells_its_cost() -> None:
    for kind, reason in ((TruncatedReply, "length"), (Filtered, "content_filter")):
        with pytest.raises(kind) as caught:
            read(text("Hi"), finish_reason=reason)
        assert caught.value.usage == Usage(calls=1, input=11, output=7)


@pytest.mark.parametrize("count", [-3, "12", None, [1], True, 1e999, float("nan"), 10**400, 2**53])
def test_a_count_that_is_none_is_zero(count: Any) -> None:
    usage = {"prompt_tokens": count, "completion_tokens": count, "prompt_tokens_details": {"cached_tokens": count}}
    assert read_body(json.dumps(completion(text("Hi"), usage=usage))).usage == Usage(calls=1)


@pytest.mark.parametrize("usage", [None, 3, "many", [], {"prompt_tokens_details": 3}])
def test_usage_of_another_shape_counts_the_call(usage: Any) -> None:
    body = {**completion(text("Hi")), "usage": usage}
    assert read_body(json.dumps(body)).usage == Usage(calls=1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "id", "function", "name", "arguments", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
MESSAGES = JSON | st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("content", "tool_calls", "function_call", "reasoning", "reasoning_content", "refusal"), JSON
    ),
)
CALLS = st.lists(
    st.fixed_dictionaries({"function": st.fixed_dictionaries({"name": st.just("f"), "arguments": JSON})}), max_size=3
)


@settings(max_examples=300, deadline=None)
@given(MESSAGES | CALLS.map(lambda calls: {"tool_calls": calls}), JSON, JSON, JSON)
def test_any_message_is_a_reply_that_can_be_kept_or_a_fault(message: Any, reason: Any, usage: Any, name: Any) -> None:
    body = {"model": name, "choices": [{"message": message, "finish_reason": reason}], "usage": usage}
    try:
        reply = check_reply(read_body(json.dumps(body)))
    except UnreadableBody:
        assert message is None
        return
    except (TruncatedReply, Filtered):
        return
    kept = [
        reply.content,
        reply.reasoning,
        reply.malformed,
        *(part for call in reply.calls for part in (call.name, call.arguments)),
    ]
    json.dumps(kept, ensure_ascii=False, allow_nan=False).encode()
    assert min(reply.usage.to_json().values()) >= 0


def test_calls_are_read_as_they_were_written() -> None:
    reply = read(tool_calls([("f", '{"a": '), ("g", "")], "Let me look."))
    assert (reply.content, reply.calls) == ("Let me look.", (RawCall("f", '{"a": '), RawCall("g", "")))


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
