"""Follow-ups: which tools come back to what another one makes, and how often they are drawn together."""

import pytest

from tests.offline_play import default_tools
from toolflow_graph.catalog import load_tools
from toolflow_graph.dialogue.seeds import SeedSettings, SeedSource
from toolflow_graph.tool_graph.build import build_tool_graph
from toolflow_graph.tool_graph.chains import Chains
from toolflow_graph.tool_graph.followups import find_follow_ups, find_made
from toolflow_graph.tool_graph.handles import load_card
from toolflow_graph.types import Tool

_TOOLS = {tool.name: tool for tool in default_tools()}


@pytest.mark.parametrize(
    ("maker", "follower"),
    [
        ("create_calendar_event", "get_event_details"),
        ("create_calendar_event", "list_calendar_events"),
        ("book_hotel_room", "change_hotel_stay"),
        ("book_hotel_room", "list_hotel_bookings"),
        ("place_shop_order", "cancel_shop_order"),
        ("onboard_new_employee", "get_employee_profile"),
    ],
)
def test_what_is_made_is_read_changed_ended_and_listed(maker: str, follower: str) -> None:
    assert (maker, follower) in find_follow_ups((_TOOLS[maker], _TOOLS[follower]))


@pytest.mark.parametrize(
    ("maker", "follower"),
    [
        ("get_event_details", "list_calendar_events"),  # reads, and makes nothing
        ("book_hotel_room", "cancel_table_reservation"),  # another kind of booking
        ("register_new_patient", "get_lab_results"),  # a new patient has none
        ("submit_expense_claim", "list_job_openings"),
    ],
)
def test_no_follow_up(maker: str, follower: str) -> None:
    assert (maker, follower) not in find_follow_ups((_TOOLS[maker], _TOOLS[follower]))


def test_a_tool_that_takes_what_it_is_about_makes_nothing() -> None:
    thing = {"type": "object", "properties": {"id": {"type": "string"}, "object": {"enum": ["dispute"]}}}
    parameters = {"type": "object", "properties": {"dispute": {"type": "string"}}, "required": ["dispute"]}
    changing = Tool(name="PostDisputesDispute", description="Update.", parameters=parameters, returns=thing)
    making = Tool(name="PostDisputes", description="Create.", returns=thing, effect="write")
    assert find_made(load_card(changing)) is None
    made = find_made(load_card(making))
    assert made is not None
    assert made.path == "id"


def test_a_third_of_the_dialogues_can_come_back_to_what_they_make() -> None:
    tools = load_tools()
    graph = build_tool_graph(tools, "lexical")
    pairs = find_follow_ups(tools)
    settings = SeedSettings(run_seed=3, tools_per_dialogue=(3, 4))
    drawn = [{tool.name for tool in SeedSource(graph, settings).draw(index).tools} for index in range(60)]
    assert sum(any({one, other} <= names for one, other in pairs) for names in drawn) >= 20
    assert all(3 <= len(names) <= 4 for names in drawn)


def test_random_sampling_stays_random() -> None:
    tools = load_tools()
    graph = build_tool_graph(tools, "lexical")
    pairs = find_follow_ups(tools)
    source = SeedSource(graph, SeedSettings(run_seed=3, tools_per_dialogue=(3, 4), sampling="random"))
    drawn = [{tool.name for tool in source.draw(index).tools} for index in range(60)]
    assert sum(any({one, other} <= names for one, other in pairs) for names in drawn) <= 5


def test_followers_are_those_of_the_tool() -> None:
    chains = Chains(build_tool_graph(load_tools(), "lexical"))
    assert "cancel_hotel_booking" in chains.followers("book_hotel_room")
    assert chains.followers("get_current_weather") == ()
