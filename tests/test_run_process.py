"""A run as a process: killed, interrupted, resumed; its exit codes and what it prints."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from toolflow_graph.run.view import DATABASE_NAME

ROOT = Path(__file__).resolve().parent.parent

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


def start(out: Path, num: int, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(ROOT / "tests" / "run_fakes.py"), str(out), str(num), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def finish(out: Path, num: int, *options: str) -> tuple[int, str, str]:
    process = start(out, num, *options)
    stdout, stderr = process.communicate(timeout=60)
    return process.returncode, stdout, stderr


def finished_dialogues(out: Path) -> int:
    try:
        connection = sqlite3.connect(f"{(out / DATABASE_NAME).resolve().as_uri()}?mode=ro", uri=True)
        count = connection.execute("SELECT count(*) FROM records").fetchone()[0]
        connection.close()
    except sqlite3.Error:
        return 0
    return int(count)


def wait_for(out: Path, count: int) -> None:
    until = time.monotonic() + 30
    while finished_dialogues(out) < count:
        assert time.monotonic() < until, "the run makes no progress"
        time.sleep(0.01)


def files(out: Path) -> tuple[bytes, bytes]:
    return (out / "dialogues.jsonl").read_bytes(), (out / "rejected.jsonl").read_bytes()


@posix
def test_killed_run_goes_on_and_ends_with_the_same_bytes(tmp_path: Path) -> None:
    assert finish(tmp_path / "whole", 60, "--concurrency", "1")[0] == 0
    out = tmp_path / "killed"
    kept = 0
    for count in (3, 20):
        process = start(out, 60, "--pause", "0.1", "--concurrency", "5")
        wait_for(out, count)
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert finished_dialogues(out) >= max(count, kept)
        kept = finished_dialogues(out)
    code, stdout, _ = finish(out, 60, "--concurrency", "64")
    assert code == 0
    assert stdout.startswith("done: 60 dialogues accepted")
    assert files(out) == files(tmp_path / "whole")


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_signal_finishes_what_is_in_flight(tmp_path: Path, number: signal.Signals) -> None:
    out = tmp_path / "run"
    process = start(out, 500, "--pause", "0.2", "--concurrency", "4")
    wait_for(out, 4)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "stopped:" in stdout
    assert "the same command goes on" in stdout
    assert "in flight; Ctrl-C again" in stderr
    assert "Traceback" not in stderr
    # What was in flight is kept: no gap.
    assert sum(part.count(b"\n") for part in files(out)) == finished_dialogues(out)


@posix
def test_second_signal_stops_at_once(tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = start(out, 500, "--pause", "20", "--concurrency", "40")
    wait_for(out, 1)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    while "stopping" not in (line := process.stderr.readline()):
        assert line, "the run ended at the first signal"
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - began < 8


def test_finished_run_says_so_and_puts_back_its_files(tmp_path: Path) -> None:
    out = tmp_path / "run"
    code, stdout, stderr = finish(out, 10)
    assert code == 0
    assert "user" in stdout
    assert "embedder: none" in stderr
    before = files(out)
    (out / "dialogues.jsonl").unlink()
    code, stdout, _ = finish(out, 10)
    assert code == 0
    assert "already finished" in stdout
    assert files(out) == before


def test_attempts_run_out_with_exit_code_1(tmp_path: Path) -> None:
    code, stdout, _ = finish(tmp_path / "run", 10, "--max-attempts", "12")
    assert code == 1
    assert "12 attempts; a higher --max-attempts goes on" in stdout
    assert "no_answer" in stdout
    assert sum(part.count(b"\n") for part in files(tmp_path / "run")) == 12


def test_fewer_attempts_than_wanted_dialogues(tmp_path: Path) -> None:
    code, stdout, _ = finish(tmp_path / "run", 10, "--max-attempts", "3")
    assert code == 1
    assert "in 3 attempts" in stdout
    assert sum(part.count(b"\n") for part in files(tmp_path / "run")) == 3


def test_a_finished_run_stays_finished_under_a_lower_limit(tmp_path: Path) -> None:
    assert finish(tmp_path / "run", 10)[0] == 0
    before = files(tmp_path / "run")
    code, stdout, _ = finish(tmp_path / "run", 10, "--max-attempts", "2")
    assert code == 0
    assert "already finished" in stdout
    assert files(tmp_path / "run") == before


def test_other_settings_are_refused_until_fresh(tmp_path: Path) -> None:
    assert finish(tmp_path / "run", 5)[0] == 0
    before = files(tmp_path / "run")
    code, _, stderr = finish(tmp_path / "run", 5, "--seed", "1")
    assert code == 2
    assert stderr.splitlines()[-1].startswith("  try:      --fresh")
    assert "seed: '0' -> '1'" in stderr
    assert files(tmp_path / "run") == before
    code, _, stderr = finish(tmp_path / "run", 5, "--seed", "1", "--fresh")
    assert code == 0
    assert f"the earlier run is now in {tmp_path / 'run' / 'previous-1'}" in stderr
