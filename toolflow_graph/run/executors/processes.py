"""Workers as processes of this machine: more cores. They talk over their standard input and output.

A message batch is four bytes of length (big-endian) and JSON. What user code prints goes to stderr, as the worker's
own output is moved aside first. A worker whose driver is gone reads the end of its input and ends at once, so that
nothing is asked for nobody.
"""

import asyncio
import json
import os
import signal
import struct
import sys
import threading
from collections.abc import Sequence
from typing import BinaryIO

from toolflow_graph.config import RunConfig
from toolflow_graph.run.executors.crew import Crew, Lost
from toolflow_graph.run.executors.messages import Message
from toolflow_graph.run.executors.worker import Worker
from toolflow_graph.run.runner import Player
from toolflow_graph.run.store import RunStore

_HEAD = struct.Struct(">I")


def play_in_processes(config: RunConfig, player: Player, store: RunStore) -> Player:
    """``--processes N``: the dialogues of a run, in N processes of this machine (without N: one a core)."""
    return Crew(config, player, store, _hire, config.processes or os.cpu_count() or 1)


async def _hire() -> "_Pipe":
    # The folder of the command: a worker resolves the same relative paths and module names.
    paths = [path or os.getcwd() for path in sys.path]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        f"import sys; sys.path[:] = {paths!r}; from {__name__} import main; main()",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    return _Pipe(process)


class _Pipe:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.label = f"worker process {process.pid}"
        self._process = process

    def send(self, messages: Sequence[Message]) -> None:
        assert self._process.stdin is not None
        if not self._process.stdin.is_closing():
            self._process.stdin.write(_pack(messages))

    async def receive(self) -> Sequence[Message]:
        assert self._process.stdout is not None
        try:
            (length,) = _HEAD.unpack(await self._process.stdout.readexactly(_HEAD.size))
            found: list[Message] = json.loads(await self._process.stdout.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Lost(f"{self.label} ended {_how(await self._process.wait())}") from None
        return found

    async def close(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


def _how(code: int) -> str:
    """An exit status in words."""
    if code < 0:
        names = {number.value: number.name for number in signal.Signals}
        return f"by {names.get(-code, f'signal {-code}')}"
    return f"with status {code}"


def _pack(messages: Sequence[Message]) -> bytes:
    data = json.dumps(messages, separators=(",", ":")).encode()
    return _HEAD.pack(len(data)) + data


def main() -> None:
    """A worker process: reads messages from standard input until it ends or says ``stop``."""
    # Ctrl-C reaches every process of the terminal; the driver alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb", buffering=0)
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    asyncio.run(_work(source, sink))
    # Threads of user code do not keep a worker alive that is done.
    os._exit(0)


async def _work(source: BinaryIO, sink: BinaryIO) -> None:
    loop = asyncio.get_running_loop()

    def send(messages: Sequence[Message]) -> None:
        try:
            _write(sink, _pack(messages))
        except OSError:  # the driver is gone
            os._exit(1)

    worker = Worker(send)

    def read() -> None:
        while head := source.read(_HEAD.size):
            (length,) = _HEAD.unpack(head)
            loop.call_soon_threadsafe(worker.take, json.loads(source.read(length)))
        os._exit(1)

    threading.Thread(target=read, daemon=True).start()
    await worker.stopped.wait()


def _write(sink: BinaryIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[sink.write(view) :]
