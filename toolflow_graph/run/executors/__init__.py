"""Executors: who plays the dialogues of a run, and where.

::

    local         this process (asyncio), the default
    processes     N processes on this machine          processes.py
    ray           N actors on a Ray cluster             on_ray.py (an extra)

The runner decides which dialogue is played next and the run store is written by one process, whatever the executor:
a worker is sent indices and sends back replies and records (``messages``). So the data set has the same bytes
everywhere, and a worker that dies takes nothing with it.
"""

from collections.abc import Callable
from typing import Any

from toolflow_graph.config import RunConfig
from toolflow_graph.errors import UsageError
from toolflow_graph.references import load_reference
from toolflow_graph.run.runner import Player
from toolflow_graph.run.store import RunStore

EXECUTORS = {
    "local": "toolflow_graph.run.executors:play_here",
    "processes": "toolflow_graph.run.executors.processes:play_in_processes",
    "ray": "toolflow_graph.run.executors.on_ray:play_on_ray",
}

Executor = Callable[[RunConfig, Player, RunStore], Player]
"""Takes a run's settings, who would play it in this process, and its store; returns who plays it instead."""


def play_here(config: RunConfig, player: Player, store: RunStore) -> Player:
    """The dialogues of a run in this process."""
    return player


def build_executor(config: RunConfig, player: Player, store: RunStore) -> Player:
    """Who plays a run's dialogues, as its settings say.

    Raises:
        UsageError: the executor does not exist, cannot be imported, or needs what is not installed.
    """
    name = config.executor_name
    found: Any = load_reference(name, what="executor", known=EXECUTORS)
    if not callable(found):
        raise UsageError(
            f"--executor {name!r} is {type(found).__name__}",
            expected="a function (config, player, store) that returns who plays the dialogues",
            known=sorted(EXECUTORS),
        )
    playing: Player = found(config, player, store)
    return playing
