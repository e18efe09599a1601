"""JSON Schema as the house reads it: closed arguments, open results, fields with paths."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolflow_graph.models.offline.binding import ABSENT, get_path, set_path
from toolflow_graph.schemas import format_path, iter_fields, join_path, schema_types
from toolflow_graph.validation import SchemaChecker, check_schema, schema_errors

CLOSED: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("value", "schema", "wanted"),
    [
        ({"b": 1}, CLOSED, ["unknown names are not allowed ('b' was unexpected); known: a"]),
        ({"b": 1}, {**CLOSED, "additionalProperties": True}, []),
        ({"b": 1}, {**CLOSED, "additionalProperties": {"type": "integer"}}, []),
        ({"b": 1}, {"type": "object"}, []),
        ({"a": None}, CLOSED, ["a: None is not of type 'integer'"]),
        ({"a": 1, "b": 2}, {"allOf": [CLOSED, {"properties": {"b": {}}}]}, []),
        ({"c": 1}, {"allOf": [CLOSED, {"properties": {"b": {}}}]}, ["unknown names"]),
        ({"a": 1}, {"anyOf": [CLOSED, {"type": "object", "properties": {"b": {}}}]}, []),
        ({"o": {"z": 1}}, {"properties": {"o": CLOSED}}, ["o: unknown names"]),
        ([{"a": "x"}], {"type": "array", "items": CLOSED}, ["[0].a: 'x' is not of type 'integer'"]),
    ],
)
def test_arguments_are_read_closed(value: Any, schema: dict[str, Any], wanted: list[str]) -> None:
    found = schema_errors(value, schema, closed=True)
    assert len(found) == len(wanted)
    assert all(given_reason.startswith(reason) for given_reason, reason in zip(found, wanted, strict=True))


def test_results_are_read_open() -> None:
    assert schema_errors({"a": 1, "b": 2}, CLOSED, closed=False) == []


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("date", "2026-02-28", "2026-02-30"),
        ("date-time", "2026-02-28T10:00:00", "2026-02-28T25:00:00"),
        ("date-time", "2026-02-28T10:00:00Z", "tomorrow"),
        ("time", "10:30", "10.30"),
        ("email", "a.b@c.org", "a.b"),
        ("uri", "https://c.org/x", "c org"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123"),
        ("ipv4", "10.0.0.1", "10.0.0.256"),
    ],
)
def test_formats(kind: str, good: str, bad: str) -> None:
    schema = {"type": "string", "format": kind}
    assert schema_errors(good, schema, closed=True) == []
    assert schema_errors(bad, schema, closed=True) != []
    assert schema_errors(7, {"format": kind}, closed=True) == []


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"pattern": r"^(([a-z])+.)+[A-Z]([a-z])+$"}}},
        {"properties": {"a": {"pattern": r"^(a|a|ab)*$"}}},
        {"properties": {"a": {"pattern": r"^(?:(\w+)\s?)*(\1)$"}}},
        {"patternProperties": {r"^(([a-z])+.)+[A-Z]([a-z])+$": {}}, "additionalProperties": False},
    ],
)
def test_a_pattern_that_backtracks_for_ever_stops_nothing(schema: dict[str, Any]) -> None:
    """Python's own expressions would take longer than the test suite may."""
    for value in ({"a": "a" * 64 + "!"}, {"a" * 64 + "!": 1}):
        schema_errors(value, {"type": "object", **schema}, closed=True)


def test_patterns_are_those_of_javascript() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": r"^\p{Lu}\p{Ll}+$"}}}
    assert schema_errors({"a": "Größe"}, schema, closed=True) == []
    assert schema_errors({"a": "größe"}, schema, closed=True) != []


def test_simple_patterns_of_names_still_hold() -> None:
    schema = {"type": "object", "patternProperties": {"^x-": {"type": "integer"}}, "additionalProperties": False}
    assert schema_errors({"x-a": 1}, schema, closed=True) == []
    assert schema_errors({"x-a": "1"}, schema, closed=True) != []
    assert schema_errors({"y": 1}, schema, closed=True) != []


def test_broken_schemas_are_told() -> None:
    assert check_schema({"type": "nope"}) is not None
    assert "points to nothing" in (check_schema({"properties": {"a": {"$ref": "#/$defs/x"}}}) or "")
    assert check_schema({"$defs": {"x": {}}, "properties": {"a": {"$ref": "#/$defs/x"}}}) is None


def test_fields_have_paths_and_stop_at_cycles() -> None:
    node = {"type": "object", "properties": {"name": {"type": "string"}, "next": {"$ref": "#/$defs/node"}}}
    schema = {
        "$defs": {"node": node},
        "type": "object",
        "properties": {
            "head": {"$ref": "#/$defs/node"},
            "rows": {"type": "array", "items": {"type": "object", "properties": {"page[size]": {"type": "integer"}}}},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["tags"],
    }
    fields = {field.path: field.required for field in iter_fields(schema)}
    assert fields == {"head.name": False, 'rows[]["page[size]"]': False, "tags": True}


@pytest.mark.parametrize(
    ("schema", "kinds"),
    [
        ({"type": ["string", "null"]}, ("string", "null")),
        ({"enum": [1, "a"]}, ("integer", "string")),
        ({"anyOf": [{"type": "null"}, {"type": "number"}]}, ("number",)),
        ({"properties": {}}, ("object",)),
        ({}, ()),
    ],
)
def test_types(schema: dict[str, Any], kinds: tuple[str, ...]) -> None:
    assert schema_types(schema) == kinds


def test_paths() -> None:
    assert format_path(["guests", 0, "email"]) == "guests[0].email"
    assert join_path("", "page[size]") == '["page[size]"]'
    assert join_path("filter", "a.b") == 'filter["a.b"]'


NAMES = st.text(min_size=1, max_size=8)


@given(st.lists(NAMES, min_size=1, max_size=3))
def test_any_name_survives_a_path(names: list[str]) -> None:
    """What is set at a path is found there again, whatever stands in the names (JSON:API's ``page[size]``)."""
    root: dict[str, Any] = {}
    path = format_path(names)
    set_path(root, path, 7)
    assert get_path(root, path) == 7
    node: Any = root
    for name in names:
        node = node[name]
    assert node == 7
    assert get_path({}, path) is ABSENT


WORDS = st.sampled_from(["a", "b", "2026-02-28", "x@y.org", "10:30", ""])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.5, 1.0, 1e300]), WORDS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)),
    max_leaves=6,
)
KINDS = st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"])
BARE: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "type": st.one_of(KINDS, st.lists(KINDS, min_size=1, max_size=2, unique=True)),
        "enum": st.lists(SCALARS, min_size=1, max_size=3),
        "minimum": st.integers(-2, 2),
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        "maxLength": st.integers(0, 3),
        "minItems": st.integers(0, 2),
        "uniqueItems": st.booleans(),
        "pattern": st.sampled_from(["a", "^b$", r"^\\d{4}-", "(", "^$"]),
        "format": st.sampled_from(["date", "time", "email", "uri", "duration", "no such format"]),
    },
)
SCHEMAS = st.recursive(
    BARE,
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": KINDS,
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
            "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
            "additionalProperties": st.one_of(st.booleans(), inner),
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
        },
    ),
    max_leaves=5,
)


@given(SCHEMAS, VALUES, st.booleans())
def test_the_quick_judge_never_overrules_the_thorough_one(schema: dict[str, Any], value: Any, closed: bool) -> None:
    checker = SchemaChecker(schema, closed=closed)
    quick, found = checker.errors(value), list(checker.thorough_errors(value))
    assert bool(quick) == bool(found)


@pytest.mark.parametrize("draft", ["http://json-schema.org/draft-07/schema#", "https://elsewhere.example/dialect"])
def test_another_drafts_name_changes_no_verdict(draft: str) -> None:
    schema = {"$schema": draft, "properties": {"a": {"type": "integer", "exclusiveMinimum": 0}}}
    assert schema_errors({"a": 0}, schema, closed=True)


def test_a_schema_elsewhere_is_never_fetched() -> None:
    with pytest.raises(Exception, match=r"(?i)unresolvable|127\.0\.0\.1"):
        schema_errors({}, {"$ref": "http://127.0.0.1:9/schema.json"}, closed=True)
