"""The planner role: an ordered plan over the sampled tools, with facts that fit together."""

import json
import random
import re
from collections.abc import Sequence
from typing import Any

from toolflow_graph.models.briefs import PlannerBrief
from toolflow_graph.models.offline.binding import leaves
from toolflow_graph.models.offline.draws import draw_for
from toolflow_graph.models.offline.layout import lay_out
from toolflow_graph.models.offline.phrases import core_object
from toolflow_graph.models.offline.planning import CallPlanner, PlannedCall
from toolflow_graph.models.offline.repeating import repeated_call
from toolflow_graph.models.offline.views import View, noun_of, owner_of
from toolflow_graph.models.offline.words import humanise, ordinal, singularise
from toolflow_graph.types import Tool

_ASKABLE = ("city", "date", "datetime", "count", "enum", "money", "person", "title", "query", "email", "time", "id",
            "month",
            "address", "phone", "currency", "country_code", "airport", "percent", "temperature", "company", "duration",
            "text", "number", "location", "year", "ticker", "rating", "distance", "age", "reason")  # fmt: skip
_DEEDS = {"created": "creation", "updated": "update", "completed": "completion", "modified": "modification",
          "published": "publication", "deleted": "deletion", "expired": "expiry", "started": "start"}  # fmt: skip
_CHAT = (
    "react to the latest answer and talk about it for a moment",
    "comment on what was just found, without wanting anything new",
    "share a thought about the topic at hand",
    "ask for a word of advice on what has come up so far",
)


def label_of(path: str, view: View) -> str:
    """The human words for the parameter at ``path``; a bare name gets its holder's noun."""
    leaf = view.param(path)
    label = leaf.field.label if leaf else humanise(path.split(".")[-1])
    if label.endswith(" reason"):
        label = "reason"  # "no dinner reason" is what a key says, not what people do
    if leaf and leaf.field.kind in ("date", "datetime") and (found := re.fullmatch(r"(\w+ed)(?: at| on)?", label)):
        label = f"{_DEEDS.get(found[1], found[1])} {'time' if leaf.field.kind == 'datetime' else 'date'}"
    owner = owner_of(path)
    return f"{owner} {label}" if owner and " " not in label and label not in owner else label


def plan_requests(brief: PlannerBrief, salt: int = 0) -> dict[str, Any]:
    """The plan as the planner's reply."""
    scene = brief.scene
    rng = draw_for(scene, "planner", brief.target_turns, salt=salt)
    if any(slot.behaviours for slot in scene.slots):
        from toolflow_graph.models.offline.slots import plan_slots  # it stands on this module

        return plan_slots(scene, brief.target_turns, rng)
    planner = CallPlanner(scene, rng)
    requests: list[dict[str, Any]] = []
    for index, slot in enumerate(lay_out(planner, scene.tools, brief.target_turns, rng)):
        if slot.kind == "chat":
            requests.append(_chat(rng))
        elif slot.kind == "again":
            requests.append(_again(planner, index, slot.tools[0], rng))
        else:
            calls = [planner.plan(tool, index) for tool in slot.tools]
            requests.append(_request(calls, index, rng, planner.others(calls)))
    return {"requests": requests}


def _chat(rng: random.Random) -> dict[str, Any]:
    return {"kind": "chat", "intent": rng.choice(_CHAT), "tools": [], "facts": [], "withheld": [], "uses": []}


def _fact(call: PlannedCall, path: str, value: Any) -> dict[str, Any]:
    return {"name": label_of(path, call.view), "value": value, "parameter": f"{call.tool.name}:{path}"}


def _facts(call: PlannedCall) -> list[dict[str, Any]]:
    linked = {one.parameter for one in call.links}
    facts = []
    for path, value in leaves(call.arguments):
        if path in linked or path in call.quiet or value in ({}, []) or value is None or not path:
            continue
        leaf = call.view.param(path)
        if leaf and leaf.required and "default" in leaf.schema and leaf.schema["default"] == value:
            continue
        if leaf and ("const" in leaf.schema or len(leaf.schema.get("enum", (1, 2))) == 1) and leaf.required:
            continue
        facts.append(_fact(call, path, value))
    return facts


def _uses(call: PlannedCall) -> list[dict[str, Any]]:
    return [
        {"request": one.request + 1, "what": f"the {one.entity}", "tool": one.tool, "path": one.path,
         "parameter": f"{call.tool.name}:{one.parameter}"}
        for one in call.links
    ]  # fmt: skip


def say_chat(rng: random.Random) -> str:
    """The intent of a remark."""
    return rng.choice(_CHAT)


def build_request(calls: list[PlannedCall], index: int) -> dict[str, Any]:
    """A request for planned calls, with all facts said freely."""
    facts = [fact for call in calls for fact in _facts(call)]
    _tell_apart(facts, calls)
    uses = [use for call in calls for use in _uses(call)]
    joint = ", then " if any(use["request"] == index + 1 for use in uses) else " and "
    intent = joint.join(call.view.phrase.text for call in calls)
    return {"kind": "tool", "intent": _their(intent), "tools": [call.tool.name for call in calls],
            "facts": facts, "withheld": [], "uses": uses}  # fmt: skip


def _request(calls: list[PlannedCall], index: int, rng: random.Random, before: Sequence[PlannedCall]) -> dict[str, Any]:
    request = build_request(calls, index)
    if rng.random() < 0.24:
        withhold(request, calls, rng, before)
    return request


def withhold(
    request: dict[str, Any], calls: list[PlannedCall], rng: random.Random, before: Sequence[PlannedCall] = ()
) -> None:
    """Move one value that the user forgets from the facts to what is withheld, if there is one to ask for.

    What is said all the same, in another fact or in an earlier call (``before``), leaves nothing to ask for.
    """
    said = [str(value) for call in before for _, value in leaves(call.arguments)]
    open_to = []
    for fact in request["facts"]:
        held = [other for other in request["facts"] if (other["value"], other["name"]) == (fact["value"], fact["name"])]
        rest = [str(other["value"]) for other in request["facts"] if other not in held]
        # The day of a time that is said is said with it.
        if can_withhold(fact, calls) and not any(text.startswith(str(fact["value"])) for text in (*said, *rest)):
            open_to.append(held)
    if open_to:
        request["withheld"] = held = rng.choice(open_to)
        request["facts"] = [fact for fact in request["facts"] if fact not in held]


def _tell_apart(facts: list[dict[str, Any]], calls: list[PlannedCall]) -> None:
    """Facts of one name and different values get the name of what they belong to: "card ID", "account's status"."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for fact in facts:
        groups.setdefault(fact["name"].casefold(), []).append(fact)
    nouns = {call.tool.name: noun_of(call.view.phrase) or _last_noun(call.view) for call in calls}
    for same in groups.values():
        if len({json.dumps(fact["value"], sort_keys=True) for fact in same}) < 2:
            continue
        own = [nouns.get(fact["parameter"].partition(":")[0], "") for fact in same]
        for place, (fact, noun) in enumerate(zip(same, own, strict=True)):
            alike = set(noun.split()) & set(fact["name"].lower().split())
            told = noun and own.count(noun) == 1 and not alike
            fact["name"] = f"{noun} {fact['name']}" if told else f"{ordinal(place)} {fact['name']}"


def _last_noun(view: View) -> str:
    words = re.findall(r"[a-z]+", core_object(view.phrase.rest).lower())
    return singularise(words[-1]) if words and len(words[-1]) > 2 else ""


def can_withhold(fact: dict[str, Any], calls: list[PlannedCall]) -> bool:
    """Whether the assistant would have to ask for this fact."""
    name, _, path = fact["parameter"].partition(":")
    for call in calls:
        leaf = call.view.param(path) if call.tool.name == name else None
        if leaf:
            return (
                leaf.required and leaf.field.kind in _ASKABLE and not leaf.field.listed and "[" not in path
                and not leaf.field.technical and not (leaf.field.edge and leaf.field.kind in ("date", "datetime"))
                and not isinstance(fact["value"], bool) and "default" not in leaf.schema
            )  # fmt: skip
    return False


def _again(planner: CallPlanner, index: int, tool: Tool, rng: random.Random) -> dict[str, Any]:
    """The same tool once more, with one value changed where one can change."""
    found = repeated_call(planner, tool, index, rng)
    if found is None:
        calls = [planner.plan(tool, index)]
        return _request(calls, index, rng, planner.others(calls))
    call, changed = found
    planner.calls.append(call)
    base = _their(call.view.phrase.text)
    intent = f"{base} again, with a different {label_of(changed.path, call.view)}" if changed else f"{base} once more"
    return {"kind": "tool", "intent": intent, "tools": [tool.name], "facts": _facts(call), "withheld": [],
            "uses": _uses(call)}  # fmt: skip


def _their(text: str) -> str:
    return re.sub(r"\bmy ", "their ", text)
