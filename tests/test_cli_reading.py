"""``show`` and ``export``: a dialogue as a chat, a data set in a trainer's format."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.run_fakes import make_record
from toolflow_graph.cli import app
from toolflow_graph.cli.chat import render_dialogue
from toolflow_graph.dataset.exporters import openai
from toolflow_graph.dataset.jsonl import read_source, write_dataset
from toolflow_graph.errors import UsageError
from toolflow_graph.record import record_to_json
from toolflow_graph.run.store import open_store
from toolflow_graph.run.view import DATABASE_NAME
from toolflow_graph.types import Plan, Request
from toolflow_graph.verification import RULES


@pytest.fixture
def run(tmp_path: Path) -> Path:
    with open_store(tmp_path / "run") as store:
        store.begin({"seed": "0"}, num=3, shown={})
        for index in range(5):
            store.add(index, make_record(index, accepted=index != 1))
        write_dataset(store.view(), 3)
    return tmp_path / "run"


def shown(record: dict[str, Any], *, full: bool = False, width: int = 100) -> str:
    console = Console(width=width, record=True, file=io.StringIO(), force_terminal=False)
    console.print(render_dialogue(record, full=full))
    return console.export_text()


def call(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_show_finds_by_number_by_id_and_among_the_rejected(run: Path) -> None:
    assert "d-000000" in call("show", "--run", str(run))
    assert "d-000002" in call("show", "1", "--run", str(run))
    assert "no_answer" in call("show", "--rejected", "--run", str(run))
    assert "d-000001  rejected" in call("show", "d-000001", "--run", str(run))
    assert "d-000003" in call("show", str(run / "dialogues.jsonl"), "2")
    assert "d-000003" in call("show", "2", "--run", str(run / "dialogues.jsonl"))
    # Index 4 is surplus: three are accepted before it.
    for wanted in ("3", "d-000004", "nobody"):
        with pytest.raises(UsageError, match=r"no dialogue .* which holds 3 accepted dialogues") as caught:
            call("show", wanted, "--run", str(run))
        assert caught.value.expected == "a number from 0 to 2, or an id"
        assert caught.value.known == ()
    with pytest.raises(UsageError, match=r"1 rejected dialogue\n"):
        call("show", "5", "--rejected", "--run", str(run))


def test_show_without_an_accepted_dialogue_names_the_whole_next_command(tmp_path: Path) -> None:
    out = tmp_path / "my run"
    with open_store(out) as store:
        store.begin({"seed": "0"}, num=3, shown={})
        store.add(0, make_record(0, accepted=False))
    with pytest.raises(UsageError, match="0 accepted dialogues") as caught:
        call("show", "--run", str(out))
    assert caught.value.hint == f"python -m toolflow_graph show --rejected --run '{out}'"


def test_show_reads_like_a_chat() -> None:
    plan = Plan(requests=(Request(kind="tool", intent="know the weather", tools=("get_weather",)),))
    text = shown(make_record(7).model_copy(update={"plan": plan}).to_json())
    assert "1. know the weather  (get_weather)" in text
    assert "user  Hello 7" in text
    assert '-> get_weather(city="Rome", unit=null)' in text
    assert '<- {"temperature": 21.5}' in text
    assert "assistant  It is 21.5 degrees in Rome." in text


def test_show_takes_model_text_as_text() -> None:
    messages = [
        {"role": "user", "content": "[bold]not markup[/] [/nothing] \x1b[31mred\x07"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"function": {"name": "f", "arguments": '{"a": "[x]"}'}}],
        },
        {"role": "tool", "content": json.dumps({"error": {"message": "no such [/x]"}}), "tool_call_id": "1"},
        {"role": "tool", "content": json.dumps({"text": "y" * 2000})},
        {"role": "assistant", "content": ""},
        {"role": "developer", "content": [{"type": "text", "text": "hi"}]},
    ]
    text = shown({"messages": messages})
    assert "[bold]not markup[/] [/nothing] ·[31mred·" in text
    assert '-> f(a="[x]")' in text
    assert "<- error" in text
    assert "more characters)" in text
    assert "more characters)" not in shown({"messages": messages}, full=True)


def test_export_has_openais_keys_and_nothing_else(run: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in call("export", "--format", "openai", str(run)).splitlines()]
    assert len(lines) == 3
    line = lines[0]
    assert list(line) == ["messages", "tools", "parallel_tool_calls"]
    function = line["messages"][2]["tool_calls"][0]["function"]
    assert json.loads(function["arguments"]) == {"city": "Rome", "unit": None}
    assert set(line["tools"][0]["function"]) == {"name", "description", "parameters"}
    assert "reasoning" not in line["messages"][2]
    assert line["messages"][2]["content"] is None
    target = tmp_path / "new" / "folder" / "train.jsonl"
    call("export", str(run / "dialogues.jsonl"), "-o", str(target))
    assert [json.loads(text) for text in target.read_text(encoding="utf-8").splitlines()] == lines


def test_export_leaves_the_file_alone_if_there_is_nothing_to_export(tmp_path: Path) -> None:
    with open_store(tmp_path / "run") as store:
        store.begin({"seed": "0"}, num=3, shown={})
    target = tmp_path / "train.jsonl"
    target.write_text("earlier\n")
    for out in (target, tmp_path / "new" / "x.jsonl"):
        with pytest.raises(UsageError, match="no dialogue to export"):
            call("export", str(tmp_path / "run"), "-o", str(out))
    assert target.read_text() == "earlier\n"
    assert not (tmp_path / "new").exists()


def test_export_of_openais_own_lines_changes_nothing() -> None:
    line = openai(make_record(0).to_json())
    assert openai(line) == line
    assert openai({"messages": [{"role": "user", "content": "hi"}]}) == {
        "messages": [{"role": "user", "content": "hi"}]
    }


def test_export_takes_a_function_by_reference(run: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "def ids(record):\n    return {'id': record['id']}\n"
        "def breaks(record):\n    return record['nothing']\n"
        "def text(record):\n    return 'x'\n"
        "NUMBER = 3\n"
    )
    target = tmp_path / "ids.jsonl"
    call("export", "--format", f"{tmp_path / 'mine.py'}:ids", str(run), "-o", str(target))
    assert target.read_text().splitlines()[1] == '{"id":"d-000002"}'
    before = target.read_bytes()
    for name, says in (("breaks", "fails on 'd-000000': KeyError"), ("text", "returned a str"), ("NUMBER", "is a int")):
        with pytest.raises(UsageError, match=says):
            call("export", "--format", f"{tmp_path / 'mine.py'}:{name}", str(run), "-o", str(target))
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_reading_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text('{"messages": []}\n\n{"messages": \n')
    with pytest.raises(UsageError, match=r"data\.jsonl', line 3: no valid JSON"):
        list(read_source(path))
    path.write_text("[1]\n")
    with pytest.raises(UsageError, match="line 1: a JSON list"):
        list(read_source(path))


def test_released_folder_is_read_without_its_store(run: Path) -> None:
    whole = list(read_source(run))
    assert whole == [json.loads(record_to_json(make_record(index))) for index in (0, 2, 3)]
    (run / DATABASE_NAME).unlink()
    assert list(read_source(run)) == whole
    assert [record["id"] for record in read_source(run, rejected=True)] == ["d-000001"]


def test_verify_says_what_it_could_not_judge(tmp_path: Path) -> None:
    german = {
        "messages": [
            {"role": "user", "content": "Wie wird das Wetter morgen in Berlin, und soll ich einen Schirm mitnehmen?"},
            {"role": "assistant", "content": "Morgen regnet es in Berlin, ein Schirm lohnt sich also."},
        ],
        "tools": [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}],
    }
    bare = {"messages": [{"role": "user", "content": "Hello!"}, {"role": "assistant", "content": "Hello."}]}
    file = tmp_path / "plain.jsonl"
    file.write_text("\n".join(json.dumps(entry) for entry in (german, bare, bare)), encoding="utf-8")
    text = CliRunner().invoke(app, ["verify", str(file)]).output
    tools, plans = (sum(need in rule.needs for rule in RULES.values()) for need in ("tools", "plan"))
    assert f"2 of them have no tools: {tools} rules that need them do not apply" in text
    assert f"3 of them have no plan: {plans} rules that need one do not apply" in text
    assert "1 of them has tools without 'returns': what results hold is not checked against a schema" in text
    assert "not in English (another language 1)" in text
