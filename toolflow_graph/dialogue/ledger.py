"""The ledger: what calls and answers say about a request, whatever the user believes."""

from collections.abc import Sequence

from toolflow_graph.types import Message, Request, Tool
from toolflow_graph.verification.planrules import check_request_done


def is_settled(request: Request, messages: Sequence[Message], start: int, tools: Sequence[Tool] = ()) -> bool:
    """Nothing of ``request``, opened at ``messages[start]``, is pending: its tools brought results, it was answered.

    Small talk is settled by one answer; an open request by an answer that follows at least one result or asks nothing.
    """
    last = messages[-1] if messages else None
    if last is None or last.role != "assistant" or last.tool_calls:
        return False
    if request.kind == "chat":
        return True
    if request.kind == "open":
        called = any(message.role == "tool" for message in messages[start:])
        return called or not (last.content or "").rstrip().endswith("?")
    return check_request_done(messages, request, start, tools)
