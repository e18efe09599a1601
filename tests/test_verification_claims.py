"""What an assistant claims to have done, held against the calls: devices, settings, a second deed beside a first."""

import pytest

from toolflow_graph.types import Message, Tool, ToolCall
from toolflow_graph.verification import RULES, Transcript

_NAMES = ("set_light_state", "start_timer", "update_thermostat", "lock_door", "send_email", "book_table", "get_status")
TOOLS = tuple(Tool(name=name, parameters={"type": "object"}) for name in _NAMES)


def claims(answer: str, called: str | None = None, result: str = '{"ok": true}', asked: str = "Please do it.") -> bool:
    """Whether the rule objects to an answer after one call (or none)."""
    messages = [Message(role="user", content=asked)]
    if called:
        messages.append(Message(role="assistant", tool_calls=(ToolCall(id="a", name=called),)))
        messages.append(Message(role="tool", tool_call_id="a", content=result))
    messages.append(Message(role="assistant", content=answer))
    return bool(list(RULES["claimed_success"].check(Transcript(messages=tuple(messages), tools=TOOLS))))


@pytest.mark.parametrize(
    "answer",
    [
        "I've turned on the light in the hall.",
        "I've switched off the lights for you.",
        "I have set the thermostat to 21 degrees.",
        "I've started a timer for ten minutes.",
        "The hall light is now on.",
        "The front door is now locked.",
        "Your thermostat has been set to 21 degrees.",
        "I've raised the thermostat by two degrees.",
    ],
)
def test_a_device_that_nobody_touched(answer: str) -> None:
    assert claims(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "Shall I turn on the light in the hall?",
        "The light is not on; I could not reach it.",
        "I've set out the options for the timer below: five or ten minutes?",
        "Once the timer is started, you will hear a tone.",
        "I can switch off the lights whenever you like.",
        "Which door has been locked, did you say?",
        "You said the thermostat is set too high.",
        "I've started by looking at what you need.",
    ],
)
def test_no_deed_is_claimed(answer: str) -> None:
    assert not claims(answer)


@pytest.mark.parametrize(
    ("answer", "called"),
    [
        ("I've turned on the light in the hall.", "set_light_state"),
        ("The hall light is now on.", "set_light_state"),
        ("I've started a timer for ten minutes.", "start_timer"),
        # What a reading says is news.
        ("The front door is now locked.", "get_status"),
        ("Your thermostat has been set to 21 degrees by your partner.", "get_status"),
    ],
)
def test_what_was_called_or_read_may_be_said(answer: str, called: str) -> None:
    assert not claims(answer, called)


def test_a_failed_call_is_no_deed() -> None:
    assert claims("The hall light is now on.", "set_light_state", '{"error": "device offline"}')
    assert not claims("The hall light is offline, so it is not on.", "set_light_state", '{"error": "device offline"}')


@pytest.mark.parametrize(
    ("answer", "called", "result", "found"),
    [
        ("I've booked the table and sent you an email with the details.", "book_table", '{"ok": true}', True),
        ("I've booked the table. I've also sent an email to your guests.", "book_table", '{"ok": true}', True),
        ("I've booked the table and locked the door.", "book_table", '{"ok": true}', True),
        ("I've booked the table.", "book_table", '{"ok": true}', False),
        ("I've booked the table and sent you an email.", "book_table", '{"email_sent": true}', False),
        ("I've booked the table; an email could not be sent.", "book_table", '{"ok": true}', False),
        ("I've booked the table and set it for six, as you asked.", "book_table", '{"ok": true}', False),
        ("I've booked the table. Shall I send an email, too?", "book_table", '{"ok": true}', False),
    ],
)
def test_a_second_deed_beside_a_first(answer: str, called: str, result: str, found: bool) -> None:
    assert claims(answer, called, result) == found
