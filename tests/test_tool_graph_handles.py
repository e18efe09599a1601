"""Handle flows: which result names the thing that a parameter asks for, and which only looks like it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tool_graph_fakes import CORPORA, schema
from toolflow_graph.catalog import load_tools
from toolflow_graph.dialogue.plans import check_shape
from toolflow_graph.dialogue.seeds import SeedSettings, SeedSource, find_possible
from toolflow_graph.rendering import render_links
from toolflow_graph.tool_graph import build_tool_graph
from toolflow_graph.tool_graph.chains import Chains
from toolflow_graph.tool_graph.handles import drop_misleading, find_flows
from toolflow_graph.tool_graph.nouns import noun_in_text, object_words
from toolflow_graph.types import Edge, Request, Slot, Tool

ID: dict[str, Any] = {"type": "string"}


def listing(**fields: Any) -> dict[str, Any]:
    return {"type": "array", "items": schema(**fields)}


def build(name: str, takes: dict[str, Any], gives: dict[str, Any] | None = None, **more: Any) -> Tool:
    """A tool whose parameters are all required, but for those whose name ends with "?"."""
    properties = {key.rstrip("?"): part for key, part in takes.items()}
    required = [key for key in takes if not key.endswith("?")]
    parameters = {**schema(**properties), "required": required}
    return Tool(name=name, parameters=parameters, returns=schema(**gives) if gives else None, **more)


def paths(*tools: Tool) -> list[tuple[str, str, str, str]]:
    return [(flow.source, flow.source_field, flow.target, flow.target_field) for flow in find_flows(tools)]


CUSTOMERS = build("GetCustomers", {}, {"data": listing(id=ID, object={"enum": ["customer"]})})
CARDS = build("GetCustomersCustomerCards", {"customer": ID}, {"data": listing(id=ID, object={"enum": ["card"]})})
ISSUED = build("GetIssuingCardsCard", {"card": ID}, {"id": ID, "object": {"enum": ["issuing.card"]}})

FILLS = [
    ("the noun of the tool", build("listBoards", {}, {"items": listing(id=ID)}), build("getBoard", {"idBoard": ID})),
    ("the noun of the list", build("search", {"q": ID}, {"hotels": listing(id=ID)}), build("book", {"hotel_id": ID})),
    ("the noun of the holder", build("get_issue", {"n": ID}, {"repo": schema(id=ID)}), build("star", {"repoId": ID})),
    ("a stated type", CUSTOMERS, build("PostRefunds", {"customer": ID})),
    ("the same name", build("allBlocks", {}, {"feed_key": ID}), build("getFeed", {"feed_key": ID})),
    ("a bare id of a tool", build("createDashboard", {"name": ID}, {"id": ID}), build("getDashboard", {"id": ID})),
    ("a key", build("allFeeds", {}, {"feeds": listing(key=ID)}), build("destroyFeed", {"feed_key": ID})),
    (
        "the description of a bare id",
        build("saved-shows", {}, {"items": listing(show=schema(id=ID))}),
        build("get-a-shows-episodes", {"id": {"type": "string", "description": "The Spotify ID for the show."}}),
    ),
    (
        "another mark",
        build("getTasks", {}, {"data": listing(gid=ID)}),
        build("addComment", {"task_gid": ID, "text": ID}),
    ),
    ("a longer noun", build("createFileBatch", {}, {"id": ID}), build("cancelFileBatch", {"batch_id": ID})),
]


@pytest.mark.parametrize(("source", "target"), [case[1:] for case in FILLS], ids=[case[0] for case in FILLS])
def test_a_result_fills_a_parameter_of_the_same_noun(source: Tool, target: Tool) -> None:
    assert [(flow.source, flow.target) for flow in find_flows((source, target))] == [(source.name, target.name)]


DIFFERS = [
    ("an order is no customer", build("listOrders", {}, {"data": listing(id=ID)}), build("charge", {"customer": ID})),
    ("bare ids of two things", build("getActivity", {}, {"id": ID}), build("getDashboard", {"id": ID})),
    ("an issued card is no customer's", CARDS, ISSUED),
    ("whose batch", build("createBatch", {}, {"id": ID}), build("getFileBatch", {"batch_id": ID})),
    ("an echo", build("getBoard", {"board_id": ID}, {"board_id": ID}), build("openBoard", {"board": ID})),
    ("a filter's echo", build("charge", {"customer?": ID}, {"customer_id": ID}), build("refund", {"customer_id": ID})),
    ("what is deleted", build("deleteBoard", {"name": ID}, {"id": ID}), build("getBoard", {"id": ID})),
    (
        "another type",
        build("listBoards", {}, {"boards": listing(id={"type": "integer"})}),
        build("b", {"board_id": ID}),
    ),
    ("a role", build("getFile", {}, {"created_by": schema(id=ID)}), build("getCreated", {"created_by": ID})),
    ("a currency", build("get_price", {}, {"currency_code": ID}), build("convert", {"currency_code": ID})),
    ("what it makes", build("list", {}, {"cards": listing(number=ID)}), build("register_card", {"card_number": ID})),
    ("a new key", build("all_memories", {}, {"key": ID}), build("memory_add", {"key": ID})),
    ("a word", build("get_place", {}, {"city": schema(id=ID)}), build("get_weather", {"city": ID})),
    ("not required", build("listBoards", {}, {"boards": listing(id=ID)}), build("search", {"board_id?": ID})),
    ("pages", build("list", {}, {"first_id": ID}), build("more", {"first_id": ID})),
    (
        "a note's attachment",
        build("ListNoteAttachments", {}, {"items": listing(id=ID)}),
        build("UpdateNoteAttachment", {"noteAttachmentId?": ID, "attachment_id": ID}),
    ),
]


@pytest.mark.parametrize(("source", "target"), [case[1:] for case in DIFFERS], ids=[case[0] for case in DIFFERS])
def test_what_only_looks_alike_fills_nothing(source: Tool, target: Tool) -> None:
    assert find_flows((source, target)) == ()


def test_the_nearest_field_is_taken() -> None:
    gives = {"id": ID, "parts": listing(order=schema(id=ID))}
    flows = paths(build("createOrder", {"note": ID}, gives), build("payOrder", {"order_id": ID}))
    assert flows == [("createOrder", "id", "payOrder", "order_id")]


def test_services_do_not_share_their_handles_unless_described_alike() -> None:
    one = build("listUsers", {}, {"users": listing(user_id=ID)}, source="one")
    other = build("getUser", {"user_id": ID}, source="other")
    edge = Edge(kind="P-R", source="listUsers", target="getUser", source_field="users[].user_id",
                target_field="user_id", similarity=0.95)  # fmt: skip
    assert find_flows((one, other)) == ()
    assert find_flows((one, other), (edge.model_copy(update={"similarity": 0.85}),)) == ()
    assert len(find_flows((one, other), (edge,))) == 1


def test_links_tell_flows_first_and_no_edge_from_an_id_to_an_id_of_something_else() -> None:
    tools = (
        build("listActivities", {}, {"items": listing(id=ID)}),
        build("listDashboards", {}, {"items": listing(id=ID)}),
        build("getDashboard", {"id": ID}),
    )
    graph = build_tool_graph(tools, "lexical")
    edges, flows = graph.edges_among(graph.names), find_flows(tools)
    assert {(edge.source, edge.target) for edge in edges} >= {("listActivities", "getDashboard")}
    links = render_links(drop_misleading(edges, tools, flows), flows).splitlines()
    assert links == ["- listDashboards returns items[].id, which getDashboard can take as id"]


def test_a_planner_that_found_no_chain_is_told_of_one() -> None:
    tools = (build("listDashboards", {}, {"items": listing(id=ID)}), build("getDashboard", {"id": ID}))
    request = Request(kind="tool", intent="look", tools=("getDashboard",), slot=Slot(behaviours=("chained",)))
    found = check_shape(request, 0, tools)
    assert found is not None
    assert "listDashboards brings the dashboard that getDashboard takes" in found[1]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("GetCustomersCustomerCards", ("customer", "card")),
        ("PostOrdersIdPay", ("order",)),
        ("PostPayoutsPayoutCancel", ("payout",)),
        ("List_all_Event_for_User", ("event",)),
        ("users_list", ("user",)),
        ("getUserTaskList", ("user", "task", "list")),
        ("createVectorStoreFileBatch", ("vector", "store", "file", "batch")),
        ("retrieveABlock", ("block",)),
    ],
)
def test_what_a_tool_is_about(name: str, words: tuple[str, ...]) -> None:
    assert object_words(name) == words


def test_what_a_description_says_is_identified() -> None:
    assert noun_in_text("Identifier for a Notion database") == ("database",)
    assert noun_in_text("A string identifying a user. Or an email.") == ("user",)
    assert noun_in_text("The text to search for.") == noun_in_text(None) == ()


PLAIN = [build(f"look_up_{word}", {"city": ID, word: ID}, {"weather": ID}) for word in ("a", "b", "c", "d", "e", "f")]
ORDERS = [
    build("list_orders", {"when": ID}, {"orders": listing(id=ID)}),
    build("pay_order", {"order": {"type": "string", "description": "The order's ID."}}),
]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5), st.integers(0, 10**6))
def test_whoever_wants_a_chain_gets_tools_that_can_be_chained(index: int, number: int, run_seed: int) -> None:
    source = SeedSource(
        build_tool_graph([*PLAIN, *ORDERS], "lexical"),
        SeedSettings(run_seed=run_seed, tools_per_dialogue=(number, number), mix=(("chained", 1.0),)),
    )
    seed = source.draw(index)
    names = [tool.name for tool in seed.tools]
    assert len(names) == len(set(names)) == number
    assert any("chained" in slot.behaviours for slot in seed.slots)
    assert seed == source.draw(index)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_where_nothing_can_be_chained_a_seed_comes_all_the_same(index: int) -> None:
    source = SeedSource(build_tool_graph(PLAIN, "lexical"), SeedSettings(mix=(("chained", 1.0),)))
    seed = source.draw(index)
    assert 3 <= len(seed.tools) <= 5
    assert not any(slot.behaviours for slot in seed.slots)


def test_pairs_are_found_from_either_end_and_within_a_source() -> None:
    far = build("pay_far", {"order_id": ID}, source="far")
    chains = Chains(build_tool_graph([*PLAIN, *ORDERS, far], "lexical"))
    assert chains.pairs("list_orders") == chains.pairs("pay_order") == (("list_orders", "pay_order"),)
    assert chains.pairs("pay_far") == chains.pairs("look_up_a") == ()


def test_what_is_forbidden_needs_another_tool() -> None:
    one = build("pay_order", {"order": ID}, effect="write")
    graph = build_tool_graph([one, *PLAIN], "lexical")
    assert "policy" not in find_possible([one], graph)
    assert "policy" in find_possible([one, PLAIN[0]], graph)


APIS = ("adafruit", "asana", "box", "openai", "slack", "spotify", "stripe")


@pytest.mark.parametrize("name", APIS)
def test_real_apis_can_be_chained(name: str) -> None:
    files = sorted(Path(CORPORA / "openapi").glob(f"{name}.*")) if CORPORA.is_dir() else []
    if not files:
        pytest.skip("the public corpora are not beside this checkout")
    graph = build_tool_graph(load_tools([str(files[0])]), "lexical")
    source = SeedSource(graph, SeedSettings(mix=(("chained", 1.0),)))
    held = [any("chained" in slot.behaviours for slot in source.draw(index).slots) for index in range(30)]
    assert sum(held) >= 24
