"""What is written in other ways: groups of digits, days of other scripts, ISO 8601's lengths and weeks, weekdays."""

from typing import Any

import pytest

from tests.test_verification_provenance import dialogue, sources
from tests.test_verification_values import stated
from toolflow_graph.types import Message
from toolflow_graph.verification import RULES, Transcript

NOW = "You work in Helsinki (EET, UTC+2). Now: 2026-01-20T13:05:00Z (Tuesday)."


def case(system: str, said: str, result: Any, answer: str) -> list[str]:
    return stated({"system": system, "said": said, "result": result, "answer": answer})


@pytest.mark.parametrize(
    ("result", "right", "wrong"),
    [
        ({"insured_chf": 48000}, "Assurance : 48 000 CHF.", "Assurance : 84 300 CHF."),
        ({"price": 33654.6}, "En euros : 33 654,60 €.", "En euros : 33 645,60 €."),
        ({"modified": "2026-01-20T13:07:12Z"}, "Changed at 15:07:12.", "Changed at 15:17:12."),
        (
            "TSLA (54.8%), AAPL (25.2%), VTI (16.0%), cash (4.0%)",
            "That spreads your 80% in two companies.",
            "That spreads your 74% in two companies.",
        ),
        ({"status": 255}, "It ended with 255, the largest of 0-255.", "It ended with 253."),
    ],
)
def test_values_in_another_writing(result: Any, right: str, wrong: str) -> None:
    assert case(NOW, "Tell me.", result, right) == []
    assert case(NOW, "Tell me.", result, wrong) != []


def test_days_of_a_chinese_text() -> None:
    holidays = {"from": "2026-09-25", "to": "2026-09-27"}
    assert case("今天是2026年9月3日。", "中秋节放几天?", holidays, "9月25–27日放假,单号LV-4410。")[0].endswith("4410")
    assert case("今天是2026年9月3日。", "中秋节放几天?", holidays, "缩短为9月25–27日。") == []


def test_who_works_much_out_is_not_judged_by_what_is_left() -> None:
    months = {"jan": {"orders": 1842, "revenue": 94182.3}, "feb": {"orders": 1763, "revenue": 91204.55}}
    shown = "January brought $51.13 an order, February $51.73, and both together $185,386.85. "
    odd = "A working day brought $4,219.17."
    assert case(NOW, "How was it?", months, shown + odd) == []
    # Alone it is what nothing gives.
    assert case(NOW, "How was it?", months, odd) == ["$4,219.17"]
    # An order's number is no figure.
    assert case(NOW, "How was it?", months, shown + "The best one was ORD-77120.") == ["ORD-77120"]


def test_times_of_a_message_that_works_times_out() -> None:
    legs = {"leaves": "09:10", "legs": [{"minutes": 50}, {"minutes": 35}, {"minutes": 20}]}
    shown = "You leave at 09:10 and are there after 50 minutes at 10:00, 35 minutes later at 10:35, at 10:55 in all. "
    assert case(NOW, "When am I there?", legs, shown + "The return train goes at 16:42.") == []
    assert case(NOW, "When am I there?", legs, "The return train goes at 16:42.") == ["16:42"]


@pytest.mark.parametrize(
    ("parts", "name", "value", "kind"),
    [
        (("Remind me one week before.",), "reminder", "P7D", "derived"),
        (("Remind me one week before.",), "reminder", "P9D", "unknown"),
        (("It takes 90 minutes.",), "duration", "PT1H30M", "derived"),
        (("Staff of the week of 2026-05-04, please.",), "week", "2026-W19", "derived"),
        (("Staff of the week of 2026-05-04, please.",), "week", "2026-W27", "unknown"),
        (("Episode 42: cut 1:12-3:05.",), "from", "00:01:12", "derived"),
        (("Episode 42: cut 1:12-3:05.",), "from", "00:02:12", "unknown"),
        (("Episode 42: cut 1:12-3:05.",), "number", 42, "user"),
    ],
)
def test_arguments_in_another_writing(parts: tuple[Any, ...], name: str, value: Any, kind: str) -> None:
    assert sources(dialogue(*parts, arguments={name: value}))[name].kind == kind


def test_what_is_set_around_a_known_moment_in_a_calendar() -> None:
    flight = {"flight": "JL1", "depart": "2025-10-14T13:20:00-07:00"}
    parts = ("My flight?", flight, "Put it into my calendar, please.")
    made = {"title": "Flight", "start": "2025-10-14T10:50:00-07:00"}
    found = sources(dialogue(*parts, arguments=made, name="create_calendar_event"))["start"]
    assert found.how == "150 minutes before a known moment"
    assert sources(dialogue(*parts, arguments=made, name="book_table"))["start"].kind == "unknown"
    far = {**made, "start": "2025-10-16T10:50:00-07:00"}
    assert sources(dialogue(*parts, arguments=far, name="create_calendar_event"))["start"].kind == "unknown"


def weekdays(answer: str, *, said: str = "When?", result: str = '{"date": "2026-11-19"}') -> list[str]:
    messages = (
        Message(role="system", content="Today is 2026-11-02."),
        Message(role="user", content=said),
        Message(role="tool", tool_call_id="a", content=result),
        Message(role="assistant", content=answer),
    )
    return [finding.reason for finding in RULES["wrong_weekday"].check(Transcript(messages=messages, tools=()))]


@pytest.mark.parametrize(
    "answer",
    [
        "It is on Wednesday, 19 November 2026.",
        "It is on **Wed, November 19**.",
        "It is on 2026-11-19 (Friday).",
        "| 2026-11-19 | Sunday |",
    ],
)
def test_a_wrong_weekday_is_found(answer: str) -> None:
    (reason,) = weekdays(answer)
    assert "is a Thursday" in reason


@pytest.mark.parametrize(
    "answer",
    [
        "It is on Thursday, 19 November 2026, and again on Mon 23 November.",
        "Thu 19-Sat 21 November, that is 2026-11-19 (Thursday).",
        "It sat 19 November out.",
        "19 November, Friday's price is lower.",
        "It was on Wednesday, 19 November 1997.",
    ],
)
def test_a_right_weekday_passes(answer: str) -> None:
    assert weekdays(answer) == []


def test_a_weekday_that_others_said_first_is_not_the_assistants() -> None:
    answer = "Fine: Wednesday, 19 November."
    assert weekdays(answer, said="On Wednesday, 19 November, please.") == []
    assert weekdays(answer, result='{"date": "2026-11-19", "weekday": "Wednesday"}') == []
