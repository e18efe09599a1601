"""``rules score``: the table, the JSON, the exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.evaluation_samples import records
from tests.verification_samples import clean
from toolflow_graph.evaluation.clean import build_clean_dialogues
from toolflow_graph.evaluation.mutations import KINDS

ROOT = Path(__file__).resolve().parent.parent


def toolflow(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "toolflow_graph", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"},
        check=False,
        timeout=300,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "clean.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in (clean(), *records()[:3])), encoding="utf-8")
    return path


def test_the_table_and_the_json_tell_the_same(file: Path) -> None:
    table = toolflow("rules", "score", str(file), "--per-kind", "1")
    plain = toolflow("rules", "score", str(file), "--per-kind", "1", "--json")
    told = json.loads(plain.stdout)
    assert table.returncode == plain.returncode == (0 if told["passed"] else 1), table.stderr
    assert {kind["code"] for kind in told["kinds"]} == set(KINDS)
    assert (told["dialogues"], told["with_errors"]) == (4, 0)
    rows = {line.split()[0]: line.split() for line in table.stdout.splitlines() if line.strip()}
    for kind in told["kinds"]:
        assert rows[kind["code"]][1] == str(kind["tried"])
    assert f"{told['mutants']} broken dialogues of 4 clean ones" in table.stdout


def test_dialogues_with_findings_fail_the_score(tmp_path: Path) -> None:
    dirty = clean()
    dirty["messages"][10]["content"] = "Simulated result: BK-70031."
    path = tmp_path / "dirty.jsonl"
    path.write_text(json.dumps(dirty), encoding="utf-8")
    done = toolflow("rules", "score", str(path), "--per-kind", "1")
    assert done.returncode == 1
    assert "clean dialogues with an error: 1 of 1" in done.stdout


@pytest.mark.parametrize("name", ["missing.jsonl", "empty.jsonl"])
def test_a_file_without_dialogues_is_the_users_mistake(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    done = toolflow("rules", "score", str(tmp_path / name))
    assert done.returncode == 2
    assert name in done.stderr


def test_without_a_file_dialogues_are_made_and_leave_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = build_clean_dialogues(3, seed=5)
    assert [record["verdict"]["accepted"] for record in made] == [True] * 3
    assert made == build_clean_dialogues(3, seed=5)
    assert made != build_clean_dialogues(3, seed=6)
    assert list(tmp_path.iterdir()) == []
