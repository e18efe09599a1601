"""A server that speaks the OpenAI chat protocol, as well or as badly as it is told, in a process of its own.

    python benchmarks/server.py [--latency SECONDS] [--fault NAME=SHARE ...] [--seed N] [--content TEXT]

Prints its base URL, serves until stdin is closed, then prints a JSON object of what it did. Faults: 429, 500, hang,
reset, half, not_json, wrong_shape, broken_call, endless, html; each is drawn for its share of the requests.
"""

import argparse
import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Mapping

from aiohttp import web

ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 0,
    "model": "bench",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "The table for two is booked for Friday at eight. " * 4},
        }
    ],
    "usage": {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960},
}
_BODY = json.dumps(ANSWER).encode()
_BROKEN_CALL = {
    **ANSWER,
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "x", "arguments": '{"a": '}}],
            },
        }
    ],
}


def _body_of(content: str) -> bytes:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    return json.dumps({**ANSWER, "choices": [choice]}).encode()


class Server:
    """Answers, and counts what it did."""

    def __init__(self, latency: float, faults: Mapping[str, float], seed: int, content: str | None = None) -> None:
        self._body = _BODY if content is None else _body_of(content)
        self.latency = latency
        self.faults = dict(faults)
        self.counts: Counter[str] = Counter()
        self.in_flight = self.most = 0
        self._rng = random.Random(seed)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        await request.read()
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            if self.latency:
                await asyncio.sleep(self.latency)
            drawn = self._draw()
            self.counts[drawn] += 1
            return await self._answer(drawn, request)
        finally:
            self.in_flight -= 1

    def _draw(self) -> str:
        left = self._rng.random()
        for name, share in self.faults.items():
            left -= share
            if left < 0:
                return name
        return "answered"

    async def _answer(self, drawn: str, request: web.Request) -> web.StreamResponse:
        if drawn in ("429", "500", "503"):
            headers = {"Retry-After": "0.05"} if drawn == "429" else {}
            return web.json_response({"error": {"message": "busy"}}, status=int(drawn), headers=headers)
        if drawn == "hang":
            await asyncio.sleep(3600)
        if drawn == "not_json":
            return web.Response(body=b"{not json", content_type="application/json")
        if drawn == "html":
            return web.Response(text="<html>busy</html>", content_type="text/html")
        if drawn == "wrong_shape":
            return web.json_response({"surprise": True})
        if drawn == "broken_call":
            return web.json_response(_BROKEN_CALL)
        if drawn in ("reset", "half", "endless"):
            return await self._misbehave(drawn, request)
        return web.Response(body=self._body, content_type="application/json")

    async def _misbehave(self, drawn: str, request: web.Request) -> web.StreamResponse:
        transport = request.transport
        if drawn == "reset" and transport is not None:
            transport.abort()
            return web.Response()
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        if drawn == "half":
            response.content_length = len(_BODY)
        await response.prepare(request)
        if drawn == "half":
            await response.write(_BODY[: len(_BODY) // 2])
            if transport is not None:
                transport.abort()
            return response
        while True:
            await response.write(b" " * 262_144)
            await asyncio.sleep(0)


async def serve(server: Server) -> None:
    """Until stdin is closed."""
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/v1/chat/completions", server.chat)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(json.dumps({"requests": server.counts.total(), "most_in_flight": server.most, **server.counts}), flush=True)
    await runner.cleanup()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--fault", action="append", default=[], metavar="NAME=SHARE")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--content", help="what every answer says")
    options = parser.parse_args()
    faults = {name: float(share) for name, _, share in (item.partition("=") for item in options.fault)}
    asyncio.run(serve(Server(options.latency, faults, options.seed, options.content)))


if __name__ == "__main__":
    main()
