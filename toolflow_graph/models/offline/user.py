"""The user role: opens requests, answers questions, chats. Never speaks a tool's name or a key."""

import random
import re
from typing import Any

from toolflow_graph.models.briefs import Scene, UserBrief
from toolflow_graph.models.offline.binding import leaves
from toolflow_graph.models.offline.doubting import find_doubt
from toolflow_graph.models.offline.draws import draw_for
from toolflow_graph.models.offline.fields import Field, field_of
from toolflow_graph.models.offline.frames import connect, curt, follow_up, frame, greet, lead_in, loosen
from toolflow_graph.models.offline.planner import label_of
from toolflow_graph.models.offline.planning import CallPlanner, PlannedCall
from toolflow_graph.models.offline.saying import told
from toolflow_graph.models.offline.speech import Item, build_core, speak
from toolflow_graph.models.offline.staged import GO_AHEAD, UNHEARD_OF, say_arrived, say_doubt, say_revision, say_yes
from toolflow_graph.models.offline.talk import user_talk
from toolflow_graph.models.offline.verbs import participle
from toolflow_graph.models.offline.views import View, owner_of, plain_path, view_of, without_identifiers
from toolflow_graph.models.offline.wishes import Told, clauses
from toolflow_graph.models.offline.words import (
    capitalise,
    end_sentence,
    join_and,
    ordinal,
    polish,
    split_words,
)
from toolflow_graph.models.offline.world import build_cast
from toolflow_graph.randomness import derive_rng
from toolflow_graph.tool_graph.followups import find_made
from toolflow_graph.tool_graph.handles import load_card
from toolflow_graph.types import Fact, Request, Tool, Use
from toolflow_graph.verification.reading.wording import normalise

_TRIES = 12


def user_step(brief: UserBrief, salt: int = 0) -> dict[str, Any]:
    """The user role's reply: {"done", "message"}, in words that know nothing of tools and were not said before."""
    if brief.visit > 0 and brief.settled and brief.cue is None:
        return {"done": True, "message": ""}
    before = {normalise(message.content or "") for message in brief.messages if message.role == "user"}
    message = ""
    for attempt in range(_TRIES):
        labels = ("user", brief.request_index, brief.visit, *((attempt,) if attempt else ()))
        message = _message(brief, draw_for(brief.scene, *labels, salt=salt))
        message = without_identifiers(message, brief.scene.tools)
        if normalise(message) not in before:
            break
    return {"done": False, "message": message}


def _message(brief: UserBrief, rng: random.Random) -> str:
    if brief.cue is not None:
        return polish(_cued(brief, rng))
    wish = next((wish for wish in UNHEARD_OF if wish.intent == brief.request.intent), None)
    if wish is not None and brief.visit == 0:
        return rng.choice(wish.asked)
    asked = brief.messages[-1].content or "" if brief.messages else ""
    if brief.visit > 0 and any(phrase in asked for phrase in GO_AHEAD):
        return say_yes(brief.scene.style, rng)
    if brief.visit > 0:
        return _reply(brief, rng)
    if brief.request.kind == "chat":
        return user_talk(brief, rng)
    request = brief.request
    if request.kind == "open":
        request = open_request(brief.scene, brief.request_index)
    before = next((old for old in reversed(brief.earlier) if old.tools == request.tools and old.kind == "tool"), None)
    again = _again(request, before, brief, rng) if before and request.tools and not request.withheld else ""
    return polish(again or _opening(request, brief, rng))


def _cued(brief: UserBrief, rng: random.Random) -> str:
    """What is staged now: another value, a doubt, another try."""
    scene, request = brief.scene, brief.request
    if brief.cue == "arrived":
        return say_arrived(scene.style, rng)
    if brief.cue == "revise" and request.revision is not None:
        tools = {tool.name: view_of(tool) for tool in scene.tools}
        name, _, path = (request.revision.parameter or "").partition(":")
        first = next((fact for fact in request.facts if fact.name == request.revision.name), None)
        if first is not None and not path:
            name, _, path = (first.parameter or "").partition(":")
        meaning = _field(request.revision, path, tools.get(name))
        style = build_cast(scene.random_seed, scene.now).date_style
        value = speak(Item(path, request.revision.name, meaning, request.revision.value), style)
        failed = request.slot.mishap is not None
        return say_revision(request.revision.name, value, failed=failed, style=scene.style, rng=rng)
    label, value, said = find_doubt(brief.messages, scene, brief.request_index)
    return say_doubt(label, value if said else "", scene.style, rng)


def open_request(scene: Scene, index: int) -> Request:
    """What the user chooses to ask for when the plan leaves it open; the same for whoever asks."""
    rng = draw_for(scene, "open", index)
    planner = CallPlanner(scene, rng)
    order = sorted(
        scene.tools, key=lambda tool: sum(leaf.required and leaf.field.kind == "id" for leaf in view_of(tool).params)
    )
    tool = order[index % len(order)]
    call: PlannedCall = planner.plan(tool, index, take="nothing")
    facts = tuple(
        Fact(name=label_of(path, call.view), value=value, parameter=f"{tool.name}:{path}")
        for path, value in leaves(call.arguments)
        if path and value not in ({}, []) and path not in call.quiet
    )
    return Request(kind="open", intent=call.view.phrase.text, tools=(tool.name,), facts=facts)


def items_for(
    request: Request, scene: Scene, index: int, name: str, view: View | None, rng: random.Random
) -> list[Item]:
    """What there is to say for one tool of a request (facts without a known tool go to the first)."""
    names = set(request.tools)
    first = not request.tools or name == request.tools[0]
    items: list[Item] = []
    for fact, held in [*((fact, False) for fact in request.facts), *((fact, True) for fact in request.withheld)]:
        tool, _, path = (fact.parameter or "").partition(":")
        if tool == name or (tool not in names and first):
            items.append(Item(path or fact.name, fact.name, _field(fact, path, view), fact.value, held=held))
    for use in request.uses:
        tool, _, path = (use.parameter or "").partition(":")
        if tool == name or (tool not in names and first):
            leaf = view.param(path) if view and path else None
            meaning = leaf.field if leaf else field_of("id", {"type": "string", "description": use.what})
            items.append(Item(path or use.what, use.what, meaning, ref=_refer(use, index, scene, rng)))
    return items


def _field(fact: Fact, path: str, view: View | None) -> Field:
    leaf = view.param(path) if view and path else None
    if leaf:
        return leaf.field
    kind = {bool: "boolean", int: "integer", float: "number", list: "array"}.get(type(fact.value), "string")
    return field_of("_".join(split_words(fact.name)) or "value", {"type": kind, "description": fact.name})


def _refer(use: Use, index: int, scene: Scene, rng: random.Random) -> str:
    path = use.path or ""
    entity = re.sub(r"^(the|that|an?) ", "", use.what)
    source = next((tool for tool in scene.tools if tool.name == use.tool), None)
    holder = owner_of(path) if "[" in path else ""
    if re.search(r"latitude|longitude|\blat\b|\blon\b|\blng\b", path):
        entity = holder or "location"
    elif (holder and holder.split(" ")[-1] in entity) or (holder and len(entity.split()) > 2):
        entity = holder if len(holder) > 2 else entity
    short = entity if len(entity.split()) < 3 else " ".join(entity.split(" ")[-2:])
    place = re.search(r"\[(\d+)\]", path)
    if use.request == index:
        if place:
            return (
                f"the {ordinal(int(place[1]))} "
                f"{rng.choice((f'{short} you find', f'{short} that comes up', f'{short} on that list'))}"
            )
        return f"that {short}"
    seed = derive_rng(scene.random_seed, "refer", index, use.tool or "", re.sub(r"[^\[\].]*$", "", path))
    if place:
        nth = ordinal(int(place[1]))
        return seed.choice((f"the {nth} {short}", f"the {nth} {short} on the list", f"the {nth} {short} you found",
                            f"the {nth} {short} you listed", f"that {nth} {short}"))  # fmt: skip
    made = find_made(load_card(source)) if source is not None else None
    if source is not None and made is not None and made.path == path:
        did = participle(view_of(source).phrase.verb)
        did = (
            "made" if did[:3] == short.split(" ")[-1][:3] or short.split(" ")[-1] in ("booking", "appointment") else did
        )
        when = f"you just {did}" if index - use.request == 1 else f"you {did} earlier"
        return seed.choice((f"the new {short}", f"the {short} {when}", f"the {short} {when}"))
    return seed.choice((f"that {short}", f"the same {short}", f"the {short} we just talked about"))


def _opening(request: Request, brief: UserBrief, rng: random.Random) -> str:
    scene = brief.scene
    style = build_cast(scene.random_seed, scene.now).date_style
    tools = {tool.name: tool for tool in scene.tools}
    parts: list[str] = []
    told: set[tuple[str, str]] = set()
    used = Told()
    names = [name for name in request.tools if name in tools] or [""]
    for place, name in enumerate(names):
        tool: Tool | None = tools.get(name)
        view = view_of(tool) if tool else None
        items = items_for(request, scene, brief.request_index, name, view, rng)
        if view is None:
            core = re.sub(r"^(the )?user (wants|would like|asks|needs) (to|for) ", "", request.intent).rstrip(".")
        else:
            core = build_core(view.phrase, items, style, rng)
        for item in items:
            mark = (item.label, speak(item, style))
            if not item.used and mark in told and not item.held and item.field.kind not in ("latitude", "longitude"):
                item.used = True
            told.add(mark)
        parts.append(_section(core, items, style, rng, scene.style, place, used))
    text = " ".join(parts)
    return (
        lead_in(text, scene.style, brief.request_index, rng) if brief.request_index else greet(text, scene.style, rng)
    )


def _section(core: str, items: list[Item], style: int, rng: random.Random, manner: str, place: int, used: Told) -> str:
    core = loosen(core, [speak(item, style) for item in items if item.used], rng)
    tails, wishes = clauses(core, items, style, rng, used)
    for tail in [tail for tail in tails if tail.startswith("@point ")]:
        tails.remove(tail)
        core = _put_point(core, tail.removeprefix("@point "))
    for tail in [tail for tail in tails if tail.startswith("called ")]:
        if found := re.match(
            r"(\w+ (?:an?|the|my) [\w -]+?)(?= (?:for|with|on|in|at|of|from|that|to|from|between)\b)", core
        ):
            tails.remove(tail)
            core = f"{found[1]} {tail}{core[found.end() :]}"
    inline = [tail for tail in tails if len(tail) < 90][:3]
    wishes = [f"this is {tail}" for tail in tails if tail not in inline] + wishes
    base = " ".join([core, *inline])
    if manner in ("terse", "brief", "concise"):
        texts = [capitalise(curt(base, rng)), *(end_sentence(capitalise(join_and(pair))) for pair in _pairs(wishes))]
        return " ".join(texts)
    labels = "|".join(re.escape(item.label) for item in items)
    plain = [wish for wish in wishes if re.fullmatch(rf"the (?:{labels}) (?:is|should be) [^,]{{1,40}}", wish)]
    if (
        len(plain) == 1
        and len(wishes) < 3
        and "at least" not in plain[0]
        and "at most" not in plain[0]
        and rng.random() < 0.4
    ):
        # "with 15 as the quantity" reads as one sentence with the request.
        label, _, said = re.split(r" (is|should be) ", plain[0].removeprefix("the "), maxsplit=1)
        base, wishes = f"{base}, with {said} as the {label}", [wish for wish in wishes if wish not in plain]
    opening = connect(frame(base, manner, rng), place, rng) if place else frame(base, manner, rng)
    return " ".join([opening, *(end_sentence(capitalise(" and ".join(pair))) for pair in _pairs(wishes))])


def _pairs(wishes: list[str]) -> list[list[str]]:
    """Wishes two by two, so that no sentence gets long; long ones stand alone."""
    groups: list[list[str]] = []
    for wish in wishes:
        if groups and len(groups[-1]) < 2 and len(groups[-1][0]) + len(wish) < 110 and " and " not in groups[-1][0]:
            groups[-1].append(wish)
        else:
            groups.append([wish])
    return groups


def _put_point(core: str, said: str) -> str:
    kind = (
        r"(?:point|position|geographic position|place|location|spot|coordinates)(?: on the map| on the coast|"
        r" given by coordinates)?"
    )
    found = re.search(rf" (at|around|near|to|from|of|for|in) (?:an?|the|one|given) {kind}(?=[ ,.]|$)", core)
    if found:
        prep = found[1] if found[1] != "in" else "at"
        return core[: found.start()] + f" {prep} {said}" + core[found.end() :]
    return f"{core} at {said}" if not said.startswith(("the ", "that ")) else f"{core} for {said}"


def _again(request: Request, before: Request, brief: UserBrief, rng: random.Random) -> str:
    old = {fact.parameter or fact.name: fact.value for fact in (*before.facts, *before.withheld)}
    changed = [fact for fact in request.facts if old.get(fact.parameter or fact.name) != fact.value]
    if len(changed) > 2 or set(old) - {fact.parameter or fact.name for fact in request.facts}:
        return ""
    if {use.path for use in request.uses} != {use.path for use in before.uses}:
        return ""
    style = build_cast(brief.scene.random_seed, brief.scene.now).date_style
    tool = next((tool for tool in brief.scene.tools if tool.name == request.tools[0]), None)
    if tool is None or any(isinstance(fact.value, bool) for fact in changed):
        return ""
    view = view_of(tool)
    if view.writes and not changed and before is not brief.earlier[-1]:
        return ""  # "the same again" would be what was asked last
    parts = []
    for fact in changed:
        meaning = _field(fact, (fact.parameter or "").partition(":")[2], view)
        item = Item(plain_path((fact.parameter or "").partition(":")[2]), fact.name, meaning, fact.value)
        parts.append((item.label, speak(item, style), meaning.kind))
    return follow_up(view.phrase, parts, brief.scene.style, rng, writes=view.writes)


def _reply(brief: UserBrief, rng: random.Random) -> str:
    spoken = [m.content or "" for m in brief.messages if m.role == "user"][-brief.visit :]
    asked = next((m.content or "" for m in reversed(brief.messages) if m.role == "assistant" and m.content), "")
    style = build_cast(brief.scene.random_seed, brief.scene.now).date_style
    request = brief.request if brief.request.kind != "open" else open_request(brief.scene, brief.request_index)
    left = [fact for fact in request.withheld if not told(fact.value, spoken[0], "\n".join(spoken[1:]))]
    named = [fact for fact in left if fact.name.lower() in asked.lower()]
    wanted = named or left
    if not wanted and "?" in asked:
        wanted = [fact for fact in (*request.withheld, *request.facts) if fact.name.lower() in asked.lower()][:2]
    if not wanted:
        return rng.choice(("Please go ahead with what you have.", "No preference there, just use what makes sense.",
                           "That is all I know, please carry on.", "All right, please do what you can."))  # fmt: skip
    tools = {tool.name: view_of(tool) for tool in brief.scene.tools}
    bits: list[str] = []
    done: set[tuple[str, str]] = set()
    for fact in wanted:
        name, _, path = (fact.parameter or "").partition(":")
        meaning = _field(fact, path, tools.get(name))
        text = speak(Item(path, fact.name, meaning, fact.value), style)
        if (fact.name, text) in done:
            continue
        done.add((fact.name, text))
        bits.append((_bare if len(wanted) == 1 else _full)(fact.name, text, meaning, brief.scene.style, rng))
    return polish(end_sentence(capitalise(join_and(bits))))


def _full(label: str, text: str, meaning: Field, manner: str, rng: random.Random) -> str:
    return f"the {label} is {text}"


def _bare(label: str, text: str, meaning: Field, manner: str, rng: random.Random) -> str:
    if manner in ("terse", "brief", "concise"):
        return text
    if manner == "formal":
        return rng.choice((f"the {label} is {text}", f"that would be {text}", f"please use {text}"))
    options = [f"the {label} is {text}", f"{text}, please", f"it's {text}", f"sorry, I forgot: {text}",
               f"that would be {text}",
               f"make it {text}", f"let's say {text}", f"oh right, {text}", f"{text}"]  # fmt: skip
    if meaning.kind in ("id", "email", "phone", "person", "address"):
        options = [f"the {label} is {text}", f"it's {text}", f"sorry, it's {text}", f"here it is: {text}", f"{text}"]
    return rng.choice(options)
