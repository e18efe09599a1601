"""How answers are given: to their end, in words, and in the user's language."""

import json
from typing import Any

import pytest

from toolflow_graph.types import Message, Tool, ToolCall
from toolflow_graph.verification import RULES, Transcript
from toolflow_graph.verification.reading.languages import language_of, names_language
from toolflow_graph.verification.reading.wording import says_nothing

TOOLS = (
    Tool(name="get_order", parameters={"type": "object", "properties": {"order_id": {}}, "required": ["order_id"]}),
)
ORDER: dict[str, Any] = {
    "order_id": "ORD-4411",
    "state": "shipped",
    "note": "liegt beim Nachbarn, der ist zu Hause und hat es für dich",
    "lines": [{"sku": "KB-7", "title": "Keyboard", "count": 2}],
}
WHOLE = ("The order has left our house this morning.", "It should reach you on Friday at the latest.")


def _transcript(*texts: str, system: str | None = None) -> Transcript:
    """A read of an order, then assistant and user in turn, from the assistant on."""
    messages = [Message(role="system", content=system)] if system else []
    messages.append(Message(role="user", content="Where is my order ORD-4411?"))
    messages.append(
        Message(role="assistant", tool_calls=(ToolCall(id="a", name="get_order", arguments={"order_id": "ORD-4411"}),))
    )
    messages.append(Message(role="tool", tool_call_id="a", content=json.dumps(ORDER)))
    messages += [Message(role=("assistant", "user")[n % 2], content=text) for n, text in enumerate(texts)]
    return Transcript(messages=tuple(messages), tools=TOOLS)


def _found(code: str, transcript: Transcript) -> list[int | None]:
    return [finding.message_index for finding in RULES[code].check(transcript)]


def test_a_stop_word_that_the_instructions_ask_for_belongs_to_the_dialogue() -> None:
    ends = (*WHOLE, "It is on its way. TERMINATE")
    assert _found("control_words", _transcript(*ends)) == [5]
    assert _found("control_words", _transcript(*ends, system="Say TERMINATE when you are done.")) == []


def _breaks(last: str, *before: str) -> bool:
    texts = [text for said in before for text in (said, "And what else can you say of it?")]
    transcript = _transcript(*texts, last)
    return bool(_found("broken_off_text", transcript))


@pytest.mark.parametrize(
    "last",
    [
        "It holds two keyboards,",
        "It holds the following:",
        "It holds two keyboards and the",
        "The order is on its way, and you're",
        "The order holds (two keyboards",
        "Here is what it holds:\n```\nKB-7 2",
        "It holds two keyboards. They were packed this",
        "The parcel is",
        "I would ask the courier about it before you dri",
    ],
)
def test_a_text_that_breaks_off(last: str) -> None:
    assert _breaks(last, *WHOLE)


@pytest.mark.parametrize(
    "last",
    [
        "It holds two keyboards.",
        "It holds two keyboards, which are packed as one parcel #KeyboardsForEveryone #packed",
        "It says:\n  ```\nKB-7 2 pieces.```\n- [Open it](https://shop.example.com/o/4411)",
        "It holds:\n- two keyboards\n- one mouse",
        "It holds:\n\n| sku | count |\n|---|---|\n| KB-7 | 2 |",
        "Here is what it holds:\n```\nKB-7 2\n```",
        "**State:** shipped",
        "Glad to be of service 😊",
        "You can follow it here: https://www.harbor-post.com/t/4411",
        "Happy to help, have a lovely evening",
        "Is there anything else you would like to know",
        "Yours is the one in hall A",
        "Here is the letter:\n\nDear Ms Weber,\nthe order is late.\n\nBest regards,",
        "It is on its way (at last :(",
        "Sie ist auf dem Weg, rufen Sie mich gern an",
    ],
)
def test_a_text_that_has_its_end(last: str) -> None:
    assert not _breaks(last, WHOLE[0], "It holds two keyboards\n- KB-7")


def test_who_sets_no_full_stops_may_go_on_without() -> None:
    assert not _breaks("The parcel was packed this morning in our house", "It is on its way as we speak", *WHOLE)
    assert not _breaks("The parcel was packed this morning in our house", WHOLE[0])
    assert not _breaks("Your reference for this is 7GAWK763", WHOLE[0], WHOLE[1])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (json.dumps(ORDER), True),
        ("Here you are:\n```json\n" + json.dumps(ORDER, indent=2) + "\n```", True),
        ("It holds " + json.dumps(ORDER["lines"]) + ".", True),
        ('{"order_id": "ORD-4412"}', True),
        ("The order {ORD-4411} was shipped [today].", False),
        ('The rule is {"if": "late", "then": "refund of the postage to you"}.', False),
    ],
)
def test_data_instead_of_words(text: str, found: bool) -> None:
    assert bool(_found("dumped_data", _transcript(text))) == found


def test_who_asks_for_data_gets_data() -> None:
    assert not _found("dumped_data", _transcript("It is shipped.", "Show me the raw JSON.", json.dumps(ORDER)))
    assert not _found("dumped_data", _transcript(json.dumps(ORDER), system="Answer in JSON."))


GERMAN = "Die Bestellung ist auf dem Weg und wird am Freitag bei Ihnen sein."
FRENCH = "La commande est partie ce matin et elle sera chez vous vendredi, je vous le promets."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (GERMAN, "German"),
        (FRENCH, "French"),
        ("The order is on its way and should be with you on Friday.", "English"),
        ("El pedido ya está en camino y llegará el viernes a su casa, no se preocupe.", "Spanish"),
        ("您的订单已经发货，预计星期五送达。", "Chinese or Japanese"),
        ("Заказ уже в пути и будет у вас в пятницу.", "Cyrillic"),
        ("KB-7, KB-8, KB-9", None),
        ("Angela Merkel, Der Spiegel, Die Zeit, Berlin, Frankfurt an der Oder", None),
        ("Yes.", None),
    ],
)
def test_languages_beyond_doubt(text: str, language: str | None) -> None:
    assert language_of(text) == language


def _answered(answer: str, asked: str = "Where is it now, and when will it be here with me?", **more: Any) -> bool:
    return bool(_found("other_language", _transcript(WHOLE[0], asked, answer, **more)))


def test_an_answer_in_another_language() -> None:
    assert _answered(GERMAN)
    assert _answered("您的订单已经发货，预计星期五送达。")
    assert not _answered(WHOLE[1])
    assert not _answered("Die Zeit, Der Spiegel, Die Welt")
    assert not _answered(ORDER["note"])
    # Who changes the language, speaks of languages or has an assistant of another language gets what he asks for.
    assert not _answered(GERMAN, asked="Wo ist die Bestellung jetzt, und wann wird sie bei mir sein?")
    assert not _answered(GERMAN, asked="How would you say that in German?")
    assert not _answered(GERMAN, system="Du bist der Helfer für die Kunden und hast die Antwort auf alles.")


def test_texts_that_speak_of_languages() -> None:
    assert names_language("Please translate it")
    assert names_language("auf Englisch, bitte")
    assert not names_language("Where is my order?")


@pytest.mark.parametrize(
    ("text", "nothing"),
    [
        ("Yes, please go ahead.", True),
        ("I thought you knew that already.", True),
        ("Hmm, let me think.", True),
        ("Whatever you like best.", False),
        ("Yes, Lisbon.", False),
        ("5", False),
        ("Ja, bitte.", False),
        ("", False),
    ],
)
def test_replies_without_a_value(text: str, nothing: bool) -> None:
    assert says_nothing(text) == nothing


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Let me check that for you.", True),
        ("Understood, one moment please.", True),
        ("I'll look into it right away. Please hold on.", True),
        ("Please give me your name, and I'll look it up.", False),
        ("Once you confirm, I'll proceed.", False),
        ("Shall I check that for you? One moment.", False),
        ("I'll keep that in mind.", False),
        ("You will get a second chance.", False),
        ("I'll look forward to it.", False),
    ],
)
def test_promises_that_nothing_follows(text: str, found: bool) -> None:
    assert bool(_found("empty_promise", _transcript(WHOLE[0], "And the other one?", text))) == found


def test_a_promise_beside_a_call_is_none() -> None:
    assert not _found("empty_promise", _transcript("Let me check that for you."))
