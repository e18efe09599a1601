"""The same seed gives the same bytes: at 1 and at 64 dialogues in flight, and after kill -9 and resume."""

import asyncio
import os
import signal
import sqlite3
import sys
from pathlib import Path

from tests.test_protocol_run import run_cli

NUM = "60"


async def data(folder: Path, *flags: str) -> tuple[bytes, bytes]:
    code, _, err = await run_cli("run", "-n", NUM, "--out", "run", *flags, cwd=folder)
    assert code == 0, err
    return (folder / "run" / "dialogues.jsonl").read_bytes(), (folder / "run" / "rejected.jsonl").read_bytes()


async def test_concurrency_and_kill_change_no_byte(tmp_path: Path) -> None:
    for name in ("one", "many", "killed"):
        (tmp_path / name).mkdir()
    one = await data(tmp_path / "one", "--concurrency", "1")
    many = await data(tmp_path / "many", "--concurrency", "64")
    assert many == one
    assert one[0].count(b"\n") == int(NUM)
    killed = tmp_path / "killed"
    for wanted in (1, 20, 40):
        await run_and_kill(killed, wanted)
        assert not (killed / "run" / "dialogues.jsonl").exists()
    assert await data(killed, "--concurrency", "7") == one


async def run_and_kill(folder: Path, wanted: int) -> None:
    """Start the run, wait until the store holds ``wanted`` records, kill -9."""
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "toolflow_graph",
        *("run", "-n", NUM, "--out", "run", "--concurrency", "4", "--quiet"),
        cwd=folder,
        env=environ,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    while process.returncode is None and stored(folder / "run" / "run.sqlite") < wanted:  # noqa: ASYNC110 - the store is another process's
        await asyncio.sleep(0.005)
    assert process.returncode is None, "the run ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    assert await process.wait() == -signal.SIGKILL


def stored(database: Path) -> int:
    if not database.exists():
        return 0
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM records").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


async def test_another_seed_gives_other_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    code, _, _ = await run_cli("run", "-n", "2", "--out", "run", cwd=tmp_path / "a")
    assert code == 0
    code, _, _ = await run_cli("run", "-n", "2", "--out", "run", "--seed", "1", cwd=tmp_path / "b")
    assert code == 0
    first = (tmp_path / "a" / "run" / "dialogues.jsonl").read_bytes()
    assert (tmp_path / "b" / "run" / "dialogues.jsonl").read_bytes() != first
