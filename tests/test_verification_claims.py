"""What an assistant claims to have done, held against the calls: devices, settings, a second deed beside a first."""

import pytest

from toolflow_graph.types import Message, Tool, ToolCall
from toolflow_graph.verification import RULES, Transcript

_NAMES = ("set_light_state", "start_timer", "update_thermostat", "lock_door", "send_email", "book_table", "get_status")
TOOLS = tuple(Tool(name=name, parameters={"type": "object"}) for name in _NAMES)


def claims(
    answer: str,
    called: str | None = None,
    result: str = '{"ok": true}',
    asked: str = "Please do it.",
    tools: tuple[Tool, ...] = TOOLS,
) -> bool:
    """Whether the rule objects to an answer after one call (or none)."""
    messages = [Message(role="user", content=asked)]
    if called:
        messages.append(Message(role="assistant", tool_calls=(ToolCall(id="a", name=called),)))
        messages.append(Message(role="tool", tool_call_id="a", content=result))
    messages.append(Message(role="assistant", content=answer))
    return bool(list(RULES["claimed_success"].check(Transcript(messages=tuple(messages), tools=tools))))


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
        "Because the door has been painted, I would rather wait.",
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


_DOERS = ("update_event", "add_comment", "close_issue", "transfer_money", "create_order", "book_flight")
_WIDE = tuple(Tool(name=name, parameters={"type": "object"}) for name in (*_DOERS, "get_event", "get_order"))
_FINE = '{"ok": true}'
_FAILS = '{"error": {"code": "conflict", "message": "The time is taken."}}'
_MOVE = ("update_event", {"event_id": "E1", "start": "15:00"}, _FAILS)
_COMMENT = ("add_comment", {"issue": 398, "text": "Fixed in 2.1"}, _FINE)
_CLOSE = ("close_issue", {"issue": 398}, '{"error": {"code": "locked", "message": "The issue is locked."}}')
_Call = tuple[str, dict[str, object], str]


def objects(answer: str, *made: _Call, asked: str = "Please do it.") -> bool:
    """Whether the rule objects to an answer after calls that were made side by side."""
    messages = [Message(role="user", content=asked)]
    calls = tuple(ToolCall(id=f"c{n}", name=name, arguments=given) for n, (name, given, _) in enumerate(made))
    if calls:
        messages.append(Message(role="assistant", tool_calls=calls))
    messages += [
        Message(role="tool", tool_call_id=call.id, content=got) for call, (*_, got) in zip(calls, made, strict=True)
    ]
    messages.append(Message(role="assistant", content=answer))
    return bool(list(RULES["claimed_success"].check(Transcript(messages=tuple(messages), tools=_WIDE))))


@pytest.mark.parametrize(
    ("answer", "made"),
    [
        ("Moved it to 3 PM.", [_MOVE]),
        ("Done, moved it to 3 PM.", [_MOVE]),
        ("I moved the event to 3 PM.", [_MOVE]),
        ("Sure, I've shifted it to 3 PM.", [_MOVE]),
        ("I checked the calendar and moved it to 3 PM.", [_MOVE]),
        ("Your event now starts at 3 PM.", [_MOVE]),
        ("It now begins at 3 PM.", [_MOVE]),
        ("The update of your event was successful.", [_MOVE]),
        ("Rescheduled the event to 3 PM.", []),
        ("I commented on #398 and closed it.", [_COMMENT, _CLOSE]),
        ("I've commented on #398 and closed it.", [_COMMENT, _CLOSE]),
        ("Commented on #398 and resolved the issue.", [_COMMENT, _CLOSE]),
        ("I added your comment. I also closed #398.", [_COMMENT, _CLOSE]),
        ("Your comment is on #398. Closed the issue, too.", [_COMMENT, _CLOSE]),
        ("That has been taken care of.", []),
        ("It's all taken care of now.", []),
        ("Everything has been sorted out for you.", []),
        ("Your transfer of 250 was successful.", []),
        ("The transfer of 250 to Ana went through.", []),
        ("Your payment has been processed.", [("transfer_money", {"amount": 250}, _FAILS)]),
        ("Your order is confirmed!", []),
        ("Your booking for two is now confirmed.", []),
        ("I pushed it to 4 PM.", [_MOVE]),
        ("It's now at 3 PM.", [_MOVE]),
        ("Event moved to 3 PM.", [_MOVE]),
        ("Rescheduled!", [_MOVE]),
        ("Your meeting was moved to 3 PM.", [_MOVE]),
        ("Issue #398 has been closed.", [_COMMENT, _CLOSE]),
        ("Your flight is confirmed.", [("book_flight", {"flight": "LH1"}, _FAILS)]),
        ("I reserved your seat on it.", [("book_flight", {"flight": "LH1"}, _FAILS)]),
        ("I placed your order.", []),
        ("I took care of that for you.", []),
        ("Your transfer has gone through.", []),
    ],
)
def test_ordinary_words_for_what_was_not_done(answer: str, made: list[_Call]) -> None:
    assert objects(answer, *made)


_READ = ("get_order", {"order_id": "7"}, '{"status": "delivered", "paid": true}')
_BOOKED = ("get_event", {"event_id": "E1"}, '{"status": "confirmed", "start": "15:00"}')


@pytest.mark.parametrize(
    ("answer", "made"),
    [
        # What results say, of the past or of others.
        ("Your booking is confirmed.", [_BOOKED]),
        ("The order was successful.", [_READ]),
        ("Your event now starts at 3 PM.", [_BOOKED]),
        ("Your transfer went through last week.", []),
        ("That has been taken care of by your bank.", []),
        ("Ana says that she moved the event to 3 PM.", [_MOVE]),
        ("You wrote that the transfer went through.", []),
        ("The event was moved to 2 PM by Ana, and 3 PM is taken.", [_MOVE]),
        ("Your comment is posted. The issue was closed by Ana in May.", [_COMMENT, _CLOSE]),
        ("The slot at 3 PM is now taken by another meeting.", [_MOVE]),
        ("Happy to hear that everything is arranged!", []),
        ("I updated the list of events above.", []),
        ("I've changed my suggestion: book the event room first.", []),
        # Failures honestly told, wholly or half.
        ("I tried to move it to 3 PM, but the time is taken.", [_MOVE]),
        ("Your event still starts at 2 PM; the new time is taken.", [_MOVE]),
        ("I moved nothing: 3 PM is taken.", [_MOVE]),
        ("I commented on #398, but could not close it.", [_COMMENT, _CLOSE]),
        ("I commented on #398. Closing it failed: the issue is locked.", [_COMMENT, _CLOSE]),
        ("I commented on #398; it stays open, as it is locked.", [_COMMENT, _CLOSE]),
        ("I added your comment to #398.", [_COMMENT, _CLOSE]),
        # Offers, conditions, questions, quotations, advice.
        ("Shall I say that I moved the event to 3 PM?", [_MOVE]),
        ("I can have it moved to 4 PM, if you like.", [_MOVE]),
        ("Once the transfer went through, you'll get a mail.", []),
        ("Your booking is confirmed once you have paid.", []),
        ("Your booking is confirmed only after payment.", []),
        ("Has that been taken care of?", []),
        ("Let me know when that has been taken care of.", []),
        ('The page then reads "Your transfer was successful".', []),
        ("You'll see whether your order is confirmed.", []),
        ("Everything is handled automatically.", []),
        ("Moved events keep their guests.", []),
        ("A transfer is usually processed within a day.", []),
        ("You're all set, have a nice day!", []),
        # What was really done.
        ("I moved the event to 3 PM.", [("update_event", {"event_id": "E1"}, _FINE)]),
        ("I commented on #398 and closed it.", [_COMMENT, ("close_issue", {"issue": 398}, _FINE)]),
        ("Your payment went through.", [("transfer_money", {"amount": 250}, _FINE)]),
    ],
)
def test_honest_words_pass(answer: str, made: list[_Call]) -> None:
    assert not objects(answer, *made)


def test_what_the_user_says_is_settled_may_be_said_again() -> None:
    assert not objects("Good, that has been taken care of then.", asked="My bank has handled the transfer.")
    assert not objects("Good that your order is confirmed.", asked="I got a mail: the order is confirmed.")


_TABLES = tuple(tool for tool in TOOLS if tool.name in ("book_table", "get_status"))


@pytest.mark.parametrize(
    "answer",
    [
        "I've sent the invoice to your accountant as well.",
        "I also ordered a taxi to the station.",
        "I went ahead and deleted the old recordings.",
        "Your password has been reset too.",
        "I've bought the flowers.",
    ],
)
@pytest.mark.parametrize("called", [None, "book_table"])
def test_a_deed_that_no_tool_here_does(answer: str, called: str | None) -> None:
    assert claims(answer, called, asked="What about Friday?", tools=_TABLES)


@pytest.mark.parametrize(
    "answer",
    [
        "I've sent you the list above.",
        "I've deleted the second line.",
        "I haven't ordered a taxi.",
        "Shall I order a taxi, as I've ordered one before?",
        "Here is the draft: I've sent the invoice to your accountant.",
        "The taxi has been ordered by your wife, I read.",
        "I've kept the invoice for your accountant in mind.",
    ],
)
def test_deeds_of_words_and_of_others(answer: str) -> None:
    assert not claims(answer, asked="What about the taxi on Friday?", tools=_TABLES)


def test_tools_that_can_do_anything_may_have_done_it() -> None:
    messages = (
        Message(role="user", content="Please see to it."),
        Message(role="assistant", tool_calls=(ToolCall(id="a", name="click_button"),)),
        Message(role="tool", tool_call_id="a", content='{"ok": true}'),
        Message(role="assistant", content="I've ordered a taxi to the station."),
    )
    tools = (*_TABLES, Tool(name="click_button", parameters={"type": "object"}))
    assert not list(RULES["claimed_success"].check(Transcript(messages=messages, tools=tools)))


def test_what_a_tool_is_for_is_no_deed_of_it() -> None:
    tools = (Tool(name="exchange_shipped_parcel", parameters={"type": "object"}),)

    def claims_it(answer: str) -> bool:
        messages = (Message(role="user", content="Help me, please."), Message(role="assistant", content=answer))
        return bool(list(RULES["claimed_success"].check(Transcript(messages=messages, tools=tools))))

    assert not claims_it("As your parcel has been shipped, I can exchange it.")
    assert not claims_it("Since the parcel has been opened, only an exchange is left.")
    assert claims_it("Your parcel has been exchanged.")
    assert claims_it("Since the parcel has been exchanged, you only have to wait.")
