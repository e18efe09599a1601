"""What ``langgraph.json`` points at: the dialogue state machine with the default nodes, for LangGraph Studio."""

from toolflow_graph.dialogue.graph import build_graph

graph = build_graph(editable=True).with_config({"recursion_limit": 500})
"""Compiled without a checkpointer: Studio's server brings its own."""
