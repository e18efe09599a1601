"""The driver's side of workers: which one plays a dialogue, what they say, and what happens when one dies."""

import asyncio
import math
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Protocol

from toolflow_graph.behaviours import Outcome
from toolflow_graph.config import RunConfig
from toolflow_graph.errors import Drained, RunError, UsageError
from toolflow_graph.models.memory import Asked
from toolflow_graph.models.port import Outage
from toolflow_graph.record import Record
from toolflow_graph.run.executors.messages import Message, Outbox, error_from_plain
from toolflow_graph.run.runner import Player
from toolflow_graph.run.store import RunStore
from toolflow_graph.types import Usage

MOST_LOSSES = 4
"""How often a dialogue is begun again because its worker died; and how many workers in a row may die idle."""
_GOODBYE = 5.0


class Lost(Exception):
    """A worker is gone; says how."""


class Channel(Protocol):
    """The line to one worker.

    Attributes:
        label: which worker it is, in words.
    """

    label: str

    def send(self, messages: Sequence[Message]) -> None:
        """Tell the worker; does nothing once it is gone."""
        ...

    async def receive(self) -> Sequence[Message]:
        """What the worker says next.

        Raises:
            Lost: it is gone.
        """
        ...

    async def close(self) -> None:
        """End the worker, whatever it does."""
        ...


class Crew:
    """Plays dialogues in workers; everything else is answered by the player of this process (see ``runner.Player``).

    Args:
        config: the run's settings; each worker gets its share of what servers allow.
        player: knows what is owed, and what may not change.
        store: where replies are kept.
        hire: starts a worker that waits for ``start``.
        size: how many workers.
        environ: variables that the workers need and may not have.
    """

    def __init__(
        self,
        config: RunConfig,
        player: Player,
        store: RunStore,
        hire: Callable[[], Awaitable[Channel]],
        size: int,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._player = player
        self._store = store
        self._hire = hire
        self._size = size
        # Of the dialogues in flight: whoever is ready first would take them all otherwise.
        self._share = max(1, math.ceil(config.concurrency / size))
        self._start: Message = {
            "say": "start",
            "config": share_out(config, size).model_dump(mode="json"),
            "environ": dict(environ or {}),
        }
        self._hands: list[_Hand] = []
        self._hiring: set[asyncio.Task[None]] = set()
        self._waiting: list[asyncio.Future[None]] = []
        self._suspects = asyncio.Lock()
        self._failure: BaseException | None = None
        self._idle_losses = 0
        self._spent: dict[str, Usage] = {}
        self._troubles: list[str] = []
        self._closed = self._draining = False

    @property
    def fingerprint(self) -> Mapping[str, str]:
        return self._player.fingerprint

    @property
    def notes(self) -> Sequence[str]:
        return self._player.notes

    @property
    def offline(self) -> bool:
        return self._player.offline

    @property
    def mix(self) -> Mapping[Any, float]:
        return self._player.mix

    @property
    def models(self) -> Mapping[str, str]:
        return self._player.models

    def owed(self, outcomes: Sequence[Outcome]) -> Mapping[str, int]:
        return self._player.owed(outcomes)

    @property
    def spending(self) -> Mapping[str, Usage]:
        total = dict(self._spent)
        for hand in self._hands:
            _add(total, hand.spending)
        return total

    @property
    def outages(self) -> Sequence[Outage]:
        """Servers that answer none of the workers that have something to ask."""
        busy = [hand for hand in self._hands if hand.plays]
        by_label: dict[str, list[Outage]] = defaultdict(list)
        for outage in (outage for hand in busy for outage in hand.outages):
            by_label[outage.label].append(outage)
        return [min(each, key=lambda o: o.seconds) for each in by_label.values() if len(each) == len(busy)]

    @property
    def throttled(self) -> Sequence[str]:
        told = dict.fromkeys(text for hand in self._hands for text in hand.throttled)
        missing = self._size - len(self._hands)
        waiting = [f"{missing} of {self._size} workers starting"] if self._hiring and missing > 0 else []
        return [*told, *waiting]

    @property
    def troubles(self) -> Sequence[str]:
        return list(dict.fromkeys([*self._troubles, *(text for hand in self._hands for text in hand.troubles)]))

    async def play(self, index: int, owed: Mapping[str, int] | None = None) -> Record:
        """Play one dialogue in the worker that has least to do; begun again in another one if that dies.

        Raises:
            UsageError, RunError: what ends a run; workers that die again and again are such a thing.
        """
        last: Lost | None = None
        for times in range(MOST_LOSSES):
            # Whoever shares a worker with a dialogue that kills it is lost, too: of those that were lost again only
            # one is played at a time, which tells the two apart.
            async with self._suspects if times > 1 else nullcontext():
                hand = await self._least_busy()
                kept = [[each.node, each.number, each.digest, each.reply] for each in self._store.memory.kept_of(index)]
                try:
                    return await hand.play(index, dict(owed or {}), kept)
                except Lost as lost:
                    last = lost
                finally:
                    self._wake()
        raise RunError(
            f"dialogue {index} was begun {MOST_LOSSES} times, and each time its worker died ({last})\n"
            "  What is finished is kept. A node or a backend that ends its process does this, or too little memory: "
            "try fewer --processes or a smaller --concurrency."
        )

    def drain(self) -> None:
        """Stop the dialogues in flight after the step that they are in; those that wait for a worker are not begun."""
        self._draining = True
        self._wake()
        for hand in self._hands:
            hand.drain()

    async def aclose(self) -> None:
        """Tell the workers to end, and end those that do not."""
        self._closed = True
        for task in self._hiring:
            task.cancel()
        await asyncio.gather(*self._hiring, return_exceptions=True)
        await asyncio.gather(*(hand.goodbye() for hand in self._hands))
        await self._player.aclose()

    async def _least_busy(self) -> "_Hand":
        self._fill()
        while self._failure is None:
            if self._draining:
                raise Drained("the run is being stopped")
            free = [hand for hand in self._hands if len(hand.plays) < self._share]
            if free:
                return min(free, key=lambda hand: len(hand.plays))
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        raise self._failure

    def _fill(self) -> None:
        """Start workers for those that are missing."""
        while not self._closed and len(self._hands) + len(self._hiring) < self._size:
            task = asyncio.create_task(self._begin())
            self._hiring.add(task)
            task.add_done_callback(self._hiring.discard)

    async def _begin(self) -> None:
        """Hire one worker; one that is lost while it starts (its node may have gone with it) is hired again."""
        try:
            while self._failure is None:
                try:
                    self._hands.append(await self._start_one())
                    break
                except Lost as lost:
                    self._count_idle_loss(lost)
        except Exception as error:
            self._failure = error
        self._wake()

    def _wake(self) -> None:
        """Something has changed for those that wait for a worker."""
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)

    async def _start_one(self) -> "_Hand":
        channel = await self._hire()
        try:
            hand = _Hand(channel, self._store, self._gone)
            await hand.begin({**self._start, "support": self._store.known_support()}, self._player.fingerprint)
        except BaseException:
            await channel.close()
            raise
        return hand

    def _gone(self, hand: "_Hand") -> None:
        """A worker is lost: what it spent counts, its dialogues are begun again, and another one takes its place."""
        self._hands.remove(hand)
        _add(self._spent, hand.spending)
        self._troubles += hand.troubles
        if hand.has_finished:
            self._idle_losses = 0
        else:
            self._count_idle_loss(Lost(hand.channel.label))
        if self._failure is None:
            self._fill()

    def _count_idle_loss(self, lost: Lost) -> None:
        self._idle_losses += 1
        if self._idle_losses > MOST_LOSSES + self._size:
            self._failure = RunError(f"workers die before they finish anything; the last one: {lost}")
            self._wake()


class _Hand:
    """One worker, as the driver sees it."""

    def __init__(self, channel: Channel, store: RunStore, gone: Callable[["_Hand"], None]) -> None:
        self.channel = channel
        self.plays: dict[int, asyncio.Future[Record]] = {}
        self.spending: dict[str, Usage] = {}
        self.outages: list[Outage] = []
        self.throttled: list[str] = []
        self.troubles: list[str] = []
        self.has_finished = False
        self._store = store
        self._gone = gone
        self._outbox = Outbox(channel.send)
        self._reader: asyncio.Task[None] | None = None
        self._keeping: set[asyncio.Task[None]] = set()

    async def begin(self, start: Message, fingerprint: Mapping[str, str]) -> None:
        """Start it and see that it would make the same data.

        Raises:
            Lost: it died.
            UsageError: its own, or its fingerprint differs.
        """
        self.channel.send([start])
        ready: Message | None = None
        while ready is None:
            for message in await self.channel.receive():
                if message["say"] == "failed":
                    raise error_from_plain(message["error"])
                if message["say"] == "ready":
                    ready = message
                else:
                    self._hear([message])
        differing = [key for key, value in fingerprint.items() if ready["fingerprint"].get(key) != value]
        if differing:
            key = differing[0]
            raise UsageError(
                f"{self.channel.label} would make other data: {key} is {ready['fingerprint'].get(key)!r} there and "
                f"{fingerprint[key]!r} here",
                expected="the same version, tools, prompts and nodes on every machine",
            )
        self._reader = asyncio.create_task(self._listen())

    async def play(self, index: int, owed: Mapping[str, int], kept: Sequence[Any]) -> Record:
        """One dialogue; raises Lost if the worker dies meanwhile."""
        done: asyncio.Future[Record] = asyncio.get_running_loop().create_future()
        self.plays[index] = done
        self._outbox.say({"say": "play", "index": index, "owed": dict(owed), "kept": list(kept)})
        try:
            return await done
        except asyncio.CancelledError:
            self._outbox.say({"say": "drop", "index": index})
            raise
        finally:
            self.plays.pop(index, None)

    def drain(self) -> None:
        """Let it stop its dialogues between two steps."""
        self._outbox.say({"say": "drain"})

    async def goodbye(self) -> None:
        """Ask it to end, wait a little, end it."""
        self._outbox.flush()
        self.channel.send([{"say": "stop"}])
        if self._reader is not None:
            await asyncio.wait([self._reader], timeout=_GOODBYE)
            self._reader.cancel()
            await asyncio.gather(self._reader, *self._keeping, return_exceptions=True)
        await self.channel.close()

    async def _listen(self) -> None:
        try:
            while True:
                self._hear(await self.channel.receive())
        except Lost as lost:
            waiting, self.plays = self.plays, {}
            for done in waiting.values():
                if not done.done():
                    done.set_exception(Lost(str(lost)))
            # First those that wait, so that a new worker is not hired before anybody needs one.
            self._gone(self)

    def _hear(self, messages: Sequence[Message]) -> None:
        replies = [message for message in messages if message["say"] == "keep"]
        if replies:
            task = asyncio.create_task(self._keep(replies))
            self._keeping.add(task)
            task.add_done_callback(self._keeping.discard)
        for message in messages:
            match message["say"]:
                case "state":
                    self.spending = {name: Usage.model_validate(used) for name, used in message["spending"].items()}
                    self.outages = [Outage(*each) for each in message["outages"]]
                    self.throttled, self.troubles = message["throttled"], message["troubles"]
                case "support":
                    self._store.support.set(message["key"], message["value"])
                case "done" | "failed":
                    self._end(message)

    def _end(self, message: Message) -> None:
        done = self.plays.get(message["index"])
        if done is None or done.done():
            return
        if message["say"] == "done":
            self.has_finished = True
            done.set_result(Record.model_validate_json(message["record"]))
        else:
            done.set_exception(error_from_plain(message["error"]))

    async def _keep(self, replies: Sequence[Message]) -> None:
        """Keep replies in one transaction (they come in one tick) and tell the worker."""
        memory = self._store.memory
        each = (memory.keep(Asked(*message["asked"]), message["reply"]) for message in replies)
        ends = await asyncio.gather(*each, return_exceptions=True)
        kept = [message["number"] for message, end in zip(replies, ends, strict=True) if end is None]
        if kept:
            self._outbox.say({"say": "kept", "numbers": kept})
        for message, end in zip(replies, ends, strict=True):
            if end is not None:
                self._outbox.say({"say": "unkept", "numbers": [message["number"]], "problem": str(end)})


def share_out(config: RunConfig, size: int) -> RunConfig:
    """The settings of one of ``size`` workers: each may use its share of what a server allows."""
    caps = ("requests_per_minute", "tokens_per_minute", "max_in_flight")

    def share(endpoint: Any) -> Any:
        shares = {cap: max(1, value // size) for cap in caps if (value := getattr(endpoint, cap)) is not None}
        return endpoint.model_copy(update=shares)

    return config.model_copy(update={"endpoint": tuple(share(endpoint) for endpoint in config.endpoint)})


def _add(total: dict[str, Usage], more: Mapping[str, Usage]) -> None:
    for model, used in more.items():
        total[model] = total.get(model, Usage()) + used
