"""What the person has told beside a call's arguments: the service hears of it."""

from toolflow_graph.dialogue.spoken import spoken_beside
from toolflow_graph.types import Cue, Fact, Message, Plan, Request, Slot, ToolCall

ARTICLE = Fact(name="article number", value="PRD-20953")
SINCE = Fact(name="ordered since", value="2026-11-02")


def call(name: str, **arguments: object) -> Message:
    made = ToolCall(id=name, name=name, arguments=arguments)
    return Message(role="assistant", tool_calls=(made,))


def said(text: str) -> Message:
    return Message(role="user", content=text)


def told(request: Request, messages: list[Message], cues: tuple[Cue, ...] = ()) -> dict[str, list[str]]:
    plan = Plan(requests=(request,))
    found = spoken_beside(plan, (0,), cues, messages)
    return {name: [fact.name for fact in facts] for name, facts in found.items()}


def test_a_withheld_value_counts_once_it_is_told() -> None:
    request = Request(kind="tool", intent="return it", withheld=(ARTICLE,))
    early = [said("I want to return something"), call("list_orders")]
    asked = Message(role="assistant", content="Which article?")
    assert told(request, early) == {"list_orders": []}
    late = [said("I want to return something"), asked, said("It says PRD-20953"), call("list_orders")]
    assert told(request, late) == {"list_orders": ["article number"]}


def test_what_the_call_carries_is_not_told_again() -> None:
    request = Request(kind="tool", intent="see orders", facts=(SINCE, ARTICLE))
    assert told(request, [said("..."), call("list_orders", ordered_after="2026-11-02")]) == {
        "list_orders": ["article number"]
    }


def test_a_value_that_turns_out_wrong_or_was_taken_back_does_not_count() -> None:
    right = Fact(name="article number", value="PRD-99999")
    request = Request(kind="tool", intent="x", facts=(ARTICLE,), revision=right, slot=Slot(mishap="not_found"))
    first = [said("..."), call("find")]
    assert told(request, first) == {"find": []}
    cue = Cue(kind="revise", request=0, message_index=2)
    found = spoken_beside(Plan(requests=(request,)), (0,), (cue,), [*first, said("sorry"), call("again")])
    assert found["again"] == (right,)


def test_another_requests_facts_stay_away() -> None:
    plan = Plan(requests=(Request(kind="tool", intent="x", facts=(ARTICLE,)), Request(kind="tool", intent="y")))
    found = spoken_beside(plan, (0, 2), (), [said("a"), call("one"), said("b"), call("two")])
    assert found == {"one": (ARTICLE,), "two": ()}
