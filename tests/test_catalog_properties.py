"""Whatever an API document holds, its tools are valid: generated documents, half of them nonsense."""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolflow_graph.catalog.entries import Origin
from toolflow_graph.catalog.naming import make_valid, name_of_path, tell_apart
from toolflow_graph.catalog.notes import Notes
from toolflow_graph.catalog.openapi import read_openapi
from toolflow_graph.catalog.openapi_expand import SIZE
from toolflow_graph.catalog.parsing import parse_document
from toolflow_graph.catalog.schema_check import find_schema_mistake, is_plainly_valid
from toolflow_graph.catalog.text import plain_text
from toolflow_graph.errors import UsageError
from toolflow_graph.schemas import check_schema, schema_errors

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")

words = st.sampled_from(
    ["id", "name", "limit", "page size", "über", "$top", "created[gte]", "api_key", "data", "x" * 80]
)
junk = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.text(max_size=5), st.just([]), st.just({}))
scalars = st.one_of(st.integers(-5, 5), st.text("ab1.", max_size=4), st.booleans(), st.none(), st.floats(-1, 1))
types = st.one_of(
    st.sampled_from(["string", "integer", "number", "boolean", "object", "array", "file", "float", "any", "nonsense"]),
    st.lists(st.sampled_from(["string", "null", "object", "array", "integer"]), max_size=3),
    junk,
)
refs = st.sampled_from(
    ["#/components/schemas/A", "#/components/schemas/B", "#/components/schemas/C", "#/nowhere", "other.yaml#/X", "#"]
)


def mostly(right: st.SearchStrategy[Any], wrong: st.SearchStrategy[Any] = junk) -> st.SearchStrategy[Any]:
    """Nonsense now and then; a document that is all nonsense tests nothing."""
    # one_of would draw both equally often, however often one is named.
    return st.integers(0, 7).flatmap(lambda draw: wrong if draw == 7 else right)


scalar_keywords: dict[str, st.SearchStrategy[Any]] = {
    "description": mostly(st.text(max_size=20)),
    "enum": mostly(st.lists(scalars, max_size=4)),
    "const": scalars,
    "default": scalars,
    "example": scalars,
    "examples": mostly(st.lists(scalars, max_size=2)),
    "format": mostly(st.sampled_from(["date", "date-time", "uuid", "int64", "email", "binary"])),
    "minimum": scalars,
    "maximum": scalars,
    "exclusiveMinimum": scalars,
    "exclusiveMaximum": scalars,
    "multipleOf": scalars,
    "minLength": scalars,
    "maxLength": scalars,
    "minItems": scalars,
    "maxItems": scalars,
    "uniqueItems": junk,
    "pattern": mostly(st.sampled_from(["^a+$", "(?<x>a", "\\p{L}", "/^a$/"])),
    "nullable": junk,
    "readOnly": junk,
    "writeOnly": junk,
    "required": mostly(st.lists(words, max_size=3)),
}
scalar_schema = st.fixed_dictionaries({"type": types}, optional=scalar_keywords)


def schemas(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects, arrays, compositions, and a mixture of everything."""
    properties = mostly(st.dictionaries(words, children, min_size=1, max_size=4))
    required = mostly(st.lists(words, max_size=3))
    branches = mostly(st.lists(children, min_size=1, max_size=4))
    an_object = st.fixed_dictionaries(
        {"type": mostly(st.just("object"), types), "properties": properties, "required": required},
        optional={"additionalProperties": mostly(children), "nullable": junk, "description": junk, "oneOf": branches},
    )
    an_array = st.fixed_dictionaries({"type": st.just("array"), "items": mostly(children)}, optional=scalar_keywords)
    composed = st.one_of(
        *(st.fixed_dictionaries({key: branches}, optional=scalar_keywords) for key in ("allOf", "anyOf", "oneOf"))
    )
    mixture = st.fixed_dictionaries(
        {"not": children, "discriminator": junk, "allOf": branches, "anyOf": branches, "properties": properties},
        optional=scalar_keywords,
    )
    return st.one_of(an_object, an_object, an_array, composed, mixture)


leaves = st.one_of(refs.map(lambda ref: {"$ref": ref}), scalar_schema, scalar_schema, junk)
any_schema = st.recursive(leaves, schemas, max_leaves=10)
named_examples = st.fixed_dictionaries({"one": st.fixed_dictionaries({"value": scalars})})
parameter = mostly(
    st.fixed_dictionaries(
        {
            "name": mostly(words),
            "in": st.sampled_from(["path", "query", "query", "header", "cookie", "body", "formData"]),
            "schema": any_schema,
            "required": junk,
        },
        optional={"description": junk, "examples": mostly(named_examples), "deprecated": junk},
    ),
    st.one_of(leaves, st.fixed_dictionaries({"name": words, "in": st.just("query")}, optional=scalar_keywords)),
)
media = st.fixed_dictionaries({}, optional={"schema": any_schema, "example": st.one_of(scalars, st.just({"a": [1]}))})
kinds = [
    "application/json",
    "application/json",
    "application/hal+json",
    "multipart/form-data",
    "text/plain",
    "image/png",
]
content = mostly(st.dictionaries(st.sampled_from(kinds), mostly(media), min_size=1, max_size=2))
response = mostly(
    st.one_of(
        st.fixed_dictionaries({"description": junk, "content": content}),
        st.fixed_dictionaries({"schema": any_schema}, optional={"examples": junk}),
    ),
    leaves,
)
operation = st.fixed_dictionaries(
    {
        "parameters": mostly(st.lists(parameter, max_size=3)),
        "responses": mostly(
            st.dictionaries(st.sampled_from(["200", "201", "204", "2XX", "default", "404"]), response, max_size=3)
        ),
    },
    optional={
        "operationId": mostly(st.sampled_from(["getIt", "get it", "a.b/c", "x" * 90, "日本"])),
        "summary": junk,
        "description": junk,
        "tags": mostly(st.lists(junk, max_size=2)),
        "requestBody": mostly(st.fixed_dictionaries({"content": content}, optional={"required": junk}), leaves),
    },
)
path_item = mostly(
    st.dictionaries(st.sampled_from(["get", "post", "delete", "head"]), mostly(operation), min_size=1, max_size=2),
    leaves,
)
documents = st.fixed_dictionaries(
    {
        "openapi": st.sampled_from(["3.0.3", "3.1.0"]),
        "paths": st.dictionaries(
            st.sampled_from(["/a", "/a/{id}", "/v1/a/{id}/search", "/{x}.{ext}", ""]), path_item, min_size=1, max_size=2
        ),
        "components": st.fixed_dictionaries(
            {
                "schemas": st.fixed_dictionaries(dict.fromkeys("ABC", any_schema)),
                "securitySchemes": mostly(st.just({"k": {"type": "apiKey", "in": "query", "name": "api_key"}})),
            }
        ),
    }
)


def walk(node: Any) -> Iterator[dict[str, Any]]:
    """Every schema of a schema."""
    if isinstance(node, dict):
        yield node
        for key, value in node.items():
            if key == "properties":
                for child in value.values():
                    yield from walk(child)
            elif key in ("items", "additionalProperties"):
                yield from walk(value)
            elif key == "anyOf":
                for child in value:
                    yield from walk(child)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents)
def test_any_document_gives_valid_tools_or_a_usage_error(document: dict[str, Any]) -> None:
    notes = Notes()
    try:
        tools = read_openapi(document, Origin("spec.yaml", "spec"), notes)
    except UsageError as error:
        reason = str(error)
    else:
        reason = ""
    if reason:
        assert "no operations" in reason
        assert "Error:" not in reason
        return
    assert not any("Error:" in line for line in notes.render("spec")), "nothing was skipped for an unforeseen reason"
    names = [tool.name for tool in tools]
    assert len(set(names)) == len(names)
    for tool in tools:
        assert NAME.fullmatch(tool.name)
        assert tool.description
        assert tool.parameters["type"] == "object"
        assert not {"anyOf", "oneOf", "allOf"} & set(tool.parameters)
        for schema in (tool.parameters, tool.returns):
            if schema is None:
                continue
            assert check_schema(schema) is None
            assert find_schema_mistake(schema) is None
            json.dumps(schema, allow_nan=False)
            for node in walk(schema):
                assert "$ref" not in node
                assert set(node.get("required", ())) <= set(node.get("properties", ()))
                bare = {key: value for key, value in node.items() if key not in ("default", "examples")}
                for value in [*node.get("examples", ()), *([node["default"]] if "default" in node else ())]:
                    assert not schema_errors(value, bare, closed=False), node
        assert len(json.dumps(tool.returns or {})) < SIZE["out"] * 1.5


@settings(max_examples=50, deadline=None)
@given(documents)
def test_the_same_document_gives_the_same_tools(document: dict[str, Any]) -> None:
    def read() -> Any:
        try:
            return [tool.to_json() for tool in read_openapi(document, Origin("spec.yaml", "spec"), Notes())]
        except UsageError as error:
            return str(error)

    assert json.dumps(read()) == json.dumps(read())


@settings(max_examples=50, deadline=None)
@given(schemas(any_schema))
def test_the_quick_look_never_vouches_for_an_invalid_schema(schema: dict[str, Any]) -> None:
    schema = json.loads(json.dumps(schema))
    if is_plainly_valid(schema):
        assert check_schema(schema) is None


@given(st.text(max_size=90), st.sets(st.sampled_from(["a", "a_2", "get"]), max_size=3))
def test_every_name_becomes_valid_and_free(name: str, taken: set[str]) -> None:
    valid = make_valid(name, otherwise="tool")
    assert NAME.fullmatch(valid)
    apart = tell_apart(valid, taken, ["by", "users"])
    assert NAME.fullmatch(apart)
    assert apart not in taken
    assert NAME.fullmatch(name_of_path("GET", name))


@given(st.text(max_size=300), st.integers(10, 200))
def test_plain_text_is_bounded_and_flat(text: str, most: int) -> None:
    plain = plain_text(text, most)
    assert len(plain) <= most
    assert "\n" not in plain


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(max_size=8), json_values, min_size=1, max_size=4))
def test_json_survives_the_parser(value: dict[str, Any]) -> None:
    assert parse_document(json.dumps(value), "x.json") == value


plain_text_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text("abc :-#'\"on", max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("abco", min_size=1), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text("abc", min_size=1), plain_text_values, min_size=1, max_size=3))
def test_yaml_survives_the_parser(value: dict[str, Any]) -> None:
    assert parse_document(yaml.safe_dump(value, default_flow_style=False), "x.yaml") == value


@settings(max_examples=50, deadline=None)
@given(st.text("{}[]:,\"'ab-&*!|> \n\t#%@`", max_size=30))
def test_broken_text_is_a_usage_error_or_data(text: str) -> None:
    reason = "'x'"
    try:
        json.dumps(parse_document(text, "x"))
    except UsageError as error:
        reason = str(error)
    assert "'x'" in reason
