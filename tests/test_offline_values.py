"""Values for any schema, words for any value."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.offline_play import NOW, ask, default_tools, sample_scene
from toolflow_graph.models.briefs import ToolBrief
from toolflow_graph.models.offline import OfflineModel
from toolflow_graph.models.offline.generate import make_valid
from toolflow_graph.models.offline.patterns import string_for
from toolflow_graph.models.offline.phrases import done_phrase, phrase_of
from toolflow_graph.models.offline.saying import said, say
from toolflow_graph.models.offline.words import humanise, pluralise, polish, singularise
from toolflow_graph.models.offline.world import build_cast
from toolflow_graph.models.port import Model, ModelRequest
from toolflow_graph.types import Tool, ToolCall, ToolResult
from toolflow_graph.validation import schema_errors

NAMES = st.sampled_from(
    [
        "id",
        "name",
        "city",
        "start_date",
        "endDate",
        "price",
        "count",
        "email",
        "tags",
        "status",
        "note",
        "lat",
        "x",
        "url",
    ]
)


def _string() -> st.SearchStrategy[dict[str, Any]]:
    lengths = st.tuples(st.integers(0, 8), st.integers(8, 40)).map(
        lambda two: {"minLength": two[0], "maxLength": two[1]}
    )
    formats = st.sampled_from(["date", "date-time", "time", "email", "uri", "uuid", "ipv4", "ipv6", "hostname"])
    patterns = st.sampled_from(["^[A-Z]{3}$", r"^\d{2}:\d{2}$", "^(red|blue)-[0-9a-f]{4,6}$", r"^[^\s@]+$", "^a+b?c*$"])
    return st.one_of(
        st.just({}), lengths, formats.map(lambda f: {"format": f}), patterns.map(lambda p: {"pattern": p})
    ).map(lambda extra: dict(extra, type="string"))


def _number() -> st.SearchStrategy[dict[str, Any]]:
    bounds = st.tuples(st.integers(-1000, 1000), st.integers(0, 500))
    return st.one_of(
        st.just({}),
        bounds.map(lambda b: {"minimum": b[0], "maximum": b[0] + b[1]}),
        bounds.map(lambda b: {"exclusiveMinimum": b[0]}),
        bounds.map(lambda b: {"minimum": b[0], "multipleOf": 5}),
    ).flatmap(lambda extra: st.sampled_from(["integer", "number"]).map(lambda kind: dict(extra, type=kind)))


def _leaf() -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        _string(),
        _number(),
        st.just({"type": "boolean"}),
        st.just({"enum": ["first_class", "second_class", 3, None]}),
        st.just({"const": "fixed"}),
        st.just({"type": ["string", "null"]}),
    )


def _nest(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    objects = st.dictionaries(NAMES, inner, max_size=4).flatmap(
        lambda props: (
            st.sets(st.sampled_from(sorted(props)), max_size=len(props)).map(
                lambda required: {"type": "object", "properties": props, "required": sorted(required)}
            )
            if props
            else st.just({"type": "object"})
        )
    )
    arrays = st.tuples(inner, st.integers(0, 2)).map(lambda two: {"type": "array", "items": two[0], "minItems": two[1]})
    return st.one_of(
        objects,
        arrays,
        st.tuples(inner, inner).map(lambda two: {"anyOf": list(two)}),
        inner.map(lambda one: {"anyOf": [{"type": "null"}, one]}),
        st.tuples(objects, objects).map(lambda two: {"allOf": [two[0]]}),
    )


SCHEMAS = st.recursive(_leaf(), _nest, max_leaves=8)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(schema=SCHEMAS, seed=st.integers(0, 10**6), result=st.booleans())
def test_a_value_for_any_schema_validates(schema: dict[str, Any], seed: int, result: bool) -> None:
    value = make_valid(schema, random.Random(seed), build_cast(seed, NOW), result=result, closed=not result)
    assert schema_errors(value, schema, closed=not result) == []


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/node", "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}}}},
        {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "integer"}}},
        {"oneOf": [{"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}}}, {"type": "array"}]},
        {"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}},
        {"type": "array", "uniqueItems": True, "minItems": 3, "items": {"enum": ["a", "b", "c"]}},
        {"type": "array", "prefixItems": [{"type": "number"}, {"type": "string"}], "minItems": 2},
        {"dependentRequired": {"a": ["b"]}, "required": ["a"], "properties": {"a": {}, "b": {"type": "null"}}},
        {},
    ],
)  # fmt: skip
def test_awkward_schemas(schema: dict[str, Any]) -> None:
    for seed in range(6):
        value = make_valid(schema, random.Random(seed), build_cast(seed, NOW), closed=False)
        assert schema_errors(value, schema, closed=False) == []


@pytest.mark.parametrize(
    "pattern", ["^[A-Z]{2}$", r"^\+?[0-9 ]{7,15}$", "^[^/]+/[^/]+$", "(a|b)c{2,}", r"^\w+@\w+\.\w+$"]
)
def test_strings_for_patterns(pattern: str) -> None:
    import re

    for seed in range(20):
        text = string_for(pattern, random.Random(seed))
        assert text is not None
        assert re.search(pattern, text)


@pytest.mark.parametrize(
    "value",
    ["2026-03-12", "2026-03-12T15:00:00", "Lisbon", "late_checkout", 1250, 99.5, ["a@b.org", "c@d.org"], "09:30"],
)  # fmt: skip
def test_what_is_said_can_be_recognised(value: Any) -> None:
    for style in range(3):
        assert said(value, f"It is {say(value, style, key=True)}.")
    assert not said(value, "It is something else entirely.")


def test_a_repeated_read_gives_the_same_and_known_attributes_stay() -> None:
    tools = {tool.name: tool for tool in default_tools()}
    scene = sample_scene(default_tools(), 1)
    search = ToolCall(
        id="call_1",
        name="search_hotels",
        arguments={"city": "Porto", "check_in_date": "2026-03-14", "check_out_date": "2026-03-16"},
    )

    def run(call: ToolCall, *history: tuple[ToolCall, ToolResult]) -> Any:
        import json

        return json.loads(ask("tool", ToolBrief(scene, tools[call.name], call, history)).content or "")["result"]

    found = run(search)
    before = (search, ToolResult(call_id="call_1", value=found))
    assert run(search, before) == found
    assert found["city"] == "Porto"
    assert found["hotels_found"] == len(found["hotels"])
    hotel = found["hotels"][0]
    detail = run(ToolCall(id="call_2", name="get_hotel_details", arguments={"hotel_id": hotel["hotel_id"]}), before)
    assert (detail["hotel_name"], detail["address"]) == (hotel["hotel_name"], hotel["address"])


@pytest.mark.parametrize(
    ("name", "description", "phrase"),
    [
        ("get_weather", "Returns the forecast for a city.", "return the forecast for a city"),
        ("x", "This endpoint retrieves all users (paginated).", "retrieve all users"),
        ("list_users", "", "list users"),
        ("create_issue", "", "create an issue"),
        ("getWeather", "", "get the weather"),
        ("x", "Creates a new order. Needs a token.", "create a new order"),
        ("x", "Current weather data", "get the current weather data"),
        ("get-station", "查询车站", "get the station"),
        ("x", "Use this tool to <b>search</b> for `hotels`", "search for hotels"),
    ],
)
def test_phrases(name: str, description: str, phrase: str) -> None:
    assert phrase_of(name, description).text == phrase


def test_words() -> None:
    assert humanise("maxNightlyRate") == "maximum nightly rate"
    assert humanise("guest_count") == "number of guests"
    assert humanise("check_in_date") == "check-in date"
    assert [pluralise(word) for word in ("city", "box", "person", "news", "free table")] == [
        "cities", "boxes", "people", "news", "free tables",
    ]  # fmt: skip
    assert [singularise(word) for word in ("cities", "addresses", "people", "bus")] == [
        "city",
        "address",
        "person",
        "bus",
    ]
    assert polish("a apple , and then..") == "An apple, and then."
    assert done_phrase(phrase_of("x", "Cancel a hotel booking and release the room.")) == "cancelled the hotel booking"


def test_a_tool_without_anything_still_gets_a_sensible_result() -> None:
    tool = Tool(name="ping_server", parameters={"type": "object"})
    scene = sample_scene((tool,), 2)
    reply = ask("tool", ToolBrief(scene, tool, ToolCall(id="call_1", name=tool.name), ()))
    assert reply.content
    assert '"ok": true' in reply.content


def test_the_model_fits_the_port() -> None:
    assert isinstance(OfflineModel(), Model)


async def test_an_unknown_brief_gets_an_empty_answer() -> None:
    model = OfflineModel()
    assert (await model.complete(ModelRequest("user", (), None, response_schema={"type": "object"}))).content == "{}"
    assert (await model.complete(ModelRequest("user", (), None))).content
