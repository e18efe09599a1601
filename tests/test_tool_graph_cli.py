"""``tool-graph`` as it is typed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from toolflow_graph.cli.tool_graph import app
from toolflow_graph.errors import UsageError
from toolflow_graph.tool_graph.cache import load_cache

TOOLS = [
    {
        "name": name,
        "description": f"Do {name}.",
        "parameters": {"type": "object", "properties": {"order_id": {"type": "string", "description": "Order."}}},
        "returns": {"type": "object", "properties": {"order_id": {"type": "string", "description": "Order."}}},
    }
    for name in ("place_order", "ship_order")
]


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "tools.json"
    path.write_text(json.dumps(TOOLS), encoding="utf-8")
    return str(path)


def call(*words: str) -> Any:
    result = CliRunner().invoke(app, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def test_stats(source: str) -> None:
    result = call("stats", "--tools", source, "--embedder", "lexical")
    assert "1 pair of tools with similar parameters" in result.stdout
    assert "order_id: Order." in result.stdout
    assert "embedder: lexical, tau 0.7" in result.stderr
    plain = json.loads(call("stats", "--tools", source, "--embedder", "lexical", "--tau", "0.9", "--json").stdout)
    assert (plain["tools"], plain["edges"], plain["tau"]) == (2, 1, 0.9)


def test_show(source: str) -> None:
    words = ("show", "--tools", source, "--embedder", "lexical")
    shown = call(*words, "place_order").stdout
    assert "place_order: 1 neighbour, 3 ties" in shown
    assert "1.000" in shown
    edges = json.loads(call(*words, "place_order", "--json").stdout)["edges"]
    assert [edge["kind"] for edge in edges] == ["P-R", "P-R", "P-P"]
    assert "neighbours" in call(*words).stdout
    assert json.loads(call(*words, "--json").stdout)[0]["neighbours"] == 1
    assert "2 more: --limit 3" in call(*words, "place_order", "--limit", "1").stderr
    with pytest.raises(UsageError, match="no tool 'plce_order'") as caught:
        call(*words, "plce_order")
    assert "place_order" in caught.value.known


def test_export(source: str, tmp_path: Path) -> None:
    words = ("show", "--tools", source, "--embedder", "lexical")
    for form in ("graphml", "json"):
        out = tmp_path / "new" / f"graph.{form}"
        call(*words, "--format", form, "-o", str(out))
        assert "place_order" in out.read_text(encoding="utf-8")
    for wrong in (
        ("--format", "graphml"),
        ("-o", "x.dot"),
        ("--format", "dot", "-o", "x"),
        ("place_order", "-o", "x.json"),
    ):
        with pytest.raises(UsageError):
            call(*words, *wrong)


def test_embed_writes_a_file_that_embedder_reads(source: str, tmp_path: Path) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text(
        "import numpy as np\n"
        "class Mine:\n"
        "    name, tau = 'mine', 0.5\n"
        "    def embed(self, texts):\n"
        "        return np.ones((len(texts), 2))\n"
    )
    out = tmp_path / "new" / "v.npz"
    call("embed", "--tools", source, "--embedder", f"{mine}:Mine", "-o", str(out))
    assert (load_cache(out).embedder, load_cache(out).tau) == ("mine", 0.5)
    assert json.loads(call("stats", "--tools", source, "--embedder", str(out), "--json").stdout)["embedder"] == "mine"
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot write") as caught:
        call("embed", "--tools", source, "--embedder", f"{mine}:Mine", "-o", str(tmp_path / "file" / "v.npz"))
    assert caught.value.hint
    for wrong in (("lexical", "v.npz"), (f"{mine}:Mine", "v.txt")):
        with pytest.raises(UsageError):
            call("embed", "--tools", source, "--embedder", wrong[0], "-o", str(tmp_path / wrong[1]))


def test_help_is_light() -> None:
    code = "import sys, toolflow_graph.cli.tool_graph; print([m for m in ('numpy', 'networkx') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
