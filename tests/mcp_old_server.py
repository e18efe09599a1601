"""An MCP server for tests without the SDK: stdio, protocol 2025-06-18, and a stdout full of other things."""

import json
import sys
from typing import Any

RESULTS: dict[str, dict[str, Any]] = {
    "files.read": {"content": [{"type": "text", "text": '{"size": 3}'}]},
    "files.list": {"content": [], "structuredContent": {"names": ["a"]}},
    "picture": {"content": [{"type": "image", "data": "AA==", "mimeType": "image/png"}]},
    "both": {"isError": True, "content": [{"type": "text", "text": '{"code": "gone", "message": "It is gone."}'}]},
    "broken": {"content": "no list"},
}
INITIALIZED = {
    "protocolVersion": "2025-06-18",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "old", "version": "1"},
}


def answer(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """The response, less its id."""
    if method == "initialize":
        return {"result": INITIALIZED}
    if method == "tools/list":  # in two pages
        names = list(RESULTS)
        page = names[2:] if params.get("cursor") else names[:2]
        listed: dict[str, Any] = {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in page]}
        return {"result": listed if params.get("cursor") else {**listed, "nextCursor": "2"}}
    if method == "tools/call":
        if code := params["arguments"].get("refuse"):
            return {"error": {"code": code, "message": "no, not like this"}}
        return {"result": RESULTS[params["name"]]}
    return {"error": {"code": -32601, "message": "Method not found"}}


def main() -> None:
    """Answer until stdin closes."""
    print("starting up ...", flush=True)
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message:
            print("debug: answering", message["method"], flush=True)
            response = answer(message["method"], message.get("params", {}))
            print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **response}), flush=True)


if __name__ == "__main__":
    main()
