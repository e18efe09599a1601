"""A dialogue of a run as a thread of a LangGraph server: its kept steps, for Studio to look at and go on from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolflow_graph.errors import UsageError

GRAPH = "dialogue"
"""The graph's name in ``langgraph.json``."""
# Written as an input it would wait for a step of its own, which never comes.
_START = "__start__"


@dataclass(frozen=True, slots=True)
class Opened:
    """What was made on the server. ``next``: the nodes that run next there; none at the dialogue's end."""

    thread_id: str
    assistant_id: str
    steps: int
    next: tuple[str, ...]


async def open_thread(
    url: str,
    start: Mapping[str, Any],
    steps: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    name: str,
    context: Mapping[str, Any],
) -> Opened:
    """Make a thread that holds a dialogue's steps as checkpoints, and an assistant with the run's settings.

    Args:
        url: the server's address.
        start: the dialogue's input; ``steps``: (node, the state's changes) one after the other.
        name: what both are called; ``context``: the settings of the run (fields of ``context.Context``).

    Raises:
        UsageError: nothing answers there, or what answers does not serve this graph.
    """
    from langgraph_sdk import get_client

    client = get_client(url=url, api_key=None)
    updates = [{"values": dict(start), "as_node": _START}]
    updates += [{"values": dict(values), "as_node": node} for node, values in steps]
    try:
        graphs = await client.assistants.search(graph_id=GRAPH)
        if not graphs:
            raise UsageError(f"the server at {url!r} has no graph {GRAPH!r}", hint=_HOW)
        assistant = await client.assistants.create(GRAPH, context=dict(context), name=name)
        thread = await client.threads.create(
            graph_id=GRAPH,
            metadata={"name": name, "assistant_id": assistant["assistant_id"]},
            supersteps=[{"updates": [update]} for update in updates],
        )
        state = await client.threads.get_state(thread["thread_id"])
    except UsageError:
        raise
    except Exception as error:  # the SDK's, and those of whatever HTTP library it uses
        raise UsageError(
            f"no LangGraph server at {url!r} took the dialogue: {type(error).__name__}: {str(error)[:200]}",
            expected="the address of a server that serves this graph",
            hint=_HOW,
        ) from None
    finally:
        await client.aclose()
    return Opened(thread["thread_id"], assistant["assistant_id"], len(steps), tuple(state["next"]))


_HOW = "langgraph dev --no-browser --no-reload, in the folder of this project's langgraph.json (or what init wrote)"
