"""``tools list | show | validate | import``: data on stdout, the rest on stderr, mistakes as UsageError."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from toolflow_graph.catalog import load_tools
from toolflow_graph.cli.tools import app
from toolflow_graph.config_file import merge
from toolflow_graph.dialogue.session import build_session
from toolflow_graph.errors import UsageError

SPEC = """\
openapi: 3.0.3
info: {title: Shop}
paths:
  /orders/{order_id}:
    get:
      operationId: get.order
      parameters: [{name: order_id, in: path, required: true, schema: {type: string}}]
      responses: {'200': {content: {application/json: {schema: {type: object, properties: {id: {type: string}}}}}}}
    delete: {responses: {'204': {description: Gone}}}
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "shop.openapi.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return str(path)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def mistake(*arguments: str) -> UsageError:
    error = call(*arguments).exception
    assert isinstance(error, UsageError), error
    return error


def test_list_prints_a_table_or_json(spec: str) -> None:
    result = call("list", spec)
    assert result.stdout.splitlines() == [
        "NAME                       DOMAIN  EFFECT  REQUIRED  RETURNS",
        "get_order                  Shop    read    order_id  y",
        "delete_orders_by_order_id  Shop    write   order_id  y",
    ]
    assert result.stderr == "2 tools\n"
    rows = json.loads(call("list", "--tools", spec, "--json").stdout)
    assert [(row["name"], row["effect"], row["required"], row["returns"]) for row in rows] == [
        ("get_order", "read", ["order_id"], True),
        ("delete_orders_by_order_id", "write", ["order_id"], True),
    ]


def test_show_prints_the_definition_or_close_names(spec: str) -> None:
    shown = json.loads(call("show", "get_order", "--tools", spec).stdout)
    assert list(shown) == ["name", "description", "domain", "effect", "parameters", "returns"]
    error = mistake("show", "GetOrders", spec)
    assert error.known[0] == "get_order"
    assert error.hint == f"python -m toolflow_graph tools show get_order --tools {spec}"
    assert mistake("show", "zzz", spec).known == ()


def test_validate_tells_counts_and_notes(spec: str) -> None:
    result = call("validate", spec)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "shop: 1 name made valid (get.order -> get_order)",
        "shop: 1 name made up for an operation without operationId "
        "(DELETE /orders/{order_id} -> delete_orders_by_order_id)",
        "2 tools in 1 domain: 1 read, 1 write; 2 with a return schema",
    ]


def test_validate_names_every_broken_source(spec: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    error = mistake("validate", spec, str(broken), "nowhere")
    assert "broken.json" in str(error)
    assert "'nowhere'" in str(error)
    assert "line 1" in str(error)


BROKEN: list[list[Any]] = [
    ["{"],
    [""],
    [[{"name": "a"}, {"name": "a"}]],
    [[{"name": "a", "parameters": {"type": "nonsense"}}, {"name": "b", "returns": {"$ref": "#"}}]],
    [{"openapi": "3.0.0", "paths": {}}],
    [[{"name": "fine"}], "{", [{"name": ""}], None],
    [None, None],
]


@pytest.mark.parametrize("contents", BROKEN)
def test_validate_refuses_what_a_run_refuses_with_the_same_words(tmp_path: Path, contents: list[Any]) -> None:
    sources = []
    for index, content in enumerate(contents):
        path = tmp_path / f"source_{index}.json"
        if content is not None:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        sources.append(str(path))
    with pytest.raises(UsageError) as refused:
        build_session(merge({}, {"tools": sources}))
    assert str(mistake("validate", *sources)) == str(refused.value)
    flags = [word for source in sources for word in ("--tools", source)]
    assert str(mistake("validate", *flags)) == str(refused.value)


@pytest.mark.parametrize("source", ["", "  "])
def test_a_blank_source_is_no_folder(source: str) -> None:
    with pytest.raises(UsageError) as refused:
        merge({}, {"tools": [source]})
    assert str(mistake("validate", source)) == str(refused.value)
    assert str(mistake("list", "--tools", source)) == str(refused.value)


def test_validate_accepts_what_a_run_accepts(tmp_path: Path) -> None:
    code = tmp_path / "tools.py"
    code.write_text(
        "ONCE = ({'name': name} for name in ('get_a', 'get_b'))\nAGAIN = [{'name': 'get_a'}]\n", encoding="utf-8"
    )
    result = call("validate", f"{code}:ONCE", f"{code}:AGAIN")
    assert result.exit_code == 0, "a generator can be read once only"
    assert result.stdout.splitlines()[-1].startswith("3 tools")


def test_import_writes_our_json_that_loads_the_same(spec: str, tmp_path: Path) -> None:
    out = tmp_path / "mine.json"
    result = call("import", spec, "-o", str(out))
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "1 name made valid" in result.stderr
    text = out.read_text(encoding="utf-8")
    assert text.startswith('{\n "domain": "Shop",\n "tools": [\n  {\n   "name": "get_order"')
    assert call("import", spec).stdout == text
    again = [tool.model_copy(update={"source": "shop"}) for tool in load_tools([str(out)])]
    assert again == list(load_tools([spec]))
    assert not list(tmp_path.glob("*.part"))


def test_import_keeps_the_domains_of_several_sources(spec: str, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"domain": "news", "tools": [{"name": "get_news"}]}', encoding="utf-8")
    out = tmp_path / "all.json"
    call("import", spec, str(other), "-o", str(out))
    assert [tool.domain for tool in load_tools([str(out)])] == ["Shop", "Shop", "news"]


def test_import_refuses_to_overwrite_its_source_or_to_write_nowhere(spec: str, tmp_path: Path) -> None:
    assert "one of the sources" in str(mistake("import", spec, "-o", spec))
    assert Path(spec).read_text(encoding="utf-8") == SPEC
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    for out in (tmp_path, file / "x.json"):
        error = mistake("import", spec, "-o", str(out))
        assert "cannot write" in str(error)
        assert "try:" in str(error)
    assert file.read_text(encoding="utf-8") == "mine"


def test_import_makes_the_folder(spec: str, tmp_path: Path) -> None:
    out = tmp_path / "tools" / "deep" / "mine.json"
    assert call("import", spec, "-o", str(out)).exit_code == 0
    assert [path.name for path in out.parent.iterdir()] == ["mine.json"]


def test_without_sources_it_is_the_default_catalogue() -> None:
    assert call("validate").stdout.endswith("with a return schema\n")
    assert len(call("list").stdout.splitlines()) > 160
