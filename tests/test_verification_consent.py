"""Changes before the user's yes, in dialogues without a plan, and how dialogues with simulated users end."""

import pytest

from toolflow_graph.types import Message, Tool, ToolCall
from toolflow_graph.verification import RULES, Transcript, verify
from toolflow_graph.verification.rules.consent import demand_of

EXPLICIT = (
    "You help airline customers. Before taking any actions that update the booking database, you must list the details "
    "and obtain explicit user confirmation (yes) to proceed. Be brief."
)
MILD = (
    "Before you book, order, send, change or delete anything, tell the user what you plan and wait for their approval."
)
_NAMES = ("cancel_booking", "get_booking", "transfer_to_human_agents")
TOOLS = tuple(Tool(name=name, parameters={"type": "object"}) for name in _NAMES)
OFFER = "That is booking K1 to Rome. Would you like me to cancel it?"


def codes(*texts: str, system: str = EXPLICIT, tool: str = "cancel_booking") -> list[str]:
    """The findings of user and assistant texts in turn, a call of ``tool`` and the assistant's last words."""
    roles = [("user", "assistant")[place % 2] for place in range(len(texts))]
    messages = [Message(role="system", content=system)]
    messages += [
        Message.model_validate({"role": role, "content": text}) for role, text in zip(roles, texts, strict=True)
    ]
    messages.append(Message(role="assistant", tool_calls=(ToolCall(id="a", name=tool),)))
    messages.append(Message(role="tool", tool_call_id="a", content='{"status": "done"}'))
    messages.append(Message(role="assistant", content="That is done. Anything else?"))
    return [finding.code for finding in verify(Transcript(messages=tuple(messages), tools=TOOLS)).findings]


@pytest.mark.parametrize(
    ("system", "demands"),
    [
        (EXPLICIT, True),
        (MILD, True),
        ("Always get the user's consent before every payment.", True),
        ("Do not execute any transaction without the customer's confirmation.", True),
        ("Before you cancel a flight, ask for the confirmation number.", False),
        ("Confirm the user's e-mail address before the call ends.", False),
        ("You are a helpful assistant.", False),
    ],
)
def test_what_demands_a_yes(system: str, demands: bool) -> None:
    assert (demand_of(system) is not None) == demands


@pytest.mark.parametrize(
    "texts",
    [
        ("Cancel booking K1 for me.",),
        ("Can you cancel K1?", "Which one is it?", "The one to Rome, booked last week."),
        ("Can you cancel K1?", "Please tell me which of the two you mean.", "I'll take the second one."),
    ],
)
def test_a_change_without_a_yes(texts: tuple[str, ...]) -> None:
    assert codes(*texts) == ["unconfirmed_write"]


@pytest.mark.parametrize(
    "texts",
    [
        ("Can you cancel K1?", OFFER, "Yes, please."),
        ("Can you cancel K1?", OFFER, "Sure"),
        ("Can you cancel K1?", OFFER, "Yes, go ahead.", "From which card did you pay?", "The blue one."),
        ("I confirm that you may cancel K1, please proceed.",),
    ],
)
def test_a_change_after_a_yes(texts: tuple[str, ...]) -> None:
    assert codes(*texts) == []


@pytest.mark.parametrize(
    "said",
    [
        "No, keep it.",
        "I'd rather not.",
        "Please don't.",
        "Let me think about it first.",
        "Not now.",
        "Nah, forget it.",
    ],
)
def test_a_no_is_a_no(said: str) -> None:
    assert codes("Can you cancel K1?", OFFER, said) == ["refused_write"]


@pytest.mark.parametrize("said", ["No, cancel it.", "No problem, yes.", "Don't worry, yes, go ahead."])
def test_a_no_that_asks_for_it_is_none(said: str) -> None:
    assert codes("K1, please.", "Would you like to keep it, or shall I cancel it?", said, system="Be brief.") == []


@pytest.mark.parametrize(
    ("system", "found"),
    [
        ("Always ask for confirmation before a cancellation or a transfer.", True),
        ("Before cancelling any booking, ask the user to confirm.", True),
        ("Ask for confirmation before sending a mail.", False),
        ("Before you cancel a flight, ask for the confirmation number.", False),
    ],
)
def test_a_yes_may_be_wanted_before_one_kind_of_deed(system: str, found: bool) -> None:
    assert codes("Cancel booking K1 for me.", system=system) == (["unconfirmed_write"] if found else [])


def test_an_order_is_a_yes_where_no_explicit_one_is_wanted() -> None:
    texts = ("Can you cancel one?", "K1 or K2?", "Please cancel K2.")
    assert codes(*texts, system=MILD) == []
    assert codes(*texts, system=EXPLICIT) == ["unconfirmed_write"]
    assert codes(*texts, system="You are a helpful assistant.") == []


def test_reading_and_handing_over_need_no_yes() -> None:
    assert codes("What is with K1?", tool="get_booking") == []
    assert codes("I want a person.", tool="transfer_to_human_agents") == []


def ending(*last: Message) -> list[str]:
    """The findings of a short dialogue with these last messages."""
    messages = (Message(role="user", content="Is K1 to Rome?"), Message(role="assistant", content="It is."), *last)
    return [finding.code for finding in verify(Transcript(messages=messages, tools=TOOLS)).findings]


@pytest.mark.parametrize("said", ["###STOP###", "Thanks, that is all. ###STOP###", "[END]", "Great! TERMINATE"])
def test_a_stop_word_is_one_finding(said: str) -> None:
    assert ending(Message(role="user", content=said)) == ["control_words"]


def test_a_question_left_open_is_unfinished_whatever_follows_it() -> None:
    assert ending(Message(role="user", content="And K2?")) == ["unfinished_turn"]
    call = Message(role="assistant", tool_calls=(ToolCall(id="a", name="get_booking"),))
    result = Message(role="tool", tool_call_id="a", content='{"to": "Oslo"}')
    stop = Message(role="user", content="###STOP###")
    found = ending(Message(role="user", content="And K2?"), call, result, stop)
    assert {"unfinished_turn", "control_words"} <= set(found)


@pytest.mark.parametrize(
    ("asked", "said", "found"),
    [
        ("Shall I move K1 to Friday?", "Yes, do that. Thank you! ###STOP###", True),
        ("K1 moves to Friday, for 12 EUR. Please confirm.", "Okay, go on. [END]", True),
        ("Would you like me to move K1?", "Yes, but that's all for today. ###STOP###", False),
        ("K1 is confirmed. Would you like me to do anything else?", "Yes, have a look at K2. ###STOP###", False),
        ("K1 is confirmed.", "Yes, thanks! ###STOP###", False),
        ("I can transfer you to a colleague. Shall I go ahead?", "Sure. ###STOP###", False),
        ("Shall I move K1 to Friday?", "No, leave it there. ###STOP###", False),
    ],
)
def test_a_yes_after_which_the_user_hangs_up(asked: str, said: str, found: bool) -> None:
    last = (Message(role="user", content="And now?"), Message(role="assistant", content=asked))
    assert ("unheeded_yes" in ending(*last, Message(role="user", content=said))) == found


def test_a_second_attempt_is_covered_by_the_first_yes() -> None:
    call = Message(role="assistant", tool_calls=(ToolCall(id="a", name="cancel_booking"),))
    again = Message(role="assistant", tool_calls=(ToolCall(id="b", name="cancel_booking", arguments={"card": "blue"}),))
    messages = (
        Message(role="system", content=EXPLICIT),
        Message(role="user", content="Can you cancel K1?"),
        Message(role="assistant", content=OFFER),
        Message(role="user", content="Yes."),
        call,
        Message(role="tool", tool_call_id="a", content='{"error": "which card?"}'),
        Message(role="assistant", content="Which card should get the refund?"),
        Message(role="user", content="The blue one."),
        again,
        Message(role="tool", tool_call_id="b", content='{"status": "done"}'),
        Message(role="assistant", content="That is done."),
    )
    assert [f.code for f in verify(Transcript(messages=messages, tools=TOOLS)).findings] == []
    # A yes to one thing does not last for ever.
    later = (
        *messages[:4],
        Message(role="assistant", content="K1 is not paid yet."),
        Message(role="user", content="I see. What does it cost?"),
        Message(role="assistant", content="It costs 80 euros for all of you."),
        Message(role="user", content="That is much for a booking."),
        *messages[8:],
    )
    assert "unconfirmed_write" in [f.code for f in verify(Transcript(messages=later, tools=TOOLS)).findings]


@pytest.mark.parametrize(
    ("question", "reply", "card", "found"),
    [
        ("Shall I go ahead and lock CRD-7041?", "Yes, please.", "CRD-9920", True),
        ("Shall I go ahead and lock CRD-7041?", "Yes, please.", "CRD-7041", False),
        ("Shall I go ahead and lock CRD-7041 or CRD-9920?", "Yes, please.", "CRD-9920", False),
        ("Shall I go ahead and lock CRD-7041?", "No, the other one: CRD-9920.", "CRD-9920", False),
        ("Shall I go ahead and lock the card of ACC-11?", "Yes, please.", "CRD-9920", False),
        ("CRD-7041 is the blue one.", "Ok.", "CRD-9920", False),
    ],
)
def test_what_was_agreed_to_is_what_is_done(question: str, reply: str, card: str, found: bool) -> None:
    call = ToolCall(id="a", name="lock_card", arguments={"card_id": card})
    messages = (
        Message(role="user", content="I have two cards, CRD-7041 and CRD-9920. One of them is lost."),
        Message(role="assistant", content=question),
        Message(role="user", content=reply),
        Message(role="assistant", tool_calls=(call,)),
        Message(role="tool", tool_call_id="a", content='{"status": "done"}'),
        Message(role="assistant", content="That is done."),
    )
    tools = (Tool(name="lock_card", parameters={"type": "object", "properties": {"card_id": {"type": "string"}}}),)
    said = [f.code for f in verify(Transcript(messages=messages, tools=tools)).findings]
    assert said == (["not_as_agreed"] if found else [])


def test_a_greeting_may_open_and_thanks_may_close() -> None:
    def found(*messages: Message) -> set[str]:
        codes = ("role_order", "opening_greeting", "unfinished_turn")
        return {spot.code for code in codes for spot in RULES[code].check(Transcript(messages=messages))}

    asked = Message(role="user", content="When does the museum open?")
    answer = Message(role="assistant", content="It opens at nine.")
    greeting = Message(role="assistant", content="Good morning! How can I help you?")
    assert found(greeting, asked, answer) == {"opening_greeting"}
    assert found(answer, asked, answer) == {"role_order"}
    assert found(asked, answer, Message(role="user", content="Great, thank you!")) == set()
    assert found(asked, answer, Message(role="user", content="Thanks. And on Sunday?")) == {"unfinished_turn"}
