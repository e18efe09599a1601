"""Small talk: what the user says when nothing is wanted, and what the assistant says back; tied to the last result."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toolflow_graph.models.briefs import AssistantBrief, Scene, UserBrief
from toolflow_graph.models.offline.cells import GENERIC, Cell, cells_of, headline, rows_of, telling, value_text
from toolflow_graph.models.offline.chatter import CHOICE, DONE, KINDS, SEEN, answers_to, pick
from toolflow_graph.models.offline.phrases import doing_phrase, head_noun
from toolflow_graph.models.offline.views import View, view_of
from toolflow_graph.models.offline.words import capitalise, pluralise, polish, split_words
from toolflow_graph.models.offline.world import build_cast
from toolflow_graph.randomness import derive_rng
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.types import Message, ToolCall, ToolResult


def history_of(messages: tuple[Message, ...]) -> list[tuple[int, ToolCall, ToolResult]]:
    """All answered calls with the index of their tool message and their result."""
    calls = {call.id: call for message in messages for call in message.tool_calls}
    return [
        (place, calls[message.tool_call_id], ToolResult.from_message(message))
        for place, message in enumerate(messages)
        if message.role == "tool" and message.tool_call_id in calls
    ]


@dataclass(slots=True)
class _Topic:
    """What the last result offers to talk about: names of a list, or one telling value of a record."""

    view: View | None
    noun: str
    names: list[str]
    table: list[list[Cell]]
    around: list[Cell]
    kind: str = ""
    value: str = ""
    label: str = ""


def user_talk(brief: UserBrief, rng: random.Random) -> str:
    """What the user says without wanting anything."""
    topic = _topic(brief.messages, brief.scene)
    if len(topic.names) > 1:
        return polish(pick(CHOICE, rng, one=topic.names[0], other=topic.names[1], noun=topic.noun))
    if topic.kind in KINDS and topic.value:
        return polish(capitalise(pick(KINDS[topic.kind], rng, value=topic.value, label=topic.label)))
    if topic.view is not None and topic.view.writes:
        return polish(pick(DONE, rng, doing=doing_phrase(topic.view.phrase).replace("your ", "my ")))
    return polish(pick(SEEN, rng, noun=topic.noun))


def small_talk(brief: AssistantBrief, rng: random.Random) -> str:
    """What the assistant says when nothing is asked of it: an answer to just what was remarked."""
    topic = _topic(brief.messages, brief.scene)
    if len(topic.names) > 1 and (advice := _compare(brief, topic, rng)):
        return advice
    asked = next((m.content or "" for m in reversed(brief.messages) if m.role == "user"), "")
    answers = answers_to(asked) or rng.choice(SEEN)[1]
    return polish(rng.choice(answers).format(value=topic.value, label=topic.label, noun=topic.noun))


_ASIDE = lazy_regex(r"cancel|restore|deadline|expir|until|late|due|sunrise|sunset|tide|per_|lower|upper|penalty")


def _topic(messages: Sequence[Message], scene: Scene) -> _Topic:
    """What the last successful result offers."""
    style = build_cast(scene.random_seed, scene.now).date_style
    noun, plural = topic_of(messages, scene)
    views = {tool.name: view_of(tool) for tool in scene.tools}
    history = [(call, result) for _, call, result in history_of(tuple(messages)) if result.ok and call.name in views]
    if not history:
        return _Topic(None, noun, [], [], [])
    call, result = history[-1]
    view = views[call.name]
    rows, where, rest = rows_of(result.value)
    topic = _Topic(view, noun, [], [], [])
    # Nobody compares prescriptions or payments by taste.
    dry = re.search(r"prescription|patient|incident|alert|transaction|payment|deployment|subscription|balance", noun)
    if rows and plural and not view.writes and not dry:
        prefix = next((p for leaf in view.returns if (p := leaf.path.split("[]")[0]).endswith(where)), where) + "[]."
        topic.table = [cells_of(row, view, prefix) for row in rows]
        topic.around = cells_of(rest, view, "")
        heads = [headline(cells, strict=True) for cells in topic.table]
        names = [value_text(head, topic.table[0], topic.around, style) for head in heads if head]
        if len(set(names)) == len(topic.table) > 1:
            topic.names = names
            return topic
    if isinstance(result.value, dict):
        cells = cells_of(result.value, view, "")
        given = {str(part) for part in call.arguments.values() if not isinstance(part, dict | list)}
        found = [cell for cell in telling(cells, given, 8, None)
                 if cell.field.kind in KINDS and not isinstance(cell.value, list)
                 and not (cell.field.past and cell.field.kind in ("date", "datetime"))
                 and not (cell.field.kind in ("duration", "distance") and not cell.field.unit)
                 and not _ASIDE.search(cell.name)
                 and not (cell.field.kind == "temperature" and cell.field.unit != "°C")
                 and not (cell.field.kind in ("date", "datetime") and str(cell.value) < scene.now)
                 and cell.value not in (0, 0.0)]  # fmt: skip
        if found:
            pick = derive_rng(scene.random_seed, "talk", len(history)).choice(found)
            topic.kind, topic.label = pick.field.kind, pick.field.label
            topic.value = value_text(pick, cells, [], style)
    return topic


def topic_of(messages: Any, scene: Scene) -> tuple[str, bool]:
    """What the dialogue was last about, as a noun, and whether the last result was a list of such."""
    views = {tool.name: view_of(tool) for tool in scene.tools}
    calls = [call for message in messages for call in message.tool_calls if call.name in views]
    if not calls:
        return "details", False
    view = views[calls[-1].name]
    noun = head_noun(view.phrase.thing).replace("my ", "").strip()
    noun = re.sub(r"^(what|which|how|when|whether|where|times|everything|time off)\b.*", "details", noun) or "details"
    if len(noun.split()) > 4:
        noun = " ".join(noun.split()[-2:])
    holder = next((leaf.path.split("[")[0].split(".")[-1] for leaf in view.returns if "[]." in leaf.path), "")
    if holder and not view.writes and holder.lower() not in GENERIC:
        return " ".join(split_words(pluralise(holder))), True
    return noun, False


_RANKED = (("rating", False, "highest"), ("money", True, "lowest"), ("duration", True, "shortest"),
           ("distance", True, "shortest"), ("date", True, "earliest"), ("datetime", True, "earliest"))  # fmt: skip


def _compare(brief: AssistantBrief, topic: _Topic, rng: random.Random) -> str:
    style = build_cast(brief.scene.random_seed, brief.scene.now).date_style
    asked = next((m.content or "" for m in reversed(brief.messages) if m.role == "user"), "")
    named = [place for place, name in enumerate(topic.names) if name in asked]
    if len(named) == 2:
        topic.names, topic.table = [topic.names[p] for p in named], [topic.table[p] for p in named]
    for kind, low, word in _RANKED:
        columns = [next((cell for cell in cells if cell.field.kind == kind), None) for cells in topic.table]
        known = [cell for cell in columns if cell is not None]
        if len(known) < len(columns) or len({repr(cell.value) for cell in known}) < 2:
            continue
        order = (
            sorted(
                range(len(known)),
                key=lambda place: known[place].value if isinstance(known[place].value, int | float) else 0,
                reverse=not low,
            )
            if isinstance(known[0].value, int | float)
            else sorted(range(len(known)), key=lambda p: str(known[p].value))
        )
        best, worst = order[0], order[-1]
        if len(named) == 1 and named[0] != best:
            worst = named[0]
        a, b = (value_text(known[place], topic.table[place], topic.around, style) for place in (best, worst))
        name, other, label = topic.names[best], topic.names[worst], known[best].field.label
        if len(label.split()) > 3:
            label = "date" if kind in ("date", "datetime") else kind
        return polish(rng.choice((
            f"Going by the {label} alone, {name} comes first with {a}, while {other} is at {b}.",
            f"{name} has the {word} {label} at {a}; {other} is at the other end with {b}. It depends on what matters "
            f"most to you.",
            f"I would look at {name} first, because the {label} of {a} is the {word} of them.",
            f"The {label} is where they differ: {a} for {name} against {b} for {other}. I'd lean towards {name}.",
            f"If the {label} decides, I'd take {name} ({a}) over {other} ({b}).",
        )))  # fmt: skip
    first, last = topic.names[0], topic.names[-1]
    return polish(rng.choice((
        f"It is hard to rank these {topic.noun} by what is listed. I would start with {first}, as it comes first.",
        f"They are close. {first} and {last} both look fine, so it comes down to your taste.",
        f"Nothing there makes one a clear winner, but {first} would be a fair place to begin.",
        f"From what I can see, {first} is as good a choice as {last}; I would trust your first impression.",
    )))  # fmt: skip
