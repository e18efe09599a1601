"""A model behind the OpenAI protocol that a whole run can be made with: the server says what the offline model would.

The reply travels in the request, after a mark, and the server (``echo``) gives it back: so client, retries, parsing and
store are the real ones, and the same seed gives the same bytes however often and however badly it was answered.

    ECHO_URL=http://127.0.0.1:PORT/v1 python -m toolflow_graph run --model tests/echo_model.py:build
"""

import asyncio
import itertools
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from toolflow_graph.models.chat_openai import build_chat_openai, build_http_client
from toolflow_graph.models.langchain import LangChainModel
from toolflow_graph.models.offline import OfflineModel
from toolflow_graph.models.port import ModelRequest, Reply
from toolflow_graph.types import Message

MARK = "Answer with: "
ROOT = Path(__file__).resolve().parents[1]
SMALL = ("--turns", "1", "--tools-per-dialogue", "2", "--distractors", "0", "--mix", "none", "--mix", "single=1")
"""Flags for dialogues of about five calls."""


class EchoModel:
    """See the module."""

    name = "echo"

    def __init__(self, base_url: str, *, read_timeout: float = 600.0) -> None:
        client = build_http_client("EMPTY", read_timeout=read_timeout)
        chat = build_chat_openai("echo", base_url, "EMPTY", read_timeout=read_timeout, http_client=client)
        self._model = LangChainModel(chat, name="echo", endpoint=base_url)
        self._offline = OfflineModel()

    async def complete(self, request: ModelRequest, config: Any = None) -> Reply:
        """Ask the server for what the offline model answers."""
        reply = await self._offline.complete(request)
        calls = [{"name": call.name, "arguments": call.arguments} for call in reply.calls]
        wanted = json.dumps({"content": reply.content, "calls": calls, "usage": reply.usage.to_json()})
        marked = Message(role="user", content=MARK + wanted)
        return await self._model.complete(replace(request, messages=[*request.messages, marked]), config)


def build() -> EchoModel:
    """The model at ``ECHO_URL``, for ``--model``; with ``JUMPING_CLOCK`` the wall clock of its process jumps."""
    if os.environ.get("JUMPING_CLOCK"):
        _let_clock_jump()
    return EchoModel(os.environ["ECHO_URL"], read_timeout=float(os.environ.get("ECHO_TIMEOUT", "600")))


def _let_clock_jump() -> None:
    """By a day and a half, forth and back, at every seventh reading."""
    real, readings = time.time, itertools.count()
    jumps = (0.0, 129_600.0, -129_600.0)
    time.time = lambda: real() + jumps[next(readings) // 7 % len(jumps)]


def echo(body: dict[str, Any]) -> dict[str, Any]:
    """The completion that a request asks for: a responder of ``OpenAIServer``."""
    from tests.openai_server import completion, text, tool_calls

    wanted = json.loads(body["messages"][-1]["content"].removeprefix(MARK))
    calls = [(call["name"], call["arguments"]) for call in wanted["calls"]]
    message = tool_calls(calls, wanted["content"]) if calls else text(wanted["content"])
    used = wanted["usage"]
    usage = {
        "prompt_tokens": used["input"],
        "completion_tokens": used["output"],
        "total_tokens": used["input"] + used["output"],
        "prompt_tokens_details": {"cached_tokens": used["cached"]},
    }
    return completion(message, model="echo", usage=usage)


async def start_run(out: Path, url: str, *flags: str) -> asyncio.subprocess.Process:
    """A run of small dialogues by the echo model at ``url``, as a process of its own."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "toolflow_graph", "run", "--out", str(out), "--quiet", *SMALL, *flags),
        *("--model", f"{ROOT}/tests/echo_model.py:build"),
        cwd=ROOT,
        env={**os.environ, "ECHO_URL": url, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
