"""The nouns of the house: small, frozen, and JSON-plain when dumped.

State, prompts, records and files all carry ``model_dump(mode="json", exclude_none=True)`` of these.
"""

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Json = Any
"""A JSON value: None, bool, int, float, str, list or dict with string keys."""

Role = Literal["planner", "user", "assistant", "tool"]
"""A model-backed role; its name is also its prompt's file name and its ``--model`` key."""

ROLES: tuple[Role, ...] = ("planner", "user", "assistant", "tool")


class Noun(BaseModel):
    """Base of all nouns: immutable, and an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_json(self) -> dict[str, Any]:
        """The JSON-plain form, without what is absent."""
        return self.model_dump(mode="json", exclude_none=True)


class Tool(Noun):
    """A tool definition: OpenAI function JSON plus ``returns``, a JSON Schema of the result.

    ``returns`` is the paper's ``results`` (section 3.4) and MCP's ``outputSchema``; None means that any JSON may come
    back. ``effect`` says whether a call changes something; None means unknown. ``domain`` and ``source`` say where it
    belongs and where it was read; neither is ever shown to a model or exported.
    """

    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})
    returns: dict[str, Any] | None = None
    effect: Literal["read", "write"] | None = None
    domain: str | None = None
    source: str | None = None

    def to_openai(self) -> dict[str, Any]:
        """OpenAI's ``tools[]`` entry, without ``returns``."""
        function = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}

    def to_record(self) -> dict[str, Any]:
        """A record's ``tools[]`` entry: OpenAI's, with ``returns`` (and ``effect``) beside the parameters."""
        entry = self.to_openai()
        if self.returns is not None:
            entry["function"]["returns"] = self.returns
        if self.effect is not None:
            entry["function"]["effect"] = self.effect
        return entry


class Edge(Noun):
    """Why two tools are neighbours in the tool graph (paper, 3.1.1): the best pair of fields of one kind.

    P-P: a parameter of ``source`` resembles a parameter of ``target`` (undirected; the names are in sorted order).
    P-R: a return field of ``source`` resembles a parameter of ``target``: data can flow that way.
    Fields are paths such as ``guest.email`` or ``flights[].flight_id``; ``similarity`` is the cosine, in [-1, 1].
    """

    kind: Literal["P-P", "P-R"]
    source: str
    target: str
    source_field: str
    target_field: str
    similarity: float


class Flow(Noun):
    """A result's field that names the very thing which a parameter of another tool asks for (``tool_graph.handles``).

    Fields are paths as in :class:`Edge`; ``thing`` is what the value identifies ("customer").
    """

    source: str
    target: str
    source_field: str
    target_field: str
    thing: str


Behaviour = Literal[
    "single",
    "chained",
    "parallel",
    "nested",
    "clarification",
    "correction",
    "back_reference",
    "irrelevant",
    "error_recovery",
    "chat",
    "confirm",
    "policy",
    "injection",
    "missing_function",
    "dissatisfied",
    "search_first",
]
"""What a dialogue can be asked to hold (``behaviours.EXPLANATIONS`` says what each is)."""

MishapKind = Literal["rate_limit", "outage", "not_found", "invalid", "empty"]
"""How a call goes wrong on purpose; the last three need another value from the user."""


class Slot(Noun):
    """What one request of a dialogue is asked to be: a shape and perhaps twists (``behaviours``).

    ``mishap``: how its first call fails ("error_recovery"). ``arrives``: whether the missing tool is offered later
    ("missing_function").
    """

    behaviours: tuple[Behaviour, ...] = ()
    mishap: MishapKind | None = None
    arrives: bool | None = None


class Seed(Noun):
    """All that determines a dialogue's start: the initial state of the state machine.

    ``index`` is the dialogue's place in the run (0, 1, 2, ...); ``target_turns`` the number of requests to plan;
    ``now`` the dialogue's fixed present (ISO 8601, local time without offset); ``profile`` what the system message
    tells about the user (only what an argument may draw on); ``style`` how the user writes, ``language`` in which
    language. ``distractors`` are offered beside ``tools``, but no request needs them. ``slots``: what each request is
    asked to be; ``search_tool`` (one of the distractors): at the start only this search for tools is offered.
    """

    id: str
    index: int
    random_seed: int
    tools: tuple[Tool, ...]
    edges: tuple[Edge, ...] = ()
    target_turns: int = Field(ge=1)
    now: str
    profile: dict[str, str] = Field(default_factory=dict)
    style: str = ""
    language: str = "English"
    distractors: tuple[Tool, ...] = ()
    slots: tuple[Slot, ...] = ()
    search_tool: str | None = None

    @property
    def offered(self) -> tuple[Tool, ...]:
        """All tools of the dialogue in the order in which they are offered: by name, so that place tells nothing."""
        return tuple(sorted((*self.tools, *self.distractors), key=lambda tool: tool.name))

    def slot(self, number: int) -> Slot:
        """What request ``number`` (0-based) is asked to be; an empty slot asks for nothing."""
        return self.slots[number] if number < len(self.slots) else Slot()

    def to_record(self) -> dict[str, Any]:
        """The record's ``seed``: like ``to_json``, with tool names only (the record's ``tools`` hold the rest)."""
        plain = self.to_json()
        plain["tools"] = [tool.name for tool in self.tools]
        if self.distractors:
            plain["distractors"] = [tool.name for tool in self.distractors]
        else:
            plain.pop("distractors", None)
        return plain


class Fact(Noun):
    """Something the user knows and may say. ``parameter`` ("tool:path") says what it is for, if the planner knew."""

    name: str
    value: Json = None
    parameter: str | None = None


class Use(Noun):
    """What a request takes from an earlier one (0-based index), in words.

    If the planner knew: the value at ``path`` of ``tool``'s result becomes ``parameter`` ("tool:path").
    """

    request: int = Field(ge=0)
    what: str
    tool: str | None = None
    path: str | None = None
    parameter: str | None = None


class Request(Noun):
    """One planned user intent (paper, 3.2): logic only, no wording.

    ``kind``: "tool" needs calls; "chat" needs none; "irrelevant" would need a tool that is not offered; "forbidden" one
    that the policy does not allow; "open" leaves the choice to the user (the no-plan ablation).
    ``facts`` are said freely; ``withheld`` ones only after the assistant has asked. ``revision``: the value that the
    user gives later in place of the fact of that name. ``hidden``: tools that are not offered when the request is
    opened. ``slot``: what it was asked to be.
    """

    kind: Literal["tool", "chat", "open", "irrelevant", "forbidden"]
    intent: str
    tools: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    withheld: tuple[Fact, ...] = ()
    uses: tuple[Use, ...] = ()
    revision: Fact | None = None
    hidden: tuple[str, ...] = ()
    slot: Slot = Slot()

    def asks(self, behaviour: Behaviour) -> bool:
        """Whether the request is to show this behaviour."""
        return behaviour in self.slot.behaviours

    @property
    def needs_calls(self) -> bool:
        """Whether tools must succeed for it."""
        return self.kind == "tool"


class Plan(Noun):
    """Ordered requests, and the policy (sentences of the system message) that they play under."""

    requests: tuple[Request, ...]
    policy: tuple[str, ...] = ()


class Cue(Noun):
    """What the state machine staged, and where: the parts of a dialogue that did not come about by themselves.

    ``kind``: "revise" (the user gives another value), "press" (pushes back), "arrived" (a missing tool is offered from
    here on), "mishap" (a call fails on purpose; ``text`` is how), "injection" (``text`` is what stands in the result).
    ``request`` is 0-based, ``message_index`` the message in which it happens.
    """

    kind: Literal["revise", "press", "arrived", "mishap", "injection"]
    request: int
    message_index: int
    text: str | None = None


class ToolCall(Noun):
    """A call the assistant made; ``arguments`` is always an object here (exports turn it into a string)."""

    id: str
    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)

    def to_record(self) -> dict[str, Any]:
        """OpenAI's ``tool_calls[]`` entry with the arguments as an object."""
        return {"id": self.id, "type": "function", "function": {"name": self.name, "arguments": self.arguments}}


class ToolResult(Noun):
    """What a call brought: ``value`` if ``ok``, else ``error`` ({"code", "message"})."""

    call_id: str
    ok: bool = True
    value: Json = None
    error: dict[str, Any] | None = None

    def to_message(self) -> "Message":
        """The tool message that carries it: compact JSON; an error is ``{"error": {...}}``."""
        body = self.value if self.ok else {"error": self.error}
        content = json.dumps(body, ensure_ascii=False, separators=(", ", ": "))
        return Message(role="tool", tool_call_id=self.call_id, content=content)

    @classmethod
    def from_message(cls, message: "Message", *, own_error: bool = False) -> "ToolResult":
        """Read a tool message back; text that is no JSON is a string value.

        ``own_error``: every result of the tool has an ``error`` of its own, so that having one says nothing.
        """
        try:
            body = json.loads(message.content or "null")
        except ValueError:
            body = message.content
        call_id = message.tool_call_id or ""
        # How a simulated call reports failure: an object whose only key is "error".
        if not own_error and isinstance(body, dict) and set(body) == {"error"} and body["error"]:
            error = body["error"] if isinstance(body["error"], dict) else {"message": str(body["error"])}
            return cls(call_id=call_id, ok=False, error=error)
        return cls(call_id=call_id, value=body)


class Message(Noun):
    """One role's entry. ``reasoning`` is the model's thinking, never part of ``content``."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    reasoning: str | None = None

    def to_record(self) -> dict[str, Any]:
        """OpenAI's message shape; ``content`` is always there (None beside bare tool calls)."""
        entry: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.tool_calls:
            entry["tool_calls"] = [call.to_record() for call in self.tool_calls]
        if self.tool_call_id is not None:
            entry["tool_call_id"] = self.tool_call_id
        if self.reasoning is not None:
            entry["reasoning"] = self.reasoning
        return entry


class Finding(Noun):
    """What a rule found: its stable code, how bad, where (index into ``messages``; None: the dialogue), and why."""

    code: str
    severity: Literal["error", "warning"] = "error"
    message_index: int | None = None
    reason: str


class Verdict(Noun):
    """Accepted or not, with all findings; any finding of severity "error" rejects."""

    accepted: bool
    findings: tuple[Finding, ...] = ()


class Fault(Noun):
    """Why a dialogue could not go on: a stable code, the node it happened in, and what was said."""

    code: str
    node: str
    reason: str


class Alternative(Noun):
    """A reply that was refused and asked for again: kept outside ``messages``.

    ``message_index`` is the index that the accepted reply then took; ``reply`` is what the model said, as JSON.
    """

    node: str
    role: str
    message_index: int
    reply: dict[str, Any]
    reason: str


class Usage(Noun):
    """Model calls and tokens; ``cached`` is the part of ``input`` that the server had in its prefix cache."""

    calls: int = 0
    input: int = 0
    output: int = 0
    cached: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            calls=self.calls + other.calls,
            input=self.input + other.input,
            output=self.output + other.output,
            cached=self.cached + other.cached,
        )
