"""The structure that CONTRIBUTING.md promises: imports flow one way, the engine knows nodes only by reference."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "toolflow_graph"

# Lowest first; a module may import from its own level and below. The nodes stand on the engine, like a user's own.
LEVELS = [
    {"errors", "types", "randomness", "regexes", "wording"},
    {"references", "schemas", "validation", "record", "outputs", "behaviours"},
    {"state", "templates", "rendering", "config", "config_file"},
    {"backends", "catalog", "tool_graph", "models", "verification"},
    {"context", "judging"},
    {"dialogue"},
    {"run", "studio", "nodes"},
    {"dataset", "evaluation"},
    {"cli"},
    {"__main__"},
]
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}
# Reading a file into a transcript needs no run, so the verifier's command may sit on it: dataset -> verification only.


def modules() -> list[Path]:
    return sorted([*PACKAGE.rglob("*.py"), *(ROOT / "nodes").glob("*.py")])


def room(path: Path) -> str:
    relative = path.relative_to(PACKAGE) if path.is_relative_to(PACKAGE) else path.relative_to(ROOT)
    return relative.parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("toolflow_graph."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.ImportFrom) and node.module == "toolflow_graph":
            found |= {alias.name for alias in node.names if alias.name in LEVEL}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("toolflow_graph.")}
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_flow_one_way(path: Path) -> None:
    here = room(path)
    if here == "__init__":
        assert not imported_rooms(path)
        return
    assert here in LEVEL, f"{here} has no level: say in LEVELS where the new room stands"
    higher = {name for name in imported_rooms(path) if LEVEL[name] > LEVEL[here]}
    assert not higher, f"{path.relative_to(ROOT)} ({here}) imports {sorted(higher)}, which stand above it"


# Within the verifier: a text is read without a dialogue; how values follow is known before their source is asked for.
VERIFIER = ["reading", "world", "derivations", "provenance", "rules"]


@pytest.mark.parametrize("folder", VERIFIER)
def test_the_verifiers_folders_import_downwards(folder: str) -> None:
    higher = VERIFIER[VERIFIER.index(folder) + 1 :]
    paths = sorted((PACKAGE / "verification" / folder).glob("*.py"))
    assert paths
    for path in paths:
        for name in higher:
            assert f"toolflow_graph.verification.{name}" not in path.read_text(encoding="utf-8"), f"{path} uses {name}"


def test_engine_does_not_import_nodes() -> None:
    users = [path for path in PACKAGE.rglob("*.py") if "nodes" in imported_rooms(path)]
    assert users == []


def test_nodes_can_be_copied_out() -> None:
    """A node imports the installed package by absolute name and no other node."""
    for path in (ROOT / "nodes").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        relative = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
        assert relative == [], path
        assert "nodes" not in imported_rooms(path), path


def test_no_prompt_text_outside_prompts() -> None:
    """Phrases that only a prompt would hold must not come back into Python."""
    for path in modules():
        text = path.read_text(encoding="utf-8")
        assert "You are a helpful" not in text, path
        assert "You play a person" not in text, path
