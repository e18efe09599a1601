"""The run store: locks, refusals, canonical bytes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.run_fakes import make_record
from toolflow_graph.errors import RunError, UsageError
from toolflow_graph.record import Record, record_to_json
from toolflow_graph.run.store import open_store
from toolflow_graph.run.view import DATABASE_NAME, open_run
from toolflow_graph.types import Fact, Fault, Finding, Plan, Request, Verdict

ROOT = Path(__file__).resolve().parent.parent
PRINT = {"seed": "0", "tools": "abc"}


def fill(out: Path, indices: range = range(3), fingerprint: dict[str, str] | None = None) -> None:
    with open_store(out) as store:
        store.begin(fingerprint or PRINT, num=2, shown={"num": 2})
        for index in indices:
            store.add(index, make_record(index))


def test_record_is_canonical_and_keeps_nulls() -> None:
    plan = Plan(requests=(Request(kind="chat", intent="é", facts=(Fact(name="gate", value=None),)),))
    record = make_record(1).model_copy(update={"plan": plan})
    text = record_to_json(record)
    plain = json.loads(text)
    assert "é" in text
    assert ": " not in text.split('"messages"')[0]
    assert plain["messages"][2]["content"] is None
    assert plain["messages"][2]["tool_calls"][0]["function"]["arguments"] == {"city": "Rome", "unit": None}
    assert "license" not in plain
    assert record_to_json(Record.model_validate(plain)) == text
    assert list(plain)[:5] == ["schema_version", "id", "seed", "tools", "messages"]


def test_record_text_is_always_valid_json_and_utf8() -> None:
    odd = ({"role": "user", "content": "a\ud800b\u2028", "extra": [float("nan"), float("inf")]},)
    text = record_to_json(make_record(1).model_copy(update={"messages": odd}))
    message = json.loads(text.encode())["messages"][0]
    assert message == {"role": "user", "content": "a\ufffdb\u2028", "extra": [None, None]}


def test_data_set_stops_at_the_wanted_one(tmp_path: Path) -> None:
    fill(tmp_path / "run", range(4))
    with open_run(tmp_path / "run") as view:
        assert [row.index for row in view.dataset()] == [0, 1]
        assert [row.index for row in view.dataset(3)] == [0, 1, 2]
        assert view.meta("config") == {"num": 2}


def test_adding_twice_keeps_the_first(tmp_path: Path) -> None:
    with open_store(tmp_path / "run") as store:
        store.begin(PRINT, num=2, shown={})
        store.add(0, make_record(0, text="first"))
        store.add(0, make_record(0, text="second"))
        with pytest.raises(RunError, match="same id"):
            store.add(5, make_record(0))
        assert "first 0" in next(store.view().dataset()).text


def test_changed_fingerprint_names_the_keys(tmp_path: Path) -> None:
    fill(tmp_path / "run")
    with open_store(tmp_path / "run") as store, pytest.raises(UsageError) as caught:
        store.begin({"seed": "7", "tools": "abc", "plan": "none"}, num=2, shown={})
    message = str(caught.value)
    assert "seed: '0' -> '7'" in message
    assert "plan: None -> 'none'" in message
    assert "tools:" not in message
    assert "--fresh" in message
    assert "--out" in message


def test_changed_fingerprint_is_fine_while_nothing_is_finished(tmp_path: Path) -> None:
    fill(tmp_path / "run", range(0))
    fill(tmp_path / "run", range(1), {"seed": "7"})
    with open_run(tmp_path / "run") as view:
        assert view.meta("fingerprint") == {"seed": "7"}


def test_fresh_moves_the_earlier_run_aside(tmp_path: Path) -> None:
    out = tmp_path / "run"
    fill(out)
    (out / "dialogues.jsonl").write_text("old\n")
    with open_store(out, fresh=True) as store:
        # Until the new run begins (its settings are right), the old one stays.
        assert (out / DATABASE_NAME).exists()
        store.begin({"seed": "7"}, num=2, shown={})
        assert store.verdicts() == {}
        assert store.moved_to == out / "previous-1"
    with open_run(out / "previous-1") as view:
        assert len(list(view.dataset())) == 2
    assert (out / "previous-1" / "dialogues.jsonl").read_text() == "old\n"
    assert not (out / "dialogues.jsonl").exists()
    # An empty run is not kept.
    with open_store(out, fresh=True) as store:
        store.begin({"seed": "8"}, num=2, shown={})
        assert store.moved_to is None
    assert sorted(path.name for path in out.glob("previous*")) == ["previous-1"]


def test_fresh_keeps_every_generation(tmp_path: Path) -> None:
    out = tmp_path / "run"
    for generation in range(3):
        with open_store(out, fresh=True) as store:
            store.begin({"seed": str(generation)}, num=1, shown={})
            store.add(0, make_record(0, text=f"generation {generation}"))
    for number in (1, 2):
        with open_run(out / f"previous-{number}") as view:
            assert f"generation {number - 1}" in next(view.dataset()).text
    (out / DATABASE_NAME).unlink()
    open_store(out).close()


def test_refusal_shortens_hashes_and_nothing_else(tmp_path: Path) -> None:
    digest, seed = "0123456789abcdef" * 4, "1234567890123456789"
    fill(tmp_path / "run", fingerprint={"tools": f"213 tools, {digest}", "seed": seed})
    with open_store(tmp_path / "run") as store, pytest.raises(UsageError) as caught:
        store.begin({"tools": f"3 tools, {digest[::-1]}", "seed": "7"}, num=2, shown={})
    message = str(caught.value)
    assert "tools: '213 tools, 0123456789ab...' -> '3 tools, fedcba987654...'" in message
    assert f"seed: '{seed}' -> '7'" in message
    assert "previous-1" in message


def test_support_survives_and_is_known_before_the_run_begins(tmp_path: Path) -> None:
    with open_store(tmp_path / "run") as store:
        assert store.support.get("http://x gpt") is None
        store.support.set("http://x gpt", False)
        assert store.support.get("http://x gpt") is False
        store.begin(PRINT, num=1, shown={})
        store.support.set("http://y gpt", True)
    with open_store(tmp_path / "run") as store:
        assert store.support.get("http://x gpt") is False
        assert store.support.get("http://y gpt") is True
    with open_store(tmp_path / "run", fresh=True) as store:
        assert store.support.get("http://x gpt") is None


def test_folder_in_use_names_the_owner(tmp_path: Path) -> None:
    with open_store(tmp_path / "run"):
        code = "import sys, pathlib, toolflow_graph.run.store as s; s.open_store(pathlib.Path(sys.argv[1]))"
        command = [sys.executable, "-c", code, str(tmp_path / "run")]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert f"in use by another run (process {os.getpid()})" in done.stderr


def test_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(UsageError, match=r"something else than a run: thesis\.tex"):
        open_store(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(UsageError, match="cannot write"):
            open_store(out)


def test_nothing_is_left_where_nothing_began(tmp_path: Path) -> None:
    open_store(tmp_path / "new").close()
    assert not (tmp_path / "new").exists()
    (tmp_path / "empty").mkdir()
    open_store(tmp_path / "empty").close()
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"this is no database at all, not by a long way", b"SQLite format 3\x00" + b"\xff" * 500]
)
def test_damaged_database_is_a_clear_mistake(tmp_path: Path, content: bytes) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(content)
    for opener in (open_store, open_run):
        with pytest.raises(UsageError, match="cannot be read") as caught:
            opener(tmp_path)
        assert "--fresh" in str(caught.value)
    fresh = open_store(tmp_path, fresh=True)
    fresh.begin(PRINT, num=1, shown={})
    fresh.close()
    assert (tmp_path / "previous-1" / DATABASE_NAME).read_bytes() == content


def test_no_run_here(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no run"):
        open_run(tmp_path / "nowhere")


def test_a_fault_counts_once_under_its_own_code(tmp_path: Path) -> None:
    fault = Fault(code="truncated", node="plan", reason="the reply hit the token limit")
    findings = (Finding(code="fault", reason="truncated in plan"), Finding(code="odd", severity="warning", reason="?"))
    record = make_record(0).model_copy(
        update={"fault": fault, "verdict": Verdict(accepted=False, findings=findings), "ended": "fault"}
    )
    with open_store(tmp_path / "run") as store:
        store.begin(PRINT, num=1, shown={})
        store.add(0, record)
        assert next(store.view().dataset()).codes == ("truncated",)


def test_a_run_that_is_only_being_started_is_not_called_damaged(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).touch()
    with pytest.raises(UsageError, match="only being started"):
        open_run(tmp_path)
