"""Running a user's code beside the event loop: in a thread that may be left behind, within a time, off stdout.

``asyncio.to_thread`` would not do: a call that hangs keeps one of its few workers for ever, and the process could not
end before it does.
"""

import asyncio
import contextvars
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from toolflow_graph.errors import RunError

_T = TypeVar("_T")
_MOST_ABANDONED = 64

_in_backend: contextvars.ContextVar[bool] = contextvars.ContextVar("in_backend", default=False)


class TimedOut(Exception):
    """The work took longer than it may."""


class Broken(Exception):
    """A user's code tried to end the process, cancelled itself, or raised what is no error."""


async def within(seconds: float, work: Coroutine[Any, Any, _T]) -> _T:
    """Run ``work`` as a task of its own and wait at most so long; then it is cancelled, and not waited for.

    Raises:
        TimedOut: it took longer.
        Broken: it was cancelled by something else than its caller, or called ``sys.exit``.
        Exception: as ``work`` raised it.
    """
    task = asyncio.ensure_future(_guard(work))
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not done:
        task.cancel()
        # Its end, whenever it comes, interests nobody; asking keeps asyncio from reporting it.
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        raise TimedOut
    if task.cancelled():
        raise Broken("it cancelled itself")
    return task.result()


async def _guard(work: Coroutine[Any, Any, _T]) -> _T:
    token = _in_backend.set(True)
    try:
        return await work
    except RuntimeError as error:
        if isinstance(error.__cause__, StopIteration):  # what Python makes of one that leaves a coroutine
            raise Broken("it raised StopIteration") from None
        raise
    except (Exception, asyncio.CancelledError, KeyboardInterrupt):
        raise
    except BaseException as error:
        # SystemExit in a task would end the event loop, and the run with it.
        raise Broken(f"it raised {type(error).__name__}: {error}") from None
    finally:
        _in_backend.reset(token)


class Threads:
    """Daemon threads, one a call. What hangs in one is left behind; too many of them end the run."""

    def __init__(self, most_abandoned: int = _MOST_ABANDONED) -> None:
        self._most = most_abandoned
        self._lock = threading.Lock()
        self._abandoned = 0

    async def run(self, function: Callable[[], _T], name: str) -> _T:
        """Call ``function`` in a thread of its own, with this task's context.

        Raises:
            RunError: too many earlier calls still hang.
            Exception: as ``function`` raised it.
        """
        if self._abandoned >= self._most:
            raise RunError(
                f"{self._abandoned} calls of tool backends hang, {name} among the callers\n"
                "  hint: give the functions time limits of their own; a thread cannot be stopped from outside"
            )
        loop = asyncio.get_running_loop()
        # (value, error): a future refuses StopIteration as its exception.
        future: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()
        context = contextvars.copy_context()
        state = {"left": False, "ended": False}

        def deliver(outcome: tuple[Any, BaseException | None]) -> None:
            if not future.done():
                future.set_result(outcome)

        def work() -> None:
            try:
                outcome: tuple[Any, BaseException | None] = (context.run(function), None)
            except BaseException as error:
                outcome = (None, error)
            with self._lock:
                state["ended"] = True
                if state["left"]:
                    self._abandoned -= 1
            try:
                loop.call_soon_threadsafe(deliver, outcome)
            except RuntimeError:  # the loop is gone, and so is whoever waited
                return

        threading.Thread(target=work, name=f"backend {name}", daemon=True).start()
        try:
            value, error = await future
        except asyncio.CancelledError:
            with self._lock:
                if not state["ended"]:
                    state["left"] = True
                    self._abandoned += 1
            raise
        if error is not None:
            raise error
        result: _T = value
        return result


class QuietStdout:
    """Sends what backends print to stderr: stdout carries data. Everybody else's output stays where it goes."""

    def __init__(self) -> None:
        self._proxy: Any = None

    def start(self) -> None:
        """From now on; again does no harm."""
        if self._proxy is None:
            sys.stdout = self._proxy = _Proxy(sys.stdout)

    def stop(self) -> None:
        """As before, unless somebody else has replaced stdout since."""
        if self._proxy is not None and sys.stdout is self._proxy:
            sys.stdout = vars(self._proxy)["stream"]
        self._proxy = None


class _Proxy:
    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr if _in_backend.get() else self.stream, name)
