"""Figures of a tool graph."""

from typing import TYPE_CHECKING

import numpy as np

from toolflow_graph.types import Noun

if TYPE_CHECKING:
    from toolflow_graph.tool_graph.build import ToolGraph

_SHOWN_HUBS = 10


class HubText(Noun):
    """A field text, and how many tools have it or one near it; ``share`` is that in [0, 1]."""

    text: str
    tools: int
    share: float


class GraphStats(Noun):
    """What a tool graph looks like.

    ``edges`` counts pairs of tools; ``edges_by_kind`` those with a P-P tie and those with a P-R tie (in either
    direction; a pair may have both). ``cross_domain_share`` is the share of edges between tools of different domains,
    None where no tool has a domain. ``hubs`` are the texts that reach most tools.
    """

    tools: int
    fields: int
    texts: int
    edges: int
    edges_by_kind: dict[str, int]
    mean_degree: float
    isolated: tuple[str, ...]
    components: int
    largest_component: int
    domains: int
    cross_domain_share: float | None
    hubs: tuple[HubText, ...]
    embedder: str
    tau: float
    reason: str


def compute_stats(graph: "ToolGraph") -> GraphStats:
    """Visit every tool once; no edge is kept."""
    count = len(graph)
    labels: list[str] = [graph.tool(name).domain or "" for name in graph.names]
    domain_ids = np.unique(np.array(labels), return_inverse=True)[1] if labels else np.zeros(0, np.int64)
    by_kind, edges, crossing = {"P-P": 0, "P-R": 0}, 0, 0
    isolated: list[str] = []
    parents = list(range(count))
    for index, name in enumerate(graph.names):
        same_scene, flow = graph.kind_neighbour_ids(index)
        near = graph.neighbour_ids(index)
        by_kind["P-P"] += int((same_scene > index).sum())
        by_kind["P-R"] += int((flow > index).sum())
        later = near[near > index]
        edges += len(later)
        crossing += int((domain_ids[later] != domain_ids[index]).sum())
        if not len(near):
            isolated.append(name)
        for other in later.tolist():
            parents[_root(parents, other)] = _root(parents, index)
    sizes = np.bincount([_root(parents, index) for index in range(count)], minlength=1)
    return GraphStats(
        tools=count,
        fields=graph.field_count(),
        texts=len(graph.texts),
        edges=edges,
        edges_by_kind=by_kind,
        mean_degree=round(2 * edges / count, 3) if count else 0.0,
        isolated=tuple(isolated),
        components=int((sizes > 0).sum()) if count else 0,
        largest_component=int(sizes.max()),
        domains=len({label for label in labels if label}),
        cross_domain_share=round(crossing / edges, 4) if edges and any(labels) else None,
        hubs=_find_hubs(graph),
        embedder=graph.embedder,
        tau=graph.tau,
        reason=graph.reason,
    )


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index


def _find_hubs(graph: "ToolGraph") -> tuple[HubText, ...]:
    reach = [(len(graph.text_reach(index)), text) for index, text in enumerate(graph.texts)]
    top = sorted(reach, key=lambda pair: (-pair[0], pair[1]))[:_SHOWN_HUBS]
    return tuple(HubText(text=text, tools=tools, share=round(tools / len(graph), 4)) for tools, text in top)
