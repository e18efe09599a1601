"""Provenance of arguments in plain OpenAI data: moments, time zones, other languages, composed texts, first places."""

import datetime
import json
from typing import Any

import pytest

from toolflow_graph.record import Source
from toolflow_graph.types import Json
from toolflow_graph.verification import compute_provenance, parse_dialogue, verify
from toolflow_graph.verification.reading.offsets import durations_in, offset_of, parse_shift, zones_in
from toolflow_graph.verification.reading.tongues import in_english

Data = dict[str, Any]

SYSTEM = (
    "You are helpful. It is Saturday, 2026-03-07T10:00.\n\nAbout the user:\nname: Lena Brandt\nhome city: Hamburg\n"
    "time zone: Europe/Berlin\nemail: lena.brandt@postfach.example"
)


def dialogue(
    *parts: str | Data | list[Any], arguments: Data, properties: Data | None = None, name: str = "act_now"
) -> Data:
    """What is said (texts: the user; "A: ...": the assistant) and returned (anything else), then one call."""
    messages: list[Data] = [{"role": "system", "content": SYSTEM}]
    for number, part in enumerate(parts):
        if isinstance(part, str):
            role = "assistant" if part.startswith("A: ") else "user"
            messages.append({"role": role, "content": part.removeprefix("A: ")})
        else:
            messages.append(_call(f"r{number}", "look_up", {}))
            messages.append({"role": "tool", "tool_call_id": f"r{number}", "content": json.dumps(part)})
    messages.append(_call("x", name, arguments))
    return {"messages": messages, "tools": [_tool("look_up", {}), _tool(name, properties or {})]}


def _call(call_id: str, name: str, arguments: Data) -> Data:
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }


def _tool(name: str, properties: Data) -> Data:
    parameters = {"type": "object", "properties": properties}
    return {"type": "function", "function": {"name": name, "description": "Do it.", "parameters": parameters}}


def sources(data: Data) -> dict[str, Source]:
    """The sources of the last call's arguments by path."""
    return {source.path: source for source in compute_provenance(parse_dialogue(data)) if source.call == "x"}


def findings(data: Data) -> list[str]:
    """What the rule about arguments says of the dialogue."""
    return [f.reason for f in verify(parse_dialogue(data, strict=True)).findings if f.code == "ungrounded_argument"]


def kind_of(*parts: str | Data | list[Any], value: Any, name: str = "value", schema: Data | None = None) -> str:
    """The kind of one argument's source; "invented" if the rule finds it, too."""
    data = dialogue(*parts, arguments={name: value}, properties={name: schema or {"type": "string"}})
    kind = sources(data)[name].kind
    assert bool(findings(data)) is (kind == "unknown"), (kind, findings(data))
    return kind


@pytest.mark.parametrize(
    ("said", "right", "wrong"),
    [
        ("Remind me in 90 minutes to call the vet.", "2026-03-07T11:30:00", "2026-03-07T11:40:00"),
        ("Set it to go off in half an hour", "2026-03-07T10:30:00", "2026-03-07T11:20:00"),
        ("Two hours from now I have to leave", "12:00", "13:20"),
        ("in an hour and a half, please", "11:30", "11:50"),
        ("in 36 hours", "2026-03-08T22:00:00", "2026-03-08T21:00:00"),
        ("in 3 days", "2026-03-10T10:00:00", "2026-03-11T10:00:00"),
        ("from 45 minutes ago on", "2026-03-07T09:15:00", "2026-03-07T09:20:00"),
        ("Block it from now until 6", "2026-03-07T18:00:00", "2026-03-07T19:00:00"),
        ("remind me at 6 pm", "2026-03-07T18:00:00", "2026-03-08T18:00:00"),
        ("remind me at 9 am", "2026-03-08T09:00:00", "2026-03-09T09:00:00"),
        ("It's half past nine here; wake me in 45 min", "10:15", "10:20"),
        ("15 minutes before my 2 o'clock meeting", "2026-03-07T13:45:00", "2026-03-07T13:40:00"),
        ("tomorrow at half seven", "2026-03-08T19:30:00", "2026-03-08T19:45:00"),
        ("a wake-up call at ten to six tomorrow", "05:50", "06:10"),
        ("year to date", "2026-01-01", "2026-02-01"),
        ("compare it with 2025", "2025-12-31", "2025-11-30"),
        ("the heating is broken since Tuesday", "2026-03-03", "2026-03-02"),
    ],
)
def test_moments_counted_from_now(said: str, right: str, wrong: str) -> None:
    assert kind_of(said, value=right) in ("derived", "context")
    assert kind_of(said, value=wrong) == "unknown"


@pytest.mark.parametrize(
    ("said", "value", "kind"),
    [
        ("a sync tomorrow at 3 pm", "2026-03-08T14:00:00Z", "derived"),
        ("a sync tomorrow at 3 pm", "2026-03-08T15:00:00+01:00", "derived"),
        ("a sync tomorrow at 3 pm", "2026-03-08T12:20:00Z", "unknown"),
        ("a sync tomorrow at 9 am Eastern time", "2026-03-08T14:00:00", "derived"),
        ("a sync tomorrow at 3 pm", 1772978400, "derived"),
        ("a sync tomorrow at 3 pm", 1772978400000, "derived"),
        ("a sync tomorrow at 3 pm", 1772971200, "unknown"),
    ],
)
def test_moments_in_other_time_zones(said: str, value: Any, kind: str) -> None:
    assert kind_of(said, value=value) == kind


def test_an_end_in_another_time_zone_follows_from_its_start() -> None:
    times = {"start": "2026-03-08T15:00:00Z"}
    for end, kind in (("2026-03-08T16:00:00Z", "derived"), ("2026-03-08T16:25:00Z", "unknown")):
        found = sources(dialogue("tomorrow at 4 pm, one hour", arguments={**times, "end": end}))
        assert (found["start"].kind, found["end"].kind) == ("derived", kind)


def test_days_between_the_dates_of_a_call() -> None:
    dates = {"pickup": "2026-10-03", "dropoff": "2026-10-09"}
    for days, kind in ((6, "derived"), (7, "derived"), (8, "unknown")):
        found = sources(dialogue("a car from October 3rd on, back by Oct 9", arguments={**dates, "days": days}))
        assert found["days"].kind == kind, found


def test_zones() -> None:
    summer, winter = datetime.datetime(2026, 7, 1, 12), datetime.datetime(2026, 1, 1, 12)
    assert zones_in("Europe/Berlin, 3 pm Eastern time, UTC+2 or PST; a CETACEAN") == (
        "Europe/Berlin",
        "Eastern",
        "UTC+2",
        "PST",
    )
    assert [offset_of("Europe/Berlin", when) for when in (summer, winter)] == [120, 60]
    assert offset_of("UTC+5:30", summer) == 330
    assert offset_of("He/She", summer) is None
    assert [parse_shift(text) for text in ("Z", "+01:00", "-0530", "+2")] == [0, 60, -330, 120]


@pytest.mark.parametrize(
    ("text", "minutes", "sign"),
    [
        ("in 90 minutes", 90, 1),
        ("2h 30min long", 150, 0),
        ("two and a half hours later", 150, 1),
        ("a quarter of an hour ago", 15, -1),
        ("the last 30 days", 43200, -1),
        ("in a couple of hours", 120, 1),
    ],
)
def test_durations(text: str, minutes: float, sign: int) -> None:
    (found,) = durations_in(text)
    assert (found.minutes, found.sign) == (minutes, sign)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Termin am 14. März um 15 Uhr", "2026-03-14T15:00:00"),
        ("Übermorgen um halb acht abends bitte", "2026-03-09T19:30:00"),
        ("nächsten Freitag um 18:30 Uhr", "2026-03-13T18:30:00"),
        ("am 3. Juli um 9 Uhr 30 bei Frau Kaya", "2026-07-03T09:30:00"),
        ("am Freitagabend um 20 Uhr", "2026-03-13T20:00:00"),
        ("in zwei Stunden", "2026-03-07T12:00:00"),
        ("vor drei Tagen", "2026-03-04"),
        ("Réservez une table pour le 2 avril à 20h", "2026-04-02T20:00:00"),
        ("demain à midi, s'il vous plaît", "2026-03-08T12:00:00"),
        ("vendredi prochain à 9 heures du matin", "2026-03-13T09:00:00"),
        ("il y a trois jours", "2026-03-04"),
        ("el próximo viernes a las 9 de la noche", "2026-03-13T21:00:00"),
        ("mañana por la tarde", "2026-03-08T15:00:00"),
        ("el 5 de mayo ya no puedo", "2026-05-05"),
        ("hace dos semanas", "2026-02-21"),
    ],
)
def test_other_languages(said: str, value: str) -> None:
    assert kind_of(said, value=value) == "derived"


def test_english_stays_english() -> None:
    for text in (
        "Once more on the Champs de Mars, on Sunday.",
        "I may come at 9; a die is cast",
        "Mayonnaise, 5 jars",
        "I may first ask",
        "on the second floor",
    ):
        assert in_english(text) == text


def test_a_value_is_from_where_it_first_became_known() -> None:
    flights = {"flights": [{"id": "FL-48213", "price": 129.5}]}
    chosen = sources(dialogue("find flights", flights, "A: FL-48213?", "Yes, FL-48213", arguments={"id": "FL-48213"}))[
        "id"
    ]
    assert (chosen.kind, chosen.message_index, chosen.result_path) == ("result", 3, "flights[0].id")
    assert [(place.message_index, place.result_path) for place in chosen.also or ()] == [(5, None)]
    asked = sources(dialogue("show FL-48213", flights, "book it", arguments={"id": "FL-48213"}))["id"]
    assert (asked.kind, asked.message_index) == ("user", 1)
    assert [(place.message_index, place.result_path) for place in asked.also or ()] == [(3, "flights[0].id")]


def test_a_number_is_no_result_only_because_one_holds_it() -> None:
    weather = {"temperature": 30}
    spoken = sources(dialogue("the weather?", weather, "Pay 30 euros", arguments={"amount": 30}))["amount"]
    assert (spoken.kind, spoken.message_index, spoken.also) == ("user", 4, None)
    prices = {"price_amount": 30}
    offered = sources(dialogue("how much?", prices, "Pay the 30 euros", arguments={"amount": 30}))["amount"]
    assert (offered.kind, offered.message_index) == ("result", 3)


MAIL = {"to": {"type": "string"}, "body": {"type": "string"}}
INVOICE = {"invoice": "INV-7731", "amount": 812.4, "due": "2026-03-20"}


def mail(body: str, said: str = "Write Jonas (jonas@hafen.example) that I'll pay the invoice") -> Data:
    return dialogue(said, INVOICE, arguments={"to": "jonas@hafen.example", "body": body}, properties=MAIL)


def test_a_composed_text_names_its_sources() -> None:
    source = sources(mail("Hi Jonas, I will pay invoice INV-7731 over 812.40 by March 20. Lena"))["body"]
    assert source.kind == "composed"
    assert {(place.message_index, place.result_path) for place in source.also or ()} == {
        (1, None),
        (3, "invoice"),
        (3, "amount"),
    }
    assert "INV-7731" in (source.how or "")
    assert "Jonas" in (source.how or "")


@pytest.mark.parametrize(
    ("body", "stray"),
    [
        ("I will pay INV-7732 over 812.40 by March 20.", "INV-7732"),
        ("I will pay INV-7731 over $912.40 by March 20.", "$912.40"),
        ("I will pay INV-7731 by March 24.", "March 24"),
        ("I will pay INV-7731; call me on 040 555 0199.", "040 555 0199"),
        ("Please answer to billing@elsewhere.example about INV-7731.", "billing@elsewhere.example"),
        ("I will pay INV-7731 over 812.40 by March 20, tomorrow at the latest.", None),
        ("Dear Jonas, the invoice is fine. Kind regards, Lena", None),
    ],
)
def test_values_from_nowhere_in_a_composed_text(body: str, stray: str | None) -> None:
    found = findings(mail(body))
    assert bool(found) is (stray is not None), found
    assert stray is None or repr(stray) in found[0]


def test_what_the_assistant_is_to_make_up_is_no_finding() -> None:
    text = "1. 100% comfort. 2. 30-day returns. 3. Loved by 10,000 runners."
    asked = "Draft an ad text for our sneakers with three reasons to buy"
    assert not findings(dialogue(asked, arguments={"text": text}, properties={"text": {"type": "string"}}))


@pytest.mark.parametrize(
    ("said", "name", "value", "kind"),
    [
        ("Pay 45.50 euros", "amount_cents", 4550, "derived"),
        ("Pay 45.50 euros", "amount_cents", 4650, "unknown"),
        ("my number is 0170 5550192", "phone", "+491705550192", "derived"),
        ("my number is 0170 5550192", "phone", "+491705550193", "unknown"),
        ("mail jo dot lund at fjord dot example", "to", "jo.lund@fjord.example", "derived"),
        ("order ORD-58213", "order", "ORD-5821", "unknown"),
        ("my booking is AH-5520", "code", "AH-5502", "unknown"),
        ("split 354 euros over 3 cards", "per_card", 118, "derived"),
        ("split 354 euros over 3 cards", "per_card", 128, "unknown"),
        ("to 27.5 C", "fahrenheit", 81.5, "derived"),
        ("order ord 58213", "order", "ORD-58213", "user"),
        ("for Mara Lind", "name", "Mara Linde", "unknown"),
        ("it's 98.6 Fahrenheit", "celsius", 37.0, "derived"),
        ("I'm 1.85 m tall", "height_cm", 185, "derived"),
        ("17.5 stone", "weight_kg", 111.13, "derived"),
        ("17.5 stone", "weight_kg", 113.11, "unknown"),
        ("from 14:00 to 15:30", "duration_minutes", 90, "derived"),
        ("from 14:00 to 15:30", "duration_minutes", 75, "unknown"),
        ("ORD-58213 for Rome", "filter", "city=Rome&id=ORD-58213", "derived"),
        ("ORD-58213 for Rome", "filter", "city=Rome&id=ORD-58214", "unknown"),
        ("ORD-58213, 2 units", "payload", '{"order_id": "ORD-58213", "qty": 2}', "derived"),
        ("ORD-58213, 2 units", "payload", '{"order_id": "ORD-58219", "qty": 2}', "unknown"),
        ("2026-03-04 it was", "since", "03-07", "unknown"),
        ("the postcode is four oh double seven one", "postcode", "40771", "derived"),
        ("the postcode is four oh double seven one", "postcode", "40711", "unknown"),
        ("that is T, U, and then V", "name", "Tuv", "unknown"),
        ("spelled R U N E", "name", "Rune", "derived"),
        ("order K nine two two four", "order_id", "#K9224", "derived"),
    ],
)
def test_other_forms_of_what_was_said(said: str, name: str, value: Any, kind: str) -> None:
    assert kind_of(said, value=value, name=name) == kind


@pytest.mark.parametrize(
    ("said", "result", "name", "value", "kind"),
    [
        ("use that rate", {"rate_percent": 3.75}, "rate", 0.0375, "derived"),
        ("charge it", {"price": 12.9}, "amount_minor", 1290, "derived"),
        ("charge it", {"price": 12.9}, "amount_minor", 1390, "unknown"),
        ("how long?", {"duration_minutes": 150}, "duration_hours", 2.5, "derived"),
        ("move half of it", {"balance": 1820.55}, "amount", 910.28, "derived"),
        ("3 degrees less", {"target": 72}, "target", 69, "derived"),
        ("3 degrees less", {"target": 72}, "target", 70, "unknown"),
        ("for 1500", {"rate": 97.4}, "result", 146100, "derived"),
        ("for 1500", {"rate": 97.4}, "result", 146200, "unknown"),
        ("raise it by 10%", {"price": 20.0}, "price", 22.0, "derived"),
    ],
)
def test_numbers_that_follow_from_a_result(said: str, result: Data, name: str, value: Any, kind: str) -> None:
    assert kind_of("look", result, said, value=value, name=name) == kind


def test_nights_at_the_price_of_what_the_call_names() -> None:
    hotels = {"hotels": [{"name": "Fjord Inn", "id": 77, "rate": 140}, {"name": "Bay Inn", "id": 78, "rate": 95}]}
    for total, kind in ((420, "derived"), (400, "unknown")):
        found = sources(dialogue("find one", hotels, "3 nights there", arguments={"hotel_id": 77, "total": total}))
        assert (found["hotel_id"].kind, found["total"].kind) == ("result", kind)


def test_the_sum_of_what_the_call_names() -> None:
    invoices = {"invoices": [{"no": f"R-{n}", "sum": total} for n, total in ((101, 120.0), (104, 85.5), (109, 44.25))]}
    for total, kind in ((205.5, "derived"), (215.5, "unknown")):
        arguments = {"invoice_numbers": ["R-101", "R-104"], "total": total}
        assert sources(dialogue("pay the first two", invoices, arguments=arguments))["total"].kind == kind


def test_now_itself_is_context() -> None:
    for said in ("post it now", "post it"):
        assert kind_of(said, value="2026-03-07T10:00:00") == "context"


def test_sources_are_written_without_what_is_absent() -> None:
    source = Source(call="a", path="id", kind="user", message_index=1)
    assert source.to_json() == {"call": "a", "path": "id", "kind": "user", "message_index": 1}
    also = {**source.to_json(), "also": [{"message_index": 3, "result_path": "items[0].id"}]}
    assert Source.model_validate(also).to_json() == also


def test_defaults_options_and_people() -> None:
    cabin = {"type": "string", "enum": ["economy", "business"], "default": "economy"}
    assert kind_of("an ordinary seat", value="economy", schema=cabin) == "default"
    assert kind_of("an ordinary seat", value="business", schema=cabin) == "enum"
    assert kind_of("in business class", value="business", schema=cabin) == "user"
    reasons = {"type": "array", "items": {"type": "string", "enum": ["broken", "late"]}}
    found = sources(dialogue("it's broken", arguments={"why": ["broken", "late"]}, properties={"why": reasons}))
    assert (found["why[0]"].kind, found["why[1]"].kind) == ("user", "enum")
    guests = {"type": "integer", "default": 2}
    assert kind_of("a table", value=2, schema=guests) == "default"
    assert kind_of("a table for 2", value=2, schema=guests) == "user"
    assert kind_of("a table for two", value=2, schema=guests) == "user"
    assert kind_of("My wife, our two kids and I want to fly", value=4, schema={"type": "integer"}) == "derived"


@pytest.mark.parametrize(
    ("said", "name", "value", "kind"),
    [
        ("How many days off do I have left this year?", "leave_year", 2026, "derived"),
        ("How many days off do I have left?", "leave_year", 2026, "derived"),  # the present one is known
        ("How many days off did I have last year?", "leaveYear", 2025, "derived"),
        ("How many days off did I have last year?", "leave_year", 2023, "unknown"),
        ("I was born on 4 July 1991.", "birth_year", "1991", "user"),
        ("I was born on 4 July 1991.", "birth_month", 7, "derived"),
        ("I was born on 4 July 1991.", "birth_month", 11, "unknown"),
        ("How many days off do I have left this year?", "order_count", 2026, "unknown"),
    ],
)
def test_a_part_of_a_date_is_known_where_it_is_called_one(said: str, name: str, value: Json, kind: str) -> None:
    data = dialogue(said, arguments={name: value}, properties={name: {}})
    assert sources(data)[name].kind == kind


def dated(system: str, *parts: str | Data | list[Any], value: Json, name: str, schema: Data | None = None) -> str:
    """Like :func:`kind_of`, under another system message."""
    data = dialogue(*parts, arguments={name: value}, properties={name: schema or {}})
    data["messages"][0]["content"] = system
    return sources(data)[name].kind


WEDNESDAY = "Today is 2025-01-15 (Wednesday)."


@pytest.mark.parametrize(
    ("said", "name", "right", "wrong"),
    [
        ("Set a timer for ten minutes", "seconds", 600, 660),
        ("Set a timer for an hour and a half", "minutes", 90, 95),
        ("Set a timer for an hour and a quarter", "minutes", 75, 70),
        ("Set a timer for 1h15", "minutes", 75, 115),
        ("Set a timer for three quarters of an hour", "minutes", 45, 40),
        ("born on the fourth of July 1988", "born", "1988-07-04", "1988-07-14"),
        ("I was born July fourth, 1988", "born", "1988-07-04", "1988-07-05"),
        ("I was born the twenty-first of May, 1990", "born", "1990-05-21", "1990-05-20"),
        ("born 7/4/88", "born", "1988-07-04", "1988-07-07"),
        ("born 7/4/88", "born", "1988-04-07", "1989-04-07"),
        ("How's my week?", "week_start", "2025-01-13", "2025-01-22"),
        ("any plans this coming weekend?", "start", "2025-01-18", "2025-01-21"),
        ("any plans this coming weekend?", "end", "2025-01-19", "2025-01-26"),
        ("Report for Q3 2024", "start", "2024-07-01", "2024-06-01"),
        ("Report for Q3 2024", "end", "2024-09-30", "2024-10-31"),
        ("Set a timer for 1h15m", "minutes", 75, 115),
        ("born July fourth, nineteen eighty-eight", "born", "1988-07-04", "1989-07-04"),
        ("born on 4 July '88", "born", "1988-07-04", "2008-07-04"),
        ("we meet on the fourth", "when", "2025-02-04", "2025-02-14"),
        ("Sales of H1 2024", "end", "2024-06-30", "2024-07-30"),
        ("Sales of the first half of 2024", "end", "2024-06-30", "2024-05-31"),
        ("Report for the third quarter of 2024", "end", "2024-09-30", "2024-10-31"),
    ],
)
def test_moments_and_lengths_in_words(said: str, name: str, right: Json, wrong: Json) -> None:
    assert dated(WEDNESDAY, said, value=right, name=name) in ("derived", "user")
    assert dated(WEDNESDAY, said, value=wrong, name=name) == "unknown"


@pytest.mark.parametrize(
    ("system", "said", "right", "wrong"),
    [
        ("Current date: 01/15/2025", "tomorrow at noon", "2025-01-16T12:00", "2025-01-17T12:00"),
        ("Today is Wednesday, 01/08/2025", "tomorrow", "2025-01-09", "2025-08-02"),
        ("The current date is 1/15/25", "tomorrow", "2025-01-16", "2025-01-18"),
        ("Hoy es 2 de mayo de 2025", "mañana", "2025-05-03", "2025-05-05"),
        ("Es ist der 8. Oktober 2025, 14:30 Uhr.", "in zwei Stunden", "2025-10-08T16:30", "2025-10-08T16:45"),
        ("Heute ist Mittwoch, der 8. Oktober 2025.", "morgen früh", "2025-10-09", "2025-10-10"),
        ("Nous sommes le 2 mai 2025.", "demain", "2025-05-03", "2025-05-05"),
        ("Nous sommes le vendredi 2 mai 2025.", "demain", "2025-05-03", "2025-05-05"),
    ],
)
def test_the_present_as_a_system_message_may_write_it(system: str, said: str, right: str, wrong: str) -> None:
    assert dated(system, said, value=right, name="when") == "derived"
    assert dated(system, said, value=wrong, name="when") == "unknown"
