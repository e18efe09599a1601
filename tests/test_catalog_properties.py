"""Whatever an API document holds, its tools are valid: generated documents, half of them nonsense."""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.openapi_documents import any_schema, documents, schemas
from toolflow_graph.catalog.entries import Origin
from toolflow_graph.catalog.naming import make_valid, name_of_path, tell_apart
from toolflow_graph.catalog.notes import Notes
from toolflow_graph.catalog.openapi import read_openapi
from toolflow_graph.catalog.openapi_expand import SIZE
from toolflow_graph.catalog.parsing import parse_document
from toolflow_graph.catalog.schema_check import find_schema_mistake, is_plainly_valid
from toolflow_graph.catalog.text import plain_text
from toolflow_graph.errors import UsageError
from toolflow_graph.validation import check_schema, schema_errors

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


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
