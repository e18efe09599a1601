"""Results that agree with their call, with what came before, and with the world."""

import datetime
import json
import math
import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.offline_play import NOW, ask, default_tools, play, sample_scene
from toolflow_graph.models.briefs import Scene, ToolBrief
from toolflow_graph.models.offline.filters import bounds_of, keep_to_filters, limit_of, rows_wanted
from toolflow_graph.models.offline.phrases import phrase_of
from toolflow_graph.models.offline.views import view_of
from toolflow_graph.types import Tool, ToolCall, ToolResult

TOOLS = {tool.name: tool for tool in default_tools()}
Past = tuple[tuple[ToolCall, ToolResult], ...]


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def call_tool(
    tool: Tool, arguments: dict[str, Any], history: Past = (), *, seed: int = 1, scene: Scene | None = None
) -> Any:
    """The result of a call, and the history with it."""
    place = scene or sample_scene(tuple(TOOLS.values()), seed)
    call = ToolCall(id=f"call_{len(history)}", name=tool.name, arguments=arguments)
    answer = json.loads(ask("tool", ToolBrief(place, tool, call, history)).content or "")
    assert answer["ok"], answer
    return answer["result"]


def after(tool: Tool, arguments: dict[str, Any], result: Any) -> Past:
    return ((ToolCall(id="call_0", name=tool.name, arguments=arguments), ToolResult(call_id="call_0", value=result)),)


ROW = _object(
    {
        "flat_id": {"type": "string"},
        "title": {"type": "string"},
        "price": {"type": "number"},
        "rating": {"type": "number", "maximum": 5},
        "rooms": {"type": "integer"},
        "status": {"enum": ["free", "taken", "reserved"]},
    }
)
FLATS = Tool(
    name="search_flats",
    description="Search for flats in a city.",
    parameters={
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "max_price": {"type": "number", "description": "Highest price."},
            "min_rating": {"type": "number"},
            "min_rooms": {"type": "integer", "description": "Fewest rooms."},
            "status": {"enum": ["free", "taken", "reserved"]},
            "limit": {"type": "integer", "description": "Maximum number of results."},
        },
    },
    returns=_object({"flats": {"type": "array", "items": ROW}, "flat_count": {"type": "integer"}}),
    effect="read",
)


@settings(max_examples=60, deadline=None)
@given(
    price=st.integers(20, 5000),
    rating=st.floats(1, 4.5).map(lambda value: round(value, 1)),
    rooms=st.integers(1, 9),
    limit=st.integers(1, 6),
    status=st.sampled_from(["free", "taken", "reserved"]),
    seed=st.integers(0, 10**6),
)
def test_what_is_found_keeps_to_every_filter(
    price: int, rating: float, rooms: int, limit: int, status: str, seed: int
) -> None:
    arguments = {"city": "Porto", "max_price": price, "min_rating": rating, "min_rooms": rooms, "limit": limit}
    found = call_tool(FLATS, {**arguments, "status": status}, seed=seed)
    assert found["flat_count"] == len(found["flats"]) <= limit
    for row in found["flats"]:
        assert row["price"] <= price
        assert rating <= row["rating"] <= 5
        assert row["rooms"] >= rooms
        assert row["status"] == status


def test_filters_are_read_from_names_and_descriptions() -> None:
    arguments = {"max_price": 100, "min_rating": 4, "limit": 3}
    bounds = {bound.kind: (bound.low, bound.high) for bound in bounds_of(view_of(FLATS), arguments)}
    assert bounds == {"money": (None, 100), "rating": (4, None)}
    assert limit_of(view_of(FLATS), arguments) == 3
    rows = {"flats": [{"price": 140.0, "rating": 3.1}, {"price": 80.0, "rating": 4.5}]}
    kept = keep_to_filters(rows, view_of(FLATS), arguments, random.Random(0))["flats"]
    assert all(row["price"] <= 100 and row["rating"] >= 4 for row in kept)
    assert kept[1] == {"price": 80.0, "rating": 4.5}


def test_a_call_for_a_number_of_things_gets_that_number() -> None:
    quiz = TOOLS["generate_practice_quiz"]
    assert rows_wanted("questions", view_of(quiz), {"question_count": 7}) == 7
    for seed in range(5):
        found = call_tool(quiz, {"topic": "Roman history", "question_count": 7}, seed=seed)
        assert len(found["questions"]) == 7


def test_what_was_made_stands_in_the_list_and_what_was_cancelled_does_not() -> None:
    fields = {"booking_id": {"type": "string"}, "guest_name": {"type": "string"}, "room": {"type": "string"}}
    book = Tool(name="book_room", description="Book a room.", returns=_object(fields), effect="write")
    cancel = Tool(
        name="cancel_booking",
        description="Cancel a booking.",
        parameters=_object({"booking_id": {"type": "string"}}),
        returns=_object({"booking_id": {"type": "string"}}),
        effect="write",
    )
    listing = Tool(
        name="list_bookings",
        description="List my bookings.",
        returns=_object({"bookings": {"type": "array", "items": _object(fields)}}),
        effect="read",
    )
    made = {"booking_id": "BKG-77001", "guest_name": "Ada Reid", "room": "attic"}
    booked = after(book, {"guest_name": "Ada Reid"}, made)
    ended = after(cancel, {"booking_id": "BKG-77001"}, {"booking_id": "BKG-77001"})
    for seed in range(8):
        scene = Scene(seed, NOW, {}, "", (book, cancel, listing), ())
        rows = call_tool(listing, {}, booked, scene=scene)["bookings"]
        assert made in rows
        rows = call_tool(listing, {}, (*booked, *ended), scene=scene)["bookings"]
        assert "BKG-77001" not in [row["booking_id"] for row in rows]


def test_a_thing_keeps_what_it_was_made_with() -> None:
    send, read = TOOLS["schedule_mail_send"], TOOLS["read_mail_message"]
    arguments = {
        "recipients": ["a.reid@maplepost.net"],
        "mail_subject": "Invoice 2291",
        "mail_body": "See you on Friday.",
        "send_at": "2026-03-04T10:00:00",
    }
    for seed in range(5):
        sent = call_tool(send, arguments, seed=seed)
        shown = call_tool(read, {"message_id": sent["message_id"]}, after(send, arguments, sent), seed=seed)
        assert (shown["mail_subject"], shown["mail_body"]) == ("Invoice 2291", "See you on Friday.")


def test_the_bare_id_of_a_result_is_the_one_that_was_asked_for() -> None:
    person = {"id": {"type": "string"}, "full_name": {"type": "string"}}
    get = Tool(
        name="get_person",
        description="Get a person.",
        parameters=_object({"person_id": {"type": "string"}}),
        returns=_object({"data": _object(person)}),
        effect="read",
    )
    create = Tool(
        name="create_person",
        description="Create a person.",
        parameters=_object({"team_id": {"type": "string"}}),
        returns=_object(person),
        effect="write",
    )
    for seed in range(6):
        assert call_tool(get, {"person_id": "PRS-20118"}, seed=seed)["data"]["id"] == "PRS-20118"
        assert call_tool(create, {"team_id": "TEA-10019"}, seed=seed)["id"] != "TEA-10019"


def test_nobody_is_put_on_record_under_the_users_address() -> None:
    profile = {"name": "Yara Okafor", "email": "yara.okafor@mail.example", "phone": "+1 212 555 0101"}
    for name in ("create_student_account", "register_new_patient"):
        for seed in range(8):
            scene = Scene(seed, NOW, profile, "", (TOOLS[name],), ())
            (call,) = play(scene, 1).calls()
            assert "yara.okafor@mail.example" not in call.arguments.values()
            person = call.arguments.get("student_name", call.arguments.get("patient_name"))
            if "email" in call.arguments and isinstance(person, str):
                first = person.split()[0].lower()
                assert first[:1] == call.arguments["email"][:1], call.arguments


def test_a_stay_has_as_many_nights_as_lie_between_its_days() -> None:
    change = TOOLS["change_hotel_stay"]
    for nights in range(1, 7):
        leaves = (datetime.date(2026, 3, 10) + datetime.timedelta(days=nights)).isoformat()
        arguments = {"booking_id": "BKG-55021", "check_in_date": "2026-03-10", "check_out_date": leaves}
        assert call_tool(change, arguments)["night_count"] == nights


def test_airports_are_called_by_their_names_and_listed_once() -> None:
    find = TOOLS["find_nearest_airports"]
    for seed in range(12):
        rows = call_tool(find, {"latitude": 52.2297, "longitude": 21.0122}, seed=seed)["airports"]
        codes = [row["airport_code"] for row in rows]
        assert len(set(codes)) == len(codes)
        for row in rows:
            assert row["airport_code"] != "WAW" or row["airport_name"] == "Warsaw Chopin Airport"


def test_places_lie_as_far_away_as_they_are_said_to() -> None:
    find = TOOLS["search_nearby_places"]
    for seed in range(8):
        found = call_tool(find, {"latitude": 48.2, "longitude": 16.37, "place_category": "museum"}, seed=seed)
        for row in found["places"]:
            north = (row["latitude"] - 48.2) * 111_200
            east = (row["longitude"] - 16.37) * 111_200 * math.cos(math.radians(48.2))
            assert math.hypot(north, east) == pytest.approx(row["place_distance_m"], abs=25)


def test_what_is_looked_up_lies_behind_and_what_is_forecast_ahead() -> None:
    rows = _object({"date": {"type": "string", "format": "date"}, "value": {"type": "number"}})
    kept = Tool(name="get_revenue", description="Get the revenue of a shop.", returns=rows, effect="read")
    ahead = Tool(name="get_forecast", description="Get the sales forecast of a shop.", returns=rows, effect="read")
    for seed in range(10):
        assert call_tool(kept, {}, seed=seed)["date"] <= NOW[:10]
        assert call_tool(ahead, {}, seed=seed)["date"] > NOW[:10]


def test_what_is_issued_now_is_issued_today() -> None:
    issue = TOOLS["issue_course_certificate"]
    for seed in range(5):
        assert call_tool(issue, {"enrolment_id": "ENR-39712"}, seed=seed)["issued_on"] == NOW[:10]


def test_rows_of_unknown_shape_say_something() -> None:
    tool = Tool(
        name="list_rewards",
        description="List the rewards.",
        returns=_object({"rewards": {"type": "array", "items": {"type": "object"}}}),
        effect="read",
    )
    for seed in range(5):
        for row in call_tool(tool, {}, seed=seed)["rewards"]:
            assert row["name"]


@pytest.mark.parametrize("schema", [{"type": "object"}, {"type": "string"}])
def test_a_wrapped_result_is_told_in_the_tools_own_words(schema: dict[str, Any]) -> None:
    """Servers that return anything wrap it: {"result": ...} (FastMCP's output schema)."""
    tool = Tool(name="list_songs", description="List the songs.", returns=_object({"result": schema}), effect="read")
    found = call_tool(tool, {})["result"]
    rows = found["results"] if isinstance(found, dict) else found
    assert len(rows) > 1
    (answer,) = play(sample_scene((tool,), 2), 1).texts("assistant")
    assert "the result is" not in answer


@pytest.mark.parametrize(
    ("name", "description", "phrase"),
    [
        ("search_files", "Recursively search for files matching a pattern.", "search for files matching a pattern"),
        ("start", "Start/Resume a User's Playback", "start my playback"),
        ("hover", "Hover an element on the page", "hover an element on the page"),
        ("Delete_NoteText_for_User", "Manage text notes.", "delete text notes"),
        ("artist_search", "Let's you search for an artist", "search for an artist"),
        ("t", "Provides the flexibility to filter trending keywords", "filter trending keywords"),
        ("updateBoardsNameByIdBoard", "", "update the name of a board"),
        ("PostSessionsSessionCancel", "A session can be canceled when it waits.", "cancel a session"),
        ("t", "Given a request ID, return the next pending task", "return the next pending task"),
        ("create_group", "Create group", "create a group"),
        ("put_comments", "Update comment", "update the comment"),
    ],
)
def test_phrases_of_real_descriptions(name: str, description: str, phrase: str) -> None:
    assert phrase_of(name, description).text == phrase


def test_small_talk_answers_what_was_remarked() -> None:
    from toolflow_graph.models.offline.chatter import CHOICE, DONE, KINDS, SEEN, answers_to

    words = {"doing": "booking a room", "noun": "rooms", "value": "12 EUR", "label": "price", "one": "A", "other": "B"}
    for pairs in (DONE, SEEN, *KINDS.values()):
        for says, answers in pairs:
            assert answers_to(says.format(**words)) in {given for said, given in pairs if said == says} | {answers}
    assert all(answers_to(says.format(**words)) == () for says, _ in CHOICE)
    assert answers_to("Please book a room.") == ()


def test_whoever_is_named_again_keeps_the_id() -> None:
    stats, lineups = TOOLS["get_player_statistics"], TOOLS["get_match_lineups"]
    again = 0
    for seed in range(20):
        shown = call_tool(stats, {"player_id": "PLY-35568"}, seed=seed)
        past = after(stats, {"player_id": "PLY-35568"}, shown)
        for row in call_tool(lineups, {"match_id": "MTC-44379"}, past, seed=seed)["starters"]:
            if row["player_name"] == shown["player_name"]:
                assert row["player_id"] == "PLY-35568"
                again += 1
    assert again


@pytest.mark.parametrize(
    ("source", "target", "rate"), [("PLN", "USD", 0.25), ("EUR", "JPY", 161), ("GBP", "EUR", 1.18)]
)
def test_exchange_rates_are_about_right_and_recent(source: str, target: str, rate: float) -> None:
    convert = TOOLS["convert_currency_amount"]
    for seed in range(5):
        arguments = {"amount": 780, "currency": source, "target_currency": target}
        found = call_tool(convert, arguments, seed=seed)
        assert found["exchange_rate"] == pytest.approx(rate, rel=0.06)
        assert found["converted_amount"] == pytest.approx(780 * found["exchange_rate"], abs=0.01)
        assert "2026-02-26" < found.get("rate_date", NOW) <= NOW


def test_a_refused_offer_is_not_open_and_a_new_list_is_empty() -> None:
    respond, make, add = TOOLS["respond_purchase_offer"], TOOLS["create_music_playlist"], TOOLS["add_playlist_track"]
    for seed in range(5):
        ended = call_tool(respond, {"offer_id": "OFR-86886", "seller_response": "reject"}, seed=seed)
        assert ended["negotiation_state"] == "closed"
        made = call_tool(make, {"playlist_name": "Slow"}, seed=seed)
        assert made.get("track_count", 0) == 0
        past = after(make, {"playlist_name": "Slow"}, {**made, "track_count": 0})
        more = call_tool(add, {"playlist_id": made["playlist_id"], "track_id": "TRK-862483"}, past, seed=seed)
        assert more["track_count"] == 1


def test_what_has_been_delivered_is_no_longer_on_its_way() -> None:
    track = TOOLS["track_food_delivery"]
    for seed in range(30):
        found = call_tool(track, {"food_delivery_id": "FDL-60680"}, seed=seed)
        assert found["delivery_phase"] != "delivered" or found.get("minutes_left", 0) == 0


def test_a_courier_gives_nobody_his_telephone_number() -> None:
    for seed in range(12):
        played = play(sample_scene((TOOLS["track_food_delivery"], TOOLS["register_new_patient"]), seed), 2)
        assert not any(
            use.parameter == "register_new_patient:phone_number" for r in played.plan.requests for use in r.uses
        )


def test_a_table_of_rates_is_that_of_the_asked_currency() -> None:
    fields = {"base": {"type": "string"}, "rates": {"type": "object", "additionalProperties": {"type": "number"}}}
    tool = Tool(
        name="get_rates",
        description="Get the latest exchange rates.",
        parameters=_object({"base_currency": {"type": "string"}}),
        returns=_object(fields),
        effect="read",
    )
    for seed in range(6):
        found = call_tool(tool, {"base_currency": "GBP"}, seed=seed)
        assert found["base"] == "GBP"
        assert "GBP" not in found["rates"]
        assert found["rates"]["USD"] == pytest.approx(1.27, rel=0.03)


@pytest.mark.parametrize(("pattern", "shape"), [("*.log", r".*\.log"), ("report-*", r"(.*/)?report-.*")])
def test_files_found_match_the_pattern(pattern: str, shape: str) -> None:
    tool = Tool(
        name="search_files",
        description="Search for files matching a pattern.",
        parameters=_object({"pattern": {"type": "string"}}),
        effect="read",
    )
    for seed in range(5):
        assert all(
            re.fullmatch(shape, row["title"]) for row in call_tool(tool, {"pattern": pattern}, seed=seed)["files"]
        )
