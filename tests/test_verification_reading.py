"""Dialogues of every shape are read; what cannot be read is a finding or a clear mistake, never a crash."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.verification_samples import clean, codes, judge
from toolflow_graph.cli.verify import render_markdown, rules_app, verify
from toolflow_graph.dataset.reading import read_dialogues
from toolflow_graph.errors import UsageError
from toolflow_graph.verification import RULES, compute_provenance, parse_dialogue

DOCS = Path(__file__).parents[1] / "docs" / "rules.md"


def _foreign() -> dict[str, Any]:
    """The clean dialogue as plain OpenAI data: messages and tools only, arguments as text."""
    data = clean()
    for message in data["messages"]:
        for call in message.get("tool_calls", ()):
            call["function"]["arguments"] = json.dumps(call["function"]["arguments"])
    for tool in data["tools"]:
        del tool["function"]["returns"], tool["function"]["effect"]
    return {"messages": data["messages"], "tools": data["tools"]}


def test_plain_openai_data() -> None:
    assert judge(_foreign()).findings == ()


def test_shapes_of_foreign_data() -> None:
    data = _foreign()
    data["tools"] = json.dumps([tool["function"] for tool in data["tools"]])
    data["messages"][0]["role"] = "developer"
    data["messages"][1]["content"] = [{"type": "text", "text": data["messages"][1]["content"]}]
    for index in (3, 9, 13, 14):
        del data["messages"][index]["tool_call_id"]
    for index in (2, 8, 12):
        for call in data["messages"][index]["tool_calls"]:
            del call["id"]
    assert judge(data).findings == ()


def test_the_older_function_call() -> None:
    data = _foreign()
    data["functions"] = [tool["function"] for tool in data.pop("tools")]
    for index in (2, 8):
        data["messages"][index]["function_call"] = data["messages"][index].pop("tool_calls")[0]["function"]
    for index, name in ((3, "search_flights"), (9, "book_flight")):
        data["messages"][index] = {"role": "function", "name": name, "content": data["messages"][index]["content"]}
    assert judge(data).findings == ()


@pytest.mark.parametrize(
    "data",
    [
        None,
        7,
        "text",
        [],
        {},
        {"messages": "nonsense", "tools": "nonsense"},
        {"messages": [None, 3, {}, {"role": 5}, {"role": "assistant", "tool_calls": "x"}], "tools": [None, 4, {}]},
        {"messages": [{"role": "user", "content": {"a": 1}}, {"role": "assistant", "tool_calls": [None, {"id": 3}]}]},
        {"schema_version": "1", "seed": 3, "messages": []},
    ],
)
def test_nothing_crashes_on_nonsense(data: Any) -> None:
    verdict = judge(data)
    assert not verdict.accepted
    assert {"malformed_message", "no_messages"} & {finding.code for finding in verdict.findings}


def test_errors_in_foreign_words_are_errors() -> None:
    data = _foreign()
    data["messages"][9]["content"] = "Error: payment declined"
    data["messages"][10]["content"] = "Done! I've booked FL-48213."
    assert "claimed_success" in codes(data)
    data["messages"][10]["content"] = "I'm afraid the payment was declined."
    # The mail that follows still names the number of a booking that was never made.
    assert codes(data) == {"ungrounded_argument"}


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), moves=st.integers(1, 6))
def test_shuffled_and_cut_dialogues_never_crash(seed: int, moves: int) -> None:
    rng = random.Random(seed)
    data = clean()
    messages = data["messages"]
    for _ in range(moves):
        first, second = rng.randrange(len(messages)), rng.randrange(len(messages))
        if rng.random() < 0.4 and len(messages) > 1:
            del messages[first]
        elif rng.random() < 0.5:
            messages[first], messages[second] = messages[second], messages[first]
        else:
            messages.insert(first, messages[second])
    verdict = judge(data)
    assert verdict == judge(data)
    assert len(compute_provenance(parse_dialogue(data))) >= 0


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None)
@given(
    said=st.text(max_size=60), arguments=st.dictionaries(st.text(min_size=1, max_size=8), _JSON, max_size=3), body=_JSON
)
def test_any_text_and_any_arguments_are_judged(said: str, arguments: dict[str, Any], body: Any) -> None:
    data = clean()
    data["messages"][1]["content"] = said
    data["messages"][2]["tool_calls"][0]["function"]["arguments"] = arguments
    data["messages"][3]["content"] = json.dumps(body)
    assert judge(data) == judge(data)


def _write(path: Path, *items: Any) -> Path:
    path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    return path


def test_files(tmp_path: Path) -> None:
    lines = _write(tmp_path / "a.jsonl", clean(), _foreign())
    assert [number for number, _ in read_dialogues(lines)] == [1, 2]
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(b"\n" + lines.read_bytes()))
    assert [number for number, _ in read_dialogues(packed)] == [2, 3]
    for indent in (None, 1):
        listed = tmp_path / "a.json"
        listed.write_text(json.dumps([clean(), clean()], indent=indent), encoding="utf-8")
        assert [transcript.id for _, transcript in read_dialogues(listed)] == ["sample", "sample"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no dialogue"),
        (b"\n\n", "holds no dialogue"),
        (b"[]", "holds no dialogue"),
        (b'{"messages": []}\n{"messages": [}\n', "line 2"),
        (b'{"messages": [}\n{"messages": []}\n', "line 1"),
        (b"\xff\xfe\x00", "cannot read"),
        (b"\x1f\x8bnonsense", "cannot read"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "b.jsonl"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said):
        list(read_dialogues(path))


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file"):
        list(read_dialogues(tmp_path / "missing.jsonl"))
    with pytest.raises(UsageError, match="is no file"):
        list(read_dialogues(tmp_path))


def _invoke(*words: str) -> tuple[int, str, BaseException | None]:
    app = typer.Typer()
    app.command("verify")(verify)
    app.add_typer(rules_app, name="rules")
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.stdout, result.exception


def test_verify_on_the_command_line(tmp_path: Path) -> None:
    good = _write(tmp_path / "good.jsonl", clean(), _foreign())
    code, out, _ = _invoke("verify", str(good))
    assert code == 0
    assert "2 dialogues: 2 accepted, 0 rejected" in out
    broken = clean()
    broken["messages"][11]["content"] += " ###STOP###"
    bad = _write(tmp_path / "bad.jsonl", clean(), broken)
    code, out, _ = _invoke("verify", str(bad), "--all")
    assert code == 1
    assert "line 1 sample accepted" in out
    assert "error control_words: message 11:" in out
    assert "1 differs from the verdict that is written" in out
    code, out, _ = _invoke("verify", str(bad), "--json")
    report = json.loads(out)
    assert (code, report["accepted"], report["rejected"]) == (1, 1, 1)
    assert report["rules"] == {
        "control_words": {
            "severity": "error",
            "findings": 1,
            "dialogues": 1,
            "hint": RULES["control_words"].hint,
        }
    }
    assert report["results"][1]["findings"][0]["message_index"] == 11


def test_verify_says_what_it_leaves_open_and_judges_it_if_asked_to(tmp_path: Path) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "book_taxi", "arguments": '{"time": "17:05"}'}}
    messages = [
        {"role": "user", "content": "A taxi in time for the train at 18:40, please."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": '{"booked": true}'},
        {"role": "assistant", "content": "It is booked."},
    ]
    parameters = {"type": "object", "properties": {"time": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": "book_taxi", "parameters": parameters}}]
    path = _write(tmp_path / "theirs.jsonl", {"messages": messages, "tools": tools}, clean())
    code, out, _ = _invoke("verify", str(path))
    assert code == 0
    assert "1 of them was not made here: values that may have been worked out are left open (--strict finds" in out
    assert json.loads(_invoke("verify", str(path), "--json")[1])["values_left_open"] == 1
    code, out, _ = _invoke("verify", str(path), "--strict")
    assert code == 1
    assert "ungrounded_argument" in out
    assert "left open" not in out


def test_verify_judges_nothing_of_a_file_with_a_broken_line(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.jsonl", clean(), clean())
    path.write_text(path.read_text(encoding="utf-8") + '{"messages": \n', encoding="utf-8")
    _, out, error = _invoke("verify", str(path), "--all")
    assert isinstance(error, UsageError)
    assert out == ""
    assert "line 3: no JSON" in error.problem
    assert "(2 dialogues before it could be read; nothing was judged)" in error.problem


def test_verify_on_nothing(tmp_path: Path) -> None:
    _, _, error = _invoke("verify", str(tmp_path / "missing.jsonl"))
    assert isinstance(error, UsageError)


def test_rules_are_listed_and_documented() -> None:
    code, out, _ = _invoke("rules", "list")
    assert code == 0
    assert all(name in out for name in RULES)
    assert DOCS.read_text(encoding="utf-8") == render_markdown(list(RULES.values()))
    assert all(f"`{name}`" in DOCS.read_text(encoding="utf-8") for name in RULES)
    assert {entry["code"] for entry in json.loads(_invoke("rules", "list", "--json")[1])} == set(RULES)


@pytest.mark.parametrize("error", ["none", "", "No error", None])
def test_a_result_that_says_it_has_no_error_has_succeeded(error: str | None) -> None:
    data = clean()
    data["tools"][1]["function"]["returns"]["properties"]["error"] = {"type": ["string", "null"]}
    data["tools"][1]["function"]["returns"]["required"] = []
    data["messages"][9]["content"] = json.dumps({"error": error, "status": "ok"})
    data["messages"][10]["content"] = "I've booked it for Marta Kowalska."
    data["messages"][12]["tool_calls"][1]["function"]["arguments"]["body"] = "It is booked."
    assert judge(data).findings == ()


def test_where_every_result_has_an_error_having_one_says_nothing() -> None:
    data = clean()
    returns = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
    data["tools"][2]["function"]["returns"] = returns
    data["messages"][13]["content"] = '{"error": "sunny"}'
    data["messages"][15]["content"] = "It should be sunny, and I've sent the number to marta.k@lindenmail.org."
    assert judge(data).findings == ()
    del returns["required"]
    assert "plan_incomplete" in codes(data)
