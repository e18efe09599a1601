"""A worker: plays the dialogues that it is sent, in one event loop, and sends back replies and records.

It writes to no store. A reply that was paid for goes to the driver, and the dialogue goes on once it is kept there.
"""

import asyncio
import gc
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from toolflow_graph.config import RunConfig
from toolflow_graph.errors import RunError
from toolflow_graph.models.memory import Asked, Memory
from toolflow_graph.models.structured import SupportStore
from toolflow_graph.record import record_to_json
from toolflow_graph.run.executors.messages import Message, Outbox, error_to_plain
from toolflow_graph.run.runner import BuildPlayer, Player

_STATE_EVERY = 0.5


class Worker:
    """See the module; belongs to one event loop.

    Args:
        send: takes what is to be told to the driver, in order.
        build: makes the player; None: the one that the settings describe.

    Attributes:
        stopped: set once the worker has been told to stop and has closed its connections.
    """

    def __init__(self, send: Callable[[Sequence[Message]], None], build: BuildPlayer | None = None) -> None:
        self._outbox = Outbox(send)
        self._build = build
        self._player: Player | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._memory = _RemoteMemory(self._outbox.say)
        self._told: Message = {}
        self._others: set[asyncio.Task[None]] = set()
        self.stopped = asyncio.Event()

    def take(self, messages: Sequence[Message]) -> None:
        """Do what the driver says; returns at once, except for ``start``."""
        for message in messages:
            match message["say"]:
                case "start":
                    self._start(message)
                case "play":
                    index = message["index"]
                    self._memory.lease(index, message["kept"])
                    self._tasks[index] = asyncio.create_task(self._play(index, message["owed"]))
                case "drop":
                    if task := self._tasks.get(message["index"]):
                        task.cancel()
                case "kept":
                    self._memory.confirm(message["numbers"], None)
                case "unkept":
                    self._memory.confirm(message["numbers"], message["problem"])
                case "drain":
                    if self._player is not None:
                        self._player.drain()
                case "stop":
                    self._spawn(self._stop())

    def _start(self, message: Mapping[str, Any]) -> None:
        try:
            os.environ.update(message["environ"])
            config = RunConfig.model_validate(message["config"])
            build = self._build or _build_session
            self._player = build(
                config, support=_RemoteSupport(self._outbox.say, message["support"]), memory=self._memory
            )
        except Exception as error:
            self._outbox.say({"say": "failed", "index": None, "error": error_to_plain(error)})
            return
        gc.collect()
        gc.freeze()
        self._outbox.say({"say": "ready", "fingerprint": dict(self._player.fingerprint)})
        self._spawn(self._tell_state())

    async def _play(self, index: int, owed: Mapping[str, int]) -> None:
        assert self._player is not None, "start comes first"
        try:
            record = await self._player.play(index, owed)
            answer: Message = {"say": "done", "index": index, "record": record_to_json(record)}
        except asyncio.CancelledError as error:
            # From without only when the driver has dropped it; then nobody listens.
            answer = {"say": "failed", "index": index, "error": error_to_plain(RunError(f"cancelled: {error}"))}
        except Exception as error:
            answer = {"say": "failed", "index": index, "error": error_to_plain(error)}
        del self._tasks[index]
        self._memory.forget(index)
        self._say_state()
        self._outbox.say(answer)

    async def _tell_state(self) -> None:
        while not self.stopped.is_set():
            self._say_state()
            await asyncio.sleep(_STATE_EVERY)

    def _say_state(self) -> None:
        assert self._player is not None, "start comes first"
        state: Message = {
            "say": "state",
            "spending": {model: used.to_json() for model, used in self._player.spending.items()},
            "outages": [[each.label, round(each.seconds, 1), each.failure] for each in self._player.outages],
            "throttled": list(self._player.throttled),
            "troubles": list(self._player.troubles),
        }
        if state != self._told:
            self._told = state
            self._outbox.say(state)

    async def _stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        try:
            if self._player is not None:
                await self._player.aclose()
        finally:
            self._outbox.flush()
            self.stopped.set()

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._others.add(task)
        task.add_done_callback(self._others.discard)


def _build_session(config: RunConfig, *, support: SupportStore, memory: Memory) -> Player:
    from toolflow_graph.dialogue.session import build_session

    return build_session(config, support=support, memory=memory)


class _RemoteMemory:
    """Keeps replies with the driver, and knows those that came with a lease."""

    def __init__(self, say: Callable[[Message], None]) -> None:
        self._say = say
        self._kept: dict[int, dict[tuple[str, int], tuple[str, str]]] = {}
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._number = 0

    def lease(self, index: int, kept: Sequence[Sequence[Any]]) -> None:
        if kept:
            self._kept[index] = {(node, number): (digest, reply) for node, number, digest, reply in kept}

    def forget(self, index: int) -> None:
        self._kept.pop(index, None)

    def recall(self, asked: Asked) -> str | None:
        digest, reply = self._kept.get(asked.index, {}).get((asked.node, asked.number), (None, None))
        return reply if digest == asked.digest else None

    async def keep(self, asked: Asked, answer: str) -> None:
        self._number += 1
        number = self._number
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[number] = done
        place = [asked.index, asked.node, asked.number, asked.digest]
        self._say({"say": "keep", "number": number, "asked": place, "reply": answer})
        try:
            await done
        finally:
            self._waiting.pop(number, None)

    def confirm(self, numbers: Sequence[int], problem: str | None) -> None:
        for number in numbers:
            done = self._waiting.get(number)
            if done is None or done.done():  # whoever waited was dropped
                continue
            if problem is None:
                done.set_result(None)
            else:
                done.set_exception(RunError(problem))


class _RemoteSupport:
    """What is known of servers: told at the start, and told back."""

    def __init__(self, say: Callable[[Message], None], known: Mapping[str, bool]) -> None:
        self._say = say
        self._known = dict(known)

    def get(self, key: str) -> bool | None:
        return self._known.get(key)

    def set(self, key: str, value: bool) -> None:
        self._known[key] = value
        self._say({"say": "support", "key": key, "value": value})
