"""An MCP server for tests, made with the SDK: over stdio, or over HTTP on the port that it is given.

Run as a process of its own; what it writes to stderr must reach nobody.
"""

import asyncio
import os
import sys
import time

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError

server = MCPServer("tests")


@server.tool()
def add(a: int, b: int) -> int:
    return a + b


@server.tool()
def describe(city: str) -> dict[str, object]:
    return {"city": city, "tags": ["b", "a"]}


@server.tool(structured_output=False)
def words(text: str) -> list[str]:
    return text.split()


@server.tool(structured_output=False)
def say(text: str) -> str:
    return text


@server.tool()
def fail(reason: str) -> int:
    raise ToolError(reason)


@server.tool()
def crash() -> int:
    raise ValueError("in /home/somebody/server.py")


@server.tool()
def pid() -> int:
    return os.getpid()


@server.tool()
async def slow(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return seconds


@server.tool()
def die() -> int:
    os._exit(3)


@server.tool()
async def block() -> int:
    time.sleep(1000)  # noqa: ASYNC251 (the whole server is to hang, not only this call)
    return 1


@server.tool()
def noisy() -> int:
    print("this is no JSON-RPC", flush=True)
    os.write(1, b"nor is this\n")
    return 1


@server.tool()
def nan() -> float:
    return float("nan")


@server.tool(structured_output=False)
def huge() -> str:
    return "x" * 20_001


@server.tool()
def told(ctx: Context) -> dict[str, object]:
    meta = ctx.request_context.meta or {}
    return {key: value for key, value in dict(meta).items() if key.startswith("toolflow-graph/")}


@server.tool()
def token() -> str:
    return os.environ.get("TEST_TOKEN", "none")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", port=int(sys.argv[1]))
    else:
        server.run()
