"""The port's face of the offline model."""

import json
from typing import Any

from toolflow_graph.models.briefs import AssistantBrief, PlannerBrief, ToolBrief, UserBrief
from toolflow_graph.models.offline.assistant import assistant_step
from toolflow_graph.models.offline.planner import plan_requests
from toolflow_graph.models.offline.tool import simulate
from toolflow_graph.models.offline.user import user_step
from toolflow_graph.models.port import ModelRequest, RawCall, Reply
from toolflow_graph.types import Usage


class OfflineModel:
    """Answers from ``request.brief``; the rendered messages are never read, only counted.

    The same brief gives the same reply, on every machine and in any order. Values come from the tools' schemas and
    a cast drawn from the dialogue's seed. For trying, testing and CI: a language model writes training data.
    """

    name = "offline"
    temperature: float | None = None

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


def _answer(request: ModelRequest) -> tuple[str | None, tuple[RawCall, ...]]:
    brief = request.brief
    if isinstance(brief, PlannerBrief):
        return _dump(plan_requests(brief)), ()
    if isinstance(brief, UserBrief):
        return _dump(user_step(brief)), ()
    if isinstance(brief, ToolBrief):
        return _dump(simulate(brief)), ()
    if isinstance(brief, AssistantBrief):
        return assistant_step(brief)
    return ("{}" if request.response_schema is not None else "I have nothing to add."), ()


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
