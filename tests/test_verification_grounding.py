"""Where values come from: forms in which people say numbers, dates and times; what stays unknown."""

import datetime
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.verification_samples import brings, calls, clean, user
from toolflow_graph.dataset.reading import read_dialogues
from toolflow_graph.record import Source
from toolflow_graph.types import Message, Tool, ToolCall
from toolflow_graph.verification import Transcript, compute_provenance, is_distinctive, parse_dialogue, verify

NOW = "2026-03-07T10:00"  # a Saturday
TAU = Path(__file__).parents[2] / "shared" / "corpora" / "dialogues" / "taubench_airline.jsonl"


def ground(
    said: str, value: Any, schema: dict[str, Any] | None = None, *, name: str = "value", result: Any = None
) -> Source:
    """The source of one argument after one user message (and one result)."""
    tool = Tool(name="do_it", parameters={"type": "object", "properties": {name: schema or {}}})
    messages = [Message(role="user", content=said)]
    if result is not None:
        messages.append(Message(role="assistant", tool_calls=(ToolCall(id="a", name="look_up"),)))
        messages.append(Message(role="tool", tool_call_id="a", content=json.dumps(result)))
    messages.append(Message(role="assistant", tool_calls=(ToolCall(id="b", name="do_it", arguments={name: value}),)))
    return compute_provenance(Transcript(messages=tuple(messages), tools=(tool,), now=NOW))[-1]


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Order ORD-58213, please.", "ORD-58213"),
        ("order ord 58213 please", "ORD-58213"),
        ("Mail Marta.K@lindenmail.org!", "marta.k@lindenmail.org"),
        ("It costs $1,200.", 1200),
        ("It costs 1200 euros", 1200.0),
        ("about 1.2k followers", 1200),
        ("a budget of three million", 3_000_000),
        ("twenty-five people", 25),
        ("a hundred and twenty chairs", 120),
        ("two dozen? no, a dozen eggs", 12),
        ("on 2026-03-14", "2026-03-14"),
        ("on March 14, 2026", "2026-03-14"),
        ("on the 14th of March 2026", "2026-03-14"),
        ("at 3 pm", "15:00"),
        ("at 3:45 p.m.", "15:45:00"),
        ("at 15:30", "15:30"),
        ("go to São Paulo", "São Paulo"),
        ("去北京的天气", "北京"),
    ],
)
def test_what_the_user_says_in_full(said: str, value: Any) -> None:
    source = ground(said, value, name="city" if isinstance(value, str) and value.isalpha() else "value")
    assert (source.kind, source.message_index) == ("user", 0)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("tomorrow", "2026-03-08"),
        ("the day after tomorrow", "2026-03-09"),
        ("next Friday", "2026-03-13"),
        ("on Monday", "2026-03-09"),
        ("14 March", "2026-03-14"),
        ("March 14-18", "2026-03-18"),
        ("14/03/2026", "2026-03-14"),
        ("in three weeks", "2026-03-28"),
        ("two days ago", "2026-03-05"),
        ("this weekend", "2026-03-14"),
        ("for all of April", "2026-04-30"),
        ("the month of January 2026", "2026-01"),
        ("from 2026-03-14 for three nights", "2026-03-17"),
        ("on 2026-03-14, or three days earlier", "2026-03-11"),
        ("30 dollars plus 5 for the tip", 35),
        ("12 tickets at 30 each", 360),
        ("tomorrow at noon", "2026-03-08T12:00:00"),
        ("next Friday at 3 pm", "2026-03-13T15:00:00"),
        ("tomorrow at 9", "2026-03-08T09:00:00"),
        ("tomorrow from 9 to 5", "2026-03-08T17:00:00"),
        ("half past four", "16:30"),
        ("in the afternoon", "14:00"),
        ("for an hour and a half, so 1.5 hours", 90),
        ("for 2 hours", 7200),
        ("in US dollars", "USD"),
        ("from Berlin", "BER"),
        ("in Warsaw", "Europe/Warsaw"),
        ("a flight for New York", "New York City"),
        ("call 030 555 7123", "+49 30 5557123"),
        ("at lindenmail.org/offers", "https://www.lindenmail.org/offers"),
    ],
)
def test_what_follows_from_what_the_user_says(said: str, value: Any) -> None:
    source = ground(said, value, name="city" if value == "New York City" else "value")
    assert source.kind == "derived", source
    assert source.how


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Order ORD-58213, please.", "ORD-58214"),
        ("It costs $1,200.", 1250),
        ("on March 14, 2026", "2026-03-15"),
        ("tomorrow", "2026-03-11"),
        ("at 3 pm", "16:20"),
        ("mail Marta", "marta@lindenmail.org"),
        ("somewhere nice", 48.8566),
        ("from 2026-03-14, the day after", "2026-03-13"),
        ("from 2026-03-14 for three nights", "2026-03-11"),
        ("I have 30 chairs. And 5 tables.", 25),
        ("There are 20 rooms", 40),
    ],
)
def test_what_comes_from_nowhere(said: str, value: Any) -> None:
    assert ground(said, value).kind == "unknown"
    assert is_distinctive(value, {})


def test_the_latest_result_and_its_path() -> None:
    items = {"items": [{"sku": "SKU-7701", "price": 12.5}, {"sku": "SKU-7702", "price": 30.0}]}
    source = ground("the first one", "SKU-7702", result=items)
    assert (source.kind, source.message_index, source.result_path) == ("result", 2, "items[1].sku")
    source = ground("both together", 42.5, result=items)
    assert source.kind == "derived"
    assert "price" in (source.how or "")
    assert (
        ground("cards", "card_771", result={"cards": {"card_771": {"brand": "visa"}}}).result_path == "cards.card_771"
    )


def test_defaults_enums_and_free_text() -> None:
    assert ground("go", 10, {"type": "integer", "default": 10}).kind == "default"
    assert ground("a round trip", "round_trip", {"enum": ["one_way", "round_trip"]}).kind == "user"
    assert ground("go", "one_way", {"enum": ["one_way", "round_trip"]}).kind == "enum"
    assert ground("tell them", "Dear all, the meeting moves to the big room.", name="body").kind == "composed"
    assert ground("go", True, {"type": "boolean"}).kind == "enum"
    assert ground("only direct flights", True, {"type": "boolean"}, name="direct_only").kind == "user"


def test_a_number_that_completes_a_sum() -> None:
    data = clean()
    data["messages"][5] = user("Book the cheaper one and pay 100 with voucher VO-10021 and the rest by card CC-4477.")
    parts = [{"method": "VO-10021", "amount": 100}, {"method": "CC-4477", "amount": 29.5}]
    data["messages"][8] = calls(("call_2", "book_flight", {"flight_id": "FL-48213", "parts": parts}))
    sources = {source.path: source for source in compute_provenance(parse_dialogue(data)) if source.call == "call_2"}
    assert sources["parts[1].amount"].kind == "derived"
    assert "129.5" in (sources["parts[1].amount"].how or "")


def test_end_times_follow_from_durations() -> None:
    tool = Tool(name="create_event", parameters={"type": "object", "properties": {}})
    for said, end, kind in (("for 45 minutes", "15:45", "derived"), ("with Ana", "18:20", "unknown")):
        arguments = {"start": "2026-03-08T15:00:00", "end": f"2026-03-08T{end}:00"}
        messages = (
            Message(role="user", content=f"Set up a call tomorrow at 3 pm {said}."),
            Message(role="assistant", tool_calls=(ToolCall(id="a", name="create_event", arguments=arguments),)),
        )
        assert compute_provenance(Transcript(messages=messages, tools=(tool,), now=NOW))[1].kind == kind


FARES = {"flights": [{"code": "HX-118", "fares": {"economy": 174, "business": 338}, "seats": 3},
                     {"code": "HX-227", "fares": {"economy": 155, "business": 257}, "seats": 9},
                     {"code": "HX-301", "fares": {"economy": 83, "business": 201}, "seats": 4}]}  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "amount", "known"),
    [
        ({"flights": ["HX-118", "HX-227"]}, 329, True),
        ({"flights": ["HX-227"], "passengers": ["Ana Ruiz", "Ben Cole"]}, 310, True),
        ({"flights": ["HX-118"]}, 257 + 83, False),
        ({"flights": ["HX-227"]}, 174, True),
        ({"flights": ["HX-227"]}, 211, False),
    ],
)
def test_an_amount_follows_from_what_the_call_names(arguments: dict[str, Any], amount: int, known: bool) -> None:
    """Any two fares of a result would explain nearly every amount: only those beside the call's own codes do."""
    tool = Tool(name="book", parameters={"type": "object", "properties": {}})
    messages = (
        Message(role="user", content="Book it."),
        Message(role="assistant", tool_calls=(ToolCall(id="a", name="find"),)),
        Message(role="tool", tool_call_id="a", content=json.dumps(FARES)),
        Message(
            role="assistant", tool_calls=(ToolCall(id="b", name="book", arguments={**arguments, "amount": amount}),)
        ),
    )
    sources = compute_provenance(Transcript(messages=messages, tools=(tool,), now=NOW))
    source = next(source for source in sources if source.path == "amount")
    assert (source.kind != "unknown") is known, source
    assert source.kind != "derived" or "economy" in (source.how or "")


@pytest.mark.parametrize(("said", "kind"), [("in Paris", "derived"), ("in Paris, Texas", "unknown")])
def test_a_place_is_completed_unless_another_region_was_said(said: str, kind: str) -> None:
    assert ground(said, "Paris, France", name="city").kind == kind


_VALUES = (
    st.from_regex(r"[A-Z]{2,4}-[0-9]{5,8}", fullmatch=True)
    | st.integers(10, 10**12)
    | st.floats(0.01, 1e6).map(lambda value: round(value, 2))
    | st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)).map(str)
    | st.emails()
)


@settings(max_examples=100, deadline=None)
@given(value=_VALUES, noise=st.lists(st.text(max_size=10) | st.integers(), max_size=3))
def test_a_value_of_a_result_is_always_grounded_there(value: Any, noise: list[Any]) -> None:
    source = ground("Please do it.", value, result={"noise": noise, "found": [{"it": value}]})
    assert (source.kind, source.message_index) in (("result", 2), ("user", 0)), source


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=80), value=st.from_regex(r"[A-Z]{3}-[0-9]{6}[a-f]{2}", fullmatch=True))
def test_a_fresh_code_is_never_grounded(text: str, value: str) -> None:
    assume(value.casefold() not in text.casefold())
    assert ground(text, value, result={"id": "QQ-77", "n": 5}).kind == "unknown"


@settings(max_examples=150, deadline=None)
@given(
    said=st.text(max_size=80),
    value=st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=60)
    | st.lists(st.integers(), max_size=3),
    result=st.recursive(st.none() | st.integers() | st.floats() | st.text(max_size=20), st.lists, max_leaves=6),
)
def test_any_value_has_a_source_or_none(said: str, value: Any, result: Any) -> None:
    for name in ("amount", "year", "duration_hours"):
        assert ground(said, value, name=name, result=result).kind


def test_siblings_must_wait_for_each_other() -> None:
    data = clean()
    data["messages"][2:4] = [
        calls(
            ("call_1", "search_flights", {"origin": "BER", "destination": "LIS", "date": "2026-03-13"}),
            ("call_5", "book_flight", {"flight_id": "FL-48377", "passenger_name": "me"}),
        ),
        data["messages"][3],
        brings("call_5", {"booking_id": "BK-1", "total": 171.0}),
    ]
    data["plan"] = None
    found = [finding.code for finding in verify(parse_dialogue(data, strict=True)).findings]
    assert "dependent_siblings" in found
    assert "ungrounded_argument" not in found
    # What a sibling was asked with is not brought by its result, which only repeats it.
    data["messages"][2]["tool_calls"][0]["function"]["arguments"]["destination"] = "FL-48377"
    found = [finding.code for finding in verify(parse_dialogue(data, strict=True)).findings]
    assert "dependent_siblings" not in found
    assert "ungrounded_argument" in found


@pytest.mark.parametrize(
    ("value", "schema", "name", "wanted"),
    [
        (3, {}, "seats", False),
        (12, {}, "seats", True),
        (20, {}, "page_size", False),
        (2.5, {}, "amount", True),
        (True, {}, "flag", False),
        ("economy", {"enum": ["economy"]}, "cabin", False),
        ("ORD-58213", {}, "order_id", True),
        ("ann@lindenmail.org", {}, "to", True),
        ("Ana Torres", {}, "guest_name", True),
        ("Ana Torres", {}, "title", False),
        ("USD", {}, "currency", False),
        ("cheap running shoes", {}, "query", False),
        ("electronics", {}, "category", False),
        ("Oslo", {}, "receipt_email", True),
        ("Zephyr", {}, "phone_number", True),
        ("abcdef", {}, "page_token", True),
        ("bitcoin", {}, "token", False),
        ("letter by mail", {}, "mail_body", False),
    ],
)
def test_distinctive(value: Any, schema: dict[str, Any], name: str, wanted: bool) -> None:
    assert is_distinctive(value, schema, name) is wanted


def test_now_from_a_foreign_system_message() -> None:
    data = {
        "messages": [
            {"role": "system", "content": "The current time is 2024-05-15 15:00:00 EST."},
            user("Fly me tomorrow."),
            calls(("a", "fly", {"date": "2024-05-16"})),
        ],
        "tools": [{"name": "fly", "parameters": {"type": "object", "properties": {"date": {"type": "string"}}}}],
    }
    assert compute_provenance(parse_dialogue(data))[0].how == "'tomorrow'"


def benchmark(*arguments: str) -> list[tuple[float, float]]:
    """For arguments and answers: the share of values that are known, and the falsification rate, in percent."""
    script = Path(__file__).parents[1] / "benchmarks" / "provenance.py"
    done = subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, check=True, timeout=240)
    return [
        (float(known), float(wrong)) for known, wrong in re.findall(r"([\d.]+) % known; \D+ ([\d.]+) %", done.stdout)
    ]


def test_values_of_other_dialogues_do_not_count_as_grounded() -> None:
    """A value of one foreign dialogue, put into another, has no source there."""
    if not TAU.is_file():
        pytest.skip("the foreign dialogues are not here")
    (known, wrong), (stated, unnoticed) = benchmark(str(TAU))
    assert known >= 99.5
    assert wrong <= 1
    assert stated >= 99.5
    # A good half of these stand in sentences that calculate.
    assert unnoticed <= 30


def test_values_of_an_offline_run_are_known_and_others_are_not() -> None:
    (known, wrong), (stated, unnoticed) = benchmark("--num", "60")
    assert known >= 99.5
    assert wrong <= 1
    assert stated >= 99.5
    assert unnoticed <= 10


def test_foreign_dialogues_are_judged_precisely() -> None:
    if not TAU.is_file():
        pytest.skip("the foreign dialogues are not here")
    dialogues = [transcript for _, transcript in read_dialogues(TAU)]
    findings = [finding for transcript in dialogues for finding in verify(transcript).findings]
    # Read by hand: two payment ids that the assistant made up.
    assert sum(finding.code == "ungrounded_argument" for finding in findings) == 2
    # Read by hand: what is found besides was worked out from fares that the rule knows.
    assert sum(finding.code == "ungrounded_answer" for finding in findings) == 0
    known = [source.kind != "unknown" for t in dialogues for source in compute_provenance(t)]
    assert sum(known) / len(known) > 0.99


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("74ASZW1,08td7MX", "derived"),
        ("08td7MX; 74ASZW1", "derived"),
        ("74ASZW1,99xx0AB", "unknown"),
    ],
)
def test_list_in_one_string_is_grounded_part_by_part(value: str, kind: str) -> None:
    """Many query parameters take several identifiers as one comma-separated string."""
    ids = {"type": "string", "description": "A comma-separated list of identifiers."}
    tool = Tool(name="follow_artists", parameters={"type": "object", "properties": {"ids": ids}})
    messages = (
        Message(role="user", content="Do I follow 74ASZW1 and 08td7MX already?"),
        Message(role="assistant", tool_calls=(ToolCall(id="a", name=tool.name, arguments={"ids": value}),)),
    )
    assert compute_provenance(Transcript(messages=messages, tools=(tool,)))[0].kind == kind


def test_short_code_said_alone_is_grounded() -> None:
    tool = Tool(name="get_price", parameters={"type": "object", "properties": {"sku": {"type": "string"}}})
    messages = (
        Message(role="user", content="A-1."),
        Message(role="assistant", tool_calls=(ToolCall(id="a", name=tool.name, arguments={"sku": "A-1"}),)),
    )
    assert compute_provenance(Transcript(messages=messages, tools=(tool,)))[0].kind == "user"


def _codes(messages: list[dict[str, Any]], *tools: dict[str, Any]) -> list[str]:
    data = {"messages": messages, "tools": [{"function": tool} for tool in tools]}
    return [finding.code for finding in verify(parse_dialogue(data, strict=True)).findings]


def _reads(name: str, required: list[str], **properties: Any) -> dict[str, Any]:
    return {"name": name, "parameters": {"type": "object", "properties": properties, "required": required}}


@pytest.mark.parametrize(
    ("said", "symbol", "required", "wanted"),
    [
        ("What is new in the world of money?", "TSLA", [], ["ungrounded_argument"]),
        # Another name of what was said, or a symbol that the tool cannot do without.
        ("What is new at Tesla?", "TSLA", [], []),
        ("What is new at google?", "GOOGL", [], []),
        ("What is new in the world of money?", "TSLA", ["symbol"], []),
        ("What is new in the world of money?", "USD", [], []),
    ],
)
def test_symbols_from_nowhere(said: str, symbol: str, required: list[str], wanted: list[str]) -> None:
    tool = _reads("get_market_news", required, symbol={"type": "string", "description": "A stock, or USD for cash."})
    messages = [
        user(said),
        calls(("a", "get_market_news", {"symbol": symbol})),
        brings("a", {"news": []}),
        {"role": "assistant", "content": "There is nothing new."},
    ]
    assert _codes(messages, tool) == wanted


@pytest.mark.parametrize(
    ("value", "known", "said", "wanted"),
    [
        ("THR-4411", {"message_id": "MSG-2201", "thread_id": "THR-4411"}, "", ["wrong_kind"]),
        ("MSG-2201", {"message_id": "MSG-2201", "thread_id": "THR-4411"}, "", []),
        # It is called by both names, the user says it, nothing tells how the others look, or they look alike.
        ("THR-4411", {"message_id": "THR-4411", "thread_id": "THR-4411"}, "", []),
        ("THR-4411", {"message_id": "MSG-2201", "thread_id": "THR-4411"}, "It is THR-4411. ", []),
        ("THR-4411", {"thread_id": "THR-4411"}, "", []),
        ("M-4411", {"message_id": "M-2201", "thread_id": "M-4411"}, "", []),
        ("THR-4411", {"message_id": "MSG-2201", "message_thread_id": "THR-4411"}, "", []),
    ],
)
def test_identifiers_of_another_kind(value: str, known: dict[str, str], said: str, wanted: list[str]) -> None:
    tools = (_reads("list_mails", []), _reads("read_mail", ["message_id"], message_id={"type": "string"}))
    messages = [
        user(f"{said}What did I get, and what does it say?"),
        calls(("a", "list_mails", {})),
        brings("a", {"mails": [known]}),
        calls(("b", "read_mail", {"message_id": value})),
        brings("b", {"text": "See you."}),
        {"role": "assistant", "content": "You got a mail that says: see you."},
    ]
    assert _codes(messages, *tools) == wanted


@pytest.mark.parametrize(
    ("question", "reply", "topic", "wanted"),
    [
        ("Which topic should I look for?", "Just do it please.", "central banks", ["assumed_value"]),
        ("I need the topic first.", "I thought you knew that already.", "central banks", ["assumed_value"]),
        ("Which topic should I look for?", "Central banks.", "central banks", []),
        ("Which topic should I look for?", "Whatever you like.", "central banks", []),
        ("Which topic should I look for? Banks, perhaps?", "Yes, please.", "banks", []),
        ("Shall I look now?", "Yes, please.", "central banks", []),
        ("Which topic should I look for?", "Bancos centrales.", "central banks", []),
    ],
)
def test_values_asked_for_and_never_given(question: str, reply: str, topic: str, wanted: list[str]) -> None:
    tool = _reads("search_news", ["topic"], topic={"type": "string"})
    messages = [
        user("Look for news, please."),
        {"role": "assistant", "content": question},
        user(reply),
        calls(("a", "search_news", {"topic": topic})),
        brings("a", {"news": []}),
        {"role": "assistant", "content": "There is nothing new."},
    ]
    assert _codes(messages, tool) == wanted
