"""Swapped prompts and nodes show in the output."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.test_protocol_run import run_cli
from toolflow_graph.templates import default_prompts


def first_record(folder: Path, name: str = "dialogues.jsonl") -> dict[str, Any]:
    record: dict[str, Any] = json.loads((folder / "runs" / "latest" / name).read_text().splitlines()[0])
    return record


async def run(folder: Path, *flags: str, expected: int = 0) -> str:
    code, out, err = await run_cli("run", "-n", "1", *flags, cwd=folder)
    assert code == expected, err
    return out + err


async def test_swapped_prompt_folder(tmp_path: Path) -> None:
    prompts = tmp_path / "my_prompts"
    prompts.mkdir()
    (prompts / "system.md").write_text("You are Marlin, the concierge. Today: $weekday.")
    (prompts / "planner.md").write_text(default_prompts()["planner"] + "\nKeep it short.\n")
    await run(tmp_path)
    before = first_record(tmp_path)
    await run(tmp_path, "--prompts", str(prompts), "--fresh")
    after = first_record(tmp_path)
    assert after["messages"][0]["content"].startswith("You are Marlin, the concierge. Today: ")
    changed = {
        name for name in before["prompt_hashes"] if before["prompt_hashes"][name] != after["prompt_hashes"][name]
    }
    assert changed == {"planner", "system"}
    # The offline model answers from the brief: a swapped prompt cannot break it.
    assert after["messages"][1:] == before["messages"][1:]


async def test_swapped_single_prompt(tmp_path: Path) -> None:
    mine = tmp_path / "mine.md"
    mine.write_text("You are Marlin.")
    await run(tmp_path, "--prompt", f"system={mine}", "--mix", "none")
    assert first_record(tmp_path)["messages"][0]["content"] == "You are Marlin."


async def test_swapped_verifier_from_a_file_outside_the_package(tmp_path: Path) -> None:
    (tmp_path / "my_rules.py").write_text(
        "def verifier(state):\n"
        "    short = len(state['messages']) < 1000\n"
        "    reason = f\"{len(state['messages'])} messages are too few\"\n"
        "    findings = [{'code': 'too_short', 'reason': reason}] if short else []\n"
        "    return {'verdict': {'accepted': not short, 'findings': findings}}\n"
    )
    err = await run(tmp_path, "--node", "verifier=my_rules.py:verifier", "--max-attempts", "3", expected=1)
    assert "too_short" in err
    record = first_record(tmp_path, "rejected.jsonl")
    assert record["verdict"]["findings"][0]["code"] == "too_short"


async def test_swapped_plan_node(tmp_path: Path) -> None:
    (tmp_path / "one_wish.py").write_text(
        "async def plan(state, runtime):\n"
        "    request = {'kind': 'chat', 'intent': 'say how the weekend was'}\n"
        "    return {'plan': {'requests': [request]}}\n"
    )
    (tmp_path / "anything_goes.py").write_text("def verifier(state):\n    return {'verdict': {'accepted': True}}\n")
    flags = ["--node", "plan=one_wish.py:plan", "--node", "verifier=anything_goes.py:verifier"]
    await run(tmp_path, *flags)
    record = first_record(tmp_path)
    assert [request["intent"] for request in record["plan"]["requests"]] == ["say how the weekend was"]
    assert "planner" not in record["usage"]


@pytest.mark.parametrize("name", ["plan", "user_turn", "assistant_call", "tool_simulation", "verifier"])
async def test_any_default_node_copied_out_still_runs(tmp_path: Path, name: str) -> None:
    source = Path(__file__).parents[1] / "nodes" / f"{name}.py"
    (tmp_path / "copied.py").write_text(source.read_text())
    await run(tmp_path)
    before = first_record(tmp_path)
    await run(tmp_path, "--node", f"{name}=copied.py:{name}", "--fresh")
    assert first_record(tmp_path) == before


@pytest.mark.parametrize("name", ["plan", "user_turn", "assistant_call", "tool_simulation", "verifier"])
async def test_broken_node_is_a_rejected_record(tmp_path: Path, name: str) -> None:
    (tmp_path / "broken.py").write_text("def broken(state):\n    raise KeyError('oops')\n")
    err = await run(tmp_path, "--node", f"{name}=broken.py:broken", "--max-attempts", "2", expected=1)
    assert "Traceback" not in err
    record = first_record(tmp_path, "rejected.jsonl")
    assert record["fault"] == {"code": "node_error", "node": name, "reason": "KeyError: 'oops' (broken.py, line 2)"}
    assert record["verdict"]["accepted"] is False


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def plan(state):\n    return 7\n", "returned 7"),
        ("def plan(state):\n    return {'plann': {}}\n", "plann"),
        ("plan = 3\n", "not a node"),
        ("import nothing_of_that_name\n", "fails to import"),
        ("def other(state):\n    return {}\n", "has no 'plan'"),
    ],
)
async def test_node_mistakes(tmp_path: Path, code: str, expected: str) -> None:
    (tmp_path / "mine.py").write_text(code)
    err = await run(tmp_path, "--node", "plan=mine.py:plan", expected=2)
    assert expected in err
    assert "Traceback" not in err
