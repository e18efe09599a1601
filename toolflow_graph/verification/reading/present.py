"""The present of a dialogue whose system message does not state it: a user says it, or a tool that is asked for it."""

import re
from collections.abc import Iterator

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Message
from toolflow_graph.verification.reading.moments import find_now
from toolflow_graph.verification.reading.wording import listed
from toolflow_graph.verification.toolcards import split_name

# "Today is Monday, 2026-03-09", "today's date: March 9, 2026"; what stands farther off is another day.
_TODAY = lazy_regex(
    r"\b(?:today(?:['’]s date)?|current date)(?:\s+is\b|\s*[:,(]|\s+being\b)[^.?!\n\d]{0,24}\d[^.?!\n]{0,22}",
    re.IGNORECASE,
)
_TODAYS = lazy_regex(r"today|current date", re.IGNORECASE)
# All the words that the name of a tool may have that tells the date or the time, and those that make it one.
_CLOCK_WORDS = frozenset(listed("get what tell check query the is s current local system server utc day clock zone in"))
_MOMENTS = frozenset(listed("date time datetime today now timestamp"))
_LONGEST = 400


def stated_now(messages: tuple[Message, ...]) -> str | None:
    """The first date that messages state as the present, in ISO's form, with its time if it has one; or None."""
    return next((now for text in _texts(messages) if (now := find_now(text)) is not None), None)


def _texts(messages: tuple[Message, ...]) -> Iterator[str]:
    clocks: set[str] = set()
    for message in messages:
        content = message.content or ""
        if message.role == "user" and _TODAYS.search(content):
            yield from (match.group() for match in _TODAY.finditer(content))
        clocks |= {call.id for call in message.tool_calls if _tells_now(call.name)}
        if message.role == "tool" and message.tool_call_id in clocks and len(content) <= _LONGEST:
            yield content


def _tells_now(name: str) -> bool:
    words = set(split_name(name))
    return bool(words & _MOMENTS) and words <= _CLOCK_WORDS | _MOMENTS
