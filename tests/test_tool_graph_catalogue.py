"""The tool graph on real tools: the default catalogue and the labelled corpora."""

import random
from itertools import pairwise

import pytest

from tests.tool_graph_fakes import CORPORA, load_labelled
from toolflow_graph.catalog import load_tools
from toolflow_graph.tool_graph import build_tool_graph, sample_tools, walk_tools


def test_the_default_tool_graph_is_tied_across_domains() -> None:
    graph = build_tool_graph(load_tools())
    stats = graph.stats()
    assert stats.embedder == "sbert:all-MiniLM-L6-v2"
    assert stats.cross_domain_share is not None
    assert stats.cross_domain_share > 0.3
    assert len(stats.isolated) <= 0.02 * stats.tools
    assert stats.largest_component > 0.9 * stats.tools
    walks = [walk_tools(graph, 4, random.Random(seed)) for seed in range(300)]
    steps = [step for walk in walks for step in walk[1:]]
    assert sum(step.how == "edge" for step in steps) > 0.95 * len(steps)
    flowing = sum(any(e.kind == "P-R" for e in graph.edges_among(step.tool for step in walk)) for walk in walks)
    assert flowing > 0.8 * len(walks)


@pytest.mark.skipif(not (CORPORA / "labelled").is_dir(), reason="the labelled corpora are not here")
@pytest.mark.parametrize(("name", "times"), [("bfcl_multiturn", 8), ("toolbench_sub", 20)])
def test_walks_follow_labelled_relations_far_more_often_than_chance(name: str, times: int) -> None:
    tools, related = load_labelled(name)
    graph = build_tool_graph(tools, "lexical")

    def share(method: str) -> float:
        pairs = [
            frozenset(pair)
            for seed in range(1500)
            for found in [sample_tools(graph, 4, random.Random(seed), method)]
            for pair in pairwise(found)
        ]
        return sum(pair in related for pair in pairs) / len(pairs)

    assert share("graph") > times * share("random")
