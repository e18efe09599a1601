"""JSON Lines: what a run releases, and how records are read back."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from toolflow_graph.errors import RunError, UsageError
from toolflow_graph.run.view import DATABASE_NAME, RunView, open_run

ACCEPTED_NAME = "dialogues.jsonl"
REJECTED_NAME = "rejected.jsonl"


def write_dataset(view: RunView, num: int) -> None:
    """Write the run folder's ``dialogues.jsonl`` and ``rejected.jsonl``: canonical JSON, index order.

    Both hold the records up to the ``num``-th accepted one. Each file appears whole or not at all.

    Raises:
        RunError: if a file cannot be written.
    """
    with ExitStack() as stack:
        accepted = stack.enter_context(ReplacedFile(view.folder / ACCEPTED_NAME))
        rejected = stack.enter_context(ReplacedFile(view.folder / REJECTED_NAME))
        for row in view.dataset(num):
            (accepted if row.accepted else rejected).write(row.text + "\n")


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, one a line; blank lines are skipped.

    Raises:
        UsageError: if the file cannot be read or a line is no JSON object (file and line are named).
    """
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _parse(line, path, number)
    except OSError as error:
        raise UsageError(
            f"cannot read {str(path)!r}: {error.strerror}", expected="a JSONL file, one dialogue a line"
        ) from None


def read_source(source: Path, *, rejected: bool = False) -> Iterator[dict[str, Any]]:
    """The dialogues of a run folder (its accepted ones, or its rejected ones) or of a JSONL file (all lines).

    Raises:
        UsageError: if there is neither a run nor a readable file.
    """
    if source.is_dir() and not (source / DATABASE_NAME).exists():
        # A released folder without its run store still has its data.
        file = source / (REJECTED_NAME if rejected else ACCEPTED_NAME)
        if file.is_file():
            yield from read_jsonl(file)
            return
    if source.is_dir() or not source.exists():
        if source.suffix == ".jsonl":
            yield from read_jsonl(source)
            return
        with open_run(source) as view:
            for row in view.dataset():
                if row.accepted is not rejected:
                    yield json.loads(row.text)
        return
    yield from read_jsonl(source)


def write_lines(objects: Iterable[dict[str, Any]], stream: TextIO) -> int:
    """Write objects as JSONL; returns how many."""
    count = 0
    for item in objects:
        stream.write(json.dumps(item, ensure_ascii=False, separators=(",", ":")) + "\n")
        count += 1
    return count


class ReplacedFile:
    """A text file that replaces ``path`` when the ``with`` block ends well and leaves it alone otherwise.

    Raises:
        RunError: if it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        self._file: TextIO | None = None

    def write(self, text: str) -> None:
        """Append text (inside the ``with`` block)."""
        assert self._file is not None
        try:
            self._file.write(text)
        except OSError as error:
            raise self._error(error) from error

    def __enter__(self) -> "ReplacedFile":
        try:
            self._file = self._temporary.open("w", encoding="utf-8", newline="\n")
        except OSError as error:
            raise self._error(error) from error
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        assert self._file is not None
        try:
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())
            self._file.close()
            if kind is None:
                os.replace(self._temporary, self.path)
        except OSError as error:
            raise self._error(error) from error
        finally:
            self._temporary.unlink(missing_ok=True)

    def _error(self, error: OSError) -> RunError:
        return RunError(f"cannot write {str(self.path)!r}: {error.strerror or error}")


def _parse(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise UsageError(
            f"{str(path)!r}, line {number}: no valid JSON: {error}", expected="one JSON object a line"
        ) from None
    if not isinstance(found, dict):
        raise UsageError(
            f"{str(path)!r}, line {number}: a JSON {type(found).__name__}", expected="one JSON object a line"
        )
    return found
