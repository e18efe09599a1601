"""What no rule may object to, and what holds for all rules: variants of a clean dialogue, and hostile text."""

import json

import pytest

from tests.test_verification_rules import (
    _BUSY,
    _FAILING,
    Mutation,
    _append,
    _argue,
    _arguments,
    _both,
    _fail,
    _insert,
    _plan,
    _say,
    _set,
    _swap,
)
from tests.verification_samples import brings, calls, clean, codes, judge, says, user
from toolflow_graph.record import Record
from toolflow_graph.verification import RULES, verify
from toolflow_graph.verification.hints import HINTS

_TABLE = "\n".join(f"- {n} March: {n * 7 % 23} degrees, wind from the west" for n in range(1, 32))

FINE: list[tuple[str, Mutation]] = [
    ("search is English", _say(11, "Do a search too, just search and book it, or do a check-in.")),
    (
        "an error is handled",
        _insert(
            4,
            calls(("call_9", "get_weather_forecast", {"city": "Lisbon", "date": "2026-03-13"})),
            brings("call_9", {"error": {"code": "busy", "message": "Later."}}),
        ),
    ),
    (
        "one more try after an outage",
        _insert(
            4,
            calls(_FAILING),
            brings("call_9", _BUSY),
            calls(("call_8", *_FAILING[1:])),
            brings("call_8", {"summary": "rain", "high": 3}),
        ),
    ),
    (
        "a table",
        _both(
            _say(4, _TABLE),
            lambda d: d["messages"][3].update(
                content=json.dumps({**json.loads(d["messages"][3]["content"]), "table": _TABLE})
            ),
        ),
    ),
    ("results in any order", _swap(13, 14)),
    (
        "no system message, no plan",
        lambda d: [d.update(plan=None, request_starts=[]), d["messages"][0].update(content="Hello.")],
    ),
    (
        "an example address",
        _both(
            _argue(12, 1, to="marta@example.com"),
            _plan(2, facts=[{"name": "to", "value": "marta@example.com"}]),
            _set(11, content="Weather in Lisbon? Mail marta@example.com."),
            _set(15, content="Sunny, and I've sent the number to marta@example.com."),
        ),
    ),
    ("one thank you", _append(user("Thank you!"), says("Have a safe flight."))),
    ("small numbers", _argue(8, seats=2)),
    ("recap of an earlier success", _append(user("So all is set?"), says("Yes, I've booked FL-48213 for you."))),
    (
        "honest failure",
        _both(
            _fail(14),
            _plan(2, tools=["get_weather_forecast"]),
            _set(15, content="It will be sunny, but I couldn't send the mail."),
        ),
    ),
    (
        "the user says a date its own way",
        _set(1, content="An economy flight from Berlin to Lisbon on March 13th, please."),
    ),
]


@pytest.mark.parametrize(("what", "change"), FINE, ids=[what for what, _ in FINE])
def test_sensible_variants_are_accepted(what: str, change: Mutation) -> None:
    data = clean()
    change(data)
    assert judge(data).findings == ()


def test_tools_that_change_by_turn() -> None:
    data = clean()
    data["tool_changes"] = [{"message_index": 0, "tools": ["search_flights"]}]
    assert "unknown_tool" in codes(data)
    names = [tool["function"]["name"] for tool in data["tools"]]
    data["tool_changes"].append({"message_index": 5, "tools": names})
    assert codes(data) == set()


def test_a_record_and_its_json_get_the_same_verdict() -> None:
    data = clean()
    _arguments(data, 8)["flight_id"] = "FL-99120"
    record = Record.model_validate(data)
    assert verify(record) == judge(data)
    assert verify(record) == verify(record)


def test_null_arguments_survive_the_record() -> None:
    data = clean()
    _arguments(data, 8)["seats"] = None
    assert [finding.code for finding in verify(Record.model_validate(data)).findings] == ["invalid_arguments"]


def test_the_written_verdict_does_not_count() -> None:
    data = clean()
    data["verdict"] = {"accepted": False, "findings": [{"code": "fault", "reason": "said so"}]}
    assert judge(data).accepted


def test_findings_point_at_the_message() -> None:
    data = clean()
    _arguments(data, 8)["flight_id"] = "FL-99120"
    (finding,) = judge(data).findings
    assert finding.message_index == 8
    assert "FL-99120" in finding.reason


def test_schemas_that_are_no_schemas_are_findings() -> None:
    data = clean()
    data["tools"][0]["function"]["parameters"] = {"type": "dict", "properties": {"origin": {"type": "str"}}}
    assert "invalid_arguments" in codes(data)


@pytest.mark.parametrize("text", ["a" * 500_000, " " * 500_000 + "x", "1" * 500_000, "I've now " * 60_000])
def test_a_megabyte_of_anything_is_only_too_long(text: str) -> None:
    """Patterns that read it would take minutes."""
    data = clean()
    data["messages"][4]["content"] = text
    assert "giant_message" in codes(data)
    assert codes(data) <= {"giant_message", "looping_text"}


def test_every_rule_says_what_to_do() -> None:
    assert set(RULES) <= set(HINTS)
    for rule in RULES.values():
        assert rule.hint
        assert "\n" not in rule.hint
        assert len(rule.hint) < 130
