"""What a run tells about itself while it works, for whoever asks from another terminal: ``DIR/.status.json``.

The file is written now and then and replaced as a whole; the run store stays the source of truth.
"""

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from toolflow_graph.run.progress import Counts

PULSE_NAME = ".status.json"
_EVERY = 1.0


class Pulse:
    """Writes the file, at most once a second."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / PULSE_NAME
        self._started = time.time()
        self._last = 0.0

    def beat(self, counts: Counts) -> None:
        """Tell where the run stands; a folder that takes no file is no reason to stop."""
        now = time.time()
        if now - self._last < _EVERY:
            return
        self._last = now
        told = {"pid": os.getpid(), "started": self._started, "updated": now, **counts.to_json()}
        with suppress(OSError):
            fresh = self._path.with_suffix(".tmp")
            fresh.write_text(json.dumps(told), encoding="utf-8")
            os.replace(fresh, self._path)

    def stop(self) -> None:
        """The run is over: nothing is told any more."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def read_pulse(folder: Path) -> Mapping[str, Any] | None:
    """What a run in the folder said last; None if none works there (or never said anything)."""
    try:
        told: Mapping[str, Any] = json.loads((folder / PULSE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told
