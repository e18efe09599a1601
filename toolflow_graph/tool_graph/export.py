"""The tool graph's face: networkx, and the files that networkx writes."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolflow_graph.errors import UsageError
from toolflow_graph.outputs import replacing

if TYPE_CHECKING:
    import networkx

    from toolflow_graph.tool_graph.build import ToolGraph

FORMATS = ("graphml", "json")


def to_networkx(graph: "ToolGraph", max_edges: int = 2_000_000) -> "networkx.Graph[str]":
    """An undirected networkx graph, nodes and edges in sorted order.

    Node attributes: ``domain``, ``description``. Edge attributes: those of its strongest
    :class:`~toolflow_graph.types.Edge` (``kind source target source_field target_field similarity``; P-R before P-P
    among equals), and ``edges``, all of them as plain dicts.

    Raises:
        UsageError: above ``max_edges``, where networkx would take gigabytes.
    """
    import networkx

    result: networkx.Graph[str] = networkx.Graph(embedder=graph.embedder, tau=graph.tau)
    for name in graph.names:
        tool = graph.tool(name)
        result.add_node(name, domain=tool.domain or "", description=tool.description)
    ends = 0
    for index in range(len(graph)):
        ends += len(graph.neighbour_ids(index))
        if ends > 2 * max_edges:
            raise UsageError(
                f"the tool graph of {len(graph):,} tools has more than {max_edges:,} edges: too many for networkx",
                hint="ToolGraph.neighbours(), edges_between() and edges_among() work at any size",
            )
    for index, name in enumerate(graph.names):
        for other in graph.neighbour_ids(index).tolist():
            if other < index:
                continue
            edges = graph.edges_between(name, graph.names[other])
            strongest = min(edges, key=lambda edge: (-edge.similarity, edge.kind != "P-R"))
            result.add_edge(name, graph.names[other], **strongest.to_json(), edges=[edge.to_json() for edge in edges])
    return result


def write_graph(graph: "ToolGraph", path: Path, form: str) -> None:
    """Write the networkx graph as ``graphml`` (``edges`` as a JSON string) or ``json`` (node-link, as networkx reads).

    Raises:
        UsageError: if the format is unknown or the file cannot be written.
    """
    import networkx

    if form not in FORMATS:
        raise UsageError(f"unknown format {form!r}", known=FORMATS)
    result = to_networkx(graph)
    with replacing(path) as place:
        if form == "graphml":
            for _, _, attributes in result.edges(data=True):
                attributes["edges"] = json.dumps(attributes["edges"])
            networkx.write_graphml_xml(result, place)
        else:
            plain: Any = networkx.node_link_data(result, edges="links")
            # The format's own source and target (the ends in sorted order) would hide which way the data flows.
            for link, (_, _, attributes) in zip(plain["links"], result.edges(data=True), strict=True):
                link.update(source=attributes["source"], target=attributes["target"])
            place.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
