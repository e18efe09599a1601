"""The end of what a server process writes to stderr: shown if it fails to start, else nobody's business."""

import os
import threading
from collections import deque

_LINES = 5
_WAIT_SECONDS = 0.5


class Tail:
    """A file to write to that remembers the last lines; ``file`` has a descriptor, so a process can inherit it."""

    def __init__(self) -> None:
        readable, writable = os.pipe()
        self.file = os.fdopen(writable, "w", encoding="utf-8")
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._thread = threading.Thread(target=self._read, args=(readable,), name="mcp stderr", daemon=True)
        self._thread.start()

    def lines(self) -> list[str]:
        """The last lines; closes the file, so that no line of a process that has ended is still under way."""
        self.close()
        self._thread.join(_WAIT_SECONDS)
        return list(self._lines)

    def close(self) -> None:
        """Write no more; twice does no harm. What another process still writes is read, and dropped."""
        self.file.close()

    def _read(self, readable: int) -> None:
        with os.fdopen(readable, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.strip():
                    self._lines.append(line.strip())
