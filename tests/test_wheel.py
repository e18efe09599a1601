"""The built wheel, outside the checkout: what a user installs, not what a developer sees."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that no build folder is left in the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("toolflow_graph", "nodes", "prompts", "tools_catalog", "pyproject.toml", "README.md", "LICENSE"):
        (source / name).symlink_to(ROOT / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; the dependencies are borrowed from this one.

    A path in a .pth file is searched but its own .pth files are not read, so an editable install here stays invisible.
    """
    folder = tmp_path_factory.mktemp("fresh") / "env"
    venv.create(folder, with_pip=False)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    site = Path(
        subprocess.check_output([python, "-c", "import site; print(site.getsitepackages()[0])"], text=True).strip()
    )
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return python


def run(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run([python, *arguments], cwd=cwd, env=environ, capture_output=True, text=True, check=False)


def test_wheel_holds_one_top_level_package(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"toolflow_graph"}
    for wanted in ("nodes/plan.py", "prompts/planner.md", "tools_catalog/travel.json", "tools_catalog/vectors.npz"):
        assert f"toolflow_graph/{wanted}" in names
    assert "toolflow_graph/py.typed" in names
    report = {path.name for path in (ROOT / "toolflow_graph" / "evaluation" / "report").iterdir() if path.is_file()}
    assert report == {name.rpartition("/")[2] for name in names if name.startswith("toolflow_graph/evaluation/report/")}
    assert not [name for name in names if "tests" in name.split("/")]


def test_run_and_help(python: Path, tmp_path: Path) -> None:
    helped = run(python, "-m", "toolflow_graph", "--help", cwd=tmp_path)
    assert helped.returncode == 0, helped.stderr
    assert "run" in helped.stdout
    done = run(python, "-m", "toolflow_graph", "run", "-n", "3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "shipped" in done.stderr  # the vectors of the default catalogue were found
    lines = (tmp_path / "runs" / "latest" / "dialogues.jsonl").read_text().splitlines()
    assert [json.loads(line)["verdict"]["accepted"] for line in lines] == [True] * 3


def test_prompts_and_catalogue_are_found(python: Path, tmp_path: Path) -> None:
    prompts = run(python, "-m", "toolflow_graph", "prompts", "list", cwd=tmp_path)
    assert prompts.returncode == 0, prompts.stderr
    assert "planner" in prompts.stdout
    tools = run(python, "-m", "toolflow_graph", "tools", "list", "--json", cwd=tmp_path)
    assert tools.returncode == 0, tools.stderr
    assert len(json.loads(tools.stdout)) >= 160


@pytest.mark.parametrize("name", ["nodes", "prompts", "tools_catalog", "tests"])
def test_nothing_else_is_importable(python: Path, tmp_path: Path, name: str) -> None:
    code = "import importlib.util, sys; print(importlib.util.find_spec(sys.argv[1]))"
    assert run(python, "-I", "-c", code, name, cwd=tmp_path).stdout.strip() == "None"


def test_package_is_the_wheels(python: Path, tmp_path: Path) -> None:
    code = "import toolflow_graph, toolflow_graph.nodes.plan as node; print(toolflow_graph.__path__, node.__file__)"
    shown = run(python, "-c", code, cwd=tmp_path).stdout
    assert str(ROOT) not in shown
    assert "site-packages" in shown
