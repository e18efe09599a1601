"""What the documents say is what the code does."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.test_protocol_run import run_cli
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


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target]
    assert [target for target in targets if not (ROOT / target).exists()] == []
