"""Settings: defaults, a file, flags; every mistake named with what was given and what is expected."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolflow_graph.config import RunConfig
from toolflow_graph.config_file import load_config, merge
from toolflow_graph.errors import UsageError


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "toolflow.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults() -> None:
    config = merge({}, {})
    assert config == RunConfig()
    assert config.attempts == 3 * 20 + 20
    assert (config.tools_per_dialogue, config.turns, config.concurrency) == ((3, 5), (2, 4), 64)


def test_flags_win_and_empty_flags_are_not_given(tmp_path: Path) -> None:
    path = write(tmp_path, 'num = 7\ntools-per-dialogue = "2-6"\nturns = 3\nseed = 4\n')
    config = merge(load_config(path), {"num": 9, "seed": None, "tools": []})
    assert (config.num, config.seed, config.tools_per_dialogue, config.turns) == (9, 4, (2, 6), (3, 3))


def test_roles_and_names_overlay() -> None:
    below = {
        "model": ["gpt-4o", "tool=offline"],
        "temperature": {"user": 1.0},
        "node": {"verifier": "a.py:v", "plan": "b.py:p"},
    }
    config = merge(below, {"model": ["tool=qwen"], "temperature": ["tool=0"], "node": ["verifier=c.py:v"]})
    assert config.model == ("gpt-4o", "tool=qwen")
    assert config.temperature == ("user=1.0", "tool=0")
    assert config.nodes == {"plan": "b.py:p", "verifier": "c.py:v"}
    assert merge(below, {"model": ["offline"]}).model == ("offline",)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    text = (
        'out = "runs/a"\ntools = ["api.yaml", "my.module:tools", "https://x.example/openapi.json"]\nprompts = "p"\n'
        'model = ["gpt-4o*0.5,gpt-4.1*0.5", "tool=fake.py:Tool"]\nembedder = "vectors.py:Embedder"\n'
        'prompt = { user = "p/u.md" }\nnode = ["verifier=nodes/my_rules.py:verifier", "plan=my.module:plan"]\n'
    )
    config = merge(load_config(write(folder, text)), {})
    assert config.out == folder / "runs/a"
    assert config.tools == (str(folder / "api.yaml"), "my.module:tools", "https://x.example/openapi.json")
    assert config.prompts == folder / "p"
    assert config.model == ("gpt-4o*0.5,gpt-4.1*0.5", f"tool={folder / 'fake.py:Tool'}")
    assert config.embedder == str(folder / "vectors.py:Embedder")
    assert config.prompt == (f"user={folder / 'p/u.md'}",)
    assert config.nodes == {"verifier": str(folder / "nodes/my_rules.py:verifier"), "plan": "my.module:plan"}


def test_endpoints_name_a_variable_and_never_hold_a_key(tmp_path: Path) -> None:
    text = '[[endpoint]]\nbase_url = "https://x.example/v1"\napi_key_env = "X_KEY"\njson_schema = false\n'
    config = merge(load_config(write(tmp_path, text)), {})
    assert config.endpoints == {"https://x.example/v1": {"api_key_env": "X_KEY", "json_schema": False}}
    secret = '[[endpoint]]\nbase_url = "https://x.example/v1"\napi_key_env = "sk-very-secret-0123"\n'
    with pytest.raises(UsageError) as caught:
        merge(load_config(write(tmp_path, secret)), {})
    assert "api_key_env" in str(caught.value)
    assert "very-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("now = 2026-03-02", "2026-03-02T09:00:00"),
        ("now = 2026-03-02T08:15:00", "2026-03-02T08:15:00"),
        ('now = "2026-03-02T08:15"', "2026-03-02T08:15:00"),
        ('now = "2026-03-02"', "2026-03-02T09:00:00"),
    ],
)
def test_now(tmp_path: Path, value: str, expected: str) -> None:
    assert merge(load_config(write(tmp_path, value)), {}).now == expected


@pytest.mark.parametrize(
    ("flags", "label", "given_value"),
    [
        ({"num": 0}, "--num", "0"),
        ({"num": -3}, "--num", "-3"),
        ({"concurrency": 0}, "--concurrency", "0"),
        ({"max_attempts": 0}, "--max-attempts", "0"),
        ({"tools_per_dialogue": "5-3"}, "--tools-per-dialogue", "'5-3'"),
        ({"tools_per_dialogue": "0-3"}, "--tools-per-dialogue", "'0-3'"),
        ({"turns": "0"}, "--turns", "'0'"),
        ({"turns": "many"}, "--turns", "'many'"),
        ({"turns": "-2"}, "--turns", "'-2'"),
        ({"sampling": "Graph"}, "--sampling", "'Graph'"),
        ({"plan": "maybe"}, "--plan", "'maybe'"),
        ({"tau": 1.5}, "--tau", "1.5"),
        ({"tau": float("nan")}, "--tau", "nan"),
        ({"seed": -1}, "--seed", "-1"),
        ({"now": "tomorrow"}, "--now", "'tomorrow'"),
        ({"now": "2026-02-30"}, "--now", "'2026-02-30'"),
        ({"now": "2026-03-02T08:15:00Z"}, "--now", "'2026-03-02T08:15:00Z'"),
        ({"node": ["verifyer=a.py:v"]}, "--node", "verifyer"),
        ({"node": ["verifier"]}, "--node", "verifier"),
        ({"prompt": ["critic=a.md"]}, "--prompt", "critic"),
        ({"prompt": ["user=a.md", "user=b.md"]}, "--prompt", "user=b.md"),
        ({"license": ""}, "--license", "''"),
    ],
)
def test_mistakes_name_the_flag_what_was_given_and_what_is_expected(
    flags: dict[str, Any], label: str, given_value: str
) -> None:
    with pytest.raises(UsageError) as caught:
        merge({}, flags)
    line = str(caught.value).splitlines()[0]
    assert line.startswith(f"{label}: ")
    assert given_value in line
    assert "; expected " in line


def test_all_mistakes_are_reported_together_and_the_file_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        merge({"num": "x", "turns": "3-1"}, {"tau": 2.0}, source="my.toml")
    message = str(caught.value)
    assert "num in my.toml: 'x'" in message
    assert "turns in my.toml: '3-1'" in message
    assert "--tau: 2.0" in message


@pytest.mark.parametrize(
    ("below", "flags", "line"),
    [
        ({}, {"prompt": ["foo=s.md"]}, "--prompt: 'foo=s.md' is not valid"),
        ({}, {"prompt": ["user=a.md", "user=b.md"]}, "--prompt: 'user=b.md' is not valid"),
        ({"node": {"verifyer": "a.py:v"}}, {"node": ["plan=b.py:p"]}, "node in my.toml: 'verifyer=a.py:v' is not"),
        ({"temperature": "hot"}, {}, "temperature in my.toml: 'hot' is not valid"),
        ({"temperature": {"judge": 1}}, {}, "temperature in my.toml: 'judge=1' is not valid"),
        ({"temperature": [0.5, 2.5]}, {"temperature": ["user=1"]}, "temperature in my.toml: '2.5' is not valid"),
        ({"temperature": 0.5}, {"temperature": ["user=nan"]}, "--temperature: 'user=nan' is not valid"),
        ({}, {"temperature": ["user=1", "user=2"]}, "--temperature: 'user=2' is not valid"),
        ({"tools": ["a.json", ""]}, {}, "tools in my.toml: '' is not valid"),
    ],
)
def test_of_a_list_only_the_wrong_item_and_its_place_are_told(
    below: dict[str, Any], flags: dict[str, Any], line: str
) -> None:
    with pytest.raises(UsageError) as caught:
        merge(below, flags, source="my.toml")
    assert str(caught.value).startswith(line)
    assert "[" not in str(caught.value).splitlines()[0].replace("[ROLE=]", "")


def test_fewer_attempts_than_dialogues_are_no_mistake() -> None:
    """The run then ends with exit code 1, and what it has is exported."""
    assert merge({}, {"num": 10, "max_attempts": 9}).attempts == 9


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("num = 3\ntools = x", "line 2, column 9"),
        ("modle = 'offline'\n", "unknown key 'modle'"),
        ("max-attempts = 3\nmax_attempts = 4\n", "twice"),
        ("fresh = true\n", "unknown key 'fresh'"),
    ],
)
def test_broken_files(tmp_path: Path, text: str, words: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load_config(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_unknown_key_names_the_near_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_config(write(tmp_path, "temprature = 1\n"))
    assert caught.value.known == ("temperature", "judge_temperature")


def test_unreadable_files(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'license = "\xe9"')
    for path in (tmp_path / "missing.toml", tmp_path, tmp_path / "latin.toml"):
        with pytest.raises(UsageError, match="cannot read the config file"):
            load_config(path)


@given(low=st.integers(1, 40), high=st.integers(1, 40))
def test_ranges(low: int, high: int) -> None:
    if low <= high:
        assert merge({}, {"turns": f"{low}-{high}"}).turns == (low, high)
    else:
        with pytest.raises(UsageError):
            merge({}, {"turns": f"{low}-{high}"})
