"""The ledger: what calls and answers say about a request, whatever the user believes."""

from collections.abc import Sequence

from toolflow_graph.types import Cue, Message, Request, Tool
from toolflow_graph.verification.rules.planrules import check_request_done


def is_settled(
    request: Request,
    messages: Sequence[Message],
    start: int,
    tools: Sequence[Tool] = (),
    cues: Sequence[Cue] = (),
) -> bool:
    """Nothing of ``request``, opened at ``messages[start]``, is pending: its tools brought results, it was answered.

    What needs no call (small talk, what cannot or must not be done) is settled by one answer; an open request by an
    answer that follows at least one result or asks nothing. ``cues`` are the request's own: a revised value needs a
    call that succeeded after it, a push back an answer.
    """
    last = messages[-1] if messages else None
    if last is None or last.role != "assistant" or last.tool_calls:
        return False
    if request.kind in ("chat", "irrelevant", "forbidden"):
        return True
    if request.kind == "open":
        called = any(message.role == "tool" for message in messages[start:])
        return called or not (last.content or "").rstrip().endswith("?")
    if not check_request_done(messages, request, start, tools):
        return False
    revised = [cue.message_index for cue in cues if cue.kind == "revise"]
    return not revised or check_request_done(messages, request.model_copy(update={"tools": ()}), revised[-1], tools)
