"""Small talk: what the user says when nothing is wanted, and what the assistant says back; tied to the last result."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toolflow_graph.models.briefs import AssistantBrief, Scene, UserBrief
from toolflow_graph.models.offline.cells import Cell, cells_of, headline, rows_of, telling, value_text
from toolflow_graph.models.offline.phrases import doing_phrase, head_noun
from toolflow_graph.models.offline.views import View, view_of
from toolflow_graph.models.offline.words import capitalise, pluralise, polish, split_words
from toolflow_graph.models.offline.world import build_cast
from toolflow_graph.randomness import derive_rng
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
        one, other = topic.names[0], topic.names[1]
        return polish(rng.choice((
            f"Hm, {one} or {other}. Which of the two would you go for?",
            f"{one} caught my eye. Would you agree, or do you see a better one?",
            f"Is there much of a difference between {one} and {other}, as far as you can tell?",
            f"I keep going back and forth between {one} and {other}. What would you do?",
            f"I had never come across {other} before. How does it compare with {one}?",
            f"Which of these {topic.noun} would you look at first?",
            f"My first thought was {one}. Does anything speak against that?",
            f"Interesting, I only expected {one}. Do any of the other {topic.noun} stand out to you?",
        )))  # fmt: skip
    says = _SAID.get(topic.kind, ())
    if says and topic.value:
        return polish(capitalise(rng.choice(says).format(value=topic.value, label=topic.label)))
    if topic.view is not None and topic.view.writes:
        doing = doing_phrase(topic.view.phrase).replace("your ", "my ")
        return polish(rng.choice((
            f"That was quick. I usually put off {doing} until somebody reminds me.",
            f"Thanks. With {doing} done, is there anything I tend to forget at this point?",
            f"Good. I had set aside half an hour for {doing}, so I'm ahead of my day now.",
            f"Nice, {doing} was the part I was not looking forward to.",
            f"Perfect. I have been burnt before when {doing}, so I'm glad it went through.",
            f"Great, then I can tell the others that this is settled. They kept asking about {doing}.",
            f"Wonderful. Is there a good habit for {doing}, so that it doesn't pile up next time?",
            f"Easier than expected. Last time, {doing} took me three attempts.",
        )))  # fmt: skip
    return polish(rng.choice((
        f"Okay, that clears up the {topic.noun} for me. What would you keep an eye on?",
        f"I thought the {topic.noun} would look different, to be honest. Does that surprise you?",
        f"Good to know about the {topic.noun}. I'll sleep on it.",
        f"That makes sense. Is there anything about the {topic.noun} you would double-check?",
    )))  # fmt: skip


_SAID = {
    "money": ("{value} is about what I expected. Does that sound fair to you?",
              "I was bracing for more than {value}, so that's fine by me.",
              "Hm, {value}. I'll have to see how that fits into this month.",
              "{value} is a bit more than I would like, but fine. Would you have expected that?",
              "Okay, {value}. I'll note that down for my budget.",
              "Somebody told me to expect a lot more than {value}. Is there a catch?"),
    "date": ("{value} should work for me. What should I keep in mind until then?",
             "Good, {value} is a day I can plan around.",
             "{value} is sooner than I thought. Should I prepare anything?"),
    "datetime": ("{value} should work for me. What should I keep in mind until then?",
                 "I'll write down {value} so that I don't forget it.",
                 "{value} fits nicely between two other things I have on.",
                 "Let me see, {value}. Yes, I can make that work. Anything to watch out for?"),
    "time": ("{value} suits me fine. I'm usually up and about by then.",
             "{value}, got it. I'll plan the rest around that."),
    "duration": ("{value} is longer than I had in mind, but I can live with it.",
                 "{value}, okay. Is that something you would plan a margin for?"),
    "distance": ("{value} is closer than I thought.", "{value} sounds manageable. Would you agree?"),
    "temperature": ("{value} is not what I would have guessed. What would you wear?",
                    "So {value}. I'll pack accordingly."),
    "person": ("I don't know {value} yet. Is that somebody I should get in touch with?",
               "{value} sounds familiar, I think we have met once."),
    "rating": ("{value} is a decent score, isn't it?", "I would have guessed a little lower than {value}."),
    "percent": ("{value} is more than I would have guessed. How do you read that?",
                "So the {label} is {value}. Is that a figure I should worry about?"),
    "condition": ("{value}, so no surprises there.",),
    "company": ("I've heard of {value} before, but I have never dealt with them.",),
    "address": ("{value} is easy to reach from my place.", "I think I've walked past {value} before."),
    "location": ("{value} is easy to reach from my place.",),
}  # fmt: skip
_BACK = {
    "money": ("I can only go by the {value} that came back. If in doubt, we can compare it with something else.",
              "Nothing else was added to it as far as I can see, so {value} is the figure to plan with.",
              "I see no catch in what came back. It simply says {value}.",
              "If {value} fits your budget, I would leave it at that.",
              "It is hard to call {value} cheap or dear without a second figure, but now you know where you stand."),
    "date": ("I'd put {value} in your calendar now and check the details once more the day before.",
             "Keep {value} free and you should be fine. If it stops working for you, tell me early."),
    "datetime": ("I'd put {value} in your calendar now and check the details once more the day before.",
                 "Keep {value} free and you should be fine. If it stops working for you, tell me early."),
    "time": ("Then {value} it is. I'd leave a little room before it in case something runs late.",),
    "duration": ("I would plan a bit more than {value}, since such figures are rarely exact.",
                 "Going by the {value}, you can still fit other things around it."),
    "distance": ("Yes, {value} should be manageable, although it depends on how you get there.",),
    "temperature": ("With {value}, I'd take an extra layer that is easy to carry.",),
    "person": ("I only know {value} from this result, so a short message to introduce yourself would not hurt.",),
    "rating": ("I'd call {value} solid. I would still read what is behind it before deciding.",),
    "percent": ("Taken alone, {value} says little. I would look at it again in a while and see which way it moves.",),
    "condition": ("Right, with {value} there is no need to change your plans.",),
    "company": ("Then it is worth reading their terms before you settle anything with {value}.",),
    "address": ("That helps. I'd still allow a few minutes to find the entrance at {value}.",),
    "location": ("That helps. I'd still allow a few minutes to find the entrance at {value}.",),
}  # fmt: skip


def small_talk(brief: AssistantBrief, rng: random.Random) -> str:
    """What the assistant says when nothing is asked of it."""
    topic = _topic(brief.messages, brief.scene)
    if len(topic.names) > 1 and (advice := _compare(brief, topic, rng)):
        return advice
    says = _BACK.get(topic.kind, ())
    if says and topic.value:
        return polish(rng.choice(says).format(value=topic.value, label=topic.label))
    if topic.view is not None and topic.view.writes:
        doing = doing_phrase(topic.view.phrase)
        return polish(rng.choice((
            f"Glad that is off your list. For {doing}, there is nothing left to do on your side.",
            f"Happy to hear it. If you change your mind about {doing}, tell me soon, then it is easiest to fix.",
            f"A fixed day in the week helps: {doing} takes little time once it is routine.",
            "That is how it should be. I'd only check back if you don't hear anything for a few days.",
            f"With {doing} out of the way, the next steps should be shorter.",
            "Most people forget to keep the confirmation, so I would save it somewhere safe.",
            "Then enjoy the free time. If a detail turns out to be wrong, tell me what should be different.",
        )))  # fmt: skip
    return polish(rng.choice((
        f"I would look at the {topic.noun} again later on, since such things can change.",
        f"Nothing about the {topic.noun} stands out to me, so take the time you need.",
        f"It is worth keeping the {topic.noun} in view, but I see nothing urgent there.",
    )))  # fmt: skip


_ASIDE = re.compile(r"cancel|restore|deadline|expir|until|late|due|sunrise|sunset|tide|per_|lower|upper|penalty")


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
                 if cell.field.kind in _SAID and not isinstance(cell.value, list)
                 and not (cell.field.past and cell.field.kind in ("date", "datetime"))
                 and not (cell.field.kind in ("duration", "distance") and not cell.field.unit)
                 and not _ASIDE.search(cell.name)
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
    if holder and not view.writes:
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
            f"I would look at {name} first, because its {label} of {a} is the {word} of them.",
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
