"""Figures that answers work out: right ones pass in the ways people write them, and plainly wrong ones do not."""

import json
from typing import Any

import pytest

from tests.test_verification_provenance import WEDNESDAY, Data, dated, dialogue, sources
from toolflow_graph.verification import parse_dialogue, verify

BAG = {"items": [{"item": "iron bar", "quantity": 4}, {"item": "blue herb", "quantity": 11}]}
PRICES = {"iron bar": 120, "blue herb": 25}
MAY = {"lines": [{"code": "TAX", "amount": 882.9}, {"code": "DUES", "amount": 560.04}, {"code": "LUNCH", "amount": 40}]}
APRIL = {
    "lines": [{"code": "TAX", "amount": 961.38}, {"code": "DUES", "amount": 595.14}, {"code": "LUNCH", "amount": 40}]
}
USED = {"rows": [{"day": n, "kwh": kwh} for n, kwh in enumerate((11.2, 9.8, 10.4, 12.1, 9.5, 15.9, 14.6), 9)]}
TARIFF = {"unit_rate": {"value": 28.73, "unit": "p/kWh"}, "standing_charge": {"value": 52.0, "unit": "p/day"}}
LINK = {"web_link": "https://mail.example.com/?id=AQ44 11M&exvsurl=1"}
BORN = {"birth": "1849-04-11", "death": "1921-01-30"}


def stated(answer: str, *results: Any, system: str = WEDNESDAY, said: str = "Please look.") -> list[str]:
    """What the rule about stated values says of an answer after these results."""
    ids = [f"c{n}" for n in range(len(results))]
    calls = [{"id": i, "type": "function", "function": {"name": "look_up", "arguments": "{}"}} for i in ids]
    data = {
        "messages": [
            {"role": "system", "content": system},
            {"role": "user", "content": said},
            {"role": "assistant", "content": None, "tool_calls": calls},
            *(
                {"role": "tool", "tool_call_id": i, "content": json.dumps(result)}
                for i, result in zip(ids, results, strict=True)
            ),
            {"role": "assistant", "content": answer},
        ],
        "tools": [{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}],
    }
    return [f.reason for f in verify(parse_dialogue(data, strict=True)).findings if f.code == "ungrounded_answer"]


@pytest.mark.parametrize(
    ("answer", "results", "wrong"),
    [
        # How many of a thing one result has, at what another one asks for it; and all together.
        ("Sell:\n- 4 iron bars: 480 gold\n- 11 herbs: 275 gold\n\nTogether that's 755 gold.", (BAG, PRICES), ""),
        ("Sell:\n- 4 iron bars: 490 gold\n- 11 herbs: 275 gold", (BAG, PRICES), "490"),
        # What changed from one list to the other, entry by entry.
        ("Tax and dues were together €113.58 lower.", (APRIL, MAY), ""),
        ("Tax and dues were together €127.58 lower.", (APRIL, MAY), "127.58"),
        # A column as a whole, in bold.
        ("You used **83.5 kWh** in all.", (USED,), ""),
        ("You used **86.5 kWh** in all.", (USED,), "86.5"),
        # So much at one rate, and so many days at another, in pounds.
        ("At 28.73p per kWh plus 52p a day, 83.5 kWh cost about £27.63 for the week.", (USED, TARIFF), ""),
        ("She was born on 11 April 1849 and died on 30 January 1921, aged 71.", (BORN,), ""),
        ("She was born on 11 April 1849 and died on 30 January 1921, aged 77.", (BORN,), "77"),
        # Everybody knows what a B77W is; a code of the shape or under the name of known ones is one of the case.
        ("It leaves at 14:30 (B777-300ER).", ({"time": "14:30", "aircraft": "B77W"},), ""),
        ("Your booking is B777-300ER.", ({"time": "14:30", "aircraft": "B77W"},), "B777-300ER"),
        ("Both lie in shelf AB1234.", ({"shelf": "AB5678"},), "AB1234"),
        ("It is up for about 3.5 days.", ({"uptime": "3 days 14 hours"},), ""),
        ("It is up for about 4.5 days.", ({"uptime": "3 days 14 hours"},), "4.5"),
        ("[Open it](https://mail.example.com/?id=AQ4411M&exvsurl=1)", (LINK,), ""),
        ("[Open it](https://mail.example.com/?id=AQ4499M&exvsurl=1)", (LINK,), "AQ4499M"),
        ("Which order is it? It should look like 'ORD000001'.", (), ""),
        # A result that is the printed form of an object.
        ("There is one at 7 AM.", ("[Flight(id='DA123', date=Date(day=1, hour=7))]",), ""),
        ("There is one at 8 AM.", ("[Flight(id='DA123', date=Date(day=1, hour=7))]",), "8 AM"),
        # One of its numbers stands there in words.
        ("Three seats are freed, so 39 of your 45 are assigned.", ({"paid": 45, "assigned": 42},), ""),
        ("Three seats are freed, so 31 of your 45 are assigned.", ({"paid": 45, "assigned": 42},), "31"),
        ("You pay 24.86p/kWh.", ({"unit_rate_p": 24.86},), ""),
        ("You pay 24.68p/kWh.", ({"unit_rate_p": 24.86},), "24.68"),
        ("It takes 12 h 15 min.", ({"duration": "12h15m"},), ""),
        # A length in two pieces, as a result writes it; what one unit is in another one.
        ("It takes 13h 20m.", ({"duration": "13h 20m"},), ""),
        ("It takes 13h 50m.", ({"duration": "13h 20m"},), "13h 50m"),
        ("2.5 lb is 1,134 g (2.5 x 453.592g/lb).", ({"weight_lb": 2.5},), ""),
        # The number after a line's end counts the list.
        ("1. Free from 1 March\n2. Free from 20 March", ([{"free": "2026-03-01"}, {"free": "2026-03-20"}],), ""),
        # A label in bold masks nothing.
        ("**Lowest rate:** 8.84", ({"rates": [8.8374, 9.0127]},), ""),
        ("**Lowest rate:** 8.64", ({"rates": [8.8374, 9.0127]},), "8.64"),
        ("The car with the VIN ending **0517** is covered.", ({"vin": "5YJ3E1EA7RF000517"},), ""),
        ("The car with the VIN ending **0518** is covered.", ({"vin": "5YJ3E1EA7RF000517"},), "0518"),
        ("Both are pure pigments (PB27/PB29).", ([{"index": "PB27"}, {"index": "PB29"}],), ""),
        ("Both are pure pigments (PB27/PB28).", ([{"index": "PB27"}, {"index": "PB29"}],), "PB28"),
        # Nothing tells of a calculation: then nothing was calculated.
        ("Its rating is 4.6.", ({"rating": 4.2, "stars": 4, "votes": 0.7},), "4.6"),
    ],
)  # fmt: skip
def test_what_is_worked_out(answer: str, results: tuple[Any, ...], wrong: str) -> None:
    found = stated(answer, *results)
    assert [reason for reason in found if not wrong or wrong not in reason] == []
    assert bool(found) is bool(wrong)


def test_among_many_numbers_a_sum_cannot_be_judged_and_a_plain_figure_can() -> None:
    fares = [{"flight": f"XY{100 + n}", "price": 59 + 37 * n * n % 401, "seats": n} for n in range(30)]
    assert stated("With both upgrades the total would be $213.", fares) == []
    assert stated("The flight XY104 has a rating of 213.", fares) != []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("It's 14:00 in Windhoek now.", ""),
        ("It's 13:50 in Windhoek now.", "13:50"),
        ("You would be there by 12:35.", ""),
        ("You would be there by 12:55.", "12:55"),
    ],
)
def test_times_that_are_worked_out(text: str, wrong: str) -> None:
    found = stated(text, {"ride_minutes": 35, "utc_offset_hours": 2}, system="Current UTC time is 2026-05-11T12:00Z.")
    assert bool(found) is bool(wrong)


def test_dates_in_chinese_and_spanish_answers_are_read() -> None:
    seen = {"entrega": "2024-01-22", "date": "2025-04-02"}
    assert stated("好的,请问您是要预约明天(2025年4月2日)的住宿吗?", seen) == []
    spanish = "La fecha estimada de entrega de su pedido es el 22 de enero de 2024, no se preocupe por nada."
    assert stated(spanish, seen) == []


@pytest.mark.parametrize(
    ("said", "arguments", "path", "known"),
    [
        ("upstairs to 68 until 10pm", {"target": {"value": 20.0, "unit": "C"}}, "target.value", True),
        ("upstairs to 68 until 10pm", {"target": {"value": 25.5, "unit": "C"}}, "target.value", False),
        ("a parcel of 12 pounds", {"weight": {"value": 5.44, "unit": "kg"}}, "weight.value", True),
    ],
)
def test_numbers_in_the_unit_of_the_call(said: str, arguments: Data, path: str, known: bool) -> None:
    schema = {name: {"type": "object"} for name in arguments}
    assert (sources(dialogue(said, arguments=arguments, properties=schema))[path].kind != "unknown") is known


@pytest.mark.parametrize(("low", "high", "known"), [(1845, 1855, True), (1895, 1905, False), (1700, 1899, False)])
def test_a_search_sets_a_span_around_what_is_said(low: int, high: int, known: bool) -> None:
    arguments = {"birthYearFrom": low, "birthYearTo": high}
    data = dialogue("born around 1850", arguments=arguments, properties={key: {} for key in arguments})
    data["tools"][-1]["function"]["name"] = "searchPersons"
    for message in data["messages"]:
        for call in message.get("tool_calls") or ():
            call["function"]["name"] = "searchPersons"
    assert {source.kind != "unknown" for source in sources(data).values()} == {known}


def test_what_a_recipe_takes_for_others() -> None:
    recipe = {"servings": 2, "ingredients": [{"name": "tofu", "qty": 280}, {"name": "rice", "qty": 160}]}
    for value, kind in ((420, "derived"), (430, "unknown")):
        found = dated(WEDNESDAY, "the tofu bowl", recipe, "only 3 people are coming", value=value, name="quantity")
        assert found == kind


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("spin tmrw evening", "2025-03-13"),
        ("last week compared to the week before?", "2025-02-24"),
        ("我想預約明天的住宿。", "2025-03-13"),
    ],
)
def test_days_in_other_words(said: str, value: str) -> None:
    assert dated("Today is Wednesday, 2025-03-12.", said, value=value, name="date") == "derived"
    assert dated("Today is Wednesday, 2025-03-12.", "Please look.", value=value, name="date") == "unknown"


def test_sizes_and_files_named_after_a_number() -> None:
    sizes = [{"sku": "5160", "dimensions": "2.625x1"}]
    assert stated("The labels are 2.625 by 1 inches.", sizes) == []
    assert stated("It's a 1280x720 file.", {"width": 1280, "height": 720}) == []
    assert stated("It's a 1280x960 file.", {"width": 1280, "height": 720}) != []
    for name, kind in (("79.pdf", "derived"), ("81.pdf", "unknown")):
        used = {"disk_usage": "79.00 B"}
        assert dated(WEDNESDAY, "Name a file after its size.", used, value=name, name="file_name") == kind


@pytest.mark.parametrize(("end", "wrong"), [("21:30", False), ("22:10", True)])
def test_what_is_moved_takes_as_long_as_before(end: str, wrong: bool) -> None:
    result = {"event": "Dinner", "start_time": "2026-03-06T19:00:00", "end_time": "2026-03-06T21:00:00"}
    answer = f"I would move it to Saturday, 19:30 to {end}. Shall I?"
    assert bool(stated(answer, result, said="Move it to 7 March at 19:30, same length.")) is wrong
