"""What may have been worked out or chosen is judged in our own records only; what nobody can work out, in all."""

import json
from typing import Any

import pytest

from tests.evaluation_samples import records
from toolflow_graph.verification import parse_dialogue, verify

Data = dict[str, Any]
VALUE = ("ungrounded_argument", "ungrounded_answer")


def tool(name: str, **properties: str) -> Data:
    fields = {key: {"type": kind} for key, kind in properties.items()}
    parameters = {"type": "object", "properties": fields, "required": list(fields)}
    return {"type": "function", "function": {"name": name, "description": "", "parameters": parameters}}


def dialogue(
    said: str, name: str, arguments: Data, result: Any = "done", answer: str = "Done.", system: str = ""
) -> Data:
    kinds = {key: {int: "integer", float: "number"}.get(type(value), "string") for key, value in arguments.items()}
    call = {"id": "a", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
    messages: list[Data] = [{"role": "system", "content": system}] if system else []
    messages += [
        {"role": "user", "content": said},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": json.dumps(result)},
        {"role": "assistant", "content": answer},
    ]
    return {"messages": messages, "tools": [tool(name, **kinds)]}


def found(data: Data, strict: bool | None = None) -> list[str]:
    return [finding.code for finding in verify(parse_dialogue(data, strict=strict)).findings if finding.code in VALUE]


TUESDAY = "Today is Tuesday 2026-03-17, 09:10."


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("Is there a slot on Thursday evening?", "reserve_slot", {"day": "2026-03-20"}),
        ("Meet me an hour after the show that ends at 21:40.", "create_event", {"start": "2026-03-17T23:05"}),
        ("Drive me there in time for the train at 15:40.", "order_taxi", {"pickup_time": "14:25"}),
        ("Book the 3 rooms for 2 nights each.", "set_quota", {"beds": 17}),
        ("Book a stay at the airport of Lyon.", "book_stay", {"city": "Lyon-Saint-Exupéry Airport"}),
        ("Put a note on the cells in the sheet.", "write_note", {"range": "A1:D10"}),
        ("Save it as a report.", "export_report", {"output_path": "/out/report-2026-03-17.csv"}),
    ],
)
def test_what_may_be_worked_out_is_left_open_elsewhere(said: str, name: str, arguments: Data) -> None:
    day = said.startswith("Is there")  # a Friday is not what was asked for
    assert bool(found(dialogue(said, name, arguments, system=TUESDAY))) is day
    assert found(dialogue(said, name, arguments, system=TUESDAY), strict=True) == ["ungrounded_argument"]


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("Please register me.", "register", {"phone": "+44 7700 900418"}),
        ("Tell Martin that I am late.", "send_email", {"to": "martin.okoye@gmail.com"}),
        ("Cancel my order.", "cancel_order", {"order_id": "ORD-70421"}),
        ("Look me up.", "find_patient", {"date_of_birth": "1985-04-02"}),
        ("Borrow 18,000 euros over 5 years.", "calculate_loan", {"rate_pct": 6.5}),
        ("Sell some of my shares.", "sell", {"shares": 4417}),
        ("Pay 3 of them, 20 each.", "pay", {"amount": 48250}),
        ("Book me in.", "book", {"date": "2031-08-02"}),
        ("Find the book about the walk.", "search_books", {"author": "Raynor Winn"}),
        ("How is the weather in my city?", "get_weather", {"city": "Mumbai"}),
        ("Open the page about it.", "browse", {"url": "https://deals.example.net/keyboards-2026"}),
    ],
)
def test_what_nobody_can_work_out_is_judged_everywhere(said: str, name: str, arguments: Data) -> None:
    assert found(dialogue(said, name, arguments, system=TUESDAY)) == ["ungrounded_argument"]


@pytest.mark.parametrize(
    ("said", "day", "wrong"),
    [
        ("Put the dentist in for Thursday next week at 10, and remind me of it.", "2026-03-25", True),
        ("Put the dentist in for Thursday next week at 10, and remind me of it.", "2026-03-26", False),
        ("Mettimi un caffè con Davide mercoledì prossimo alle 17", "2026-03-26", True),
        ("Begin tonight, the rain comes on Thursday.", "2026-03-17", False),
        ("Put the dentist in for Thursday at 10. And a task by the end of this month.", "2026-03-18", True),
        ("Put it two days before Thursday.", "2026-03-24", False),
        ("Thursday or Friday, whatever is free.", "2026-03-20", False),
        ("Not Thursday. Take the 25th.", "2026-03-25", False),
    ],
)
def test_a_day_on_another_weekday_than_the_one_that_is_asked_for(said: str, day: str, wrong: bool) -> None:
    data = dialogue(said, "create_event", {"start": f"{day}T10:00"}, system=TUESDAY)
    assert bool(found(data)) is wrong


RESULT = {"guests": [2, 5, 13], "price": 214.5, "opens": "10:00", "warranty_months": 24, "reading": 36.4}


@pytest.mark.parametrize(
    ("answer", "open_elsewhere"),
    [
        ("You would be there by 15:14.", True),
        ("It is over on 29 March.", True),
        ("That leaves 31 of them.", True),
        ("It comes to 82 %.", True),
        ("It costs €356.55.", False),
        ("The reading was 34.6.", False),
        ("It has a 12 month warranty, by the warranty months.", False),
        ("Your code is ALD-48213.", False),
        ("It holds 48,117 litres.", False),
    ],
)
def test_what_an_answer_may_conclude(answer: str, open_elsewhere: bool) -> None:
    data = dialogue("How is it?", "get_status", {"kind": "all"}, RESULT, answer, system=TUESDAY)
    assert found(data, strict=True) == ["ungrounded_answer"]
    assert found(data) == ([] if open_elsewhere else ["ungrounded_answer"])


def test_without_anything_to_go_by_days_times_and_numbers_are_judged_everywhere() -> None:
    assert found(dialogue("Book a table.", "book_table", {"date": "2026-03-20"})) == ["ungrounded_argument"]
    assert found(dialogue("Book a table.", "book_table", {"time": "19:30"})) == ["ungrounded_argument"]
    assert found(dialogue("Buy some.", "buy", {"quantity": 40})) == ["ungrounded_argument"]


def test_our_own_records_are_judged_strictly() -> None:
    record = records()[0]
    assert parse_dialogue(record).strict
    assert not parse_dialogue({"messages": record["messages"], "tools": record["tools"]}).strict
    assert not parse_dialogue(record, strict=False).strict


def codes(data: Data) -> list[str]:
    return [finding.code for finding in verify(parse_dialogue(data)).findings]


@pytest.mark.parametrize(
    ("said", "name", "arguments", "fine"),
    [
        ("Write the hello world code into /tmp2", "write_file", {"path": "/tmp2/hello_world2.py"}, True),
        ("Mail helpdesk and support @example.com about it", "create_draft", {"to": "support@example.com"}, True),
        ("Ask Joachim of brackwater.example to come", "create_invite", {"to": "joachim@brackwater.example"}, False),
        (
            "Look at http://localhost:3000/people for BioThek7",
            "fetch",
            {"url": "http://localhost:3000/people/BioThek7"},
            True,
        ),
        ("Look at http://localhost:3000/people", "fetch", {"url": "http://localhost:3000/people/Anna7"}, False),
        ("Log the acid of this morning, and get me the press for Saturday.", "log_acid", {"date": "2026-03-17"}, True),
    ],
)
def test_what_is_put_together_from_what_is_said(said: str, name: str, arguments: Data, fine: bool) -> None:
    assert bool(found(dialogue(said, name, arguments, system=TUESDAY))) is not fine


def test_the_weekday_that_is_asked_for_may_be_that_of_another_call() -> None:
    data = dialogue("Log it and the press for Saturday.", "log_acid", {"date": "2026-03-18"}, system=TUESDAY)
    assert found(data)
    call = {"id": "b", "type": "function", "function": {"name": "log_acid", "arguments": '{"date": "2026-03-21"}'}}
    data["messages"][2]["tool_calls"].append(call)
    data["messages"].insert(4, {"role": "tool", "tool_call_id": "b", "content": "done"})
    assert not found(data)


@pytest.mark.parametrize(
    ("description", "fine"),
    [("none, motorcycle, car_under_5m, camper", True), ("The vehicle's code, such as car_under_5m", False)],
)
def test_an_option_that_a_description_lists(description: str, fine: bool) -> None:
    data = dialogue("A car, please.", "book_fare", {"vehicle": "car_under_5m"})
    data["tools"][0]["function"]["parameters"]["properties"]["vehicle"]["description"] = description
    assert bool(found(data)) is not fine


@pytest.mark.parametrize("answer", ["The paper is arXiv:2408.15247.", "It takes approximately **26.6 months**."])
def test_what_is_known_in_another_form_or_only_nearly(answer: str) -> None:
    result = {"id": "http://arxiv.org/abs/2408.15247v1", "balance": 200_000, "monthly": 7_500, "share": 0.5}
    assert not found(dialogue("Look it up.", "look_up", {"kind": "all"}, result, answer))


def test_a_month_may_be_counted_from_a_known_one() -> None:
    assert not found(dialogue("His May payslip, please.", "send_payslip", {"month": "2026-05"}, system="Run: 2026-06."))
    assert found(dialogue("His May payslip, please.", "send_payslip", {"month": "2026-05"}, system="Run: 2021-06."))


def test_a_weekday_holds_until_another_day_is_told() -> None:
    data = dialogue("Can Jo cut my hair next Monday?", "book_visit", {"date": "2026-03-24"}, system=TUESDAY)
    asks = [{"role": "assistant", "content": "Which name may I put down?"}, {"role": "user", "content": "Petra Lund"}]
    data["messages"][2:2] = asks
    assert found(data)
    asks[0]["content"] = "Monday is full, Tuesday 24 March is free. Shall I take that?"
    assert not found(data)


def test_what_is_said_in_another_unit_or_as_a_bare_hour() -> None:
    assert not found(dialogue("My BMI: 72 kg and 180 cm.", "save_bmi", {"weight_kg": 72, "height_m": 1.8}), strict=True)
    assert not found(dialogue("Was geht da ab 8?", "suche_zug", {"ab": "08:00"}))
    where = {"source": "/home/marta/docs/misc/lease.pdf", "destination": "/home/marta/docs/housing/lease.pdf"}
    said = "Put /home/marta/docs/misc/lease.pdf in the housing folder of my docs."
    assert not found(dialogue(said, "move_file", where))


def test_an_exception_without_output_is_a_failure() -> None:
    result = {"output": None, "exception": "Storage is unavailable, nothing was saved."}
    data = dialogue("Set a reminder.", "add_reminder", {"text": "water"}, result, "I've set your reminder.")
    assert "claimed_success" in codes(data)
    data = dialogue(
        "Set a reminder.", "add_reminder", {"text": "water"}, {"output": "ok", "exception": None}, "It is set."
    )
    assert "claimed_success" not in codes(data)


def test_what_so_much_of_something_has() -> None:
    data = dialogue("I had 150 g of them.", "log_food", {"kind": "all"}, {"protein_g": 0.7, "fat_g": 0.3}, "", TUESDAY)
    for answer, fine in (("They had 1.05 g of protein.", True), ("They had 1.35 g of protein.", False)):
        data["messages"][-1]["content"] = answer
        assert bool(found(data)) is not fine


def test_nobody_makes_up_many_decimals() -> None:
    said = "A wall of 15.0503 square metres, without a window of 0.7 by 1.1."
    assert not found(dialogue(said, "order_paint", {"area_m2": 14.2803}))
    assert found(dialogue(said, "order_paint", {"area_m2": 48214}))


def test_a_status_of_error_with_a_code_is_a_failure() -> None:
    result = {"status": "error", "code": "PREREQ_NOT_MET", "missing": ["MATH 2550"]}
    data = dialogue(
        "Register me for CS 4641.", "register", {"course": "CS 4641"}, result, "You're registered for CS 4641."
    )
    assert "claimed_success" in codes(data)


def test_whose_a_work_is_may_be_known() -> None:
    said = "Do you have the next one after The Salt Path, by the same author?"
    assert not found(dialogue(said, "search_books", {"author": "Raynor Winn"}))
    assert found(dialogue(said, "order_book", {"author": "Raynor Winn"}))


def test_what_is_done_with_a_thing_has_an_id_of_its_own() -> None:
    result = {"id": "01H5CMJW", "status": "done"}
    assert "contradicting_echo" not in codes(dialogue("Run it: 01H5CJN0", "run_action", {"id": "01H5CJN0"}, result))
    assert "contradicting_echo" in codes(dialogue("Show 01H5CJN0", "get_action", {"id": "01H5CJN0"}, result))


def test_an_index_in_code_is_no_placeholder() -> None:
    code = {"text": "const last = nameParts[nameParts.length - 1]; send(to)"}
    assert "placeholder_result" not in codes(dialogue("Show it.", "read_file", {"kind": "all"}, code))
    letter = {"text": "Dear [Name], thank you."}
    assert "placeholder_result" in codes(dialogue("Show it.", "read_mail", {"kind": "all"}, letter))


def test_calls_that_bring_something_else_each_time_are_no_repetition() -> None:
    for name, repeated in (("pelican_name_generator", False), ("create_order", True)):
        data = dialogue("Two of them.", name, {"kind": "all"})
        data["messages"][1]["tool_calls"].append({**data["messages"][1]["tool_calls"][0], "id": "b"})
        data["messages"].insert(3, {"role": "tool", "tool_call_id": "b", "content": "Sammy"})
        assert ("repeated_call" in codes(data)) is repeated


def test_the_language_of_short_messages() -> None:
    system = "Assistente ordini del forno. Oggi è giovedì 17 settembre 2026, e le consegne sono alle 5:30."
    answer = "Your order is confirmed for tomorrow at 6:00, and it will be with you in time."
    data = dialogue("Ciao, quanto costano oggi i cornetti?", "listino", {"kind": "all"}, "done", answer, system)
    assert "other_language" in codes(data)


def test_a_read_after_a_write_that_failed_may_bring_something_else() -> None:
    def call(name: str, number: int) -> Data:
        function = {"name": name, "arguments": '{"day": "2026-03-19"}'}
        return {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": f"c{number}", "type": "function", "function": function}],
        }

    def result(number: int, content: Any) -> Data:
        return {"role": "tool", "tool_call_id": f"c{number}", "content": json.dumps(content)}

    messages = [
        {"role": "user", "content": "Book a slot on 2026-03-19."},
        *(call("list_slots", 1), result(1, {"slots": ["A", "C"]})),
        *(call("book_slot", 2), result(2, {"error": "SLOT_FULL", "message": "taken in the meantime"})),
        *(call("list_slots", 3), result(3, {"slots": ["A"]})),
        {"role": "assistant", "content": "C was taken; A is left."},
    ]
    data = {"messages": messages, "tools": [tool("list_slots", day="string"), tool("book_slot", day="string")]}
    assert "contradicting_results" not in codes(data)
    del messages[3:5]
    assert "contradicting_results" in codes(data)
    messages[2]["content"] = json.dumps({"slots": ["A", "C"], "status": "in_progress"})
    assert "contradicting_results" not in codes(data)


def test_a_no_about_something_else_is_a_yes() -> None:
    system = "Today is Tuesday 2026-03-17. List the details and get an explicit yes before any change."
    for reply, refused in (("Nope that's all, go for it", False), ("Nope, leave it", True)):
        data = dialogue("Swap it for L.", "update_order", {"size": "L"}, system=system)
        asks = {"role": "assistant", "content": "It would be swapped for L, at the same price. Shall I proceed?"}
        data["messages"][2:2] = [asks, {"role": "user", "content": reply}]
        assert ("refused_write" in codes(data)) is refused
        assert "unconfirmed_write" not in codes(data)
