"""Excuses by technical issues that nothing shows."""

import pytest

from toolflow_graph.types import Message, Tool, ToolCall
from toolflow_graph.verification import Transcript, verify

TOOLS = tuple(Tool(name=name, parameters={"type": "object"}) for name in ("find_member", "hand_over"))


def finds(*messages: Message) -> bool:
    verdict = verify(Transcript(messages=messages, tools=TOOLS))
    return "invented_outage" in {finding.code for finding in verdict.findings}


def excuse(text: str, asked: str = "Renew my library card, please.") -> bool:
    return finds(Message(role="user", content=asked), Message(role="assistant", content=text))


@pytest.mark.parametrize(
    "text",
    [
        "I'm having a technical problem at the moment and can't look you up.",
        "We are currently experiencing some technical difficulties.",
        "I am running into an issue with our member system.",
        "Sorry for the technical glitch. What is your postcode?",
        "The tools I need for that are not responding.",
        "Our database is temporarily offline.",
    ],
)
def test_an_excuse_without_a_call(text: str) -> None:
    assert excuse(text)
    # Handed on to a colleague, it is no truer.
    call = ToolCall(id="a", name="hand_over", arguments={"summary": f"Wants a new card. {text}"})
    assert finds(
        Message(role="user", content="Renew my library card, please."),
        Message(role="assistant", tool_calls=(call,)),
        Message(role="tool", tool_call_id="a", content='{"ok": true}'),
        Message(role="assistant", content="A colleague takes over now."),
    )


@pytest.mark.parametrize(
    "text",
    [
        "Are you having a technical problem?",
        "I'm sorry to hear that you are experiencing technical difficulties.",
        "If we are experiencing technical difficulties, you will hear from us.",
        "I apologize for the technical issues you ran into.",
        "I have no tool for that.",
        "I can't reach the system of your bank.",
        "The system is working on it.",
    ],
)
def test_no_excuse(text: str) -> None:
    assert not excuse(text)


def test_trouble_that_somebody_told_of() -> None:
    text = "I'm sorry, we are experiencing technical difficulties."
    assert excuse(text)
    assert not excuse(text, asked="Your page is down. Renew my library card, please.")
    call = Message(role="assistant", tool_calls=(ToolCall(id="a", name="find_member"),))
    asks, says = Message(role="user", content="Renew my card, please."), Message(role="assistant", content=text)
    for result, found in (('{"error": "HTTP 503"}', False), ('{"note": "in maintenance"}', False), ('{"id": 7}', True)):
        assert finds(asks, call, Message(role="tool", tool_call_id="a", content=result), says) is found
