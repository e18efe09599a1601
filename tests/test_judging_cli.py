"""``judge``, ``judge calibrate`` and ``run --judge`` as they are typed, with the offline model."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.run_fakes import make_record
from tests.test_cli_commands import toolflow
from toolflow_graph.cli import app
from toolflow_graph.dataset.exporters import openai
from toolflow_graph.errors import UsageError
from toolflow_graph.models.offline.judge import LABEL
from toolflow_graph.models.specs import parse_model_flags
from toolflow_graph.record import record_to_json

SMALL = ("--turns", "1", "--tools-per-dialogue", "2", "--distractors", "0", "-n", "4", "--quiet")


def invoke(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def test_calibrate(tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"
    scores = zip([1, 2, 3, 5], [1, 3, 3, 4], strict=True)
    labels.write_text(
        "".join(json.dumps({"human": {"nat": a, "coh": 3}, "judge": {"nat": b, "coh": 3}}) + "\n" for a, b in scores)
    )
    told = invoke("judge", "calibrate", str(labels))
    assert told.exit_code == 0
    assert told.stdout.splitlines()[1].split() == ["nat", "4", "0.385", "0.852", "0.892", "0.50", "2.75", "2.75"]
    assert told.stdout.splitlines()[2].split()[:5] == ["coh", "4", "undefined", "undefined", "undefined"]
    plain = json.loads(invoke("judge", "calibrate", str(labels), "--json").stdout)
    assert plain["coh"]["pearson"] is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("judge", "DATA"), "no judge is named"),
        (("judge", "DATA", "--model", "offline,offline"), "a pool"),
        (("judge", "DATA", "--model", "offline", "--judge-min", "style=3"), "style=3"),
        (("judge", "nowhere.jsonl", "--model", "offline"), "nowhere.jsonl"),
        (("judge", "calibrate", "DATA"), "line 1"),
        (("run", "--judge-min", "nat=3"), "without a judge"),
        (("run", "--model", "judge=gpt-4o"), "--judge gpt-4o"),
    ],
)
def test_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], says: str) -> None:
    data = tmp_path / "data.jsonl"
    data.write_text(record_to_json(make_record(0)) + "\n")
    monkeypatch.chdir(tmp_path)
    told = invoke(*(str(data) if word == "DATA" else word for word in words))
    assert isinstance(told.exception, UsageError)
    assert says in str(told.exception)
    assert [path for path in (tmp_path / "runs").rglob("*") if path.is_file()] == []


def test_a_run_with_the_offline_judge_says_what_its_figures_are(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    told = toolflow("run", *SMALL[:-1], "--judge", "offline", "--out", str(one), "--concurrency", "1")
    assert told.returncode == 0, told.stderr
    assert "say nothing of quality" in told.stderr
    assert "judged:    nat " in told.stdout
    assert "messages of the assistant are not to be trained on" in told.stdout
    toolflow("run", *SMALL, "--judge", "offline", "--out", str(other), "--processes", "2")
    assert (one / "dialogues.jsonl").read_bytes() == (other / "dialogues.jsonl").read_bytes()
    records = [json.loads(line) for line in (one / "dialogues.jsonl").read_text().splitlines()]
    assert all(reason.startswith(LABEL) for each in records for reason in each["judgement"]["reasons"].values())

    judged = toolflow("judge", str(one), "--model", "offline", "-o", str(tmp_path / "judged"), "--sample", "2")
    assert judged.returncode == 0, judged.stderr
    assert "judged: 2 dialogues" in judged.stdout
    assert "judge           2 calls" in judged.stdout


def test_dry_run_counts_judges(tmp_path: Path) -> None:
    told = toolflow("run", "-n", "4", "--judge", "offline", "--out", str(tmp_path / "x"), "--dry-run")
    assert told.returncode == 0, told.stderr
    assert any(line.split()[0] == "judge" for line in told.stdout.splitlines())


def test_a_message_not_to_be_trained_on_has_weight_0() -> None:
    messages = [
        {"role": "user", "content": "Hi", "train": False},
        {"role": "assistant", "content": "Ho", "train": False},
        {"role": "assistant", "content": "Hm", "train": True},
    ]
    assert openai({"messages": messages})["messages"] == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Ho", "weight": 0},
        {"role": "assistant", "content": "Hm"},
    ]


def test_a_model_for_all_roles_is_no_judge() -> None:
    assert "judge" not in parse_model_flags(["gpt-4o"])
