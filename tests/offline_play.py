"""A small driver that plays dialogues with the offline model, for the tests beside it. No state machine involved."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from toolflow_graph.models.briefs import AssistantBrief, Brief, PlannerBrief, Scene, ToolBrief, UserBrief
from toolflow_graph.models.offline import OfflineModel
from toolflow_graph.models.port import ModelRequest, Reply
from toolflow_graph.types import Message, Plan, Request, Tool, ToolCall, ToolResult

ROOT = Path(__file__).parents[1]
CORPORA = ROOT.parent / "shared" / "corpora"
NOW = "2026-03-02T09:30:00"
STYLES = ("", "terse", "chatty", "formal", "casual", "")


def ask(role: str, brief: Brief) -> Reply:
    return OfflineModel().reply(ModelRequest(role=role, messages=(), brief=brief))


@lru_cache(maxsize=1)
def default_tools() -> tuple[Tool, ...]:
    tools = []
    for file in sorted((ROOT / "tools_catalog").glob("*.json")):
        data = json.loads(file.read_text(encoding="utf-8"))
        tools += [Tool(**entry, domain=data["domain"]) for entry in data["tools"]]
    return tuple(tools)


@lru_cache(maxsize=1)
def mcp_tools() -> tuple[Tool, ...]:
    if not (CORPORA / "mcp").is_dir():
        pytest.skip("corpora/mcp is not here")
    tools = []
    for file in sorted((CORPORA / "mcp").glob("*.json")):
        data = json.loads(file.read_text(encoding="utf-8"))
        for entry in data.get("tools", data) if isinstance(data, dict) else data:
            name = "".join(
                char if (char.isalnum() and char.isascii()) or char in "_-" else "_" for char in entry["name"]
            )
            schema = entry.get("inputSchema") or {"type": "object"}
            tools.append(
                Tool(
                    name=name[:64],
                    description=entry.get("description") or "",
                    parameters=schema,
                    returns=entry.get("outputSchema"),
                    domain=file.stem,
                )
            )
    return tuple(tools)


def sample_scene(tools: Sequence[Tool], seed: int, style: str | None = None) -> Scene:
    """A few tools of one domain, sometimes with one from elsewhere."""
    rng = random.Random(seed)
    domains = sorted({tool.domain or "" for tool in tools})
    domain = rng.choice(domains)
    own = [tool for tool in tools if (tool.domain or "") == domain]
    picked = {tool.name: tool for tool in rng.sample(own, min(rng.randint(2, 5), len(own)))}
    if rng.random() < 0.5:
        other = rng.choice(tools)
        picked.setdefault(other.name, other)
    return Scene(seed, NOW, {}, STYLES[seed % len(STYLES)] if style is None else style, tuple(picked.values()), ())


def plan_for(scene: Scene, turns: int) -> Plan:
    raw = json.loads(ask("planner", PlannerBrief(scene, turns)).content or "")
    requests = []
    for entry in raw["requests"]:
        uses = [{**use, "request": use["request"] - 1} for use in entry["uses"]]
        requests.append(Request.model_validate({**entry, "uses": uses}))
    return Plan(requests=tuple(requests))


@dataclass
class Played:
    plan: Plan
    messages: list[Message] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    settled: list[bool] = field(default_factory=list)

    def texts(self, role: str) -> list[str]:
        return [message.content for message in self.messages if message.role == role and message.content]

    def calls(self) -> list[ToolCall]:
        return [call for message in self.messages for call in message.tool_calls]

    def history(self) -> list[tuple[ToolCall, ToolResult]]:
        calls = {call.id: call for call in self.calls()}
        return [
            (calls[message.tool_call_id], ToolResult.from_message(message))
            for message in self.messages
            if message.role == "tool" and message.tool_call_id
        ]


def play(
    scene: Scene, turns: int = 3, plan: Plan | None = None, errors: dict[str, dict[str, Any]] | None = None
) -> Played:
    """Play a dialogue; ``errors`` maps a tool's name to the error that its first call gets."""
    out = Played(plan or plan_for(scene, turns), [Message(role="system", content="You are a helpful assistant.")])
    pending = dict(errors or {})
    tools = {tool.name: tool for tool in scene.tools}
    for index, request in enumerate(out.plan.requests):
        out.starts.append(len(out.messages))
        for visit in range(5):
            settled = visit > 0 and _is_settled(out, request)
            earlier = out.plan.requests[:index]
            last = index == len(out.plan.requests) - 1
            step = json.loads(
                ask(
                    "user", UserBrief(scene, request, index, visit, settled, tuple(out.messages), earlier, last)
                ).content
                or ""
            )
            if step["done"]:
                break
            if visit == 4:
                break
            out.messages.append(Message(role="user", content=step["message"]))
            _assist(scene, out, index, tools, pending)
        out.settled.append(_is_settled(out, request))
    return out


def _is_settled(out: Played, request: Request) -> bool:
    part = out.messages[out.starts[-1] :]
    done = {call.name for call, result in out.history() if result.ok and any(call in m.tool_calls for m in part)}
    last = part[-1]
    spoken = last.role == "assistant" and bool(last.content) and not (last.content or "").rstrip().endswith("?")
    return spoken and (bool(done) if request.kind == "open" else set(request.tools) <= done)


def _assist(scene: Scene, out: Played, index: int, tools: dict[str, Tool], pending: dict[str, dict[str, Any]]) -> None:
    for _ in range(6):
        reply = ask("assistant", AssistantBrief(scene, out.plan, index, out.starts[-1], tuple(out.messages)))
        if not reply.calls:
            out.messages.append(Message(role="assistant", content=reply.content))
            return
        count = len(out.calls())
        calls = []
        for place, raw in enumerate(reply.calls):
            assert isinstance(raw.arguments, dict)
            calls.append(ToolCall(id=f"call_{count + place + 1}", name=raw.name, arguments=raw.arguments))
        history = out.history()
        out.messages.append(Message(role="assistant", tool_calls=tuple(calls)))
        for call in calls:
            if call.name in pending:
                result = ToolResult(call_id=call.id, ok=False, error=pending.pop(call.name))
            else:
                answer = json.loads(ask("tool", ToolBrief(scene, tools[call.name], call, tuple(history))).content or "")
                result = ToolResult(call_id=call.id, value=answer["result"])
            history.append((call, result))
            out.messages.append(result.to_message())
    raise AssertionError("the assistant keeps calling")
