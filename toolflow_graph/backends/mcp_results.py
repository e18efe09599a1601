"""What an MCP server answered, as a value or as a service's error. Pure.

Source: MCP specification 2025-11-25, server/tools (``structuredContent``, ``content``, ``isError``).
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from toolflow_graph.backends.answers import GENERIC, clean_message
from toolflow_graph.schemas import schema_types
from toolflow_graph.types import Json, Tool
from toolflow_graph.validation import schema_errors

if TYPE_CHECKING:
    from mcp_types import CallToolResult

_CODES = {-32602: "invalid_request", -32601: "not_found", -32600: "invalid_request", -32001: "timeout"}
"""JSON-RPC 2.0 and MCP error codes that say more than that something failed."""


class ServerLost(Exception):
    """The connection broke, or the server stopped answering; ``timed_out``: found out by a call that hung."""

    def __init__(self, reason: str, *, timed_out: bool = False) -> None:
        super().__init__(reason)
        self.timed_out = timed_out


class ServerRefused(Exception):
    """The server answered with a JSON-RPC error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class NoContent(Exception):
    """The result holds only what no text can stand for; ``str(error)`` says what."""


def read_value(result: "CallToolResult", tool: Tool) -> Json:
    """The value of a successful call: the structured content if there is one, else the text, as JSON if it is JSON.

    Several texts are a list. A value that the server only wrapped as ``{"result": ...}`` is unwrapped if that is what
    the tool's ``returns`` wants.

    Raises:
        NoContent: there are only images, sound or other blobs.
    """
    if result.structured_content is not None:
        return _unwrap(result.structured_content, tool)
    texts = _texts(result)
    wants_text = tool.returns is not None and set(schema_types(tool.returns)) == {"string"}
    if wants_text:
        return "\n".join(texts)
    values = [_parse(text) for text in texts]
    if not values and result.content:
        raise NoContent(", ".join(dict.fromkeys(block.type for block in result.content)))
    return values if len(values) > 1 else values[0] if values else None


def read_error(result: "CallToolResult", server_tool: str, arguments: Mapping[str, Json]) -> tuple[str, str]:
    """Code and message of a call that the server itself calls an error."""
    text = "\n".join(_texts(result)).removeprefix(f"Error executing tool {server_tool}").lstrip(": \n")
    body = result.structured_content if result.structured_content is not None else _parse(text)
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    if isinstance(body, dict) and isinstance(body.get("message"), str):
        return _code(body.get("code")), clean_message(body["message"], arguments)
    return "failed" if text else "internal_error", clean_message(text or GENERIC, arguments)


def read_protocol_error(code: int, message: str, arguments: Mapping[str, Json]) -> tuple[str, str]:
    """Code and message for a JSON-RPC error."""
    return _CODES.get(code, "internal_error"), clean_message(message, arguments)


def _code(code: Any) -> str:
    return code if isinstance(code, str) and code else "failed"


def _texts(result: "CallToolResult") -> list[str]:
    texts = []
    for block in result.content:
        if block.type == "text":
            texts.append(block.text)
        elif block.type == "resource" and isinstance(text := getattr(block.resource, "text", None), str):
            texts.append(text)
        elif block.type == "resource_link":
            texts.append(json.dumps({"name": block.name, "uri": str(block.uri)}, ensure_ascii=False))
    return texts


def _parse(text: str) -> Json:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is no JSON")


def _unwrap(value: Json, tool: Tool) -> Json:
    if tool.returns is None or not isinstance(value, dict) or set(value) != {"result"}:
        return value
    fits = not schema_errors(value, tool.returns, closed=False)
    return value if fits or schema_errors(value["result"], tool.returns, closed=False) else value["result"]
