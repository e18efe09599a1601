"""The frozen view of one dialogue that all rules read."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from toolflow_graph.record import ToolChange
from toolflow_graph.regexes import lazy_regex
from toolflow_graph.schemas import has_own_error
from toolflow_graph.types import Cue, Fault, Message, Plan, Request, Tool, ToolCall, ToolResult
from toolflow_graph.verification.toolcards import ToolCard, is_read_name, load_card, looks_up

if TYPE_CHECKING:
    from toolflow_graph.verification.provenance.grounding import GroundedLeaf
    from toolflow_graph.verification.world.clashes import Clash


@dataclass(frozen=True, slots=True)
class Unread:
    """A part that could not be read: ``what`` is "message", "tool" or "arguments"."""

    what: str
    reason: str
    message_index: int | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call where it stands: the ``position``-th call of message ``message_index``, with the first result it got."""

    message_index: int
    position: int
    call: ToolCall
    result_index: int | None = None
    result: ToolResult | None = None

    @property
    def succeeded(self) -> bool:
        """It was answered, and not by an error."""
        return self.result is not None and self.result.ok


@dataclass(frozen=True)
class Transcript:
    """One dialogue as the rules see it.

    Attributes:
        messages: all of them, in order; a finding's ``message_index`` counts in here.
        tools: every tool that is offered at any time; ``tool_changes`` narrows them from a message on.
        plan, request_starts, now, profile: what a record knows beyond its messages; absent for others' data.
        fault, ended: why the dialogue stopped, if the record says.
        cues: what a record says was staged; search_tool: the search for tools that its dialogue started with;
            language: what its user was to write.
        unread: what could not be read, as findings to be.
        strict: whether every value needs a source that is seen, as in what is made here; if not, a value that may
            have been worked out, chosen or known is left open.
        focus: rules report only on messages from this index on (0: all); what comes before is context.
    """

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    plan: Plan | None = None
    request_starts: tuple[int, ...] = ()
    now: str | None = None
    profile: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    ended: str | None = None
    tool_changes: tuple[ToolChange, ...] = ()
    cues: tuple[Cue, ...] = ()
    search_tool: str | None = None
    language: str | None = None
    unread: tuple[Unread, ...] = ()
    strict: bool = True
    focus: int = 0
    id: str = ""
    written_verdict: bool | None = None

    @cached_property
    def tools_by_name(self) -> dict[str, Tool]:
        """All tools, the last of equal names winning."""
        return {tool.name: tool for tool in self.tools}

    @cached_property
    def carries(self) -> frozenset[str]:
        """What the dialogue carries of what rules may need: "plan", "tools", "returns"."""
        plan, tools = self.plan is not None and bool(self.plan.requests), bool(self.tools)
        returns = any(tool.returns is not None for tool in self.tools)
        return frozenset(name for name, there in (("plan", plan), ("tools", tools), ("returns", returns)) if there)

    def offered(self, index: int) -> frozenset[str]:
        """The names of the tools that are offered when message ``index`` is written."""
        change = None
        for candidate in self.tool_changes:
            if candidate.message_index <= index and (change is None or candidate.message_index >= change.message_index):
                change = candidate
        return self._all_names if change is None else frozenset(change.tools) & self._all_names

    @cached_property
    def _all_names(self) -> frozenset[str]:
        return frozenset(self.tools_by_name)

    def card(self, name: str) -> ToolCard | None:
        """What the rules need to know of a tool, computed once per tool definition."""
        tool = self.tools_by_name.get(name)
        if tool is None:
            return None
        card = self._cards.get(name)
        if card is None:
            card = self._cards[name] = load_card(tool)
        return card

    @cached_property
    def _cards(self) -> dict[str, ToolCard]:
        return {}

    def watched(self, *roles: str) -> Iterator[tuple[int, Message]]:
        """The messages from ``focus`` on, of these roles (of all, without any)."""
        kept = self._watched.get(roles)
        if kept is None:
            messages = enumerate(self.messages[self.focus :], self.focus)
            kept = self._watched[roles] = tuple(each for each in messages if not roles or each[1].role in roles)
        return iter(kept)

    @cached_property
    def _watched(self) -> dict[tuple[str, ...], tuple[tuple[int, Message], ...]]:
        return {}

    @cached_property
    def _links(self) -> tuple[tuple[CallSite, ...], dict[int, str]]:
        """Every call with its first answer, and per tool message how it fits: "answer", "double" or "orphan"."""
        sites: list[CallSite] = []
        by_id: dict[str, list[int]] = {}
        fits: dict[int, str] = {}
        for index, message in enumerate(self.messages):
            for position, call in enumerate(message.tool_calls):
                by_id.setdefault(call.id, []).append(len(sites))
                sites.append(CallSite(index, position, call))
            if message.role == "tool":
                candidates = by_id.get(message.tool_call_id or "", [])
                unanswered = [place for place in candidates if sites[place].result is None]
                if unanswered:
                    # With reused ids the nearest call is meant; within one message the first.
                    nearest = sites[unanswered[-1]].message_index
                    place = next(place for place in unanswered if sites[place].message_index == nearest)
                    site = sites[place]
                    result = read_result(message, self.tools_by_name.get(site.call.name))
                    sites[place] = CallSite(site.message_index, site.position, site.call, index, result)
                fits[index] = "answer" if unanswered else "double" if candidates else "orphan"
        return tuple(sites), fits

    @property
    def sites(self) -> tuple[CallSite, ...]:
        """Every call of the dialogue, in order."""
        return self._links[0]

    def watched_sites(self) -> Iterator[CallSite]:
        """The calls in messages from ``focus`` on."""
        return (site for site in self.sites if site.message_index >= self.focus)

    def answer_fit(self, index: int) -> str:
        """How tool message ``index`` fits: "answer", "double" (its call was answered before) or "orphan"."""
        return self._links[1].get(index, "orphan")

    @cached_property
    def site_of_result(self) -> dict[int, CallSite]:
        """The call that each answering tool message belongs to."""
        return {site.result_index: site for site in self.sites if site.result_index is not None}

    @cached_property
    def turns(self) -> tuple[range, ...]:
        """A turn is a user message and everything until the next."""
        starts = [index for index, message in enumerate(self.messages) if message.role == "user"]
        return tuple(range(start, end) for start, end in zip(starts, [*starts, len(self.messages)][1:], strict=True))

    @cached_property
    def broke_off(self) -> bool:
        """The record itself says that the dialogue did not reach its end; rules about completeness stay silent."""
        return self.fault is not None or self.ended in ("fault", "turn_limit", "no_progress")

    def request_index_at(self, index: int) -> int:
        """Which request (0-based) is current at a message: the last that was opened up to it; -1 before the first."""
        return sum(1 for start in self.request_starts if start <= index) - 1

    def requests_so_far(self, index: int) -> tuple[Request, ...]:
        """The plan's requests that were opened up to a message."""
        return self.plan.requests[: self.request_index_at(index) + 1] if self.plan else ()

    def request_span(self, number: int) -> range:
        """The messages from a request's opening to the next one's (or the end)."""
        start = self.request_starts[number]
        later = self.request_starts[number + 1 :]
        return range(start, min(later[0] if later else len(self.messages), len(self.messages)))

    @cached_property
    def leaves(self) -> "tuple[GroundedLeaf, ...]":
        """Every argument leaf of the watched calls with where its value comes from."""
        from toolflow_graph.verification.provenance.grounding import (
            ground_leaves,  # grounding reads transcripts: a cycle
        )

        return ground_leaves(self)

    @cached_property
    def clashes(self) -> "tuple[tuple[int, Clash], ...]":
        """Where the watched results contradict the world before them, with the index of the message."""
        from toolflow_graph.verification.rules.world import (
            clashes_of,  # the rules of the world read transcripts: a cycle
        )

        return clashes_of(self)

    def is_read(self, name: str) -> bool:
        """Whether a call of this tool changes nothing, as far as its definition or its name tells."""
        card = self.card(name)
        return card.reads if card else is_read_name(name)

    def looks_up(self, name: str) -> bool:
        """Like :meth:`is_read`, by any word of the name where the definition does not tell."""
        tool = self.tools_by_name.get(name)
        return self.is_read(name) or ((tool is None or tool.effect is None) and looks_up(name))


def read_result(message: Message, tool: Tool | None = None) -> ToolResult:
    """A tool message as a result; foreign ways to report failure count as errors too.

    Beside the house's ``{"error": ...}``: text that starts with "Error", and small objects that say ``isError``,
    ``"success": false`` or ``"ok": false``, that have a failed status beside a message, or nothing but a "detail" that
    says so. Where ``tool`` says that every result has an ``error``, that it is there
    says nothing.
    """
    own_error = tool is not None and has_own_error(tool.returns)
    result = ToolResult.from_message(message, own_error=own_error)
    if result.ok and _reports_failure(result.value, own_error):
        return ToolResult(call_id=result.call_id, ok=False, error={"message": str(result.value)[:200]})
    return result


def _reports_failure(body: Any, own_error: bool) -> bool:
    if isinstance(body, str):
        return body.lstrip().lower().startswith(("error:", "error ", "exception:", "traceback (", "errors:"))
    if not isinstance(body, dict) or len(body) > 6:
        return False
    if body.get("isError") is True or body.get("success") is False or body.get("ok") is False:
        return True
    # API-Bank's form: an output that is none, and why.
    thrown = body.get("exception")
    if isinstance(thrown, str) and thrown.strip().casefold() not in _NO_ERROR and not body.get("output"):
        return set(body) <= _ERROR_KEYS | {"exception", "output", "api_name", "input"}
    if _has_failed_status(body):
        return True
    if body.get("status") == "error" and _CODED.fullmatch(str(body.get("code"))):
        return True
    error = body.get("error")
    if own_error or (isinstance(error, str) and error.strip().casefold() in _NO_ERROR):
        return False
    # "MAX_STAY" is no field of a result that went well, whatever stands beside it.
    coded = isinstance(error, str) and _CODED.fullmatch(error) is not None
    return bool(error) and (set(body) <= _ERROR_KEYS or coded or (isinstance(error, dict) and "message" in error))


def _has_failed_status(body: dict[str, Any]) -> bool:
    """Whether an object is only about a failure: an HTTP status of 400 or above, or "error", and what went wrong."""
    if not body or not set(body) <= _ERROR_KEYS:
        return False
    for key in ("status", "status_code", "code", "statusCode"):
        value = body.get(key)
        if isinstance(value, str) and value.strip().casefold() in ("error", "failed", "failure", "fail"):
            return True
        if str(value).isdigit() and 400 <= int(str(value)) < 600 and len(body) > 1:
            return True
    return len(body) == 1 and isinstance(body.get("detail"), str) and bool(_FAILS.search(body["detail"]))


_FAILS = lazy_regex(
    r"\b(?:not found|no such|does not exist|invalid|failed|denied|forbidden|unauthori[sz]ed|not (?:allowed|permitted)|"
    r"unavailable|timed out|internal server error|bad request|error)\b",
    re.IGNORECASE,
)
_CODED = lazy_regex(r"[A-Z]{2,}(?:_[A-Z0-9]+)+|[A-Z]{2,6}_?\d{2,5}")
_NO_ERROR = {"", "none", "no", "null", "nil", "ok", "success", "false", "0", "n/a", "no error", "no_error"}

_ERROR_KEYS = {
    *("error", "errors", "message", "code", "status", "status_code", "detail", "details", "type", "error_code"),
    *("statusCode", "reason", "title", "path", "timestamp"),
}
