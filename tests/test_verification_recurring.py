"""Provenance of days that are named by how often something happens."""

import datetime

import pytest

from tests.test_verification_provenance import dialogue, sources
from toolflow_graph.verification.reading.moments import dates_in
from toolflow_graph.verification.reading.recurring import recurs

NOW = datetime.date(2026, 3, 11)
"""A Wednesday."""


@pytest.mark.parametrize(
    ("text", "day", "words"),
    [
        ("Water the ferns on the first of each month", "2026-05-01", "first of each month"),
        ("Send the bill on the 15th day of every month", "2026-04-15", "15th day of every month"),
        ("Back it up each month on the 20th", "2026-06-20", "each month on the 20th"),
        ("Count the till on the last day of the month", "2026-04-30", "last day of the month"),
        ("Choir is on the second Tuesday of each month", "2026-05-12", "second Tuesday of each month"),
        ("Book a lane every Friday in April", "2026-04-17", "every Friday"),
        ("I swim on Mondays and Thursdays", "2026-03-19", "Mondays and Thursdays"),
        ("Wake me on weekdays", "2026-03-17", "on weekdays"),
        ("Feed the fish every other day for a week", "2026-03-15", "every other day"),
        ("Remind me daily for 5 days", "2026-03-16", "daily"),
        ("From March 12, visit her every two weeks", "2026-04-09", "every two weeks"),
        ("From March 12 on, pay it monthly", "2026-05-12", "monthly"),
    ],
)
def test_a_day_recurs(text: str, day: str, words: str) -> None:
    assert recurs(text, day, NOW, ["2026-03-12"] if "12" in text else []) == words


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Water the ferns on the first of each month", "2026-05-02"),
        ("Water the ferns on the first of each month", "2026-03-01"),
        ("Count the till on the last day of the month", "2026-05-30"),
        ("Choir is on the second Tuesday of each month", "2026-05-19"),
        ("Book a lane every Friday in April", "2026-04-16"),
        ("Wake me on weekdays", "2026-03-14"),
        ("Feed the fish every other day for a week", "2026-03-16"),
        ("Remind me daily for 5 days", "2026-03-20"),
        ("Remind me every day", "2026-03-20"),
        ("From March 12, visit her every two weeks", "2026-04-02"),
        ("The first of the guests came", "2026-05-01"),
    ],
)
def test_other_days_do_not_recur(text: str, day: str) -> None:
    assert recurs(text, day, NOW, ["2026-03-12"] if "12" in text else []) is None


def test_a_call_for_a_recurring_day_is_derived() -> None:
    said = "Please order a crate of lemons on the first of each month."
    right = sources(dialogue(said, arguments={"when": "2026-06-01 00:00:00"}))["when"]
    assert (right.kind, right.message_index) == ("derived", 1)
    assert sources(dialogue(said, arguments={"when": "2026-06-03 00:00:00"}))["when"].kind == "unknown"


def test_a_search_from_today_may_end_with_the_month() -> None:
    said = "Drop everything about Lisbon from my diary."
    searched = {"from": "2026-03-07 00:00:00", "to": "2026-03-31 23:59:59"}
    found = sources(dialogue(said, arguments=searched))["to"]
    assert (found.kind, found.how) == ("derived", "the whole day")
    assert sources(dialogue(said, arguments=searched | {"to": "2026-03-30 23:59:59"}))["to"].kind == "unknown"
    assert sources(dialogue(said, arguments={"to": "2026-03-31 23:59:59"}))["to"].kind == "unknown"


def test_the_day_after_tomorrow_is_one_day() -> None:
    found = dates_in("Can it come the day after tomorrow?", datetime.date(2026, 3, 14))
    assert list(found) == ["2026-03-16"]


@pytest.mark.parametrize(
    ("said", "tool", "kinds"),
    [
        ("I was charged twice on 3 November 2026.", "find_charges", {"derived"}),
        ("I was charged twice on 3 November 2026.", "block_card", {"unknown"}),
        ("I was charged twice on 3 March 2026.", "find_charges", {"unknown"}),
    ],
)
def test_a_search_may_look_around_the_day_that_is_said(said: str, tool: str, kinds: set[str]) -> None:
    data = dialogue(said, arguments={"first_day": "2026-10-20", "last_day": "2026-11-20"})
    data["messages"][-1]["tool_calls"][0]["function"]["name"] = tool
    assert {source.kind for source in sources(data).values()} == kinds
