"""Defects that the mutation score showed to slip through, and the honest dialogues next to them."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verification_samples import Data, brings, calls, clean, codes, judge, says, user
from toolflow_graph.verification.reading.claims import claims_deed, says_settled

Change = Callable[[Data], Any]


def _say(index: int, text: str) -> Change:
    return lambda data: data["messages"][index].update(content=text)


def _add(index: int, text: str) -> Change:
    return lambda data: data["messages"][index].update(content=f"{data['messages'][index]['content']} {text}")


def _argue(index: int, position: int = 0, **values: Any) -> Change:
    return lambda data: data["messages"][index]["tool_calls"][position]["function"]["arguments"].update(values)


def _bring(index: int, value: Any) -> Change:
    return lambda data: data["messages"].__setitem__(index, brings(data["messages"][index]["tool_call_id"], value))


def _offer(name: str, description: str = "") -> Change:
    """The booking tool under another name."""

    def change(data: Data) -> None:
        data["tools"][1]["function"].update(name=name, description=description or f"{name}.")
        data["messages"][8]["tool_calls"][0]["function"]["name"] = name
        data["plan"]["requests"][1]["tools"] = [name]

    return change


def _all(*changes: Change) -> Change:
    return lambda data: [change(data) for change in changes]


def _uncalled(data: Data) -> None:
    """The booking is never made; as in data of others, no plan says that it should be."""
    del data["messages"][8:10]
    data.update(plan=None, request_starts=[])


def _twice_in_one_message(data: Data) -> None:
    """One message asks for the weather twice, and for a mail in between."""
    entry = data["messages"][12]["tool_calls"][0]
    data["messages"][12]["tool_calls"].append({**entry, "id": "call_5"})
    data["messages"].insert(15, brings("call_5", {"summary": "sunny", "high": 19.5}))


def _same_tool_later(data: Data) -> None:
    """The first request's search is missing, a later request makes one of its own."""
    data["plan"]["requests"][0]["tools"] = ["get_weather_forecast"]


_BUSY = _bring(9, {"error": {"code": "unavailable", "message": "Try again."}})
_ECHO = {"booking_id": "BK-70031", "total": 129.5}

CAUGHT: list[tuple[str, str, Change]] = [
    ("assistant_names_tool", "by the way", _add(10, "I used book_flight for that.")),
    ("assistant_names_tool", "in quotes", _add(4, "(Source: `search_flights`.)")),
    ("contradicting_echo", "another flight", _bring(9, {**_ECHO, "flight_id": "FL-99120"})),
    (
        "placeholder_argument",
        "a word of it was said",
        _all(_add(7, "The name is not long."), _argue(8, passenger_name="<name>")),
    ),
    ("repeated_call", "beside itself, a change between", _twice_in_one_message),
    ("plan_incomplete", "a later request's call", _same_tool_later),
    ("claimed_success", "passive and proud", _all(_BUSY, _say(10, "Your seat has been successfully secured."))),
    ("claimed_success", "all set", _all(_BUSY, _say(10, "All set! Enjoy the trip."))),
    ("claimed_success", "taken care of", _all(_BUSY, _say(10, "That has been taken care of."))),
    ("claimed_success", "the tool's own verb", _all(_offer("enroll_passenger"), _BUSY, _say(10, "I've enrolled her."))),
    ("claimed_success", "begun", _all(_offer("watch_price"), _BUSY, _say(10, "I've started watching it."))),
    ("claimed_success", "never called", _all(_uncalled, _say(8, "Your flight has been successfully booked!"))),
    (
        "claimed_success",
        "never called, the tool's own verb",
        _all(_offer("enroll_passenger"), _uncalled, _say(8, "I've enrolled the passenger.")),
    ),
    ("control_words", "thoughts", _add(10, "<reasoning>Two calls.</reasoning>")),
    ("control_words", "square thoughts", _add(10, "[think]Two calls.[/think]")),
    ("control_words", "the end", _add(11, "[END OF CONVERSATION]")),
    ("control_words", "a starred end", _add(11, "**END OF CONVERSATION**")),
    ("control_words", "padding", _add(10, "<pad>")),
    ("control_words", "mock data", _add(10, "Note: this is mock data.")),
    ("control_words", "a call with its name last", _add(10, '{"arguments": {"seats": 1}, "name": "book_flight"}')),
    ("control_words", "a staged result", _bring(9, {**_ECHO, "note": "This is a simulated response."})),
    ("control_words", "a model's result", _bring(9, {**_ECHO, "note": "As an AI language model, I cannot book."})),
    ("repair_residue", "two sentences", _add(10, "You're right, my previous JSON was invalid. I've fixed it.")),
    ("invented_fact", "an amount with its currency", _add(5, "My budget is 43890 euros.")),
    ("asks_for_known", "what", _say(15, "What address would you like?")),
    ("asks_for_known", "need", _say(15, "I just need the address. Could you give it to me?")),
]


@pytest.mark.parametrize(("code", "what", "change"), CAUGHT, ids=[f"{code}-{what}" for code, what, _ in CAUGHT])
def test_the_defect_is_caught(code: str, what: str, change: Change) -> None:
    data = clean()
    change(data)
    assert code in codes(data), judge(data)


def _renewed(data: Data) -> None:
    _offer("renew_booking")(data)
    data["messages"][9] = brings("call_2", {**_ECHO, "flight_id": "FL-99120"})


def _recap(data: Data) -> None:
    data["messages"] += [user("So it is done?"), says("Yes, your flight has been successfully booked.")]


def _after_another_change(data: Data) -> None:
    """The same read after a change is no repetition."""
    data["messages"][15:15] = [
        calls(("call_5", "get_weather_forecast", {"city": "Lisbon", "date": "2026-03-13"})),
        brings("call_5", {"summary": "sunny", "high": 19.5}),
    ]


FINE: list[tuple[str, str, Change]] = [
    ("assistant_names_tool", "plain words", _add(10, "I searched flights and can book a flight, too.")),
    ("contradicting_echo", "other spelling", _bring(9, {**_ECHO, "flight_id": "fl 48213"})),
    ("contradicting_echo", "the same", _bring(9, {**_ECHO, "flight_id": "FL-48213"})),
    ("contradicting_echo", "renewed", _renewed),
    (
        "placeholder_argument",
        "said letter by letter",
        _all(_say(7, "Put <name> there."), _argue(8, passenger_name="<name>")),
    ),
    ("repeated_call", "a read after a change", _after_another_change),
    ("claimed_success", "recap", _recap),
    ("claimed_success", "honest", _all(_BUSY, _say(10, "I've tried to book it, but the service is not available."))),
    (
        "claimed_success",
        "honest beside",
        _all(_offer("enroll_passenger"), _BUSY, _say(10, "I've enrolled her. Unfortunately it failed.")),
    ),
    ("claimed_success", "a condition", _all(_BUSY, _say(10, "Once it has been successfully booked, I'll tell you."))),
    ("claimed_success", "a question", _all(_BUSY, _say(10, "Shall I see whether it is booked?"))),
    (
        "claimed_success",
        "news of a result",
        _all(_uncalled, _say(8, "You are looking at a seat that is booked often.")),
    ),
    (
        "claimed_success",
        "another deed",
        _all(_offer("share_location"), _uncalled, _say(8, "I've shared the details above.")),
    ),
    ("control_words", "words of every day", _add(10, "I think the end of the conversation is near. <3")),
    ("control_words", "a heading", _add(10, "**Total** is 129.50 EUR.")),
    (
        "control_words",
        "a tool about simulations",
        _all(_offer("run_simulation", "Run a simulation."), _bring(9, {**_ECHO, "note": "Simulated output of run 1."})),
    ),
    ("repair_residue", "a phone call", _add(5, "My last call was with the airline.")),
    ("invented_fact", "what was told", _add(5, "129.50 euros is fine.")),
    ("asks_for_known", "another address", _say(15, "What is the billing address?")),
    ("asks_for_known", "nothing needed", _say(15, "I have all I need. Is marta.k@lindenmail.org the address?")),
]


@pytest.mark.parametrize(("code", "what", "change"), FINE, ids=[f"{code}-{what}" for code, what, _ in FINE])
def test_what_stands_next_to_it_is_fine(code: str, what: str, change: Change) -> None:
    data = clean()
    data["plan"]["requests"][2]["facts"].append({"name": "billing_address", "value": "the same"})
    change(data)
    assert code not in codes(data), judge(data)


_REGULAR = {"enroll": "enrolled", "apply": "applied", "plan": "planned", "move": "moved", "play": "played"}
_ADVERBS = ("", "successfully ", "now ", "also ")


@given(st.sampled_from(sorted(_REGULAR)), st.sampled_from(_ADVERBS), st.sampled_from(("I've", "I have", "I’ve")))
def test_a_verb_is_known_in_all_its_forms(verb: str, adverb: str, start: str) -> None:
    assert claims_deed(f"{start} {adverb}{_REGULAR[verb]} it.", {verb}, passive=False)
    assert claims_deed(f"It has been {adverb}{_REGULAR[verb]}.", {verb}, passive=True)
    assert not claims_deed(f"It has been {adverb}{_REGULAR[verb]}.", {verb}, passive=False)
    assert not claims_deed(f"If {start} {adverb}{_REGULAR[verb]} it, you will know.", {verb}, passive=True)
    assert not claims_deed(f"{start} {adverb}{_REGULAR[verb]} it.", {"cancel"}, passive=True)


@pytest.mark.parametrize(
    "text", ["It is not done.", "Once that's done, we go on.", "Is everything set?", "We are done talking"]
)
def test_what_is_open_is_not_settled(text: str) -> None:
    assert not says_settled(text)
