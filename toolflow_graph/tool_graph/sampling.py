"""Sampling tools that belong together (paper, 3.1.2, Algorithm 1), and the paper's ablation without the tool graph.

Algorithm 1: a random start; then, again and again, a uniformly random neighbour of the last tool, kept if it is new.
What the paper leaves open is decided here, so that a walk ends with ``n`` tools whatever the tool graph looks like:

* drawing until a neighbour is new is drawing uniformly among the new ones, which is what is done;
* the last tool has no new neighbour: the walk goes on from the most recent tool that has one ("restart");
* nobody has one (the component is used up, the tool is isolated): a random new tool of the last tool's domain; else the
  one with the lexically nearest description; else a random one;
* fewer tools than ``n``: all of them.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from toolflow_graph.errors import UsageError

if TYPE_CHECKING:
    from toolflow_graph.tool_graph.build import ToolGraph

Method = Literal["graph", "random"]
METHODS: tuple[str, ...] = get_args(Method)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a walk: the tool, how the walk came there, and from which tool.

    ``edge``: from the tool before. ``restart``: along an edge from an earlier tool. ``domain``, ``description``,
    ``random``: without an edge, because there was none left.
    """

    tool: str
    how: Literal["start", "edge", "restart", "domain", "description", "random"]
    origin: str | None = None


def sample_tools(
    graph: "ToolGraph", n: int, rng: random.Random, method: str = "graph", start: Sequence[str] = ()
) -> tuple[str, ...]:
    """Draw ``n`` different tools (all of them if there are fewer), in the order of the walk.

    A pure function of the tools, the tool graph's edges, ``n`` and the state of ``rng``.

    Args:
        method: "graph" (Algorithm 1) or "random" (uniform, without replacement: the ablation).
        start: different tools that a walk begins with, instead of a random one.

    Raises:
        UsageError: if there is no tool, ``n`` is below 1, or the method is unknown.
    """
    if method == "graph":
        return tuple(step.tool for step in walk_tools(graph, n, rng, start))
    if method != "random":
        raise UsageError(f"unknown sampling {method!r}", known=METHODS)
    _check(graph, n)
    return tuple(rng.sample(graph.names, min(n, len(graph))))


def walk_tools(graph: "ToolGraph", n: int, rng: random.Random, start: Sequence[str] = ()) -> tuple[Step, ...]:
    """Algorithm 1 with every step accounted for; the arguments and errors are those of :func:`sample_tools`."""
    _check(graph, n)
    first = [graph.position(name) for name in dict.fromkeys(start)][:n] or [rng.randrange(len(graph))]
    visited, last = set(first), first[-1]
    steps = [Step(graph.names[index], "start") for index in first]
    # A tool without new neighbours will never have one again: each is taken off this stack once.
    stack = list(first)
    while len(steps) < min(n, len(graph)):
        fresh: list[int] = []
        while stack and not fresh:
            fresh = [index for index in graph.neighbour_ids(stack[-1]).tolist() if index not in visited]
            if not fresh:
                stack.pop()
        if fresh:
            origin, chosen = stack[-1], fresh[rng.randrange(len(fresh))]
            steps.append(Step(graph.names[chosen], "edge" if origin == last else "restart", graph.names[origin]))
        else:
            step = _leap(graph, graph.names[last], visited, rng)
            chosen = graph.position(step.tool)
            steps.append(step)
        visited.add(chosen)
        stack.append(chosen)
        last = chosen
    return tuple(steps)


def _leap(graph: "ToolGraph", last: str, visited: set[int], rng: random.Random) -> Step:
    rest = [name for index, name in enumerate(graph.names) if index not in visited]
    domain = graph.tool(last).domain
    same = [name for name in rest if domain is not None and graph.tool(name).domain == domain]
    if same:
        return Step(same[rng.randrange(len(same))], "domain", last)
    nearest = graph.nearest_description(last, rest)
    if nearest is not None:
        return Step(nearest, "description", last)
    return Step(rest[rng.randrange(len(rest))], "random", last)


def _check(graph: "ToolGraph", n: int) -> None:
    if n < 1:
        raise UsageError(f"cannot sample {n!r} tools", expected="1 or more")
    if not len(graph):
        raise UsageError("the tool graph has no tools to sample from", hint="--tools SOURCE")
