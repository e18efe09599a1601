"""Seeds: a pure function of settings, tool graph and index."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolflow_graph.dialogue.seeds import SeedSettings, SeedSource, draw_now, draw_profile, parse_range
from toolflow_graph.errors import UsageError
from toolflow_graph.templates import STYLES
from toolflow_graph.tool_graph import build_tool_graph
from toolflow_graph.types import Tool


def build_tool(name: str, *parameters: str) -> Tool:
    properties = {each: {"type": "string", "description": f"The {each}."} for each in parameters}
    return Tool(name=name, description=name, parameters={"type": "object", "properties": properties})


TOOLS = [build_tool(f"look_up_{number}", "city", f"key_{number}") for number in range(8)]
SOURCE = SeedSource(build_tool_graph(TOOLS, "lexical"), SeedSettings(run_seed=3))


@given(st.integers(min_value=0, max_value=10**6))
def test_a_seed_keeps_to_the_settings(index: int) -> None:
    seed = SOURCE.draw(index)
    assert seed == SOURCE.draw(index)
    names = [tool.name for tool in seed.tools]
    assert 3 <= len(names) <= 5
    assert len(set(names)) == len(names)
    assert 2 <= seed.target_turns <= 4
    assert seed.style in STYLES
    assert {edge.source for edge in seed.edges} | {edge.target for edge in seed.edges} <= set(names)


def test_ids_differ_by_index_run_seed_and_tools() -> None:
    other_seed = SeedSource(SOURCE.graph, SeedSettings(run_seed=4))
    renamed = [tool.model_copy(update={"description": "Another."}) for tool in TOOLS]
    other_tools = SeedSource(build_tool_graph(renamed, "lexical"), SeedSettings(run_seed=3))
    ids = [source.draw(index).id for source in (SOURCE, other_seed, other_tools) for index in range(50)]
    assert len(set(ids)) == len(ids)


def test_now_can_be_fixed() -> None:
    source = SeedSource(SOURCE.graph, SeedSettings(now="2030-01-01T09:00:00"))
    assert {source.draw(index).now for index in range(5)} == {"2030-01-01T09:00:00"}


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_drawn_presents_lie_in_waking_hours(random_seed: int) -> None:
    moment = datetime.datetime.fromisoformat(draw_now(random_seed))
    assert 2025 <= moment.year <= 2027
    assert 7 <= moment.hour < 21


def test_profile_holds_only_what_an_argument_may_draw_on() -> None:
    assert draw_profile(1, (build_tool("get_forecast", "city"),)) == {}
    assert draw_profile(1, (build_tool("get_rate", "currency"),)) == {}
    assert list(draw_profile(1, (build_tool("send_mail", "email"),))) == ["name", "email"]
    everything = draw_profile(1, (build_tool("book_table", "phone_number", "city"),))
    assert list(everything) == ["name", "phone", "home city"]


@pytest.mark.parametrize(("text", "wanted"), [("3", (3, 3)), ("3-5", (3, 5)), ("1-64", (1, 64))])
def test_ranges(text: str, wanted: tuple[int, int]) -> None:
    assert parse_range(text) == wanted


@pytest.mark.parametrize("text", ["0", "5-3", "a", "-3", "", "1-2-3"])
def test_no_ranges(text: str) -> None:
    with pytest.raises(UsageError):
        parse_range(text)
