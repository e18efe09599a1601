"""The run store: a folder with one SQLite file, the source of truth of a run.

::

    DIR/run.sqlite       meta (key -> JSON), records (one row a finished dialogue), replies (see ``replies``)
    DIR/.lock            who works in it now
    DIR/previous-1/      what ``--fresh`` moved aside; the next one moves to previous-2/, and so on
    DIR/dialogues.jsonl  DIR/rejected.jsonl  written by ``dataset``

One writer, one commit a record, WAL: what was reported as finished survives a SIGKILL.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from toolflow_graph.behaviours import Outcome
from toolflow_graph.errors import RunError, UsageError
from toolflow_graph.record import Record, record_to_json
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.run.lock import LOCK_NAME, FolderLock
from toolflow_graph.run.replies import TABLE, StoredReplies
from toolflow_graph.run.view import (
    DATABASE_NAME,
    PREVIOUS,
    STORE_VERSION,
    RunView,
    check_version,
    damaged,
    place_aside,
)
from toolflow_graph.types import ROLES, Json

if TYPE_CHECKING:
    from toolflow_graph.models.structured import SupportStore

EXPORTS = ("dialogues.jsonl", "rejected.jsonl")

_HASH = lazy_regex(r"\b[0-9a-f]{16,}\b")

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
    idx INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    accepted INTEGER NOT NULL,
    record TEXT NOT NULL,
    facts TEXT NOT NULL
);
"""


_BLAME = {"plan": "planner", "user_turn": "user", "assistant_call": "assistant", "tool_simulation": "tool"}


def find_blame(record: Record) -> set[str]:
    """The roles whose messages (or whose steps) the errors of a rejected record lie in; empty for an accepted one."""
    if record.verdict.accepted:
        return set()
    roles = {_BLAME[record.fault.node]} if record.fault and record.fault.node in _BLAME else set()
    for finding in record.verdict.findings:
        index = finding.message_index
        if finding.severity == "error" and index is not None and 0 <= index < len(record.messages):
            role = record.messages[index].get("role")
            roles |= {str(role)} if role in ROLES else set()
    return roles


class RunStore:
    """A run folder to write to, locked for this process; use :func:`open_store`.

    Attributes:
        folder: the run folder.
        support: what is known about the servers; it outlives the process.
        moved_to: where the earlier run lies now, if ``begin`` moved one aside.
        memory: the replies that were paid for.
    """

    def __init__(
        self,
        folder: Path,
        lock: FolderLock,
        *,
        made: bool,
        fresh: bool,
        pays: Callable[[str], bool] = lambda role: True,
    ) -> None:
        self._pays = pays
        self.folder = folder
        self.support: SupportStore = _Support(self)
        self.moved_to: Path | None = None
        self._lock = lock
        self._made = made
        self._fresh = fresh
        self._connection: sqlite3.Connection | None = None
        self._known: dict[str, bool] = {}
        self.memory = StoredReplies(lambda: self._db, self._cannot_write)

    def begin(self, fingerprint: Mapping[str, str], *, num: int, shown: Mapping[str, Any]) -> None:
        """Start the run or go on with the one that is here.

        Args:
            fingerprint: what may not change, key -> value or hash.
            num: accepted dialogues wanted.
            shown: the configuration, for whoever looks at the run later.

        Raises:
            UsageError: if the run that is here was made with another fingerprint (all differing keys are named).
        """
        if self._fresh:
            self._move_aside()
            self._fresh = False
        self._connect()
        view = self.view()
        try:
            earlier = view.meta("fingerprint")
            begun = "SELECT EXISTS (SELECT 1 FROM records) OR EXISTS (SELECT 1 FROM replies)"
            empty = not self._db.execute(begun).fetchone()[0]
            if earlier is not None and earlier != dict(fingerprint) and not empty:
                raise self._differs(earlier, fingerprint)
            with self._db:
                for key, value in (("fingerprint", dict(fingerprint)), ("num", num), ("config", dict(shown))):
                    self._put(key, value)
                for key, value in self._known.items():
                    self._put(f"support:{key}", value)
            self.memory.begin()
        except sqlite3.Error as error:
            raise damaged(self.folder / DATABASE_NAME, error) from None

    def view(self) -> RunView:
        """The same run, to read from (do not close it)."""
        return RunView(self.folder, self._db)

    def known_support(self) -> dict[str, bool]:
        """All that is known about servers, for workers that ask them."""
        return self.view().support() | self._known

    def verdicts(self) -> dict[int, bool]:
        """Index -> accepted, of all finished dialogues.

        Raises:
            UsageError: if the database is damaged.
        """
        try:
            return {index: bool(accepted) for index, accepted in self._db.execute("SELECT idx, accepted FROM records")}
        except sqlite3.Error as error:
            raise damaged(self.folder / DATABASE_NAME, error) from None

    def outcomes(self) -> dict[int, Outcome]:
        """Index -> how it counts, of all finished dialogues.

        Raises:
            UsageError: if the database is damaged.
        """
        return self.view().outcomes()

    def add(self, index: int, record: Record) -> None:
        """Keep a finished dialogue; once this returns, it survives the process.

        Raises:
            RunError: if it cannot be written, or another dialogue has its id.
        """
        codes = dict.fromkeys(finding.code for finding in record.verdict.findings if finding.severity == "error")
        if record.fault and not record.verdict.accepted:
            # Which fault it was says more than that there was one.
            codes.pop("fault", None)
            codes.setdefault(record.fault.code)
        facts: dict[str, Any] = {
            "codes": list(codes),
            "usage": {role: used.to_json() for role, used in record.usage.items() if self._pays(role)},
            "behaviours": list(record.behaviours),
            "models": {role: model.name for role, model in record.models.items()},
            "blame": sorted(find_blame(record)),
        }
        if record.judgement is not None:
            judged = record.judgement
            facts["judged"] = {"scores": judged.scores, "bad": len(judged.bad), "turns": len(judged.turns)}
        row = (index, record.id, record.verdict.accepted, record_to_json(record), json.dumps(facts))
        self.memory.flush()
        self.memory.forget(index)
        try:
            with self._db:
                added = self._db.execute("INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?)", row).rowcount
            if not added:
                twin = self._db.execute("SELECT idx FROM records WHERE id = ?", (record.id,)).fetchone()
                if twin is not None and twin[0] != index:
                    raise RunError(f"dialogues {twin[0]} and {index} have the same id {record.id!r}")
        except sqlite3.Error as error:
            raise self._cannot_write(error) from error

    def _cannot_write(self, error: sqlite3.Error) -> RunError:
        return RunError(
            f"cannot write to {str(self.folder / DATABASE_NAME)!r}: {error}\n"
            "  What is in it is kept: make room (or mend the disk) and go on with the same command."
        )

    def close(self) -> None:
        """Close the database and give the folder back; a folder in which nothing began is left as it was found."""
        begun = self._connection is not None
        if self._connection is not None:
            self.memory.flush()
            self._connection.close()
            self._connection = None
        untouched = not begun and not (self.folder / DATABASE_NAME).exists()
        self._lock.release(remove=untouched)
        if untouched and self._made:
            _remove_empty(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _db(self) -> sqlite3.Connection:
        if self._connection is None:
            raise RunError(f"the run in {str(self.folder)!r} has not begun")
        return self._connection

    def _connect(self) -> None:
        path = self.folder / DATABASE_NAME
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(path, timeout=30, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            with self._db:
                # One transaction: whoever looks in meanwhile sees all of it or nothing.
                self._db.execute("BEGIN IMMEDIATE")
                for statement in (*_TABLES.split(";"), TABLE):
                    self._db.execute(statement)
                if self.view().meta("version") is None:
                    self._put("version", STORE_VERSION)
            check_version(self.view())
        except sqlite3.Error as error:
            raise damaged(path, error) from None

    def _put(self, key: str, value: Json) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value, ensure_ascii=False)))

    def _move_aside(self) -> None:
        path = self.folder / DATABASE_NAME
        holds = True
        try:
            with closing(sqlite3.connect(path, timeout=30)) as earlier:
                earlier.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                holds = bool(earlier.execute("SELECT EXISTS (SELECT 1 FROM records)").fetchone()[0])
                if not holds:
                    # Replies were paid for, too; a database of an earlier release has no table of them.
                    with suppress(sqlite3.OperationalError):
                        holds = bool(earlier.execute("SELECT EXISTS (SELECT 1 FROM replies)").fetchone()[0])
        except sqlite3.Error:
            # Damaged: moved as it is.
            holds = path.exists() and path.stat().st_size > 0
        names = (DATABASE_NAME, f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm", *EXPORTS)
        files = [file for name in names if (file := self.folder / name).exists()]
        if not holds:
            for file in files:
                file.unlink()
        elif files:
            self.moved_to = place_aside(self.folder)
            self.moved_to.mkdir()
            for file in files:
                os.replace(file, self.moved_to / file.name)

    def _differs(self, earlier: Mapping[str, str], now: Mapping[str, str]) -> UsageError:
        changed = [key for key in {**earlier, **now} if earlier.get(key) != now.get(key)]
        lines = [f"    {key}: {_shown(earlier.get(key))} -> {_shown(now.get(key))}" for key in changed]
        return UsageError(
            "\n".join([f"the run in {str(self.folder)!r} was made with other settings:", *lines]),
            expected="the same settings, to go on with it (only -n, --max-attempts and --concurrency may change)",
            hint=f"--fresh starts afresh (the earlier run moves to {str(place_aside(self.folder))!r}), "
            "or --out another/folder",
        )


class _Support:
    def __init__(self, store: RunStore) -> None:
        self._store = store

    def get(self, key: str) -> bool | None:
        known: bool | None = self._store._known.get(key)
        if known is None and self._store._connection is not None:
            known = self._store.view().meta(f"support:{key}")
        return known

    def set(self, key: str, value: bool) -> None:
        self._store._known[key] = value
        if self._store._connection is not None:
            with self._store._db:
                self._store._put(f"support:{key}", value)


def open_store(folder: Path, *, fresh: bool = False, pays: Callable[[str], bool] = lambda role: True) -> RunStore:
    """Lock a run folder and open it for writing; made if it is missing. Nothing is written before ``begin``.

    Args:
        folder: the ``--out`` folder.
        fresh: start anew; a run that is here moves to ``previous-N/`` when the new one begins.
        pays: whether this run pays for a role; what a record says of others was spent elsewhere.

    Raises:
        UsageError: if the folder cannot be written, belongs to something else, is in use, or its database is damaged.
    """
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "it is a file" if isinstance(error, FileExistsError) else error.strerror
        raise UsageError(
            f"cannot write to the run folder {str(folder)!r}: {reason}",
            expected="a folder that you may write to",
            hint="--out another/folder",
        ) from None
    ours = (folder / DATABASE_NAME).exists() or any(folder.glob(f"{PREVIOUS}*/{DATABASE_NAME}"))
    others = sorted(path.name for path in folder.iterdir() if path.name != LOCK_NAME)
    if others and not ours:
        raise UsageError(
            f"the folder {str(folder)!r} holds something else than a run: {', '.join(others[:3])}",
            expected="a run's folder, an empty or a new one",
            hint="--out another/folder",
        )
    lock = FolderLock(folder)
    lock.take()
    store = RunStore(folder, lock, made=made, fresh=fresh, pays=pays)
    try:
        if (folder / DATABASE_NAME).exists() and not fresh:
            store._connect()
    except BaseException:
        store.close()
        raise
    return store


def _shown(value: str | None) -> str:
    """A setting as text; of a hash its first 12 digits, which nobody compares to the last."""
    return _HASH.sub(lambda match: match[0] if match[0].isdigit() else f"{match[0][:12]}...", repr(value))


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return
