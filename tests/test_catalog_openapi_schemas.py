"""Schemas of API documents: references, Draft 2020-12, results, bounded sizes."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.openapi_documents import OK, TEXT, body_of, load_document, only, returning
from toolflow_graph.catalog.openapi_expand import SIZE
from toolflow_graph.validation import check_schema, schema_errors


@pytest.fixture
def load(tmp_path: Path) -> Any:
    """Loads a document given as paths and the rest."""
    return partial(load_document, tmp_path)


def test_references_cycles_and_inheritance(load: Any) -> None:
    schemas = {
        "Base": {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "string", "description": "Base id."}},
        },
        "Node": {
            "allOf": [
                {"$ref": "#/components/schemas/Base"},
                {
                    "description": "A node.",
                    "properties": {
                        "id": {"description": "Node id."},
                        "parent": {"$ref": "#/components/schemas/Base"},
                        "next": {"allOf": [{"$ref": "#/components/schemas/Node"}], "description": "The next one."},
                        "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
                        "lost": {"$ref": "#/components/schemas/Missing"},
                        "far": {"$ref": "other.yaml#/Thing"},
                        "a/b": {"$ref": "#/components/schemas/with~1slash"},
                    },
                },
            ]
        },
        "with/slash": {"type": "integer"},
    }
    catalogue = load({"/n": {"get": returning({"$ref": "#/components/schemas/Node"})}}, components={"schemas": schemas})
    assert only(catalogue).returns == {
        "type": "object",
        "description": "A node.",
        "properties": {
            "id": {"type": "string", "description": "Node id."},
            "parent": {
                "type": "object",
                "properties": {"id": {"type": "string", "description": "Base id."}},
                "required": ["id"],
            },
            "next": {"type": "object", "description": "The next one."},
            "children": {"type": "array", "items": {"type": "object", "description": "A node."}},
            "a/b": {"type": "integer"},
        },
        "required": ["id"],
    }
    assert any("recursive schema cut" in note for note in catalogue.notes)
    assert any("2 $refs that lead nowhere" in note for note in catalogue.notes)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": ["integer", "null"]}, {"type": ["integer", "null"]}),
        ({"type": "string", "enum": ["a"], "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"type": "string", "enum": [True, 5, "x", "", "x"]}, {"type": "string", "enum": ["true", "5", "x"]}),
        ({"type": "integer", "enum": ["1", "2", "x"]}, {"type": "integer", "enum": [1, 2]}),
        ({"enum": ["a"]}, {"type": "string", "enum": ["a"]}),
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, {"type": "integer", "exclusiveMinimum": 0}),
        ({"type": "number", "minimum": "1.5", "maximum": 1}, {"type": "number"}),
        ({"type": "string", "pattern": "(?<y>a)"}, {"type": "string"}),
        ({"type": "string", "pattern": "/^a$/"}, {"type": "string", "pattern": "^a$"}),
        ({"type": "string", "required": True, "xml": {}, "x-a": 1, "externalDocs": {}}, {"type": "string"}),
        ({"type": "integer", "maximum": 5, "default": 9}, {"type": "integer", "maximum": 5}),
        ({"type": "integer", "maximum": 5, "example": 3}, {"type": "integer", "maximum": 5, "examples": [3]}),
        ({"type": "string", "format": "date", "example": "soon"}, {"type": "string", "format": "date"}),
        ({"type": "string", "format": "made-up"}, {"type": "string", "format": "made-up"}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": ["string", "null"]}),
        ({"anyOf": [{"const": "a", **TEXT}, {"enum": ["b"], **TEXT}]}, {"type": "string", "enum": ["a", "b"]}),
        ({"anyOf": [{"type": "string"}, {"enum": ["b"], "type": "string"}]}, {"type": "string", "examples": ["b"]}),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"type": "object", "additionalProperties": TEXT}, {"type": "object", "additionalProperties": TEXT}),
        ({"type": "array", "items": TEXT, "maxItems": 2.0}, {"type": "array", "items": TEXT, "maxItems": 2}),
        ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}], "type": "string"}, {"type": "string"}),
        ({"type": "double"}, {"type": "number"}),
    ],
)  # fmt: skip
def test_schemas_become_draft_2020_12(load: Any, given: dict[str, Any], wanted: dict[str, Any]) -> None:
    parameter = {"name": "x", "in": "query", "schema": given}
    schema = only(load({"/a": {"get": {"parameters": [parameter], "responses": OK}}})).parameters
    assert schema == {"type": "object", "properties": {"x": wanted}}
    assert check_schema(schema) is None


def test_expandable_fields_and_write_only_fields_in_results(load: Any) -> None:
    whole = {"type": "object", "properties": {"id": {"type": "string"}}}
    schema = {
        "type": "object",
        "required": ["owner", "password", "gone"],
        "properties": {
            "owner": {"anyOf": [{"type": "string", "maxLength": 5000}, whole], "description": "Its owner."},
            "bank": {"description": "Its bank.", "x-expansionResources": {"oneOf": []}},
            "password": {"type": "string", "writeOnly": True},
            "nothing": {},
        },
    }
    assert only(load({"/a": {"get": returning(schema)}})).returns == {
        "type": "object",
        "properties": {
            "owner": {"type": "string", "description": "Its owner."},
            "bank": {"type": "string", "description": "Its bank."},
        },
        "required": ["owner"],
    }


def test_the_response_of_a_success(load: Any) -> None:
    thing = {"type": "object", "properties": {"id": {"type": "string"}}}
    error = {"type": "object", "properties": {"error": {"type": "string"}}}
    cases: dict[str, tuple[str, dict[str, Any], Any]] = {
        "created": ("post", {"200": {"description": ""}, "201": body_of(thing), "default": body_of(error)}, thing),
        "range": ("get", {"2XX": body_of(thing), "404": body_of(error)}, thing),
        "default-only": ("get", {"default": body_of(thing)}, thing),
        "default-is-the-error": ("get", {"200": {"description": ""}, "default": body_of(error)}, None),
        "no-content": ("put", {"204": {"description": ""}}, "success"),
        "accepted": ("post", {"202": {"description": ""}}, "success"),
        "deleted": ("delete", {"200": {"description": ""}}, "success"),
        "hal": ("get", {"200": {"content": {"text/html": {}, "application/hal+json": {"schema": thing}}}}, thing),
        "image": (
            "get",
            {"200": {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}},
            "file_url",
        ),
        "zip": ("get", {"200": {"content": {"application/zip": {}}}}, "file_url"),
        "text": ("get", {"200": {"content": {"text/csv": {}}}}, {"type": "string"}),
        "example": ("get", {"200": {"content": {"application/json": {"example": {"id": "a"}}}}}, None),
        "none": ("get", {}, None),
    }
    for name, (method, responses, wanted) in cases.items():
        returns = only(load({"/a": {method: {"responses": responses}}})).returns
        if name == "example":
            assert returns == {"type": "object", "properties": {"id": {"type": "string", "examples": ["a"]}}}
        elif isinstance(wanted, str):
            assert returns is not None, name
            assert list(returns["properties"]) == [wanted], name
        else:
            assert returns == wanted, name


def wide(count: int, depth: int, required: bool = False) -> dict[str, Any]:
    """An object with ``count`` described fields, each third an object like it, ``depth`` levels deep."""
    properties: dict[str, Any] = {}
    for index in range(count):
        inner = depth > 0 and index % 3 == 0
        properties[f"field_{index}"] = {
            **(wide(count, depth - 1, required) if inner else {"type": "string"}),
            "description": f"What the field number {index} is about.",
        }
    needed = list(properties) if required else ["field_1", "field_0"]
    return {"type": "object", "properties": properties, "required": needed}


def test_large_results_are_shortened_the_nearest_fields_stay(load: Any) -> None:
    catalogue = load({"/a": {"get": {"operationId": "getWide", **returning(wide(9, 6))}}})
    returns = only(catalogue).returns
    assert returns is not None
    assert len(json.dumps(returns)) < SIZE["out"] * 1.1
    assert list(returns["properties"]) == [f"field_{index}" for index in range(9)]
    assert returns["required"] == ["field_0", "field_1"]
    assert catalogue.notes == ("shop: 1 return schema shortened (getWide)",)


def test_large_parameters_keep_all_that_is_required(load: Any) -> None:
    schema = wide(6, 3)
    schema["properties"]["needed"] = wide(12, 2, required=True)
    schema["required"] = ["needed"]
    parameters = only(load({"/a": {"post": {"requestBody": body_of(schema), "responses": OK}}})).parameters
    needed = parameters["properties"]["needed"]
    assert needed["required"] == list(needed["properties"]) == [f"field_{index}" for index in range(12)]
    assert len(needed["properties"]["field_3"]["properties"]["field_0"]["required"]) == 12
    assert check_schema(parameters) is None


def test_an_optional_object_that_lost_a_required_field_goes_whole(load: Any) -> None:
    optional = {
        "type": "object",
        "required": ["big"],
        "properties": {"big": {"type": "string", "enum": ["v" * 200]}},
    }
    many = {f"option_{index}": optional | {"description": "d" * 200} for index in range(60)}
    parameters = only(
        load({"/a": {"post": {"requestBody": body_of({"type": "object", "properties": many}), "responses": OK}}})
    ).parameters
    assert 5 < len(parameters["properties"]) < 60
    for name, schema in parameters["properties"].items():
        assert schema["required"] == ["big"], name
    assert not schema_errors({"option_0": {"big": "v" * 200}}, parameters, closed=True)
