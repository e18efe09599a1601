"""Files that a user names with ``-o``: whole or not at all, in a folder that is made if it is missing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolflow_graph.errors import UsageError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A place beside ``path`` to write to; it becomes ``path`` when the ``with`` block ends well, else it is removed.

    Raises:
        UsageError: if the place or its folder cannot be written.
    """
    if path.is_dir():
        raise _unwritable(path, "it is a folder")
    # The ending stays last: writers read it.
    beside = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield beside
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        reason = f"{str(path.parent)!r} is a file" if path.parent.is_file() else error.strerror or str(error)
        raise _unwritable(path, reason) from None


def _unwritable(path: Path, reason: str) -> UsageError:
    return UsageError(
        f"cannot write {str(path)!r}: {reason}",
        expected="a file in a folder that you may write to (it is made if it is missing)",
        hint="-o another/folder/FILE",
    )
