"""Rules about the order of messages, calls and answers, and about how the dialogue ended."""

import re
from collections.abc import Iterator

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Message
from toolflow_graph.verification.reading.wording import normalise
from toolflow_graph.verification.registry import Spot, rule
from toolflow_graph.verification.rules.text import ends_by_stop_word, is_pleasantry
from toolflow_graph.verification.transcript import Transcript

_LONG = 40
_DOTS = ".…-–—_`'\"“”*#,;: \n\t"


@rule("malformed_message", "error", "A message cannot be read: unknown role, no text where text must be, broken calls.")
def malformed_message(transcript: Transcript) -> Iterator[Spot]:
    for unread in transcript.unread:
        if unread.what == "message":
            yield unread.message_index, unread.reason


@rule(
    "malformed_tool",
    "error",
    "A tool definition cannot be read: no valid name, no schema, or one that is no JSON Schema.",
)
def malformed_tool(transcript: Transcript) -> Iterator[Spot]:
    for unread in transcript.unread:
        if unread.what == "tool":
            yield None, unread.reason


@rule("no_messages", "error", "There is no message of the user or the assistant.")
def no_messages(transcript: Transcript) -> Iterator[Spot]:
    if not transcript.broke_off and not any(message.role in ("user", "assistant") for message in transcript.messages):
        yield None, "the dialogue has no user or assistant message"


@rule("no_tools", "error", "No tool is offered.")
def no_tools(transcript: Transcript) -> Iterator[Spot]:
    if not transcript.tools:
        yield None, "the dialogue offers no tools"


@rule(
    "role_order",
    "error",
    "Roles are out of order: one optional system message, then user, assistant with calls, their results, assistant.",
)
def role_order(transcript: Transcript) -> Iterator[Spot]:
    previous: str | None = None
    last_caller: int | None = None
    for index, message in enumerate(transcript.messages):
        role = message.role
        if role == "assistant" and message.tool_calls:
            last_caller = index
        problem = None
        if role == "system" and index > 0:
            problem = "a system message may only come first"
        elif role == "user" and previous in ("user", "tool"):
            problem = f"a user message follows a {previous} message; the assistant has to answer first"
        elif role == "assistant" and previous in (None, "system") and not _is_greeting(message):
            problem = "the assistant speaks before the user"
        elif role == "assistant" and previous == "assistant":
            problem = "two assistant messages in a row"
        elif role == "tool" and transcript.answer_fit(index) == "answer":
            site = transcript.site_of_result[index]
            if previous not in ("calls", "tool") or site.message_index != last_caller:
                problem = f"the result of call {site.call.id!r} does not follow the message that made the call"
        if problem:
            yield index, problem
        # A call that nobody answered is the business of unanswered_call, whoever speaks next.
        previous = "calls" if role == "assistant" and message.tool_calls else role


_GREETING = lazy_regex(
    r"\W*(?:hi|hello|hey|welcome|greetings|good (?:morning|afternoon|evening|day)|"
    r"thank(?:s| you) for (?:calling|contacting|reaching out|choosing)|how (?:can|may) I (?:help|assist)|"
    r"what can I (?:do for|help) you|this is|you['’]ve reached)\b",
    re.IGNORECASE,
)
_LONGEST_GREETING = 240


def _is_greeting(message: Message) -> bool:
    """Whether a message only greets and offers help: agents on the phone and in chats open like that."""
    said = message.content or ""
    return not message.tool_calls and len(said) <= _LONGEST_GREETING and _GREETING.match(said) is not None


@rule(
    "opening_greeting",
    "warning",
    "The assistant greets before the user has spoken; several chat templates take no dialogue that begins so.",
)
def opening_greeting(transcript: Transcript) -> Iterator[Spot]:
    first = 1 if transcript.messages and transcript.messages[0].role == "system" else 0
    opening = transcript.messages[first : first + 1]
    if opening and opening[0].role == "assistant" and _is_greeting(opening[0]):
        yield first, "the assistant speaks first; cut the greeting if the model's chat template begins with the user"


@rule("unanswered_call", "error", "A tool call has no result.")
def unanswered_call(transcript: Transcript) -> Iterator[Spot]:
    for site in transcript.sites:
        if site.result_index is None:
            yield site.message_index, f"call {site.call.id!r} of {site.call.name!r} has no result"


@rule("orphan_result", "error", "A tool message answers no call that was made.")
def orphan_result(transcript: Transcript) -> Iterator[Spot]:
    for index, message in enumerate(transcript.messages):
        if message.role == "tool" and transcript.answer_fit(index) == "orphan":
            yield index, f"no call before it has the id {message.tool_call_id!r}"


@rule("doubly_answered_call", "error", "A tool call has two results.")
def doubly_answered_call(transcript: Transcript) -> Iterator[Spot]:
    for index, message in enumerate(transcript.messages):
        if message.role == "tool" and transcript.answer_fit(index) == "double":
            yield index, f"call {message.tool_call_id!r} was answered before"


@rule("duplicate_call_id", "error", "Two calls of the dialogue share an id.")
def duplicate_call_id(transcript: Transcript) -> Iterator[Spot]:
    seen: set[str] = set()
    for site in transcript.sites:
        if site.call.id in seen:
            yield site.message_index, f"the call id {site.call.id!r} is used twice"
        seen.add(site.call.id)


@rule("unfinished_turn", "error", "The dialogue does not end with the assistant's text.")
def unfinished_turn(transcript: Transcript) -> Iterator[Spot]:
    if not transcript.messages or transcript.broke_off:
        return
    last = transcript.messages[-1]
    if _is_answer(last):
        return
    said = transcript.messages[-2] if len(transcript.messages) > 1 else None
    parting = ends_by_stop_word(last.content or "") or is_pleasantry(last.content or "")
    if last.role == "user" and parting and said is not None and _is_answer(said):
        # A user who thanks or hangs up leaves nothing open; a stop word is the business of control_words.
        return
    what = "a tool call" if last.tool_calls else f"a {last.role} message"
    yield len(transcript.messages) - 1, f"the dialogue ends with {what}, not with the assistant's answer"


def _is_answer(message: Message) -> bool:
    return message.role == "assistant" and not message.tool_calls


@rule("empty_message", "error", "A message of the system, the user or the assistant says nothing and calls nothing.")
def empty_message(transcript: Transcript) -> Iterator[Spot]:
    unread = {part.message_index for part in transcript.unread if part.what == "message"}
    for index, message in transcript.watched("system", "user", "assistant"):
        said = (message.content or "").strip()
        if message.tool_calls or index in unread:
            continue
        # A user may well answer "?"; an assistant that only sets dots has said nothing.
        if not said or (message.role == "assistant" and not said.strip(_DOTS)):
            yield index, f"the {message.role} message is empty" if not said else f"the assistant only says {said!r}"


@rule("repeated_message", "error", "The user or the assistant says the same long text twice.")
def repeated_message(transcript: Transcript) -> Iterator[Spot]:
    first: dict[tuple[str, str], int] = {}
    for index, message in enumerate(transcript.messages):
        content = message.content or ""
        if message.role not in ("user", "assistant") or len(content) < _LONG:
            continue
        key = (message.role, normalise(content))
        if key in first and index >= transcript.focus:
            yield index, f"the {message.role} already said exactly this (message {first[key]}); say something new"
        first.setdefault(key, index)


@rule("fault", "error", "The dialogue was given up because a model's reply could not be used.")
def fault(transcript: Transcript) -> Iterator[Spot]:
    if transcript.fault is not None:
        yield None, f"{transcript.fault.code} in {transcript.fault.node}: {transcript.fault.reason}"
    elif transcript.ended == "fault":
        yield None, "the record says that the dialogue ended by a fault"


@rule("turn_limit", "error", "The dialogue hit its turn limit before its plan was done.")
def turn_limit(transcript: Transcript) -> Iterator[Spot]:
    if transcript.ended == "turn_limit":
        yield None, "the turn limit was reached before the plan was done"


@rule("no_progress", "error", "The dialogue was stopped because it made no progress.")
def no_progress(transcript: Transcript) -> Iterator[Spot]:
    if transcript.ended == "no_progress":
        yield None, "the dialogue stopped making progress"
