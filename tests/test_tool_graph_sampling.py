"""Algorithm 1 (3.1.2) and every case that the paper leaves open."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tool_graph_fakes import HandEmbedder, tool
from toolflow_graph.errors import UsageError
from toolflow_graph.randomness import derive_rng
from toolflow_graph.tool_graph import ToolGraph, build_tool_graph, sample_tools, walk_tools
from toolflow_graph.types import Tool


def graph_of(edges: list[tuple[int, int]], count: int, domains: int = 3) -> ToolGraph:
    """A tool graph with exactly these edges: the two ends share a parameter that nobody else has."""
    fields: list[dict[str, str]] = [{} for _ in range(count)]
    for first, second in edges:
        if first != second:
            for end in (first, second):
                fields[end][f"p{min(first, second)}_{max(first, second)}"] = "shared"
    tools = [tool(f"t{i:02}", own, domain=f"d{i % domains}") for i, own in enumerate(fields)]
    return build_tool_graph(tools, HandEmbedder(width=200))


@st.composite
def tool_graphs(draw: st.DrawFn) -> ToolGraph:
    count = draw(st.integers(1, 12))
    ends = st.integers(0, count - 1)
    return graph_of(draw(st.lists(st.tuples(ends, ends), max_size=20)), count, draw(st.integers(1, 4)))


@settings(max_examples=50, deadline=None)
@given(tool_graphs(), st.integers(1, 15), st.integers(0, 2**32), st.sampled_from(["graph", "random"]))
def test_any_tool_graph_gives_n_different_tools(graph: ToolGraph, n: int, seed: int, method: str) -> None:
    found = sample_tools(graph, n, random.Random(seed), method)
    assert len(found) == len(set(found)) == min(n, len(graph))
    assert set(found) <= set(graph.names)
    assert found == sample_tools(graph, n, random.Random(seed), method)


@settings(max_examples=50, deadline=None)
@given(tool_graphs(), st.integers(1, 15), st.integers(0, 2**32))
def test_every_step_is_what_it_says(graph: ToolGraph, n: int, seed: int) -> None:
    steps = walk_tools(graph, n, random.Random(seed))
    walked = [step.tool for step in steps]
    assert steps[0].how == "start"
    for place, step in enumerate(steps[1:], start=1):
        before, fresh = walked[:place], set(graph.names) - set(walked[:place])
        assert step.origin in before
        if step.how == "edge":
            assert step.origin == walked[place - 1]
        if step.how in ("edge", "restart"):
            assert step.tool in graph.neighbours(step.origin)
            # Nobody walked later than the origin had anywhere new to go.
            later = before[before.index(step.origin) + 1 :]
            assert not any(fresh & set(graph.neighbours(name)) for name in later)
        else:
            assert not any(fresh & set(graph.neighbours(name)) for name in before)


def test_the_next_tool_is_uniform_among_the_new_neighbours() -> None:
    graph = graph_of([(0, 1), (0, 2), (0, 3), (0, 4)], 5)
    after = Counter(found[1] for seed in range(2000) if (found := sample_tools(graph, 2, derive_rng(seed)))[0] == "t00")
    assert set(after) == {"t01", "t02", "t03", "t04"}
    assert max(after.values()) < 1.4 * min(after.values())


def test_a_dead_end_goes_back_to_the_most_recent_way_out() -> None:
    chain = graph_of([(0, 1), (1, 2), (1, 3)], 4)
    seen = set()
    for seed in range(60):
        steps = walk_tools(chain, 4, derive_rng(seed))
        seen |= {(step.how, step.tool, step.origin) for step in steps}
        assert {step.how for step in steps} <= {"start", "edge", "restart"}
    assert ("restart", "t03", "t01") in seen


def test_without_edges_the_domain_decides() -> None:
    graph = graph_of([], 9, domains=3)
    for seed in range(20):
        steps = walk_tools(graph, 3, derive_rng(seed))
        assert [step.how for step in steps] == ["start", "domain", "domain"]
        assert len({graph.tool(step.tool).domain for step in steps}) == 1


def test_without_domain_the_nearest_description_decides_then_chance() -> None:
    described = {
        "book_flight": "Book a seat on a scheduled flight.",
        "cancel_flight": "Cancel a seat booked on a scheduled flight.",
        "zzz": "Quux!",
    }
    tools = [Tool(name=name, description=description) for name, description in described.items()]
    graph = build_tool_graph(tools, HandEmbedder())
    hows = set()
    for seed in range(20):
        steps = walk_tools(graph, 3, derive_rng(seed))
        hows |= {(step.origin, step.how) for step in steps[1:]}
        if steps[0].tool == "book_flight":
            assert (steps[1].tool, steps[1].how) == ("cancel_flight", "description")
    assert ("zzz", "random") in hows


def test_the_ablation_is_uniform() -> None:
    graph = graph_of([(0, 1)], 4)
    counts = Counter(sample_tools(graph, 2, derive_rng(seed), "random") for seed in range(2400))
    assert len(counts) == 12
    assert max(counts.values()) < 1.6 * min(counts.values())


def test_mistakes() -> None:
    graph = graph_of([], 2)
    with pytest.raises(UsageError, match="cannot sample 0 tools"):
        sample_tools(graph, 0, derive_rng(0))
    with pytest.raises(UsageError, match="unknown sampling 'walk'"):
        sample_tools(graph, 1, derive_rng(0), "walk")
    for method in ("graph", "random"):
        with pytest.raises(UsageError, match="no tools"):
            sample_tools(build_tool_graph([], HandEmbedder()), 1, derive_rng(0), method)
