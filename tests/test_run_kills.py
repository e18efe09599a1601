"""A run that is killed goes on: nothing is lost, nothing is made twice, and what was paid for is not paid for again."""

import asyncio
import os
import shlex
import shutil
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from tests.echo_model import SMALL, echo, start_run
from tests.openai_server import OpenAIServer
from toolflow_graph.models.memory import Asked
from toolflow_graph.models.port import RawCall, Reply
from toolflow_graph.randomness import derive_rng
from toolflow_graph.run.store import open_store
from toolflow_graph.types import Usage

ROOT = Path(__file__).parents[1]
KILLS, DIALOGUES, CONCURRENCY = 25, 300, 8
CALLS = 5
"""Of a dialogue, about."""


async def start(out: Path, url: str, num: int = DIALOGUES) -> asyncio.subprocess.Process:
    """The run, as a process of its own."""
    return await start_run(out, url, "-n", str(num), "--concurrency", str(CONCURRENCY))


def count(out: Path) -> dict[str, int]:
    """Rows of the store's tables."""
    with sqlite3.connect(out / "run.sqlite") as connection:
        return {
            table: connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in ("records", "replies")
        }


async def test_kill_9_at_25_random_moments(tmp_path: Path) -> None:
    """Counts are told by ``pytest -s``."""
    rng = derive_rng("kills")
    async with OpenAIServer(echo, models=("echo",)) as server:
        # Beside it a run that nobody kills, on a server of its own.
        whole, out = tmp_path / "whole", tmp_path / "killed"
        other = OpenAIServer(echo, models=("echo",))
        await other.__aenter__()
        untouched = await start(whole, other.base_url)
        killed, in_flight, seen = 0, 0, [0]
        while True:
            process = await start(out, server.base_url)
            served = len(server.requests)
            if killed < KILLS:
                # Somewhere in the next stretch of the run, from its first call on.
                goal = served + rng.randint(0, 2 * DIALOGUES * CALLS // KILLS)
                while process.returncode is None and len(server.requests) < max(goal, served + 1):  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
            if killed == KILLS or process.returncode is not None:
                break
            process.send_signal(signal.SIGKILL)
            await process.wait()
            killed, in_flight = killed + 1, in_flight + CONCURRENCY
            seen.append(count(out)["records"])
        assert await process.wait() == 0
        assert await untouched.wait() == 0
        await other.__aexit__()
        needed = len(other.requests)
        twice = len(server.requests) - needed
        print(f"\n{killed} kills: {needed} calls needed, {twice} paid twice, at most {in_flight} in flight when killed")
    assert killed >= KILLS // 2
    assert seen == sorted(seen)
    assert 0 <= twice <= in_flight
    assert count(out) == count(whole)
    assert (out / "dialogues.jsonl").read_bytes() == (whole / "dialogues.jsonl").read_bytes()


REPLY = Reply(
    content="Grüße 🙂 and half of one: \ud83d",
    calls=(RawCall("book", {"seats": 2, "name": "Zoë"}), RawCall("look", '{"broken": ')),
    reasoning="Two seats.",
    reasoning_key="reasoning_content",
    finish_reason="tool_calls",
    usage=Usage(calls=1, input=100, output=20, cached=64),
)


async def test_a_reply_is_given_back_to_the_very_same_question_of_a_dialogue_that_was_cut_off(tmp_path: Path) -> None:
    from toolflow_graph.models.memory import reply_from_text, reply_to_text

    asked, other = Asked(3, "plan", 0, "aa"), Asked(3, "plan", 0, "bb")
    with open_store(tmp_path) as store:
        store.begin({"seed": "0"}, num=1, shown={})
        await asyncio.gather(
            *(store.memory.keep(Asked(3, "plan", n, "aa"), reply_to_text(REPLY, "echo")) for n in range(5))
        )
        # Within one process nobody asks twice.
        assert store.memory.recall(asked) is None
    with open_store(tmp_path) as store:
        store.begin({"seed": "0"}, num=1, shown={})
        assert reply_from_text(store.memory.recall(asked) or "") == REPLY
        assert store.memory.recall(other) is None
        assert store.memory.recall(Asked(4, "plan", 0, "aa")) is None


async def test_a_reply_that_cannot_be_written_fails_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.begin({"seed": "0"}, num=1, shown={})
        with pytest.raises(UnicodeEncodeError):
            await asyncio.wait_for(store.memory.keep(Asked(0, "plan", 0, "aa"), "\ud83d"), 5)


async def test_a_disk_that_takes_nothing_more_ends_the_run_and_loses_nothing(tmp_path: Path) -> None:
    from toolflow_graph.errors import RunError

    with open_store(tmp_path) as store:
        store.begin({"seed": "0"}, num=1, shown={})
        await store.memory.keep(Asked(0, "plan", 0, "aa"), "{}")
        pages = store.view()._connection.execute("PRAGMA page_count").fetchone()[0]
        store.view()._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(RunError, match=r"cannot write .*full(.|\n)*make room"):
            await store.memory.keep(Asked(0, "plan", 1, "aa"), "x" * 100_000)
    assert count(tmp_path) == {"records": 0, "replies": 1}


async def on_a_small_disk(disk: Path, kept: Path, url: str, size: str) -> tuple[int, str]:
    """The run on a file system of its own that is soon full; what is on it then is copied to ``kept``."""
    run = [sys.executable, "-m", "toolflow_graph", "run", "-n", "40", "--out", str(disk / "run"), "--quiet", *SMALL]
    script = (
        f"mount -t tmpfs -o size={size} none {shlex.quote(str(disk))} || exit 77; "
        f"{shlex.join([*run, '--model', f'{ROOT}/tests/echo_model.py:build'])}; code=$?; "
        f"cp -r {shlex.quote(str(disk / 'run'))} {shlex.quote(str(kept))}; exit $code"
    )
    process = await asyncio.create_subprocess_exec(
        *("unshare", "--map-root-user", "--mount", "sh", "-c", script),
        cwd=ROOT,
        env={**os.environ, "ECHO_URL": url, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, err.decode()


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare, to mount a small file system")
async def test_a_full_disk_stops_the_run_and_the_same_command_goes_on_elsewhere(tmp_path: Path) -> None:
    disk, kept, whole = tmp_path / "disk", tmp_path / "kept", tmp_path / "whole"
    disk.mkdir()
    async with OpenAIServer(echo, models=("echo",)) as server, OpenAIServer(echo, models=("echo",)) as other:
        code, err = await on_a_small_disk(disk, kept, server.base_url, "1200k")
        if code in (1, 77) and ("unshare" in err or "mount" in err):
            pytest.skip(f"no small file system can be mounted here: {err.strip()}")
        assert code == 1, err
        assert "cannot write to" in err
        assert "make room" in err
        assert "Traceback" not in err
        before = count(kept)
        assert before["replies"] > 0
        # Room was made: the same command, in the folder that it left.
        process = await start(kept, server.base_url, 40)
        assert await process.wait() == 0
        untouched = await start(whole, other.base_url, 40)
        assert await untouched.wait() == 0
        twice = len(server.requests) - len(other.requests)
    # Paid twice is at most what was in flight when nothing could be kept any more.
    assert 0 <= twice <= 64
    assert count(kept) == count(whole)
    assert (kept / "dialogues.jsonl").read_bytes() == (whole / "dialogues.jsonl").read_bytes()
