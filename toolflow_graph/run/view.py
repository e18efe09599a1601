"""A run folder to read from, also while a run works in it."""

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from toolflow_graph.behaviours import Outcome
from toolflow_graph.errors import UsageError
from toolflow_graph.run.replies import KeptReply, read_replies
from toolflow_graph.types import Json, Usage
from toolflow_graph.wording import COMMAND

DATABASE_NAME = "run.sqlite"
STORE_VERSION = 1
PREVIOUS = "previous-"


@dataclass(frozen=True, slots=True)
class Stored:
    """One row: ``text`` is the record's canonical JSON; ``codes`` are its error findings; ``usage`` is by role.

    ``judged``: {"scores", "bad", "turns"} (the latter two are numbers of messages), if judges were asked.
    """

    index: int
    id: str
    accepted: bool
    text: str
    codes: tuple[str, ...]
    usage: Mapping[str, Usage]
    behaviours: tuple[str, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    blame: tuple[str, ...] = ()
    judged: Mapping[str, Any] | None = None


class RunView:
    """A run folder to read from, also while a run is working in it."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self._connection = connection

    def meta(self, key: str) -> Json:
        """A meta value, None if there is none."""
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def support(self) -> dict[str, bool]:
        """What was learnt about servers (``models.structured.SupportStore``)."""
        query = "SELECT key, value FROM meta WHERE key LIKE 'support:%'"
        return {key.removeprefix("support:"): json.loads(value) for key, value in self._connection.execute(query)}

    @property
    def num(self) -> int:
        """How many accepted dialogues were wanted last."""
        return int(self.meta("num") or 0)

    def count_accepted(self) -> int:
        """How many accepted dialogues it holds, those beyond the data set included.

        Raises:
            UsageError: if the database is damaged.
        """
        try:
            return int(self._connection.execute("SELECT COUNT(*) FROM records WHERE accepted").fetchone()[0])
        except sqlite3.Error as error:
            raise damaged(self.folder / DATABASE_NAME, error) from None

    def dataset(self, num: int | None = None) -> Iterator[Stored]:
        """Rows in index order up to the one that is the ``num``-th accepted (default: the run's own ``num``).

        Raises:
            UsageError: if the database is damaged.
        """
        wanted = self.num if num is None else num
        query = "SELECT idx, id, accepted, record, facts FROM records ORDER BY idx"
        try:
            for index, name, accepted, text, facts in self._connection.execute(query):
                if wanted <= 0:
                    return
                plain = json.loads(facts)
                usage = {role: Usage.model_validate(used) for role, used in plain["usage"].items()}
                shown = tuple(plain.get("behaviours", ()))
                models, blame = plain.get("models", {}), tuple(plain.get("blame", ()))
                codes, judged = tuple(plain["codes"]), plain.get("judged")
                yield Stored(index, name, bool(accepted), text, codes, usage, shown, models, blame, judged)
                wanted -= accepted
        except sqlite3.Error as error:
            raise damaged(self.folder / DATABASE_NAME, error) from None

    def find(self, which: str) -> int | None:
        """The index of the dialogue with this id, or of this index if it was played (or begun)."""
        try:
            row = self._connection.execute("SELECT idx FROM records WHERE id = ?", (which,)).fetchone()
            if row is None and which.isdigit():
                tables = ("records", "replies") if self._has_replies() else ("records",)
                for table in tables:
                    row = (
                        row
                        or self._connection.execute(f"SELECT idx FROM {table} WHERE idx = ?", (int(which),)).fetchone()
                    )
        except (sqlite3.Error, OverflowError):
            return None
        return None if row is None else int(row[0])

    def text_of(self, index: int) -> str | None:
        """The canonical JSON of a finished dialogue."""
        row = self._connection.execute("SELECT record FROM records WHERE idx = ?", (index,)).fetchone()
        return None if row is None else str(row[0])

    def replies(self, index: int) -> Iterator[KeptReply]:
        """The replies that were paid for in one dialogue."""
        return read_replies(self._connection, index) if self._has_replies() else iter(())

    def outcomes(self) -> dict[int, Outcome]:
        """Index -> how it counts, of all finished dialogues.

        Raises:
            UsageError: if the database is damaged.
        """
        try:
            rows = self._connection.execute("SELECT idx, accepted, facts FROM records")
            return {
                index: Outcome(bool(accepted), tuple(json.loads(facts).get("behaviours", ())))
                for index, accepted, facts in rows
            }
        except sqlite3.Error as error:
            raise damaged(self.folder / DATABASE_NAME, error) from None

    def _has_replies(self) -> bool:
        query = "SELECT 1 FROM sqlite_master WHERE name = 'replies'"
        return self._connection.execute(query).fetchone() is not None

    def spent(self) -> dict[str, Usage]:
        """Model -> what its calls took, in all finished dialogues and in replies of those that are not.

        Raises:
            UsageError: if the database is damaged.
        """
        total: dict[str, Usage] = {}
        try:
            for (facts,) in self._connection.execute("SELECT facts FROM records"):
                plain = json.loads(facts)
                for role, used in plain["usage"].items():
                    model = plain.get("models", {}).get(role, "")
                    total[model] = total.get(model, Usage()) + Usage.model_validate(used)
            for model, used in self._unfinished_usage():
                total[model] = total.get(model, Usage()) + used
        except sqlite3.Error as error:
            raise damaged(self.folder / DATABASE_NAME, error) from None
        return total

    def _unfinished_usage(self) -> Iterator[tuple[str, Usage]]:
        if not self._has_replies():
            return
        query = "SELECT reply FROM replies WHERE idx NOT IN (SELECT idx FROM records)"
        for (text,) in self._connection.execute(query):
            reply = json.loads(text)
            yield reply.get("model", ""), Usage.model_validate(reply.get("usage", {}))

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_run(folder: Path) -> RunView:
    """Open a run folder for reading.

    Raises:
        UsageError: if there is no run in it or its database cannot be read.
    """
    path = folder / DATABASE_NAME
    if not path.is_file():
        raise UsageError(f"{str(folder)!r} holds no run", expected="the --out folder of a run", hint=f"{COMMAND} run")
    try:
        # Read-only, and immutable where even the WAL's shared memory cannot be written (an archived run).
        mode = "ro" if os.access(folder, os.W_OK) else "ro&immutable=1"
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=10)
        view = RunView(folder, connection)
        if not connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
            raise UsageError(
                f"the run in {str(folder)!r} is only being started",
                expected="a run that has begun",
                hint="the same command again in a moment",
            )
        check_version(view)
    except sqlite3.Error as error:
        raise damaged(path, error) from None
    return view


def check_version(view: RunView) -> None:
    """Refuse what another release wrote.

    Raises:
        UsageError: the store has another version.
    """
    version = view.meta("version")
    if version != STORE_VERSION:
        raise UsageError(
            f"the run in {str(view.folder)!r} has store version {version!r}",
            expected=f"version {STORE_VERSION}, the one this release writes",
            hint="--out another/folder",
        )


def damaged(path: Path, error: sqlite3.Error) -> UsageError:
    """What to say of a database that cannot be read."""
    return UsageError(
        f"the run store {str(path)!r} cannot be read: {error}",
        expected="an undamaged SQLite file, as a run writes it",
        hint=f"run --fresh moves it aside to {str(place_aside(path.parent))!r}, or give --out another/folder",
    )


def place_aside(folder: Path) -> Path:
    """Where ``--fresh`` moves the run that is in a folder."""
    number = 1
    while os.path.lexists(folder / f"{PREVIOUS}{number}"):
        number += 1
    return folder / f"{PREVIOUS}{number}"
