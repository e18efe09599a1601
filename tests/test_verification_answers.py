"""What the assistant states has to come from somewhere: honest answers in many styles pass, invented values do not."""

import datetime
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.verification_samples import clean, codes, judge, says
from toolflow_graph.types import Message, Tool, ToolCall
from toolflow_graph.verification import RULES, Transcript, check_assistant_text

NOW = "2026-03-07T10:00"  # a Saturday
SYSTEM = "You are a helpful assistant.\n\nIt is Saturday, 2026-03-07 10:00."


def stated(
    answer: str, *, said: str = "", result: Any = None, system: str = SYSTEM, before: Sequence[Message] = ()
) -> list[str]:
    """The values of ``answer`` that the rule finds, after one user message and (unless None) one result."""
    user = Message(role="user", content=said or "Please have a look.")
    messages = [Message(role="system", content=system), *before, user]
    if result is not None:
        messages.append(Message(role="assistant", tool_calls=(ToolCall(id="a", name="look_up"),)))
        content = result if isinstance(result, str) else json.dumps(result)
        messages.append(Message(role="tool", tool_call_id="a", content=content))
    messages.append(Message(role="assistant", content=answer))
    transcript = Transcript(messages=tuple(messages), tools=(Tool(name="look_up", parameters={"type": "object"}),))
    reasons = [finding.reason for finding in RULES["ungrounded_answer"].check(transcript)]
    return [reason.split("states ", 1)[1].split(", which nobody", 1)[0].strip("'") for reason in reasons]


FLIGHTS: dict[str, Any] = {
    "flights": [
        {"id": "LH1172", "dep": "2026-03-14T06:45:00", "arr": "2026-03-14T09:20:00", "price": 129.5, "seats_left": 9},
        {"id": "TP531", "dep": "2026-03-14T11:05:00", "arr": "2026-03-14T13:45:00", "price": 171.0, "seats_left": 4},
        {"id": "FR4412", "dep": "2026-03-14T19:30:00", "arr": "2026-03-14T22:10:00", "price": 84.99, "seats_left": 31},
    ]
}
HOTEL: dict[str, Any] = {
    "hotel": "Casa do Rio",
    "nightly": 118.0,
    "check_in": "2026-04-02",
    "check_out": "2026-04-06",
    "tax_rate": 0.06,
    "distance_m": 850,
    "rating": 4.6,
    "reviews": 1287,
    "phone": "+351 21 555 7098",
    "rooms": 42,
}
WEATHER: dict[str, Any] = {
    "temp_c": 18.4,
    "humidity": 62,
    "wind_kmh": 14.5,
    "rain_chance": 0.35,
    "sunrise": "06:52",
    "sunset": "18:31",
    "forecast": [{"date": "2026-03-08", "high": 21.2, "low": 11.0}, {"date": "2026-03-09", "high": 17.9, "low": 9.4}],
}
ORDER: dict[str, Any] = {
    "order_id": "ORD-2026-00817",
    "items": [{"sku": "KX-4410", "qty": 2, "unit_price": 24.95}, {"sku": "LM-0093", "qty": 1, "unit_price": 110.0}],
    "shipping": 6.5,
    "total": 166.4,
    "placed_at": "2026-02-27T21:14:09Z",
    "card": {"brand": "visa", "last4": "4242"},
    "tracking": "1Z999AA10123456784",
}
STOCK: dict[str, Any] = {
    "symbol": "ACME",
    "price": 241.37,
    "previous_close": 236.12,
    "volume": 18234567,
    "market_cap": 81200000000,
    "high_52w": 262.4,
    "low_52w": 171.05,
}
ACCOUNT: dict[str, Any] = {
    "iban": "DE89370400440532013000",
    "balance_cents": 1284550,
    "currency": "EUR",
    "opened": 1709251200,
}
MEETINGS: dict[str, Any] = {
    "events": [
        {"title": "Standup", "start": "2026-03-09T09:00:00+01:00", "minutes": 15},
        {"title": "Board review", "start": "2026-03-09T13:30:00+01:00", "minutes": 90},
    ]
}
REPO: dict[str, Any] = {
    "commits": [{"sha": "9f3c1aeb27d04a6f8f5d2b7e1c0a9d8e7f6b5a43", "files": 12, "added": 348, "removed": 97}],
    "build": {"duration_s": 754, "tests": 1312, "failed": 3, "coverage": 0.874},
    "url": "https://ci.lindenworks.io/builds/88213",
}
RUN: dict[str, Any] = {
    "distance_km": 10.55,
    "duration_min": 57.5,
    "calories": 712,
    "avg_hr": 148,
    "splits": [5.4, 5.38, 5.5, 5.47],
}

# Answers in many styles in which nothing is invented; one JSON object a line: what the user said, the answer, and what
# a call brought (kind "result"), or no call was made (kind "chat"; "later" recalls the hotel found before).
SAMPLE_FILE = Path(__file__).with_suffix(".jsonl")
SAMPLES = [json.loads(line) for line in SAMPLE_FILE.read_text(encoding="utf-8").splitlines()]
FOUND = [
    Message(role="user", content="Find a hotel from 2 to 6 April."),
    Message(role="assistant", tool_calls=(ToolCall(id="h", name="look_up"),)),
    Message(role="tool", tool_call_id="h", content=json.dumps({key: HOTEL[key] for key in list(HOTEL)[:4]})),
    Message(role="assistant", content="Casa do Rio is free from April 2 to 6 at 118 EUR a night."),
]


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if sample["kind"] == "result"])
def test_honest_answers_pass(sample: dict[str, Any]) -> None:
    assert stated(sample["answer"], result=sample["result"], said=sample["said"]) == []


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if sample["kind"] != "result"])
def test_knowledge_offers_and_recalls_pass(sample: dict[str, Any]) -> None:
    assert stated(sample["answer"], said=sample["said"], before=FOUND) == []
    if sample["kind"] == "chat":
        assert stated(sample["answer"], said=sample["said"]) == []


@pytest.mark.parametrize(
    ("answer", "result", "wrong"),
    [
        ("The cheapest is FR4413 at €84.99.", FLIGHTS, ["FR4413"]),
        ("LH1172 costs €139.50.", FLIGHTS, ["€139.50"]),
        ("It leaves at 7:45 PM.", FLIGHTS, ["7:45 PM"]),
        ("All flights are on March 16.", FLIGHTS, ["March 16"]),
        ("There are 23 seats left on TP531.", FLIGHTS, ["23"]),
        (
            "You can reach them at +351 21 555 7099 or info@casadorio.pt.",
            HOTEL,
            ["info@casadorio.pt", "+351 21 555 7099"],
        ),
        ("4 nights cost €492.", HOTEL, ["€492"]),
        ("It has a rating of 4.8 from 1,387 reviews.", HOTEL, ["4.8", "1,387"]),
        ("It's 18 °C with 66% humidity.", WEATHER, ["66%"]),
        ("Expect a high of 25 °C.", WEATHER, ["25"]),
        ("Sunset is at 6:42 PM.", WEATHER, ["6:42 PM"]),
        ("Your confirmation number is CONF-98213.", ORDER, ["CONF-98213"]),
        ("Reservation ID: QXZKWV.", ORDER, ["QXZKWV"]),
        ("It was paid with the Visa ending in 4243.", ORDER, ["4243"]),
        ("It will arrive on March 12, 2026.", ORDER, ["March 12, 2026"]),
        ("See https://shop.example.com/orders/99812.", ORDER, ["https://shop.example.com/orders/99812"]),
        ("ACME trades at $243.17, up 3.1%.", STOCK, ["$243.17", "3.1%"]),
        ("Your balance is €12,854.50.", ACCOUNT, ["€12,854.50"]),
        ("The build took 14 min 10 s and 1,412 tests ran.", REPO, ["14 min 10 s", "1,412"]),
        ("You burned 812 kcal.", RUN, ["812"]),
    ],
)
def test_invented_values_are_found(answer: str, result: Any, wrong: list[str]) -> None:
    assert sorted(stated(answer, result=result)) == sorted(wrong)


# Property tests.

_SETTINGS = settings(max_examples=150, deadline=None)
_WORDS = st.text(alphabet="abc XYZ0123456789.,:;/-+@#$€%()[]{}|*`'\"_\n\\°×=^!\u202f\u00a0٣½", max_size=120)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=30) | _WORDS,
    lambda child: st.lists(child, max_size=5) | st.dictionaries(st.text(max_size=8), child, max_size=5),
    max_leaves=12,
)


@_SETTINGS
@given(answer=st.text(max_size=200) | _WORDS, said=_WORDS, result=_JSON)
def test_any_text_and_any_result_are_judged(answer: str, said: str, result: Any) -> None:
    for value in stated(answer, said=said, result=result):
        assert value


@pytest.mark.parametrize("tiny", [1.1125369292536007e-308, 5e-324, 1e-9, 1e300, 10**400])
def test_numbers_of_any_size_are_calculated_with(tiny: float) -> None:
    assert stated("In total that is 12.5, or 34%.", result={"a": tiny, "b": 2, "c": [tiny, 3]}) == ["12.5", "34%"]


@_SETTINGS
@given(numbers=st.lists(st.floats(0.01, 1e7), min_size=1, max_size=6), answer=_WORDS, said=_WORDS)
def test_any_numbers_are_calculated_with(numbers: list[float], answer: str, said: str) -> None:
    total = f"In total {sum(numbers):,.2f}, on average {sum(numbers) / len(numbers):.1f}. {answer}"
    assert isinstance(stated(total, said=said, result={"rows": [{"price": n} for n in numbers]}), list)


@_SETTINGS
@given(number=st.integers(10, 10**9), cents=st.integers(0, 99), style=st.integers(0, 6))
def test_an_amount_of_a_result_is_known_however_it_is_written(number: int, cents: int, style: int) -> None:
    value = number + cents / 100
    written = [
        f"${value:,.2f}",
        f"{value:.2f} EUR",
        f"€{value:,.2f}".replace(",", "'"),
        f"{value:,.2f}".translate(str.maketrans(",.", ".,")) + " €",
        f"USD {value:.2f}",
        f"**{value:,.2f}** dollars",
        f"about ${round(value):,}",
    ][style]
    assert stated(f"The total is {written} now.", result={"total": value}) == []


@_SETTINGS
@given(day=st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 12, 31)), style=st.integers(0, 6))
def test_a_date_of_a_result_is_known_however_it_is_written(day: datetime.date, style: int) -> None:
    month = day.strftime("%B")
    written = [
        day.isoformat(),
        f"{month} {day.day}, {day.year}",
        f"{day.day} {month} {day.year}",
        f"{month[:3]} {day.day}",
        f"the {day.day}th of {month}",
        f"{day.month}/{day.day}/{day.year}",
        f"{day.day:02d}.{day.month:02d}.{day.year}",
    ][style]
    assert stated(f"It takes place on {written} in Porto.", result={"when": f"{day}T09:30:00Z"}) == []


@_SETTINGS
@given(hour=st.integers(0, 23), minute=st.integers(0, 59), style=st.integers(0, 3))
def test_a_time_of_a_result_is_known_however_it_is_written(hour: int, minute: int, style: int) -> None:
    half = "AM" if hour < 12 else "PM"
    written = [
        f"{hour:02d}:{minute:02d}",
        f"{hour % 12 or 12}:{minute:02d} {half}",
        f"{hour % 12 or 12}:{minute:02d} {half[0].lower()}.m.",
        f"{hour}:{minute:02d}h",
    ][style]
    assert stated(f"It starts at {written} in Porto.", result={"start": f"2026-05-02T{hour:02d}:{minute:02d}:00"}) == []


_CODES = st.from_regex(r"[A-Z]{2,4}-[0-9]{5,8}", fullmatch=True) | st.from_regex(
    r"[a-f][0-9]{4}[a-f0-9]{8}", fullmatch=True
)


@_SETTINGS
@given(code=_CODES, style=st.integers(0, 3))
def test_a_code_of_a_result_is_known_however_it_is_written(code: str, style: int) -> None:
    written = [code, f"**{code}**", f"`{code.lower()}`", f"#{code.replace('-', ' ')}"][style]
    assert stated(f"The booking {written} stands.", result={"id": code, "n": 3}) == []


@_SETTINGS
@given(code=_CODES, other=_CODES)
def test_a_fresh_code_is_always_found(code: str, other: str) -> None:
    # The same digits behind other letters are the same number to people ("order 58213" for ORD-58213).
    assume(not any(run in code for pattern in (r"\d{4,}", r"[a-f0-9]{6,}") for run in re.findall(pattern, other)))
    assert stated(f"The booking {other} stands.", result={"id": code, "n": 3, "price": 84.5}) == [other]


@_SETTINGS
@given(prices=st.lists(st.integers(100, 99_999), min_size=2, max_size=6, unique=True))
def test_what_follows_from_a_result_passes(prices: list[int]) -> None:
    rows = {"rows": [{"price": cents / 100} for cents in prices]}
    first, second = prices[0] / 100, prices[1] / 100
    answer = (
        f"Together they cost ${sum(prices) / 100:,.2f}. The first costs ${first:,.2f}, the second ${second:,.2f}: "
        f"a difference of ${abs(first - second):,.2f}. Three of the first come to ${3 * first:,.2f}."
    )
    assert stated(answer, result=rows) == []


def test_a_value_is_reported_once_and_where_it_stands_first() -> None:
    data = clean()
    data["messages"][10] = says("I've booked FL-48213. The booking number is BK-70031, the gate is B77-412.")
    data["messages"][15] = says("It should be sunny, 19.5 degrees, and your gate is B77-412.")
    assert codes(data) == {"ungrounded_answer"}
    assert [finding.message_index for finding in judge(data).findings] == [10]


def test_what_a_tool_says_of_itself_is_known() -> None:
    tool = Tool(name="look_up", description="Find at most 48 offers.", parameters={"type": "object"})
    for limit, found in (("48", 0), ("46", 1)):
        messages = (
            Message(role="user", content="Find all offers."),
            Message(role="assistant", tool_calls=(ToolCall(id="a", name="look_up"),)),
            Message(role="tool", tool_call_id="a", content='{"found": 212}'),
            Message(role="assistant", content=f"There are 212, of which I can show {limit}."),
        )
        findings = list(RULES["ungrounded_answer"].check(Transcript(messages=messages, tools=(tool,))))
        assert len(findings) == found, limit


def test_the_assistant_is_told_while_the_dialogue_is_made() -> None:
    tools = [Tool(name="look_up", parameters={"type": "object"})]
    messages = [
        Message(role="user", content="Find me a flight."),
        Message(role="assistant", tool_calls=(ToolCall(id="a", name="look_up"),)),
        Message(role="tool", tool_call_id="a", content=json.dumps(FLIGHTS)),
    ]
    assert check_assistant_text("LH1172 costs 129.50 EUR.", messages=messages, tools=tools) == []
    found = check_assistant_text("LH1172 costs 149.50 EUR.", messages=messages, tools=tools)
    assert [finding.code for finding in found] == ["ungrounded_answer"]
    assert "149.50" in found[0].reason


def test_the_benchmark_prints_sources_and_falsification_rates(tmp_path: Path) -> None:
    first, second = clean(), clean()
    second["messages"] = json.loads(
        json.dumps(second["messages"]).replace("48213", "77120").replace("129.5", "212.75").replace("70031", "81209")
    )
    file = tmp_path / "two.jsonl"
    file.write_text("\n".join(json.dumps(data) for data in (first, second)), encoding="utf-8")
    script = Path(__file__).parents[1] / "benchmarks" / "provenance.py"
    done = subprocess.run([sys.executable, script, file], capture_output=True, text=True, check=True, timeout=120)
    arguments, answers = re.findall(r"(\d+) distinctive values, (\S+) % known; falsification rate (\S+) %", done.stdout)
    assert int(arguments[0]) >= 10
    assert int(answers[0]) >= 20
    assert arguments[1:] == answers[1:] == ("100.00", "0.00")
