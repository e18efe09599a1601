"""Who plays the dialogues, and where: the same bytes everywhere, and a worker that dies takes nothing with it."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.echo_model import echo, start_run
from tests.openai_server import OpenAIServer
from tests.run_fakes import FakePlayer, two_of_three
from toolflow_graph.config import Endpoint, RunConfig
from toolflow_graph.errors import Drained, RunError, UsageError
from toolflow_graph.models.memory import Asked
from toolflow_graph.models.port import Outage
from toolflow_graph.record import Record, record_to_json
from toolflow_graph.run.executors import build_executor, play_here
from toolflow_graph.run.executors.crew import MOST_LOSSES, Crew, Lost, share_out
from toolflow_graph.run.executors.messages import Message
from toolflow_graph.run.executors.worker import Worker
from toolflow_graph.run.progress import build_progress
from toolflow_graph.run.runner import run_dialogues
from toolflow_graph.run.store import RunStore, open_store
from toolflow_graph.types import Usage

PROCESSES = ("--processes", "2")


class Line:
    """A worker in this very event loop, behind the channel's port."""

    def __init__(self, build: Callable[..., Any], number: int) -> None:
        self.label = f"worker {number}"
        self.worker = Worker(self._heard, build)
        self._inbox: asyncio.Queue[Sequence[Message] | None] = asyncio.Queue()
        self.said: list[Message] = []
        self.lost = False

    def _heard(self, messages: Sequence[Message]) -> None:
        self._inbox.put_nowait(messages)

    def send(self, messages: Sequence[Message]) -> None:
        self.said += messages
        if not self.lost:
            self.worker.take(messages)
            if self.said[-1]["say"] == "stop":
                self.die()

    def die(self) -> None:
        """As if its process was killed."""
        self.lost = True
        self._inbox.put_nowait(None)

    async def receive(self) -> Sequence[Message]:
        messages = await self._inbox.get()
        if messages is None:
            raise Lost(f"{self.label} ended")
        return messages

    async def close(self) -> None:
        self.lost = True


class Office:
    """Hires workers around fake players, which play ``pause`` seconds at most."""

    def __init__(self, store: RunStore, build: Callable[..., Any] | None = None, size: int = 2) -> None:
        self.lines: list[Line] = []
        self.players: list[Any] = []
        self._build = build or (lambda *_, **__: FakePlayer(two_of_three, pause=0.02))
        self.crew = Crew(RunConfig(), FakePlayer(two_of_three), store, self.hire, size)

    async def hire(self) -> Line:
        line = Line(self.build, len(self.lines))
        self.lines.append(line)
        return line

    def build(self, config: RunConfig, *, support: Any, memory: Any) -> Any:
        player = self._build(config, support=support, memory=memory)
        self.players.append(player)
        return player


def begin(store: RunStore) -> RunStore:
    store.begin({"seed": "0"}, num=30, shown={})
    return store


def rows(out: Path, table: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(out / "run.sqlite") as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()


async def play_all(player: Any, store: RunStore, num: int = 30) -> Any:
    progress = build_progress(quiet=True)
    return await run_dialogues(player, store, num=num, max_attempts=200, concurrency=8, progress=progress)


async def test_workers_make_the_records_that_one_process_makes(tmp_path: Path) -> None:
    with open_store(tmp_path / "here") as store:
        await play_all(FakePlayer(two_of_three, pause=0.02), begin(store))
    with open_store(tmp_path / "workers") as store:
        office = Office(begin(store))
        summary = await play_all(office.crew, store)
        await office.crew.aclose()
    assert summary.exit_code == 0
    assert rows(tmp_path / "workers", "records") == rows(tmp_path / "here", "records")
    # Both had work, none of it twice.
    indices = [index for player in office.players for index in player.played]
    assert len(office.players) == 2
    assert all(player.played and player.closed for player in office.players)
    assert sorted(indices) == sorted(set(indices))
    assert sum(used.calls for used in office.crew.spending.values()) == 5 * len(indices)


async def test_a_worker_that_dies_is_replaced_and_its_dialogues_are_begun_again(tmp_path: Path) -> None:
    with open_store(tmp_path / "here") as store:
        await play_all(FakePlayer(two_of_three), begin(store))
    with open_store(tmp_path / "workers") as store:
        office = Office(begin(store))

        async def kill_the_first() -> None:
            while not (office.lines and len(office.players[0].played) > 5):  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            office.lines[0].die()

        await asyncio.gather(play_all(office.crew, store), kill_the_first())
        await office.crew.aclose()
    assert len(office.lines) == 3
    assert rows(tmp_path / "workers", "records") == rows(tmp_path / "here", "records")


async def test_a_dialogue_that_kills_every_worker_ends_the_run_and_says_so(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:

        def build(config: RunConfig, **_: Any) -> FakePlayer:
            player = FakePlayer(two_of_three)
            play, place = player.play, len(office.players)

            async def deadly(index: int, owed: Mapping[str, int] | None = None) -> Record:
                if index == 7:
                    office.lines[place].die()
                    await asyncio.sleep(5)
                return await play(index, owed)

            player.play = deadly  # type: ignore[method-assign]
            return player

        office = Office(begin(store), build)
        summary = await play_all(office.crew, store)
        await office.crew.aclose()
        kept = store.verdicts()
    assert summary.exit_code == 1
    assert f"dialogue 7 was begun {MOST_LOSSES} times" in str(summary.error)
    # What the same workers finished beside it is there.
    assert kept


async def test_workers_that_never_start_end_the_run(tmp_path: Path) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise UsageError("no such tools", hint="--tools FILE")

    with open_store(tmp_path) as store:
        office = Office(begin(store), broken)
        with pytest.raises(UsageError, match="no such tools"):
            await play_all(office.crew, store)
        await office.crew.aclose()


async def test_a_worker_that_is_lost_while_it_starts_is_hired_again_but_not_for_ever(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        begin(store)
        office = Office(store, size=1)
        broken = [0]

        async def hire() -> Line:
            line = await office.hire()
            if len(office.lines) <= broken[0]:
                line.die()
            return line

        for first, code in ((2, 0), (99, 1)):
            broken[0] = first
            office.lines.clear()
            crew = Crew(RunConfig(), FakePlayer(two_of_three), store, hire, 1)
            summary = await play_all(crew, store, num=5 if code == 0 else 10)
            await crew.aclose()
            assert summary.exit_code == code
    assert "workers die before they finish anything; the last one: worker" in str(summary.error)


async def test_a_worker_that_would_make_other_data_is_refused(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        office = Office(begin(store), lambda *_, **__: FakePlayer(fingerprint={"seed": "0", "version": "0.0.9"}))
        office.crew._player.fingerprint = {"seed": "0", "version": "0.1.0"}  # type: ignore[misc]
        with pytest.raises(UsageError, match=r"version is '0\.0\.9' there and '0\.1\.0' here"):
            await play_all(office.crew, store)
        await office.crew.aclose()


async def test_what_a_player_raises_in_a_worker_ends_the_run_as_it_would_here(tmp_path: Path) -> None:
    for error, kind in ((UsageError("key refused", hint="export KEY"), UsageError), (RunError("gone"), None)):
        with open_store(tmp_path / type(error).__name__) as store:
            office = Office(begin(store), lambda *_, error=error, **__: FakePlayer(errors={3: error}))
            if kind is not None:
                with pytest.raises(kind, match=r"key refused(.|\n)*export KEY"):
                    await play_all(office.crew, store)
            else:
                assert "gone" in str((await play_all(office.crew, store)).error)
            await office.crew.aclose()


async def test_a_bug_in_a_worker_leaves_its_traceback_in_the_folder(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        office = Office(begin(store), lambda *_, **__: FakePlayer(errors={3: KeyError("odd")}))
        summary = await play_all(office.crew, store)
        await office.crew.aclose()
    assert "dialogue 3 ended in a bug" in str(summary.error)
    assert "in play\n" in (tmp_path / "error.log").read_text(encoding="utf-8")


class Asking(FakePlayer):
    """Pays for one reply a dialogue, and asks for it again."""

    def __init__(self, memory: Any) -> None:
        super().__init__()
        self.memory = memory
        self.recalled: list[int] = []

    async def play(self, index: int, owed: Mapping[str, int] | None = None) -> Record:
        asked = Asked(index, "plan", 0, "aa")
        if self.memory.recall(asked) is None:
            await self.memory.keep(asked, f'{{"content": "{index}"}}')
        else:
            self.recalled.append(index)
        if index == 2:
            await asyncio.sleep(0.2)
        return await super().play(index, owed)


async def test_replies_are_kept_by_the_driver_and_given_to_whoever_begins_the_dialogue_again(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        office = Office(begin(store), lambda *_, memory, **__: Asking(memory), size=1)

        async def kill() -> None:
            while not rows(tmp_path, "replies"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            office.lines[0].die()

        await asyncio.gather(play_all(office.crew, store, num=8), kill())
        await office.crew.aclose()
    assert len(rows(tmp_path, "replies")) == 8
    assert 2 in office.players[1].recalled


async def test_a_reply_that_the_store_refuses_ends_the_run(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        office = Office(begin(store), lambda *_, memory, **__: Asking(memory))
        store.view()._connection.execute("PRAGMA query_only = 1")
        summary = await play_all(office.crew, store)
        store.view()._connection.execute("PRAGMA query_only = 0")
        await office.crew.aclose()
    assert "cannot write" in str(summary.error)


async def test_a_server_is_down_when_no_busy_worker_gets_an_answer(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        office = Office(begin(store), lambda *_, **__: FakePlayer(pause=0.4))
        playing = asyncio.create_task(play_all(office.crew, store, num=4))
        while len(office.players) < 2 or not all(player.in_flight for player in office.players):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        first, second = office.crew._hands
        first.outages = [Outage("http://a", 30, "refused")]
        assert office.crew.outages == []
        second.outages = [Outage("http://a", 12, "reset"), Outage("http://b", 5, "reset")]
        assert office.crew.outages == [Outage("http://a", 12, "reset")]
        await playing
        await office.crew.aclose()


async def test_a_dialogue_that_waits_for_a_worker_is_not_begun_once_the_run_is_being_stopped(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        office = Office(begin(store))
        waiting = asyncio.create_task(office.crew.play(0))
        await asyncio.sleep(0)
        office.crew.drain()
        with pytest.raises(Drained):
            await waiting
        await office.crew.aclose()
    assert not any(player.played for player in office.players)


def test_each_worker_may_use_its_share_of_what_a_server_allows() -> None:
    endpoint = Endpoint(base_url="http://a", requests_per_minute=100, max_in_flight=1)
    shared = share_out(RunConfig(endpoint=(endpoint,)), 4).endpoint[0]
    assert (shared.requests_per_minute, shared.tokens_per_minute, shared.max_in_flight) == (25, None, 1)


def test_the_executor_follows_from_the_flags(tmp_path: Path) -> None:
    assert RunConfig().executor_name == "local"
    assert RunConfig(processes=1).executor_name == "local"
    assert RunConfig(processes=2).executor_name == "processes"
    assert RunConfig(processes=2, ray_address="auto").executor_name == "ray"
    own = RunConfig(executor="tests.test_run_executors:play_backwards")
    with open_store(tmp_path) as store:
        player = FakePlayer()
        built: Any = build_executor(own, player, store)
        assert built.player is player
        with pytest.raises(UsageError, match=r"names no executor(.|\n)*local, processes, ray"):
            build_executor(RunConfig(executor="clouds"), player, store)
        with pytest.raises(UsageError, match="is tuple"):
            build_executor(RunConfig(executor="tests.test_run_executors:PROCESSES"), player, store)
    assert play_here(own, player, store) is player


def play_backwards(config: RunConfig, player: Any, store: RunStore) -> Any:
    """An executor of a user."""
    return Backwards(player)


class Backwards(FakePlayer):
    def __init__(self, player: Any) -> None:
        super().__init__()
        self.player = player


async def start(out: Path, url: str, *flags: str, num: int = 60) -> asyncio.subprocess.Process:
    """A run with real workers, as a process of its own."""
    return await start_run(out, url, "-n", str(num), "--concurrency", "8", *flags)


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def served(server: OpenAIServer, number: int, process: asyncio.subprocess.Process) -> None:
    while len(server.requests) < number and process.returncode is None:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for child processes in /proc")
async def test_worker_processes_are_killed_and_then_the_driver(tmp_path: Path) -> None:
    async with OpenAIServer(echo, models=("echo",)) as other, OpenAIServer(echo, models=("echo",)) as server:
        whole, out = tmp_path / "whole", tmp_path / "killed"
        untouched = await start(whole, other.base_url)
        process = await start(out, server.base_url, *PROCESSES)
        # A worker, in the middle of its dialogues.
        await served(server, 60, process)
        workers = children(process.pid)
        assert len(workers) == 2
        os.kill(workers[0], signal.SIGKILL)
        await served(server, 140, process)
        assert process.returncode is None
        replaced = children(process.pid)
        # The driver: its workers end by themselves, so that nothing is asked for nobody.
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await asyncio.sleep(0.5)
        asked = len(server.requests)
        await asyncio.sleep(0.5)
        assert len(server.requests) == asked
        assert {_state(pid) for pid in {*workers, *replaced}} == {"Z"}
        # The same command goes on, this time without workers: they change no byte.
        again = await start(out, server.base_url)
        assert await again.wait() == 0
        assert await untouched.wait() == 0
        needed, twice = len(other.requests), len(server.requests) - len(other.requests)
        print(f"\na worker and the driver killed: {needed} calls needed, {twice} paid twice, 12 in flight at most")
    assert workers[1] in replaced
    assert 0 <= twice <= 16
    assert (out / "dialogues.jsonl").read_bytes() == (whole / "dialogues.jsonl").read_bytes()
    assert len(rows(out, "records")) == len(rows(whole, "records"))


def _state(pid: int) -> str:
    """The state of a process; one that is gone counts as a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


@pytest.mark.parametrize("flags", [(), PROCESSES], ids=["local", "processes"])
async def test_ctrl_c_stops_dialogues_between_two_steps_and_pays_for_nothing_twice(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    """A call takes a while, a dialogue five times that: none is waited for to its end."""
    async with (
        OpenAIServer(echo, models=("echo",)) as other,
        OpenAIServer(echo, models=("echo",), delay=0.5) as server,
    ):
        whole, out = tmp_path / "whole", tmp_path / "drained"
        untouched = await start(whole, other.base_url, num=12)
        process = await start(out, server.base_url, *flags, num=12)
        await served(server, 20, process)
        process.send_signal(signal.SIGINT)
        _, err = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 130
        assert b"for the present step of 8 dialogues in flight" in err
        assert b"Traceback" not in err
        # Every reply that was paid for is kept, and of no dialogue more was asked for.
        assert len(rows(out, "replies")) == len(server.requests)
        assert len(server.requests) <= 20 + 2 * 8
        server.delay = 0
        again = await start(out, server.base_url, *flags, num=12)
        assert await again.wait() == 0
        assert await untouched.wait() == 0
        assert len(server.requests) == len(other.requests)
    assert (out / "dialogues.jsonl").read_bytes() == (whole / "dialogues.jsonl").read_bytes()


def test_a_record_survives_the_way_from_a_worker() -> None:
    record = Record.model_validate_json(record_to_json(Record.model_validate(_odd())))
    assert record_to_json(record) == record_to_json(Record.model_validate(_odd()))


def _odd() -> dict[str, Any]:
    from tests.run_fakes import make_record

    plain = make_record(3, text="Grüße 🙂 \ud83d").to_json()
    plain["usage"] = {"user": Usage(calls=1, cached=3).to_json()}
    return plain
