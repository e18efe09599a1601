"""Values for schemas that cannot be met by filling in fields: patterns, conditions, choices, recursion, depth."""

import json
import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import play_one
from tests.offline_play import NOW, ask, sample_scene
from toolflow_graph.models.briefs import ToolBrief
from toolflow_graph.models.offline import OfflineModel
from toolflow_graph.models.offline.generate import make_valid
from toolflow_graph.models.offline.hints import holds_place, options_in
from toolflow_graph.models.offline.patterns import string_for
from toolflow_graph.models.offline.playable import is_playable
from toolflow_graph.models.offline.shapes import ENDLESS, Shapes, fold
from toolflow_graph.models.offline.world import build_cast
from toolflow_graph.types import Seed, Tool, ToolCall
from toolflow_graph.validation import find_pattern, schema_errors

NODE: dict[str, Any] = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}, "required": ["next"]}
ENDLESS_SCHEMA: dict[str, Any] = {"$ref": "#/$defs/node", "$defs": {"node": NODE}}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    return schema


def _object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), **more}


KIND = {"kind": {"enum": ["card", "iban"]}}
HARD: dict[str, dict[str, Any]] = {
    "if, then, else": _object(
        {"country": {"enum": ["US", "NL"]}, "postal_code": {"type": "string"}},
        **{"if": {"properties": {"country": {"const": "US"}}}},
        then={"properties": {"postal_code": {"pattern": "^[0-9]{5}$"}}},
        **{"else": {"properties": {"postal_code": {"pattern": "^[0-9]{4} [A-Z]{2}$"}}}},
    ),
    "conditions in allOf": _object(
        KIND,
        allOf=[
            {
                "if": {"properties": {"kind": {"const": kind}}},
                "then": {"required": [kind], "properties": {kind: {"type": "string", "pattern": pattern}}},
            }
            for kind, pattern in (("card", r"^\d{16}$"), ("iban", r"^[A-Z]{2}\d{10}$"))
        ],
    ),
    "dependentRequired": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"type": "integer"}},
        "required": ["a"],
        "dependentRequired": {"a": ["b"], "b": ["c"]},
    },
    "oneOf told by a constant": {
        "oneOf": [_object({"t": {"const": "a"}}), _object({"t": {"const": "b"}, "y": {"type": "integer"}})]
    },
    "oneOf that overlaps": {
        "oneOf": [{"type": "object", "properties": {"y": {"type": "integer"}}}, _object({"y": {"type": "integer"}})]
    },
    "oneOf of numbers": {"oneOf": [{"type": "integer", "multipleOf": 3}, {"type": "integer", "multipleOf": 5}]},
    "not an option": _object({"city": {"type": "string", "not": {"enum": ["Lisbon", "Porto", "Madrid", "Berlin"]}}}),
    "not required": {**_object({"a": {"type": "string"}}), "not": {"required": ["b"]}},
    "not a type": {"not": {"type": "string"}},
    "not a pattern": {"type": "string", "not": {"pattern": "[a-z]"}},
    "contains": {
        "type": "array",
        "items": {"type": "integer", "minimum": 0, "maximum": 100},
        "contains": {"minimum": 90},
        "minContains": 2,
        "maxContains": 2,
        "minItems": 5,
    },
    "unique numbers": {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": 6},
        "uniqueItems": True,
        "minItems": 6,
    },
    "unique options": {"type": "array", "items": {"enum": list(range(40))}, "uniqueItems": True, "minItems": 40},
    "steps of a cent": {"type": "number", "multipleOf": 0.01, "minimum": 0.05, "maximum": 0.07},
    "steps of both": {"allOf": [{"type": "integer", "multipleOf": 4}, {"multipleOf": 6, "minimum": 13}]},
    "a narrow gap": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
    "named keys": {
        "type": "object",
        "minProperties": 3,
        "propertyNames": {"pattern": "^[a-z]{2}_[0-9]+$"},
        "additionalProperties": {"type": "integer"},
    },
    "keys by pattern": {
        "type": "object",
        "patternProperties": {"^x-": {"type": "integer"}},
        "additionalProperties": False,
        "minProperties": 2,
    },
    "few of many": {"type": "object", "properties": {k: {"type": "string"} for k in "abcdef"}, "maxProperties": 2},
    "sixty levels": nested(60),
    "a list of itself": {
        "$ref": "#/$defs/n",
        "$defs": {"n": _object({"v": {"type": "integer"}, "kids": {"type": "array", "items": {"$ref": "#/$defs/n"}}})},
    },
    "an expression": {
        "$ref": "#/$defs/e",
        "$defs": {
            "e": {
                "oneOf": [
                    _object({"op": {"enum": ["+"]}, "l": {"$ref": "#/$defs/e"}, "r": {"$ref": "#/$defs/e"}}),
                    {"type": "number"},
                ]
            }
        },
    },
    "two patterns": {"allOf": [{"type": "string", "pattern": "^[a-z]+"}, {"pattern": "[0-9]$"}]},
    "a password": {"type": "string", "pattern": "^(?=.*[A-Z])(?=.*[0-9])(?=.*[^A-Za-z0-9]).{10,}$", "maxLength": 12},
    "an object as option": {"enum": [{"a": 1}, [1]]},
}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("closed", [True, False])
def test_hard_schemas_get_valid_values(name: str, closed: bool) -> None:
    schema = HARD[name]
    for seed in range(6):
        value = make_valid(schema, random.Random(seed), build_cast(seed, NOW), closed=closed, result=not closed)
        assert schema_errors(value, schema, closed=closed) == [], value


def test_a_discriminator_says_which_branch_it_is() -> None:
    """OpenAPI 3.1.1, 4.8.25: the mapping's key stands in the property; validators do not check it."""
    cat = _object({"petType": {"type": "string"}, "lives": {"type": "integer"}})
    dog = _object({"petType": {"type": "string"}, "bark": {"type": "boolean"}})
    schema = {
        "oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}],
        "discriminator": {"propertyName": "petType", "mapping": {"cat": "#/$defs/Cat", "dog": "#/$defs/Dog"}},
        "$defs": {"Cat": cat, "Dog": dog},
    }
    for seed in range(8):
        value = make_valid(schema, random.Random(seed), build_cast(seed, NOW))
        assert value["petType"] == ("cat" if "lives" in value else "dog")


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(?=.*[A-Z])(?=.*\d)(?=.*[a-z])[A-Za-z\d]{8,16}$",
        r"^(?!.*--)[a-z0-9-]{3,20}$",
        r"(?<=\$)\d+",
        "foo(?=bar)",
        r"^\p{L}{2,5}$",
        r"^[\p{L}\p{N} _-]+$",
        r"^(\w)\w+\1$",
        r"^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$",
        r"^(?=.{5,10}$)[a-z]+(?:-[a-z]+)*$",
        r"^(?!000|666)[0-8][0-9]{2}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}$",
        r"^(?=.*[^\w\d\s:])([^\s]){8,16}$",
        r"^(?:(?!foo)\w){3,6}$",
        r"^(a+)+$",
    ],
)
def test_patterns_with_look_arounds_get_strings(pattern: str) -> None:
    for seed in range(10):
        text = string_for(pattern, random.Random(seed))
        assert text is not None
        assert find_pattern(pattern, text)


@settings(max_examples=60, deadline=None)
@given(low=st.integers(0, 12), room=st.integers(0, 20), seed=st.integers(0, 10**6))
def test_strings_keep_to_their_lengths(low: int, room: int, seed: int) -> None:
    text = string_for("^[a-z]*$", random.Random(seed), low, low + room)
    assert text is not None
    assert low <= len(text) <= low + room


def test_an_impossible_pattern_is_given_up() -> None:
    assert string_for("^(?=a)b$", random.Random(0)) is None


def test_heights_and_folding() -> None:
    assert Shapes(ENDLESS_SCHEMA).height(ENDLESS_SCHEMA) == ENDLESS
    assert Shapes(HARD["an expression"]).height(HARD["an expression"]) == 0
    assert Shapes(nested(5)).height(nested(5)) == 5
    both = fold({"type": "integer", "multipleOf": 4, "minimum": 2}, {"type": "number", "multipleOf": 6, "minimum": 5})
    assert (both["type"], both["multipleOf"], both["minimum"]) == ("integer", 12, 5)


@pytest.mark.parametrize(
    "schema",
    [
        ENDLESS_SCHEMA,
        {"type": "array", "minItems": 1, "items": {"$ref": "#"}},
        {"type": "integer", "minimum": 5, "maximum": 3},
        _object({"a": False}),
    ],
)
def test_what_no_value_fits_gets_an_error_and_is_not_planned(schema: dict[str, Any]) -> None:
    tool = Tool(name="get_chain", description="Get a chain.", returns=schema, effect="read")
    call = ToolCall(id="call_1", name=tool.name, arguments={})
    scene = sample_scene((tool,), 1)
    answer = json.loads(ask("tool", ToolBrief(scene, tool, call, ())).content or "")
    assert answer["ok"] is False
    assert answer["error"]["message"]
    assert not is_playable(tool)


async def test_a_dialogue_leaves_out_the_tool_that_cannot_be_played() -> None:
    good = Tool(name="get_quote", description="Get the quote of the day.", effect="read")
    bad = Tool(name="get_chain", description="Get a chain.", returns=ENDLESS_SCHEMA, effect="read")
    for number in range(4):
        seed = Seed(id="s", index=0, random_seed=number, tools=(bad, good), target_turns=2, now=NOW)
        record = await play_one(OfflineModel(), seed)
        assert record.verdict.accepted, record.verdict.findings
        assert "get_chain" not in json.dumps(record.messages)


PLACEHOLDERS = ["string", "<id>", "your_api_key", "foo:*", "{{name}}", "example", "TBD", "xxx"]


@pytest.mark.parametrize("place", PLACEHOLDERS)
@pytest.mark.parametrize("key", ["examples", "example", "default"])
@pytest.mark.parametrize("name", ["name", "value", "session_id", "query", "label", "thing"])
def test_placeholders_of_schemas_are_never_copied(place: str, key: str, name: str) -> None:
    schema = _object({name: {"type": "string", key: [place] if key == "examples" else place}})
    for seed in range(4):
        for result in (False, True):
            value = make_valid(schema, random.Random(seed), build_cast(seed, NOW), result=result, closed=not result)
            assert value[name] != place
            assert not holds_place(value)


async def test_a_tool_full_of_placeholders_makes_accepted_dialogues() -> None:
    fields = {f"field_{place}": {"type": "string", "examples": [word]} for place, word in enumerate(PLACEHOLDERS)}
    key: dict[str, Any] = {
        "api": {"type": "string", "default": "your_api_key"},
        "list": {"type": "array", "examples": [["string"]]},
    }
    tool = Tool(
        name="find_records",
        description="Find the records of a session.",
        parameters=_object({**fields, **key, "list": {**key["list"], "items": {"type": "string"}}}),
        returns=_object({**fields, "rows": {"type": "array", "items": _object(fields)}}),
        effect="read",
    )
    for number in range(4):
        seed = Seed(id="s", index=0, random_seed=number, tools=(tool,), target_turns=2, now=NOW)
        record = await play_one(OfflineModel(), seed)
        assert record.verdict.accepted, record.verdict.findings
        assert not record.alternatives
        called = json.dumps([m for m in record.messages if m["role"] in ("tool", "assistant")])
        assert not re.search("your_api_key|<id>|foo:|{{name}}", called)


@pytest.mark.parametrize(
    ("description", "options"),
    [
        ("Either auto or away", ("auto", "away")),
        ("The type of entity to return. Valid values: artists or tracks", ("artists", "tracks")),
        ("One of: gravatar, none or upload", ("gravatar", "none", "upload")),
        ("Sort order: `asc` or `desc`", ("asc", "desc")),
        ("Must be one of 'day', 'week', 'month'.", ("day", "week", "month")),
        ("Name of the city or town", ()),
        ("Whether it can be used or not", ()),
    ],
)
def test_options_listed_in_a_description_are_read(description: str, options: tuple[str, ...]) -> None:
    assert options_in(description) == options
