"""Files that mean harm, or look like it: an answer in time, no traceback, and no schema that breaks a run later."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.openapi_documents import OK, body_of, load_document, only, query, returning
from toolflow_graph.catalog import load_catalogue, load_tools
from toolflow_graph.catalog.schema_check import DEEPEST, find_schema_mistake, is_too_deep
from toolflow_graph.errors import UsageError
from toolflow_graph.schemas import iter_fields
from toolflow_graph.validation import schema_errors

Wrap = Callable[[Any], Any]
WRAPS: dict[str, Wrap] = {
    "objects": lambda inner: {"type": "object", "properties": {"a": inner}, "required": ["a"]},
    "arrays": lambda inner: {"type": "array", "items": inner},
    "maps": lambda inner: {"type": "object", "additionalProperties": inner},
    "anyOf": lambda inner: {"anyOf": [inner, {"type": "integer"}]},
    "allOf": lambda inner: {"allOf": [inner]},
    "oneOf": lambda inner: {"oneOf": [inner]},
    "not": lambda inner: {"not": inner},
}


def nest(wrap: Wrap, levels: int) -> Any:
    schema: Any = {"type": "string"}
    for _ in range(levels):
        schema = wrap(schema)
    return schema


def use(tools: Any) -> None:
    """What a run does with schemas."""
    for tool in tools:
        for schema in (tool.parameters, tool.returns or {}):
            for value in ({}, {"x": "a", "q": "a", "a": {}}, {"x": {"a": {"a": 1}}}):
                schema_errors(value, schema, closed=True)
                schema_errors(value, schema, closed=False)
            list(iter_fields(schema))
            assert not is_too_deep(schema)
        json.dumps(tool.to_json(), allow_nan=False)


def write(folder: Path, content: Any, name: str = "tools.json") -> str:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("kind", WRAPS)
@pytest.mark.parametrize("levels", [60, 100, 250])
def test_deep_schemas_are_refused_in_lists_and_cut_in_api_documents(tmp_path: Path, kind: str, levels: int) -> None:
    deep = nest(WRAPS[kind], levels)
    path = write(tmp_path, [{"name": "look_up", "parameters": {"type": "object", "properties": {"x": deep}}}])
    if is_too_deep({"properties": {"x": deep}}):
        with pytest.raises(UsageError, match=r"'look_up': parameters is nested more than 80 levels deep"):
            load_tools([path])
    else:
        use(load_tools([path]))
    post = {**returning(deep), "requestBody": body_of(deep)}
    get = {"parameters": [{**query("q"), "schema": deep}], "responses": OK}
    document = {"openapi": "3.0.0", "paths": {"/a": {"post": post, "get": get}}}
    tools = load_tools([write(tmp_path, document, "api.json")])
    assert len(tools) >= 1
    use(tools)


@pytest.mark.parametrize("kind", WRAPS)
def test_the_deepest_schema_that_loads_can_be_used(tmp_path: Path, kind: str) -> None:
    levels = max(
        n for n in range(DEEPEST) if not is_too_deep({"type": "object", "properties": {"x": nest(WRAPS[kind], n)}})
    )
    parameters = {"type": "object", "properties": {"x": nest(WRAPS[kind], levels)}}
    use(load_tools([write(tmp_path, [{"name": "look_up", "parameters": parameters, "returns": parameters}])]))


@pytest.mark.parametrize("key", ["default", "example"])
def test_deep_values_in_api_documents_are_left_out(tmp_path: Path, key: str) -> None:
    value: Any = "x"
    for _ in range(300):
        value = {"a": value}
    schema = {"type": "object", "properties": {"b": {"type": "object", key: value}, "c": {"type": "string"}}}
    path = write(
        tmp_path, {"openapi": "3.0.0", "paths": {"/a": {"post": {**returning(schema), "requestBody": body_of(schema)}}}}
    )
    use(load_tools([path]))


CIRCLES: list[tuple[Any, str]] = [
    ({"$ref": "#"}, "leads back to itself"),
    ({"type": "object", "allOf": [{"$ref": "#"}]}, "leads back to itself"),
    ({"properties": {"x": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"$ref": "#/$defs/A"}}}, "'#/\\$defs/A' leads back"),
    (
        {
            "properties": {"x": {"$ref": "#/$defs/A"}},
            "$defs": {"A": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/B"}]}, "B": {"not": {"$ref": "#/$defs/A"}}},
        },
        "leads back to itself",
    ),
    ({"properties": {"x": {"$ref": "#/description"}}, "description": "d"}, "points to no schema"),
    ({"properties": {"x": {"$ref": "#/required"}}, "required": ["x"]}, "points to no schema"),
    ({"properties": {"x": {"$ref": "#/nowhere"}}}, "points to nothing"),
    ({"properties": {"x": {"$ref": "other.json"}}}, "points to nothing"),
    ({"properties": {"x": {"$dynamicRef": "#nope"}}}, "points to nothing"),
]


@pytest.mark.parametrize(("schema", "words"), CIRCLES)
def test_references_that_nothing_can_follow_are_refused(tmp_path: Path, schema: Any, words: str) -> None:
    path = write(tmp_path, [{"name": "look_up", "parameters": {"type": "object", **schema}}])
    with pytest.raises(UsageError, match=words) as caught:
        load_tools([path])
    assert "tool 1, 'look_up': parameters" in caught.value.problem


def test_trees_of_nodes_load(tmp_path: Path) -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "all": {"items": {"$ref": "#"}}}}
    schema = {"type": "object", "properties": {"x": {"$ref": "#/$defs/Node"}}, "$defs": {"Node": node}}
    tools = load_tools([write(tmp_path, [{"name": "walk", "parameters": schema, "returns": schema}])])
    use(tools)
    assert schema_errors({"x": {"next": {"next": 5}}}, tools[0].parameters, closed=True)


@given(
    st.dictionaries(
        st.sampled_from("ABCD"),
        st.recursive(
            st.one_of(
                st.sampled_from("ABCDE").map(lambda name: {"$ref": f"#/$defs/{name}"}), st.just({"type": "string"})
            ),
            lambda inner: st.one_of(
                st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"anyOf": parts}),
                st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"allOf": parts}),
                inner.map(lambda part: {"type": "object", "properties": {"x": part}}),
                inner.map(lambda part: {"not": part}),
            ),
            max_leaves=4,
        ),
        min_size=1,
    )
)
def test_no_schema_that_passes_makes_validation_endless(definitions: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {"x": {"$ref": f"#/$defs/{min(definitions)}"}}, "$defs": definitions}
    if find_schema_mistake(schema) is None:
        schema_errors({"x": {"x": {"x": 1}}}, schema, closed=True)
        schema_errors({"x": {"x": {"x": 1}}}, schema, closed=False)


BIG: dict[str, Any] = {
    "one long description": [{"name": "say_it", "description": "word " * 1_000_000}],
    "a name of megabytes": [{"name": "天" * 1_500_000}],
    "tens of thousands of properties": [
        {
            "name": "set_it",
            "parameters": {"type": "dict", "properties": {f"p{n}": {"type": "float"} for n in range(20_000)}},
        }
    ],
    "names that become one": [{"name": f"a{'.' * (n + 1)}b"} for n in range(2000)],
    "an enum of an api document": {
        "openapi": "3.0.0",
        "paths": {"/a": {"get": {"parameters": [{**query("q"), "schema": {"enum": [str(n) for n in range(60_000)]}}]}}},
    },
    "unending markup": {
        "openapi": "3.0.0",
        "paths": {"/a": {"get": {"description": "<b>**word** [x](y) `z` " * 100_000}}},
    },
    "schemas that double": {
        "openapi": "3.0.0",
        "components": {
            "schemas": {
                f"A{n}": {
                    "anyOf": [
                        {"$ref": f"#/components/schemas/A{n + 1}"},
                        {"allOf": [{"$ref": f"#/components/schemas/A{n + 1}"}]},
                    ]
                }
                for n in range(200)
            }
        },
        "paths": {"/a": {"get": returning({"$ref": "#/components/schemas/A0"})}},
    },
}


@pytest.mark.parametrize("what", BIG)
def test_large_files_take_seconds(tmp_path: Path, what: str) -> None:
    path = write(tmp_path, BIG[what])
    started = time.process_time()
    tools = load_tools([path])
    assert time.process_time() - started < 20
    assert len({tool.name for tool in tools}) == len(tools)


@pytest.mark.parametrize(
    "text",
    [
        "- name: look_up\n  parameters:\n    properties:\n      1: {type: string}\n      null: {type: string}\n"
        "      true: {type: string}\n      2024-01-01: {type: string}\n"
    ],
)
def test_keys_of_yaml_are_text(tmp_path: Path, text: str) -> None:
    tool = only(load_catalogue([write(tmp_path, text, "a.yaml")]))
    assert list(tool.parameters["properties"]) == ["1", "null", "true", "2024-01-01"]


def test_numbers_too_large_for_json_stay_text(tmp_path: Path) -> None:
    path = write(
        tmp_path, '[{"name": "a", "parameters": {"properties": {"x": {"default": 1e400, "examples": [1e5]}}}}]'
    )
    tool = only(load_catalogue([path]))
    assert tool.parameters["properties"]["x"] == {"default": "1e400", "examples": [100000.0]}
    assert json.loads(json.dumps(tool.to_json(), allow_nan=False)) == tool.to_json()


def test_toolbench_parameters_that_are_no_list(tmp_path: Path) -> None:
    endpoint = {
        "name": "find",
        "required_parameters": 5,
        "optional_parameters": {"name": "x"},
        "template_response": [[[5]]],
    }
    assert only(load_catalogue([write(tmp_path, {"api_list": [endpoint]})])).parameters["properties"] == {}


CODE = """\
import datetime, types
from toolflow_graph.types import Tool
CIRCLE = {"name": "a"}
CIRCLE["parameters"] = CIRCLE
PAIRS = [{"name": "a", "parameters": {"type": "object", "properties": {(1, 2): {}}}}]
SETS = [{"name": "a", "parameters": {"type": "object", "required": {"x"}}}]
NAN = [{"name": "a", "parameters": {"type": "object", "properties": {"x": {"default": float("nan")}}}}]
DATE = [Tool(name="a", parameters={"type": "object", "properties": {"x": {"default": datetime.date(2024, 1, 1)}}})]
INVALID = [Tool.model_construct(name="a b")]
def leave():
    raise SystemExit(3)
def late():
    yield {"name": "a"}
    raise ValueError("too late")
def endless():
    while True:
        yield {"name": "a"}
NUMBERS = [{"name": "a", "parameters": {"type": "object", "properties": {1: {"type": "string", "enum": ("a", "b")}}}}]
PROXY = types.MappingProxyType({"name": "a", "parameters": types.MappingProxyType({"type": "dict"})})
TOOLS = [Tool(name="a", parameters={"type": "dict", "properties": {"x": {"type": "float"}}}, domain="mine")]
ONCE = ({"name": name} for name in ("a", "b"))
"""


@pytest.mark.parametrize(
    ("attr", "words"),
    [
        ("CIRCLE", "no JSON value: Circular reference"),
        ("PAIRS", "tool 1: no JSON value: keys must be str"),
        ("SETS", "no JSON value: set"),
        ("NAN", "no JSON value"),
        ("DATE", "no JSON value: date"),
        ("INVALID", "should match pattern"),
        ("leave", "fails: SystemExit: 3"),
        ("late", "fails: ValueError: too late"),
        ("endless", "more than 500,000 tools"),
    ],
)
def test_code_that_gives_no_json_is_refused(tmp_path: Path, attr: str, words: str) -> None:
    path = write(tmp_path, CODE, "mine.py")
    with pytest.raises(UsageError, match=words) as caught:
        load_tools([f"{path}:{attr}"])
    assert f"{path}:{attr}" in caught.value.problem


def test_what_code_gives_is_read_like_a_file(tmp_path: Path) -> None:
    path = write(tmp_path, CODE, "mine.py")
    numbers, proxy, tool = (only(load_catalogue([f"{path}:{attr}"])) for attr in ("NUMBERS", "PROXY", "TOOLS"))
    assert numbers.parameters["properties"] == {"1": {"type": "string", "enum": ["a", "b"]}}
    assert proxy.parameters == {"type": "object"}
    assert tool.parameters == {"type": "object", "properties": {"x": {"type": "number"}}}
    assert (tool.domain, tool.source) == ("mine", "mine")


@pytest.mark.parametrize("source", ["~nobody-of-this-name/tools", "a" * 5000, "a\0b", "./" * 3000 + "x"])
def test_impossible_places_are_no_tool_source(source: str) -> None:
    with pytest.raises(UsageError, match="no tool source") as caught:
        load_tools([source])
    assert caught.value.expected
    assert len(caught.value.problem) < 7000


def test_every_broken_source_is_told_and_each_is_read_once(tmp_path: Path) -> None:
    code = write(tmp_path, CODE, "mine.py")
    assert len(load_document(tmp_path, {"/a": {"get": {"responses": OK}}}).tools) == 1
    assert [tool.name for tool in load_tools([f"{code}:ONCE", str(tmp_path / "shop.openapi.yaml")])] == [
        "a",
        "b",
        "get_a",
    ]
    broken = write(tmp_path, "{", "broken.json")
    with pytest.raises(UsageError) as caught:
        load_tools([broken, "nowhere", str(tmp_path / "shop.openapi.yaml"), f"{code}:leave"])
    assert "broken.json" in caught.value.problem
    assert "no tool source 'nowhere'" in caught.value.problem
    assert "SystemExit" in caught.value.problem
