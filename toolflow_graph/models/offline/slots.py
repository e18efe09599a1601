"""The planner role, when the task says what each request is to be: tools and facts that can show it."""

import random
from collections.abc import Callable
from itertools import permutations
from typing import Any

from toolflow_graph.behaviours import REVISED
from toolflow_graph.models.briefs import Scene
from toolflow_graph.models.offline.kinship import is_ending
from toolflow_graph.models.offline.layout import CHANGING, varies
from toolflow_graph.models.offline.planner import build_request, say_chat, withhold
from toolflow_graph.models.offline.planning import CallPlanner, PlannedCall, Take
from toolflow_graph.models.offline.playable import is_playable
from toolflow_graph.models.offline.repeating import find_other, repeated_call
from toolflow_graph.models.offline.staged import UNHEARD_OF, policy_for
from toolflow_graph.models.offline.views import plain_path, view_of
from toolflow_graph.schemas import find_free_text
from toolflow_graph.tool_graph.followups import find_follow_ups, find_made
from toolflow_graph.tool_graph.handles import load_card
from toolflow_graph.types import Slot, Tool

Group = tuple[Tool, ...]
_NOTHING: dict[str, Any] = {"tools": [], "facts": [], "withheld": [], "uses": []}


_TRIES = 6
_STORY = 5.0
"""What it is worth to come back to a thing that was made: more than any tool's novelty, less than a behaviour."""


def plan_slots(scene: Scene, turns: int, rng: random.Random) -> dict[str, Any]:
    """A plan whose requests show what their slots ask for, as far as the tools allow: the best of a few."""
    best: dict[str, Any] = {}
    lacking = -1
    for _ in range(_TRIES):
        plan = _plan_once(CallPlanner(scene, rng), scene, turns, rng)
        found = count_lacking(plan["requests"], scene)
        if lacking < 0 or found < lacking:
            best, lacking = plan, found
        if not lacking:
            break
    return best


def count_lacking(requests: list[dict[str, Any]], scene: Scene) -> int:
    """How many behaviours the requests of a plan will not show, and requests that go against its policy."""
    lacking = 0
    banned = {name for request in requests if request["kind"] == "forbidden" for name in request["tools"]}
    for number, request in enumerate(requests):
        slot = scene.slots[number] if number < len(scene.slots) else Slot()
        earlier = [use["request"] <= number for use in request["uses"]]
        shown = {
            "back_reference": any(earlier),
            "chained": any(not _is_echo(use, scene, request) for use in request["uses"]),
            "parallel": len(request["tools"]) > 1 and all(earlier),
            "nested": len(request["tools"]) > 1,
            "clarification": bool(request["withheld"]),
            "correction": "revision" in request,
            "error_recovery": slot.mishap not in REVISED or "revision" in request,
            "policy": request["kind"] == "forbidden",
        }
        lacking += sum(not shown.get(name, True) for name in slot.behaviours)
        lacking += request["kind"] != "forbidden" and bool(banned.intersection(request["tools"]))
    return lacking


def _is_echo(use: dict[str, Any], scene: Scene, request: dict[str, Any]) -> bool:
    """Whether a use takes from a result what the call itself, or the request it is for, has said."""
    source = next(tool for tool in scene.tools if tool.name == use["tool"])
    path = plain_path(use["path"])
    told = {(fact.get("parameter") or "").rpartition(":")[2] for fact in request["facts"]}
    return path in load_card(source).echoed or path.rpartition(".")[2] in told


def _plan_once(planner: CallPlanner, scene: Scene, turns: int, rng: random.Random) -> dict[str, Any]:
    requests: list[dict[str, Any]] = []
    policy: list[str] = []
    state = _Tools(planner, scene, rng)
    for number in range(turns):
        slot = scene.slots[number] if number < len(scene.slots) else Slot()
        asked = frozenset(slot.behaviours)
        if "chat" in asked:
            requests.append({"kind": "chat", "intent": say_chat(rng), **_NOTHING})
        elif "irrelevant" in asked:
            wish = rng.choice([wish for wish in UNHEARD_OF if wish.intent not in {one["intent"] for one in requests}])
            requests.append({"kind": "irrelevant", "intent": wish.intent, **_NOTHING})
        elif "policy" in asked and state.forbidden:
            request = build_request([state.plan_apart(state.forbidden, number)], number)
            requests.append({**request, "kind": "forbidden"})
            policy = policy_for(view_of(state.forbidden), rng)
        elif "missing_function" in asked and (late := state.unused(keep=turns - number - 1)):
            call = state.plan_apart(late, number) if slot.arrives is False else planner.plan(late, number)
            state.take((late,))
            request = build_request([call], number)
            requests.append({**request, "kind": "tool" if slot.arrives else "irrelevant"})
        else:
            take = _take_for(slot)
            calls = [_fresh(planner, tool, number, take, rng) for tool in state.choose(slot, number)]
            request = build_request(calls, number)
            if "clarification" in asked:
                withhold(request, calls, rng, planner.others(calls))
                if not request["withheld"] and (apart := _unlinked(planner, calls, number)):
                    calls, request = apart, build_request(apart, number)
                    withhold(request, calls, rng, planner.others(calls))
            _revise(request, calls, slot, planner, rng)
            requests.append(request)
    return {"requests": requests, "policy": policy}


def _unlinked(planner: CallPlanner, calls: list[PlannedCall], number: int) -> list[PlannedCall]:
    """The one call of a request without links, so that there is something to ask for; [] of a request with more."""
    if len(calls) != 1 or not calls[0].links:
        return []
    planner.calls.remove(calls[0])
    return [planner.plan(calls[0].tool, number, take="nothing")]


def _fresh(planner: CallPlanner, tool: Tool, number: int, take: Take, rng: random.Random) -> PlannedCall:
    """A call of the tool; where it was planned just so before, with another value if one can change."""
    before = [call for call in planner.calls if call.tool.name == tool.name]
    call = planner.plan(tool, number, take=take)
    if not any(one.arguments == call.arguments and one.links == call.links for one in before):
        return call
    other = repeated_call(planner, tool, number, rng)
    if other is None or other[1] is None:
        return call
    planner.calls[planner.calls.index(call)] = other[0]
    return other[0]


def _take_for(slot: Slot) -> Take:
    """Calls side by side take nothing from each other; who points back takes from earlier requests first."""
    if "parallel" in slot.behaviours:
        return "earlier"
    return "earlier_first" if "back_reference" in slot.behaviours else "any"


class _Tools:
    """The sampled tools, which of them were used, and which fit a slot."""

    def __init__(self, planner: CallPlanner, scene: Scene, rng: random.Random) -> None:
        self._planner = planner
        self._rng = rng
        self._uses: dict[str, int] = {tool.name: 0 for tool in scene.tools}
        self._tools = [tool for tool in scene.tools if is_playable(tool)] or list(scene.tools)
        self._slots = scene.slots
        self._linked = {
            (first.name, second.name): planner.links_between(first, second)
            for first, second in permutations(self._tools, 2)
        }
        asked = any("policy" in slot.behaviours for slot in scene.slots)
        self.forbidden = self._reserve() if asked else None
        self._free = [tool for tool in self._tools if tool is not self.forbidden]
        self._follows = find_follow_ups(self._free)

    def take(self, group: Group) -> None:
        for tool in group:
            self._uses[tool.name] += 1

    def _reserve(self) -> Tool | None:
        """The tool that the policy forbids, kept out of all other requests; rather one that no other tool lives on."""
        writers = [tool for tool in self._tools if view_of(tool).writes]
        if len(self._tools) < 2 or not writers:
            return None  # what the only tool does cannot be asked for and forbidden at once
        told = {name for pair in find_follow_ups(self._tools) for name in pair}
        return min(writers, key=lambda tool: (self._is_needed(tool), tool.name in told, self._rng.random()))

    def _is_needed(self, tool: Tool) -> bool:
        links = {pair for pair, linked in self._linked.items() if linked}
        return bool(links) and all(tool.name in pair for pair in links)

    def unused(self, keep: int) -> Tool | None:
        """A tool that no request has used yet, not the only one left for those that follow."""
        fresh = [tool for tool in self._free if not self._uses[tool.name]]
        alone = [tool for tool in fresh if not any(self._linked.get((other.name, tool.name)) for other in fresh)]
        return self._rng.choice(alone or fresh) if len(fresh) > min(keep, 1) else None

    def plan_apart(self, tool: Tool, number: int) -> PlannedCall:
        """Plan a call that will never be made: nothing later may count on its result."""
        call = self._planner.plan(tool, number)
        self._planner.calls.remove(call)
        self._uses[tool.name] += 1
        return call

    def choose(self, slot: Slot, number: int) -> Group:
        """The group of tools that shows the slot best; fresh tools first."""
        asked = frozenset(slot.behaviours)
        pairs: list[Group] = list(permutations(self._free, 2))
        groups: list[Group] = [(tool,) for tool in self._free]
        if "parallel" in asked:
            apart = [pair for pair in pairs if not self._linked[pair[0].name, pair[1].name]]
            # What is made and listed in one breath need not stand in the list.
            told = self._follows | {(other, maker) for maker, other in self._follows}
            apart = [pair for pair in apart if (pair[0].name, pair[1].name) not in told] or apart
            groups = [pair for pair in apart if not self._linked[pair[1].name, pair[0].name]] or pairs or groups
        elif "chained" in asked:
            joined: list[Group] = [pair for pair in pairs if self._linked[pair[0].name, pair[1].name]]
            groups = [*joined, *(group for group in groups if self._continues(group[0], number))] or groups
        elif "nested" in asked:
            groups = [*pairs] or groups
        best = max(groups, key=lambda group: (self._worth(group, slot, number), self._rng.random()))
        self.take(best)
        return best

    def _continues(self, tool: Tool, number: int) -> bool:
        """Whether a fresh tool works on what an earlier request has made: that is a chain over two requests."""
        made = {call.tool.name for call in self._planner.calls if call.request < number}
        return not self._uses[tool.name] and any(
            (name, tool.name) in self._follows and self._linked[name, tool.name] for name in made
        )

    def _worth(self, group: Group, slot: Slot, number: int) -> float:
        asked = frozenset(slot.behaviours)
        # What was read before comes back as it was: nothing fails and nothing is planted there.
        staged = slot.mishap is not None or "injection" in asked
        worth = (-8.0 if staged else -2.0) * sum(self._uses[tool.name] for tool in group)
        # Nobody books the same table three times, whereas much is looked up again.
        worth -= 3.0 * sum(self._uses[tool.name] for tool in group if view_of(tool).writes)
        checks: list[tuple[str, Callable[[Tool], bool]]] = [
            ("confirm", lambda tool: view_of(tool).writes),
            ("injection", lambda tool: bool(find_free_text(tool.returns))),
            ("clarification", lambda tool: any(_askable(leaf) for leaf in view_of(tool).params)),
        ]
        for name, fits in checks:
            if name in asked:
                worth += 8 * any(fits(tool) for tool in group)
        if "correction" in asked or slot.mishap in REVISED:
            # A change of mind about something that was done needs a tool that undoes it: rather look-ups.
            worth += 8 * (not view_of(group[0]).writes) + 4 * any(leaf.required for leaf in view_of(group[0]).params)
        if slot.mishap == "empty":
            worth += 4 * any("[]" in leaf.path for leaf in view_of(group[0]).returns)
        if slot.mishap == "not_found":
            # What is only made now can hardly be missing.
            worth += 2 * any(leaf.field.kind == "id" for leaf in view_of(group[0]).params)
            worth -= 6 * any(find_made(load_card(tool)) is not None for tool in group)
        earlier = [call for call in self._planner.calls if call.request < number]
        linked = sum(self._linked.get((call.tool.name, tool.name), False) for call in earlier for tool in group)
        worth += (6 if "back_reference" in asked or "chained" in asked else 0.5) * min(linked, 2)
        if any("back_reference" in later.behaviours for later in self._slots[number + 1 :]):
            # A later request can only point at what an earlier one has brought.
            worth += 4 * any(
                self._linked[source, target] and not self._uses[target]
                for source, target in self._linked
                if source in {tool.name for tool in group} and target not in {tool.name for tool in group}
            )
        # What needs an identifier that nobody has brought yet comes later.
        lone = any(
            self._linked[source, target] and not self._uses[source]
            for source, target in self._linked
            if target in {tool.name for tool in group} and source not in {tool.name for tool in group}
        )
        return worth - 1.5 * lone + self._tells_on(group, slot, number)

    def _tells_on(self, group: Group, slot: Slot, number: int) -> float:
        """What a group does for the story of a thing that is made: made first, come back to then, ended last."""
        made = {call.tool.name for call in self._planner.calls if call.request < number}
        names = [tool.name for tool in group]
        worth = 0.0
        for maker, follower in self._follows:
            here = maker in names, follower in names
            if here[1] and slot.mishap in ("empty", "not_found"):
                return -2 * _STORY  # what was made is there, and is found
            if here == (False, True):
                worth += (_STORY if maker in made else -_STORY) * (not self._uses[follower])
            elif here == (True, False) and number + 1 < len(self._slots):
                worth += 0.5 * _STORY * (not self._uses[follower])
            elif all(here):
                worth += _STORY if names.index(maker) < names.index(follower) else -2 * _STORY
        ends = any(is_ending(view_of(tool)) for tool in group)
        waits = any(maker in made and other not in names and not self._uses[other] for maker, other in self._follows)
        return max(-_STORY, min(worth, _STORY)) - (0.5 * _STORY if ends and waits else 0)


def _rank(fact: dict[str, Any], calls: list[PlannedCall]) -> tuple[int, str]:
    """How naturally people change their mind about a fact: the smaller the sooner."""
    tool, _, path = fact["parameter"].partition(":")
    leaf = next((call.view.param(path) for call in calls if call.tool.name == tool), None)
    kind = leaf.field.kind if leaf else ""
    return (CHANGING.index(kind) if kind in CHANGING else len(CHANGING), fact["parameter"])


def _askable(leaf: Any) -> bool:
    return bool(leaf.required and "default" not in leaf.schema and "[" not in leaf.path)


def _revise(
    request: dict[str, Any], calls: list[PlannedCall], slot: Slot, planner: CallPlanner, rng: random.Random
) -> None:
    """Give one fact a second value, the one that counts in the end."""
    if "correction" not in slot.behaviours and slot.mishap not in REVISED:
        return
    for fact in sorted(request["facts"], key=lambda fact: _rank(fact, calls)):
        tool, _, path = fact["parameter"].partition(":")
        call = next((call for call in calls if call.tool.name == tool), None)
        leaf = call.view.param(path) if call else None
        if call is None or leaf is None or not varies(leaf) or "[" in path or isinstance(fact["value"], bool):
            continue
        # What is gone cannot be taken off in another way.
        if leaf.field.kind in ("latitude", "longitude") or is_ending(call.view):
            continue
        if any(other is not fact and other["name"] == fact["name"] for other in request["facts"]):
            continue
        other = find_other(planner, leaf.field, leaf.schema, [fact["value"]], rng)
        if other is None:
            continue
        request["revision"] = {"name": fact["name"], "value": other, "parameter": fact["parameter"]}
        for planned in planner.calls:
            # Later requests share what was settled on in the end.
            if planned is call and path in planned.arguments:
                planned.arguments[path] = other
        return
