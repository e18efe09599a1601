"""How people and good assistants speak in everyday dialogues: days, hours, codes, promises and failures."""

import json
from typing import Any

import pytest

from tests.test_verification_open import stated
from tests.test_verification_provenance import WEDNESDAY, Data, dated, kind_of
from toolflow_graph.types import Message
from toolflow_graph.verification import parse_dialogue, verify
from toolflow_graph.verification.transcript import read_result

TUESDAY = "Today is Tuesday, 2026-02-03."


def codes(*messages: tuple[str, Any], system: str = TUESDAY, tool: str = "book_slot") -> list[str]:
    """The codes of what is found in (role, content) messages; an assistant's dict is what a call is given."""
    found: list[Data] = [{"role": "system", "content": system}]
    for number, (role, content) in enumerate(messages):
        if role == "assistant" and isinstance(content, dict):
            function = {"name": tool, "arguments": json.dumps(content)}
            calls = [{"id": f"c{number}", "type": "function", "function": function}]
            found.append({"role": "assistant", "content": None, "tool_calls": calls})
        elif role == "tool":
            found.append({"role": "tool", "tool_call_id": f"c{number - 1}", "content": json.dumps(content)})
        else:
            found.append({"role": role, "content": content})
    tools = [{"type": "function", "function": {"name": tool, "parameters": {"type": "object"}}}]
    return [
        finding.code for finding in verify(parse_dialogue({"messages": found, "tools": tools}, strict=True)).findings
    ]


@pytest.mark.parametrize(
    ("said", "value", "name", "kind"),
    [
        ("spätestens um 14 Uhr am Hauptbahnhof", "14:00", "arrive_by", "user"),
        ("spätestens um 14 Uhr am Hauptbahnhof", "02:00", "arrive_by", "unknown"),
        ("Thursday 8 October or Saturday the 10th?", "2025-10-10", "date", "derived"),
        ("Thursday 8 October or Saturday the 10th?", "2025-11-10", "date", "unknown"),
        ("It broke at one in the morning, so that was Sunday already.", "2025-01-12", "date", "derived"),
        ("Sort code is 20-18-42.", "201842", "sort_code", "derived"),
        ("Sort code is 20-18-42.", "201824", "sort_code", "unknown"),
        ("She is 25; raise it to the power of 0.43.", "25^0.43", "input", "derived"),
        ("She is 25; raise it to the power of 0.43.", "52^0.43", "input", "unknown"),
        ("Save the pressure at node 10 to a file.", "pressure_node_10.txt", "name", "derived"),
        ("Save the pressure at node 10 to a file.", "report_final_v7.txt", "name", "unknown"),
        ("What about last year's fourth quarter?", 2025, "ejercicio", "context"),
        ("What about last year's fourth quarter?", 2025, "amount", "unknown"),
        ("Some time in the seventies, I think.", 1979, "year_to", "derived"),
        ("Some time in the seventies, I think.", 1989, "year_to", "unknown"),
        ("The last two weekends of August, Friday nights too.", "2025-08-29", "nights", "derived"),
        ("The last two weekends of August, Friday nights too.", "2025-08-26", "nights", "unknown"),
    ],
)
def test_what_users_mean(said: str, value: Any, name: str, kind: str) -> None:
    found = dated(WEDNESDAY, said, value=value, name=name)
    assert (found == "unknown") is (kind == "unknown"), found


def test_a_query_is_the_assistants_own() -> None:
    assert (
        kind_of("top products", value="df.groupby('product')['revenue'].sum().nlargest(12)", name="input") == "composed"
    )


HOURS = {"cloud_pct": {"18": 60, "20": 35, "22": 10}, "tanks": ["A", "B"], "healers": ["C", "D", "E", "F"]}
FLIGHT = {
    "departs": "2026-12-13T10:35",
    "arrives": "2026-12-13T15:10",
    "window": "19-21",
    "last_free_day": "2026-08-25",
}
ZONES = f"{WEDNESDAY} Times are local (Hamburg UTC+1, Lisbon UTC+0)."
SALES = {"total": 1245780.5}
HELD = {"rows": [{"site": "Harbour", "kwh": 36.4}, {"site": "Town", "kwh": 22.0}, {"site": "Park", "kwh": 18.0}]}


@pytest.mark.parametrize(
    ("answer", "result", "said", "wrong"),
    [
        ("The flight takes 3 h 35 min.", FLIGHT, "How long is it?", ""),
        ("The flight takes 2 h 15 min.", FLIGHT, "How long is it?", "2 h 15"),
        ("It comes between 19:00 and 21:00.", FLIGHT, "When does it come?", ""),
        ("It comes between 19:00 and 22:00.", FLIGHT, "When does it come?", "22:00"),
        ("You pay for 27 and 28 August.", FLIGHT, "What if we fetch it on 28 August?", ""),
        ("You pay for 26 August and 9 September.", FLIGHT, "What if we fetch it on 28 August?", "9 September"),
        ("Clouds thin out from 60 % at 18:00 to 10 % at 22:00.", HOURS, "Will it be clear?", ""),
        ("Clouds thin out from 60 % at 18:00 to 10 % at 23:00.", HOURS, "Will it be clear?", "23:00"),
        ("Run it at 6:05 per km.", {"target": "5:20 per km"}, "45 seconds slower than that, please.", ""),
        ("Run it at 6:25 per km.", {"target": "5:20 per km"}, "45 seconds slower than that, please.", "6:25"),
        ("Total revenue is $1.24M.", SALES, "What did we earn?", ""),
        ("Total revenue is $1.29M.", SALES, "What did we earn?", "1.29M"),
        ("| Site | kWh |\n|---|---|\n| Harbour | 36.4 |\n| Town | 22.0 |\n\nAltogether 76.4 kWh.", HELD, "Sums?", ""),
        (
            "| Site | kWh |\n|---|---|\n| Harbour | 34.6 |\n| Town | 22.0 |\n\nAltogether 76.4 kWh.",
            HELD,
            "Sums?",
            "34.6",
        ),
        ("It comes with a 24-month warranty.", {"warranty_months": 24}, "And then?", ""),
        ("It comes with a 12-month warranty.", {"warranty_months": 24}, "And then?", "12"),
    ],
)
def test_what_answers_conclude(answer: str, result: Data, said: str, wrong: str) -> None:
    reasons = stated(answer, result, system=ZONES, said=said)
    assert bool(reasons) is bool(wrong), reasons
    assert wrong in " ".join(reasons)


SLOT = {"ok": True, "start": "2026-02-12T17:10"}


@pytest.mark.parametrize(("day", "found"), [("Thursday", False), ("Wednesday", True)])
def test_the_year_of_a_date_is_that_of_the_result(day: str, found: bool) -> None:
    said = ("user", "Move it to 12 February, please.")
    told = codes(said, ("assistant", {"slot": "H-1"}), ("tool", SLOT), ("assistant", f"It's on {day} 12 February now."))
    assert ("wrong_weekday" in told) is found


@pytest.mark.parametrize(
    ("body", "failed"),
    [
        ({"error": "MAX_STAY", "message": "At most 180 minutes.", "latest_end": "17:10"}, True),
        ({"error": "WINDOW_FULL", "alternatives": ["17-19"], "unchanged": True}, True),
        ({"error": {"code": "E7", "message": "No."}, "retry_in": 3, "trace": "a"}, True),
        ({"error": "0.02", "value": 7.1, "unit": "mm"}, False),
        ({"error": None, "value": 7.1, "unit": "mm"}, False),
        ({"error": "", "rows": []}, False),
    ],
)
def test_which_results_are_failures(body: Data, failed: bool) -> None:
    assert read_result(Message(role="tool", tool_call_id="c", content=json.dumps(body))).ok is not failed


def test_a_claim_about_the_thing_of_a_failed_call() -> None:
    zones = {"zones": [{"zone_id": "Z1", "name": "Lawn"}, {"zone_id": "Z2", "name": "Tomatoes"}]}
    failed = {"ok": False, "error": {"code": "OFFLINE", "message": "Z1 cannot be reached."}}

    def told(answer: str) -> list[str]:
        def call(number: int, name: str, **arguments: str) -> Data:
            function = {"name": name, "arguments": json.dumps(arguments)}
            return {"id": f"c{number}", "type": "function", "function": function}

        messages: list[Data] = [
            {"role": "user", "content": "Water the tomatoes daily and pause the lawn."},
            {"role": "assistant", "content": None, "tool_calls": [call(0, "get_zones")]},
            {"role": "tool", "tool_call_id": "c0", "content": json.dumps(zones)},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [call(1, "set_zone", zone="Z2"), call(2, "pause_zone", zone="Z1")],
            },
            {"role": "tool", "tool_call_id": "c1", "content": '{"ok": true}'},
            {"role": "tool", "tool_call_id": "c2", "content": json.dumps(failed)},
            {"role": "assistant", "content": answer},
        ]
        names = ("get_zones", "set_zone", "pause_zone")
        tools = [{"type": "function", "function": {"name": name, "parameters": {"type": "object"}}} for name in names]
        return [
            finding.code
            for finding in verify(parse_dialogue({"messages": messages, "tools": tools}, strict=True)).findings
        ]

    assert told("The tomatoes are watered daily now. The lawn is paused.") == ["claimed_success"]
    assert told("The tomatoes are watered daily now. The lawn couldn't be paused: it cannot be reached.") == []


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (
            "Sure, I'm putting Leo on the waiting list for Thursday right now. He'll be number four, and we will call.",
            True,
        ),
        ("I'm afraid I can't do that right now.", False),
        ("I'm putting Leo on the list as soon as you tell me his surname.", False),
    ],
)
def test_a_promise_to_act_at_once(answer: str, found: bool) -> None:
    told = codes(("user", "Please put Leo on the list for Thursday."), ("assistant", answer))
    assert ("empty_promise" in told) is found


def test_an_answer_in_another_language_than_the_one_that_is_asked_for() -> None:
    asked = "Bom dia. Quando passam a recolher o papel? E preciso de me ver livre de um colchão."
    english = "Your pickup is booked for Friday, and you can still add one more item at no cost."
    portuguese = "És o assistente da recolha. Responde em português de Portugal."
    assert "other_language" in codes(("user", asked), ("assistant", english), system=portuguese)
    assert "other_language" not in codes(("user", asked), ("assistant", english), system="Always answer in English.")


def test_a_user_may_change_the_language() -> None:
    chinese, english = "我的名字是什么？", "Your name is Bob. Is there anything else that I can do for you?"
    first = (("user", "我的名字是bob，你好吗"), ("assistant", "你好，Bob！很高兴认识你。"))
    assert "other_language" in codes(*first, ("user", chinese), ("assistant", english))
    assert "other_language" not in codes(
        *first, ("user", chinese), ("assistant", "你的名字是 Bob。有什么我可以帮助你的吗？")
    )
    assert "other_language" not in codes(*first, ("user", "whats my name"), ("assistant", english))
