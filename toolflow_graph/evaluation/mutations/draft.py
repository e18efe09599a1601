"""The copy of a dialogue that a kind of defect breaks, and what it may ask about the dialogue."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from toolflow_graph.types import Json, Plan, Tool
from toolflow_graph.verification import Transcript, parse_dialogue

Data = dict[str, Any]


def dump(value: Json) -> str:
    """A result's value as the text of its message."""
    return json.dumps(value, ensure_ascii=False)


class Dialogue:
    """A dialogue to be broken: its record as JSON, ours or plain OpenAI ``messages`` + ``tools``, read once."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.record = record

    @cached_property
    def transcript(self) -> Transcript:
        """The dialogue as the rules see it."""
        return parse_dialogue(self.record)

    @cached_property
    def readable(self) -> bool:
        """Whether nothing in it is malformed: only then a defect can be put somewhere with purpose."""
        return not self.transcript.unread and isinstance(self.record.get("messages"), list)

    @cached_property
    def messages_text(self) -> str:
        """The messages as JSON text, call arguments as objects."""
        messages = json.loads(json.dumps(self.record["messages"]))
        for message in messages:
            for entry in message.get("tool_calls") or ():
                function = entry.get("function")
                if isinstance(function, dict) and isinstance(function.get("arguments"), str):
                    function["arguments"] = json.loads(function["arguments"] or "{}")
        return json.dumps(messages)

    @cached_property
    def contents(self) -> tuple[str, ...]:
        """What each message says, case-folded."""
        return tuple((message.content or "").casefold() for message in self.transcript.messages)

    @cached_property
    def everything(self) -> str:
        """All that stands anywhere in messages, calls and the seed, case-folded: what is not in here is new."""
        seed = self.record.get("seed")
        known = [self.transcript.now, *self.transcript.profile.values()] if isinstance(seed, Mapping) else []
        calls = [json.dumps(site.call.arguments, ensure_ascii=False) for site in self.transcript.sites]
        return "\n".join((*self.contents, *(str(part).casefold() for part in known), "\n".join(calls).casefold()))

    def before(self, index: int) -> str:
        """What was said before message ``index``, case-folded."""
        return "\n".join(self.contents[:index])


@dataclass(frozen=True, slots=True)
class Call:
    """A call where it stands before the draft is edited; ``entry`` is the draft's own ``tool_calls[]`` entry."""

    index: int
    position: int
    entry: Data
    result_index: int | None
    succeeded: bool

    @property
    def function(self) -> Data:
        """Name and arguments, to be edited."""
        function = self.entry["function"]
        assert isinstance(function, dict)
        return function

    @property
    def name(self) -> str:
        return str(self.function["name"])

    @property
    def arguments(self) -> Data:
        arguments = self.function["arguments"]
        assert isinstance(arguments, dict)
        return arguments


class Draft:
    """A copy to be broken. Indices of ``calls``, ``transcript`` and ``dialogue`` are those before any edit."""

    def __init__(self, dialogue: Dialogue, rng: random.Random, other: Dialogue | None) -> None:
        self.dialogue = dialogue
        self.transcript = dialogue.transcript
        self.rng = rng
        self.other = other
        self.data: Data = dict(dialogue.record)
        self.messages: list[Data] = json.loads(dialogue.messages_text)
        self.data["messages"] = self.messages
        self.starts: list[int] = list(self.transcript.request_starts)
        if "request_starts" in self.data:
            self.data["request_starts"] = self.starts

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The calls that have an id and whose arguments are an object."""
        found = []
        for site in self.transcript.sites:
            entries = self.messages[site.message_index].get("tool_calls") or []
            entry = entries[site.position] if site.position < len(entries) else {}
            if entry.get("id") == site.call.id and isinstance(entry.get("function", {}).get("arguments"), dict):
                found.append(Call(site.message_index, site.position, entry, site.result_index, site.succeeded))
        return tuple(found)

    @property
    def plan(self) -> Plan | None:
        return self.transcript.plan

    def tool(self, call: Call) -> Tool | None:
        """The called tool's definition."""
        return self.transcript.tools_by_name.get(call.name)

    def texts(self, *roles: str) -> list[int]:
        """The messages of these roles that only say something."""
        messages = self.transcript.messages
        return [
            i
            for i, message in enumerate(messages)
            if message.role in roles and (message.content or "").strip() and not message.tool_calls
        ]

    def role(self, index: int) -> str:
        """Who speaks in message ``index``; "" beyond the ends."""
        return self.transcript.messages[index].role if 0 <= index < len(self.transcript.messages) else ""

    def content(self, index: int) -> str:
        return self.transcript.messages[index].content or ""

    def request_at(self, index: int) -> int:
        """The request that is current at a message; -1 before the first."""
        return self.transcript.request_index_at(index)

    def pick(self, choices: Any) -> Any:
        """One of the choices, or None if there are none."""
        choices = list(choices)
        return self.rng.choice(choices) if choices else None

    def value(self, call: Call) -> Any:
        """The value that a successful call brought."""
        site = self.transcript.site_of_result[call.result_index] if call.result_index is not None else None
        return json.loads(json.dumps(site.result.value)) if site is not None and site.result is not None else None

    def put_result(self, call: Call, value: Any) -> None:
        """Let a call bring another value."""
        assert call.result_index is not None
        self.messages[call.result_index]["content"] = dump(value)

    def result_entry(self, call_id: str, content: str) -> Data:
        return {"role": "tool", "content": content, "tool_call_id": call_id}

    def free_id(self) -> str:
        """A call id that the dialogue does not use."""
        used = {site.call.id for site in self.transcript.sites}
        number = len(used) + 1
        while f"call_{number}" in used:
            number += 1
        return f"call_{number}"

    def copy_call(self, call: Call, name: str | None = None, arguments: Data | None = None) -> Data:
        """A call message of its own that makes the call again, with an id of its own."""
        made = arguments if arguments is not None else json.loads(json.dumps(call.arguments))
        function = {"name": name or call.name, "arguments": made}
        entry = {"id": self.free_id(), "type": "function", "function": function}
        return {"role": "assistant", "content": None, "tool_calls": [entry]}

    def insert(self, index: int, *entries: Data) -> None:
        """Put messages before message ``index``; requests that start there or later move on."""
        self.messages[index:index] = entries
        self.starts[:] = [start + len(entries) if start >= index else start for start in self.starts]
        self._move_marks(lambda place: place + len(entries) if place >= index else place)

    def drop(self, *indices: int) -> None:
        """Remove messages; a request that starts at one of them then starts at what follows it."""
        gone = set(indices)
        self.messages[:] = [entry for index, entry in enumerate(self.messages) if index not in gone]
        self.starts[:] = [start - sum(index < start for index in gone) for start in self.starts]
        self._move_marks(lambda place: place - sum(index < place for index in gone))

    def _move_marks(self, moved: Callable[[int], int]) -> None:
        """What the record says of its messages goes with them: what was staged, and from where on tools are offered."""
        for name in ("cues", "tool_changes"):
            if self.data.get(name):
                marks = [{**mark, "message_index": moved(mark["message_index"])} for mark in self.data[name]]
                self.data[name] = marks

    def drop_call(self, call: Call) -> None:
        """Remove a call with its result, and its message if it made no other call."""
        entry = self.messages[call.index]
        entry["tool_calls"] = [made for made in entry["tool_calls"] if made is not call.entry]
        gone = [] if call.result_index is None else [call.result_index]
        if not entry["tool_calls"]:
            del entry["tool_calls"]
            if not (entry.get("content") or "").strip():
                gone.append(call.index)
        self.drop(*gone)

    def cut(self, length: int) -> None:
        """Keep the first ``length`` messages and the requests that start there."""
        del self.messages[length:]
        self.starts[:] = [start for start in self.starts if start < length]

    def edit_plan(self) -> Data:
        """The plan, to be edited."""
        plan: Data = json.loads(json.dumps(self.data["plan"]))
        self.data["plan"] = plan
        return plan

    def edit_tools(self) -> list[Data]:
        """The tool entries, to be edited."""
        tools: list[Data] = json.loads(json.dumps(self.data["tools"]))
        self.data["tools"] = tools
        return tools
