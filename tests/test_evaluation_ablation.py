"""``ablate``: the four arms, their table, and what a user may get wrong."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.echo_model import echo
from tests.openai_server import OpenAIServer
from tests.test_evaluation_cli import ROOT, toolflow
from toolflow_graph.evaluation.ablation import ARMS, METRICS, PLUMBING, render_table

Data = dict[str, Any]


def plain(done: Any) -> Data:
    assert done.returncode == 0, done.stderr
    found: Data = json.loads(done.stdout)
    return found


def lines_of(folder: Path) -> list[Data]:
    return [json.loads(line) for line in (folder / "dialogues.jsonl").read_text(encoding="utf-8").splitlines()]


def test_the_papers_figures_stand_beside_ours() -> None:
    measured = {"graph-plan": {"SS": 61.234, "H": 9.5, "D-3": 0.5, "calls": 1234}, "neither": {}}
    lines = render_table(measured, ["a note"]).splitlines()
    assert lines[0].split() == ["arm", *METRICS, "calls"]
    assert " ".join(lines[1].split()) == (
        "graph + plan 61.23 (63.36) - (47.30) 9.50 (10.36) 0.5000 (0.4865) - (3.72) - (3.91) 1,234"
    )
    assert " ".join(lines[2].split()) == "no plan - (62.03) - (32.10) - (10.14) - (0.4364) - (3.00) - (3.72) -"
    assert lines[-1] == "a note"


def test_the_arms_differ_in_graph_and_plan_alone() -> None:
    settings = {arm.name: set(arm.settings) for arm in ARMS}
    assert settings["graph-plan"] == set()
    assert settings["neither"] == settings["no-graph"] | settings["no-plan"]


def test_the_offline_model_plays_all_arms_and_its_figures_are_called_plumbing(tmp_path: Path) -> None:
    flags = ("ablate", "-n", "3", "--out", str(tmp_path / "abl"), "--similarity", "none", "--seed", "5", "--quiet")
    first = toolflow(*flags)
    assert first.returncode == 0, first.stderr
    assert PLUMBING in first.stdout
    assert "no plan" in first.stdout
    before = {arm.name: (tmp_path / "abl" / arm.name / "dialogues.jsonl").read_bytes() for arm in ARMS}
    told = plain(toolflow(*flags, "--json"))
    assert before == {arm.name: (tmp_path / "abl" / arm.name / "dialogues.jsonl").read_bytes() for arm in ARMS}
    for arm in ARMS:
        row = told["arms"][arm.name]
        records = lines_of(tmp_path / "abl" / arm.name)
        assert row["paper"] == dict(arm.paper)
        assert row["measured"]["dialogues"] == len(records) == 3
        calls = sum(len(message.get("tool_calls") or ()) for record in records for message in record["messages"])
        assert row["measured"]["calls"] == calls
        assert row["measured"]["H"] > 0
        assert row["measured"]["SS"] is None
        kinds = {request["kind"] for record in records for request in record["plan"]["requests"]}
        assert (kinds == {"open"}) is (arm.name in ("no-plan", "neither"))
    assert len({row["measured"]["words"] for row in told["arms"].values()}) == 1


async def test_a_model_behind_the_protocol_plays_all_arms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with OpenAIServer(echo, models=("echo",)) as server:
        monkeypatch.setenv("ECHO_URL", server.base_url)
        flags = ("ablate", "-n", "2", "--out", str(tmp_path / "abl"), "--similarity", "none", "--json", "--quiet")
        told = plain(await asyncio.to_thread(toolflow, *flags, "--model", f"{ROOT}/tests/echo_model.py:build"))
        assert server.requests
    assert told["notes"] == []
    assert {name: arm["measured"]["dialogues"] for name, arm in told["arms"].items()} == {arm.name: 2 for arm in ARMS}


@pytest.mark.parametrize("flag", ["--plan", "--sampling=random", "--dry-run"])
def test_what_ablate_sets_itself_is_refused(flag: str, tmp_path: Path) -> None:
    done = toolflow("ablate", flag, "--similarity", "none")
    assert done.returncode == 2
    assert f"ablate takes no {flag.partition('=')[0]}" in done.stderr or f"ablate takes no {flag}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_flag_that_run_does_not_know_is_a_mistake(tmp_path: Path) -> None:
    done = toolflow("ablate", "--bogus", "3", "--similarity", "none", "--out", str(tmp_path / "abl"))
    assert done.returncode == 2
    assert "--bogus" in done.stderr
