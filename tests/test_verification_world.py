"""The world of a dialogue: what was written takes hold, the rest stays as it is; silence where nothing is sure."""

import json
from typing import Any

import pytest

from toolflow_graph.types import Message, Tool, ToolCall, ToolResult
from toolflow_graph.verification import RULES, Transcript, check_result
from toolflow_graph.verification.registry import run_rules
from toolflow_graph.verification.world.naming import kind_of, noun_of
from toolflow_graph.verification.world.things import Act, World, fold, fold_history, recall

Step = tuple[str, dict[str, Any], Any]
CODES = ("inconsistent_world", "lost_change", "deleted_thing", "missing_thing")


def tool(name: str, description: str = "", **properties: Any) -> Tool:
    return Tool(name=name, description=description, parameters={"type": "object", "properties": properties})


EVENTS = (
    tool("create_event", title={"type": "string"}, start_time={"type": "string"}, priority={"enum": ["low", "high"]}),
    tool("update_event", event_id={"type": "string"}, title={"type": "string"}, priority={"enum": ["low", "high"]}),
    tool("cancel_event", event_id={"type": "string"}),
    tool("delete_event", event_id={"type": "string"}),
    tool("restore_event", event_id={"type": "string"}),
    tool("get_event", event_id={"type": "string"}),
    tool("list_events", limit={"type": "integer"}, owner_id={"type": "string"}),
    tool("list_upcoming_events"),
    tool("search_hotels", check_in={"type": "string"}, currency={"type": "string"}),
)


def findings(*steps: Step, tools: tuple[Tool, ...] = EVENTS) -> list[tuple[str, int]]:
    """(code, number of the step) of what the rules of the world say of a dialogue of these calls."""
    messages: list[Message] = [Message(role="user", content="Please see to it.")]
    for number, (name, arguments, value) in enumerate(steps):
        call = ToolCall(id=f"c{number}", name=name, arguments=arguments)
        messages.append(Message(role="assistant", tool_calls=(call,)))
        messages.append(Message(role="tool", tool_call_id=call.id, content=json.dumps(value)))
    transcript = Transcript(messages=tuple(messages), tools=tools)
    found = run_rules((RULES[code] for code in CODES), transcript)
    return [(finding.code, ((finding.message_index or 0) - 2) // 2) for finding in found]


MADE: Step = (
    "create_event",
    {"title": "Yoga", "start_time": "2027-03-01T10:00:00", "priority": "low"},
    {"event_id": "EVT-4711", "status": "confirmed"},
)
UPDATED: Step = ("update_event", {"event_id": "EVT-4711", "title": "Chess"}, {"event_id": "EVT-4711"})
DELETED: Step = ("delete_event", {"event_id": "EVT-4711"}, {"event_id": "EVT-4711", "deleted": True})
CANCELLED: Step = ("cancel_event", {"event_id": "EVT-4711"}, {"event_id": "EVT-4711", "refund": 0})


def read(**fields: Any) -> Step:
    return ("get_event", {"event_id": "EVT-4711"}, {"event_id": "EVT-4711", **fields})


def rows(*ids: str, **more: Any) -> dict[str, Any]:
    return {"events": [{"event_id": each, "title": f"Event {each}"} for each in ids], **more}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([MADE, read(title="Yoga", start_time="2027-03-01T10:00:00Z"[:19])], []),
        ([MADE, read(title="Judo")], [("lost_change", 1)]),
        ([MADE, read(event_title="Judo")], [("lost_change", 1)]),
        ([MADE, read(start_time="2027-03-02T10:00:00")], [("lost_change", 1)]),
        ([MADE, read(priority="high")], [("lost_change", 1)]),
        ([MADE, ("list_events", {"limit": 9}, {"events": [{"event_id": "EVT-4711", "title": "Judo"}]})],
         [("lost_change", 1)]),
        ([MADE, UPDATED, read(title="Chess")], []),
        ([MADE, UPDATED, read(title="Yoga")], [("lost_change", 2)]),
        ([read(title="Yoga"), UPDATED, read(title="Yoga")], [("lost_change", 2)]),
        ([("update_event", {"event_id": "EVT-4711", "title": "Chess"}, {"event_id": "EVT-4711", "title": "Yoga"})],
         [("lost_change", 0)]),
        ([MADE, CANCELLED, read(title="Yoga", status="confirmed")], [("lost_change", 2)]),
        ([MADE, CANCELLED, read(title="Yoga", status="cancelled")], []),
        ([MADE, DELETED, read(title="Yoga")], [("deleted_thing", 2)]),
        ([MADE, DELETED, read(title="Yoga", status="deleted")], []),
        ([MADE, DELETED, ("list_events", {}, rows("EVT-4711", "EVT-8000"))], [("deleted_thing", 2)]),
        ([MADE, DELETED, UPDATED], [("deleted_thing", 2)]),
        ([MADE, DELETED, ("restore_event", {"event_id": "EVT-4711"}, {"ok": True}), read(title="Yoga")], []),
        ([MADE, ("list_events", {}, rows("EVT-8000", "EVT-8001"))], [("missing_thing", 1)]),
        ([MADE, ("list_events", {}, {"events": []})], [("missing_thing", 1)]),
        ([MADE, ("list_events", {}, {"events": [{"event_id": "EVT-4711", "title": "Yoga"}]})], []),
        ([read(title="Yoga"), ("list_events", {}, {"events": [{"event_id": "EVT-4711", "title": "Judo"}]})],
         [("inconsistent_world", 1)]),
        ([read(price=20), read(price=25)], [("inconsistent_world", 1)]),
        ([read(start_time="2027-03-01T10:00"), read(start_time="2027-03-01T11:00")], [("inconsistent_world", 1)]),
    ],
)  # fmt: skip
def test_contradictions_are_found_and_agreement_is_not(steps: list[Step], expected: list[tuple[str, int]]) -> None:
    assert findings(*steps) == expected


@pytest.mark.parametrize(
    "steps",
    [
        # Another way to write the same, or what may well differ.
        [MADE, read(title="yoga ")],
        [MADE, read(title="Yoga (weekly)")],
        [MADE, read(start_time="2027-03-01")],
        [MADE, read(start_time="2027-03-01T09:00:00Z")],
        [MADE, read(status="tentative", updated_at="2027-01-01T00:00:00")],
        [read(title="Yoga", attendee_count=3), read(title="Yoga", attendee_count=4)],
        [read(updated_at="2027-03-01"), read(updated_at="2027-03-02")],
        # A list that may hold a part only.
        [MADE, ("list_events", {"limit": 2}, rows("EVT-8000", "EVT-8001"))],
        [MADE, ("list_events", {"owner_id": "USR-1000"}, rows("EVT-8000"))],
        [MADE, ("list_events", {}, rows("EVT-8000", total=7))],
        [MADE, ("list_events", {}, rows("EVT-8000", has_more=True))],
        [MADE, ("list_upcoming_events", {}, rows("EVT-8000"))],
        [MADE, CANCELLED, ("list_events", {}, rows("EVT-8000"))],
        # Things of another kind, or none in particular.
        [MADE, ("list_events", {}, {"rooms": [{"room_id": "RM-4000"}]})],
        [read(title="Yoga"), ("get_event", {"event_id": "EVT-9000"}, {"event_id": "EVT-9000", "title": "Judo"})],
        [("list_events", {}, [{"id": 1, "title": "Yoga"}]), ("list_upcoming_events", {}, [{"id": 1, "title": "Judo"}])],
        # Prices and days of something depend on what is asked for.
        [("search_hotels", {"check_in": "2027-03-01"}, {"hotels": [{"hotel_id": "HTL-4711", "price": 90}]}),
         ("search_hotels", {"check_in": "2027-08-01"}, {"hotels": [{"hotel_id": "HTL-4711", "price": 140}]})],
        [("search_hotels", {"currency": "EUR"}, {"hotels": [{"hotel_id": "HTL-4711", "price": 90}]}),
         ("search_hotels", {"currency": "USD"}, {"hotels": [{"hotel_id": "HTL-4711", "price": 97}]})],
        # A row that starts with an identifier may be about something else: two payments with one card.
        [("get_event", {"event_id": "EVT-1000"}, {"payments": [{"card_id": "CRD-4711", "amount": 10}]}),
         ("get_event", {"event_id": "EVT-2000"}, {"payments": [{"card_id": "CRD-4711", "amount": 30}]})],
        # A write that names nothing may have changed everything.
        [read(title="Yoga"), ("reset_calendar", {}, {"ok": True}), read(title="Judo")],
        [MADE, ("delete_event", {"event_id": "EVT-4711"}, {"error": {"code": "busy", "message": "later"}}),
         read(title="Yoga")],
        # What is taken off a list need not be gone.
        [MADE, ("remove_event_guest", {"event_id": "EVT-4711"}, {"ok": True}), read(title="Yoga")],
        [MADE, ("delete_reminder", {"event_id": "EVT-4711"}, {"ok": True}), read(title="Yoga")],
    ],
)  # fmt: skip
def test_silence_where_nothing_is_sure(steps: list[Step]) -> None:
    assert findings(*steps) == []


def test_a_write_elsewhere_does_not_excuse_another_name() -> None:
    other: Step = ("update_event", {"event_id": "EVT-9000", "title": "Choir"}, {"event_id": "EVT-9000"})
    assert findings(read(title="Yoga"), other, read(title="Judo")) == [("inconsistent_world", 2)]


def test_what_belongs_to_a_changed_thing_may_change_with_it() -> None:
    listed: Step = ("list_events", {}, {"events": [{"event_id": "EVT-4711", "series_id": "SER-1000", "title": "Yoga"}]})
    renamed: Step = ("rename_series", {"series_id": "SER-1000", "title": "Judo"}, {"series_id": "SER-1000"})
    assert findings(listed, renamed, read(title="Judo")) == []


def test_a_contradiction_goes_back_to_whoever_makes_the_result() -> None:
    tools = {each.name: each for each in EVENTS}
    history = [
        (ToolCall(id="a", name=MADE[0], arguments=MADE[1]), ToolResult(call_id="a", value=MADE[2])),
        (ToolCall(id="b", name=DELETED[0], arguments=DELETED[1]), ToolResult(call_id="b", value=DELETED[2])),
    ]
    call = ToolCall(id="c", name="get_event", arguments={"event_id": "EVT-4711"})
    draft = {"event_id": "EVT-4711", "title": "Yoga"}
    found = check_result(draft, tool=tools["get_event"], call=call, history=history, tools=EVENTS)
    assert [finding.code for finding in found] == ["deleted_thing"]
    assert "EVT-4711" in found[0].reason
    found = check_result(draft | {"title": "Judo"}, tool=tools["get_event"], call=call, history=history[:1])
    assert [finding.code for finding in found] == ["lost_change"]
    assert "'Yoga'" in found[0].reason


def test_the_world_knows_what_was_made_changed_and_deleted() -> None:
    def act(number: int, step: Step) -> Act:
        return Act(number, ToolCall(id="x", name=step[0], arguments=step[1]), step[2], reads=step[0].startswith("get"))

    world = fold([act(0, MADE), act(1, UPDATED)])
    thing = world.things["event", "EVT-4711"]
    assert thing.made is not None
    assert thing.made.index == 0
    assert {name: fact.value for name, fact in thing.fixed.items()} == {"title": "Chess"}
    world.see(act(2, DELETED))
    assert thing.gone is not None
    assert thing.gone.index == 2


def test_what_was_written_is_recalled_for_the_calls_that_it_concerns() -> None:
    tools = {each.name: each for each in EVENTS}

    def pair(number: int, step: Step) -> tuple[ToolCall, ToolResult]:
        call = ToolCall(id=f"c{number}", name=step[0], arguments=step[1])
        return call, ToolResult(call_id=call.id, value=step[2])

    def recalled(world: World, name: str, **arguments: Any) -> dict[str, dict[str, Any]]:
        return recall(world, ToolCall(id="x", name=name, arguments=arguments), reads=True)

    made = fold_history([pair(0, MADE)], tools)
    written = {**MADE[1], "status": "confirmed"}
    assert recalled(made, "get_event", event_id="EVT-4711") == {"event EVT-4711": written}
    assert recalled(made, "list_events") == {"event EVT-4711": written}
    assert recalled(made, "get_event", event_id="EVT-9000") == {}
    assert recalled(made, "search_hotels") == {}
    gone = fold_history([pair(0, MADE), pair(1, DELETED)], tools)
    assert recalled(gone, "get_event", event_id="EVT-4711")["event EVT-4711"]["state"] == "deleted"


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("booking_id", "booking"),
        ("bookingId", "booking"),
        ("id", ""),
        ("userID", "user"),
        ("valid", None),
        ("paid", None),
    ],
)
def test_kinds_are_read_from_keys(key: str, kind: str | None) -> None:
    assert kind_of(key) == kind


@pytest.mark.parametrize(
    ("name", "noun"),
    [("list_table_reservations", "reservation"), ("getUserOrders", "order"), ("get_event_details", "event"),
     ("search_flights_by_date", "flight"), ("book", "")],
)  # fmt: skip
def test_nouns_are_read_from_names(name: str, noun: str) -> None:
    assert noun_of(name) == noun


@pytest.mark.parametrize(
    ("kind", "address", "expected"),
    [
        ("hotel", "Bogstadveien 64, 0159 Oslo", [("inconsistent_world", 1)]),
        ("hotel", "C. Sierpes 57, Sevilla", []),
        ("hotel", "Sierpes", []),
        ("parcel", "Bogstadveien 64, 0159 Oslo", []),
    ],
)
def test_a_house_does_not_move_whatever_city_is_asked_for(
    kind: str, address: str, expected: list[tuple[str, int]]
) -> None:
    def search(city: str, place: str) -> Step:
        return f"search_{kind}s", {"city": city}, {f"{kind}s": [{f"{kind}_id": "HTL-35085", "address": place}]}

    assert findings(search("Seville", "Calle Sierpes 57, 41004 Seville"), search("Oslo", address)) == expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [("Room 12, first floor", [("lost_change", 2)]), ("Garden", []), ("the Garden, west", []), ("Hall", [])],
)
def test_a_text_that_was_replaced_does_not_come_back(place: str, expected: list[tuple[str, int]]) -> None:
    moved: Step = (
        "update_event",
        {"event_id": "EVT-4711", "location": "Garden"},
        {"event_id": "EVT-4711", "location": "Garden"},
    )
    assert findings(read(location="Room 12, first floor"), moved, read(location=place)) == expected
    # Whatever else was written in between may have moved it back.
    again: Step = (MADE[0], {}, {"event_id": "EVT-5"})
    assert findings(read(location="Room 12, first floor"), moved, DELETED, again) == []
