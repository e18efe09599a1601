"""The tool graph: fields, embedders, similarity, edges, sampling. Knows nothing of dialogues."""

from toolflow_graph.tool_graph.build import ToolGraph, build_tool_graph
from toolflow_graph.tool_graph.embedders import ChosenEmbedder, Embedder, embed_texts, load_embedder
from toolflow_graph.tool_graph.fields import ToolField, collect_texts, iter_tool_fields
from toolflow_graph.tool_graph.sampling import METHODS, Step, sample_tools, walk_tools
from toolflow_graph.tool_graph.stats import GraphStats, HubText

__all__ = [
    "METHODS",
    "ChosenEmbedder",
    "Embedder",
    "GraphStats",
    "HubText",
    "Step",
    "ToolField",
    "ToolGraph",
    "build_tool_graph",
    "collect_texts",
    "embed_texts",
    "iter_tool_fields",
    "load_embedder",
    "sample_tools",
    "walk_tools",
]
