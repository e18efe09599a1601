"""Provenance of what is counted or worked out: days, stocks, shares, rests of a total."""

import pytest

from tests.test_verification_provenance import WEDNESDAY, Data, dated, dialogue, findings, kind_of, sources


@pytest.mark.parametrize("day", ["May 2nd", "April 2nd", "the 2nd of May", "May second"])
def test_no_days_are_counted_from_the_edge_of_a_month(day: str) -> None:
    for system in (WEDNESDAY, "Today is 2025-05-02."):
        for wrong in ("2025-03-14", "2025-03-13", "2025-02-12"):
            assert dated(system, f"I bought it 48 days ago, call me on {day}", value=wrong, name="date") == "unknown"


@pytest.mark.parametrize(
    ("said", "result", "name", "right", "wrong"),
    [
        ("top up HB-12 to 500", {"sku": "HB-12", "stock": 183}, "quantity", 317, 327),
        ("order enough to reach 500", {"stock_level": 183}, "order_quantity", 317, 327),
        ("order 500 units", {"stock_level": 183}, "order_quantity", 500, 317),
        ("plus 3 dinners, 40 each", {"total": 870}, "total", 990, 970),
        ("order twice that", {"sku": "HB-12", "stock": 183}, "quantity", 366, 386),
        ("3 dinners at 40 on top of it, please", {"hotel": "Inn", "stay_total": 870}, "total", 990, 970),
    ],
)
def test_numbers_counted_from_a_stock_or_price(said: str, result: Data, name: str, right: int, wrong: int) -> None:
    assert dated(WEDNESDAY, "look", result, said, value=right, name=name) in ("derived", "user")
    assert dated(WEDNESDAY, "look", result, said, value=wrong, name=name) == "unknown"


@pytest.mark.parametrize(
    ("said", "right", "wrong"),
    [
        ("dim the living room to half", 50, 55),
        ("living room to a third", 33, 43),
        ("living room to three quarters", 75, 70),
        ("living room all the way up", 100, 90),
    ],
)
@pytest.mark.parametrize(
    "schema", [{"type": "integer", "minimum": 0, "maximum": 100}, {"type": "integer", "description": "From 0 to 100"}]
)
def test_a_share_of_a_scale(said: str, right: int, wrong: int, schema: Data) -> None:
    assert dated(WEDNESDAY, said, value=right, name="brightness", schema=schema) == "derived"
    assert dated(WEDNESDAY, said, value=wrong, name="brightness", schema=schema) == "unknown"


def test_a_choice_that_the_system_message_lists_is_the_users_who_makes_it() -> None:
    rules = "A return needs a reason: either 'arrived broken' or 'wrong colour'."
    said = "I want to send it back, it had been broken when it arrived."
    reason = {"reason": {"type": "string"}}
    data = dialogue("Hi.", "A: Hello.", said, arguments={"reason": "arrived broken"}, properties=reason)
    data["messages"][0]["content"] += f" {rules}"
    source = sources(data)["reason"]
    assert (source.kind, source.message_index) == ("user", 3)
    data["messages"][3]["content"] = "I want to send it back."
    assert sources(data)["reason"].kind == "context"


def test_what_a_result_leaves_of_a_wanted_total() -> None:
    rain = {"days": [{"rain_mm": 2.5}, {"rain_mm": 5.5}]}
    told = "I want 20 mm on the beet in total, counting the rain."
    assert kind_of(told, rain, value=12.0, schema={"type": "number"}) == "derived"
    assert kind_of(told, rain, value=13.0, schema={"type": "number"}) != "derived"
    assert kind_of("Water the beet; 20 mm was too much.", rain, value=12.0, schema={"type": "number"}) != "derived"


@pytest.mark.parametrize(
    ("right", "wrong"), [(453.592, 453.792), (236.59, 238.59), (0.621371, 0.651371), (28.35, 28.65)]
)
def test_how_units_relate_is_known_to_everybody(right: float, wrong: float) -> None:
    assert dated(WEDNESDAY, "how much is that in grams?", value=right, name="operand2") == "derived"
    assert dated(WEDNESDAY, "how much is that in grams?", value=wrong, name="operand2") == "unknown"


def test_a_default_may_be_written_as_text() -> None:
    schema = {"type": "integer", "default": "522995"}
    assert dated(WEDNESDAY, "the best reviews", value=522995, name="id_restaurant", schema=schema) == "default"
    assert dated(WEDNESDAY, "the best reviews", value=522996, name="id_restaurant", schema=schema) == "unknown"


def test_a_parameter_that_takes_whole_numbers_only_cuts_what_is_known() -> None:
    place: Data = {"lat": 53.4808, "lon": -2.2426}
    for schema, kinds in (({"type": "integer"}, ("derived", "unknown")), ({"type": "number"}, ("unknown", "unknown"))):
        found = [dated(WEDNESDAY, "there", place, "there", value=n, name="lat", schema=schema) for n in (53, 58)]
        assert tuple(found) == kinds


PLANNED: Data = {"shipments": [{"id": "SHP-1", "eta": "2026-04-16"}], "pieces": 2}


@pytest.mark.parametrize(
    ("said", "name", "value", "wanted"),
    [
        # Nobody says what day it is, so no words are turned into a date; near a known day one is no finding.
        ("Please move it to Friday the 17th", "date", "2026-04-17", False),
        ("Please move it to Friday the 17th", "date", "2026-08-17", True),
        ("Please move it to Friday the 17th at 09:30", "at", "2026-04-17T09:30:00", False),
        ("Please move it to Friday the 17th at 09:30", "at", "2026-04-17T11:45:00", True),
        ("Please move it", "date", "2026-04-17", True),
        # A date that is said plainly is the one.
        ("Please move it to the 20th, so 2026-04-20", "date", "2026-04-17", True),
        # The Monday of a week that a day lies in.
        ("What else is free around 2026-04-16?", "week_of", "2026-04-13", False),
        ("What else is free around 2026-04-16?", "week_of", "2026-03-30", True),
    ],
)
def test_days_counted_in_words_that_tell_no_date(said: str, name: str, value: str, wanted: bool) -> None:
    data = dialogue("Where is it?", PLANNED, said, arguments={name: value}, properties={name: {"type": "string"}})
    data["messages"][0]["content"] = "You help with deliveries."
    assert bool(findings(data)) is wanted


def test_the_present_may_be_told_as_the_current_date() -> None:
    said = "How warm is it now, and tomorrow? Current Date: 2024-09-30."
    for value, kind in (("2024-10-01", "derived"), ("2024-10-03", "unknown")):
        assert dated("You help.", said, value=value, name="date") == kind


@pytest.mark.parametrize("said", ["At 2 PM.", "2pm works", "at 14:00", "2:00 p.m., please"])
@pytest.mark.parametrize(("right", "wrong"), [("2:00 PM", "2:30 PM"), ("02:00 pm", "02:00 am"), ("2 PM", "3 PM")])
def test_a_time_of_day_may_be_written_in_another_way(said: str, right: str, wrong: str) -> None:
    for value, known in ((right, True), (wrong, False)):
        kind = dated(WEDNESDAY, "Schedule it.", "A: What time?", said, value=value, name="time")
        assert (kind != "unknown") is known, (value, kind)
