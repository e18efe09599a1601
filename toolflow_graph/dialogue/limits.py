"""Where a dialogue must stop: bounds that hold for default and swapped nodes alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from toolflow_graph.types import Request, Seed

ASSISTANT_STEPS = 8
"""Most assistant messages in one turn (a turn: a user message and everything until the next)."""


def turn_limit(target_turns: int) -> int:
    """Most user messages: twice the planned number of requests, plus two."""
    return 2 * target_turns + 2


def visit_limit(request: Request) -> int:
    """Most user messages for one request: opening it, answering questions, what is staged, and two pushes."""
    staged = (
        (request.revision is not None) + bool(request.hidden) + request.asks("dissatisfied") + request.asks("confirm")
    )
    return 3 + len(request.withheld) + staged


def step_limit(seed: Seed) -> int:
    """Most node visits of a dialogue; LangGraph's recursion limit lies just above."""
    return 3 + turn_limit(seed.target_turns) * (2 + 2 * ASSISTANT_STEPS)


def find_limit(seed: Seed, messages: Sequence[Mapping[str, Any]], steps: int) -> str | None:
    """Which bound a dialogue has reached, in words; None while it may go on."""
    if steps >= step_limit(seed):
        return f"no end after {steps} steps"
    spoken = 0
    for message in reversed(messages):
        if message["role"] == "user":
            break
        spoken += message["role"] == "assistant"
    if spoken >= ASSISTANT_STEPS and messages[-1].get("tool_calls"):
        return f"{spoken} messages with tool calls in one turn, and no answer"
    return None
