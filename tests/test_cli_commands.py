"""The command line as a process: light imports, exit codes, prompts, init."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from toolflow_graph.cli.job import set_tracing
from toolflow_graph.config_file import load_config, merge
from toolflow_graph.templates import default_prompts

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("langgraph", "langchain_core", "langchain_openai", "numpy", "networkx", "jsonschema", "aiohttp", "openai")


def toolflow(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "toolflow_graph", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environment},
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    "code",
    [
        "import toolflow_graph",
        "import sys, toolflow_graph.__main__ as m; sys.argv = ['toolflow', '--help']\n"
        "try: m.main()\nexcept SystemExit: pass",
        "import sys, toolflow_graph.__main__ as m; sys.argv = ['toolflow', 'run', '--help']\n"
        "try: m.main()\nexcept SystemExit: pass",
        "import toolflow_graph.run.runner, toolflow_graph.cli.job, toolflow_graph.dataset.exporters",
    ],
)
def test_imports_are_light(code: str) -> None:
    probe = f"{code}\nimport sys; print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_every_option_of_run_tells_its_default() -> None:
    done = toolflow("run", "--help")
    assert done.returncode == 0
    options = re.split(r"^ {2}-", done.stdout, flags=re.MULTILINE)[1:]
    assert len(options) >= 22
    for option in options:
        assert "[default:" in option or "--help" in option, option


@pytest.mark.parametrize(
    "words", [(), ("tools",), ("tool-graph",), ("prompts",), ("rules",), ("show",), ("export",), ("run",)]
)
def test_help_is_neither_cut_nor_said_twice(words: tuple[str, ...]) -> None:
    text = " ".join(toolflow(*words, "--help", COLUMNS="80").stdout.split())
    assert text.count("[default: runs/latest]") <= 1
    assert "]. [default" not in text
    assert "..." not in text.partition(" Commands: ")[2]


def test_version() -> None:
    assert toolflow("--version").stdout.startswith("toolflow-graph ")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "-n", "0"), "--num: '0' is not valid"),
        (("run", "-n", "many"), "--num: 'many' is not valid; expected a whole number"),
        (("run", "--tau", "high"), "--tau: 'high' is not valid"),
        (("run", "--nom", "3"), "--num"),
        (("run", "--sampling", "star"), "expected graph or random"),
        (("run", "--config", "missing.toml"), "'missing.toml'"),
        (("show", "--run", "nowhere"), "holds no run"),
        (("show", "nowhere.jsonl"), "nowhere.jsonl"),
        (("export", "nowhere"), "holds no run"),
        (("export", "--format", "parquet", "nowhere"), "'parquet' names no export format"),
        (("export", "-o", "missing/folder/x.jsonl"), "holds no run"),
        (("run", "--prompt", "foo=s.md"), "--prompt: 'foo=s.md' is not valid"),
        (("run", "--temperature", "user=3"), "--temperature: 'user=3' is not valid"),
        (("prompts", "show", "critic"), "no prompt is called 'critic'"),
        (("frobnicate",), "frobnicate"),
    ],
)
def test_mistakes_are_one_message_and_exit_code_2(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = toolflow(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_prompts(tmp_path: Path) -> None:
    listed = toolflow("prompts", "list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(default_prompts())
    assert toolflow("prompts", "show", "planner").stdout == default_prompts()["planner"]
    mine = tmp_path / "mine"
    assert toolflow("prompts", "eject", str(mine)).returncode == 0
    assert {path.stem: path.read_text(encoding="utf-8") for path in mine.iterdir()} == default_prompts()
    (mine / "user.md").write_text("edited")
    again = toolflow("prompts", "eject", str(mine))
    assert again.returncode == 2
    assert "there already" in again.stderr
    assert (mine / "user.md").read_text() == "edited"


def test_init_lays_out_a_project_that_is_valid(tmp_path: Path) -> None:
    project = tmp_path / "my project"
    done = toolflow("init", str(project))
    assert done.returncode == 0
    assert f"cd '{project}' && python -m toolflow_graph run" in done.stdout
    config = merge(load_config(project / "toolflow.toml"), {})
    assert config.tools == (str(project / "tools" / "example.json"),)
    assert config.nodes == {"verifier": str(project / "nodes" / "my_rules.py") + ":verifier"}
    assert config.prompts == project / "prompts"
    json.loads((project / "tools" / "example.json").read_text())
    compile((project / "nodes" / "my_rules.py").read_text(), "my_rules.py", "exec")
    text = (project / "toolflow.toml").read_text()
    for key in type(config).model_fields:
        assert key in text, f"{key} is not explained in toolflow.toml"
    again = toolflow("init", str(project))
    assert again.returncode == 2
    assert "not empty" in again.stderr


def test_init_comments_are_valid_settings(tmp_path: Path) -> None:
    toolflow("init", str(tmp_path / "project"))
    path = tmp_path / "project" / "toolflow.toml"
    lines = path.read_text().splitlines()
    live = {line.split(" = ")[0] for line in lines if " = " in line and not line.startswith("#")}
    seen: set[str] = set()
    opened = []
    for line in lines:
        bare = line.removeprefix("# ")
        key = bare.split(" = ")[0]
        is_setting = line.startswith("# ") and ((key.isidentifier() and " = " in bare) or bare.startswith("[["))
        if is_setting and key not in live | seen:
            seen.add(key)
            line = bare
        opened.append(line)
    path.write_text("\n".join(opened))
    config = merge(load_config(path), {})
    options = {"api_key_env": "EXAMPLE_API_KEY", "requests_per_minute": 500}
    assert config.endpoints == {"https://models.example.com/v1": options}
    assert len(seen) >= 14


def test_reader_that_leaves_early_sees_no_traceback(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"messages": [{"role": "user", "content": "x" * 500}]}) + "\n" for _ in range(2000))
    (tmp_path / "big.jsonl").write_text(lines)
    process = subprocess.Popen(
        [sys.executable, "-m", "toolflow_graph", "export", "big.jsonl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=30) == 1


def test_project_file_in_the_working_directory_is_used_and_named(tmp_path: Path) -> None:
    (tmp_path / "toolflow.toml").write_text('turns = "9-1"\n')
    done = toolflow("run", cwd=tmp_path)
    assert done.returncode == 2
    assert "settings from toolflow.toml" in done.stderr
    assert "turns in toolflow.toml: '9-1'" in done.stderr


@pytest.mark.parametrize("wanted", [False, True])
def test_tracing_follows_the_flag_and_not_the_surroundings(wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGCHAIN_TRACING"):
        monkeypatch.setenv(name, "true")
    set_tracing(wanted)
    code = "from langchain_core.tracers.context import _tracing_v2_is_enabled as on; print(bool(on()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(wanted)
