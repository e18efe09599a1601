"""Real executors of tools in a run: their results stand in the dialogues, resumed or not."""

import json
import subprocess
import sys
from pathlib import Path

TOOLS = [
    {
        "name": "get_stock_level",
        "description": "Get how many pieces of a product are in stock.",
        "parameters": {
            "type": "object",
            "properties": {
                "sku": {"type": "string", "description": "Article number of a product.", "examples": ["AB-1042"]}
            },
            "required": ["sku"],
        },
        "returns": {
            "type": "object",
            "properties": {"sku": {"type": "string"}, "pieces": {"type": "integer"}},
            "required": ["sku", "pieces"],
        },
    },
    {
        "name": "reserve_pieces",
        "description": "Reserve pieces of a product.",
        "effect": "write",
        "parameters": {
            "type": "object",
            "properties": {
                "sku": {"type": "string", "description": "Article number of a product.", "examples": ["AB-1042"]},
                "pieces": {"type": "integer", "minimum": 1, "maximum": 5, "description": "Pieces to reserve."},
            },
            "required": ["sku", "pieces"],
        },
        "returns": {
            "type": "object",
            "properties": {"reservation_id": {"type": "string"}, "left": {"type": "integer"}},
            "required": ["reservation_id", "left"],
        },
    },
]
WORLD = '''
class Store:
    """A world of its own for each dialogue."""

    def __init__(self):
        self.left = 4711

    def get_stock_level(self, sku):
        return {"sku": sku, "pieces": self.left}

    def reserve_pieces(self, sku, pieces):
        self.left -= pieces
        return {"reservation_id": f"RSV-{self.left}", "left": self.left}
'''


def test_a_class_is_the_world_of_each_dialogue(tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_text(json.dumps(TOOLS), encoding="utf-8")
    (tmp_path / "world.py").write_text(WORLD, encoding="utf-8")
    command = [sys.executable, "-m", "toolflow_graph", "run", "--tools", "tools.json", "--backend", "*=world.py:Store"]
    command += ["-n", "6", "--tools-per-dialogue", "2", "--distractors", "0", "--out", "out", "--mix", "none"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    seen = 0
    for line in (tmp_path / "out" / "dialogues.jsonl").read_text(encoding="utf-8").splitlines():
        left = 4711
        names = {}
        for message in json.loads(line)["messages"]:
            names.update({call["id"]: call["function"] for call in message.get("tool_calls", ())})
            if message["role"] != "tool":
                continue
            call, result = names[message["tool_call_id"]], json.loads(message["content"])
            left -= call["arguments"].get("pieces", 0)
            assert left in (result.get("pieces"), result.get("left"))
            seen += 1
    assert seen >= 6


def test_a_backend_that_matches_no_tool_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "world.py").write_text(WORLD, encoding="utf-8")
    command = [sys.executable, "-m", "toolflow_graph", "run", "--backend", "no_such_tool=world.py:Store"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert "no_such_tool" in done.stderr
    assert "Traceback" not in done.stderr
