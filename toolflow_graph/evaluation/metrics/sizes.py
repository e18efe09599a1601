"""How large a data set is: the paper's Table 1."""

import json
from collections import Counter
from dataclasses import dataclass, field

from toolflow_graph.evaluation.metrics.tokenizers import WORDS_AND_MARKS, Tokenizer
from toolflow_graph.types import Message, ToolCall
from toolflow_graph.verification import Transcript

PARTS = ("system", "user", "assistant", "calls", "results")


@dataclass
class Sizes:
    """Counts over dialogues.

    A *turn* is a user message and everything until the next; a turn has calls if an assistant's message in it has.
    ``tokens`` by part: what the system, the user and the assistant say, calls (name and arguments as JSON), results.
    """

    tokenizer: Tokenizer = WORDS_AND_MARKS
    dialogues: int = 0
    messages: int = 0
    turns: int = 0
    turns_with_calls: int = 0
    calls: int = 0
    failed_calls: int = 0
    tokens: Counter[str] = field(default_factory=Counter)

    def add(self, transcript: Transcript) -> None:
        """Count one more dialogue."""
        self.dialogues += 1
        self.messages += len(transcript.messages)
        self.turns += len(transcript.turns)
        self.turns_with_calls += sum(
            any(transcript.messages[index].tool_calls for index in turn) for turn in transcript.turns
        )
        self.calls += len(transcript.sites)
        self.failed_calls += sum(site.result is not None and not site.result.ok for site in transcript.sites)
        for message in transcript.messages:
            part = "results" if message.role == "tool" else message.role
            self.tokens[part] += self.tokenizer.count(message.content or "")
            self.tokens["calls"] += sum(self.tokenizer.count(render_call(call)) for call in message.tool_calls)

    def to_json(self) -> dict[str, object]:
        return {
            "dialogues": self.dialogues,
            "tokenizer": self.tokenizer.name,
            "messages": self.messages,
            "turns": self.turns,
            "turns_with_calls": self.turns_with_calls,
            "calls": self.calls,
            "failed_calls": self.failed_calls,
            "tokens": sum(self.tokens.values()),
            "tokens_by_part": {part: self.tokens[part] for part in PARTS},
        }


def render_call(call: ToolCall) -> str:
    """A call as text: its name and its arguments as JSON."""
    return f"{call.name} {json.dumps(call.arguments, ensure_ascii=False)}"


def spoken_text(message: Message) -> str:
    """What a user or an assistant says in a message; of others nothing."""
    return (message.content or "") if message.role in ("user", "assistant") else ""


def whole_text(message: Message) -> str:
    """A message with its calls; of the system, nothing: it is the same in dialogue after dialogue."""
    if message.role == "system":
        return ""
    return " ".join(filter(None, (message.content, *map(render_call, message.tool_calls))))
