"""The planner role: an ordered plan over the sampled tools, with facts that fit together."""

import random
from typing import Any

from toolflow_graph.models.briefs import PlannerBrief, Scene
from toolflow_graph.models.offline.binding import leaves
from toolflow_graph.models.offline.planning import CallPlanner, PlannedCall
from toolflow_graph.models.offline.values import fits, leaf_value, other_place
from toolflow_graph.models.offline.views import View, owner_of, view_of
from toolflow_graph.models.offline.words import humanise
from toolflow_graph.randomness import derive_rng
from toolflow_graph.types import Tool

_CHANGING = ("city", "date", "datetime", "count", "query", "enum", "month", "year", "airport", "country_code",
             "currency",
             "money", "language_code", "time", "ticker", "percent", "temperature", "title", "company", "duration",
             "number",
             "distance", "text", "person", "location", "address", "id", "tag", "sentence", "question",
             "prompt")  # fmt: skip
_ASKABLE = ("city", "date", "datetime", "count", "enum", "money", "person", "title", "query", "email", "time", "id",
            "month",
            "address", "phone", "currency", "country_code", "airport", "percent", "temperature", "company", "duration",
            "text", "number", "location", "year", "ticker", "rating", "distance", "age", "reason")  # fmt: skip
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
    owner = owner_of(path)
    return f"{owner} {label}" if owner and " " not in label and label not in owner else label


def plan_requests(brief: PlannerBrief) -> dict[str, Any]:
    """The plan as the planner's reply."""
    scene = brief.scene
    rng = derive_rng(scene.random_seed, "offline", "planner", brief.target_turns)
    planner = CallPlanner(scene, rng)
    if any(slot.behaviours for slot in scene.slots):
        from toolflow_graph.models.offline.slots import plan_slots  # it stands on this module

        return plan_slots(planner, scene, brief.target_turns, rng)
    requests: list[dict[str, Any]] = []
    for index, (kind, tools) in enumerate(_layout(planner, scene, brief.target_turns, rng)):
        if kind == "chat":
            requests.append(
                {"kind": "chat", "intent": rng.choice(_CHAT), "tools": [], "facts": [], "withheld": [], "uses": []}
            )
        elif kind == "again":
            requests.append(_again(planner, requests, index, tools[0], rng))
        else:
            calls = [planner.plan(tool, index) for tool in tools]
            requests.append(_request(calls, index, rng))
    return {"requests": requests}


def _layout(planner: CallPlanner, scene: Scene, turns: int, rng: random.Random) -> list[tuple[str, list[Tool]]]:
    """Which tools each request needs: ("tool" | "again" | "chat", tools)."""
    order = list(scene.tools)
    for _ in range(len(order)):
        for place in range(len(order) - 1):
            first, second = order[place], order[place + 1]
            if planner.links_between(second, first) and not planner.links_between(first, second):
                order[place], order[place + 1] = second, first
    chat = turns >= 3 and (rng.random() < 0.45 or len(order) < turns)
    slots = turns - chat
    groups: list[tuple[str, list[Tool]]] = [("tool", [tool]) for tool in order]
    _bundle(planner, groups, slots, rng)
    groups = groups[:slots]
    while len(groups) < slots:
        singles = [place for place, (_, tools) in enumerate(groups) if len(tools) == 1]
        if not singles:
            groups.append(("again", [rng.choice(groups[-1][1])]))
            continue
        best = max(_repeatable(groups[i][1][0]) for i in singles)
        place = rng.choice([i for i in singles if _repeatable(groups[i][1][0]) == best])
        groups.insert(place + 1, ("again", groups[place][1]))
    if chat:
        groups.insert(rng.randint(1, len(groups)), ("chat", []))
    return groups


def _bundle(planner: CallPlanner, groups: list[tuple[str, list[Tool]]], slots: int, rng: random.Random) -> None:
    """Join at most one pair of neighbours into one request, rather one whose tools belong together."""

    def tie(place: int) -> float:
        first, second = groups[place][1][0], groups[place + 1][1][0]
        if planner.links_between(first, second):
            return 0.75
        shared = {(leaf.field.name, leaf.field.description) for leaf in view_of(first).params} & {
            (leaf.field.name, leaf.field.description) for leaf in view_of(second).params
        }
        return 0.6 if shared else 0.25 if first.domain == second.domain else 0.08

    # With fewer tools than requests a pair would only make others be asked twice.
    chances = {place: tie(place) * (1.0 if len(groups) > slots else 0.0) for place in range(len(groups) - 1)}
    if not chances:
        return
    best = max(chances.values())
    place = rng.choice([place for place, chance in chances.items() if chance == best])
    if rng.random() < best and place < slots:
        groups[place : place + 2] = [("tool", groups[place][1] + groups[place + 1][1])]


def _repeatable(tool: Tool) -> int:
    """How naturally people ask for this twice: looking things up for another value comes first."""
    view = view_of(tool)
    kinds = [leaf.field.kind for leaf in view.params if leaf.required and not leaf.field.edge and not leaf.field.listed]
    varied = any(kind in _CHANGING[:14] for kind in kinds)
    return (2 if not view.writes else 0) + varied


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
    uses = [use for call in calls for use in _uses(call)]
    joint = ", then " if any(use["request"] == index + 1 for use in uses) else " and "
    intent = joint.join(call.view.phrase.text for call in calls)
    return {"kind": "tool", "intent": intent.replace("my ", "their "), "tools": [call.tool.name for call in calls],
            "facts": facts, "withheld": [], "uses": uses}  # fmt: skip


def _request(calls: list[PlannedCall], index: int, rng: random.Random) -> dict[str, Any]:
    facts: list[dict[str, Any]] = [fact for call in calls for fact in _facts(call)]
    uses = [use for call in calls for use in _uses(call)]
    withheld: list[dict[str, Any]] = []
    if rng.random() < 0.24:
        open_to = [fact for fact in facts if can_withhold(fact, calls)]
        if open_to:
            kept = rng.choice(open_to)
            withheld = [fact for fact in facts if fact["value"] == kept["value"] and fact["name"] == kept["name"]]
            facts = [fact for fact in facts if fact not in withheld]
    intent = ", then ".join(call.view.phrase.text for call in calls) if any(
        use["request"] == index + 1 for use in uses
    ) else " and ".join(call.view.phrase.text for call in calls)  # fmt: skip
    return {"kind": "tool", "intent": intent.replace("my ", "their "), "tools": [call.tool.name for call in calls],
            "facts": facts, "withheld": withheld, "uses": uses}  # fmt: skip


def can_withhold(fact: dict[str, Any], calls: list[PlannedCall]) -> bool:
    """Whether the assistant would have to ask for this fact."""
    name, _, path = fact["parameter"].partition(":")
    for call in calls:
        leaf = call.view.param(path) if call.tool.name == name else None
        if leaf:
            return (
                leaf.required and leaf.field.kind in _ASKABLE and not leaf.field.listed and "[" not in path
                and not isinstance(fact["value"], bool) and "default" not in leaf.schema
            )  # fmt: skip
    return False


def _again(
    planner: CallPlanner, requests: list[dict[str, Any]], index: int, tool: Tool, rng: random.Random
) -> dict[str, Any]:
    """The same tool once more, with one value changed where one can change."""
    before = next((call for call in reversed(planner.calls) if call.tool.name == tool.name), None)
    if before is None:
        return _request([planner.plan(tool, index)], index, rng)
    call = PlannedCall(before.tool, before.view, index, dict(before.arguments), list(before.links), set(before.quiet))
    facts = _facts(call)
    ranked = sorted(facts, key=lambda fact: rank_changing(fact, call))
    label = ""
    for fact in ranked:
        path = fact["parameter"].partition(":")[2]
        leaf = call.view.param(path)
        if leaf is None or leaf.field.kind not in _CHANGING or leaf.field.listed or path not in call.arguments:
            continue
        if (fresh := find_other(planner, leaf.field, leaf.schema, fact["value"], rng)) is not None:
            fact["value"], label = fresh, fact["name"]
            call.arguments[path] = fresh
            break
    planner.calls.append(call)
    base = call.view.phrase.text.replace("my ", "their ")
    intent = f"{base} again, with a different {label}" if label else f"{base} once more"
    return {"kind": "tool", "intent": intent, "tools": [tool.name], "facts": facts, "withheld": [], "uses": _uses(call)}


def rank_changing(fact: dict[str, Any], call: PlannedCall) -> tuple[int, str]:
    """How naturally people change their mind about a fact: the smaller the sooner."""
    leaf = call.view.param(fact["parameter"].partition(":")[2])
    kind = leaf.field.kind if leaf else "text"
    edge = leaf.field.edge if leaf else ""
    place = _CHANGING.index(kind) if kind in _CHANGING else 99
    return (place + (30 if edge else 0), fact["parameter"])


def find_other(planner: CallPlanner, field: Any, schema: Any, old: Any, rng: random.Random) -> Any:
    """Another value of the same kind; None if there is none that makes sense."""
    if field.kind in ("city", "airport", "country_code"):
        place = other_place(planner.cast, rng)
        value = {"city": place.city, "airport": place.airport, "country_code": place.country_code}[field.kind]
        return value if fits(value, schema) and value != old else None
    if field.kind == "date" and not field.edge:
        import datetime

        try:
            day = datetime.date.fromisoformat(old) + datetime.timedelta(days=rng.choice((1, 2, 7)))
        except (TypeError, ValueError):
            return None
        if field.past and day > planner.cast.now.date():
            return None
        return day.isoformat() if fits(day.isoformat(), schema) else None
    if field.edge:
        return None
    for _ in range(8):
        value = leaf_value(field, schema, rng, planner.cast, result=True)
        if value != old and not isinstance(value, bool) and fits(value, schema):
            return round(value) if isinstance(value, float) and fits(round(value), schema) else value
    return None
