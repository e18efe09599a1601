"""Read dialogues from a file: one JSON object a line (ours or plain OpenAI messages + tools), or one JSON list."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from toolflow_graph.errors import UsageError
from toolflow_graph.verification import Transcript, parse_dialogue

_EXPECTED = "JSONL: one dialogue a line, an object with messages and tools (a .gz is fine), or one JSON list of such"


def read_dialogues(path: str | Path, *, strict: bool | None = None) -> Iterator[tuple[int, Transcript]]:
    """The dialogues of a file with the number of the line they stand on (in a JSON list: their place), from 1.

    Args:
        strict: see :func:`parse_dialogue`.

    Raises:
        UsageError: the file is missing, unreadable, empty, or a line is no JSON.
    """
    return ((number, parse_dialogue(value, strict=strict)) for number, value in read_values(path))


def read_values(path: str | Path) -> Iterator[tuple[int, Any]]:
    """The JSON values of a file, one a line or the items of one list, each with its line (or place), from 1.

    Raises:
        UsageError: the file is missing, unreadable, empty, or a line is no JSON.
    """
    path = Path(path)
    if not path.exists():
        raise UsageError(f"no file {str(path)!r}", expected=_EXPECTED)
    if not path.is_file():
        raise UsageError(
            f"{str(path)!r} is no file", expected=_EXPECTED, hint=f"{path}/dialogues.jsonl, if it is a run's folder"
        )
    found = False
    try:
        with _open(path) as lines:
            for number, value in _read(lines, path):
                found = True
                yield number, value
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {str(path)!r}: {error}", expected=_EXPECTED) from error
    if not found:
        raise UsageError(f"{str(path)!r} holds no dialogue", expected=_EXPECTED)


def _open(path: Path) -> IO[str]:
    with path.open("rb") as start:
        packed = start.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rt", encoding="utf-8-sig") if packed else path.open(encoding="utf-8-sig")


def _read(lines: IO[str], path: Path) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text:
            continue
        try:
            data = json.loads(text)
        except ValueError as error:
            # The first lines of a JSON list or of an indented object do not stand alone.
            if number == 1 and text[0] in "[{":
                yield from _read_whole(line + lines.read(), path, error)
                return
            raise _broken(path, number, error) from None
        if isinstance(data, list) and number == 1:
            yield from enumerate(data, 1)
        else:
            yield number, data


def _read_whole(text: str, path: Path, first: ValueError) -> Iterator[tuple[int, Any]]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        # Of a broken list, the place; of broken JSONL, what is wrong with its first line.
        line = error.lineno if text.lstrip().startswith("[") else 1
        raise _broken(path, line, error if line > 1 else first) from None
    items = data if isinstance(data, list) else [data]
    yield from enumerate(items, 1)


def _broken(path: Path, line: int, error: ValueError) -> UsageError:
    why = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
    return UsageError(f"{str(path)!r}, line {line}: no JSON: {why}", expected=_EXPECTED)
