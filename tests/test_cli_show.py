"""``show``: everything that is said of a message stands at that message."""

import gzip
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.report_samples import HOSTILE, foreign, hostile, rejected
from toolflow_graph.cli import app
from toolflow_graph.cli.chat import render_dialogue


def shown(record: dict[str, Any], *, full: bool = False, width: int = 100, terminal: bool = False) -> str:
    console = Console(
        width=width,
        file=io.StringIO(),
        force_terminal=terminal,
        color_system="standard" if terminal else None,
    )
    console.print(render_dialogue(record, full=full))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def rows(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def test_findings_and_marks_stand_at_their_message() -> None:
    lines = rows(shown(rejected()))
    at = next(place for place, line in enumerate(lines) if line.startswith(" 8  assistant"))
    assert lines[at - 1].endswith("refused reply of the assistant: too short")
    assert lines[at + 1].endswith("error ungrounded_argument: seats come from nowhere")
    answer = next(place for place, line in enumerate(lines) if line.startswith("10  assistant"))
    assert lines[answer + 2 : answer + 4] == [f"{'':15}judge: bad  too much", f"{'':15}not trained on"]
    ask = next(place for place, line in enumerate(lines) if line.startswith(" 5       user"))
    assert lines[ask - 2 : ask] == [
        f"{'':15}request 2: book the cheaper flight",
        f"{'':15}staged: the user pushes back",
    ]
    # What is found of the whole dialogue stands with the verdict.
    assert lines[-2:] == ["rejected: 1 error, 1 warning", "  warning repeated_call: nothing new"]
    assert "judge: nat 4, coh 5, help 2, acc 4" in lines


@pytest.mark.parametrize("width", [40, 80, 200])
def test_calls_and_results_take_a_line_each_whatever_the_width(width: int) -> None:
    record = rejected()
    record["messages"][3]["content"] = json.dumps({"text": "long " * 400, "wide": "漢字" * 100})
    lines = rows(shown(record, width=width))
    assert max(map(len, lines)) <= width
    assert sum("<- " in line for line in lines) == 4
    (cut,) = [line for line in lines if '<- {"te' in line]
    assert cut.endswith("..." if width == 40 else "more characters)")
    assert "more characters" not in shown(record, width=width, full=True)
    assert '"content": "No."' not in shown(record, width=width)
    assert '"content": "No."' in shown(record, width=width, full=True)


def test_roles_are_coloured_on_a_terminal_only() -> None:
    assert re.search(r"\x1b\[1;36m *user", shown(rejected(), terminal=True))
    assert "\x1b" not in shown(rejected())


@pytest.mark.parametrize("full", [True, False])
def test_hostile_texts_are_text(full: bool) -> None:
    # Half a letter can be written to no terminal.
    text = shown(hostile(), full=full, width=300).encode("utf-8").decode()
    assert "\x1b" not in text
    assert HOSTILE[0] in text


@pytest.mark.parametrize("data", [{}, {"messages": None}, {"messages": [None, 3, {"role": None, "content": [1]}]}])
def test_what_is_no_dialogue_is_shown_as_far_as_it_goes(data: dict[str, Any]) -> None:
    assert "dialogue" in shown(data)


def test_packed_files_and_lists_are_shown(tmp_path: Path) -> None:
    packed, listed = tmp_path / "data.jsonl.gz", tmp_path / "data.json"
    packed.write_bytes(gzip.compress(json.dumps(foreign()).encode()))
    listed.write_text(json.dumps([foreign(), foreign()], indent=1))
    for words in ((str(packed),), (str(listed), "1"), ("0", "--run", str(packed))):
        result = CliRunner().invoke(app, ["show", *words], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        assert "-> search_flights(" in result.stdout
