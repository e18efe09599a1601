"""The assistant role: asks for what is missing, makes the calls, answers from the results."""

import random
import re
from typing import Any

from toolflow_graph.models.briefs import AssistantBrief
from toolflow_graph.models.offline.answers import answer_results, failure_text
from toolflow_graph.models.offline.arguments import bind
from toolflow_graph.models.offline.binding import leaves
from toolflow_graph.models.offline.doubting import find_doubt
from toolflow_graph.models.offline.draws import draw_for
from toolflow_graph.models.offline.phrases import doing_phrase, to_do_phrase
from toolflow_graph.models.offline.planner import label_of
from toolflow_graph.models.offline.saying import said
from toolflow_graph.models.offline.speech import Item, speak
from toolflow_graph.models.offline.staged import (
    GO_AHEAD,
    UNHEARD_OF,
    ask_to_confirm,
    decline_forbidden,
    decline_missing,
    decline_unheard,
    stand_by,
)
from toolflow_graph.models.offline.talk import history_of, small_talk
from toolflow_graph.models.offline.user import open_request
from toolflow_graph.models.offline.views import Leaf, View, view_of
from toolflow_graph.models.offline.words import is_plural, join_and, lower_first, polish, split_words
from toolflow_graph.models.offline.world import build_cast
from toolflow_graph.models.port import RawCall
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Request, Tool, ToolCall, ToolResult
from toolflow_graph.verification.transcript import read_result

_AGAIN = ("It is still the same: ", "Nothing has changed: ", "I checked again, and ", "As before, ")
_RETRY = lazy_regex(
    # Whole words: a "rate date" and the number 45023 say nothing of limits.
    r"rate.?limit|too many|time.?out|timed out|unavailable|temporar|overload|busy|try again|retry|throttl|restart|"
    r"\b(?:50\d|429)\b",
    re.I,
)


def assistant_step(brief: AssistantBrief, salt: int = 0) -> tuple[str | None, tuple[RawCall, ...]]:
    """The assistant's next message: (text, calls), one of them empty. It does not say the same thing twice."""
    earlier = {message.content for message in brief.messages if message.role == "assistant"}
    text: str | None = None
    for attempt in range(5):
        text, calls = _step(brief, attempt, salt)
        if text is None or text not in earlier:
            return text, calls
    return f"{_AGAIN[len(earlier) % len(_AGAIN)]}{lower_first(text or '')}", ()


def _step(brief: AssistantBrief, attempt: int, salt: int) -> tuple[str | None, tuple[RawCall, ...]]:
    scene = brief.scene
    rng = draw_for(scene, "assistant", brief.request_index, len(brief.messages), attempt, salt=salt)
    requests = brief.plan.requests
    request = requests[brief.request_index] if brief.request_index < len(requests) else Request(kind="chat", intent="")
    if request.kind == "open":
        request = _opened(brief)
    if request.kind in ("irrelevant", "forbidden") or any(cue.kind == "press" for cue in brief.cues):
        return _staged_answer(request, brief, rng), ()
    tools = {tool.name: tool for tool in scene.tools}
    names = [name for name in request.tools if name in tools]
    if request.kind == "chat" or not names:
        return small_talk(brief, rng), ()
    history = [(place, call, _plain(result, brief)) for place, call, result in history_of(brief.messages)]
    lacking = [name for name in names if brief.offered and name not in brief.offered]
    if lacking:
        return _without(lacking, tools, brief, rng)
    start = brief.request_start
    said = max((cue.message_index for cue in brief.cues if cue.kind == "revise"), default=-1)
    if said >= 0 and request.revision is not None:
        # What was done before the value changed is done, except for the tool that the value belongs to.
        request, names, start = _revised(request, names, said, history)
    now = [(call, result) for place, call, result in history if place >= start]
    text, calls = _work(brief, request, [tools[name] for name in names], [(c, r) for _, c, r in history], now, rng)
    if calls and (question := _confirmation(calls, request, brief, tools, rng)):
        return question, ()
    return text, calls


def _plain(result: ToolResult, brief: AssistantBrief) -> ToolResult:
    """The result without the instructions that somebody planted in it: they are neither obeyed nor passed on."""
    texts = list(brief.planted)
    return result.model_copy(update={"value": _cut(result.value, texts)}) if texts and result.ok else result


def _cut(value: Any, texts: list[str]) -> Any:
    if isinstance(value, dict):
        return {key: _cut(part, texts) for key, part in value.items()}
    if isinstance(value, list):
        return [_cut(part, texts) for part in value]
    for text in texts if isinstance(value, str) else ():
        value = value.replace(text, "").rstrip()
    return value


def _staged_answer(request: Request, brief: AssistantBrief, rng: random.Random) -> str:
    """The answer to a doubt, and to what cannot or must not be done."""
    tools = {tool.name: tool for tool in brief.scene.tools}
    able = [view_of(tool) for name, tool in tools.items() if name in brief.offered and name not in request.tools]
    if request.kind == "forbidden":
        return decline_forbidden(view_of(tools[request.tools[0]]), rng)
    if request.kind == "irrelevant":
        if request.tools and request.tools[0] in tools:
            return decline_missing(view_of(tools[request.tools[0]]), able, rng)
        return decline_unheard(next((wish for wish in UNHEARD_OF if wish.intent == request.intent), None), able, rng)
    place = max(cue.message_index for cue in brief.cues if cue.kind == "press")
    label, value, told = find_doubt(brief.messages[:place], brief.scene, brief.request_index)
    return stand_by(label, value, rng, told=told)


def _without(
    lacking: list[str], tools: dict[str, Tool], brief: AssistantBrief, rng: random.Random
) -> tuple[str | None, tuple[RawCall, ...]]:
    """A tool is not offered: search for it if there is a search, else say so."""
    view = view_of(tools[lacking[0]])
    search = brief.scene.search_tool
    query = {"query": lower_first(view.phrase.text)}
    tried = any(
        call.name == search and call.arguments == query
        for message in brief.messages[brief.request_start :]
        for call in message.tool_calls
    )
    if search in brief.offered and not tried:
        return None, (RawCall(search or "", query),)
    able = [view_of(tool) for name, tool in tools.items() if name in brief.offered]
    return decline_missing(view, able, rng), ()


def _revised(
    request: Request, names: list[str], said: int, history: list[tuple[int, ToolCall, ToolResult]]
) -> tuple[Request, list[str], int]:
    revision = request.revision
    assert revision is not None
    first = next((fact for fact in request.facts if fact.name == revision.name), None)
    parameter = (first.parameter if first else None) or revision.parameter
    facts = tuple(
        fact.model_copy(update={"value": revision.value}) if fact.name == revision.name else fact
        for fact in request.facts
    )
    owner = (parameter or "").partition(":")[0]
    again = [name for name in names if name == owner] or names[:1]
    # Tools that have not succeeded yet, or that take what the changed call brings, are still to be called.
    done = {call.name for _, call, result in history if result.ok}
    later = {(use.parameter or "").partition(":")[0] for use in request.uses if use.tool in again}
    again += [name for name in names if name not in again and (name not in done or name in later)]
    return request.model_copy(update={"facts": facts}), again, said


def _last_change(brief: AssistantBrief, tools: dict[str, Tool]) -> int:
    """Where the last change of the request's earlier turns was made, or where it begins: a yes is for what follows."""
    place = brief.request_start
    turn = max(index for index, message in enumerate(brief.messages) if message.role == "user")
    for index, message in enumerate(brief.messages[place:turn], place):
        writes = [call.id for call in message.tool_calls if call.name in tools and view_of(tools[call.name]).writes]
        results = [one for one in brief.messages[index:] if one.role == "tool" and one.tool_call_id in writes]
        if any(read_result(one).ok for one in results):
            place = index
    return place


def _confirmation(
    calls: tuple[RawCall, ...], request: Request, brief: AssistantBrief, tools: dict[str, Tool], rng: random.Random
) -> str | None:
    """The question that comes before a change, where the instructions ask for it; None if it was answered."""
    if not any(one.asks("confirm") for one in brief.plan.requests):
        return None
    writes = [call for call in calls if call.name in tools and view_of(tools[call.name]).writes]
    asked = any(
        message.role == "assistant" and any(phrase in (message.content or "") for phrase in GO_AHEAD)
        for message in brief.messages[_last_change(brief, tools) :]
    )
    if not writes or asked:
        return None
    style = build_cast(brief.scene.random_seed, brief.scene.now).date_style
    values = []
    for call in writes:
        view = view_of(tools[call.name])
        for path, value in leaves(call.arguments if isinstance(call.arguments, dict) else {}):
            leaf = view.param(path)
            if leaf is not None and not isinstance(value, dict | list | bool) and value is not None:
                label = label_of(path, view)
                be = "are" if is_plural(label) and isinstance(value, str) and " " in value else "is"
                values.append(f"the {label} {be} {speak(Item(path, label, leaf.field, value), style)}")
    return ask_to_confirm([view_of(tools[call.name]) for call in writes], values[:4], rng)


def _work(
    brief: AssistantBrief,
    request: Request,
    tools: list[Tool],
    history: list[tuple[ToolCall, ToolResult]],
    now: list[tuple[ToolCall, ToolResult]],
    rng: random.Random,
) -> tuple[str | None, tuple[RawCall, ...]]:
    style = build_cast(brief.scene.random_seed, brief.scene.now).date_style
    ready: list[RawCall] = []
    missing: list[tuple[View, Leaf, str]] = []
    waiting = {tool.name for tool in tools if not any(call.name == tool.name and result.ok for call, result in now)}
    for tool in tools:
        tries = [result for call, result in now if call.name == tool.name]
        if any(result.ok for result in tries):
            continue
        if tries and (len(tries) > 1 or not _retryable(tries[-1])):
            waiting.discard(tool.name)
            continue
        needs = {
            use.tool
            for use in request.uses
            if use.request == brief.request_index and (use.parameter or "").startswith(f"{tool.name}:")
        }
        if needs & (waiting - {tool.name}):
            continue
        view = view_of(tool)
        arguments, lacking = bind(tool, view, request, brief, history)
        if lacking:
            missing += [(view, leaf, label) for leaf, label in lacking]
        else:
            ready.append(RawCall(tool.name, arguments))
    if missing:
        return _question(missing, brief, request, rng), ()
    if ready:
        return None, tuple(ready)
    latest: dict[str, tuple[ToolCall, ToolResult]] = {call.name: (call, result) for call, result in now}
    pairs = [(view_of(tool), *latest[tool.name]) for tool in tools if tool.name in latest]
    if not pairs:
        return "I'm sorry, I don't have what I need to do that yet.", ()
    if len(pairs) == 1 and not pairs[0][2].ok:
        return failure_text(pairs[0][0], pairs[0][2], rng), ()
    return answer_results(pairs, style, rng), ()


def _retryable(result: ToolResult) -> bool:
    error = result.error or {}
    return bool(error.get("retryable")) or bool(_RETRY.search(f"{error.get('code', '')} {error.get('message', '')}"))


def _question(
    missing: list[tuple[View, Leaf, str]], brief: AssistantBrief, request: Request, rng: random.Random
) -> str:
    view = missing[0][0]
    # The planner's own words first: the user knows the fact by that name.
    names = {fact.parameter: fact.name for fact in request.withheld}
    labels = list(dict.fromkeys(names.get(f"{v.name}:{leaf.path}", label) for v, leaf, label in missing))[:3]
    what = join_and([f"the {label}" for label in labels])
    doing, todo = doing_phrase(view.phrase), to_do_phrase(view.phrase)
    field = missing[0][1].field
    be = "are" if len(labels) > 1 else "is"
    options = [f"Before {doing}, I still need {what}. Could you tell me?", f"I can {todo}. What {be} {what}?",
               f"Sure. What {be} {what}?", f"Happy to help. To {todo}, I need {what}. What should I use?",
               f"Could you give me {what} first, so that I can {todo}?", f"What {be} {what}, please?",
               f"I just need one more detail: what {be} {what}?"]  # fmt: skip
    if len(labels) == 1:
        label = labels[0]
        if field.kind == "date":
            options += [f"Which date should I use as the {label}?", f"What {label} do you have in mind?"]
        elif field.kind == "city":
            options += [f"Which {label} is it for?", f"Which {label} should I look at?"]
        elif field.kind == "enum" and len(field.label) < 40:
            choices = [str(option).replace("_", " ").lower() for option in missing[0][1].schema.get("enum", ())]
            if 1 < len(choices) < 5:
                options += [f"Which {label} would you like: {join_and(choices, 'or')}?"] * 3
            options += [f"Which {label} would you like?"]
        elif label.startswith("number of "):
            options = [f"How many {label.removeprefix('number of ')} should I count on? I need the {label} to {todo}.",
                       f"Sure, what is the {label}?", f"To {todo}, I need the {label}. How many is it?"]  # fmt: skip
        elif field.kind in ("money", "count", "percent", "temperature", "duration"):
            options += [f"What {label} should I use?", f"What should the {label} be?"]
        else:
            options += [f"What should I put down as the {label}?", f"Which {label} should I use?"]
    return polish(rng.choice(options))


def _opened(brief: AssistantBrief) -> Request:
    """For a request the plan leaves open: what our own user would ask, if it did; else the tool nearest to the text."""
    made = open_request(brief.scene, brief.request_index)
    text = "\n".join(m.content or "" for m in brief.messages[brief.request_start :] if m.role == "user")
    if made.facts and all(said(fact.value, text) for fact in made.facts):
        return made
    words = set(re.findall(r"[a-z]{3,}", text.lower()))

    def overlap(tool: Tool) -> float:
        own = set(re.findall(r"[a-z]{3,}", f"{' '.join(split_words(tool.name))} {tool.description}".lower()))
        return len(words & own) / (len(own) ** 0.5 or 1)

    best = max(brief.scene.tools, key=overlap, default=None)
    if best is None or (not made.facts and best.name == made.tools[0]):
        return made
    return Request(kind="open", intent="", tools=(best.name,))
