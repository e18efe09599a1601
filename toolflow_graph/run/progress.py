"""How a run tells that it is alive: a live bar on a terminal, plain lines elsewhere, or nothing."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, TextIO

from toolflow_graph.types import Usage
from toolflow_graph.wording import render_time

_HEARTBEAT = 60.0


@dataclass(frozen=True, slots=True)
class Counts:
    """Where a run stands.

    Attributes:
        num: accepted dialogues wanted.
        in_flight: dialogues under way.
        usage: what this very command has spent.
        cost: US dollars of all commands in this folder; None if some model has no price.
        reasons: finding code -> rejected dialogues of this command.
        throttled: what is said of servers that are sent less than might be.
        seconds_left: until all are accepted, at the rate so far; None before the first.
    """

    num: int
    accepted: int = 0
    rejected: int = 0
    in_flight: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    reasons: Mapping[str, int] = field(default_factory=dict)
    throttled: tuple[str, ...] = ()
    seconds_left: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON; what is not known is left out."""
        plain = {
            "num": self.num,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "in_flight": self.in_flight,
            "usage": self.usage.to_json(),
            "cost": self.cost,
            "reasons": dict(self.reasons),
            "throttled": list(self.throttled),
            "seconds_left": self.seconds_left,
        }
        return {key: value for key, value in plain.items() if value is not None}


class Progress(Protocol):
    """Is told of every change; entered when the run starts."""

    def update(self, counts: Counts) -> None: ...

    def note(self, text: str) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def build_progress(*, quiet: bool, log_json: bool = False, stream: TextIO | None = None) -> Progress:
    """The right one for stderr (or ``stream``): live on a terminal, plain lines elsewhere, only notes when quiet.

    ``log_json``: JSON lines instead, for programs.
    """
    stream = sys.stderr if stream is None else stream
    if log_json:
        return JsonProgress(stream)
    if quiet:
        return PlainProgress(stream, every=None)
    return LiveProgress(stream) if stream.isatty() else PlainProgress(stream)


class PlainProgress:
    """A line now and then: when something has changed, and once a minute when nothing has.

    Args:
        stream: where to write.
        every: least seconds between lines; None writes notes only.
        clock: seconds, monotonic.
    """

    def __init__(self, stream: TextIO, every: float | None = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._every = every
        self._clock = clock
        self._started = self._last = clock()
        self._shown: Counts | None = None

    def update(self, counts: Counts) -> None:
        """Write a line if the last one is old enough."""
        now = self._clock()
        if self._every is not None and now - self._last >= (self._every if counts != self._shown else _HEARTBEAT):
            self._last, self._shown = now, counts
            print(render_counts(counts, now - self._started), file=self._stream, flush=True)

    def note(self, text: str) -> None:
        """Write a line at once."""
        print(text, file=self._stream, flush=True)

    def __enter__(self) -> Self:
        self._started = self._last = self._clock()
        return self

    def __exit__(self, *_: object) -> None:
        return


class JsonProgress:
    """A JSON object a line: ``{"event": "progress", "seconds": ..., ...}`` or ``{"event": "note", "text": ...}``.

    Args:
        stream: where to write.
        every: least seconds between lines on progress.
        clock: seconds, monotonic.
    """

    def __init__(self, stream: TextIO, every: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._every = every
        self._clock = clock
        self._started = clock()
        self._last: float | None = None
        self._counts: Counts | None = None

    def update(self, counts: Counts) -> None:
        """Write a line if the last one is old enough."""
        now = self._clock()
        self._counts = counts
        if self._last is None or now - self._last >= self._every:
            self._last = now
            self._write({"event": "progress", "seconds": round(now - self._started, 3), **counts.to_json()})

    def note(self, text: str) -> None:
        """Write a line at once."""
        self._write({"event": "note", "seconds": round(self._clock() - self._started, 3), "text": text})

    def __enter__(self) -> Self:
        self._started = self._clock()
        return self

    def __exit__(self, *_: object) -> None:
        if self._counts is not None:
            seconds = round(self._clock() - self._started, 3)
            self._write({"event": "end", "seconds": seconds, **self._counts.to_json()})

    def _write(self, event: dict[str, Any]) -> None:
        print(json.dumps(event, ensure_ascii=False), file=self._stream, flush=True)


class LiveProgress:
    """A rich bar that redraws itself."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bars

        self._clock = time.monotonic
        self._started = self._clock()
        console = Console(file=stream)
        columns = (BarColumn(bar_width=30), TextColumn("{task.fields[status]}", markup=False))
        self._bars: Any = Bars(*columns, console=console, transient=True, refresh_per_second=4)
        self._task = self._bars.add_task("", total=None, status="starting")

    def update(self, counts: Counts) -> None:
        """Show the new counts with the next redraw."""
        status = render_counts(counts, self._clock() - self._started)
        self._bars.update(self._task, total=counts.num, completed=counts.accepted, status=status)

    def note(self, text: str) -> None:
        """Print above the bar."""
        self._bars.console.print(text, markup=False, highlight=False)

    def __enter__(self) -> Self:
        self._started = self._clock()
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()


def render_counts(counts: Counts, seconds: float) -> str:
    """One line: accepted, rejected, in flight, calls a second, tokens, time."""
    usage = counts.usage
    rate = usage.calls / seconds if seconds > 0 else 0.0
    minutes, rest = divmod(int(seconds), 60)
    worst = max(counts.reasons, key=lambda code: counts.reasons[code], default=None)
    why = f" (most: {worst})" if worst else ""
    money = f", ${counts.cost:,.2f}" if counts.cost else ""
    left = "" if counts.seconds_left is None else f", about {render_time(counts.seconds_left)} left"
    slow = "".join(f"; {text}" for text in counts.throttled)
    return (
        f"{counts.accepted}/{counts.num} accepted, {counts.rejected} rejected{why}, {counts.in_flight} in flight, "
        f"{rate:.1f} calls/s, {_short(usage.input)} tokens in, {_short(usage.output)} out{money}, "
        f"{minutes}:{rest:02d}{left}{slow}"
    )


def _short(number: int) -> str:
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{number / size:.1f}{letter}"
    return str(number)
