"""From ``init`` to an exported file, with the real session and the offline model."""

import json
from pathlib import Path

from tests.test_cli_commands import toolflow


def test_project_runs_as_it_was_laid_out(tmp_path: Path) -> None:
    project = tmp_path / "project"
    assert toolflow("init", str(project)).returncode == 0
    # A rule that rejects one dialogue shows that the project's own node is the one that runs.
    rules = project / "nodes" / "my_rules.py"
    done = toolflow("run", "-n", "4", "--turns", "2", cwd=project, LANGSMITH_TRACING="true")
    assert done.returncode == 0, done.stderr
    assert "done: 4 dialogues accepted" in done.stdout
    assert "offline model" in done.stdout
    lines = (project / "runs" / "latest" / "dialogues.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert len(records) == 4
    tools = {tool["function"]["name"] for record in records for tool in record["tools"]}
    assert tools <= {"search_books", "reserve_book", "get_reservation", "search_tools"}

    assert "already finished" in toolflow("run", "-n", "4", "--turns", "2", cwd=project).stdout
    assert records[0]["id"] in toolflow("show", cwd=project).stdout
    exported = toolflow("export", "runs/latest", cwd=project).stdout.splitlines()
    assert [json.loads(line)["messages"][0] for line in exported] == [record["messages"][0] for record in records]

    rules.write_text(rules.read_text().replace("LONGEST_ANSWER = 1500", "LONGEST_ANSWER = 1"))
    changed = toolflow("run", "-n", "4", "--turns", "2", cwd=project)
    assert changed.returncode == 2
    assert "node verifier" in changed.stderr
    strict = toolflow("run", "-n", "1", "--max-attempts", "3", "--turns", "2", "--out", "runs/strict", cwd=project)
    assert strict.returncode == 1
    assert "answer_too_long 3" in strict.stdout
    assert "answer_too_long" in toolflow("show", "--rejected", "--run", "runs/strict", cwd=project).stdout


def test_same_bytes_at_one_and_at_64_in_flight(tmp_path: Path) -> None:
    for concurrency in ("1", "64"):
        done = toolflow("run", "-n", "8", "--concurrency", concurrency, "--out", concurrency, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    for name in ("dialogues.jsonl", "rejected.jsonl"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "64" / name).read_bytes()
    done = toolflow("run", "-n", "9", "--out", "64", "--seed", "5", cwd=tmp_path)
    assert done.returncode == 2
    assert "seed: '0' -> '5'" in done.stderr


def test_mistake_in_the_settings_touches_nothing(tmp_path: Path) -> None:
    for words in (("--tools", "missing.yaml"), ("--model", "planner=offline"), ("--node", "plan=missing.py:plan")):
        done = toolflow("run", *words, "--out", "out", cwd=tmp_path)
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith("error: ")
    assert list(tmp_path.iterdir()) == []
