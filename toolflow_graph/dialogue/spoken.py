"""What the person has told of the current request beside what a call carries: the service's results must not deny it.

A planner invents facts, a service invents results, and neither hears the other. A product number that the person reads
from a slip stands in none of the orders that the service lists, unless the service knows of it.
"""

from collections.abc import Iterator, Sequence

from toolflow_graph.dialogue.staging import cues_of
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Cue, Fact, Json, Message, Plan, Request, ToolCall
from toolflow_graph.verification.provenance.grounding import iter_leaves
from toolflow_graph.verification.reading.wording import normalise

_MOMENT = lazy_regex(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)")
_LONGEST = 60
"""Longer texts are to be sent or stored: they tell nothing of what there is."""


def spoken_beside(
    plan: Plan, starts: Sequence[int], cues: Sequence[Cue], messages: Sequence[Message]
) -> dict[str, tuple[Fact, ...]]:
    """By call id: the facts of the call's request that the person has told by then and that the call does not carry."""
    found: dict[str, tuple[Fact, ...]] = {}
    for index, message in enumerate(messages):
        number = sum(1 for start in starts if start <= index) - 1
        if message.tool_calls and 0 <= number < len(plan.requests):
            turns = sum(1 for each in messages[starts[number] : index] if each.role == "user")
            revised = any(cue.message_index <= index for cue in cues_of(cues, number, "revise"))
            told = tuple(_told(plan.requests[number], turns, revised))
            short = [fact for fact in told if len(str(fact.value)) <= _LONGEST]
            found |= {call.id: tuple(fact for fact in short if not _carries(call, fact)) for call in message.tool_calls}
    return found


def _told(request: Request, turns: int, revised: bool) -> Iterator[Fact]:
    """The facts of a request that count after so many of the person's messages.

    What is withheld is told in the second. A value that is to turn out wrong, or that was taken back, does not count.
    """
    passing = request.revision is not None and (revised or request.slot.mishap is not None)
    name = request.revision.name if request.revision is not None and passing else None
    yield from (fact for fact in request.facts if fact.name != name)
    if request.revision is not None and revised:
        yield request.revision
    if turns > 1:
        yield from request.withheld


def _carries(call: ToolCall, fact: Fact) -> bool:
    """Whether a call's arguments hold all that a fact says."""
    given = {_plain(value) for *_, value in iter_leaves(call.arguments)}
    return all(_plain(value) in given for *_, value in iter_leaves({"fact": fact.value}))


def _plain(value: Json) -> str:
    """A value as it compares; a moment to the minute, however it is written."""
    text = str(value)
    moment = _MOMENT.match(text)
    return f"{moment[1]} {moment[2]}" if moment else normalise(text)
