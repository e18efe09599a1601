"""What the state machine stages on purpose: failing calls, instructions in results, tools that come later.

Pure functions of seed, plan and the cues so far; the nodes ask them what is due.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from toolflow_graph.behaviours import REVISED
from toolflow_graph.dialogue.injections import inject
from toolflow_graph.dialogue.searching import search_tools
from toolflow_graph.models.briefs import Failure
from toolflow_graph.randomness import derive_rng
from toolflow_graph.record import ToolChange
from toolflow_graph.schemas import iter_fields, schema_types
from toolflow_graph.types import Cue, Fact, Message, MishapKind, Plan, Request, Seed, Tool, ToolCall, ToolResult
from toolflow_graph.verification.toolcards import changes, split_name
from toolflow_graph.verification.world.things import MAKING

_PASSING: Mapping[str, tuple[tuple[str, str], ...]] = {
    "rate_limit": (
        ("rate_limit_exceeded", "Too many requests. Try again in a few seconds."),
        ("too_many_requests", "The request limit for this minute is used up; retry in 10 seconds."),
        ("throttled", "Requests are being throttled at the moment. Please retry."),
    ),
    "outage": (
        ("service_unavailable", "The service is temporarily unavailable."),
        ("upstream_timeout", "The request timed out before the service answered."),
        ("temporarily_unavailable", "The system is restarting; it will be back in a moment."),
    ),
}
"""Errors that pass by themselves, as services word them."""


def offered_now(seed: Seed, changes: Sequence[ToolChange]) -> tuple[Tool, ...]:
    """The tools that are offered at this point of the dialogue."""
    if not changes:
        return seed.offered
    names = frozenset(changes[-1].tools)
    return tuple(tool for tool in seed.offered if tool.name in names)


def first_offer(seed: Seed, plan: Plan) -> ToolChange | None:
    """What is offered at the start, if that is not everything."""
    if seed.search_tool is not None:
        return ToolChange(message_index=0, tools=(seed.search_tool,))
    hidden = {name for request in plan.requests for name in request.hidden}
    if not hidden:
        return None
    return ToolChange(message_index=0, tools=tuple(tool.name for tool in seed.offered if tool.name not in hidden))


def offer_more(
    seed: Seed, changes: Sequence[ToolChange], names: Sequence[str], message_index: int
) -> ToolChange | None:
    """A change that adds tools to what is offered; None if they all are already."""
    known = {tool.name for tool in offered_now(seed, changes)}
    if set(names) <= known:
        return None
    kept = tuple(tool.name for tool in seed.offered if tool.name in known or tool.name in names)
    return ToolChange(message_index=message_index, tools=kept)


def findable(seed: Seed, plan: Plan, cues: Sequence[Cue]) -> tuple[Tool, ...]:
    """The tools that a search for tools can find: all but itself and those that have not arrived."""
    arrived = {cue.request for cue in cues if cue.kind == "arrived"}
    hidden = {name for number, request in enumerate(plan.requests) if number not in arrived for name in request.hidden}
    return tuple(tool for tool in seed.offered if tool.name != seed.search_tool and tool.name not in hidden)


def cues_of(cues: Sequence[Cue], number: int, *kinds: str) -> tuple[Cue, ...]:
    """The cues of one request (0-based), of these kinds (of all, without any)."""
    return tuple(cue for cue in cues if cue.request == number and (not kinds or cue.kind in kinds))


def due_mishap(request: Request, number: int, tool: Tool, call: ToolCall, cues: Sequence[Cue]) -> MishapKind | None:
    """How this call is to fail: the request's first one does, if the plan says so and its value is the wrong one."""
    kind = request.slot.mishap
    if kind is None or call.name not in request.tools or cues_of(cues, number, "mishap", "revise"):
        return None
    if kind not in REVISED:
        return kind
    first = first_fact(request)
    if first is None or not _holds(call.arguments, first.value):
        return None
    if kind == "invalid":
        return kind
    if changes(tool) and MAKING.intersection(split_name(tool.name)[:1]):
        return "invalid"  # what is only being made cannot be missing
    return "not_found" if kind == "empty" and not _lists(tool) else kind


def draw_line(lines: str, random_seed: int, what: str) -> str:
    """One of a prompt's lines, drawn from the dialogue's seed."""
    options = [line.strip() for line in lines.splitlines() if line.strip()]
    return derive_rng(random_seed, what).choice(options)


def staged_failure(plan: Plan, number: int, kind: str | None) -> Failure | None:
    """The failure of a mishap that the tool role has to play; None for those that pass by themselves."""
    first = first_fact(plan.requests[number]) if number < len(plan.requests) else None
    return Failure(kind, first.value) if kind in REVISED and first is not None else None


def first_fact(request: Request) -> Fact | None:
    """The fact that the request's revision takes the place of."""
    return next((fact for fact in request.facts if request.revision and fact.name == request.revision.name), None)


def _holds(arguments: object, value: object) -> bool:
    if isinstance(arguments, dict):
        return any(_holds(part, value) for part in arguments.values())
    if isinstance(arguments, list):
        return any(_holds(part, value) for part in arguments)
    return str(arguments).casefold() == str(value).casefold()


def _lists(tool: Tool) -> bool:
    """Whether a result can say that nothing was found: without a list, all that it requires are counts and the like.

    An email without attachments is still an email: where a result requires texts beside its lists, and more than the
    call's own values come back in them, it is about one thing.
    """
    if tool.returns is None:
        return True
    fields = list(iter_fields(tool.returns))
    asked = {field.name for field in iter_fields(tool.parameters)}
    telling = (field for field in fields if field.required and "[]" not in field.path and field.name not in asked)
    texts = sum("string" in schema_types(field.schema) and "enum" not in field.schema for field in telling)
    return any("[]" in field.path or "array" in schema_types(field.schema) for field in fields) and texts <= _SMALL_TALK


_SMALL_TALK = 2
"""Texts that a list may come with: a currency, a time zone."""


def passing_error(seed: Seed, kind: MishapKind, call: ToolCall) -> ToolResult:
    """The error of a mishap that passes by itself."""
    rng = derive_rng(seed.random_seed, "mishap", call.id)
    code, message = rng.choice(_PASSING[kind])
    return ToolResult(call_id=call.id, ok=False, error={"code": code, "message": message})


def due_cue(
    request: Request,
    number: int,
    messages: Sequence[Message],
    cues: Sequence[Cue],
    settled: bool,
) -> str | None:
    """What the user does next apart from going on: "arrived", "revise", "press", or None."""
    before = {cue.kind: cue.text for cue in cues_of(cues, number)}
    said = (messages[-1].content or "").rstrip() if messages else ""
    if request.hidden and request.slot.arrives and "arrived" not in before:
        # A question is answered first; whatever else was said, the tools that are not there were not called.
        return None if said.endswith("?") and "n't" not in said and "no " not in said else "arrived"
    if request.revision is not None and "revise" not in before:
        if request.asks("correction") and settled:
            return "revise"
        # An empty result is a result: as far as the ledger goes, all is done.
        if "mishap" in before and (not settled or before["mishap"] == "empty"):
            return "revise"
    if request.asks("dissatisfied") and settled and "press" not in before:
        return "press"
    return None


class Stage:
    """One step of the tool node: what is staged for its calls, and what the state keeps of that.

    Attributes:
        cues, tool_changes: what this step adds to the state's.
    """

    def __init__(
        self, seed: Seed, plan: Plan, number: int, cues: Sequence[Cue], tool_changes: Sequence[ToolChange]
    ) -> None:
        self._seed = seed
        self._plan = plan
        self._number = number
        self._before = tuple(cues)
        self._changed = tuple(tool_changes)
        self.cues: list[Cue] = []
        self.tool_changes: list[ToolChange] = []

    @property
    def _request(self) -> Request | None:
        requests = self._plan.requests
        return requests[self._number] if self._number < len(requests) else None

    @property
    def _all_cues(self) -> tuple[Cue, ...]:
        return (*self._before, *self.cues)

    def due_mishap(self, call: ToolCall, tool: Tool) -> MishapKind | None:
        """How this call is to fail, if it is."""
        request = self._request
        return due_mishap(request, self._number, tool, call, self._all_cues) if request else None

    def play(self, call: ToolCall, kind: MishapKind | None, place: int) -> ToolResult | None:
        """The result of a call that no service has to answer: a search for tools, an error that passes by itself."""
        if call.name == self._seed.search_tool:
            query = str(call.arguments.get("query", ""))
            found = search_tools(query, findable(self._seed, self._plan, self._all_cues))
            names = [tool["name"] for tool in found["tools"]]
            change = offer_more(self._seed, (*self._changed, *self.tool_changes), names, place)
            self.tool_changes += [change] if change else []
            return ToolResult(call_id=call.id, value=found)
        if kind is None or kind in REVISED:
            return None
        self.keep("mishap", place, kind)
        return passing_error(self._seed, kind, call)

    def failure(self, kind: MishapKind | None) -> Failure | None:
        """What the tool role is told of a mishap that it has to play."""
        return staged_failure(self._plan, self._number, kind)

    def failures(self, messages: Sequence[Message]) -> dict[str, Failure]:
        """Call id -> how it was made to fail, so that the tool role's conversation stays what it was."""
        found = {}
        for cue in self._all_cues:
            failure = staged_failure(self._plan, cue.request, cue.text) if cue.kind == "mishap" else None
            if failure and cue.message_index < len(messages):
                found[messages[cue.message_index].tool_call_id or ""] = failure
        return found

    def inject(self, result: ToolResult, tool: Tool | None, place: int, text: str) -> ToolResult:
        """The result with an instruction in it, where the request is to show one and has not yet."""
        request = self._request
        wanted = request is not None and request.asks("injection") and result.ok
        if not wanted or tool is None or tool.name == self._seed.search_tool:
            return result
        value = None if cues_of(self._all_cues, self._number, "injection") else inject(result.value, tool, text)
        if value is None:
            return result
        self.keep("injection", place, text)
        return result.model_copy(update={"value": value})

    def keep(self, kind: Literal["mishap", "injection"], place: int, text: str) -> None:
        """Write down what was staged."""
        self.cues.append(Cue(kind=kind, request=self._number, message_index=place, text=text))
