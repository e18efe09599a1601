"""Operations to tools: names, descriptions, effects, parameters, order."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.openapi_documents import OK, body_of, load_document, only
from toolflow_graph.catalog import load_catalogue, load_tools
from toolflow_graph.catalog.openapi import guess_effect
from toolflow_graph.errors import UsageError


@pytest.fixture
def load(tmp_path: Path) -> Any:
    """Loads a document given as paths and the rest."""
    return partial(load_document, tmp_path)


def test_names_descriptions_domains(load: Any) -> None:
    catalogue = load(
        {
            "/v1/users/{id}.json": {"get": {"responses": OK}, "delete": {"responses": OK, "tags": ["Users"]}},
            "/pets": {"get": {"operationId": "pets.list all", "summary": "List <b>pets</b>", "responses": OK}},
            "/a": {"get": {"operationId": "listThings", "responses": OK}},
            "/b": {
                "get": {"operationId": "listThings", "description": "See [docs](http://x). Really.", "responses": OK}
            },
            "/c": {"get": {"operationId": "日本", "summary": "listC()", "responses": OK}},
        }
    )
    assert [(tool.name, tool.description, tool.domain) for tool in catalogue.tools] == [
        ("get_users_by_id", "Get users by id.", "Shop API"),
        ("delete_users_by_id", "Delete users by id.", "Shop API / Users"),
        ("pets_list_all", "List pets", "Shop API"),
        ("listThings", "List things.", "Shop API"),
        ("listThings_b", "See docs. Really.", "Shop API"),
        ("get_c", "listC()", "Shop API"),
    ]
    assert {tool.source for tool in catalogue.tools} == {"shop"}
    assert any("GET /b -> listThings_b" in note for note in catalogue.notes)


def test_long_names_are_cut_at_a_word_and_never_take_a_valid_one(load: Any) -> None:
    short = "getTheVeryLongWindedNameOfAnOperationThatNobodyWouldEverType"
    catalogue = load(
        {
            "/a": {"get": {"operationId": short + "Twice", "responses": OK}},
            "/b": {"get": {"operationId": short, "responses": OK}},
        }
    )
    names = [tool.name for tool in catalogue.tools]
    assert names[1] == short
    assert names[0].endswith("_Twice")
    assert len(names[0]) <= 64


@pytest.mark.parametrize(
    ("method", "path", "operation_id", "effect"),
    [
        ("get", "/a", "createIt", "read"),
        ("head", "/a", "", "read"),
        ("post", "/a", "createA", "write"),
        ("post", "/tickets/search", "", "read"),
        ("post", "/tickets/search", "createSearch", "read"),
        ("post", "/x", "searchTickets", "read"),
        ("post", "/x", "post_query", "read"),
        ("post", "/lists", "addToList", "write"),
        ("post", "/saved/search", "saveIt", "write"),
        ("put", "/search", "search", "write"),
        ("delete", "/a", "", "write"),
    ],
)
def test_effects(method: str, path: str, operation_id: str, effect: str) -> None:
    assert guess_effect(method, path, operation_id) == effect


def test_parameters_of_every_place_become_one_object(load: Any) -> None:
    operation = {
        "operationId": "updateUser",
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}, "description": "Which one."},
            {"name": "verbose", "in": "query", "schema": {"type": "boolean", "default": False}},
            {"name": "X-Region", "in": "header", "schema": {"type": "string", "enum": ["eu", "us"]}},
            {"name": "lang", "in": "cookie", "schema": {"type": "string"}, "example": "de"},
            {"name": "filter", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
        ],
        "requestBody": body_of(
            {
                "type": "object",
                "required": ["name", "created"],
                "properties": {
                    "name": {"type": "string", "example": "Ada"},
                    "created": {"type": "string", "format": "date", "readOnly": True},
                    "address": {"type": "object", "properties": {"zip": {"type": "string", "example": 8001}}},
                },
            }
        ),
        "responses": OK,
    }
    tool = only(load({"/users/{id}/{kind}": {"put": operation}}))
    assert tool.effect == "write"
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "id": {"type": "integer", "description": "Which one."},
            "verbose": {"type": "boolean", "default": False},
            "X-Region": {"type": "string", "enum": ["eu", "us"]},
            "lang": {"type": "string", "examples": ["de"]},
            "filter": {"type": "object"},
            "kind": {"type": "string"},
            "name": {"type": "string", "examples": ["Ada"]},
            "address": {"type": "object", "properties": {"zip": {"type": "string", "examples": ["8001"]}}},
        },
        "required": ["id", "kind", "name"],
    }


def test_bodies_that_clash_or_are_no_objects_stay_under_body(load: Any) -> None:
    clash = body_of({"type": "object", "properties": {"id": {"type": "string"}}}, required=True)
    parameters = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
    catalogue = load(
        {
            "/a/{id}": {"post": {"operationId": "a", "parameters": parameters, "requestBody": clash, "responses": OK}},
            "/b": {"post": {"requestBody": body_of({"type": "array", "items": {"type": "integer"}}), "responses": OK}},
            "/c": {"post": {"requestBody": body_of({"type": "string"}, "text/plain", required=True), "responses": OK}},
            "/d": {"post": {"requestBody": {"content": {"image/png": {}}}, "responses": OK}},
        }
    )
    first, second, third, fourth = (tool.parameters for tool in catalogue.tools)
    assert first["properties"]["body"] == {"type": "object", "properties": {"id": {"type": "string"}}}
    assert first["required"] == ["id", "body"]
    assert second["properties"] == {"body": {"type": "array", "items": {"type": "integer"}}}
    assert "required" not in second
    assert third["required"] == ["body"]
    assert fourth["properties"]["body"] == {"type": "string", "description": "Content of the body (image/png)."}


def test_forms_and_alternatives_in_bodies(load: Any) -> None:
    form = {"type": "object", "properties": {"photo": {"type": "string", "format": "binary"}}, "required": ["photo"]}
    choice = {
        "type": "object",
        "properties": {"note": {"type": "string"}},
        "oneOf": [
            {"properties": {"email": {"type": "string"}}, "required": ["email"]},
            {"properties": {"phone": {"type": "string"}}, "required": ["phone"]},
        ],
    }
    catalogue = load(
        {
            "/a": {"post": {"requestBody": body_of(form, "multipart/form-data"), "responses": OK}},
            "/b": {"post": {"requestBody": body_of(choice), "responses": OK}},
        }
    )
    first, second = (tool.parameters for tool in catalogue.tools)
    assert first["properties"] == {"photo": {"type": "string", "format": "binary"}}
    assert first["required"] == ["photo"]
    assert set(second["properties"]) == {"note", "email"}
    assert second["required"] == ["email"]


def test_swagger_2_parameters(tmp_path: Path) -> None:
    document = {
        "swagger": "2.0",
        "info": {"title": "Old"},
        "securityDefinitions": {"k": {"type": "apiKey", "in": "query", "name": "key"}},
        "definitions": {"Pet": {"type": "object", "properties": {"name": {"type": "string", "x-nullable": True}}}},
        "paths": {
            "/pets": {
                "parameters": [{"name": "key", "in": "query", "type": "string", "required": True}],
                "post": {
                    "parameters": [
                        {"name": "pet", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Pet"}}
                    ],
                    "responses": {
                        "200": {
                            "description": "OK",
                            "schema": {"type": "array", "items": {"$ref": "#/definitions/Pet"}},
                        }
                    },
                },
                "put": {
                    "parameters": [
                        {"name": "size", "in": "formData", "type": "integer", "minimum": 1, "exclusiveMinimum": True},
                        {"name": "photo", "in": "formData", "type": "file", "required": True},
                        {
                            "name": "tags",
                            "in": "query",
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "tags",
                        },
                    ],
                    "responses": {"204": {"description": "Done"}},
                },
            }
        },
    }
    path = tmp_path / "old.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    catalogue = load_catalogue([str(path)])
    post, put = catalogue.tools
    pet = {"type": "object", "properties": {"name": {"type": ["string", "null"]}}}
    assert post.parameters == pet
    assert post.returns == {"type": "array", "items": pet}
    assert put.parameters == {
        "type": "object",
        "properties": {
            "size": {"type": "integer", "exclusiveMinimum": 1},
            "photo": {"type": "string", "description": "Content of the file."},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["photo"],
    }
    assert catalogue.notes == (
        "old: 1 credential parameter left out (query key)",
        "old: 2 names made up for operations without operationId (POST /pets -> post_pets, PUT /pets -> put_pets)",
    )


def test_credentials_and_boilerplate_are_left_out_and_told(load: Any) -> None:
    def parameter(name: str, place: str = "query", **rest: Any) -> dict[str, Any]:
        return {"name": name, "in": place, "schema": {"type": "string"}, **rest}

    gone = [
        parameter("Authorization", "header"),
        parameter("X-Shop-Token", "header"),
        parameter("token", description="Your access token."),
        parameter("access_token"),
        parameter("secured"),
        parameter("session_id", "cookie"),
        parameter("Accept-Language", "header"),
        parameter("If-Match", "header"),
        parameter("Shop-Version", "header", schema={"type": "string", "enum": ["2024-01-01"]}),
        parameter("format", required=True, schema={"type": "string", "enum": ["json"]}),
    ]
    kept = [parameter("token", "path", required=True), parameter("key", description="The field to sort by.")]
    schemes = {"a": {"type": "apiKey", "in": "query", "name": "secured"}}
    catalogue = load(
        {"/a/{token}": {"get": {"parameters": [*gone, *kept], "responses": OK}}},
        components={"securitySchemes": schemes},
    )
    assert list(only(catalogue).parameters["properties"]) == ["token", "key"]
    told = " ".join(catalogue.notes)
    assert "6 credential parameters" in told
    assert "2 boilerplate parameters" in told
    assert "2 parameters with a single possible value" in told


def test_what_every_operation_repeats_is_boilerplate(load: Any) -> None:
    def operation(index: int) -> dict[str, Any]:
        names = ["pretty", "user", *([f"own{index}"] if index else [])]
        parameters: list[Any] = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]
        parameters += [{"name": "X-Geo", "in": "header", "required": True, "schema": {"type": "string"}}]
        if index == 3:
            parameters[1]["required"] = True
        return {"parameters": parameters, "responses": OK}

    catalogue = load({f"/a{index}": {"get": operation(index)} for index in range(12)})
    assert list(catalogue.tools[5].parameters["properties"]) == ["user", "own5"]
    assert "2 boilerplate parameters left out (query pretty, header X-Geo)" in catalogue.notes[0]


def test_a_broken_operation_is_skipped_and_told(load: Any) -> None:
    catalogue = load({"/a": {"get": None, "post": {"responses": OK}}, "/b": {"$ref": "#/nowhere"}})
    assert only(catalogue).name == "post_a"
    assert "2 operations skipped (GET /a: no operation object, /b: no path item)" in catalogue.notes[-1]


def test_order_of_the_document_is_the_order_of_the_tools(load: Any) -> None:
    catalogue = load({"/b": {"post": {"responses": OK}, "get": {"responses": OK}}, "/a": {"get": {"responses": OK}}})
    assert [tool.name for tool in catalogue.tools] == ["post_b", "get_b", "get_a"]


def test_aliases_that_stand_for_millions_of_values_are_refused(tmp_path: Path) -> None:
    levels = [f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]" for n in range(9)]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(["a: &a [x, x, x]", *levels, "openapi: 3.0.0", "paths: {}"]))
    with pytest.raises(UsageError, match="aliases stand for more than"):
        load_tools([str(path)])


def test_half_a_surrogate_pair_becomes_the_replacement_character(tmp_path: Path) -> None:
    path = tmp_path / "tools.json"
    # json.dumps escapes both: the lone half and the pair.
    path.write_text(json.dumps([{"name": "look_up", "description": "Look up \ud800 things \U0001f600."}]))
    assert load_tools([str(path)])[0].description == "Look up \ufffd things \U0001f600."
