"""plan: the sampled tools -> an ordered list of user requests (paper, 3.2)."""

import itertools
from typing import Any

from langgraph.runtime import Runtime

from toolflow_graph.context import Context
from toolflow_graph.dialogue.asking import ask
from toolflow_graph.dialogue.plans import PLAN_SCHEMA, parse_plan, plan_nothing
from toolflow_graph.dialogue.scenes import build_scene
from toolflow_graph.models.briefs import PlannerBrief
from toolflow_graph.models.structured import parse_json_object
from toolflow_graph.rendering import render_links, render_now, render_others, render_profile, render_tool
from toolflow_graph.schemas import find_free_text
from toolflow_graph.state import DialogueState, load_seed
from toolflow_graph.templates import Template
from toolflow_graph.tool_graph.handles import drop_misleading, find_flows
from toolflow_graph.types import Message, Seed


async def plan(state: DialogueState, runtime: Runtime[Context]) -> dict[str, Any]:
    """Plan the dialogue's requests with the planner role; ``plan="none"`` plans none (the paper's ablation)."""
    seed = load_seed(state)
    if runtime.context.plan == "none":
        return {"plan": plan_nothing(seed).to_json()}
    tries = itertools.count()
    answer = await ask(
        runtime.context,
        state,
        "planner",
        node="plan",
        messages=render(seed, runtime.context),
        brief=PlannerBrief(scene=build_scene(seed), target_turns=seed.target_turns),
        # A behaviour that the planner cannot find room for is not worth a dialogue: it will be made up for later.
        parse=lambda reply: parse_plan(parse_json_object(reply.content), seed, lenient=next(tries) > 0),
        schema=PLAN_SCHEMA,
    )
    return {"plan": answer.value.to_json(), **answer.bookkeeping}


def render(seed: Seed, context: Context) -> list[Message]:
    """The planner's prompt."""
    template = context.templates["planner"]
    flows = find_flows(seed.tools, seed.edges)
    scene = {"profile": render_profile(seed.profile), "language": seed.language, **render_now(seed.now)}
    task = template.render(
        "task",
        tools="\n\n".join(render_tool(tool) for tool in seed.tools),
        links=render_links(drop_misleading(seed.edges, seed.tools, flows), flows),
        target_turns=str(seed.target_turns),
        others=render_others(seed.distractors),
        shapes=render_shapes(seed, template),
        **scene,
    )
    head = template.render(**scene)
    return [Message(role="system", content=head), Message(role="user", content=task)]


def render_shapes(seed: Seed, template: Template) -> str:
    """What each request is to be: a paragraph a request, put together from the prompt's own parts."""
    paragraphs = []
    fitting = ", ".join(tool.name for tool in seed.tools if find_free_text(tool.returns))
    for number in range(seed.target_turns):
        slot = seed.slot(number)
        names: list[str | None] = [
            slot.mishap if name == "error_recovery" else name
            for name in slot.behaviours
            if not (name == "missing_function" and slot.arrives is False)
        ]
        if slot.arrives is False:
            names = ["never_offered"]  # a request that only asks for what is not there has no other shape
        wanted = " ".join(
            template.render(name, fitting=fitting) if name == "injection" else template.render(name)
            for name in names
            if name
        )
        paragraphs.append(f"{number + 1}. {wanted or template.render('any')}")
    return "\n".join(paragraphs)
