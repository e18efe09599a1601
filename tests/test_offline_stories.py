"""What a dialogue makes is come back to: in the order of the plan, in lists, after changes."""

from typing import Any

import pytest

from tests.offline_play import NOW, default_tools
from toolflow_graph.models.briefs import Scene, ToolBrief
from toolflow_graph.models.offline.planning import CallPlanner
from toolflow_graph.models.offline.slots import plan_slots
from toolflow_graph.models.offline.tool import simulate
from toolflow_graph.randomness import derive_rng
from toolflow_graph.types import Slot, Tool, ToolCall, ToolResult

_TOOLS = {tool.name: tool for tool in default_tools()}


def _scene(*names: str, seed: int = 1, slots: tuple[Slot, ...] = ()) -> Scene:
    return Scene(seed, NOW, {}, "", tuple(_TOOLS[name] for name in names), (), slots=slots)


def _call(scene: Scene, name: str, arguments: dict[str, Any], *history: tuple[ToolCall, ToolResult]) -> dict[str, Any]:
    call = ToolCall(id=f"call_{len(history)}", name=name, arguments=arguments)
    return simulate(ToolBrief(scene, _TOOLS[name], call, history))


def _past(scene: Scene, *steps: tuple[str, dict[str, Any]]) -> tuple[tuple[ToolCall, ToolResult], ...]:
    history: tuple[tuple[ToolCall, ToolResult], ...] = ()
    for number, (name, arguments) in enumerate(steps):
        reply = _call(scene, name, arguments, *history)
        call = ToolCall(id=f"call_{number}", name=name, arguments=arguments)
        history = (*history, (call, ToolResult(call_id=call.id, value=reply["result"])))
    return history


@pytest.mark.parametrize("seed", range(12))
def test_made_first_come_back_to_then_and_ended_last(seed: int) -> None:
    plain = (Slot(behaviours=("single",)),) * 3
    names = ("cancel_hotel_booking", "change_hotel_stay", "book_hotel_room")
    scene = _scene(*names, seed=seed, slots=plain)
    plan = plan_slots(scene, 3, derive_rng(seed, "plan"))
    order = [request["tools"][0] for request in plan["requests"]]
    assert order == ["book_hotel_room", "change_hotel_stay", "cancel_hotel_booking"]
    assert all(request["uses"][0]["tool"] == "book_hotel_room" for request in plan["requests"][1:])


@pytest.mark.parametrize("seed", range(12))
def test_who_looks_for_a_new_event_asks_for_its_day_or_title(seed: int) -> None:
    scene = _scene("create_calendar_event", "list_calendar_events", "search_calendar_events", seed=seed)
    planner = CallPlanner(scene, derive_rng(seed, "plan"))
    made, listed, found = (planner.plan(tool, number) for number, tool in enumerate(scene.tools))
    assert listed.arguments["date"] == made.arguments["start_time"][:10]
    assert found.arguments["topic"] == made.arguments["event_title"]


@pytest.mark.parametrize("seed", range(20))
def test_only_what_is_said_nowhere_else_is_withheld(seed: int) -> None:
    plain, asked = Slot(behaviours=("single",)), Slot(behaviours=("clarification",))
    scene = _scene("create_calendar_event", "list_calendar_events", seed=seed, slots=(plain, asked))
    first, second = plan_slots(scene, 2, derive_rng(seed, "plan"))["requests"]
    said = [str(fact["value"]) for fact in (*first["facts"], *second["facts"])]
    assert not any(text.startswith(str(fact["value"])) for fact in second["withheld"] for text in said)


_BOOKED = {
    "hotel_id": "HTL-90611",
    "room_type_id": "RMT-982",
    "check_in_date": "2026-04-02",
    "check_out_date": "2026-04-04",
    "lead_guest": {"guest_name": "Callum Reid", "email": "callum@fernmail.org"},
}


@pytest.mark.parametrize("seed", range(8))
def test_a_list_holds_what_was_made_each_time_and_no_more_once_it_is_cancelled(seed: int) -> None:
    scene = _scene("book_hotel_room", "list_hotel_bookings", "cancel_hotel_booking", seed=seed)
    lists: tuple[tuple[str, dict[str, Any]], ...] = (
        ("list_hotel_bookings", {}),
        ("list_hotel_bookings", {"city": "Porto"}),
    )
    (_, made), *shown = _past(scene, ("book_hotel_room", _BOOKED), *lists)
    booking = made.value["booking_id"]
    for _, result in shown:
        (row,) = [row for row in result.value["stays"] if row["booking_id"] == booking]
        assert (row["hotel_id"], row["check_in_date"]) == ("HTL-90611", "2026-04-02")
    over = _past(scene, ("book_hotel_room", _BOOKED), ("cancel_hotel_booking", {"booking_id": booking}))
    left = _call(scene, "list_hotel_bookings", {}, *over)["result"]["stays"]
    assert booking not in {row["booking_id"] for row in left if row["stay_status"] != "cancelled"}


@pytest.mark.parametrize("seed", range(8))
def test_a_list_of_something_else_leaves_it_out(seed: int) -> None:
    scene = _scene("submit_purchase_offer", "list_purchase_offers", seed=seed)
    offer = {"property_id": "PROP-30257", "buyer_name": "Anders Holm", "amount": 253_000, "email": "a@fernmail.org"}
    history = _past(scene, ("submit_purchase_offer", offer))
    made = history[0][1].value["offer_id"]
    own = _call(scene, "list_purchase_offers", {"property_id": "PROP-30257"}, *history)["result"]["offers"]
    other = _call(scene, "list_purchase_offers", {"property_id": "PROP-13588"}, *history)["result"]["offers"]
    assert made in {row["offer_id"] for row in own}
    assert made not in {row["offer_id"] for row in other}


def test_results_without_a_schema_agree_with_the_dialogue_too() -> None:
    tool = Tool(
        name="get_source",
        description="Get a source.",
        parameters={"type": "object", "properties": {"source_id": {"type": "string"}, "customer": {"type": "string"}}},
        effect="read",
    )
    scene = Scene(4, NOW, {}, "", (tool,), ())
    names = []
    history: tuple[tuple[ToolCall, ToolResult], ...] = ()
    for number in range(4):
        arguments = {"source_id": "SRC-53029", "customer": f"CST-{number}4013"}
        call = ToolCall(id=f"call_{number}", name=tool.name, arguments=arguments)
        value = simulate(ToolBrief(scene, tool, call, history))["result"]
        names.append(value.get("name"))
        history = (*history, (call, ToolResult(call_id=call.id, value=value)))
    assert len(set(names)) == 1
