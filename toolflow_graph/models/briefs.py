"""Briefs: the same facts a prompt was rendered from, typed. Only the offline model reads them.

A brief may carry what a role must not be told (the plan, for the assistant): it is never sent anywhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from toolflow_graph.types import Cue, Edge, Finding, Json, Message, Plan, Request, Slot, Tool, ToolCall, ToolResult


@dataclass(frozen=True, slots=True)
class Scene:
    """What every brief of a dialogue shares: the seed's facts.

    ``tools`` are those that requests use, ``distractors`` those that only stand by; ``slots`` say what each request is
    asked to be; ``search_tool`` is the search for tools that a dialogue may start with.
    """

    random_seed: int
    now: str
    profile: dict[str, str]
    style: str
    tools: tuple[Tool, ...]
    edges: tuple[Edge, ...]
    distractors: tuple[Tool, ...] = ()
    slots: tuple[Slot, ...] = ()
    search_tool: str | None = None


@dataclass(frozen=True, slots=True)
class PlannerBrief:
    """Asks for a plan of ``target_turns`` requests. Reply: JSON as ``nodes/plan.py`` describes."""

    scene: Scene
    target_turns: int


@dataclass(frozen=True, slots=True)
class UserBrief:
    """Asks the user role for one step. Reply: JSON {"done": bool, "message": str}.

    Attributes:
        request: the current request; its ``withheld`` facts may be said when ``visit`` > 0.
        request_index: 0-based.
        visit: how often the user has already spoken for this request (0: it opens the request now).
        settled: what the ledger says: nothing of this request is pending (False while ``visit`` is 0).
        messages: the dialogue so far (with the system message; tool calls included).
        earlier: the requests before this one.
        last: this is the plan's last request.
        cue: what is staged now: "revise" (give ``request.revision`` in place of what was said), "press" (push back on
            the answer), "arrived" (ask to try again), or None.
    """

    scene: Scene
    request: Request
    request_index: int
    visit: int
    settled: bool
    messages: tuple[Message, ...]
    earlier: tuple[Request, ...]
    last: bool
    cue: str | None = None


@dataclass(frozen=True, slots=True)
class AssistantBrief:
    """Asks the assistant for its next message: tool calls or text.

    ``request_start`` is the index in ``messages`` of the user message that opened the current request; ``offered`` the
    names of the tools that can be called now; ``cues`` what was staged for the current request so far; ``planted``
    the instructions that stand in results of any request.
    """

    scene: Scene
    plan: Plan
    request_index: int
    request_start: int
    messages: tuple[Message, ...]
    offered: frozenset[str] = frozenset()
    cues: tuple[Cue, ...] = ()
    planted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """How a call is to fail, because of which value: "not_found", "invalid" (an error that names it), or "empty" (a
    result whose lists are empty)."""

    kind: str
    value: Json


@dataclass(frozen=True, slots=True)
class ToolBrief:
    """Asks for the result of ``call``. Reply: JSON {"ok": true, "result": ...} or {"ok": false, "error": {...}}.

    ``history``: the dialogue's earlier calls with their results, oldest first. ``mishap``: how the
    call is to fail, or None.
    """

    scene: Scene
    tool: Tool
    call: ToolCall
    history: tuple[tuple[ToolCall, ToolResult], ...]
    mishap: Failure | None = None
    role: Literal["tool"] = "tool"


@dataclass(frozen=True, slots=True)
class JudgeBrief:
    """Asks for scores of a dialogue. Reply: JSON as ``judging/opinions.py`` describes.

    Attributes:
        messages: the dialogue.
        turns: indices of the assistant's messages, all of which are judged.
        find: what the rules find, errors and warnings; they take their time, so only who needs them asks.
        member: which judge of a committee it is, from 0.
    """

    messages: tuple[Message, ...]
    turns: tuple[int, ...]
    find: Callable[[], tuple[Finding, ...]] = tuple
    member: int = 0


Brief = PlannerBrief | UserBrief | AssistantBrief | ToolBrief | JudgeBrief | None
