"""The port's face of the offline model."""

import json
from typing import Any

from toolflow_graph.models.briefs import AssistantBrief, JudgeBrief, PlannerBrief, ToolBrief, UserBrief
from toolflow_graph.models.offline.assistant import assistant_step
from toolflow_graph.models.offline.judge import judge
from toolflow_graph.models.offline.planner import plan_requests
from toolflow_graph.models.offline.tool import simulate
from toolflow_graph.models.offline.user import user_step
from toolflow_graph.models.port import ModelRequest, RawCall, Reply
from toolflow_graph.randomness import derive_seed
from toolflow_graph.types import Usage


class OfflineModel:
    """Answers from ``request.brief``; the rendered messages are never read, only counted.

    The same request gives the same reply, on every machine and in any order; a reply that was refused is drawn anew
    (see :func:`salt_of`). Values come from the tools' schemas and a cast drawn from the dialogue's seed. For trying,
    testing and CI: a language model writes training data.
    """

    name = "offline"
    temperature: float | None = None
    free = True

    async def complete(self, request: ModelRequest, config: Any = None) -> Reply:
        """The reply to one request; never raises a ModelError."""
        return self.reply(request)

    def reply(self, request: ModelRequest) -> Reply:
        """The same, without an event loop."""
        content, calls = _answer(request)
        asked = sum(len(message.content or "") for message in request.messages)
        given = len(content or "") + sum(len(json.dumps(call.arguments)) + len(call.name) for call in calls)
        return Reply(
            content=content,
            calls=calls,
            finish_reason="tool_calls" if calls else "stop",
            usage=Usage(calls=1, input=asked // 4, output=given // 4),
        )


def salt_of(request: ModelRequest) -> int:
    """0 for a call as an undisturbed dialogue makes it, else the sampling seed, which then varies the reply.

    The n-th call of a role in a dialogue has a seed of its own (``dialogue/asking.py``). How many calls there must have
    been is told by the brief; another seed than that of the next one means that replies were refused and asked for
    again. So the first attempt never depends on the seed, and a repair never repeats what was refused.
    """
    if isinstance(request.brief, PlannerBrief | UserBrief | AssistantBrief | ToolBrief):
        usual = derive_seed(request.brief.scene.random_seed, request.role, _calls_before(request.brief)) % 2**31
        return 0 if request.seed in (0, usual) else request.seed
    return 0


def _calls_before(brief: PlannerBrief | UserBrief | AssistantBrief | ToolBrief) -> int:
    """How often the brief's role has been asked already, if no reply was refused."""
    if isinstance(brief, UserBrief):
        # Beside each message the user said "done" once for every request with tools.
        said = sum(message.role == "user" for message in brief.messages)
        return said + sum(request.kind == "tool" for request in brief.earlier)
    if isinstance(brief, AssistantBrief):
        return sum(message.role == "assistant" for message in brief.messages)
    return len(brief.history) if isinstance(brief, ToolBrief) else 0


def _answer(request: ModelRequest) -> tuple[str | None, tuple[RawCall, ...]]:
    brief, salt = request.brief, salt_of(request)
    if isinstance(brief, PlannerBrief):
        return _dump(plan_requests(brief, salt)), ()
    if isinstance(brief, UserBrief):
        return _dump(user_step(brief, salt)), ()
    if isinstance(brief, ToolBrief):
        return _dump(simulate(brief, salt)), ()
    if isinstance(brief, AssistantBrief):
        return assistant_step(brief, salt)
    if isinstance(brief, JudgeBrief):
        return _dump(judge(brief)), ()
    return ("{}" if request.response_schema is not None else "I have nothing to add."), ()


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
