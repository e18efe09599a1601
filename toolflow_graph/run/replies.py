"""The replies that a run paid for, beside its records: what a killed run does not pay for again.

Replies that come in the same tick of the event loop are written in one transaction, and nobody goes on before his own
is in the file: with WAL a commit then survives a SIGKILL (not a power cut: that takes the last moments with it).
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from toolflow_graph.errors import RunError
from toolflow_graph.models.memory import Asked

TABLE = """
CREATE TABLE IF NOT EXISTS replies (
    idx INTEGER NOT NULL,
    node TEXT NOT NULL,
    number INTEGER NOT NULL,
    digest TEXT NOT NULL,
    reply TEXT NOT NULL,
    PRIMARY KEY (idx, node, number)
) WITHOUT ROWID
"""
_WRITE = "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class KeptReply:
    """One row: where it was asked, the digest of the question, and the answer as text."""

    node: str
    number: int
    digest: str
    reply: str


class StoredReplies:
    """The ``Memory`` of a run (:class:`toolflow_graph.models.memory.Memory`), on the run store's own connection.

    Args:
        connection: gives the store's connection; the store is its only writer.
        explain: makes the error that is raised when a write fails.
    """

    def __init__(
        self, connection: Callable[[], sqlite3.Connection], explain: Callable[[sqlite3.Error], RunError]
    ) -> None:
        self._connection = connection
        self._explain = explain
        self._unfinished: frozenset[int] = frozenset()
        self._known: dict[int, dict[tuple[str, int], KeptReply]] = {}
        self._waiting: list[tuple[tuple[int, str, int, str, str], asyncio.Future[None]]] = []

    def begin(self) -> None:
        """Look which dialogues an earlier process left with replies and without a record."""
        query = "SELECT DISTINCT idx FROM replies WHERE idx NOT IN (SELECT idx FROM records)"
        self._unfinished = frozenset(index for (index,) in self._connection().execute(query))

    def recall(self, asked: Asked) -> str | None:
        """The reply that an earlier process was given to this very question, None if there is none."""
        if asked.index not in self._unfinished:
            return None
        if asked.index not in self._known:
            kept = read_replies(self._connection(), asked.index)
            self._known[asked.index] = {(each.node, each.number): each for each in kept}
        found = self._known[asked.index].get((asked.node, asked.number))
        return found.reply if found is not None and found.digest == asked.digest else None

    def kept_of(self, index: int) -> list[KeptReply]:
        """All that is kept of one dialogue, whichever process paid for it: for a worker that begins it (again)."""
        return list(read_replies(self._connection(), index))

    async def keep(self, asked: Asked, answer: str) -> None:
        """Write a reply, together with whatever else comes in this tick; returns once it is in the file.

        Raises:
            RunError: if it cannot be written.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self.flush)
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append(((asked.index, asked.node, asked.number, asked.digest, answer), done))
        await done

    def flush(self) -> None:
        """Write all that waits, in one transaction."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        failure: Exception | None = None
        try:
            connection = self._connection()
            with connection:
                connection.executemany(_WRITE, [row for row, _ in waiting])
        except sqlite3.Error as error:
            failure = self._explain(error)
        except Exception as error:  # whatever it is, nobody may wait for ever
            failure = error
        for _, done in waiting:
            if done.done():  # whoever waited was cancelled; the reply is kept all the same
                continue
            if failure is None:
                done.set_result(None)
            else:
                done.set_exception(failure)

    def forget(self, index: int) -> None:
        """The dialogue is finished: its replies are not asked for again in this process."""
        self._known.pop(index, None)


def read_replies(connection: sqlite3.Connection, index: int) -> Iterator[KeptReply]:
    """The kept replies of one dialogue, by node and number."""
    query = "SELECT node, number, digest, reply FROM replies WHERE idx = ? ORDER BY node, number"
    for row in connection.execute(query, (index,)):
        yield KeptReply(*row)
