"""Python backends: a function, or a class whose methods are the tools, with one instance a dialogue."""

import asyncio
import hashlib
import inspect
import re
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from toolflow_graph.backends.answers import (
    GENERIC,
    UNREADABLE,
    Troubles,
    build_answer,
    build_error,
    count_of_seconds,
    describe_exception,
    explain_exception,
)
from toolflow_graph.backends.binding import Binding, build_binding, method_of_call, read_hints, strip_partial
from toolflow_graph.backends.plain import NotPlain
from toolflow_graph.backends.port import DialogueInfo
from toolflow_graph.backends.threads import Broken, QuietStdout, Threads, TimedOut, within
from toolflow_graph.errors import RunError, UsageError
from toolflow_graph.types import Tool, ToolCall, ToolResult

_CONCURRENCY = 32


class Host:
    """What all Python backends of a run share.

    Args:
        seconds: time limit of a call.
        concurrency: calls under way at once; the time a call waits for its turn does not count against its limit.
    """

    def __init__(self, seconds: float, troubles: Troubles, *, concurrency: int = _CONCURRENCY) -> None:
        self.seconds = seconds
        self.troubles = troubles
        self.threads = Threads()
        self.stdout = QuietStdout()
        self._slots = asyncio.Semaphore(concurrency)

    async def answer(
        self, tool: Tool, call: ToolCall, home: str, work: Callable[[], Coroutine[Any, Any, Any]]
    ) -> ToolResult:
        """Do ``work`` within the time limit; what it returns or raises becomes the call's result."""
        self.stdout.start()
        try:
            async with self._slots:
                value = await within(self.seconds, work())
            return build_answer(tool, call, value)
        except (UsageError, RunError):
            raise
        except TimedOut:
            code, message = "timeout", f"The service did not answer within {count_of_seconds(self.seconds)}."
            reason = f"no answer within {count_of_seconds(self.seconds)}"
        except NotPlain as error:
            code, message, reason = "invalid_response", UNREADABLE, f"it returned what is no JSON: {error}"
        except Broken as error:
            code, message, reason = "internal_error", GENERIC, str(error)
        except Exception as error:
            code, message = explain_exception(error, call.arguments, home=home)
            reason = describe_exception(error)
        self.troubles.note(tool.name, code, reason)
        return build_error(call, code, message)


class FunctionBackend:
    """One function, sync (in a thread) or async, called with the arguments as keywords."""

    def __init__(self, function: Callable[..., Any], binding: Binding, host: Host) -> None:
        self._function = function
        self._binding = binding
        self._host = host
        self._home = _home_of(function)

    async def call(self, tool: Tool, call: ToolCall, *, now: str, dialogue_id: str) -> ToolResult:
        """See :class:`~toolflow_graph.backends.port.Backend`."""
        keywords = self._binding.keywords(tool, call, DialogueInfo(dialogue_id, now))
        work = partial(run_anywhere, self._function, keywords, self._host.threads, tool.name)
        return await self._host.answer(tool, call, self._home, work)


async def run_anywhere(function: Callable[..., Any], keywords: dict[str, Any], threads: Threads, name: str) -> Any:
    """Await an async function here, call any other in a thread; an awaitable that it returns is awaited here."""
    if is_async(function):
        return await function(**keywords)
    value = await threads.run(partial(function, **keywords), name)
    return await value if inspect.isawaitable(value) else value


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling it only makes a coroutine."""
    function = strip_partial(function)
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(method_of_call(function))


class Worlds:
    """The instances of one class: one a dialogue, made at its first call, kept until the dialogue ends."""

    def __init__(self, factory: type, info_parameter: str | None, host: Host) -> None:
        self.factory = factory
        self._info_parameter = info_parameter
        self._host = host
        self._made: dict[str, asyncio.Task[Any]] = {}

    async def of(self, info: DialogueInfo) -> Any:
        """The dialogue's instance.

        Raises:
            UsageError: the class cannot be instantiated; no service's error stands for that.
        """
        if info.id not in self._made:
            self._made[info.id] = asyncio.ensure_future(self._make(info))
        return await asyncio.shield(self._made[info.id])

    async def _make(self, info: DialogueInfo) -> Any:
        keywords = {} if self._info_parameter is None else {self._info_parameter: info}
        name = self.factory.__name__
        try:
            make = self._host.threads.run(partial(self.factory, **keywords), name)
            return await within(self._host.seconds, make)
        except TimedOut:
            raise UsageError(
                f"the class {name} of a --backend takes more than {count_of_seconds(self._host.seconds)} to make"
            ) from None
        except (UsageError, RunError):
            raise
        except Exception as error:
            raise UsageError(
                f"the class {name} of a --backend cannot be made: {describe_exception(error)}",
                expected="a class that needs no arguments, or one annotated DialogueInfo",
            ) from error

    def forget(self, dialogue_id: str) -> None:
        """Drop the dialogue's instance: played again, it starts in a fresh one."""
        made = self._made.pop(dialogue_id, None)
        if made is not None and not made.done():
            made.cancel()


class MethodBackend:
    """One method of the dialogue's own instance of a class."""

    def __init__(self, worlds: Worlds, method: str, binding: Binding, host: Host) -> None:
        self._worlds = worlds
        self._method = method
        self._binding = binding
        self._host = host
        self._home = _home_of(worlds.factory)

    async def call(self, tool: Tool, call: ToolCall, *, now: str, dialogue_id: str) -> ToolResult:
        """See :class:`~toolflow_graph.backends.port.Backend`."""
        info = DialogueInfo(dialogue_id, now)
        self._host.stdout.start()
        world = await self._worlds.of(info)
        keywords = self._binding.keywords(tool, call, info)
        work = partial(run_anywhere, getattr(world, self._method), keywords, self._host.threads, tool.name)
        return await self._host.answer(tool, call, self._home, work)


def build_worlds(factory: type, place: str, host: Host) -> Worlds:
    """Settle how a class is instantiated.

    Raises:
        UsageError: it needs an argument that nobody has.
    """
    try:
        parameters = inspect.signature(factory).parameters
    except (ValueError, TypeError):
        return Worlds(factory, None, host)
    hints = read_hints(inspect.getattr_static(factory, "__init__"))
    info = next((name for name in parameters if hints.get(name) is DialogueInfo), None)
    wanted = [
        name
        for name, parameter in parameters.items()
        if name != info
        and parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    ]
    if wanted:
        raise UsageError(
            f"{place}: the class {factory.__name__} wants {wanted[0]!r}",
            expected="a class that needs no arguments, or one annotated DialogueInfo",
        )
    return Worlds(factory, info, host)


def build_method(worlds: Worlds, tool: Tool, place: str, host: Host) -> MethodBackend | None:
    """The backend of the method that has the tool's name (``-`` is ``_``); None if there is none.

    Raises:
        UsageError: the method does not take the tool's parameters.
    """
    name = re.sub(r"\W", "_", tool.name)
    if name not in list_methods(worlds.factory):
        return None
    static = inspect.getattr_static(worlds.factory, name)
    method = getattr(worlds.factory, name)
    if not isinstance(static, (staticmethod, classmethod)):
        # As it is once bound: without ``self``.
        method = method.__get__(object(), worlds.factory) if hasattr(method, "__get__") else method
    return MethodBackend(worlds, name, build_binding(method, tool, f"{place}: {name}()"), host)


def list_methods(factory: type) -> list[str]:
    """The public methods of a class, in alphabetical order."""
    return [name for name in dir(factory) if not name.startswith("_") and callable(getattr(factory, name))]


def hash_source(thing: Any) -> str:
    """16 hex digits of the file that a function or class stands in; of its name, where there is no file."""
    target = inspect.unwrap(strip_partial(thing))
    if not (inspect.isroutine(target) or inspect.isclass(target)):
        target = type(target)
    try:
        file = inspect.getsourcefile(target)
    except TypeError:
        file = None
    name = f"{getattr(target, '__module__', '')}.{getattr(target, '__qualname__', '')}"
    return hashlib.sha256(Path(file).read_bytes() if file else name.encode()).hexdigest()[:16]


def _home_of(thing: Any) -> str:
    thing = strip_partial(thing)
    return str(getattr(thing, "__module__", None) or type(thing).__module__).partition(".")[0]
