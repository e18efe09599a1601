"""Kinds of defects: pure, repeatable, always a change, and never one that is no defect."""

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.evaluation_samples import Data, dialogues, records
from tests.verification_samples import brings, calls, clean, judge, says, user
from toolflow_graph.evaluation.mutations import KINDS, Dialogue, Kind
from toolflow_graph.randomness import derive_rng
from toolflow_graph.verification import RULES

STRUCTURAL = [kind for kind in KINDS.values() if kind.level == "structural"]


def mutants(code: str, record: Data, tries: int = 20) -> list[Data]:
    """What a kind makes of a record, with other dialogues to take from."""
    made = []
    for number in range(tries):
        other = dialogues()[number % len(dialogues())]
        mutant = KINDS[code].apply(Dialogue(record), random.Random(number), other)
        if mutant is not None:
            made.append(mutant)
    return made


def test_kinds_are_many_and_mean_rules_that_exist() -> None:
    assert len(STRUCTURAL) >= 100
    assert len(KINDS) - len(STRUCTURAL) >= 10
    for kind in KINDS.values():
        assert kind.rules, kind.code
        assert set(kind.rules) <= set(RULES), kind.code
        assert kind.explanation.endswith("."), kind.code


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_kind_is_pure_repeatable_and_changes_something(data: st.DataObject) -> None:
    kind = KINDS[data.draw(st.sampled_from(sorted(KINDS)))]
    dialogue, other = (data.draw(st.sampled_from(dialogues())) for _ in range(2))
    seed = data.draw(st.integers(0, 2**32))
    before = [copy.deepcopy(dialogue.record), copy.deepcopy(other.record)]
    first = kind.apply(dialogue, random.Random(seed), other)
    assert [dialogue.record, other.record] == before
    again = kind.apply(Dialogue(before[0]), random.Random(seed), Dialogue(before[1]))
    assert first == again
    if first is not None:
        judge(first)
        unchanged = {**dialogue.record, "messages": json.loads(dialogue.messages_text)}
        assert first != unchanged, kind.code
        assert json.loads(json.dumps(first)) == first
        # What a mutant shares with its record must not be open to the next kind's edits.
        assert first["messages"] is not dialogue.record["messages"]


@pytest.mark.parametrize("kind", STRUCTURAL, ids=[kind.code for kind in STRUCTURAL])
def test_every_structural_kind_applies_and_is_caught_as_meant(kind: Kind) -> None:
    tried, missed = 0, []
    for number, record in enumerate(records()):
        mutant = kind.apply(Dialogue(record), derive_rng("test", kind.code, number), Dialogue(records()[number - 1]))
        if mutant is None:
            continue
        tried += 1
        if not {finding.code for finding in judge(mutant).findings} & set(kind.rules):
            missed.append(record["id"])
        if tried == 12:
            break
    assert tried, f"{kind.code} applies to none of {len(records())} dialogues"
    assert len(missed) <= 1, missed


def test_nothing_is_broken_in_what_cannot_be_read() -> None:
    broken = clean()
    broken["messages"][10]["content"] = 7
    for code in KINDS:
        assert mutants(code, broken, 3) == [], code


def _independent() -> Data:
    """Two calls in one turn, neither of which needs the other."""
    data = clean()
    data["messages"][12:14] = [
        calls(("call_3", "get_weather_forecast", {"city": "Lisbon", "date": "2026-03-13"})),
        brings("call_3", {"summary": "sunny", "high": 19.5}),
        calls(
            (
                "call_4",
                "send_email_message",
                {"to": "marta.k@lindenmail.org", "subject": "Your flight", "body": "Your booking number is BK-70031."},
            )
        ),
    ]
    return data


def _one_enum_member() -> Data:
    data = clean()
    data["tools"][0]["function"]["parameters"]["properties"]["cabin"] = {"type": "string", "enum": ["economy"]}
    data["messages"][2]["tool_calls"][0]["function"]["arguments"]["cabin"] = "economy"
    return data


def _said_before() -> Data:
    """What the user withholds stands in an earlier message."""
    data = clean()
    data["messages"][1]["content"] += " It is for Marta Kowalska."
    return data


def _short_turns() -> Data:
    return {
        "tools": clean()["tools"],
        "messages": [user("Hi!"), says("Hello."), user("Is it warm there?"), says("Yes, quite.")],
    }


def _open_schema() -> Data:
    data = clean()
    for tool in data["tools"]:
        tool["function"]["parameters"]["additionalProperties"] = True
    return data


def _composed_schemas() -> Data:
    """Every argument may be anything: no keyword can be broken."""
    data = clean()
    for tool in data["tools"]:
        properties = tool["function"]["parameters"]["properties"]
        properties.update({name: {"anyOf": [{"type": "string"}, {"type": ["number", "array"]}]} for name in properties})
    return data


def _copies() -> Data:
    """A tool whose result has, by its nature, another id than the one it is given."""
    data = clean()
    data["tools"][1]["function"]["name"] = "copy_flight"
    data["messages"][8]["tool_calls"][0]["function"]["name"] = "copy_flight"
    data["messages"][9] = brings("call_2", {"booking_id": "BK-70031", "total": 129.5, "flight_id": "FL-48213"})
    data["plan"]["requests"][1]["tools"] = ["copy_flight"]
    return data


def _corrected() -> Data:
    """The same change is made once more in the turn after the claim."""
    data = clean()
    entry = data["messages"][8]["tool_calls"][0]["function"]["arguments"]
    again = calls(("call_9", "book_flight", {**entry, "seats": 1}))
    brought = brings("call_9", {"booking_id": "BK-70031", "total": 129.5})
    data["messages"][11:11] = [user("Once more, please, it did not show."), again, brought, says("It is BK-70031.")]
    data["request_starts"] = [1, 5, 15]
    data["messages"][19]["content"] = "It should be sunny with a high of 19.5 degrees."
    return data


def _written_between() -> Data:
    """A change stands between the read and every later turn, so that the read may bring something else."""
    data = clean()
    del data["messages"][11:], data["plan"]["requests"][2:], data["request_starts"][2:]
    data["messages"][8]["tool_calls"][0]["function"]["name"] = "book_flight"
    data["messages"] += [user("Thanks!"), says("Have a good trip.")]
    return data


NO_DEFECT: list[tuple[str, Callable[[], Data], str]] = [
    ("dependent_beside", _independent, "independent calls may stand side by side"),
    ("dependent_before", _independent, "independent calls may change places"),
    ("dependent_by_reference", _independent, "nothing to refer to"),
    ("enum_other", _one_enum_member, "an enum of one has no other member"),
    ("clarification_never_asked", _said_before, "the user has said it already"),
    ("clarification_never_answered", _said_before, "the user has said it already"),
    ("turn_repeated", _short_turns, "short turns may be alike"),
    ("user_repeats", _short_turns, "short texts may be alike"),
    ("argument_unknown", _open_schema, "the schema allows unknown names"),
    ("type_wrong", _composed_schemas, "any type is right"),
    ("argument_null", _composed_schemas, "the schema does not say plainly that null is wrong"),
    ("echo_wrong", _copies, "a copy has an id of its own"),
    ("echo_wrong", clean, "no result repeats an id of its call"),
    ("results_exchanged", clean, "no tool is called twice"),
    ("switch_flipped", clean, "no argument is a switch"),
    ("wanted_dropped", clean, "no optional argument was asked for"),
]


@pytest.mark.parametrize(("code", "make", "why"), NO_DEFECT, ids=[f"{code}-{why}" for code, _, why in NO_DEFECT])
def test_equivalent_mutants_are_left_out(code: str, make: Callable[[], Data], why: str) -> None:
    assert mutants(code, make()) == []


def test_the_read_may_change_after_a_write() -> None:
    for mutant in mutants("read_contradicts", _written_between(), 40):
        names = [entry["function"]["name"] for message in mutant["messages"] for entry in message.get("tool_calls", ())]
        assert names[-1] != "search_flights"


def test_a_claim_is_only_broken_where_nothing_else_makes_it_true() -> None:
    made = mutants("claim_after_error", _corrected())
    assert all('"error"' not in mutant["messages"][9]["content"] for mutant in made)


NEW: list[tuple[str, Callable[[Any], str]]] = [
    ("id_from_nowhere", lambda data: data["messages"][8]["tool_calls"][0]["function"]["arguments"]["flight_id"]),
    ("answer_invents_id", lambda data: data["messages"][10]["content"]),
]


@pytest.mark.parametrize(("code", "find"), NEW, ids=[code for code, _ in NEW])
def test_invented_values_are_new_to_the_dialogue(code: str, find: Callable[[Any], str]) -> None:
    known = json.dumps(clean()["messages"])
    changed = [find(mutant) for mutant in mutants(code, clean(), 60)]
    found = [text for text in changed if text != find(clean())]
    assert found
    for text in found:
        words = [word.strip(".,") for word in text.split() if any(char.isdigit() for char in word)]
        assert any(word not in known for word in words), text


def test_kinds_that_take_from_elsewhere_need_another_dialogue() -> None:
    for code in ("value_from_elsewhere", "tool_from_elsewhere", "answer_of_elsewhere"):
        assert KINDS[code].apply(Dialogue(records()[0]), random.Random(1)) is None
