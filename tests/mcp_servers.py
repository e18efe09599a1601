"""Real MCP servers for tests: two scripts that are run as processes, and a small one in plain JSON-RPC over aiohttp."""

import asyncio
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from aiohttp import web

_HERE = Path(__file__).resolve().parent
SDK_SERVER = f"{sys.executable} {_HERE / 'mcp_sdk_server.py'}"
OLD_SERVER = f"{sys.executable} {_HERE / 'mcp_old_server.py'}"
"""The commands, for stdio; with a port as its argument the first one serves HTTP."""


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class HttpProcess:
    """``SDK_SERVER`` over HTTP, as a process that a test may kill and start again on the same port."""

    def __init__(self, command: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        self._command = [*command.split(), str(self.port)]
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and wait until it listens."""
        quiet = asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(*self._command, stdout=quiet, stderr=quiet)
        async with asyncio.timeout(30):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    return

    async def kill(self) -> None:
        """End it at once."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.kill()


class GuardedServer:
    """A streamable HTTP server in this process that wants a bearer token, and answers 500 where it is told to."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.status_of_calls = 200
        self.calls = 0
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/mcp", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://$GUARD_TOKEN@{host}:{port}/mcp"
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.Response(status=401)
        message = await request.json()
        if "id" not in message:
            return web.Response(status=202)
        results: Mapping[str, Any] = {
            "initialize": {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "guarded", "version": "1"},
            },
            "tools/list": {"tools": [{"name": "add", "inputSchema": {"type": "object"}}]},
            "tools/call": {"isError": True, "content": [{"type": "text", "text": f"bad token {self.token}"}]},
        }
        if message["method"] == "tools/call":
            self.calls += 1
            if self.status_of_calls != 200:
                return web.Response(status=self.status_of_calls)
        if message["method"] not in results:
            return web.json_response(
                {"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": "Method not found"}}
            )
        return web.json_response({"jsonrpc": "2.0", "id": message["id"], "result": results[message["method"]]})
