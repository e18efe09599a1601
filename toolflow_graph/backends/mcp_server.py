"""A live MCP server: one connection for all dialogues, opened at the first call, made again when it is lost.

The only module that touches the MCP SDK (the ``mcp`` extra); it is imported when a ``--backend`` names a server.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import httpx2
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from pydantic import ValidationError

from toolflow_graph.backends.mcp_results import ServerLost, ServerRefused
from toolflow_graph.backends.pipes import Tail
from toolflow_graph.backends.threads import TimedOut, within
from toolflow_graph.errors import RunError
from toolflow_graph.wording import shorten_line

if TYPE_CHECKING:
    from mcp_types import CallToolResult

_T = TypeVar("_T")
Open = Callable[["Tail"], AbstractAsyncContextManager[Any]]
"""Opens a transport; the Tail takes what the server writes to stderr."""

_START_SECONDS = 60.0
_CHECK_SECONDS = 5.0
_CLOSE_SECONDS = 15.0
_MOST_PAGES = 100
# Seconds before a server that ran once is tried again: an HTTP server may be in the middle of its own restart.
_PAUSES = (1.0, 4.0)
# How the SDK words what its transports find out themselves: by the code alone, -32000, it could be any server's error.
# The last two are a session that an HTTP server no longer knows, and an answer such as 502.
_LOST_MESSAGES = ("Connection closed", "SSE stream ", "Session terminated", "Server returned an error response")

# What a server writes beside the protocol, and how it ends, is told by us; the SDK's log would print tracebacks.
logging.getLogger("mcp").addHandler(logging.NullHandler())


def open_stdio(variables: dict[str, str], command: list[str]) -> Open:
    """A server as a process of its own. Of our environment it gets what the SDK passes on, and ``variables``."""
    parameters = StdioServerParameters(command=command[0], args=command[1:], env=variables)

    def open_it(tail: Tail) -> AbstractAsyncContextManager[Any]:
        return stdio_client(parameters, errlog=tail.file)

    return open_it


def open_http(url: str, token: str | None) -> Open:
    """A server behind a streamable HTTP endpoint; ``token`` goes into the Authorization header."""

    @asynccontextmanager
    async def open_it(tail: Tail) -> AsyncIterator[Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        timeout = httpx2.Timeout(30.0, read=None)
        async with (
            httpx2.AsyncClient(headers=headers, timeout=timeout) as http,
            streamable_http_client(url, http_client=http) as streams,
        ):
            yield streams

    return open_it


class McpServer:
    """One server.

    A call that is lost with its connection is made once more, alone, on a new one: if that loses the server too, this
    call is what brings it down, and no other is blamed. So it does not depend on chance which calls fail.

    Args:
        label: what to call the server in messages (no secrets).
        open_it: opens a transport.
        seconds: time limit of a call; waiting for a turn does not count.
        concurrency: calls under way at once.
        hide: takes secrets out of a text.
    """

    def __init__(
        self, label: str, open_it: Open, *, seconds: float, concurrency: int, hide: Callable[[str], str]
    ) -> None:
        self.label = label
        self._open = open_it
        self._seconds = seconds
        self._concurrency = concurrency
        self._take_out = hide
        self._slots = asyncio.Semaphore(concurrency)
        self._alone = asyncio.Lock()
        self._connecting = asyncio.Lock()
        self._connection: _Connection | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._connected_once = False

    def hide(self, text: str) -> str:
        """The text without the values of the environment variables that the flag names."""
        return self._take_out(text)

    async def list_tools(self) -> list[str]:
        """The names of the server's tools, over a connection of its own that is closed again.

        Raises:
            ServerLost: it cannot be started or reached, or does not speak MCP.
        """
        connection = _Connection(self._open, self._take_out)
        try:
            await connection.ready()
            return await connection.list_tools(_START_SECONDS)
        finally:
            await connection.close()

    async def call(self, name: str, arguments: dict[str, Any], meta: dict[str, Any]) -> "CallToolResult":
        """Call a tool.

        Raises:
            ServerLost: the call brought the server down, twice.
            TimedOut: no answer in time.
            ServerRefused: the server answered with a protocol error.
            ValueError: an answer that is not what the protocol or the tool's own schema says.
            RunError: the server cannot be started or reached any more.
        """
        with contextlib.suppress(ServerLost):
            async with self._slots:
                return await self._call(name, arguments, meta)
        async with self._alone, contextlib.AsyncExitStack() as stack:
            for _ in range(self._concurrency):
                await stack.enter_async_context(self._slots)
            try:
                return await self._call(name, arguments, meta)
            except ServerLost as lost:
                if lost.timed_out:
                    raise TimedOut from None
                raise

    async def aclose(self) -> None:
        """End the connection (and the process); twice does no harm."""
        self._drop(self._connection)
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def _call(self, name: str, arguments: dict[str, Any], meta: dict[str, Any]) -> "CallToolResult":
        connection = await self._connect()
        try:
            return await within(self._seconds, connection.call(name, arguments, meta))
        except TimedOut:
            # Only this call hangs, or the whole server? A call that merely stood in line is not to blame.
            if await connection.answers(min(_CHECK_SECONDS, self._seconds)):
                raise
            self._drop(connection)
            raise ServerLost("it stopped answering", timed_out=True) from None
        except ServerLost:
            self._drop(connection)
            raise

    async def _connect(self) -> "_Connection":
        async with self._connecting:
            if self._connection is not None and self._connection.is_open:
                return self._connection
            self._drop(self._connection)
            for pause in (*_PAUSES, None) if self._connected_once else (None,):
                connection = _Connection(self._open, self._take_out)
                try:
                    await connection.ready()
                except ServerLost as lost:
                    await connection.close()
                    if pause is None:
                        raise RunError(f"the MCP server {self.label} cannot be reached: {lost}") from None
                    await asyncio.sleep(pause)
                except BaseException:
                    self._close(connection)
                    raise
                else:
                    self._connection, self._connected_once = connection, True
                    return connection
        raise AssertionError("the last try returns or raises")

    def _drop(self, connection: "_Connection | None") -> None:
        if connection is None:
            return
        if self._connection is connection:
            self._connection = None
        self._close(connection)

    def _close(self, connection: "_Connection") -> None:
        # Ending a process takes seconds; nobody waits for it but aclose().
        task = asyncio.ensure_future(connection.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


class _Connection:
    """One session, held open by a task of its own: what the SDK opens must be closed by the task that opened it."""

    def __init__(self, open_it: Open, hide: Callable[[str], str]) -> None:
        self._open = open_it
        self._hide = hide
        self._tail = Tail()
        self._stop = asyncio.Event()
        self._client: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold())
        # How it ended is asked only of a session that never began; asking keeps asyncio from reporting it.
        self._task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    @property
    def is_open(self) -> bool:
        return not self._task.done() and not self._stop.is_set()

    async def ready(self) -> None:
        """Wait for the handshake.

        Raises:
            ServerLost: there was none, with the reason.
        """
        either: set[asyncio.Future[Any]] = {self._client, self._task}
        done, _ = await asyncio.wait(either, timeout=_START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            raise ServerLost(f"no handshake within {_START_SECONDS:g} seconds{self._last_words()}")
        if not self._client.done():
            raise ServerLost(f"{self._why()}{self._last_words()}")

    async def list_tools(self, seconds: float) -> list[str]:
        """All pages of tools/list; also lets the SDK know the tools' schemas."""
        names: list[str] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await self._guard(within(seconds, self._client.result().list_tools(cursor=cursor)))
            names += [tool.name for tool in page.tools]
            cursor = page.next_cursor
            if cursor is None:
                break
        return names

    async def call(self, name: str, arguments: dict[str, Any], meta: dict[str, Any]) -> "CallToolResult":
        sent: Any = meta
        return await self._guard(self._client.result().call_tool(name, arguments, meta=sent))

    async def answers(self, seconds: float) -> bool:
        """Whether the server still answers anything."""
        try:
            await self.list_tools(seconds)
        except (ServerLost, TimedOut):
            return False
        except (ServerRefused, ValueError):
            return True
        return True

    async def close(self) -> None:
        self._stop.set()
        if not self._client.done():  # in the handshake nobody looks at ``_stop``
            self._task.cancel()
        done, _ = await asyncio.wait({self._task}, timeout=_CLOSE_SECONDS)
        if not done:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=_CLOSE_SECONDS)
        self._tail.close()

    async def _hold(self) -> None:
        async with Client(self._open(self._tail), cache=None) as client:
            self._client.set_result(client)
            await self._stop.wait()

    async def _guard(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Tell a lost connection from an error that the server sent."""
        try:
            return await work
        except MCPError as error:
            if error.message.startswith(_LOST_MESSAGES):
                raise ServerLost(error.message) from error
            raise ServerRefused(error.code, self._hide(error.message)) from error
        except ValidationError as error:
            raise ValueError("the answer is not what the protocol says") from error
        except RuntimeError as error:
            if self._task.done():
                raise ServerLost("the session has ended") from error
            # The SDK's word for content that does not fit the output schema which the server gives the tool.
            raise ValueError(str(error).partition("\n")[0]) from error
        except (OSError, httpx2.HTTPError, anyio.ClosedResourceError, anyio.BrokenResourceError) as error:
            raise ServerLost(str(error)) from error

    def _why(self) -> str:
        """Why the session ended before it began."""
        error: BaseException | None = None if self._task.cancelled() else self._task.exception()
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, FileNotFoundError):
            return f"there is no command {error.filename!r}"
        if error is None:
            return "it ended at once"
        return self._hide(shorten_line(str(error) or type(error).__name__, 300))

    def _last_words(self) -> str:
        lines = [self._hide(line) for line in self._tail.lines()]
        return "".join(f"\n  stderr:   {shorten_line(line, 200)}" for line in lines)
