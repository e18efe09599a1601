"""What the documents say is what the code does."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.test_protocol_run import run_cli
from toolflow_graph.behaviours import DEFAULT_MIX, EXPLANATIONS
from toolflow_graph.cli.reference import render_flags
from toolflow_graph.config import RunConfig
from toolflow_graph.record import build_record_schema
from toolflow_graph.verification import RULES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_readme_lists_every_flag_with_its_default() -> None:
    assert render_flags() in README, "python -m toolflow_graph.cli.reference prints the table"


def test_flags_say_the_real_defaults() -> None:
    table = render_flags()
    defaults = RunConfig()
    for flag, shown in {
        "-n, --num N": defaults.num,
        "--out DIR": defaults.out,
        "--concurrency N": defaults.concurrency,
        "--seed N": defaults.seed,
        "--turns N\\|A-B": "-".join(map(str, defaults.turns)),
        "--tools-per-dialogue N\\|A-B": "-".join(map(str, defaults.tools_per_dialogue)),
        "--sampling graph\\|random": defaults.sampling,
        "--plan llm\\|none": defaults.plan,
        "--embedder SPEC": defaults.embedder,
    }.items():
        assert f"| `{flag}` | {shown} |" in table


def test_readme_counts_the_rules() -> None:
    assert f"{len(RULES)} rules with codes" in README


def test_published_record_schema_is_the_codes() -> None:
    published = json.loads((ROOT / "docs" / "record.schema.json").read_text(encoding="utf-8"))
    assert published == build_record_schema(), "python -m toolflow_graph.record > docs/record.schema.json"


async def test_written_records_fit_the_published_schema(tmp_path: Path) -> None:
    code, _, err = await run_cli("run", "-n", "30", "--license", "none", "--out", "run", cwd=tmp_path)
    assert code == 0, err
    validator = Draft202012Validator(json.loads((ROOT / "docs" / "record.schema.json").read_text(encoding="utf-8")))
    for name in ("dialogues.jsonl", "rejected.jsonl"):
        for line in (tmp_path / "run" / name).read_text(encoding="utf-8").splitlines():
            assert [error.message for error in validator.iter_errors(json.loads(line))] == []


def readme_commands() -> list[str]:
    """The command lines of the README in its order, without those that install, need a key, or start a server."""
    blocks = re.findall(r"^```bash\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    lines = [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]
    lines = [line.removeprefix("pip install -e . && ") for line in lines]
    return [line for line in lines if not re.search(r"^(export|pip|langgraph) |--model ", line)]


def test_readme_commands_work_in_the_printed_order_in_a_fresh_clone(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "nodes", tmp_path / "nodes", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "my_api.openapi.yaml").write_text(API, encoding="utf-8")
    commands = readme_commands()
    assert len(commands) >= 12
    outs = re.findall(r"graph run .*--out (\S+)", "\n".join(README.splitlines()))
    assert len(outs) == len(set(outs))
    # ``python`` is this one, and the runs are small: what is tried is that each command finds what it names.
    script = "\n".join(["set -ex", f'python() {{ "{sys.executable}" "$@"; }}', *commands])
    script = script.replace("graph run", "graph run -n 4").replace(" -n 100", "")
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    bash = ["bash", "-c", script]
    done = subprocess.run(bash, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]


API = """\
openapi: 3.0.3
info: {title: Library}
paths:
  /books:
    get:
      operationId: search_books
      parameters: [{name: query, in: query, required: true, description: Words to look for., schema: {type: string}}]
      responses:
        '200': {content: {application/json: {schema: {type: object, properties: {book_id: {type: string}}}}}}
  /loans:
    get:
      operationId: list_loans
      parameters: [{name: member_name, in: query, required: true, description: Full name., schema: {type: string}}]
      responses:
        '200': {content: {application/json: {schema: {type: object, properties: {loan_id: {type: string}}}}}}
  /books/{book_id}/hold:
    post:
      operationId: hold_book
      parameters: [{name: book_id, in: path, required: true, description: A book., schema: {type: string}}]
      responses:
        '200': {content: {application/json: {schema: {type: object, properties: {hold_id: {type: string}}}}}}
"""


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target]
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_readme_lists_every_behaviour_with_its_share() -> None:
    for name, text in EXPLANATIONS.items():
        assert f"| `{name}` | {DEFAULT_MIX[name]:g} | {text} |" in README
