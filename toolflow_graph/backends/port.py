"""The backend port: what answers a tool call for real."""

from dataclasses import dataclass
from typing import Protocol

from toolflow_graph.types import Tool, ToolCall, ToolResult

TIMEOUT = 60.0
"""Seconds that a call may take, unless the run says otherwise."""


@dataclass(frozen=True, slots=True)
class DialogueInfo:
    """The dialogue that a call belongs to; a function or a class is handed it if a parameter is annotated with it.

    Attributes:
        id: the seed's id, the same whenever the dialogue is played again: a key for state, a seed for randomness.
        now: the dialogue's fixed present, ISO 8601 local time (the real clock would change the data with every run).
    """

    id: str
    now: str


class Backend(Protocol):
    """What answers the calls of a tool instead of the simulation."""

    async def call(self, tool: Tool, call: ToolCall, *, now: str, dialogue_id: str) -> ToolResult:
        """Make the call. What goes wrong with it is a result too ({"code", "message"}), as a service would give it.

        Args:
            tool: the definition in the run's catalogue.
            call: name, arguments and id; the arguments are not changed.
            now: the dialogue's present (``Seed.now``).
            dialogue_id: ``Seed.id``.

        Raises:
            UsageError, RunError: what no result can stand for, and ends the run.
        """
        ...
