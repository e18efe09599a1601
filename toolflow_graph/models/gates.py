"""How many calls one server is sent at once, and how many in a minute.

The number in flight adapts as TCP's window does (additive increase, multiplicative decrease: Chiu and Jain, 1989): it
starts high, shrinks when the server says that it is overloaded, and grows by one a round trip while it answers. A burst
of refusals shrinks it once: only calls that were sent after the last step may make it smaller again.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

SHRINK = 0.7
"""What is left of the limit after an overload."""

OVERLOADED = frozenset({408, 429, 502, 503, 504, 529})
"""Statuses that say that there is too much to do; a time-out says so, too."""


@dataclass(frozen=True, slots=True)
class Caps:
    """What a server allows, as its operator says; None: no cap.

    Attributes:
        requests: calls started a minute.
        tokens: tokens a minute, input and output; a call counts once it is answered.
        in_flight: calls at once.
    """

    requests: float | None = None
    tokens: float | None = None
    in_flight: int | None = None


class Pass:
    """The leave to make one call: ``sent`` orders it among the steps of the limit."""

    __slots__ = ("sent",)

    def __init__(self, sent: int) -> None:
        self.sent = sent


class Gate:
    """Lets calls through to one server, in the order in which they came.

    Args:
        caps: what may not be exceeded.
        most: where the limit starts and ends: more than are ever in flight costs nothing.
        sleep, clock: for tests.
    """

    def __init__(
        self,
        caps: Caps | None = None,
        *,
        most: int = 1024,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.caps = caps or Caps()
        self.most = min(most, self.caps.in_flight or most)
        self.limit = float(self.most)
        self.in_flight = 0
        self._step = 0
        self._paused_until = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._requests = _Budget(self.caps.requests, clock)
        self._tokens = _Budget(self.caps.tokens, clock)
        self._sleep = sleep
        self._clock = clock

    @property
    def is_throttled(self) -> bool:
        """Whether fewer calls are let through than might be, or none for the moment."""
        return self.limit < self.most or self._clock() < self._paused_until

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Pass]:
        """Wait for one's turn; the call is made inside."""
        await self._enter()
        try:
            yield Pass(self._step)
        finally:
            self._leave()

    def ease(self, tokens: int) -> None:
        """A call was answered: a little more may be sent. ``tokens``: what it took, for the cap."""
        self._tokens.take(tokens)
        if self.limit < self.most:
            self.limit = min(self.limit + 1 / self.limit, float(self.most))
            self._wake()

    def narrow(self, leave: Pass, *, pause: float | None = None) -> None:
        """The server is overloaded, as the call that was let through with ``leave`` was told.

        Args:
            pause: seconds for which the server wants no call at all (Retry-After).
        """
        if pause:
            self._paused_until = max(self._paused_until, self._clock() + pause)
        if leave.sent == self._step:
            self._step += 1
            # From what was really in flight: a limit that was never reached says nothing.
            self.limit = max(1.0, min(self.limit, max(self.in_flight, 1)) * SHRINK)

    async def _enter(self) -> None:
        if self._waiting or self.in_flight + 1 > self.limit:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn  # whoever wakes us has counted us in
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._leave()
                raise
        else:
            self.in_flight += 1
        try:
            while (wait := self._wait()) > 0:
                await self._sleep(wait)
            self._requests.take(1)
        except BaseException:
            self._leave()
            raise

    def _wait(self) -> float:
        return max(self._paused_until - self._clock(), self._requests.wait(), self._tokens.wait())

    def _leave(self) -> None:
        self.in_flight -= 1
        self._wake()

    def _wake(self) -> None:
        while self._waiting and self.in_flight + 1 <= self.limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)


class _Budget:
    """So much a minute, evenly: a tenth of a minute's worth may be used at once, what is used beyond is waited for."""

    def __init__(self, a_minute: float | None, clock: Callable[[], float]) -> None:
        self._rate = None if a_minute is None else a_minute / 60
        self._burst = 0.0 if a_minute is None else max(1.0, a_minute / 10)
        self._left = self._burst
        self._clock = clock
        self._filled = clock()

    def wait(self) -> float:
        """Seconds until something is left."""
        if self._rate is None:
            return 0.0
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._filled) * self._rate)
        self._filled = now
        return 0.0 if self._left > 0 else -self._left / self._rate + 1e-3

    def take(self, amount: float) -> None:
        """Use some, whether it is there or not."""
        if self._rate is not None:
            self._left -= amount
