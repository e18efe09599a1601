"""Arguments that follow by a calculation from results and from what is said are derived; wrong ones are unknown."""

from typing import Any

import pytest

from tests.test_verification_provenance import dialogue, sources

CART = {"items": [{"sku": "A1", "qty": 2, "price": 12.5}, {"sku": "B7", "qty": 1, "price": 40.0}]}
ACCOUNTS = {"accounts": [{"account_id": "AC-1", "balance": 1250.0}, {"account_id": "AC-2", "balance": 310.75}]}
TRIP = {"trip_id": "TR-4", "depart": "2026-03-14T09:30:00", "arrive": "2026-03-14T13:05:00"}
STAY = {"booking_id": "BK-12", "check_in": "2026-04-03", "check_out": "2026-04-07", "rate": 118.0, "guests": 2}
RUNS = {"runs": [{"km": 8.2, "min": 43}, {"km": 12.5, "min": 69}, {"km": 5.0, "min": 24}]}
BOLTS = {"item": "bolts", "on_hand": 340, "reorder_level": 500, "unit_price": 0.12}
CITY = {"city": "Bergen", "lat": 60.39299, "lon": 5.32415}


@pytest.mark.parametrize(
    ("parts", "name", "value", "wrong"),
    [
        (("What is in my cart?", CART, "Pay for it."), "amount", 65.0, 69.0),
        (("Balances?", ACCOUNTS, "Move everything above 1,000 of AC-1."), "amount", 250.0, 280.0),
        (("When is it?", TRIP, "Log how long it takes."), "minutes", 215, 251),
        (("When is it?", TRIP, "Log how long it takes."), "duration_hours", 3.58, 4.58),
        (("My booking?", STAY, "Charge me for the whole stay."), "amount", 472.0, 427.0),
        (("My runs?", RUNS, "Save the average distance."), "average_km", 8.57, 9.57),
        (("My runs?", RUNS, "Save my average pace."), "pace_min_per_km", 5.29, 5.92),
        (("Stock?", BOLTS, "Order up to the reorder level."), "quantity", 160, 190),
        (("The bill is 86.40, add 18 percent tip.",), "total", 101.95, 110.95),
        (("I earn 54,000 a year.",), "monthly_income", 4500, 5400),
        (("The total?", {"order_id": "OR-77", "total": 96.0}, "Split it by four."), "amount", 24.0, 42.0),
        (("Set the oven to 200 degrees celsius.",), "temperature_f", 392, 329),
        (("Where is Bergen?", CITY, "And the weather?"), "latitude", 60.39, 60.93),
        (("How warm is it?", 74, "Make it a couple of degrees warmer."), "temp", 76, 86),
    ],
)
def test_a_calculated_argument_is_derived(parts: tuple[Any, ...], name: str, value: float, wrong: float) -> None:
    right = sources(dialogue(*parts, arguments={name: value}))[name]
    assert right.kind == "derived", right
    other = sources(dialogue(*parts, arguments={name: wrong}))[name]
    assert other.kind == "unknown", other


def test_nights_of_a_result_are_derived() -> None:
    found = sources(dialogue("My booking?", STAY, "Put the nights into my diary.", arguments={"nights": 4}))
    assert (found["nights"].kind, found["nights"].how) == ("derived", "the time between two moments of a result")


def test_what_no_word_tells_of_is_not_worked_out() -> None:
    """A score that happens to be a sum of known numbers is an accident."""
    found = sources(dialogue("My booking?", STAY, "Rate it, please.", arguments={"score": 120}))
    assert found["score"].kind == "unknown"
