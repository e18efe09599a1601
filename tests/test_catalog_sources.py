"""What a source may be, how its kind is told, and the one message each mistake gets."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from toolflow_graph.catalog import catalog_digest, load_catalogue, load_tools
from toolflow_graph.errors import UsageError
from toolflow_graph.types import Tool

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
RETURNS = {"type": "object", "properties": {"degrees": {"type": "number"}}}
NATIVE = {"name": "get_weather", "description": "Tell the weather.", "parameters": PARAMETERS}


def write(folder: Path, name: str, content: Any) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def load_one(folder: Path, content: Any, name: str = "my_api.json") -> Tool:
    (tool,) = load_tools([write(folder, name, content)])
    return tool


@pytest.mark.parametrize(
    "document",
    [
        {"domain": "weather", "description": "Sky.", "tools": [{**NATIVE, "returns": RETURNS, "effect": "read"}]},
        {"tools": [{**NATIVE, "results": RETURNS, "effect": "read", "domain": "weather"}]},
        [{**NATIVE, "returns": RETURNS, "effect": "read", "category": "weather"}],
        [{"type": "function", "function": {**NATIVE, "returns": RETURNS, "effect": "read"}, "domain": "weather"}],
        [{"type": "function", **NATIVE, "strict": True, "returns": RETURNS, "effect": "read", "domain": "weather"}],
        {"domain": "weather", "functions": [{**NATIVE, "returns": RETURNS, "effect": "read"}]},
        {**NATIVE, "returns": RETURNS, "effect": "read", "domain": "weather"},
    ],
    ids=["catalogue", "tools", "list", "openai-chat", "openai-responses", "openai-functions", "single"],
)
def test_native_and_openai_shapes_give_the_same_tool(tmp_path: Path, document: Any) -> None:
    tool = load_one(tmp_path, document)
    assert tool == Tool(
        name="get_weather",
        description="Tell the weather.",
        parameters=PARAMETERS,
        returns=RETURNS,
        effect="read",
        domain="weather",
        source="my_api",
    )


MCP_TOOL = {"name": "read.file", "description": "Read.", "inputSchema": PARAMETERS, "outputSchema": RETURNS}


@pytest.mark.parametrize("wrap", [{}, {"result": {}}, {"jsonrpc": "2.0", "id": 1, "result": {"nextCursor": "x"}}])
@pytest.mark.parametrize(
    ("annotations", "effect"),
    [
        (None, None),
        ({"readOnlyHint": True}, "read"),
        ({"readOnlyHint": False}, "write"),
        ({"destructiveHint": True}, "write"),
        ({"title": "Read"}, None),
    ],
)
def test_mcp_answers(tmp_path: Path, wrap: dict[str, Any], annotations: Any, effect: str | None) -> None:
    listing = {"tools": [{**MCP_TOOL, "annotations": annotations}]}
    document = {**wrap, "result": {**wrap["result"], **listing}} if wrap else listing
    path = write(tmp_path, "files.mcp.json", document)
    catalogue = load_catalogue([path])
    (tool,) = catalogue.tools
    assert (tool.name, tool.effect, tool.domain, tool.source) == ("read_file", effect, "files", "files")
    assert (tool.parameters, tool.returns) == (PARAMETERS, RETURNS)
    assert catalogue.notes == ("files: 1 name made valid (read.file -> read_file)",)


def test_nullable_types_and_local_definitions_of_mcp_servers_stay(tmp_path: Path) -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"a": {"type": ["string", "null"]}, "b": {"$ref": "#/$defs/B"}},
        "$defs": {"B": {"type": "integer"}},
    }
    assert load_one(tmp_path, {"tools": [{"name": "do_it", "inputSchema": schema}]}).parameters == schema


def test_names_made_valid_give_way_to_names_that_were(tmp_path: Path) -> None:
    tools = load_tools([write(tmp_path, "a.json", [{"name": "a.b"}, {"name": "a/b"}, {"name": "a_b"}])])
    assert [tool.name for tool in tools] == ["a_b_2", "a_b_3", "a_b"]


def test_tools_without_parameters_take_an_empty_object(tmp_path: Path) -> None:
    assert load_one(tmp_path, [{"name": "ping_it"}]).parameters == {"type": "object", "properties": {}}
    assert load_one(tmp_path, [{"name": "ping_it", "parameters": {"properties": {}}}]).parameters["type"] == "object"


def test_type_names_of_other_lists_are_corrected_and_told(tmp_path: Path) -> None:
    schema = {"type": "dict", "properties": {"x": {"type": "float"}, "y": {"type": "any", "pattern": "\\p{L}"}}}
    catalogue = load_catalogue([write(tmp_path, "a.json", [{"name": "add_it", "parameters": schema}])])
    assert catalogue.tools[0].parameters == {
        "type": "object",
        "properties": {"x": {"type": "number"}, "y": {}},
    }
    assert catalogue.notes == ("a: 1 schema corrected to JSON Schema (add_it: type 'dict', type 'float', type 'any')",)


def test_json_lines_and_yaml(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps({**NATIVE, "name": name}) for name in ("get_a", "get_b")) + "\n\n"
    assert [tool.name for tool in load_tools([write(tmp_path, "a.jsonl", lines)])] == ["get_a", "get_b"]
    text = "tools:\n- name: get_c\n  parameters:\n    properties:\n      on: {type: string, default: no}\n"
    tool = load_one(tmp_path, text, "c.txt")
    assert tool.parameters["properties"] == {"on": {"type": "string", "default": "no"}}


def test_yaml_reads_as_version_1_2(tmp_path: Path) -> None:
    from toolflow_graph.catalog.parsing import parse_document

    text = "{yes: no, 200: 2024-01-02, t: true, n: ~, z: 0123, f: 1.5, i: -3, h: 0x1F, s: '5', big: 1e999, m: 12:30:00}"
    assert parse_document(text, "x") == {
        "yes": "no",
        "200": "2024-01-02",
        "t": True,
        "n": None,
        "z": "0123",
        "f": 1.5,
        "i": -3,
        "h": 31,
        "s": "5",
        "big": "1e999",
        "m": "12:30:00",
    }
    merged = "base: &b {a: 1, b: 2}\nuse:\n  <<: *b\n  b: 3\n"
    assert parse_document(merged, "x")["use"] == {"a": 1, "b": 3}


def test_a_folder_stands_for_its_files_in_order(tmp_path: Path) -> None:
    write(tmp_path, "b.yaml", "- name: get_b\n")
    write(tmp_path, "a.json", [{"name": "get_a"}])
    write(tmp_path, "notes.md", "# nothing")
    assert [(tool.name, tool.source) for tool in load_tools([str(tmp_path)])] == [("get_a", "a"), ("get_b", "b")]
    assert len(load_tools([str(tmp_path), str(tmp_path / "a.json")])) == 2


def test_references_to_tools_dicts_and_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "from toolflow_graph.types import Tool\n"
        "TOOLS = [Tool(name='get_a', domain='mine'), {'name': 'get_b', 'description': 'B.'}]\n"
        "def make():\n    yield {'type': 'function', 'function': {'name': 'get_c'}}\n"
        "SPEC = {'tools': [{'name': 'get_d', 'inputSchema': {'type': 'object'}}]}\n"
        "def broken():\n    raise ValueError('no luck')\n"
        "NUMBER = 5\n"
    )
    path = write(tmp_path, "catalog_test_tools.py", code)
    tools = load_tools([f"{path}:TOOLS", f"{path}:make", f"{path}:SPEC"])
    assert [tool.name for tool in tools] == ["get_a", "get_b", "get_c", "get_d"]
    assert {tool.source for tool in tools[:2]} == {"catalog_test_tools"}
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        assert len(load_tools(["catalog_test_tools:TOOLS"])) == 2
    finally:
        sys.modules.pop("catalog_test_tools", None)
    for attr, words in [("broken", "ValueError: no luck"), ("NUMBER", "gives int"), ("missing", "has no 'missing'")]:
        with pytest.raises(UsageError, match=words):
            load_tools([f"{path}:{attr}"])


def test_names_that_two_sources_share_are_prefixed_and_told(tmp_path: Path) -> None:
    shop = write(tmp_path, "shop.openai.json", [{"name": "search_all"}, {"name": "get_order"}])
    news = write(tmp_path, "news.json", [{"name": "search_all"}, {"name": "shop_search_all"}])
    catalogue = load_catalogue([shop, news])
    assert [tool.name for tool in catalogue.tools] == [
        "shop_search_all_2",
        "get_order",
        "news_search_all",
        "shop_search_all",
    ]
    assert [note.split(" (")[1] for note in catalogue.notes] == [
        "search_all -> shop_search_all_2)",
        "search_all -> news_search_all)",
    ]


def test_sources_of_the_same_stem_are_told_apart(tmp_path: Path) -> None:
    paths = [write(tmp_path / folder, "api.json", [{"name": "get_it"}]) for folder in ("one", "two")]
    assert [tool.name for tool in load_tools(paths)] == ["api_get_it", "api_two_get_it"]


def test_toolbench_file(tmp_path: Path) -> None:
    document = {
        "tool_name": "Trains",
        "title": "Trains",
        "api_list": [
            {
                "name": "/Search  Trains",
                "description": "Search.",
                "method": "GET",
                "required_parameters": [
                    {"name": "from", "type": "STRING", "description": "Start.", "default": "Bern"},
                    {"name": "on", "type": "DATE (YYYY-MM-DD)", "default": ""},
                ],
                "optional_parameters": [
                    {"name": "limit", "type": "NUMBER", "default": "5"},
                    {"name": "from", "type": "STRING"},
                ],
                "template_response": {"trains": [{"id": "int", "_list_length": 3}], "total": "float", "x": "NoneType"},
            },
            {
                "name": "Search Trains",
                "description": "",
                "method": "POST",
                "template_response": {"message": "str"},
                "required_parameters": [],
                "optional_parameters": [],
            },
        ],
    }
    catalogue = load_catalogue([write(tmp_path, "trains.json", document)])
    first, second = catalogue.tools
    assert first.name == "search_trains"
    assert first.effect == "read"
    assert first.domain == "Trains"
    assert first.parameters == {
        "type": "object",
        "properties": {
            "from": {"type": "string", "description": "Start.", "examples": ["Bern"]},
            "on": {"type": "string", "format": "date"},
            "limit": {"type": "number", "examples": [5.0]},
        },
        "required": ["from", "on"],
    }
    assert first.returns is not None
    assert first.returns["properties"]["trains"]["items"]["properties"] == {"id": {"type": "integer"}}
    assert (second.name, second.effect, second.returns) == ("search_trains_2", "write", None)
    assert second.description == "Search trains. Trains."
    assert "1 name told apart" in catalogue.notes[0]


MISTAKES: list[tuple[str, Any, str]] = [
    ("a.json", "", "is empty"),
    ("a.json", "[]", "holds no tools"),
    ("a.json", {"tools": []}, "holds no tools"),
    ("a.json", '{"tools": [\n  {"name": }]}', "line 2, column 12"),
    ("a.jsonl", '{"name": "get_a"}\n{"name": oops}\n', "line 2, column 10"),
    ("a.yaml", "tools:\n  - name: [a\n  b: c\n", "broken YAML: line 3"),
    ("a.yaml", "a: &x [*x]", "contains itself"),
    ("a.yaml", "? [a]\n: b\n", "a key that is no text"),
    ("a.json", "[" * 100_000, "too deeply"),
    ("a.json", '{"a": NaN}', "NaN is no JSON value"),
    ("a.json", "just words", "holds str, no tools"),
    ("a.json", {"hello": 1}, "of no known kind .its keys: 'hello'"),
    ("a.json", {"mcpServers": {}}, "configures MCP servers"),
    ("a.json", [{"description": "x"}], "tool 1: a tool without name"),
    ("a.json", [{"name": ""}], "a tool without name"),
    ("a.json", [{"type": "web_search"}], "a tool without name"),
    ("a.json", ["get_weather"], "'get_weather' is no tool definition"),
    ("a.json", [{"name": "a_b"}, {"name": "c_d"}, {"name": "a_b"}], "there twice: .*tool 1 and .*tool 3"),
    (
        "a.json",
        [{"name": "a_b", "parameters": {"type": "nonsense"}}],
        "'a_b': parameters is no valid JSON Schema: type: 'nonsense' is none of array, boolean",
    ),
    ("a.json", [{"name": "a_b", "parameters": {"type": "string"}}], "parameters are of type 'string'"),
    ("a.json", [{"name": "a_b", "parameters": "the city"}], "expected a JSON Schema object"),
    ("a.json", [{"name": "a_b", "returns": {"$ref": "#/x"}}], "points to nothing"),
    ("a.json", [{"name": "a_b", "effect": "maybe"}], "effect 'maybe'"),
    ("a.json", {"api_list": []}, "api_list is empty"),
    ("a.yaml", "openapi: 3.0.0\npaths: {}\n", "has no operations"),
    ("a.yaml", "swagger: '2.0'\ninfo: {}\n", "has no operations"),
    ("a.yaml", "swagger: '1.2'\npaths: {/a: {get: {}}}\n", "version '1.2'"),
    ("a.yaml", "openapi: 3.0.0\npaths: {/a: {get: 5}}\n", "no operations that can be read: .*no operation object"),
]


@pytest.mark.parametrize(("name", "content", "words"), MISTAKES)
def test_a_mistake_is_one_usage_error_that_names_the_place(tmp_path: Path, name: str, content: Any, words: str) -> None:
    path = write(tmp_path, name, content)
    with pytest.raises(UsageError, match=words) as caught:
        load_tools([path])
    assert path in caught.value.problem


def test_missing_sources(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no tool source 'nowhere\.json'"):
        load_tools(["nowhere.json"])
    with pytest.raises(UsageError, match="holds no tool files"):
        load_tools([str(tmp_path)])
    with pytest.raises(UsageError, match=r"path/file\.py:attr"):
        load_tools(["tools.py"])
    binary = tmp_path / "x.json"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="no UTF-8 text"):
        load_tools([str(binary)])


def test_digest_follows_the_definition_not_the_place(tmp_path: Path) -> None:
    one = load_tools([write(tmp_path, "one.json", {"domain": "d", "tools": [NATIVE]})])
    two = load_tools([write(tmp_path, "two.json", {"domain": "d", "tools": [NATIVE]})])
    other = load_tools([write(tmp_path, "two.json", {"domain": "d", "tools": [{**NATIVE, "description": "X."}]})])
    assert catalog_digest(one) == catalog_digest(two) != catalog_digest(other)
    assert len(catalog_digest(one)) == 64


def test_the_default_catalogue_loads() -> None:
    catalogue = load_catalogue()
    assert catalogue.notes == (), "unique names, nothing to correct"
    assert len(catalogue.tools) >= 160
    assert len({tool.domain for tool in catalogue.tools}) >= 16
    assert all(tool.returns and tool.effect for tool in catalogue.tools)
