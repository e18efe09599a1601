"""Which fields of results other tools of the scene live on: planned on, and never left out of a result."""

from toolflow_graph.models.briefs import Scene
from toolflow_graph.tool_graph.handles import find_flows
from toolflow_graph.types import Flow

Ways = dict[tuple[str, str, str], Flow]
"""(giver, taker, parameter) to the flow."""


def ways_of(scene: Scene) -> Ways:
    """The handle flows among the scene's tools."""
    flows = find_flows(scene.tools, scene.edges)
    return {(flow.source, flow.target, flow.target_field): flow for flow in flows}


def handed_on(scene: Scene, tool: str) -> frozenset[str]:
    """The paths in a tool's result that another tool of the scene asks for."""
    return frozenset(flow.source_field for flow in ways_of(scene).values() if flow.source == tool)
