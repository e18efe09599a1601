"""The dialogue state machine: five nodes by reference, wired by routes.

::

    plan -> user_turn -> assistant_call <-> tool_simulation
               ^               |
               +---------------+        user_turn -> verifier -> END
"""

import inspect
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import PurePath
from typing import Any, cast, get_args, get_type_hints

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command

from toolflow_graph.context import Context
from toolflow_graph.dialogue import routes
from toolflow_graph.dialogue.asking import StepFailed
from toolflow_graph.dialogue.limits import find_limit, step_limit
from toolflow_graph.dialogue.records import build_record
from toolflow_graph.dialogue.services import prepare
from toolflow_graph.dialogue.staging import first_offer
from toolflow_graph.errors import ModelError, RunError, UsageError
from toolflow_graph.references import load_reference
from toolflow_graph.rendering import render_now, render_policy, render_profile
from toolflow_graph.state import DialogueInput, DialogueOutput, DialogueState, load_plan, load_seed
from toolflow_graph.types import Fault, Finding, Message, Plan, Seed, Verdict
from toolflow_graph.verification import compute_provenance, count_behaviours, parse_record

NODES: dict[str, str] = {
    "plan": "toolflow_graph.nodes.plan:plan",
    "user_turn": "toolflow_graph.nodes.user_turn:user_turn",
    "assistant_call": "toolflow_graph.nodes.assistant_call:assistant_call",
    "tool_simulation": "toolflow_graph.nodes.tool_simulation:tool_simulation",
    "verifier": "toolflow_graph.nodes.verifier:verifier",
}
"""The default nodes, loaded the same way as a user's own."""

Graph = CompiledStateGraph[DialogueState, Context, DialogueInput, DialogueOutput]
Update = dict[str, Any]
Node = Callable[..., Update | Awaitable[Update]]
Route = Callable[[DialogueState], str]

_GROWING = ("messages", "user_log", "alternatives", "usage", "cues", "tool_changes")
_ROUTES: dict[str, Route] = {
    "plan": routes.after_plan,
    "user_turn": routes.after_user_turn,
    "assistant_call": routes.after_assistant_call,
    "tool_simulation": routes.after_tool_simulation,
}


def load_nodes(references: Mapping[str, str] | None = None) -> dict[str, Node]:
    """The five nodes; ``references`` replaces some of them by name.

    Raises:
        UsageError: if a name is no node's, or a reference does not resolve to a function.
    """
    unknown = set(references or {}) - set(NODES)
    if unknown:
        raise UsageError(f"no node {sorted(unknown)[0]!r}", expected="NAME=REFERENCE with a name of", known=list(NODES))
    nodes: dict[str, Node] = {}
    for name, reference in {**NODES, **(references or {})}.items():
        node = load_reference(reference, what="node")
        if not callable(node):
            raise UsageError(
                f"{reference!r} is a {type(node).__name__}, not a node",
                expected="a function (state, runtime) -> dict of the state's changes",
            )
        nodes[name] = node
    return nodes


def build_graph(nodes: Mapping[str, Node] | None = None, *, editable: bool = False) -> Graph:
    """Compile the state machine, without a checkpointer (the run store is what makes a run durable).

    Args:
        nodes: the five nodes by name; None: the default ones.
        editable: also declare the routes as conditional edges. An edited checkpoint (Studio's fork) carries no Command,
            so only they tell where it goes on; a batch run does not pay for them.
    """
    builder = StateGraph(DialogueState, Context, input_schema=DialogueInput, output_schema=DialogueOutput)
    for name, node in (nodes or load_nodes()).items():
        builder.add_node(name, _engine_node(name, node, declare=not editable))
        if editable and name in _ROUTES:
            builder.add_conditional_edges(name, _as_coroutine(_ROUTES[name]), list(_destinations(_ROUTES[name])))
    builder.add_edge(START, "plan")
    builder.add_edge("verifier", END)
    return builder.compile(name="dialogue")


def recursion_limit(seed: Seed) -> int:
    """LangGraph's limit for one dialogue: above the engine's own, which ends the dialogue as data."""
    return step_limit(seed) + 5


def _engine_node(name: str, node: Node, *, declare: bool) -> Callable[..., Awaitable[Any]]:
    """Wrap a node: prepare, run it, turn its failure into data, route."""
    takes_runtime = len(inspect.signature(node).parameters) > 1
    route = _ROUTES.get(name)

    async def run(state: DialogueState, runtime: Runtime[Context]) -> Any:
        await prepare(runtime.context)
        begun = _begin(name, state, runtime.context)
        state = cast(DialogueState, _merge(state, begun))
        update = await _run_node(name, node, state, runtime, takes_runtime)
        if route is None:
            finished = _finish(cast(DialogueState, _merge(state, update)), runtime.context)
            return _merge(begun, {**update, **finished})
        merged = cast(DialogueState, _merge(state, update))
        reason = find_limit(load_seed(state), merged.get("messages", []), state["steps"])
        if reason and not update.get("fault"):
            update["fault"] = merged["fault"] = Fault(code="endless", node=name, reason=reason).to_json()
        goto = route(merged)
        return Command(update=_merge(begun, update), goto=goto)

    # LangGraph draws a Command's edges from the return annotation; beside conditional edges they must not stand twice.
    target: Any = Command[_literal(route)] if route and declare else Any  # type: ignore[misc]
    run.__annotations__ = {"state": DialogueState, "runtime": Runtime[Context], "return": target}
    run.__name__ = name
    return run


def _literal(route: Route) -> Any:
    return get_type_hints(route)["return"]


def _destinations(route: Route) -> tuple[str, ...]:
    return get_args(_literal(route))


def _as_coroutine(route: Route) -> Callable[[DialogueState], Awaitable[str]]:
    """LangGraph sends a plain function to a thread."""

    async def follow(state: DialogueState) -> str:
        return route(state)

    return follow


def _begin(name: str, state: DialogueState, context: Context) -> Update:
    """Count the step; draw a missing seed; after the plan, write the system message and the first offer of tools.

    The system message waits for the plan because a policy is part of it.
    """
    update: Update = {"steps": state.get("steps", 0) + 1}
    if not state.get("seed"):
        index = state.get("index", 0)
        update |= {"index": index, "seed": context.services.draw_seed(index).to_json()}
    if not state.get("messages") and name != "plan":
        seed = Seed.model_validate(update.get("seed") or state["seed"])
        plan = load_plan(state)
        update["messages"] = [Message(role="system", content=_system_message(seed, plan, context)).to_json()]
        change = first_offer(seed, plan)
        if change is not None:
            update["tool_changes"] = [change.to_json()]
    return update


def _system_message(seed: Seed, plan: Plan, context: Context) -> str:
    template = context.templates["system"]
    parts = [template.render(profile=render_profile(seed.profile), **render_now(seed.now))]
    if any(request.asks("confirm") for request in plan.requests):
        parts.append(template.render("confirm"))
    if plan.policy:
        parts.append(template.render("policy", policy=render_policy(plan.policy)))
    return "\n\n".join(parts)


async def _run_node(
    name: str, node: Node, state: DialogueState, runtime: Runtime[Context], takes_runtime: bool
) -> Update:
    try:
        result = node(state, runtime) if takes_runtime else node(state)
        update = await result if inspect.isawaitable(result) else result
    except StepFailed as failed:
        return {**failed.bookkeeping, "fault": failed.fault.to_json()}
    except (UsageError, RunError, ModelError):
        raise
    except Exception as error:  # a node's own defect, default or swapped: the dialogue fails, not the run
        reason = f"{type(error).__name__}: {error} ({_find_place(error)})"
        return {"fault": Fault(code="node_error", node=name, reason=reason).to_json()}
    if not isinstance(update, Mapping) or not set(update) <= set(DialogueState.__annotations__):
        given = sorted(update) if isinstance(update, Mapping) else update
        raise UsageError(
            f"node {name!r} returned {given!r}",
            expected="a dict with changes of the state's keys",
            known=sorted(DialogueState.__annotations__),
        )
    return dict(update)


def _find_place(error: BaseException) -> str:
    """The file's name and line; no folders, so that the same failure is the same record anywhere."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{PurePath(frame.filename).name}, line {frame.lineno}"


def _merge(state: Mapping[str, Any], update: Mapping[str, Any]) -> Update:
    """``state`` as LangGraph will have it after ``update``."""
    merged = {**state, **update}
    for key in _GROWING:
        if key in update:
            merged[key] = [*state.get(key, []), *update[key]]
    return merged


def _finish(state: DialogueState, context: Context) -> Update:
    """The record, with the verdict that the verifier gave; a fault rejects whatever it said."""
    verdict = _read_verdict(state)
    fault = state.get("fault")
    if fault and verdict.accepted:
        finding = Finding(code="fault", reason=f"{fault['node']}: {fault['code']}: {fault['reason']}")
        verdict = Verdict(accepted=False, findings=(*verdict.findings, finding))
    record = build_record(state, context, verdict)
    transcript = parse_record(record)
    known = {"provenance": compute_provenance(transcript), "behaviours": count_behaviours(transcript)}
    record = record.model_copy(update=known)
    return {"verdict": verdict.to_json(), "record": record.to_json()}


def _read_verdict(state: DialogueState) -> Verdict:
    if "verdict" not in state and state.get("fault"):  # the verifier itself failed
        return Verdict(accepted=True)
    try:
        return Verdict.model_validate(state.get("verdict"))
    except ValueError as error:
        raise UsageError(
            f"node 'verifier' returned verdict {state.get('verdict')!r}",
            expected='{"verdict": {"accepted": bool, "findings": [{"code": str, "reason": str}]}}',
        ) from error
