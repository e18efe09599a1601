"""Which replies can be kept and worked on, whoever gave them."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolflow_graph.models.port import RawCall, Reply
from toolflow_graph.models.replies import KEPT, LONGEST, LONGEST_REASONING, MOST_CALLS, check_reply

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "reply",
    [
        Reply(content="Hi", reasoning="Greet."),
        Reply(),
        Reply(calls=(RawCall("f", '{"a": '), RawCall("g", {"city": "Köln", "n": 1.5})), finish_reason="tool_calls"),
        Reply(content="x" * LONGEST),
        Reply(calls=(RawCall("f", nested(60)),) * MOST_CALLS),
    ],
)
def test_what_can_be_kept_stays_as_it_is(reply: Reply) -> None:
    assert check_reply(reply) is reply


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(content="x" * (LONGEST + 1)), "200,001 characters"),
        (Reply(content="x", reasoning="x" * (LONGEST_REASONING + 1)), "reasoning"),
        (Reply(calls=(RawCall("f", "x" * LONGEST),)), "200,001 characters"),
        (Reply(calls=(RawCall("f", {"a": "x" * LONGEST}),)), "characters"),
        (Reply(calls=(RawCall("f", "{}"),) * (MOST_CALLS + 1)), "129 tool calls"),
        (Reply(calls=(RawCall("f", "{}"),) * 200_000), "200000 tool calls"),
        (Reply(content="caf\ud83d"), "surrogate"),
        (Reply(calls=(RawCall("caf\ud83d", "{}"),)), "surrogate"),
        (Reply(calls=(RawCall("f", "\udc00"),)), "surrogate"),
        (Reply(calls=(RawCall("f", {}), RawCall("f", {"a": "\udc00"}))), "tool call 2"),
        (Reply(calls=(RawCall("f", {"a": float("nan")}),)), "tool call 1"),
        (Reply(calls=(RawCall("f", {"a": float("inf")}),)), "tool call 1"),
        (Reply(calls=(RawCall("f", nested(80)),)), "nested too deeply"),
        (Reply(calls=(RawCall("f", nested(30_000)),)), "nested too deeply"),
        (Reply(content="said", malformed="odd"), "odd"),
    ],
)
def test_what_cannot_has_a_reason_and_can_be_quoted(reply: Reply, reason: str) -> None:
    checked = check_reply(reply)
    assert reason in (checked.malformed or "")
    kept = json.dumps([checked.content, checked.reasoning, [(call.name, call.arguments) for call in checked.calls]])
    assert len(json.dumps(kept, ensure_ascii=False).encode()) < 5 * KEPT
    assert len(checked.calls) <= MOST_CALLS
    assert checked.usage == reply.usage


def test_reasoning_is_mended_and_refuses_nothing() -> None:
    checked = check_reply(Reply(content="Hi", reasoning="hm \ud83d"))
    assert (checked.content, checked.reasoning, checked.malformed) == ("Hi", "hm \ufffd", None)


@settings(max_examples=200)
@given(ANY_TEXT, ANY_TEXT, st.lists(st.tuples(ANY_TEXT, ANY_TEXT | st.dictionaries(ANY_TEXT, ANY_TEXT | st.floats()))))
def test_any_reply_can_be_stored_after_the_check(content: str, reasoning: str, calls: list[tuple[str, Any]]) -> None:
    checked = check_reply(Reply(content, tuple(RawCall(*call) for call in calls), reasoning))
    kept = [checked.content, checked.reasoning, [(call.name, call.arguments) for call in checked.calls]]
    json.dumps(kept, ensure_ascii=False, allow_nan=False).encode()
    assert check_reply(checked) == checked
