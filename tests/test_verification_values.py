"""Computed values in answers of many domains: right ones pass, and of a wrong one the rule says which it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from toolflow_graph.types import Message, Tool, ToolCall
from toolflow_graph.verification import RULES, Transcript

CASES: list[dict[str, Any]] = [
    json.loads(line) for line in Path(__file__).with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
]
"""``system``, ``said`` (by the user), ``result`` (null: no call), ``answer``, and ``wrong``: its wrong value or null"""


def stated(case: dict[str, Any]) -> list[str]:
    """The values of a case's answer that the rule finds."""
    messages = [Message(role="system", content=case["system"]), Message(role="user", content=case["said"] or "Look.")]
    if case["result"] is not None:
        messages.append(Message(role="assistant", tool_calls=(ToolCall(id="a", name="look_up"),)))
        messages.append(Message(role="tool", tool_call_id="a", content=json.dumps(case["result"])))
    messages.append(Message(role="assistant", content=case["answer"]))
    transcript = Transcript(messages=tuple(messages), tools=(Tool(name="look_up", parameters={"type": "object"}),))
    reasons = [finding.reason for finding in RULES["ungrounded_answer"].check(transcript)]
    return [reason.split("states ", 1)[1].split(", which nobody", 1)[0].strip("'") for reason in reasons]


def plain(text: str) -> str:
    """Letters and digits only."""
    return "".join(filter(str.isalnum, text))


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["wrong"] is None], ids=lambda case: case["answer"][:40]
)
def test_right_values_pass(case: dict[str, Any]) -> None:
    assert stated(case) == []


@pytest.mark.parametrize("case", [case for case in CASES if case["wrong"]], ids=lambda case: case["answer"][:40])
def test_a_wrong_value_is_found(case: dict[str, Any]) -> None:
    wrong = plain(case["wrong"])
    assert any(wrong in plain(value) or plain(value) in wrong for value in stated(case))


def test_results_of_one_turn_are_a_list() -> None:
    """What each of several calls brought under one key has an average and a range."""
    shops = [{"shop": "Nord", "price": 249.0}, {"shop": "Ost", "price": 219.9}, {"shop": "West", "price": 235.5}]
    made = [ToolCall(id=f"c{number}", name="look_up") for number in range(3)]
    brought = [
        Message(role="tool", tool_call_id=call.id, content=json.dumps(shop))
        for call, shop in zip(made, shops, strict=True)
    ]

    def found(answer: str) -> list[str]:
        opening = (Message(role="user", content="Compare them."), Message(role="assistant", tool_calls=tuple(made)))
        messages = (*opening, *brought, Message(role="assistant", content=answer))
        tools = (Tool(name="look_up", parameters={"type": "object"}),)
        return [f.reason for f in RULES["ungrounded_answer"].check(Transcript(messages=messages, tools=tools))]

    assert found("On average it costs 234.80; Ost is 29.10 cheaper than Nord.") == []
    assert len(found("On average it costs 243.80.")) == 1
