"""What the driver of a run and its workers say to each other: JSON objects, many at a time.

::

    driver -> worker
    start   config, environ, support     once, first
    play    index, owed, kept            kept: replies that were paid for, [node, number, digest, reply] each
    drop    index                        nobody waits for it any more
    kept    numbers                      these replies are in the store: go on
    unkept  numbers, problem             these are not
    drain                                stop dialogues between two steps
    stop                                 close connections and end

    worker -> driver
    ready   fingerprint                  or "failed" without an index
    keep    number, asked, reply         asked: [index, node, number, digest]
    done    index, record                the record as its canonical line
    failed  index, error                 what ends the run
    state   spending, outages, throttled, troubles
    support key, value                   what was learnt of a server
"""

import asyncio
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from toolflow_graph.errors import Drained, RunError, UsageError

Message = dict[str, Any]
"""JSON; ``say`` is its kind."""


class Outbox:
    """Sends what is said in one tick of the event loop together.

    Args:
        send: takes the messages, in order.
    """

    def __init__(self, send: Callable[[Sequence[Message]], None]) -> None:
        self._send = send
        self._messages: list[Message] = []

    def say(self, message: Message) -> None:
        """Send it with the end of this tick."""
        if not self._messages:
            asyncio.get_running_loop().call_soon(self.flush)
        self._messages.append(message)

    def flush(self) -> None:
        """Send what waits."""
        if self._messages:
            messages, self._messages = self._messages, []
            self._send(messages)


def error_to_plain(error: BaseException) -> dict[str, Any]:
    """An error as JSON."""
    if isinstance(error, UsageError):
        words = {"problem": error.problem, "expected": error.expected, "known": list(error.known), "hint": error.hint}
        return {"kind": "usage", **words}
    if isinstance(error, RunError):
        return {"kind": "run", "problem": str(error)}
    if isinstance(error, Drained):
        return {"kind": "drained", "problem": str(error)}
    return {
        "kind": "bug",
        "problem": f"{type(error).__name__}: {error}",
        "traceback": "".join(traceback.format_exception(error)),
    }


class WorkerBug(Exception):
    """What a worker did not expect; its traceback is the text."""


def error_from_plain(plain: Mapping[str, Any]) -> Exception:
    """The error that :func:`error_to_plain` wrote; one that nobody expected is a :class:`WorkerBug`."""
    if plain["kind"] == "usage":
        return UsageError(plain["problem"], expected=plain["expected"], known=plain["known"], hint=plain["hint"])
    if plain["kind"] == "run":
        return RunError(plain["problem"])
    if plain["kind"] == "drained":
        return Drained(plain["problem"])
    return WorkerBug(f"{plain['problem']}\n{plain['traceback']}")
