"""Provenance of moments that are moved, of the present that a message states, and of a few values that calls imply."""

from typing import Any

import pytest

from tests.test_verification_provenance import SYSTEM, dialogue, findings, kind_of, sources
from tests.verification_samples import brings, calls, says, user
from toolflow_graph.verification import compute_provenance, parse_dialogue, verify
from toolflow_graph.verification.reading.moments import written_dates

Data = dict[str, Any]

VISITS: Data = {
    "visits": [
        {"visit_id": "VS-318", "who": "Plumber", "start": "2026-03-12 09:00:00", "end": "2026-03-12 09:45:00"},
        {"visit_id": "VS-322", "who": "Painter", "start": "2026-03-13 14:30:00", "end": "2026-03-13 17:30:00"},
    ]
}


@pytest.mark.parametrize(
    ("said", "arguments", "how"),
    [
        (
            "Push the painter back by 90 minutes.",
            {"id": "VS-322", "start": "2026-03-13 16:00:00"},
            "14:30 + 90 minutes",
        ),
        ("Can the plumber come an hour earlier?", {"id": "VS-318", "start": "2026-03-12T08:00"}, "09:00 - an hour"),
        ("Move both later by 2 hours, please.", {"id": "VS-318", "end": "2026-03-12 11:45:00"}, "09:45 + 2 hours"),
        ("Ring me half an hour before the painter.", {"alarm": "14:00"}, "14:30 - half an hour"),
    ],
)
def test_a_known_moment_is_moved(said: str, arguments: Data, how: str) -> None:
    *_, path = arguments
    found = sources(dialogue("What is planned?", VISITS, said, arguments=arguments))[path]
    assert (found.kind, found.how) == ("derived", how)


def test_a_moved_moment_has_to_fit_the_words() -> None:
    wrong = {"id": "VS-322", "start": "2026-03-13 15:15:00"}
    data = dialogue("What is planned?", VISITS, "Push the painter back by 90 minutes.", arguments=wrong)
    assert sources(data)["start"].kind == "unknown"


def test_a_visit_that_is_moved_stays_as_long() -> None:
    arguments = {"id": "VS-318", "start": "2026-03-16 10:20:00", "end": "2026-03-16 11:05:00"}
    found = sources(dialogue("What is planned?", VISITS, "Plumber on 16 March at 10:20.", arguments=arguments))
    assert (found["end"].kind, found["end"].how) == ("derived", "10:20 plus 45 minutes")


def test_an_earlier_call_is_what_is_moved() -> None:
    """The result of the first call does not repeat the time."""
    data: Data = {
        "messages": [
            {"role": "system", "content": SYSTEM},
            user("Set up a tasting on 18 March at 5 pm."),
            calls(("a", "plan_tasting", {"start": "2026-03-18T17:00:00"})),
            brings("a", {"tasting_id": "TS-9"}),
            says("Done."),
            user("Sorry, two hours earlier suits us better."),
            calls(("b", "move_tasting", {"tasting_id": "TS-9", "start": "2026-03-18T15:00:00"})),
        ],
        "tools": [
            {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
            for name in ("plan_tasting", "move_tasting")
        ],
    }
    start = next(s for s in compute_provenance(parse_dialogue(data)) if (s.call, s.path) == ("b", "start"))
    assert (start.kind, start.message_index, start.how) == ("derived", 5, "17:00 - two hours")


@pytest.mark.parametrize(
    "opening",
    [
        [user("Today is Thursday, 2027-05-20. Remind me tomorrow at 8 am.")],
        [user("Remind me tomorrow at 8 am (today's date: May 20, 2027).")],
        [
            user("Remind me tomorrow at 8 am."),
            calls(("t", "get_current_date", {})),
            brings("t", {"date": "2027-05-20"}),
        ],
    ],
)
def test_a_message_tells_the_present(opening: list[Data]) -> None:
    data = {
        "messages": [*opening, calls(("a", "add_note", {"at": "2027-05-21 08:00:00"}))],
        "tools": [
            {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
            for name in ("add_note", "get_current_date")
        ],
    }
    transcript = parse_dialogue(data)
    assert [source.kind for source in compute_provenance(transcript) if source.path == "at"] == ["derived"]
    assert "ungrounded_argument" not in {finding.code for finding in verify(transcript).findings}


def test_what_is_about_today_is_not_the_present() -> None:
    opening = user("Is today fine? My lease began on 2021-04-02. Book me in for tomorrow.")
    data = {"messages": [opening, calls(("a", "book_in", {"day": "2021-04-03"}))], "tools": []}
    assert [source.kind for source in compute_provenance(parse_dialogue(data))] == ["unknown"]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("from 3/15-3/21", [(3, 15), (3, 21)]),
        ("3/15/2026-3/21/2026", [(3, 15), (3, 21)]),
        ("3/15 - 3/21", [(3, 15), (3, 21)]),
        ("room 3-15", []),
        ("code 77-3/15", []),
    ],
)
def test_both_ends_of_a_span_are_dates(text: str, days: list[tuple[int, int]]) -> None:
    assert [written.pairs[-1] for written in written_dates(text)] == days


def test_both_ends_of_a_span_are_known() -> None:
    arguments = {"from": "2026-03-15 00:00:00", "to": "2026-03-21 23:59:59"}
    assert findings(dialogue("Am I free 3/15-3/21?", arguments=arguments)) == []


def test_calls_imply_some_values() -> None:
    found = sources(dialogue("Is rain usual here?", arguments={"month": "March", "page": 1}))
    assert {path: (source.kind, source.how) for path, source in found.items()} == {
        "month": ("context", "the present month"),
        "page": ("default", "the first page"),
    }


def test_the_users_words_come_before_the_assistants_digits() -> None:
    parts = ("Seats for Nabucco, please.", "A: So 3 seats?", "No, just one seat.", "A: Then 1 seat it is?", "Yes.")
    found = sources(dialogue(*parts, arguments={"seats": "1"}))
    assert (found["seats"].kind, found["seats"].message_index) == ("user", 3)


def test_one_answer_to_anything_else_is_no_idle_exchange() -> None:
    def closed(*closing: Data) -> bool:
        messages = [user("Any news from Oslo?"), says("None so far."), *closing]
        found = verify(parse_dialogue({"messages": messages, "tools": []}, strict=True)).findings
        return "trailing_thanks" not in {finding.code for finding in found}

    asks, goes = says("You're welcome. Anything else?"), says("Have a nice day!")
    assert closed(user("Thanks a lot!"), asks, user("No, that's all, thanks."), goes)
    assert not closed(user("Thanks a lot!"), goes, user("Thank you, bye!"), goes)
    assert not closed(user("Thanks a lot!"), asks, user("No, thanks."), goes, user("Thank you, bye!"), goes)


def test_the_present_hour_is_known() -> None:
    data = dialogue("Who is in room 4 right now?", arguments={"from": "2026-03-07 10:00", "to": "2026-03-07 11:00"})
    found = sources(data)
    assert {path: source.kind for path, source in found.items()} == {"from": "context", "to": "context"}


@pytest.mark.parametrize(("said", "kind"), [("Read me Genesis 14:22.", "derived"), ("Read me Genesis.", "unknown")])
def test_numbers_that_a_colon_joins_are_known(said: str, kind: str) -> None:
    found = sources(dialogue(said, arguments={"book": "Genesis", "chapter": 14, "verse": 22}))
    assert {found["chapter"].kind, found["verse"].kind} == {kind}


def test_the_description_of_a_parameter_offers_a_value() -> None:
    """But not one that would have to come from somewhere: an example is no order of this user's."""
    properties = {
        "region": {"type": "string", "description": "The region (emea or apac)."},
        "order": {"type": "string", "description": "The order's code, such as ORD-5512."},
    }
    arguments = {"region": "emea", "order": "ORD-5512"}
    found = sources(dialogue("Where is my parcel?", arguments=arguments, properties=properties))
    assert (found["region"].kind, found["order"].kind) == ("enum", "unknown")


def test_what_the_assistant_repeats_is_from_the_result() -> None:
    note = {"notes": ["call Mirko (mk_mirko) about the lease"]}
    parts = ("Anything to do?", note, "A: You wanted to call Mirko (mk_mirko).", "Find him.")
    found = sources(dialogue(*parts, arguments={"user": "mk_mirko"}))
    assert (found["user"].kind, found["user"].message_index) == ("result", 3)


@pytest.mark.parametrize(
    ("said", "answer", "wrong"),
    [
        ("Cancel my slot on May 9th.", "Your slot on May 9th is cancelled.", 0),
        ("Cancel my slot on May 9th.", "Your slot on May 8th is cancelled.", 1),
        ("Read chapter 3, verses 12 to 15 of Ruth.", "Ruth 3:12 reads as follows.", 0),
        ("Read chapter 3, verses 12 to 15 of Ruth.", "Ruth 3:21 reads as follows.", 1),
    ],
)
def test_days_and_passages_need_no_present(said: str, answer: str, wrong: int) -> None:
    """The system message tells no date, so that no year is known."""
    tool = {"type": "function", "function": {"name": "do_it", "parameters": {"type": "object"}}}
    messages = [user(said), calls(("a", "do_it", {})), brings("a", {"status": "ok"}), says(answer)]
    found = verify(parse_dialogue({"messages": messages, "tools": [tool]}, strict=True)).findings
    assert sum(finding.code == "ungrounded_answer" for finding in found) == wrong


def test_an_hour_that_is_said_with_pm_is_no_other() -> None:
    assert sources(dialogue("We land on 20 March at 3 pm.", arguments={"at": "15:00"}))["at"].kind == "user"
    assert sources(dialogue("We land on 20 March at 3 pm.", arguments={"at": "03:00"}))["at"].kind == "unknown"


@pytest.mark.parametrize(
    ("description", "value", "kind"),
    [
        ("Results per page (default is 25).", 25, "default"),
        ("Results per page, defaults to 25.", 25, "default"),
        ("Results per page (default is 25).", 40, "unknown"),
        ("Order: default 'newest'.", "newest", "default"),
    ],
)
def test_a_default_may_stand_in_the_description(description: str, value: Any, kind: str) -> None:
    properties = {"per_list": {"description": description}}
    found = sources(dialogue("Show me the notes.", arguments={"per_list": value}, properties=properties))
    assert found["per_list"].kind == kind


@pytest.mark.parametrize("value", [True, "true"])
def test_a_yes_to_a_question_is_the_users(value: Any) -> None:
    parts = ("A cab, please.", "A: May it be shared with others?", "Sure, for two of us.")
    found = sources(dialogue(*parts, arguments={"shared_ride": value}))
    assert (found["shared_ride"].kind, found["shared_ride"].message_index) == ("user", 3)


@pytest.mark.parametrize(("value", "kind"), [("choir return", "composed"), ("choir rehearsal", "unknown")])
def test_words_from_several_messages_are_composed(value: str, kind: str) -> None:
    parts = ("Book the train to Graz for the choir.", "A: When?", "On Friday; and add the return.")
    assert sources(dialogue(*parts, arguments={"category": value}))["category"].kind == kind


def test_nobody_invents_a_users_password() -> None:
    said = "Please sign me in, I am wanda_k."
    assert kind_of(said, value="sesame", name="password") == "unknown"
    assert kind_of(said, value="anton", name="username") == "unknown"
    assert kind_of(f"{said} It is sesame.", value="sesame", name="password") == "user"
    assert kind_of(said, value="wanda_k", name="user_login") == "user"


def test_a_title_is_of_words_that_are_known() -> None:
    event = {"type": "string", "description": "The name of the event."}
    said = "Block Friday noon for the kayak tour with Greta."
    assert kind_of(said, value="Kayak with Greta", name="name", schema=event) == "user"
    assert kind_of(said, value="Kayak Outing", name="name", schema=event) == "composed"
    assert kind_of(said, value="Opera Premiere", name="name", schema=event) == "unknown"
    guest = {"type": "string", "description": "The name of the guest."}
    assert kind_of(said, value="Greta Holm", name="name", schema=guest) == "unknown"


def test_a_structure_may_be_written_as_text() -> None:
    said = "My pulse was 64 and my temperature 36.8 this morning."
    written = "[{'kind': 'pulse', 'value': '64'}, {'kind': 'temperature', 'value': 36.8}]"
    assert kind_of(said, value=written, name="readings") == "derived"
    assert kind_of(said, value=written.replace("64", "71"), name="readings") == "unknown"
    assert kind_of(said, value=written.removesuffix("]"), name="readings") == "unknown"


def test_every_hour_of_a_list_is_a_time() -> None:
    said = "Three calls tomorrow, at 9, 11 and 14, please."
    assert kind_of(said, value="2026-03-08 11:00:00", name="start") == "derived"
    assert kind_of(said, value="2026-03-08 12:00:00", name="start") == "unknown"
    assert kind_of("I need 8, 9 and 12 nights tomorrow.", value="2026-03-08 09:00:00", name="start") == "unknown"
