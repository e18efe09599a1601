"""Facts as text for prompts."""

from typing import Any

import pytest

from toolflow_graph.rendering import render_facts, render_links, render_now, render_tool, render_value
from toolflow_graph.types import Edge, Fact, Tool


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Lyon", "Lyon"),
        (3, "3"),
        (True, "yes"),
        (["car", "bike"], "car, bike"),
        ([], ""),
        ({"a": 1}, '{"a": 1}'),
        ([{"a": 1}], '[{"a": 1}]'),
        (None, "null"),
    ],
)
def test_values(value: Any, shown: str) -> None:
    assert render_value(value) == shown


def test_facts() -> None:
    assert render_facts((Fact(name="city", value="Lyon"), Fact(name="nights", value=2))) == "- city: Lyon\n- nights: 2"


def test_now() -> None:
    assert render_now("2025-05-11T19:20") == {"now": "2025-05-11 19:20", "weekday": "Sunday"}
    assert render_now("2025-05-11T09:00:00")["now"] == "2025-05-11 09:00"


@pytest.mark.parametrize(
    ("returns", "shown"),
    [
        ({"type": "array", "items": {"type": "boolean"}}, "    (array of boolean)"),
        ({"type": "object"}, "    (an object of any shape)"),
        ({"type": "string", "description": "The text."}, "    (string): The text."),
    ],
)
def test_results_that_are_no_object_with_fields(returns: dict[str, Any], shown: str) -> None:
    assert render_tool(Tool(name="look_up", returns=returns)).splitlines()[-1] == shown


def test_tool_signature_puts_required_parameters_first() -> None:
    properties = {
        "note": {"type": "string"},
        "seats": {"type": "integer", "description": "Number of seats."},
        "cabin": {"type": "string", "enum": ["economy", "first"]},
    }
    parameters = {"type": "object", "properties": properties, "required": ["seats", "cabin"]}
    assert render_tool(Tool(name="book_seats", description="Book seats.", parameters=parameters)) == (
        "book_seats: Book seats.\n"
        "  parameters:\n"
        "    seats (integer; required): Number of seats.\n"
        "    cabin (string; required; one of economy, first)\n"
        "    note (string)"
    )


def test_links_group_a_shared_parameter() -> None:
    def edge(kind: Any, source: str, target: str, source_field: str, target_field: str) -> Edge:
        return Edge(
            kind=kind,
            source=source,
            target=target,
            source_field=source_field,
            target_field=target_field,
            similarity=1.0,
        )

    links = render_links(
        [
            edge("P-P", "a_x", "b_x", "symbol", "symbol"),
            edge("P-P", "a_x", "c_x", "symbol", "symbol"),
            edge("P-P", "b_x", "c_x", "symbol", "symbol"),
            edge("P-P", "a_x", "b_x", "city", "place"),
            edge("P-R", "a_x", "b_x", "items[].id", "item_id"),
            # What fields of all kinds of things share joins no story.
            edge("P-R", "a_x", "b_x", "artist.name", "name"),
            edge("P-P", "a_x", "b_x", "page_size", "pageSize"),
            edge("P-P", "a_x", "b_x", "limit", "limit"),
        ]
    )
    assert links.splitlines() == [
        "- a_x returns items[].id, which b_x can take as item_id",
        "- a_x, b_x, c_x all take symbol",
        "- a_x (city) and b_x (place) are about the same thing",
    ]
