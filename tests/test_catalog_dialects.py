"""Plain tool lists as people write them: what is clear is corrected and told, the rest refused."""

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.openapi_documents import any_schema, schemas
from toolflow_graph.catalog import load_catalogue
from toolflow_graph.catalog.dialect import correct_schema
from toolflow_graph.catalog.entries import Origin, read_entries
from toolflow_graph.catalog.notes import Notes
from toolflow_graph.catalog.schema_check import find_schema_mistake, is_plainly_valid
from toolflow_graph.catalog.type_words import is_optional, read_type
from toolflow_graph.errors import UsageError
from toolflow_graph.validation import check_schema, schema_errors

CORPORA = Path(__file__).parents[2] / "shared" / "corpora"
TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("word", "schema"),
    [
        ("string", TEXT),
        ("String", TEXT),
        ("str", TEXT),
        ("file", TEXT),
        ("float", {"type": "number"}),
        ("double", {"type": "number"}),
        ("int", {"type": "integer"}),
        ("bool", {"type": "boolean"}),
        ("dict", {"type": "object"}),
        ("list", {"type": "array"}),
        ("any", {}),
        ("NoneType", {}),
        ("datetime", {"type": "string", "format": "date-time"}),
        ("DATE (YYYY-MM-DD)", {"type": "string", "format": "date"}),
        ("List[str]", {"type": "array", "items": TEXT}),
        ("list[list[int]]", {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}),
        ("array<string>", {"type": "array", "items": TEXT}),
        ("string[]", {"type": "array", "items": TEXT}),
        ("array of strings", {"type": "array", "items": TEXT}),
        ("Tuple[int, int]", {"type": "array"}),
        ("Dict[str, float]", {"type": "object"}),
        ("Optional[int]", {"type": ["integer", "null"]}),
        ("int | None", {"type": ["integer", "null"]}),
        ("Union[int, float]", {"type": ["integer", "number"]}),
        ("int, optional", {"type": "integer"}),
        ("Optional[List[str]]", {"anyOf": [{"type": "array", "items": TEXT}, {"type": "null"}]}),
        ("50", None),
        ('{"status":', None),
        ("city", None),
        ("list[" * 60, None),
        ("", None),
    ],
)
def test_names_of_types(word: str, schema: Any) -> None:
    assert read_type(word) == schema


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"type": "file"}, TEXT),
        ({"type": ["str", "None"]}, {"type": ["string", "null"]}),
        ({"type": ["string", "string"]}, TEXT),
        ({"type": []}, {}),
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, {"type": "integer", "exclusiveMinimum": 0}),
        ({"type": "integer", "maximum": 9, "exclusiveMaximum": False}, {"type": "integer", "maximum": 9}),
        ({"type": "integer", "exclusiveMaximum": True}, {"type": "integer"}),
        ({"type": "integer", "minimum": "1", "maximum": "2.5"}, {"type": "integer", "minimum": 1, "maximum": 2.5}),
        ({**TEXT, "minLength": "5"}, {**TEXT, "minLength": 5}),
        ({**TEXT, "enum": None, "format": None, "description": None}, TEXT),
        ({**TEXT, "enum": []}, TEXT),
        ({"type": "integer", "enum": ["1", "2"]}, {"type": "integer", "enum": [1, 2]}),
        ({**TEXT, "nullable": True}, {"type": ["string", "null"]}),
        ({**TEXT, "enum": ["a"], "nullable": "true"}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"anyOf": [TEXT], "nullable": True}, {"anyOf": [TEXT, {"type": "null"}]}),
        ({"type": "array", "items": None}, {"type": "array"}),
        ({"type": "array", "items": [TEXT]}, {"type": "array", "items": TEXT}),
        ({"type": "array", "items": "float"}, {"type": "array", "items": {"type": "number"}}),
        (
            {"type": "array", "items": [TEXT, {"type": "int"}]},
            {"type": "array", "prefixItems": [TEXT, {"type": "integer"}]},
        ),
        ({"type": "object", "properties": None}, {"type": "object"}),
        ({"type": "object", "properties": []}, {"type": "object", "properties": {}}),
        ({"type": "object", "additionalProperties": "false"}, {"type": "object", "additionalProperties": False}),
        ({**TEXT, "description": ["A", "city."]}, {**TEXT, "description": "A city."}),
        ({**TEXT, "examples": "Bern"}, {**TEXT, "examples": ["Bern"]}),
        ({"anyOf": []}, {}),
        ("float", {"type": "number"}),
        (None, {}),
    ],
)
def test_what_is_clear_is_corrected(given: Any, wanted: Any) -> None:
    before = copy.deepcopy(given)
    schema = {"type": "object", "properties": {"x": given}}
    fixed, changes = correct_schema(schema)
    assert fixed == {"type": "object", "properties": {"x": wanted}}
    assert changes
    assert given == before
    assert check_schema(fixed) is None


@pytest.mark.parametrize(
    ("given", "required"),
    [
        ({"properties": {"a": TEXT, "b": TEXT}, "required": ["a", "a"]}, ["a"]),
        ({"properties": {"a": {**TEXT, "required": True}, "b": {**TEXT, "required": False}}}, ["a"]),
        ({"properties": {"a": {**TEXT, "required": "true"}, "b": TEXT}, "required": ["b"]}, ["b", "a"]),
        ({"properties": {"a": TEXT, "b": TEXT}, "required": "a"}, ["a"]),
        ({"properties": {"a": TEXT, "b": TEXT}, "required": ["a", "gone"]}, ["a"]),
        ({"properties": {"a": TEXT, "b": TEXT}, "required": True}, None),
        ({"properties": {"a": TEXT, "b": TEXT}, "required": None}, None),
        ([{"name": "a", "type": "string", "required": True}, {"name": "b", "type": "str"}], ["a"]),
        ({"a": {"type": "str"}, "b": {"type": "str, optional"}}, ["a"]),
        ({"a": "str", "b": "string"}, None),
    ],
)
def test_what_is_required(given: Any, required: list[str] | None) -> None:
    given = {"type": "object", **given} if isinstance(given, dict) and "properties" in given else given
    fixed, _ = correct_schema(given)
    wanted = {"type": "object", "properties": {"a": TEXT, "b": TEXT}}
    assert fixed == (wanted if required is None else {**wanted, "required": required})


def test_a_composed_schema_keeps_what_it_requires() -> None:
    schema = {"type": "object", "properties": {"a": TEXT}, "allOf": [{"properties": {"b": TEXT}}], "required": ["b"]}
    assert correct_schema(schema) == (schema, ())


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"type": TEXT, "required": {"type": "boolean"}, "enum": TEXT}},
        {"type": "object", "properties": {"x": {"default": None, "nullable": False, "example": None}}},
        {"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"A": TEXT}, "type": "object"},
        {"type": "object", "properties": {"x": {**TEXT, "format": "made-up"}}},
        {"type": "object"},
        {},
    ],
)
def test_what_is_right_stays_the_very_object(schema: dict[str, Any]) -> None:
    fixed, changes = correct_schema(schema)
    assert fixed is schema
    assert not changes


def read(parameters: Any, returns: Any = None) -> tuple[Any, Any, list[str]]:
    notes = Notes()
    (tool,) = read_entries([{"name": "do_it", "parameters": parameters, "returns": returns}], Origin("x", "x"), notes)
    return tool.parameters, tool.returns, notes.render("x")


def test_a_list_tells_what_was_corrected() -> None:
    parameters, returns, notes = read(
        {"type": "dict", "properties": {"x": {"type": "float", "required": True}}}, {"price": {"type": "float"}}
    )
    assert parameters == {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}
    assert returns == {"type": "object", "properties": {"price": {"type": "number"}}}
    assert notes == [
        "x: 2 schemas corrected to JSON Schema (do_it: type 'dict', type 'float', required: a flag, "
        "do_it: bare parameters, type 'float')"
    ]


def test_draft_7_references_load_and_validate() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"x": {"$ref": "#/definitions/A"}, "y": {"$id": "http://a.example/y", "$ref": "#/definitions/A"}},
        "definitions": {"A": {"type": "integer", "minimum": 0, "exclusiveMinimum": True}},
    }
    parameters, _, _ = read(schema)
    assert not schema_errors({"x": 1, "y": 2}, parameters, closed=True)
    assert schema_errors({"x": 0}, parameters, closed=True)


def test_arguments_that_may_be_null_are_an_object() -> None:
    assert read({"type": ["object", "null"], "properties": {}})[0] == {"type": "object", "properties": {}}
    assert read([], [])[:2] == ({"type": "object", "properties": {}}, None)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "nonsense"}, "type: 'nonsense' is none of array, boolean"),
        ({"type": {}}, "is none of"),
        ({"type": ["string", "nonsense"]}, "is none of"),
        ({"type": "object", "properties": {"a": {"type": "50"}}}, "properties/a/type: '50' is none of"),
        ({"type": "object", "properties": {"a": "The city"}}, "properties/a: 'The city' is not of type"),
        ({"type": "object", "properties": ["a"]}, "properties: "),
        ({"type": "object", "properties": {"a": {"enum": {"a": 1}}}}, "properties/a/enum"),
        ({"type": "object", "properties": {"a": {"items": 5}}}, "properties/a/items"),
        ({"type": "object", "required": {"a": True}}, "required"),
        ({"type": "object", "properties": {"a": {"minimum": "x"}}}, "minimum"),
        ({"type": "object", "properties": {"a": {"minLength": -1}}}, "minLength"),
        ({"type": "str"}, "parameters are of type 'string'"),
        ("the city", "expected a JSON Schema object"),
    ],
)
def test_what_is_not_clear_is_refused_with_tool_and_place(schema: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        read(schema)
    assert "tool 1, 'do_it'" in caught.value.problem
    assert caught.value.expected


def test_all_mistakes_of_a_list_are_told_at_once() -> None:
    entries = [{"name": f"tool_{index}", "parameters": {"type": "nonsense"}} for index in range(12)]
    with pytest.raises(UsageError) as caught:
        read_entries([*entries, {"name": "good"}, {"name": "good"}], Origin("x", "x"), Notes())
    lines = caught.value.problem.splitlines()
    assert len(lines) == 11
    assert lines[1].startswith("'x', tool 2, 'tool_1': parameters")
    assert lines[-1] == "... and 3 more"


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(schemas(any_schema), any_schema))
def test_any_schema_is_corrected_once_and_for_all(schema: Any) -> None:
    before = copy.deepcopy(schema)
    fixed, _ = correct_schema(schema)
    assert schema == before
    assert correct_schema(fixed)[1] == ()
    if find_schema_mistake(schema) is None:
        assert find_schema_mistake(fixed) is None, "what was valid stays valid"


@settings(max_examples=100, deadline=None)
@given(schemas(any_schema))
def test_a_list_gives_a_valid_tool_or_a_usage_error(schema: Any) -> None:
    reason = "'do_it'"
    try:
        parameters, _, _ = read({"type": "object", "properties": {"x": schema}})
        assert check_schema(parameters) is None
        schema_errors({"x": 1}, parameters, closed=True)
    except UsageError as error:
        reason = error.problem
    assert "'do_it'" in reason


@given(st.text("listounra[]<>|,() ", max_size=40))
def test_any_name_of_a_type_is_a_valid_schema_or_none(word: str) -> None:
    read_as = read_type(word)
    assert read_as is None or is_plainly_valid(read_as)
    assert is_optional(f"{word}, optional")


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the public corpora are not beside this checkout")
def test_real_lists_load() -> None:
    def count(path: Path, step: int = 1) -> tuple[int, int]:
        loaded = seen = 0
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for index, line in enumerate(lines):
                if index % step:
                    continue
                seen += 1
                try:
                    read_entries([json.loads(line)], Origin("x", "x"), Notes())
                except UsageError:
                    continue
                loaded += 1
        return loaded, seen

    assert count(CORPORA / "labelled" / "bfcl_multiturn.jsonl") == (162, 162)
    assert count(CORPORA / "labelled" / "toollinkos.jsonl") == (573, 573)
    # The others have a piece of JSON text where a type belongs.
    assert count(CORPORA / "labelled" / "toolbench_sub.jsonl") == (2345, 2494)
    loaded, seen = count(CORPORA / "openapi-65k.jsonl.gz", step=40)
    assert loaded == seen > 1600


def test_a_file_of_bfcl_s_own_kind(tmp_path: Path) -> None:
    path = tmp_path / "bfcl.json"
    entry = {
        "name": "math.factorial",
        "description": "Calculate the factorial.",
        "parameters": {"type": "dict", "properties": {"number": {"type": "integer"}}, "required": ["number"]},
    }
    path.write_text(json.dumps([entry]))
    catalogue = load_catalogue([str(path)])
    assert catalogue.tools[0].parameters["type"] == "object"
    assert catalogue.notes[-1] == "bfcl: 1 schema corrected to JSON Schema (math_factorial: type 'dict')"
