"""What can go wrong, and whose fault it is.

::

    ToolflowError
    |-- UsageError          the user's mistake: one clear message, exit code 2
    |-- RunError            the run gave up: what exists is kept, exit code 1
    |-- Drained             a dialogue was stopped between two steps: the same command goes on with it
    |-- ParseError          a reply that could not be read: its text goes back to the model, a bounded number of times
    `-- ModelError          a model call that brought no usable reply
        |-- TransportFault  429, 5xx, time-out, broken connection, no chat completion: retried, never rejects a dialogue
        |-- RefusedRequest  another 4xx: the server will not answer this request, however often it is sent
        `-- TruncatedReply  ``finish_reason="length"``: the reply stops in the middle

A dialogue that fails for the last two, or whose repairs are used up, is a rejected record with a ``Fault`` in it; only
``UsageError`` and ``RunError`` end a run.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolflow_graph.types import Usage


class ToolflowError(Exception):
    """Base of everything this package raises on purpose."""


class UsageError(ToolflowError):
    """The user's mistake: says what was given, what was expected, what exists and what to type next.

    Args:
        problem: one sentence that quotes what was given with ``!r``.
        expected: what would have been right.
        known: the names that exist, if the mistake was a name.
        hint: the next command to type, or the next thing to do.
    """

    def __init__(self, problem: str, *, expected: str = "", known: Iterable[str] = (), hint: str = "") -> None:
        self.problem = problem
        self.expected = expected
        self.known = tuple(known)
        self.hint = hint
        lines = [problem]
        if expected:
            lines.append(f"  expected: {expected}")
        if self.known:
            shown = ", ".join(self.known[:30]) + (f", ... ({len(self.known)} in all)" if len(self.known) > 30 else "")
            lines.append(f"  exists:   {shown}")
        if hint:
            lines.append(f"  try:      {hint}")
        super().__init__("\n".join(lines))


class RunError(ToolflowError):
    """The run could not go on (an endpoint stayed down, the disk is full, the attempts ran out)."""


class Drained(ToolflowError):
    """A dialogue was stopped between two steps, as the run is; nothing of it is wrong."""


class ParseError(ToolflowError):
    """A model's reply could not be used; ``str(error)`` is the reason, written for the model that is asked again."""


class ModelError(ToolflowError):
    """A model call brought no usable reply.

    Args:
        message: what happened, without any key or header value.
        status: the HTTP status, if there was one.
        endpoint: the base URL that was asked.
        usage: what the call cost, if a reply came that could not be taken (cut off, filtered).
    """

    def __init__(
        self, message: str, *, status: int | None = None, endpoint: str = "", usage: "Usage | None" = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.endpoint = endpoint
        self.usage = usage


class TransportFault(ModelError):
    """The server or the way to it failed. ``retry_after`` is what the server asked for, in seconds."""

    def __init__(
        self, message: str, *, status: int | None = None, endpoint: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message, status=status, endpoint=endpoint)
        self.retry_after = retry_after


class RefusedRequest(ModelError):
    """The server refuses this very request (400, 401, 403, 404, 413, 422)."""


class TruncatedReply(ModelError):
    """The reply hit the token limit (``finish_reason="length"``)."""
