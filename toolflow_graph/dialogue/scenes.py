"""Seed -> the scene that every brief of its dialogue shares."""

from toolflow_graph.models.briefs import Scene
from toolflow_graph.types import Seed


def build_scene(seed: Seed) -> Scene:
    """The facts of the seed, for the offline model."""
    return Scene(
        random_seed=seed.random_seed,
        now=seed.now,
        profile=seed.profile,
        style=seed.style,
        tools=seed.tools,
        edges=seed.edges,
        distractors=tuple(tool for tool in seed.distractors if tool.name != seed.search_tool),
        slots=seed.slots,
        search_tool=seed.search_tool,
    )
