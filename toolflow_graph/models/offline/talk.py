"""Small talk: what the assistant says when nothing is asked of it."""

import random

from toolflow_graph.models.briefs import AssistantBrief
from toolflow_graph.models.offline.cells import cells_of, headline, rows_of, value_text
from toolflow_graph.models.offline.phrases import doing_phrase
from toolflow_graph.models.offline.user import topic_of
from toolflow_graph.models.offline.views import view_of
from toolflow_graph.models.offline.words import capitalise, polish
from toolflow_graph.models.offline.world import build_cast
from toolflow_graph.types import Message, ToolCall, ToolResult


def history_of(messages: tuple[Message, ...]) -> list[tuple[int, ToolCall, ToolResult]]:
    """All answered calls with the index of their tool message and their result."""
    calls = {call.id: call for message in messages for call in message.tool_calls}
    return [
        (place, calls[message.tool_call_id], ToolResult.from_message(message))
        for place, message in enumerate(messages)
        if message.role == "tool" and message.tool_call_id in calls
    ]


def small_talk(brief: AssistantBrief, rng: random.Random) -> str:
    noun, plural = topic_of(brief.messages, brief.scene)
    style = build_cast(brief.scene.random_seed, brief.scene.now).date_style
    if plural and (advice := _compare(brief, noun, style, rng)):
        return advice
    calls = [call.name for message in brief.messages for call in message.tool_calls]
    last = next((tool for tool in brief.scene.tools if calls and tool.name == calls[-1]), None)
    if last is not None and view_of(last).writes:
        doing = doing_phrase(view_of(last).phrase)
        return rng.choice(("Glad it went smoothly. Everything is in place now, so there is nothing more to do on that.",
                           f"Happy to take care of it. With {doing} out of the way, the rest of the day should "
                           f"be lighter.",
                           "I'm glad that is settled. If the plans change later, just tell me what should be "
                           "different.",
                           f"Good to hear. {capitalise(doing)} tends to sound like more work than it is.",
                           "You're welcome. It is always nice to tick something off the list."))  # fmt: skip
    return polish(rng.choice((f"Glad to hear that. It is worth checking the {noun} again later, since such "
                              f"things can change.",
                              f"I'm happy it helped. If anything about the {noun} comes up later, we can look "
                              f"at it again.",
                              f"That's understandable. With the {noun} sorted out, the rest should be easier to plan.",
                              f"Good. Keeping the {noun} in view early usually saves trouble later on.",
                              f"You're welcome. It is always good to have the {noun} clear before moving "
                              f"on.")))  # fmt: skip


def _compare(brief: AssistantBrief, noun: str, style: int, rng: random.Random) -> str:
    history = history_of(brief.messages)
    views = {tool.name: view_of(tool) for tool in brief.scene.tools}
    for _, call, result in reversed(history):
        rows, where, rest = rows_of(result.value) if result.ok else (None, "", {})
        if rows and len(rows) > 1 and call.name in views:
            view = views[call.name]
            prefix = next(
                (leaf.path.split("[]")[0] + "[]." for leaf in view.returns if leaf.path.split("[]")[0].endswith(where)),
                "",
            )
            table = [cells_of(row, view, prefix) for row in rows]
            around = cells_of(rest, view, "")
            heads = [headline(cells) for cells in table]
            for kind, low in (
                ("rating", False),
                ("money", True),
                ("duration", True),
                ("distance", True),
                ("date", True),
                ("datetime", True),
            ):
                columns = [next((cell for cell in cells if cell.field.kind == kind), None) for cells in table]
                if all(columns) and all(heads) and len({repr(cell.value) for cell in columns if cell}) > 1:
                    pairs = [(head, cell) for head, cell in zip(heads, columns, strict=True) if head and cell]
                    pairs.sort(
                        key=lambda pair: (
                            pair[1].value if isinstance(pair[1].value, int | float) else str(pair[1].value)
                        ),
                        reverse=not low,
                    )
                    (_, first), (_, last) = pairs[0], pairs[-1]
                    label = first.field.label
                    own = {id(cell): cells for cells, cell in zip(table, columns, strict=True)}
                    a, b = (value_text(cell, own[id(cell)], around, style) for cell in (first, last))
                    name, other = (value_text(pairs[i][0], table[0], around, style) for i in (0, -1))
                    word = {"rating": "highest", "money": "lowest", "duration": "shortest", "distance": "shortest"}.get(
                        kind, "earliest"
                    )
                    return polish(rng.choice((
                        f"Going by {label} alone, {name} comes first with {a}, while {other} is at {b}.",
                        f"{name} has the {word} {label} at {a}; {other} is at the other end with {b}. It "
                        f"depends on what matters most to you.",
                        f"I would look at {name} first, because its {label} of {a} is the {word} among them.",
                    )))  # fmt: skip
            names = [value_text(head, table[0], around, style) for head in heads if head]
            return polish(rng.choice((
                f"It is hard to rank these {noun} by what is listed. I would start with {names[0]}, as it comes first.",
                f"They are close. {names[0]} and {names[-1]} both look fine, so it depends on your taste.",
                f"Nothing there makes one a clear winner, but {names[0]} would be a fair place to begin.",
            ))) if names else ""  # fmt: skip
    return ""
