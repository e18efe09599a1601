"""The report's page: nothing that a model wrote is markup in it, it asks for nothing, and the command writes it."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.report_samples import HOSTILE, accepted, foreign, hostile, read_island, rejected, write
from tests.run_fakes import make_record
from toolflow_graph.cli import app
from toolflow_graph.errors import UsageError
from toolflow_graph.evaluation.report import build_report
from toolflow_graph.evaluation.report.page import SCRIPTS, STYLES
from toolflow_graph.run.store import open_store

ROOT = Path(__file__).resolve().parents[1]


class Tags(HTMLParser):
    """Every tag with its attributes, and what stands in scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open = tag
        self.tags.append((tag, dict(attrs)))
        if tag in self.texts:
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self.open = ""

    def handle_data(self, data: str) -> None:
        if self.open in self.texts:
            self.texts[self.open][-1] += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def page(tmp_path: Path) -> str:
    evaluation = {"schema": 1, HOSTILE[0]: {HOSTILE[1]: HOSTILE[2]}, "cannot_judge": HOSTILE}
    return build_report(write(tmp_path / "d.jsonl", hostile(), accepted()), title=HOSTILE[1], evaluation=evaluation)


def test_hostile_texts_make_no_tags(page: str, tmp_path: Path) -> None:
    tags = Tags(page)
    harmless = Tags(build_report(write(tmp_path / "h.jsonl", accepted())))
    assert {name for name, _ in tags.tags} <= {name for name, _ in harmless.tags} | {"rect", "li", "td", "tr"}
    assert not tags.named("img")
    assert not tags.named("iframe")
    assert not [name for _, attributes in tags.tags for name in attributes if name.startswith("on") or name == "src"]
    links = [attributes.get("href") or "" for attributes in tags.named("a")]
    assert links
    assert all(link.startswith("#") for link in links)
    # One script that runs, the rest is data of nothing but base64.
    kinds = [attributes.get("type") for attributes in tags.named("script")]
    assert kinds.count(None) == 1
    for text in tags.texts["script"][:-1]:
        assert re.fullmatch(r"[A-Za-z0-9+/=]*", text)


def test_hostile_texts_arrive_whole_in_the_islands(page: str) -> None:
    body = read_island(page, "dialogues")[0]
    assert body["messages"][1]["content"] == "\n".join(HOSTILE)
    (key, value), number = body["messages"][2]["calls"][0]["args"]
    assert json.loads(value) == "\n".join(HOSTILE)
    assert key.startswith("<img")
    # As it was written, although JavaScript's numbers cannot hold it.
    assert number == ["n", "12345678901234567890"]


def test_only_this_very_script_and_style_may_run_and_nothing_may_be_reached(page: str) -> None:
    tags = Tags(page)
    (policy,) = [a["content"] or "" for a in tags.named("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["connect-src"] == rules["img-src"] == rules["base-uri"] == "'none'"
    for name, text in (("script-src", tags.texts["script"][-1]), ("style-src", tags.texts["style"][0])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"


def test_page_names_no_other_place(page: str) -> None:
    without_data = re.sub(r"(<script type=[^>]*>)[^<]*", r"\1", page)
    assert set(re.findall(r"https?://[^\"'\s<>)]+", without_data)) <= {"http://www.w3.org/2000/svg"}
    assert not re.findall(r"@import|url\(|src=|<link", without_data.replace("img src=x", ""))


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_build_elements_from_text_only(name: str) -> None:
    text = (files("toolflow_graph.evaluation.report") / name).read_text(encoding="utf-8")
    ways = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|fetch\(|XMLHttpRequest|import\("
    )
    assert not re.findall(ways, text)
    assert "</script" not in text
    assert "<!--" not in text


def test_every_script_and_style_is_in_the_page() -> None:
    folder = ROOT / "toolflow_graph" / "evaluation" / "report"
    assert {path.name for path in folder.glob("*.js")} == set(SCRIPTS)
    assert {path.name for path in folder.glob("*.css")} == set(STYLES)


def test_same_data_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    data = write(tmp_path / "d.jsonl", accepted(), rejected(), foreign())
    digests = set()
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "toolflow_graph", "report", str(data), "-o", str(tmp_path / f"{seed}.html")]
        environ = {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "PATH": ""}
        subprocess.run(command, check=True, env=environ, capture_output=True)
        digests.add((tmp_path / f"{seed}.html").read_bytes())
    assert len(digests) == 1


def call(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_command_writes_the_page_of_a_run(tmp_path: Path) -> None:
    with open_store(tmp_path / "run") as store:
        store.begin({"seed": "0"}, num=3, shown={})
        for index in range(4):
            store.add(index, make_record(index, accepted=index != 1))
    measures = tmp_path / "evaluation.json"
    measures.write_text(json.dumps({"schema": 1, "diversity": {"spoken": {"entropy": 9.25}}}))
    target = tmp_path / "new" / "page.html"
    words = ["report", str(tmp_path / "run"), "-o", str(target), "--title", "My run", "--evaluation", str(measures)]
    assert "open it in a browser" in call(*words)
    page = target.read_text(encoding="utf-8")
    assert "<title>My run</title>" in page
    assert "9.25" in page
    assert [body["accepted"] for body in read_island(page, "dialogues")] == [True, False, True, True]


def mistakes(folder: Path) -> Iterator[tuple[list[str], str]]:
    data = str(write(folder / "d.jsonl", accepted()))
    broken, other = folder / "broken.json", folder / "other.json"
    broken.write_text("{")
    other.write_text('{"schema": 2}')
    yield [str(folder / "none.jsonl")], "no file"
    yield [str(folder)], "holds no run"
    yield [str(write(folder / "empty.jsonl"))], "holds no dialogue"
    yield [data, "--evaluation", str(folder / "none.json")], "cannot read"
    yield [data, "--evaluation", str(broken)], "no JSON"
    yield [data, "--evaluation", str(other)], "something else"
    yield [data, "-o", str(folder)], "it is a folder"


def test_mistakes_are_told_and_no_page_is_written(tmp_path: Path) -> None:
    for words, says in mistakes(tmp_path):
        with pytest.raises(UsageError, match=says):
            call("report", *words, *(() if "-o" in words else ("-o", str(tmp_path / "page.html"))))
    assert not (tmp_path / "page.html").exists()
