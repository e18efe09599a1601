"""Arguments that the assistant works out or chooses: what the answer tells of them decides; and tables in results."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_verification_open import stated
from tests.test_verification_provenance import WEDNESDAY, Data, dated
from toolflow_graph.verification import parse_dialogue, verify
from toolflow_graph.verification.reading.tables import rows_of

RATES = "pair,words,weight\nexact,1280,0.1\nfuzzy,640,0.3\nnew,2103,1.0"


def acted(arguments: Data, answer: str | None, *, said: str, result: Any, system: str = WEDNESDAY) -> list[str]:
    """What is found at a call that follows a look-up, where the assistant then says ``answer`` (None: nothing yet)."""
    calls = [("look_up", {}), ("act_now", arguments)]
    entries = [
        {"id": f"c{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
        for n, (name, given) in enumerate(calls)
    ]
    content = result if isinstance(result, str) else json.dumps(result)
    messages: list[Data] = [
        {"role": "system", "content": system},
        {"role": "user", "content": said},
        {"role": "assistant", "content": None, "tool_calls": entries[:1]},
        {"role": "tool", "tool_call_id": "c0", "content": content},
        {"role": "assistant", "content": None, "tool_calls": entries[1:]},
    ]
    if answer is not None:
        messages.append({"role": "tool", "tool_call_id": "c1", "content": json.dumps({"ok": True, **arguments})})
        messages.append({"role": "assistant", "content": answer})
    properties = {
        name: {"type": "number" if isinstance(value, float) else "string"} for name, value in arguments.items()
    }
    tools = [
        {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}},
        {
            "type": "function",
            "function": {"name": "act_now", "parameters": {"type": "object", "properties": properties}},
        },
    ]
    found = verify(parse_dialogue({"messages": messages, "tools": tools}, strict=True)).findings
    return [f.reason for f in found if f.code == "ungrounded_argument"]


@pytest.mark.parametrize(
    ("arguments", "answer", "found"),
    [
        # Worked out, and the answer shows the way.
        (
            {"fee": 278.87},
            "1,280 x 0.1 + 640 x 0.3 + 2,103 = 2,423 words, so 2,423 x 0.12 = 278.87 EUR... set up.",
            True,
        ),
        ({"fee": 290.76}, "1,280 x 0.1 + 640 x 0.3 + 2,103 = 2,423 words; x 0.12 that is 290.76 EUR. Set up.", False),
        # The answer says nothing of it, or another figure.
        ({"fee": 290.76}, "It is set up.", True),
        ({"fee": 290.76}, "1,280 x 0.1 + 640 x 0.3 + 2,103 = 2,423 words; x 0.12 that is 300.76 EUR.", True),
    ],
)
def test_a_fee_that_the_answer_works_out(arguments: Data, answer: str, found: bool) -> None:
    reasons = acted(arguments, answer, said="Set the job up, at 0.12 EUR a word.", result=RATES)
    assert bool(reasons) is found, reasons


@pytest.mark.parametrize(
    ("said", "result", "arguments", "answer", "found"),
    [
        (
            "Keep it open an hour longer on Friday.",
            {"open": "11:30", "close": "22:00"},
            {"close": "23:00"},
            "On Friday it is open until 23:00.",
            False,
        ),
        (
            "Keep it open an hour longer on Friday.",
            {"open": "11:30", "close": "22:00"},
            {"close": "23:40"},
            "On Friday it is open until 23:40.",
            True,
        ),
        (
            "Water it with what it lacks.",
            {"need_m3": 336, "pump_m3h": 42},
            {"duration": "PT8H"},
            "336 m³ at 42 m³/h take 8 hours; it is running.",
            False,
        ),
        (
            "Water it with what it lacks.",
            {"need_m3": 336, "pump_m3h": 42},
            {"duration": "PT11H"},
            "It is running for 11 hours.",
            True,
        ),
        (
            "Hand in leave from the holiday on.",
            {"holidays": [{"from": "2026-09-25", "to": "2026-09-27"}]},
            {"start": "2026-09-28"},
            "Your leave starts on Monday, 28 September, after the holiday.",
            False,
        ),
        (
            "Hand in leave from the holiday on.",
            {"holidays": [{"from": "2026-09-25", "to": "2026-09-27"}]},
            {"start": "2026-10-13"},
            "Your leave starts on 13 October.",
            True,
        ),
        # A setting may be the assistant's choice, if it says so.
        (
            "Nobody is in the guest room, turn it down.",
            {"temp": 20.4},
            {"target_c": 16.0},
            "The guest room is on 16 °C now.",
            False,
        ),
        ("Nobody is in the guest room, turn it down.", {"temp": 20.4}, {"target_c": 16.0}, "It's turned down.", True),
        # Nobody works out a telephone number.
        ("Book it for me.", {"table": 4}, {"phone": "+358 40 123 4567"}, "Booked, with +358 40 123 4567.", True),
        ("Book it for me.", {"table": 4}, {"account_number": "48213377"}, "Booked on account 48213377.", True),
    ],
)
def test_what_an_answer_tells_of_an_argument(
    said: str, result: Data, arguments: Data, answer: str, found: bool
) -> None:
    reasons = acted(arguments, answer, said=said, result=result)
    assert bool(reasons) is found, reasons


def test_while_a_turn_goes_on_a_number_may_be_one_that_is_worked_out() -> None:
    prices = {"items": [{"price": 19.9, "qty": 3}, {"price": 7.25, "qty": 4}]}
    assert not acted({"amount": 88.7}, None, said="Pay for all of it.", result=prices)
    assert acted({"amount": 91.13}, None, said="Pay for all of it.", result=prices)


@pytest.mark.parametrize(
    ("said", "right", "wrong"),
    [("Bring my savings up to a round 10,000 please.", 350, 360), ("top it up to 9,900", 250, 350)],
)
def test_what_lacks_of_a_round_sum(said: str, right: int, wrong: int) -> None:
    accounts = {"accounts": [{"id": "SAV-07", "balance": 9650.0}]}
    assert dated(WEDNESDAY, "look", accounts, said, value=right, name="amount") == "derived"
    assert dated(WEDNESDAY, "look", accounts, said, value=wrong, name="amount") == "unknown"


def test_a_month_that_is_compared_with_the_one_of_the_year_before() -> None:
    said = "How does December 2025 compare with the one before?"
    assert dated(WEDNESDAY, said, value="2024-12", name="month") == "derived"
    assert dated(WEDNESDAY, said, value="2024-09", name="month") == "unknown"
    assert dated(WEDNESDAY, "What about December 2025?", value="2024-12", name="month") == "unknown"


# What answers may state.

USED = {"month": "2025-12", "kwh": 1150, "cost_eur": 138.0}
INVOICE = {"number": "R-77", "date": "2026-10-30", "terms": "30 days net, 2% within 14 days", "gross": 1681.2}
BALANCES = {"accounts": [{"name": "current", "balance": 2184.37}, {"name": "savings", "balance": 9650.0}]}
SPENT = {"rows": [{"shop": "A", "amount": 64.2}, {"shop": "B", "amount": 38.75}, {"shop": "A", "amount": 71.05}]}
ELO = "Expected score = 1/(1+10^((opponent-own)/400)), new rating = own + 20*(score-expected)."


@pytest.mark.parametrize(
    ("answer", "results", "wrong"),
    [
        ("December came to €138.00, €4.45 a day.", (USED,), ""),
        ("December came to €138.00, €4.87 a day.", (USED,), "4.87"),
        ("It is due on 29 November.", (INVOICE,), ""),
        ("It is due on 21 November.", (INVOICE,), "21 November"),
        # Much is worked out, and yet the balance of a result is none of that.
        (
            "You spent 174.00 in all: 135.25 at A, 58.00 on average. Your balance is 2,148.37.",
            (BALANCES, SPENT),
            "2,148.37",
        ),
        ("You spent 174.00 in all: 135.25 at A, 58.00 on average. Your balance is 2,184.37.", (BALANCES, SPENT), ""),
        # The rows of a table in plain text.
        ("The new words come to 2,103, all words to 4,023.", (RATES,), ""),
        ("The new words come to 2,103, all words to 4,203.", (RATES,), "4,203"),
    ],
)
def test_what_follows_from_results(answer: str, results: tuple[Any, ...], wrong: str) -> None:
    reasons = stated(answer, *results)
    assert bool(reasons) is bool(wrong), reasons
    assert wrong in " ".join(reasons)


def test_where_a_formula_is_given_its_figures_are_left_open() -> None:
    games = {"games": [{"opponent": 1790, "score": 0.5}, {"opponent": 1655, "score": 1}]}
    answer = "You gain 10.6, so about 1723."
    assert not stated(answer, games, system=f"{WEDNESDAY} {ELO}", said="I'm at 1712. What do they do to my rating?")
    assert stated(answer, games, said="I'm at 1712. What do they do to my rating?")


def test_you_are_enrolled_is_a_claim() -> None:
    calls = [{"id": "c0", "type": "function", "function": {"name": "enrol", "arguments": '{"course": "STA-210"}'}}]
    parameters = {"type": "object", "properties": {"course": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": "enrol", "parameters": parameters}}]

    def codes(error: Data, answer: str) -> set[str]:
        messages = [
            {"role": "user", "content": "Put me into STA-210."},
            {"role": "assistant", "content": None, "tool_calls": calls},
            {"role": "tool", "tool_call_id": "c0", "content": json.dumps(error)},
            {"role": "assistant", "content": answer},
        ]
        return {f.code for f in verify(parse_dialogue({"messages": messages, "tools": tools}, strict=True)).findings}

    hold = {"status": "rejected", "error": "PREREQ_HOLD", "message": "The exam is not recorded."}
    assert codes(hold, "You're enrolled in STA-210.") == {"claimed_success"}
    assert not codes(hold, "You're not enrolled in STA-210 yet: the exam is not recorded.")
    assert not codes({"status": "enrolled"}, "You're enrolled in STA-210.")


# Tables.

_NAMES = st.lists(st.sampled_from(("id", "name", "room_revenue", "date", "unit price")), min_size=2, unique=True)
_CELLS = st.one_of(
    st.integers(-9999, 9999),
    st.floats(-999, 999).map(lambda number: round(number, 2) + 0.0),
    st.from_regex(r"[A-Za-z][a-z]{0,7}( [a-z]{1,5})?", fullmatch=True),
)


@given(_NAMES, st.lists(st.lists(_CELLS, min_size=5, max_size=5), min_size=1, max_size=6), st.sampled_from(";\t|"))
def test_a_table_is_read_as_it_was_written(names: list[str], table: list[list[Any]], mark: str) -> None:
    rows = [row[: len(names)] for row in table]
    text = io.StringIO()
    csv.writer(text, delimiter=mark, lineterminator="\n").writerows([names, *rows])
    assert rows_of(text.getvalue()) == [dict(zip(names, row, strict=True)) for row in rows]


def test_a_table_between_bars() -> None:
    text = "| id | name  | ha  |\n|----|-------|----:|\n| F1 | North | 2.4 |\n| 007 | River | 1.5 |"
    assert rows_of(text) == [{"id": "F1", "name": "North", "ha": 2.4}, {"id": "007", "name": "River", "ha": 1.5}]


def test_a_table_with_commas() -> None:
    text = 'id,title\n7,"Bread, dark"\n8,Salt\n'
    assert rows_of(text) == [{"id": 7, "title": "Bread, dark"}, {"id": 8, "title": "Salt"}]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Dear Ines, the invoice is due.\nPayment within 14 days, please.",
        "a,b\n1,2,3",
        "Integrated: -18.4 LUFS\nLRA: 6.2 LU",
        "10,20\n30,40",
        "name,name\n1,2",
        "only one line, with a comma",
    ],
)
def test_what_is_no_table(text: str) -> None:
    assert rows_of(text) is None
