"""From ``--backend`` flags to what answers each tool's calls; every mistake is told before the first dialogue."""

import asyncio
import difflib
import hashlib
import importlib.metadata
import inspect
import os
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from toolflow_graph.backends.answers import Troubles
from toolflow_graph.backends.binding import build_binding
from toolflow_graph.backends.flags import BackendFlag, parse_backend_flags, parse_command, parse_url, secrets_in
from toolflow_graph.backends.functions import (
    FunctionBackend,
    Host,
    Worlds,
    build_method,
    build_worlds,
    hash_source,
    list_methods,
)
from toolflow_graph.backends.mcp_backend import McpBackend, find_server_tool
from toolflow_graph.backends.mcp_results import ServerLost, ServerRefused
from toolflow_graph.backends.port import TIMEOUT, Backend
from toolflow_graph.errors import UsageError
from toolflow_graph.references import load_reference
from toolflow_graph.types import Tool
from toolflow_graph.wording import count_of

if TYPE_CHECKING:
    from toolflow_graph.backends.mcp_server import McpServer

_T = TypeVar("_T")
_CONCURRENCY = 8
_INSTALL = "pip install 'toolflow-graph[mcp]' (in a clone: pip install -e '.[mcp]')"


class Backends:
    """What answers which tool, for the time of one run and in one event loop.

    Attributes:
        notes: what the user should know of the choices made, a sentence each.
    """

    def __init__(
        self,
        bound: Mapping[str, Backend],
        *,
        fingerprint: Mapping[str, str],
        notes: Sequence[str],
        host: Host,
        worlds: Iterable[Worlds] = (),
        servers: "Iterable[McpServer]" = (),
    ) -> None:
        self._bound = dict(bound)
        self._fingerprint = dict(fingerprint)
        self.notes = tuple(notes)
        self._host = host
        self._worlds = tuple(worlds)
        self._servers = tuple(servers)

    @property
    def tools(self) -> tuple[str, ...]:
        """The names of the tools whose calls are made for real, in the catalogue's order."""
        return tuple(self._bound)

    def find(self, tool_name: str) -> Backend | None:
        """What answers this tool's calls; None: the simulation does."""
        return self._bound.get(tool_name)

    def fingerprint(self) -> dict[str, str]:
        """What must not change when a run goes on; empty without backends.

        ``backend NAME`` -> the function's or class's name and the hash of its file, or a server's command or URL with
        its ``$NAME``s as typed (never their values), and which tools it answers.
        """
        return dict(self._fingerprint)

    def troubles(self) -> list[str]:
        """The calls that ended in an error so far: a line a tool and code, with how often, and what the first was."""
        return self._host.troubles.render()

    def end_dialogue(self, dialogue_id: str) -> None:
        """The dialogue is over (or given up): its state goes, and played again it starts afresh."""
        for worlds in self._worlds:
            worlds.forget(dialogue_id)

    async def aclose(self) -> None:
        """Close the servers' connections and give stdout back; twice does no harm."""
        self._host.stdout.stop()
        await asyncio.gather(*(server.aclose() for server in self._servers))


def build_backends(
    items: Sequence[str],
    tools: Iterable[Tool],
    *,
    timeout: float = TIMEOUT,
    concurrency: int = _CONCURRENCY,
    environ: Mapping[str, str] | None = None,
) -> Backends:
    """Load what the flags name, ask each MCP server for its tools, and settle who answers which tool.

    A flag with a tool's own name wins over patterns; of patterns the later one. Of a class or a server a pattern takes
    the tools that are there: the rest stays simulated.

    Args:
        items: ``--backend`` flags (``NAME=REF``); none gives Backends that find nothing.
        tools: the run's catalogue.
        timeout: seconds that a call may take.
        concurrency: calls that one MCP server is sent at once.
        environ: what ``$NAME`` in a command or URL is read from; None: the process's own.

    Raises:
        UsageError: a malformed flag; a name or pattern that is no tool's; a reference that does not resolve, is not
            callable or does not take a tool's parameters; the ``mcp`` extra is missing; a server that cannot be
            reached, or has no such tool.
    """
    flags = parse_backend_flags(items)
    builder = _Builder(flags, tuple(tools), timeout, concurrency, os.environ if environ is None else environ)
    return builder.build()


class _Builder:
    def __init__(
        self,
        flags: Sequence[BackendFlag],
        tools: Sequence[Tool],
        timeout: float,
        concurrency: int,
        environ: Mapping[str, str],
    ) -> None:
        self._flags = flags
        self._tools = tools
        self._timeout = timeout
        self._concurrency = concurrency
        self._environ = environ
        self._troubles = Troubles()
        self._host = Host(timeout, self._troubles)
        self._worlds: dict[type, Worlds] = {}
        self._servers: dict[str, tuple[McpServer, list[str]]] = {}

    def build(self) -> Backends:
        offers = {flag: self._offer(flag) for flag in self._flags}
        latest_first = self._flags[::-1]
        ranked = sorted(latest_first, key=lambda flag: flag.is_pattern)
        bound: dict[str, Backend] = {}
        taken: dict[BackendFlag, list[str]] = {flag: [] for flag in self._flags}
        for tool in self._tools:
            flag = next((flag for flag in ranked if tool.name in offers[flag]), None)
            if flag is not None:
                bound[tool.name] = offers[flag][tool.name]
                taken[flag].append(tool.name)
        notes = [note for flag in self._flags for note in self._describe(flag, offers[flag], taken[flag])]
        fingerprint = {f"backend {flag.name}": self._identify(flag, taken[flag]) for flag in self._flags}
        if fingerprint:
            fingerprint["backend timeout"] = f"{self._timeout:g} s"
        return Backends(
            bound,
            fingerprint=fingerprint,
            notes=notes,
            host=self._host,
            worlds=self._worlds.values(),
            servers=[server for server, _ in self._servers.values()],
        )

    def _offer(self, flag: BackendFlag) -> dict[str, Backend]:
        """The backends of all tools that a flag could answer, by tool name."""
        tools = [tool for tool in self._tools if flag.matches(tool.name)]
        if not tools:
            known = [tool.name for tool in self._tools]
            near = difflib.get_close_matches(flag.name.strip("*?"), known, n=5, cutoff=0.5)
            what = "the pattern matches no tool" if flag.is_pattern else "there is no such tool"
            raise UsageError(f"--backend {flag}: {what} ({flag.name!r})", known=near or known)
        if flag.kind == "reference":
            thing = load_reference(flag.target, what="tool backend")
            if inspect.isclass(thing):
                return self._offer_methods(flag, thing, tools)
            if not callable(thing):
                raise UsageError(
                    f"--backend {flag}: {flag.target!r} is a {type(thing).__name__}",
                    expected="a function, or a class whose methods are the tools",
                )
            place = f"--backend {flag}"
            return {tool.name: FunctionBackend(thing, build_binding(thing, tool, place), self._host) for tool in tools}
        return self._offer_server(flag, tools)

    def _offer_methods(self, flag: BackendFlag, factory: type, tools: Sequence[Tool]) -> dict[str, Backend]:
        if factory not in self._worlds:
            self._worlds[factory] = build_worlds(factory, f"--backend {flag}", self._host)
        worlds = self._worlds[factory]
        made = {tool.name: build_method(worlds, tool, f"--backend {flag}", self._host) for tool in tools}
        offer: dict[str, Backend] = {name: backend for name, backend in made.items() if backend is not None}
        if not offer:
            raise _lacks(flag, f"the class {factory.__name__} has no method", list_methods(factory))
        return offer

    def _offer_server(self, flag: BackendFlag, tools: Sequence[Tool]) -> dict[str, Backend]:
        server, names = self._servers.get(flag.reference) or self._ask_server(flag)
        found = {tool.name: find_server_tool(tool, names) for tool in tools}
        offer: dict[str, Backend] = {
            tool: McpBackend(server, name, seconds=self._timeout, troubles=self._troubles)
            for tool, name in found.items()
            if name is not None
        }
        if not offer:
            raise _lacks(flag, "the server has no tool", names)
        return offer

    def _ask_server(self, flag: BackendFlag) -> "tuple[McpServer, list[str]]":
        server = self._build_server(flag)
        try:
            # A connection of its own: the run's belongs to the run's event loop, which is not there yet.
            names = _run_apart(server.list_tools)
        except (ServerLost, ServerRefused, ValueError) as error:
            raise UsageError(
                f"--backend {flag}: the MCP server does not start: {error}"
                if flag.kind == "stdio"
                else f"--backend {flag}: the MCP server does not answer: {error}",
                hint="try the command by itself" if flag.kind == "stdio" else "check the URL, and that it is running",
            ) from error
        self._servers[flag.reference] = server, names
        return server, names

    def _build_server(self, flag: BackendFlag) -> "McpServer":
        try:
            from toolflow_graph.backends.mcp_server import McpServer, open_http, open_stdio
        except ImportError as error:
            raise UsageError(f"--backend {flag}: {_explain_missing(error)}", hint=_INSTALL) from None
        if flag.kind == "stdio":
            open_it = open_stdio(*parse_command(flag.target, self._environ))
        else:
            open_it = open_http(*parse_url(flag.target, self._environ))
        hidden = secrets_in(flag.target, self._environ)

        def hide(text: str) -> str:
            for value, name in hidden.items():
                text = text.replace(value, name)
            return text

        return McpServer(flag.reference, open_it, seconds=self._timeout, concurrency=self._concurrency, hide=hide)

    def _describe(self, flag: BackendFlag, offer: Mapping[str, Backend], taken: Sequence[str]) -> list[str]:
        if not taken:
            return [f"--backend {flag} answers nothing: other --backend flags come first for all its tools"]
        matching = sum(flag.matches(tool.name) for tool in self._tools)
        left = matching - len(offer)
        rest = f"; {count_of(left, 'tool')} of {flag.name!r} not there, and so not answered by it" if left else ""
        return [f"{count_of(len(taken), 'tool')} answered by {flag.reference}{rest}"]

    def _identify(self, flag: BackendFlag, taken: Sequence[str]) -> str:
        if flag.kind == "reference":
            thing = load_reference(flag.target, what="tool backend")
            place, _, attr = flag.target.rpartition(":")
            # The file's name without its folder: a project that moves is the same project.
            what = f"{PurePath(place).name}:{attr} {hash_source(thing)}"
        else:
            what = flag.reference
        digest = hashlib.sha256("\n".join(taken).encode()).hexdigest()[:8]
        return f"{what}, {count_of(len(taken), 'tool')} {digest}"


def _lacks(flag: BackendFlag, problem: str, known: Sequence[str]) -> UsageError:
    wanted = f"that matches {flag.name!r}" if flag.is_pattern else f"{flag.name!r}"
    return UsageError(f"--backend {flag}: {problem} {wanted}", known=known or ["(none)"])


def _explain_missing(error: ImportError) -> str:
    missing = "MCP servers need the MCP SDK, which is not installed"
    if isinstance(error, ModuleNotFoundError) and error.name == "mcp":
        return missing
    try:
        version = importlib.metadata.version("mcp")
    except importlib.metadata.PackageNotFoundError:
        return missing
    return f"the MCP SDK that is installed (mcp {version}) is of another generation ({error}); 2.x is wanted"


def _run_apart(work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Run a coroutine to its end in an event loop of its own, whether or not one is running here."""
    outcome: list[_T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(asyncio.run(work()))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="mcp probe", daemon=True)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return outcome[0]
