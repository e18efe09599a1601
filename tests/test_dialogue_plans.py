"""Reading plans: whatever a planner writes is a plan or a reason it can act on, never a crash."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolflow_graph.dialogue.plans import parse_plan, plan_nothing
from toolflow_graph.errors import ParseError
from toolflow_graph.types import Fact, Seed, Slot, Tool

TOOLS = (Tool(name="find_room", description="Find a room. It is quick."), Tool(name="book_room", description="Book."))
SEED = Seed(id="d-1", index=0, random_seed=5, tools=TOOLS, target_turns=2, now="2026-03-02T10:00")
FIRST: dict[str, Any] = {"kind": "tool", "intent": "find a room", "tools": ["find_room"]}
SECOND: dict[str, Any] = {"kind": "chat", "intent": "say how the week was"}


def requests(**changes: Any) -> dict[str, Any]:
    return {"requests": [{**FIRST, **changes}, SECOND]}


def test_a_plan() -> None:
    plan = parse_plan(
        requests(
            facts={"check_in date": "2026-04-17"},
            withheld=[{"name": "city", "value": "Lisbon"}],
            uses=[{"request": 1, "what": "the room"}],
        ),
        SEED,
    )
    request = plan.requests[0]
    assert request.facts == (Fact(name="check in date", value="2026-04-17"),)
    assert request.withheld == (Fact(name="city", value="Lisbon"),)
    assert request.uses[0].request == 0
    assert plan.requests[1].kind == "chat"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "wish"}, '"kind" must be'),
        ({"intent": ""}, '"intent" must say'),
        ({"intent": "call find_room"}, "names find_room"),
        ({"tools": ["find_house"]}, "no tool find_house"),
        ({"tools": []}, '"tool" and "forbidden" need some'),
        ({"tools": 5}, '"tools" must be a list'),
        ({"tools": "find_room"}, '"tools" must be a list'),
        ({"facts": "none"}, '"facts" must be a list'),
        ({"facts": [7]}, 'each of "facts" needs'),
        ({"facts": [{"name": "city"}]}, 'each of "facts" needs'),
        ({"withheld": 3}, '"withheld" must be a list'),
        ({"uses": {"request": 1}}, '"uses" must be a list'),
        ({"uses": ["the first"]}, 'each of "uses" needs'),
        ({"uses": [{"request": True, "what": "x"}]}, 'each of "uses" needs'),
        ({"uses": [{"request": 2, "what": "x"}]}, "cannot use request 2"),
    ],
)
def test_reasons(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parse_plan(requests(**changes), SEED)


@pytest.mark.parametrize("plain", [{}, {"requests": 7}, {"requests": ["x"]}, {"requests": [FIRST]}])
def test_not_a_plan_at_all(plain: dict[str, Any]) -> None:
    with pytest.raises(ParseError):
        parse_plan(plain, SEED)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["kind", "intent", "tools", "facts", "withheld", "uses"])


@given(st.dictionaries(KEYS, JSON, max_size=6))
def test_any_json_is_a_plan_or_a_reason(changes: dict[str, Any]) -> None:
    with contextlib.suppress(ParseError):
        assert len(parse_plan(requests(**changes), SEED).requests) == 2


def test_no_plan_leaves_the_choice_to_the_user() -> None:
    plan = plan_nothing(SEED)
    assert [request.kind for request in plan.requests] == ["open", "open"]
    assert plan.requests[0].intent == "Find a room; Book"


IDENTIFIERS = (
    Tool(
        name="getDepartures",
        description="getDepartures lists trains that leave.",
        parameters={"type": "object", "properties": {"stationCode": {"type": "string"}, "max_rows": {}}},
    ),
    Tool(name="book_seat", description="Book a seat. Call getDepartures first."),
)


@pytest.mark.parametrize(
    "changes",
    [
        {"intent": "use the stationCode"},
        {"uses": [{"request": 1, "what": "the train that getDepartures found"}]},
        {"uses": [{"request": 1, "what": "its max_rows"}]},
        {"facts": [{"name": "the code for getDepartures", "value": "X"}]},
        {"withheld": [{"name": "value of max-rows or stationCode", "value": "X"}]},
    ],
)
def test_no_identifier_reaches_the_user(changes: dict[str, Any]) -> None:
    seed = SEED.model_copy(update={"tools": IDENTIFIERS})
    with pytest.raises(ParseError, match=r"names (getDepartures|stationCode|max_rows)"):
        parse_plan(requests(tools=["getDepartures"], **changes), seed)


def test_keys_become_words_where_they_name_a_fact() -> None:
    seed = SEED.model_copy(update={"tools": IDENTIFIERS})
    facts = [{"name": "stationCode", "value": "LIS"}, {"name": "straßenName", "value": "Am Markt"}]
    plan = parse_plan(requests(tools=["getDepartures"], facts=facts), seed)
    assert [fact.name for fact in plan.requests[0].facts] == ["station code", "straßen name"]


def test_topics_of_no_plan_name_no_tool() -> None:
    plan = plan_nothing(SEED.model_copy(update={"tools": IDENTIFIERS}))
    assert plan.requests[0].intent == "get departures; Book a seat"


def test_what_turns_out_to_be_there_is_no_longer_declined() -> None:
    """A request for what never comes, whose tool another request uses, too: it becomes a request like any other."""
    seed = SEED.model_copy(update={"slots": (Slot(), Slot(behaviours=("missing_function",), arrives=False))})
    plain = {"requests": [FIRST, {**FIRST, "kind": "irrelevant", "intent": "find another room"}]}
    with pytest.raises(ParseError, match="no other request uses"):
        parse_plan(plain, seed)
    plan = parse_plan(plain, seed, lenient=True)
    assert [request.kind for request in plan.requests] == ["tool", "tool"]
    assert plan.requests[1].hidden == ()
