"""The runner: plays dialogues 0, 1, 2, ... until the shortest index prefix that holds ``num`` accepted ones is there.

A dialogue is started only if it will surely be part of that prefix: while the accepted ones before it, plus all those
in flight (which may all be accepted), are fewer than ``num``. So nothing is played in vain, and which dialogues make
the data set does not depend on how many are in flight or in which order they finish.
"""

import asyncio
import contextlib
import signal
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from toolflow_graph.behaviours import Outcome, barrier
from toolflow_graph.config import RunConfig
from toolflow_graph.errors import Drained, RunError, UsageError
from toolflow_graph.models.port import Outage
from toolflow_graph.record import Record
from toolflow_graph.run.budget import Budget, Meter, check_priced
from toolflow_graph.run.prices import Price
from toolflow_graph.run.progress import Counts, Progress
from toolflow_graph.run.pulse import Pulse
from toolflow_graph.run.store import RunStore
from toolflow_graph.run.summary import RunSummary, build_summary
from toolflow_graph.types import Usage
from toolflow_graph.wording import count_of

if TYPE_CHECKING:
    from toolflow_graph.models.memory import Memory
    from toolflow_graph.models.structured import SupportStore

ERROR_LOG = "error.log"
_TICK = 0.5
_SILENCE = 10.0
"""Seconds without an answer after which a server counts as down: the user is told, and told again every minute."""
_REMINDER = 60.0


class Player(Protocol):
    """Who plays dialogues (``dialogue.session`` has the real one).

    Attributes:
        fingerprint: what may not change when a run is resumed, key -> value or hash.
        notes: choices made for the user, one sentence each, to print.
        offline: whether the offline model plays every role.
    """

    @property
    def fingerprint(self) -> Mapping[str, str]: ...

    @property
    def notes(self) -> Sequence[str]: ...

    @property
    def offline(self) -> bool: ...

    @property
    def mix(self) -> Mapping[Any, float]:
        """The wanted mix: behaviour -> share of dialogues."""
        ...

    @property
    def spending(self) -> Mapping[str, Usage]:
        """Model -> calls and tokens so far, dialogues in flight included."""
        ...

    @property
    def models(self) -> Mapping[str, str]:
        """The names of the models, by whom they play."""
        ...

    @property
    def outages(self) -> Sequence[Outage]:
        """The model servers that answer nothing at present."""
        ...

    @property
    def throttled(self) -> Sequence[str]:
        """What to say of servers that are sent less than might be."""
        ...

    @property
    def troubles(self) -> Sequence[str]:
        """What to tell the user at the end, beside the summary."""
        ...

    def owed(self, outcomes: Sequence[Outcome]) -> Mapping[str, int]:
        """What the finished dialogues before a barrier still owe to the mix of behaviours."""
        ...

    async def play(self, index: int, owed: Mapping[str, int] | None = None) -> Record:
        """Play dialogue ``index`` to its end; a failing one is a rejected record.

        Raises:
            UsageError: if the user must change something first (the run ends, exit code 2).
            RunError: if nothing can go on (the run ends, exit code 1).
            Drained: ``drain`` stopped it between two steps.
        """
        ...

    def drain(self) -> None:
        """Stop the dialogues in flight after the step that they are in."""
        ...

    async def aclose(self) -> None:
        """Give connections back."""
        ...


class BuildPlayer(Protocol):
    """Builds who plays the dialogues (``dialogue.session.build_session``)."""

    def __call__(self, config: RunConfig, *, support: "SupportStore", memory: "Memory") -> Player: ...


async def run_dialogues(
    player: Player,
    store: RunStore,
    *,
    num: int,
    max_attempts: int,
    concurrency: int,
    progress: Progress,
    grace: float = 30.0,
    prices: Mapping[str, Price] | None = None,
    budget: Budget | None = None,
) -> RunSummary:
    """Play until ``num`` dialogues are accepted, ``max_attempts`` are played, the user stops it, or it must give up.

    Args:
        player: plays one dialogue by its index.
        store: the run, begun; what it already holds is not played again.
        num: accepted dialogues wanted.
        max_attempts: indices 0 .. max_attempts - 1 may be played.
        concurrency: dialogues in flight at most.
        progress: is told of every change.
        prices: what models cost, beside the shipped table.
        grace: seconds that dialogues in flight may take for the step they are in after the first Ctrl-C (or SIGTERM).
        budget: what may be spent at most; once it is, no dialogue is started any more.

    Returns:
        What the run folder now holds; ``error`` says why it gave up, if it did.

    Raises:
        UsageError: as the player raised it; what was finished before is kept.
    """
    budget = budget or Budget()
    check_priced(budget, player.models, prices or {})
    meter = Meter(budget, store.view().spent(), prices or {})
    run = _Run(player, store, meter, num=num, max_attempts=max_attempts, concurrency=concurrency, progress=progress)
    with progress, _signals(run, grace):
        await run.play_all()
    if isinstance(run.failure, UsageError):
        raise run.failure
    return build_summary(
        store.view(),
        num=num,
        max_attempts=max_attempts,
        played=run.played,
        complete=run.sure >= num,
        interrupted=run.stopping and run.failure is None and run.limit is None,
        limit=run.limit,
        error=run.failure if isinstance(run.failure, RunError) else None,
        offline=player.offline,
        mix=player.mix,
        prices=prices,
    )


class _Run:
    def __init__(
        self,
        player: Player,
        store: RunStore,
        meter: Meter,
        *,
        num: int,
        max_attempts: int,
        concurrency: int,
        progress: Progress,
    ) -> None:
        self._player = player
        self._store = store
        self._meter = meter
        self._started = time.monotonic()
        self._num = num
        self._max_attempts = max_attempts
        self._concurrency = concurrency
        self._progress = progress
        self._outcomes = store.outcomes()
        self._stored = frozenset(self._outcomes)
        self._unfinished = 0
        self._owed: dict[int, Mapping[str, int]] = {}
        self._tasks: set[asyncio.Task[bool]] = set()
        self._idle = asyncio.Event()
        self._dropping = False
        self._told: dict[str, float] = {}
        self._reasons: Counter[str] = Counter()
        self._pulse = Pulse(store.folder)
        self._cursor = 0
        self._found = 0
        self._rejected = 0
        self.sure = 0
        self.played = 0
        self.stopping = False
        self.failure: UsageError | RunError | None = None
        self.limit: str | None = None

    async def play_all(self) -> None:
        """Until nothing is in flight and nothing more may be started."""
        self._fill()
        self._found = self.sure
        ticker = asyncio.create_task(self._tick())
        try:
            await self._idle.wait()
        finally:
            ticker.cancel()
            self._pulse.stop()
            self.cancel()
            await asyncio.gather(ticker, *self._tasks, return_exceptions=True)

    def stop(self, grace: float) -> None:
        """First call: start nothing more, and stop what is in flight between two steps. Second call: stop at once.

        A step that takes longer than ``grace`` seconds is dropped.
        """
        # What waits for a server that is down does not finish within any grace.
        if self.stopping or not self._tasks or self._down():
            self.stopping = True
            self.cancel()
            return
        self.stopping = True
        flying = count_of(len(self._tasks), "dialogue")
        self._progress.note(
            f"stopping: up to {grace:.0f} s for the present step of {flying} in flight; "
            "Ctrl-C again stops at once (dialogues and replies are kept, the same command goes on)"
        )
        self._player.drain()
        asyncio.get_running_loop().call_later(grace, self.cancel)

    def cancel(self) -> None:
        """Drop what is in flight and start nothing more."""
        self._dropping = True
        for task in self._tasks:
            task.cancel()

    def _watch_budget(self) -> None:
        """Start nothing more once a limit is reached; what is in flight may finish, as it is paid for in part."""
        if self.stopping or self._dropping:
            return
        reached = self._meter.exceeded(self._player.spending, time.monotonic() - self._started)
        if reached is not None:
            self.limit = reached
            self.stopping = True
            flying = count_of(len(self._tasks), "dialogue")
            self._progress.note(f"{reached}: no dialogue is started any more, {flying} in flight may finish")

    def _next(self) -> int | None:
        # Everything in flight lies before the cursor, so sure + in flight is the most that the prefix can hold.
        while self.sure + len(self._tasks) < self._num:
            index = self._cursor
            # What was played under a higher limit counts; only new attempts are limited.
            if index >= self._max_attempts and index not in self._stored:
                break
            if index not in self._stored and not self._may_draw(index):
                break
            self._cursor += 1
            if index not in self._stored:
                return index
            self._count(self._outcomes[index].accepted)
        return None

    def _may_draw(self, index: int) -> bool:
        """Whether all outcomes are there that tell what the dialogue has to make up for."""
        while self._unfinished in self._outcomes:
            self._unfinished += 1
        return self._unfinished >= barrier(index)

    def _what_is_owed(self, index: int) -> Mapping[str, int]:
        end = barrier(index)
        if end not in self._owed:
            self._owed[end] = self._player.owed([self._outcomes[place] for place in range(end)])
        return self._owed[end]

    def _fill(self) -> None:
        while not (self.stopping or self._dropping) and len(self._tasks) < self._concurrency:
            index = self._next()
            if index is None:
                break
            self._watch_budget()
            if self.stopping:
                break
            task = asyncio.create_task(self._play(index, self._what_is_owed(index)))
            self._tasks.add(task)
            task.add_done_callback(self._finished)
        if not self._tasks:
            self._idle.set()

    async def _play(self, index: int, owed: Mapping[str, int]) -> bool:
        try:
            record = await self._player.play(index, owed)
            self._store.add(index, record)
            if not record.verdict.accepted:
                codes = {each.code for each in record.verdict.findings if each.severity == "error"}
                self._reasons.update({record.fault.code} if record.fault else codes)
            self._outcomes[index] = Outcome(record.verdict.accepted, tuple(record.behaviours))
        except (UsageError, RunError, Drained, asyncio.CancelledError):
            raise
        except Exception as error:
            # The player turns a dialogue's failures into records, so this is a bug: its traceback is kept for a report.
            log = self._store.folder / ERROR_LOG
            with contextlib.suppress(OSError):
                log.write_text(f"dialogue {index}\n{traceback.format_exc()}", encoding="utf-8")
            raise RunError(
                f"dialogue {index} ended in a bug: {type(error).__name__}: {error} (traceback in {str(log)!r})"
            ) from error
        return record.verdict.accepted

    def _finished(self, task: asyncio.Task[bool]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if task.cancelled() and not self._dropping:
            error = RunError("a dialogue was cancelled from within: a node or a model cancelled its own task")
        if isinstance(error, (UsageError, RunError)):
            # Whatever else fails while the rest is being stopped, a mistake that the user can mend is what to tell.
            if self.failure is None or (isinstance(error, UsageError) and isinstance(self.failure, RunError)):
                self.failure = error
            self.cancel()
        elif error is None and not task.cancelled():
            self.played += 1
            self._count(task.result())
        self._watch_budget()
        self._fill()
        self._tell()

    def _count(self, accepted: bool) -> None:
        self.sure += accepted
        self._rejected += not accepted

    async def _tick(self) -> None:
        while True:
            self._watch_budget()
            self._tell()
            self._tell_outages()
            await asyncio.sleep(_TICK)

    def _down(self) -> list[Outage]:
        return [outage for outage in self._player.outages if outage.seconds >= _SILENCE]

    def _tell_outages(self) -> None:
        down = {outage.label: outage for outage in self._down()}
        for label, outage in down.items():
            if outage.seconds - self._told.get(label, -_REMINDER) >= _REMINDER:
                self._told[label] = outage.seconds
                self._progress.note(
                    f"waiting for {label}: no answer for {outage.seconds:.0f} s, tried again until it comes "
                    f"(the last failure: {outage.failure})"
                )
        for label in [label for label in self._told if label not in down]:
            del self._told[label]
            self._progress.note(f"{label} answers again")

    def _tell(self) -> None:
        spending = self._player.spending
        seconds = time.monotonic() - self._started
        made = self.sure - self._found
        counts = Counts(
            num=self._num,
            accepted=self.sure,
            rejected=self._rejected,
            in_flight=len(self._tasks),
            usage=sum(spending.values(), Usage()),
            cost=self._meter.total_cost(spending),
            reasons=dict(self._reasons),
            throttled=tuple(self._player.throttled),
            seconds_left=seconds * (self._num - self.sure) / made if made > 0 else None,
        )
        self._progress.update(counts)
        self._pulse.beat(counts)


@contextlib.contextmanager
def _signals(run: _Run, grace: float) -> Iterator[None]:
    """Ctrl-C and SIGTERM: once stops gently, twice at once, a third time is left to Python."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    installed: list[signal.Signals] = []

    def handle() -> None:
        if run.stopping:
            release()
        run.stop(grace)

    def release() -> None:
        while installed:
            loop.remove_signal_handler(installed.pop())

    for number in numbers:
        # Not the main thread, or no Unix: Ctrl-C then cancels the run as asyncio does by itself.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, handle)
            installed.append(number)
    try:
        yield
    finally:
        release()
