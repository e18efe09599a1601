"""The backend of one tool of a live MCP server; knows the server by its port, not the SDK."""

from typing import TYPE_CHECKING, Any, Protocol

from toolflow_graph.backends.answers import (
    GENERIC,
    UNREADABLE,
    Troubles,
    build_answer,
    build_error,
    count_of_seconds,
)
from toolflow_graph.backends.mcp_results import (
    NoContent,
    ServerLost,
    ServerRefused,
    read_error,
    read_protocol_error,
    read_value,
)
from toolflow_graph.backends.plain import NotPlain
from toolflow_graph.backends.threads import TimedOut
from toolflow_graph.types import Tool, ToolCall, ToolResult

if TYPE_CHECKING:
    from mcp_types import CallToolResult

META_DIALOGUE = "toolflow-graph/dialogue"
META_NOW = "toolflow-graph/now"


class Server(Protocol):
    """The server port (:class:`~toolflow_graph.backends.mcp_server.McpServer` is the real one)."""

    def hide(self, text: str) -> str:
        """The text without keys: what goes into a message may go into a data set."""
        ...

    async def call(self, name: str, arguments: dict[str, Any], meta: dict[str, Any]) -> "CallToolResult": ...


class McpBackend:
    """Calls one tool of a server. The request's ``_meta`` says which dialogue it is of, and that dialogue's present."""

    def __init__(self, server: Server, server_tool: str, *, seconds: float, troubles: Troubles) -> None:
        self._server = server
        self._server_tool = server_tool
        self._seconds = seconds
        self._troubles = troubles

    async def call(self, tool: Tool, call: ToolCall, *, now: str, dialogue_id: str) -> ToolResult:
        """See :class:`~toolflow_graph.backends.port.Backend`."""
        meta = {META_DIALOGUE: dialogue_id, META_NOW: now}
        try:
            result = await self._server.call(self._server_tool, call.arguments, meta)
            if not result.is_error:
                return build_answer(tool, call, read_value(result, tool))
            code, message = read_error(result, self._server_tool, call.arguments)
            reason = message
        except ServerRefused as error:
            code, message = read_protocol_error(error.code, str(error), call.arguments)
            reason = f"{error} ({error.code})"
        except TimedOut:
            within = count_of_seconds(self._seconds)
            code, message = "timeout", f"The service did not answer within {within}."
            reason = f"no answer within {within}"
        except ServerLost as lost:
            code, message, reason = "unavailable", GENERIC, f"the call brings the server down: {lost}"
        except NoContent as error:
            code, message = "invalid_response", "The service sent a response that cannot be shown as text."
            reason = f"the result holds nothing but {error}"
        except (NotPlain, ValueError) as error:
            code, message, reason = "invalid_response", UNREADABLE, str(error)
        self._troubles.note(tool.name, code, self._server.hide(reason))
        return build_error(call, code, self._server.hide(message))


def find_server_tool(tool: Tool, names: list[str]) -> str | None:
    """The server's own name of a catalogue's tool: the catalogue makes names valid, and prefixes those that clash."""
    from toolflow_graph.catalog.naming import make_valid

    valid = {make_valid(name): name for name in reversed(names)}
    if tool.name in names:
        return tool.name
    if tool.name in valid:
        return valid[tool.name]
    prefix = f"{tool.source}_"
    return valid.get(tool.name.removeprefix(prefix)) if tool.source and tool.name.startswith(prefix) else None
