"""Random streams of a dialogue, named by what they are drawn for."""

import random
from typing import Any

from toolflow_graph.models.briefs import Scene
from toolflow_graph.randomness import derive_rng


def draw_for(scene: Scene, *labels: Any, salt: int = 0) -> random.Random:
    """The stream for these labels; another ``salt`` than 0 gives another one, for a reply that was refused."""
    return derive_rng(scene.random_seed, "offline", *labels, *((salt,) if salt else ()))
