"""A run against a server that misbehaves in every way at once, or is gone for a while: the same bytes as a calm run."""

import asyncio
import itertools
import json
import os
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.echo_model import echo
from tests.openai_server import Misbehave, OpenAIServer, error, raw
from toolflow_graph.randomness import derive_rng

ROOT = Path(__file__).parents[1]
SHARE = 0.06
"""Of the requests, for each fault (half of it for those that take long): with these ten half of them are answered."""

A_MINUTE = 60.0

FAULTS: dict[str, Callable[[], web.Response]] = {
    "429": lambda: error(429, "slow down", headers={"Retry-After": "0.05"}),
    "500": lambda: error(500),
    "503": lambda: error(503),
    "hang": lambda: trick("hang"),
    "reset": lambda: trick("reset"),
    "half_body": lambda: trick("half_body"),
    "endless_body": lambda: trick("endless_body"),
    "not_json": lambda: raw('{"choices": [', content_type="application/json"),
    "wrong_shape": lambda: raw('{"surprise": true}'),
    "wrong_type": lambda: raw("<html>busy</html>", content_type="text/html"),
}


def trick(name: Any) -> web.Response:
    """What no response can express."""
    raise Misbehave(name)


class Storm:
    """A responder that draws each fault for its share of the requests, and echoes the rest; it counts."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._rng = derive_rng("storm")

    def __call__(self, body: dict[str, Any]) -> Any:
        left = self._rng.random()
        for name, fault in FAULTS.items():
            left -= SHARE / 2 if name in ("hang", "endless_body") else SHARE
            if left < 0:
                self.counts[name] += 1
                return fault()
        return self.answer(body)

    def answer(self, body: dict[str, Any]) -> Any:
        self.counts["answered"] += 1
        return echo(body)


class Blackout(Storm):
    """Answers ``before`` requests, then none for a minute (each fault in its turn), and then all others."""

    def __init__(self, before: int) -> None:
        super().__init__()
        self._before = before
        self._names = itertools.cycle(FAULTS)
        self._until: float | None = None

    def __call__(self, body: dict[str, Any]) -> Any:
        if self.counts["answered"] < self._before:
            return self.answer(body)
        now = time.monotonic()
        self._until = self._until or now + A_MINUTE
        if now >= self._until:
            return self.answer(body)
        name = next(self._names)
        self.counts[name] += 1
        return FAULTS[name]()


async def play(out: Path, url: str, num: int, *flags: str, **environ: str) -> tuple[int, str]:
    """A run by the echo model; attempts may take half a second."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "toolflow_graph", "run", "-n", str(num), "--out", str(out), "--concurrency", "16"),
        *("--turns", "1", "--tools-per-dialogue", "2", "--distractors", "0"),
        *("--model", f"{ROOT}/tests/echo_model.py:build", *flags),
        cwd=ROOT,
        env={**os.environ, "ECHO_URL": url, "ECHO_TIMEOUT": "0.5", "PYTHONPATH": str(ROOT), **environ},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, err.decode()


def check_same(out: Path, calm: Path) -> None:
    """Nothing lost, nothing twice, no torn record."""
    for name in ("dialogues.jsonl", "rejected.jsonl"):
        assert (out / name).read_bytes() == (calm / name).read_bytes()
        assert all(json.loads(line) for line in (out / name).read_text().splitlines())
    with sqlite3.connect(out / "run.sqlite") as store, sqlite3.connect(calm / "run.sqlite") as other:
        query = "SELECT idx, node, number, digest FROM replies ORDER BY idx, node, number"
        assert store.execute(query).fetchall() == other.execute(query).fetchall()
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def weather(storm: Storm, tmp_path: Path) -> str:
    """A run in calm weather and one in the storm, which make the same; what the second one said."""
    async with OpenAIServer(echo, models=("echo",)) as calm, OpenAIServer(storm, models=("echo",)) as server:
        code, err = await play(tmp_path / "calm", calm.base_url, 8)
        assert code == 0, err
        code, err = await play(tmp_path / "stormy", server.base_url, 8)
        assert code == 0, err
        needed = len(calm.requests)
    print(f"\n{needed} calls needed; " + ", ".join(f"{name} {count}" for name, count in storm.counts.most_common()))
    assert storm.counts["answered"] == needed
    assert set(storm.counts) == {*FAULTS, "answered"}
    check_same(tmp_path / "stormy", tmp_path / "calm")
    return err


async def test_every_fault_at_once(tmp_path: Path) -> None:
    """Counts are told by ``pytest -s``."""
    await weather(Storm(), tmp_path)


async def test_a_server_that_is_gone_for_a_while_pauses_the_run(tmp_path: Path) -> None:
    async with OpenAIServer(echo, models=("echo",)) as server:
        code, err = await play(tmp_path / "calm", server.base_url, 12)
        assert code == 0, err
        server.requests.clear()
        running = asyncio.create_task(play(tmp_path / "paused", server.base_url, 12))
        while len(server.requests) < 20:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await server.stop()
        await asyncio.sleep(12)
        await server.start()
        code, err = await running
        assert code == 0, err
    assert "waiting for" in err
    assert "answers again" in err
    check_same(tmp_path / "paused", tmp_path / "calm")


async def test_a_minute_of_nothing_but_faults(tmp_path: Path) -> None:
    """Counts are told by ``pytest -s``."""
    assert "answers again" in await weather(Blackout(before=20), tmp_path)


async def test_a_clock_that_jumps_changes_nothing(tmp_path: Path) -> None:
    """By a day and more, forth and back, every few readings."""
    async with OpenAIServer(Storm(), models=("echo",)) as server:
        code, err = await play(tmp_path / "steady", server.base_url, 3)
        assert code == 0, err
        began = time.monotonic()
        code, err = await play(tmp_path / "jumping", server.base_url, 3, "--log-json", JUMPING_CLOCK="1")
        assert code == 0, err
        assert time.monotonic() - began < A_MINUTE
    lines = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    assert lines
    assert all(value >= 0 for line in lines for value in line.values() if isinstance(value, int | float))
    check_same(tmp_path / "jumping", tmp_path / "steady")


async def test_a_prompt_that_is_changed_during_a_run_is_not_read_before_the_next_one(tmp_path: Path) -> None:
    prompt = tmp_path / "user.md"
    original = (ROOT / "prompts" / "user.md").read_text(encoding="utf-8")
    prompt.write_text(original, encoding="utf-8")
    flags = ("--prompt", f"user={prompt}")

    def edits(body: dict[str, Any]) -> Any:
        if len(server.requests) == 10:
            prompt.write_text(f"{original}\nBe brief.\n", encoding="utf-8")
        return echo(body)

    async with OpenAIServer(edits, models=("echo",)) as server:
        code, err = await play(tmp_path / "edited", server.base_url, 4, *flags)
        assert code == 0, err
        edited = prompt.read_text(encoding="utf-8")
        prompt.write_text(original, encoding="utf-8")
        assert edited != original
        code, err = await play(tmp_path / "calm", server.base_url, 4, *flags)
        assert code == 0, err
        prompt.write_text(edited, encoding="utf-8")
        # To go on with another prompt would mix two kinds of data.
        code, err = await play(tmp_path / "edited", server.base_url, 6, *flags)
    assert code == 2
    assert "prompt" in err
    assert "user" in err
    check_same(tmp_path / "edited", tmp_path / "calm")


async def test_tool_calls_with_broken_arguments_go_back_and_are_kept(tmp_path: Path) -> None:
    rng, broken = derive_rng("broken calls"), []

    def breaks_some(body: dict[str, Any]) -> Any:
        answer = echo(body)
        calls = answer["choices"][0]["message"].get("tool_calls")
        # The repair is not broken again: its request ends with what was wrong.
        if calls and "broken-off" not in json.dumps(body["messages"][:-1]) and rng.random() < 0.3:
            calls[0]["function"]["arguments"] = '{"broken-off": '
            broken.append(answer)
        return answer

    async with OpenAIServer(breaks_some, models=("echo",)) as server:
        code, err = await play(tmp_path / "broken", server.base_url, 12)
        assert code == 0, err
    assert broken
    # Each went back once, and stands beside the dialogue with the reason; none is part of it.
    names = ("dialogues.jsonl", "rejected.jsonl")
    found = [json.loads(line) for name in names for line in (tmp_path / "broken" / name).read_text().splitlines()]
    refused = [each for record in found for each in record.get("alternatives", ()) if "broken-off" in str(each)]
    assert len(refused) == len(broken)
    assert all(each["node"] == "assistant_call" for each in refused)
    assert not any("broken-off" in json.dumps(record["messages"]) for record in found)
    assert sum(record["verdict"]["accepted"] for record in found) == 12
