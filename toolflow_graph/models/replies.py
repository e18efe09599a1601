"""Whether a reply, whoever gave it, can be kept and worked on: text that a file can hold, of a size that ends. Pure."""

import json
from dataclasses import replace
from typing import Any

from toolflow_graph.errors import ParseError
from toolflow_graph.models.port import RawCall, Reply
from toolflow_graph.models.structured import parse_arguments
from toolflow_graph.regexes import lazy_regex

LONGEST = 200_000
"""Most characters of a reply's text and calls together; a whole answer of today's models is far below."""
LONGEST_REASONING = 2_000_000
MOST_CALLS = 128
"""Most calls in one message (as many as the protocol allows tools); the rules allow fewer."""
KEPT = 20_000
"""Characters that are kept of a reply that is too long."""

_LONE_SURROGATE = lazy_regex("[\ud800-\udfff]")


def check_reply(reply: Reply) -> Reply:
    """The reply, if it can be used; else one with ``malformed``, mended and cut so that it can be quoted and stored.

    Reasoning is only ever mended: half a surrogate pair in it becomes U+FFFD.
    """
    flaw = reply.malformed or _find_flaw(reply)
    reasoning = None if reply.reasoning is None else _mend(reply.reasoning)
    if flaw is None:
        return reply if reasoning == reply.reasoning else replace(reply, reasoning=reasoning)
    calls = reply.calls[:MOST_CALLS]
    most = KEPT if _size(reply) <= LONGEST else KEPT // (len(calls) + 1)
    return replace(
        reply,
        content=None if reply.content is None else _cut(reply.content, most),
        calls=tuple(RawCall(_cut(call.name, most), _cut(_as_text(call.arguments), most)) for call in calls),
        reasoning=None if reasoning is None else _cut(reasoning, KEPT),
        malformed=_cut(flaw, KEPT),
    )


def _find_flaw(reply: Reply) -> str | None:
    if len(reply.calls) > MOST_CALLS:
        return f"{len(reply.calls)} tool calls in one message; at most {MOST_CALLS} are allowed"
    if (size := _size(reply)) > LONGEST:
        return f"the reply has {size:,} characters; at most {LONGEST:,} are allowed"
    if len(reply.reasoning or "") > LONGEST_REASONING:
        return f"the reasoning has {len(reply.reasoning or ''):,} characters; at most {LONGEST_REASONING:,} are allowed"
    texts = [reply.content or "", *(part for call in reply.calls for part in (call.name, call.arguments))]
    if any(isinstance(text, str) and _LONE_SURROGATE.search(text) for text in texts):
        return "the text holds half a surrogate pair; write the character itself"
    for number, call in enumerate(reply.calls, start=1):
        if isinstance(call.arguments, dict):
            try:
                parse_arguments(call.arguments)
            except ParseError as error:
                return f"tool call {number}: {error}"
    return None


def _size(reply: Reply) -> int:
    return len(reply.content or "") + sum(len(call.name) + len(_as_text(call.arguments)) for call in reply.calls)


def _as_text(arguments: str | dict[str, Any]) -> str:
    if isinstance(arguments, str):
        return arguments
    try:
        return json.dumps(arguments, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return "(nested too deeply)"


def _cut(text: str, most: int) -> str:
    text = _mend(text[: most + 1])
    return text if len(text) <= most else f"{text[:most]}... (cut)"


def _mend(text: str) -> str:
    return _LONE_SURROGATE.sub("\ufffd", text)
