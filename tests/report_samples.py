"""Dialogues for the report's tests, and how to read its page back."""

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

from tests.verification_samples import Data, clean

HOSTILE = [
    "<script>document.documentElement.dataset.harmed = 1</script>",
    "</script><script>document.documentElement.dataset.harmed = 2</script>",
    '<img src=x onerror="document.documentElement.dataset.harmed = 3">',
    "<!--<script>",
    ']]></style></title><svg onload="document.documentElement.dataset.harmed = 4">',
    '<a href="javascript:document.documentElement.dataset.harmed=5">here</a>',
    "javascript:document.documentElement.dataset.harmed=6",
    '" onmouseover="document.documentElement.dataset.harmed=7',
    "$script ${style} %s {0} \u2028 \x00 \x1b[31m \ud800",
]


def hostile() -> Data:
    """A dialogue that is hostile wherever a model, a server or a file can write a text."""
    text = "\n".join(HOSTILE)
    name = "<img src=x onerror='document.documentElement.dataset.harmed=8'>"
    call = {
        "id": text,
        "type": "function",
        "function": {"name": name, "arguments": {name: text, "n": 12345678901234567890}},
    }
    return {
        "id": f"bad {name}",
        "messages": [
            {"role": "system", "content": text},
            {"role": "user", "content": text},
            {"role": "assistant", "content": None, "tool_calls": [call], "reasoning": text},
            {"role": "tool", "tool_call_id": text, "content": json.dumps({"page": text, name: name})},
            {"role": "assistant", "content": f"**{text}** needle-in-hay"},
        ],
        "tools": [{"type": "function", "function": {"name": name, "description": text, "parameters": {name: text}}}],
        "judgement": {
            "scores": {name: 3, "nat": 2},
            "reasons": {"nat": text, name: text},
            "by": {name: {"nat": 2}},
            "agreement": 0.5,
            "turns": [{"message_index": 4, "good": False, "reason": text}],
        },
    }


def rejected() -> Data:
    """One of ours with all that a record can carry: findings, a refused reply, a cue, scores, an untrained message."""
    data = clean()
    data["id"] = "sample-2"
    data["verdict"] = {
        "accepted": False,
        "findings": [
            {
                "code": "ungrounded_argument",
                "severity": "error",
                "message_index": 8,
                "reason": "seats come from nowhere",
            },
            {"code": "repeated_call", "severity": "warning", "reason": "nothing new"},
        ],
    }
    data["messages"][10]["train"] = False
    data["provenance"] = [
        {"call": "call_1", "path": "origin", "kind": "derived", "message_index": 1, "how": "code of a city"},
        {
            "call": "call_2",
            "path": "flight_id",
            "kind": "result",
            "message_index": 3,
            "result_path": "flights[0].flight_id",
        },
        {"call": "call_2", "path": "seats", "kind": "unknown"},
    ]
    data["alternatives"] = [
        {
            "node": "assistant_call",
            "role": "assistant",
            "message_index": 8,
            "reply": {"content": "No."},
            "reason": "too short",
        }
    ]
    data["cues"] = [{"kind": "press", "request": 1, "message_index": 5}]
    data["behaviours"] = {"clarification": 1, "single": 2}
    data["models"] = {"assistant": {"name": "gpt-4o"}, "user": {"name": "gpt-4o"}}
    data["usage"] = {
        "user": {"calls": 3, "input": 1000, "output": 100, "cached": 0},
        "assistant": {"calls": 5, "input": 2000, "output": 300, "cached": 500},
    }
    data["judgement"] = {
        "scores": {"nat": 4, "coh": 5, "help": 2, "acc": 4},
        "reasons": {"help": "it stops early"},
        "turns": [{"message_index": 10, "good": False, "reason": "too much"}],
    }
    return data


def accepted() -> Data:
    """A clean one of ours, with what it took."""
    data = clean()
    data["behaviours"] = {"clarification": 1, "chained": 1}
    data["models"] = {"assistant": {"name": "gpt-4o"}}
    data["usage"] = {"assistant": {"calls": 10, "input": 4000, "output": 600, "cached": 0}}
    data["seed"]["tools"] = ["search_flights", "book_flight", "send_email_message"]
    data["seed"]["edges"] = [{"kind": "P-R", "source": "search_flights", "target": "book_flight"}]
    return data


def foreign() -> Data:
    """Plain OpenAI messages and tools: arguments as text, no id, no plan."""
    plain = clean()
    for message in plain["messages"]:
        for call in message.get("tool_calls", ()):
            call["function"]["arguments"] = json.dumps(call["function"]["arguments"])
    return {"messages": plain["messages"], "tools": plain["tools"]}


def write(path: Path, *rows: Any) -> Path:
    """A JSONL file; a lone surrogate is written as JSON's escape."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read_island(page: str, name: str) -> list[Any]:
    """The JSON lines of all islands of a name."""
    texts = re.findall(rf'<script type="[^"]*" data-island="{name}"[^>]*>([^<]*)</script>', page)
    return [json.loads(line) for text in texts for line in zlib.decompress(base64.b64decode(text)).split(b"\n")]
