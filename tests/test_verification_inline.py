"""The rules on one new message, as the nodes ask while a dialogue is being made."""

from typing import Any

import pytest

from tests.verification_samples import clean, reasons
from toolflow_graph.types import Message, Request, Tool, ToolCall, ToolResult
from toolflow_graph.verification import check_request_done, parse_dialogue
from toolflow_graph.verification.inline import (
    check_assistant_text,
    check_calls,
    check_result,
    check_user_text,
    find_repeated_read,
    is_pleasantry,
)

SAMPLE = parse_dialogue(clean())
TOOLS = SAMPLE.tools
BY_NAME = SAMPLE.tools_by_name
FLIGHTS = {"flights": [{"flight_id": "FL-48213", "price": 129.5}]}
SEARCH = ToolCall(
    id="s", name="search_flights", arguments={"origin": "BER", "destination": "LIS", "date": "2026-03-13"}
)
BOOK = ToolCall(id="b", name="book_flight", arguments={"flight_id": "FL-48213", "passenger_name": "Ana"})


def _user(text: str, upto: int, index: int) -> list[str]:
    found = check_user_text(
        text,
        tools=TOOLS,
        messages=SAMPLE.messages[:upto],
        plan=SAMPLE.plan,
        request_index=index,
        now="2026-03-07T10:00",
    )
    return [finding.code for finding in found]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Book the cheaper one, please.", []),
        ("The name is Marta Kowalska, on 13 March.", []),
        ("", ["empty_message"]),
        ("Call book_flight now.", ["user_names_tool"]),
        ("My booking is ZZ-99871.", ["invented_fact"]),
        ("Is there anything else I can do for you?", ["role_flip"]),
        ("Done. ###STOP###", ["control_words"]),
    ],
)
def test_user_text(text: str, wanted: list[str]) -> None:
    assert _user(text, 5, 1) == wanted


def test_a_user_may_offer_what_is_still_wanted() -> None:
    assert _user("My name is Marta. Let me know if you need anything else to look me up.", 5, 1) == []
    assert _user("Let me know if you need anything else!", 5, 1) == ["role_flip"]


def test_facts_of_later_requests_are_not_known_yet() -> None:
    text = "Send it to marta.k@lindenmail.org, please."
    assert _user(text, 5, 1) == ["invented_fact"]
    assert _user(text, 11, 2) == []


def test_no_plan_means_no_invention() -> None:
    found = check_user_text("My booking is ZZ-99871.", tools=TOOLS, messages=SAMPLE.messages[:5])
    assert found == []


def _calls(*made: ToolCall, upto: int = 8) -> dict[str, str]:
    found = check_calls(made, tools=TOOLS, messages=SAMPLE.messages[:upto])
    assert all(finding.message_index == upto for finding in found)
    return {finding.code: finding.reason for finding in found}


def _book(**arguments: Any) -> ToolCall:
    return ToolCall(id="n", name="book_flight", arguments={**BOOK.arguments, **arguments})


def test_calls() -> None:
    assert _calls(_book(passenger_name="Marta Kowalska")) == {}
    assert "offered" in _calls(ToolCall(id="n", name="reserve_flight"))["unknown_tool"]
    assert "seats" in _calls(_book(passenger_name="Marta Kowalska", seats="two"))["invalid_arguments"]
    assert "FL-77123" in _calls(_book(passenger_name="Marta Kowalska", flight_id="FL-77123"))["ungrounded_argument"]
    assert set(_calls(_book(passenger_name="<name>"))) == {"placeholder_argument"}
    twice = _book(passenger_name="Marta Kowalska")
    assert "repeated_call" in _calls(twice, twice.model_copy(update={"id": "m"}))


def test_a_call_is_not_repeated_after_it_succeeded() -> None:
    again = SAMPLE.messages[2].tool_calls[0].model_copy(update={"id": "again"})
    assert set(_calls(again, upto=4)) == {"repeated_call"}
    assert _calls(again, upto=6) == {}


def test_assistant_text() -> None:
    def check(text: str, upto: int) -> list[str]:
        return [finding.code for finding in check_assistant_text(text, messages=SAMPLE.messages[:upto], tools=TOOLS)]

    assert check("I've booked FL-48213 for you.", 10) == []
    assert check("I've booked FL-48213 for you.", 6) == ["claimed_success"]
    assert check("I can book it once I know the name.", 6) == []
    assert check("  ", 6) == ["empty_message"]
    assert check("Sorry for the malformed JSON in my previous call.", 6) == ["repair_residue"]
    assert check("Sorry, my last reply was confusing: which name?", 2) == ["repair_residue"]
    assert check("Sorry, my last reply was confusing: which name?", 8) == []
    assert check("Sorry for the mistake in my last reply: which name?", 8) == ["repair_residue"]
    assert check("Assistant: under which name?", 6) == ["speaker_label"]


def test_results() -> None:
    tool = BY_NAME["search_flights"]
    assert check_result(FLIGHTS, tool=tool, call=SEARCH) == []
    assert "flight_id" in reasons(check_result({"flights": [{"price": 1}]}, tool=tool, call=SEARCH))
    placeholder = {"flights": [{"flight_id": "<flight_id>", "price": 1}]}
    assert [f.code for f in check_result(placeholder, tool=tool, call=SEARCH)] == ["placeholder_result"]
    giant = {"flights": [{"flight_id": "FL-48213 " * 3000, "price": 1}]}
    assert [f.code for f in check_result(giant, tool=tool, call=SEARCH)] == ["giant_result"]
    before = ((SEARCH, ToolResult(call_id="s", value=FLIGHTS)),)
    assert [f.code for f in check_result({"flights": []}, tool=tool, call=SEARCH, history=before)] == [
        "contradicting_results"
    ]
    assert check_result(FLIGHTS, tool=tool, call=SEARCH, history=before) == []


def test_repeated_reads_bring_the_same_until_something_is_written() -> None:
    known = ToolResult(call_id="s", value=FLIGHTS)
    again = SEARCH.model_copy(update={"id": "t"})
    booked = (BOOK, ToolResult(call_id="b", value={"booking_id": "BK-1"}))
    assert find_repeated_read(again, ((SEARCH, known),), BY_NAME) == ToolResult(call_id="t", value=FLIGHTS)
    assert find_repeated_read(again, ((SEARCH, known), booked), BY_NAME) is None
    assert find_repeated_read(BOOK, (booked,), BY_NAME) is None
    assert find_repeated_read(again, (), dict[str, Tool]()) is None


def test_the_ledger() -> None:
    assert SAMPLE.plan is not None
    search, book, last = SAMPLE.plan.requests
    messages = SAMPLE.messages
    assert not check_request_done(messages[:2], search, 1)
    assert not check_request_done(messages[:4], search, 1)
    assert check_request_done(messages[:5], search, 1)
    assert not check_request_done(messages[:7], book, 5)
    assert check_request_done(messages[:11], book, 5)
    assert not check_request_done(messages[:14], last, 11)
    assert check_request_done(messages, last, 11)
    chat = Request(kind="chat", intent="hello")
    assert not check_request_done(messages[:2], chat, 1)
    assert check_request_done((Message(role="user", content="Hi"), Message(role="assistant", content="Hello")), chat, 0)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Thanks a lot, have a great day!", True),
        ("Thank you.", True),
        ("Thanks! And what is the price?", False),
        ("Thanks, please cancel the other booking.", False),
        ("Unfortunately that's above my budget, I'll hold off. Thank you for your help.", False),
    ],
)
def test_pleasantries(text: str, wanted: bool) -> None:
    assert is_pleasantry(text) is wanted
