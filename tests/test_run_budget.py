"""What a run may spend, and what it tells of itself: limits, status, failures, JSON lines."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.run_fakes import FakePlayer, two_of_three
from toolflow_graph.config import RunConfig
from toolflow_graph.config_file import merge
from toolflow_graph.errors import UsageError
from toolflow_graph.run.budget import Budget, Meter, check_priced
from toolflow_graph.run.estimate import Sample, build_estimate, render_estimate
from toolflow_graph.run.failures import group_failures, render_failures
from toolflow_graph.run.prices import Price
from toolflow_graph.run.progress import Counts, JsonProgress, PlainProgress, render_counts
from toolflow_graph.run.runner import run_dialogues
from toolflow_graph.run.status import read_status, render_status
from toolflow_graph.run.store import open_store
from toolflow_graph.run.summary import RunSummary
from toolflow_graph.types import Usage
from toolflow_graph.wording import parse_count, parse_time, render_time

ROOT = Path(__file__).parents[1]
PRICES = {"fake": Price(input=1000.0, output=1000.0, cached=1000.0)}


async def play(folder: Path, budget: Budget, *, num: int = 30, player: FakePlayer | None = None) -> RunSummary:
    """A run of fakes: each dialogue takes 450 tokens, which cost 0.45 dollars."""
    player = player or FakePlayer()
    with open_store(folder) as store:
        store.begin(player.fingerprint, num=num, shown={})
        return await run_dialogues(
            player,
            store,
            num=num,
            max_attempts=3 * num,
            concurrency=4,
            progress=PlainProgress(io.StringIO(), every=None),
            prices=PRICES,
            budget=budget,
        )


@pytest.mark.parametrize(
    ("budget", "word", "most"),
    [(Budget(tokens=4500), "--max-tokens", 14), (Budget(cost=4.5), r"--max-cost is reached \(\$", 14)],
)
async def test_a_limit_stops_gently_and_a_higher_one_goes_on(
    tmp_path: Path, budget: Budget, word: str, most: int
) -> None:
    summary = await play(tmp_path, budget)
    # Ten are within it; those in flight meanwhile finish and are kept.
    assert 10 <= summary.accepted <= most
    assert summary.limit is not None
    assert word.replace("\\", "") in summary.limit
    assert (summary.exit_code, summary.interrupted) == (1, False)
    # What was spent before counts.
    again = await play(tmp_path, budget)
    assert (again.played, again.limit is not None) == (0, True)
    whole = await play(tmp_path, Budget(tokens=10**9, cost=10.0**9))
    assert (whole.exit_code, whole.accepted, whole.limit) == (0, 30, None)


async def test_time_is_over(tmp_path: Path) -> None:
    summary = await play(tmp_path, Budget(seconds=0.3), num=1000, player=FakePlayer(pause=0.1))
    assert summary.limit is not None
    assert "--max-time is over" in summary.limit
    assert 0 < summary.accepted < 1000


def test_a_limit_in_dollars_needs_prices() -> None:
    with pytest.raises(UsageError, match=r"no price of 'mine'.*"):
        check_priced(Budget(cost=1.0), {"user": "mine", "assistant": "gpt-4o"}, {})
    check_priced(Budget(tokens=1), {"user": "mine"}, {})
    check_priced(Budget(cost=1.0), {"user": "mine"}, {"mine": Price(1, 1, 1)})


def test_an_unpriced_model_has_no_cost() -> None:
    meter = Meter(Budget(), {"fake": Usage(input=1000)}, PRICES)
    assert meter.total_cost({"fake": Usage(output=1000)}) == 2
    assert meter.total_cost({"other": Usage(output=1000)}) is None


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        ({"max_time": "2h30m", "max_tokens": "5M", "max_cost": "2.5"}, (9000.0, 5_000_000, 2.5)),
        ({"max_time": "90", "max_tokens": "500k"}, (90.0, 500_000, None)),
        ({"max_time": "1d", "max_tokens": "12_000"}, (86_400.0, 12_000, None)),
    ],
)
def test_limits_as_people_write_them(flags: dict[str, Any], wanted: tuple[Any, ...]) -> None:
    config = merge({}, flags)
    assert (config.max_time, config.max_tokens, config.max_cost) == wanted


@pytest.mark.parametrize(
    ("key", "value"),
    [("max_time", "soon"), ("max_time", ""), ("max_time", "0"), ("max_tokens", "many"), ("max_cost", "-1")],
)
def test_limits_that_are_none(key: str, value: str) -> None:
    with pytest.raises(UsageError, match="max-"):
        merge({}, {key: value})


@given(st.integers(1, 10**7))
def test_times_are_read_as_they_are_written(seconds: int) -> None:
    assert parse_time(render_time(seconds)) == seconds


@given(st.integers(0, 10**12))
def test_counts_are_read_as_they_are_written(number: int) -> None:
    assert parse_count(str(number)) == parse_count(f"{number:,}") == number


async def test_failures_are_grouped_with_ids_to_look_at(tmp_path: Path) -> None:
    summary = await play(tmp_path, Budget(), player=FakePlayer(two_of_three))
    (group,) = group_failures(tmp_path)
    assert (group.code, len(group.ids)) == ("no_answer", summary.rejected)
    text = render_failures([group], tmp_path)
    assert f"show {group.ids[0]}" in text
    assert "the dialogue has no final answer" in text
    assert group_failures(tmp_path, code="other") == []
    assert "no rejected dialogue" in render_failures([], tmp_path)


async def test_status_of_a_run_that_is_over(tmp_path: Path) -> None:
    await play(tmp_path, Budget(tokens=4500))
    told = read_status(tmp_path)
    assert (told["state"], told["num"], told["live"]) == ("stopped", 30, None)
    assert told["usage"]["input"] == 400 * told["accepted"]
    assert "the same `run` command goes on" in render_status(told)
    await play(tmp_path, Budget())
    assert read_status(tmp_path)["state"] == "done"


def test_status_of_a_run_that_works_and_of_one_that_was_killed(tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [sys.executable, str(ROOT / "tests" / "run_fakes.py"), str(out), "100000", "--pause", "0.05"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            told: dict[str, Any] = {"live": None}
            for _ in range(200):
                time.sleep(0.1)
                # A run that is only being started says so.
                with suppress(UsageError):
                    told = read_status(out)
                if told["live"]:
                    break
            assert told["state"] == "working"
            assert told["live"]["pid"] == process.pid
            assert "in flight" in render_status(told)
        finally:
            process.send_signal(signal.SIGKILL)
    told = read_status(out)
    assert (told["state"], told["live"]) == ("stopped", None)


def test_progress_as_json_lines() -> None:
    stream, now = io.StringIO(), [0.0]
    with JsonProgress(stream, every=5, clock=lambda: now[0]) as progress:
        progress.update(Counts(num=9, accepted=1))
        progress.update(Counts(num=9, accepted=2))
        progress.note("waiting for it")
        now[0] = 6.0
        progress.update(Counts(num=9, accepted=3, reasons={"no_answer": 2}, throttled=("slow",), cost=0.5))
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [event["event"] for event in events] == ["progress", "note", "progress", "end"]
    assert events[2]["reasons"] == {"no_answer": 2}
    assert events[2]["seconds"] == 6.0


def test_the_line_tells_what_a_watcher_asks() -> None:
    counts = Counts(
        num=300, accepted=12, rejected=3, reasons={"a": 1, "b": 2}, throttled=("x takes 3 calls at once for now",),
        cost=1.5, seconds_left=3600.0, usage=Usage(calls=30),
    )  # fmt: skip
    line = render_counts(counts, 60)
    for part in ("12/300", "most: b", "$1.50", "about 1h left", "x takes 3 calls", "0.5 calls/s"):
        assert part in line


def test_a_plan_is_scaled_from_what_was_played() -> None:
    sample = Sample()
    for accepted in (True, True, False):
        sample.add(accepted, {"user": Usage(calls=2, input=1000, output=100), "tool": Usage(calls=1, input=10)})
    models = {"user": [("fake", 1.0), ("free", 3.0)], "tool": [("unknown", 1.0)]}
    prices = {**PRICES, "free": Price(0, 0, 0)}
    estimate = build_estimate(sample, "a test", left=20, models=models, prices=prices)
    assert (estimate.dialogues, estimate.accepted) == (30, 20)
    assert estimate.usage["user"] == Usage(calls=60, input=30_000, output=3000)
    # A quarter of the dialogues is played by the model that costs something.
    assert estimate.cost == {"user": pytest.approx(33.0 / 4), "tool": None}
    text = render_estimate(estimate)
    assert "20 more accepted dialogues in about 30 dialogues played (a test)" in text
    assert "cost unknown" in text


def test_a_dry_run_writes_nothing_and_asks_no_model(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "toolflow_graph", "run", "--dry-run", "-n", "8000", "--model", "gpt-4o"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "8,000 more accepted dialogues" in done.stdout
    assert "$" in done.stdout.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_limits_may_change_when_a_run_goes_on() -> None:
    assert not {"max_cost", "max_tokens", "max_time"} & set(RunConfig().model_dump(exclude_none=True))
