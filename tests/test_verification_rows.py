"""Rows of an answer: their values are those of one object, not the outcome of any calculation that happens to fit."""

import json
from typing import Any

import pytest

from toolflow_graph.verification import parse_dialogue, verify
from toolflow_graph.verification.derivations.rows import plain_row

ORDERS = {
    "orders": [
        {"order_id": "ORD-41884", "stage": "received", "amount": 186.5, "ordered_on": "2025-05-15"},
        {"order_id": "ORD-76522", "stage": "returned", "amount": 82.25, "ordered_on": "2025-05-16"},
        {"order_id": "ORD-37536", "stage": "shipped", "amount": 182.25, "ordered_on": "2025-05-17"},
    ]
}
COURSES = {
    "courses": [
        {"title": "Statistics for Biologists", "progress": 43.8, "grade": 81.6},
        {"title": "Foundations of Contract Law", "progress": 46.4, "grade": 77.9},
        {"title": "Conversational Italian I", "progress": 25.5, "grade": 70},
    ]
}


def unknown(answer: str, result: Any) -> list[str]:
    """What the rule about stated values says of an answer."""
    call = {"id": "a", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
    data = {
        "messages": [
            {"role": "user", "content": "Please list them."},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "a", "content": json.dumps(result)},
            {"role": "assistant", "content": answer},
        ],
        "tools": [{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}],
    }
    return [f.reason for f in verify(parse_dialogue(data, strict=True)).findings if f.code == "ungrounded_answer"]


@pytest.mark.parametrize(
    ("answer", "result", "wrong"),
    [
        ("Your orders:\n- ORD-41884: received, 186.50 EUR\n- ORD-37536: shipped, 182.25 EUR", ORDERS, ""),
        ("Your orders:\n- ORD-41884: received, 186.50 EUR\n- ORD-37536: shipped, 312.75 EUR", ORDERS, "312.75"),
        ("Courses: Foundations of Contract Law (progress 46.4%, grade 77.9).", COURSES, ""),
        ("Courses: Foundations of Contract Law (progress 64.4%, grade 77.9).", COURSES, "64.4"),
        # What says that it was worked out may be.
        ("- ORD-41884: 186.50 EUR, and ORD-76522: 82.25 EUR, in all 268.75 EUR", ORDERS, ""),
        ("- ORD-76522: 2 pieces, 164.50 EUR", ORDERS, ""),
        # What is named above a row is no part of it.
        ("ORD-41884 and ORD-76522 go together:\n- Amount: 268.75 EUR", ORDERS, ""),
        ("The law course stands at 77.9, 3.7 less than statistics.", COURSES, ""),
    ],
)
def test_a_row_holds_what_its_object_holds(answer: str, result: Any, wrong: str) -> None:
    found = unknown(answer, result)
    assert [reason for reason in found if wrong not in reason] == []
    assert bool(found) is bool(wrong)


@pytest.mark.parametrize(
    ("text", "value", "row"),
    [
        ("- Room 4: 2 beds, 84 EUR", "84", True),
        ("1. Room 4: 2 beds, 84 EUR", "84", True),
        ("Room 4 (2 beds, 84 EUR)", "84", True),
        ("up 5.25 (2.2 %)", "2.2", False),
        ("Room 4 has 2 beds for 84 EUR", "84", False),
        ("- Room 4: 84 EUR for 2 nights", "84", False),
        ("- Room 4: 42 + 42 = 84 EUR", "84", False),
    ],
)
def test_what_a_row_is(text: str, value: str, row: bool) -> None:
    start = text.index(value)
    assert (plain_row(text, start, start + len(value)) is not None) is row


def test_seconds_of_a_result_may_be_said_as_minutes_and_seconds() -> None:
    sections = {"sections": [{"start": 58.2, "tempo": 92.6}, {"start": 120.9, "tempo": 88.0}]}
    assert unknown("It slows down at 2:01 to 88.0 BPM.", sections) == []
    assert unknown("It slows down at 2:00 to 88.0 BPM.", sections) == []
    assert unknown("It slows down at 2:14 to 88.0 BPM.", sections) != []
    # A tempo is no time.
    assert unknown("It slows down at 1:32 to 88.0 BPM.", sections) != []


OFFERS = {"desk": 210.4, "lamp": 38.75, "board": 9.15, "stool": 61.2, "shelf": 74.9, "clock": 17.35}
OLD = {"desk": 233.1, "lamp": 41.25, "board": 11.8, "stool": 66.6, "shelf": 79.99, "clock": 18.45}
TABLE = "".join(f"| Oak {name} | ${price:.2f} | ${OLD[name]:.2f} |\n" for name, price in OFFERS.items())


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("The oak desk and the oak clock alone account for $227.75.", ""),
        ("The oak lamp, the oak board and the oak clock used to be $71.50.", ""),
        ("The oak desk and the oak clock alone account for $228.85.", "228.85"),
    ],
)
def test_rows_that_a_sentence_names_add_up(sentence: str, wrong: str) -> None:
    kinds = [[OFFERS[name], OLD[name], *(OLD[name] + 1.13 * n * n for n in range(1, 12))] for name in OFFERS]
    result = [{"kinds": {f"K{n}": {"price": price, "left": n} for n, price in enumerate(prices)}} for prices in kinds]
    found = unknown(f"{TABLE}\n**New total: $411.75**, down from $451.19.\n\n{sentence}", result)
    assert [reason for reason in found if wrong not in reason] == []
    assert bool(found) is bool(wrong)


def test_an_equation_proves_none_of_its_own_numbers() -> None:
    fares = {"out": {"fare": 165}, "back": {"fare": 240}}
    assert unknown("It leaves at 4. Both come to $165 + $240 = $405.", fares) == []
    (found,) = unknown("It leaves at 4. Both come to $170 + $240 = $410.", fares)
    assert "$170" in found
