"""What a user may doubt in an answer: one value of the last result, told or left out."""

from toolflow_graph.models.briefs import Scene
from toolflow_graph.models.offline.cells import cells_of, value_text
from toolflow_graph.models.offline.talk import history_of
from toolflow_graph.models.offline.views import view_of
from toolflow_graph.models.offline.world import build_cast
from toolflow_graph.randomness import derive_rng
from toolflow_graph.types import Message

_PLAIN = ("money", "date", "datetime", "time", "count", "temperature", "rating", "percent", "duration", "distance",
          "person", "company", "address", "number")  # fmt: skip


def find_doubt(messages: tuple[Message, ...], scene: Scene, number: int) -> tuple[str, str, bool]:
    """(label, value, whether an answer has told it) of one top-level value of the last result; ("", "", False) if none.

    The same for user and assistant: it depends on the results so far and the dialogue's seed only.
    """
    history = [(place, call, result) for place, call, result in history_of(messages) if result.ok]
    tools = {tool.name: tool for tool in scene.tools}
    if not history or history[-1][1].name not in tools:
        return "", "", False
    place, call, result = history[-1]
    if not isinstance(result.value, dict):
        return "", "", False
    style = build_cast(scene.random_seed, scene.now).date_style
    view = view_of(tools[call.name])
    cells = [cell for cell in cells_of(result.value, view, "") if cell.field.kind in _PLAIN]
    texts = [(cell.field.label, value_text(cell, cells, [], style)) for cell in cells]
    texts = [(label, text) for label, text in texts if text and len(text) < 40 and label]
    answer = next((m.content or "" for m in messages[place:] if m.role == "assistant" and m.content), "")
    left_out = [(label, text) for label, text in texts if text not in answer]
    rng = derive_rng(scene.random_seed, "offline", "doubt", number)
    if left_out:
        return (*rng.choice(left_out), False)
    return (*rng.choice(texts), True) if texts else ("", "", False)
