"""What a model call costs in CPU time, against a bare httpx client that makes the same calls in the same run.

    python benchmarks/calls.py [--calls N] [--blocks N] [--in-flight N] [--latency SECONDS]

Both talk to ``benchmarks/server.py`` in a process of its own. After a warm-up, blocks of calls alternate between the
two; a row shows the median of the blocks. "engine" is what a node's call goes through: gate and retries, LangChain's
``ainvoke``, ChatOpenAI, the reply parsed, and the reply kept in a run store on disk. With ``--latency`` the calls a
second are compared with the ideal (in flight / latency).
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from toolflow_graph.models.briefs import UserBrief
from toolflow_graph.models.chat_openai import build_chat_openai, build_http_client
from toolflow_graph.models.langchain import LangChainModel, tracing
from toolflow_graph.models.memory import Asked, digest_request, reply_to_text
from toolflow_graph.models.port import ModelRequest
from toolflow_graph.models.retry import Endpoint, Retrying
from toolflow_graph.run.store import open_store
from toolflow_graph.types import Message, Tool

_WORDS = "Please book a table for two on Friday at eight, near the window if there is one. "


@dataclass(frozen=True, slots=True)
class Block:
    """One block of calls: CPU milliseconds a call, and calls a second."""

    cpu: float
    rate: float


def build_request() -> ModelRequest:
    """Twelve messages and twelve tools, as in the middle of a dialogue."""
    messages = [Message(role="system", content=_WORDS * 12)]
    for number in range(11):
        messages.append(Message(role="assistant" if number % 2 else "user", content=_WORDS * 3))
    parameters = {"type": "object", "properties": {"place": {"type": "string"}, "guests": {"type": "integer"}}}
    tools = [Tool(name=f"book_{number}", description=_WORDS, parameters=parameters) for number in range(12)]
    brief: Any = UserBrief.__new__(UserBrief)  # never read: no offline model plays here
    return ModelRequest(role="assistant", messages=messages, brief=brief, tools=tools, seed=1)


async def run_block(call: Callable[[int], Awaitable[Any]], calls: int, in_flight: int) -> Block:
    """Make so many calls, so many at once."""
    numbers = iter(range(calls))

    async def work() -> None:
        for number in numbers:
            await call(number)

    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(work() for _ in range(in_flight)))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Block(1000 * cpu / calls, calls / wall)


async def measure(options: argparse.Namespace, url: str, folder: Path) -> dict[str, list[Block]]:
    """The blocks of every client."""
    request = build_request()
    plain = {
        "model": "bench",
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "tools": [tool.to_openai() for tool in request.tools],
        "seed": 1,
    }
    limits = httpx.Limits(max_connections=options.in_flight, max_keepalive_connections=options.in_flight)
    bare = httpx.AsyncClient(limits=limits, timeout=60)
    pooled = build_http_client("EMPTY")
    chat = build_chat_openai("bench", url, "EMPTY", http_client=pooled)
    model = LangChainModel(chat, name="bench", endpoint=url)
    retrying = Retrying(model, Endpoint(url))
    store = open_store(folder)
    store.begin({"seed": "0"}, num=1, shown={})
    place = 0

    async def call_bare(_: int) -> None:
        response = await bare.post(f"{url}/chat/completions", json=plain)
        json.loads(response.content)["choices"][0]["message"]["content"]

    async def call_engine(_: int) -> None:
        nonlocal place
        place += 1
        asked = Asked(place, "assistant_call", 0, digest_request(request, "bench", None))
        reply = await retrying.complete(request)
        await store.memory.keep(asked, reply_to_text(reply, "bench"))

    clients: dict[str, Callable[[int], Awaitable[Any]]] = {"bare httpx": call_bare, "engine": call_engine}
    blocks: dict[str, list[Block]] = {name: [] for name in clients}
    with tracing(False):
        for number in range(options.blocks + 1):
            for name, call in clients.items():
                block = await run_block(call, options.calls, options.in_flight)
                if number:  # the first ones warm up
                    blocks[name].append(block)
    await bare.aclose()
    await pooled.aclose()
    store.close()
    return blocks


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1500)
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--latency", type=float, default=0.0)
    options = parser.parse_args()
    command = [sys.executable, str(Path(__file__).with_name("server.py")), "--latency", str(options.latency)]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        blocks = asyncio.run(measure(options, url, Path(folder)))
        server.communicate()
    base = statistics.median(block.cpu for block in blocks["bare httpx"])
    blocks_of = f"{options.blocks} blocks of {options.calls} calls"
    print(f"{options.in_flight} in flight, {blocks_of}, a server that takes {options.latency:g} s")
    print(f"{'client':<12} {'CPU ms/call':>12} {'of bare':>8} {'calls/s':>9}")
    for name, found in blocks.items():
        cpu, rate = (statistics.median(values) for values in ([b.cpu for b in found], [b.rate for b in found]))
        print(f"{name:<12} {cpu:>12.2f} {cpu / base:>7.2f}x {rate:>9.1f}")
    if options.latency:
        print(f"ideal: {options.in_flight / options.latency:.0f} calls/s")


if __name__ == "__main__":
    main()
