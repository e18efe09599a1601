"""The paper's definition of an edge (3.1.1), on vectors written by hand."""

import json
from pathlib import Path

import networkx
import numpy as np
import pytest

from tests.tool_graph_fakes import HandEmbedder, schema, tool
from toolflow_graph.errors import UsageError
from toolflow_graph.tool_graph import ToolGraph, build_tool_graph, collect_texts, iter_tool_fields
from toolflow_graph.tool_graph.export import write_graph
from toolflow_graph.tool_graph.fields import render_field_text
from toolflow_graph.tool_graph.similarity import build_text_neighbours, find_pairs
from toolflow_graph.types import Edge, Tool


def near(cosine: float) -> tuple[float, float]:
    return cosine, float(np.sqrt(1 - cosine * cosine))


def build(*tools: Tool, tau: float | None = None, **vectors: tuple[float, ...]) -> ToolGraph:
    by_text = {f"{name}: {name}": vector for name, vector in vectors.items()}
    return build_tool_graph(tools, HandEmbedder(by_text), tau)


def test_fields_keep_path_and_leaf_text() -> None:
    guest = schema(email="Mail address of\n   the guest.", age={"type": "integer"})
    made = Tool(
        name="book",
        parameters=schema(guests={"type": "array", "description": "Who comes.", "items": guest}),
        returns=schema(booking=schema(id="Identifier of the booking."), tags={"type": "array", "items": {}}),
    )
    assert [(f.side, f.path, f.text) for f in iter_tool_fields(made)] == [
        ("parameter", "guests[].email", "email: Mail address of the guest."),
        ("parameter", "guests[].age", "age"),
        ("return", "booking.id", "id: Identifier of the booking."),
        ("return", "tags", "tags"),
    ]


def test_a_result_without_names_has_no_fields() -> None:
    for returns in (
        {"type": "string", "description": "The answer."},
        {"type": "array", "items": {"type": "number"}},
        None,
    ):
        assert list(iter_tool_fields(Tool(name="a", returns=returns))) == []
    rows = {"type": "array", "items": schema(id="Identifier.")}
    assert [(f.path, f.text) for f in iter_tool_fields(Tool(name="a", returns=rows))] == [("[].id", "id: Identifier.")]


@pytest.mark.parametrize("description", [None, "", "  \n"])
def test_a_field_without_description_is_its_name(description: str | None) -> None:
    assert render_field_text("city", description) == "city"


def test_similar_parameters_tie_tools() -> None:
    graph = build(
        tool("b", {"place": "place"}), tool("a", {"city": "city"}), tool("c", {"x": "x"}), city=(1,), place=near(0.9)
    )
    assert graph.neighbours("a") == ("b",)
    assert graph.neighbours("c") == ()
    expected = Edge(kind="P-P", source="a", target="b", source_field="city", target_field="place", similarity=0.9)
    assert graph.edges_between("a", "b") == graph.edges_between("b", "a") == (expected,)


def test_a_result_that_resembles_a_parameter_ties_tools_in_both_directions() -> None:
    maker = tool("maker", {"x": "x"}, {"city": "city"})
    taker = tool("taker", {"place": "place"}, {"y": "y"})
    for first, second in ((maker, taker), (taker, maker)):
        graph = build(first, second, city=(1,), place=near(0.9))
        assert graph.neighbours("maker") == ("taker",)
        assert graph.neighbours("taker") == ("maker",)
        (edge,) = graph.edges_between("taker", "maker")
        assert (edge.kind, edge.source, edge.source_field) == ("P-R", "maker", "city")
        assert (edge.target, edge.target_field) == ("taker", "place")


def test_flow_both_ways_and_a_shared_parameter_are_three_edges() -> None:
    graph = build(
        tool("a", {"day": "day", "order": "order"}, {"city": "city"}),
        tool("b", {"day": "day", "city": "city"}, {"order": "order"}),
    )
    found = [(e.kind, e.source, e.source_field, e.target_field) for e in graph.edges_between("b", "a")]
    assert found == [("P-P", "a", "day", "day"), ("P-R", "a", "city", "city"), ("P-R", "b", "order", "order")]
    assert {e.similarity for e in graph.edges_between("a", "b")} == {1.0}


def test_similar_results_alone_are_no_edge() -> None:
    graph = build(tool("a", {"x": "x"}, {"city": "city"}), tool("b", {"y": "y"}, {"city": "city"}))
    assert not graph.neighbours("a")
    assert not graph.edges_between("a", "b")


def test_a_tool_is_never_its_own_neighbour() -> None:
    graph = build(tool("a", {"city": "city", "place": "place"}, {"city": "city"}), city=(1,), place=near(0.99))
    assert not graph.neighbours("a")
    assert not graph.edges_between("a", "a")


@pytest.mark.parametrize(("cosine", "tied"), [(0.8199, False), (0.82, False), (0.8201, True), (1.0, True)])
def test_the_threshold_is_strict(cosine: float, tied: bool) -> None:
    graph = build(tool("a", {"city": "city"}), tool("b", {"place": "place"}), city=(1,), place=near(cosine))
    assert bool(graph.neighbours("a")) is tied


def test_equal_texts_pass_any_threshold_below_one() -> None:
    tools = tool("a", {"city": "city"}), tool("b", {"city": "city"})
    assert build(*tools, tau=0.999999).edges_between("a", "b")[0].similarity == 1.0
    assert build(*tools, tau=1.0).neighbours("a") == ()


def test_the_best_pair_is_kept_and_rarer_texts_break_ties() -> None:
    everywhere = [tool(f"z{place}", {"currency": "currency"}) for place in range(3)]
    graph = build(
        tool("a", {"currency": "currency", "order": "order", "city": "city"}),
        tool("b", {"currency": "currency", "order": "order", "place": "place"}),
        *everywhere,
        city=(1,),
        place=near(0.9),
    )
    assert graph.edges_between("a", "b")[0].source_field == "order"


def test_edges_among_and_unknown_names() -> None:
    graph = build(*(tool(name, {"city": "city"}) for name in ("a", "b", "c")), tool("d", {}))
    assert [(e.source, e.target) for e in graph.edges_among(["c", "a", "d", "b", "a"])] == [
        ("a", "c"),
        ("b", "c"),
        ("a", "b"),
    ]
    with pytest.raises(UsageError, match="no tool 'e'"):
        graph.neighbours("e")
    assert "a" in graph
    assert "e" not in graph


def test_the_order_of_the_tools_changes_nothing() -> None:
    tools = [tool(f"t{i}", {f"p{i % 4}": "same", "city": "city"}, {f"r{i}": "r"}, domain=str(i % 2)) for i in range(9)]
    one, other = (build_tool_graph(given, "lexical") for given in (tools, tools[::-1]))
    assert one.edges_among(one.names) == other.edges_among(other.names)
    assert one.stats() == other.stats()
    assert one.tools == tuple(tools)


def test_pairs_are_exact_across_blocks() -> None:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(2100, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    left, right, value = find_pairs(vectors, 0.97)
    cosines = np.round(np.clip(vectors.astype(np.float64) @ vectors.T.astype(np.float64), -1, 1), 6)
    expected_left, expected_right = np.nonzero(np.triu(cosines > 0.97, 1))
    assert left.tolist() == expected_left.tolist()
    assert right.tolist() == expected_right.tolist()
    assert np.array_equal(value, cosines[left, right])
    rows = build_text_neighbours(vectors, 0.97)
    assert all(index in rows.row(index) for index in (0, 1, 2099))
    assert len(rows.columns) == 2 * len(left) + len(vectors)


def test_stats() -> None:
    graph = build(
        tool("a", {"city": "city"}, domain="x"),
        tool("b", {"city": "city"}, {"order": "order"}, domain="y"),
        tool("c", {"order": "order"}, domain="y"),
        tool("d", {"lonely": "lonely"}, domain="z"),
    )
    stats = graph.stats()
    assert (stats.tools, stats.fields, stats.texts, stats.edges) == (4, 5, 3, 2)
    assert stats.edges_by_kind == {"P-P": 1, "P-R": 1}
    assert (stats.isolated, stats.components, stats.largest_component) == (("d",), 2, 3)
    assert (stats.mean_degree, stats.cross_domain_share, stats.domains) == (1.0, 0.5, 3)
    assert (stats.embedder, stats.tau) == ("hand", 0.82)
    assert [(hub.text, hub.tools, hub.share) for hub in stats.hubs] == [
        ("city: city", 2, 0.5),
        ("order: order", 2, 0.5),
        ("lonely: lonely", 1, 0.25),
    ]
    assert build().stats().components == 0


def test_networkx_face(tmp_path: Path) -> None:
    graph = build(tool("b", {"city": "city"}, {"order": "o"}, domain="x"), tool("a", {"city": "city", "order": "o"}))
    plain = graph.to_networkx()
    assert plain.nodes["b"] == {"domain": "x", "description": "Do b."}
    edge = plain.edges["a", "b"]
    assert (edge["kind"], edge["source"], edge["target"], edge["source_field"]) == ("P-R", "b", "a", "order")
    assert [entry["kind"] for entry in edge["edges"]] == ["P-P", "P-R"]
    with pytest.raises(UsageError, match="more than 0 edges"):
        graph.to_networkx(max_edges=0)
    for form in ("graphml", "json"):
        write_graph(graph, tmp_path / f"out.{form}", form)
    again = networkx.read_graphml(tmp_path / "out.graphml")
    assert json.loads(again.edges["a", "b"]["edges"]) == edge["edges"]
    stored = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert (stored["links"][0]["source"], stored["links"][0]["target"]) == ("b", "a")
    read = networkx.node_link_graph(stored, edges="links")
    assert {name: read.nodes[name] for name in read} == {name: plain.nodes[name] for name in plain}
    assert read.edges["a", "b"]["edges"] == edge["edges"]
    with pytest.raises(UsageError, match="unknown format 'dot'"):
        write_graph(graph, tmp_path / "out.dot", "dot")


@pytest.mark.parametrize("tau", [-0.1, 1.1, float("nan")])
def test_a_tau_that_is_no_cosine_is_a_mistake(tau: float) -> None:
    with pytest.raises(UsageError, match="out of range"):
        build(tool("a", {}), tau=tau)


def test_a_tool_given_twice_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="defined twice: 'a'"):
        build(tool("a", {}), tool("a", {}))


def test_collected_texts_are_distinct_and_sorted() -> None:
    assert collect_texts([tool("a", {"y": "y", "x": "x"}), tool("b", {"x": "x"})]) == ("x: x", "y: y")
