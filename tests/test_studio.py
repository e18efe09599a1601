"""LangGraph Studio's server, started for real on loopback and driven as Studio drives it."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.echo_model import echo
from tests.openai_server import OpenAIServer
from tests.test_run_replay import command
from tests.thinking import MODELS, TOOLS, think
from toolflow_graph.errors import UsageError
from toolflow_graph.run.thread import open_thread

pytest.importorskip("langgraph_cli", reason="the studio extra is not installed")
sdk = pytest.importorskip("langgraph_sdk", reason="the studio extra is not installed")

ROOT = Path(__file__).resolve().parents[1]
NODES = {"plan", "user_turn", "assistant_call", "tool_simulation", "verifier"}

pytestmark = pytest.mark.asyncio(loop_scope="module")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    """A client of ``langgraph dev`` with the project's own langgraph.json; its state stays out of the checkout."""
    folder = tmp_path_factory.mktemp("studio")
    config = json.loads((ROOT / "langgraph.json").read_text())
    config["dependencies"] = [str(ROOT)]
    (folder / "langgraph.json").write_text(json.dumps(config))
    port = free_port()
    quiet = {"LANGGRAPH_CLI_NO_ANALYTICS": "1", "LANGGRAPH_NO_VERSION_CHECK": "1", "LANGSMITH_TRACING": "false"}
    log = (folder / "log.txt").open("wb")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "langgraph_cli",
        "dev",
        "--no-browser",
        "--no-reload",
        "--port",
        str(port),
        cwd=folder,
        env=os.environ | quiet | {"PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )
    client = sdk.get_client(url=f"http://127.0.0.1:{port}")
    try:
        for _ in range(240):
            if process.returncode is not None:
                break
            try:
                await client.assistants.search()
                break
            except Exception:
                await asyncio.sleep(0.25)
        else:
            pytest.fail("langgraph dev did not answer:\n" + (folder / "log.txt").read_text()[-3000:])
        assert process.returncode is None, (folder / "log.txt").read_text()[-3000:]
        yield client
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
        log.close()


async def assistant_id(client: Any) -> str:
    return str((await client.assistants.search(graph_id="dialogue"))[0]["assistant_id"])


async def test_graph_shows_the_five_nodes(client: Any) -> None:
    drawn = await client.assistants.get_graph(await assistant_id(client), xray=True)
    assert {node["id"] for node in drawn["nodes"]} - {"__start__", "__end__"} == NODES
    edges = {(edge["source"], edge["target"]) for edge in drawn["edges"]}
    assert {
        ("plan", "user_turn"),
        ("user_turn", "assistant_call"),
        ("assistant_call", "tool_simulation"),
        ("tool_simulation", "assistant_call"),
        ("assistant_call", "user_turn"),
        ("user_turn", "verifier"),
    } <= edges


async def test_schemas_carry_one_prompt_field_a_node(client: Any) -> None:
    schemas = await client.assistants.get_schemas(await assistant_id(client))
    assert set(schemas["input_schema"]["properties"]) == {"index", "seed"}
    fields = schemas["context_schema"]["properties"]
    prompts = {name: field for name, field in fields.items() if field.get("langgraph_type") == "prompt"}
    nodes = [node for field in prompts.values() for node in field["langgraph_nodes"]]
    assert set(nodes) == NODES - {"verifier"}
    assert prompts["planner_prompt"]["default"] == (ROOT / "prompts" / "planner.md").read_text()
    assert {"planner_model", "sampling", "tools_per_dialogue", "turns", "seed"} <= set(fields)


async def test_empty_input_streams_a_dialogue(client: Any) -> None:
    thread = await client.threads.create()
    seen = []
    async for part in client.runs.stream(thread["thread_id"], "dialogue", input={}, stream_mode="updates"):
        assert part.event != "error", part.data
        if part.event == "updates":
            seen += list(part.data)
    assert seen[0] == "plan"
    assert seen[-1] == "verifier"
    assert set(seen) == NODES
    state = await client.threads.get_state(thread["thread_id"])
    assert state["values"]["record"]["verdict"]["accepted"] is True


async def test_prompt_overridden_by_context(client: Any, tmp_path: Path) -> None:
    """The text reaches the model, its hash the record."""
    tools = tmp_path / "tools.json"
    tools.write_text(json.dumps({"tools": TOOLS}))
    async with OpenAIServer(think, models=MODELS) as server:
        models = {f"{name[2:]}_model": f"{name}@{server.base_url}" for name in MODELS}
        prompt = (ROOT / "prompts" / "user.md").read_text().replace("You play a person", "You play a hurried pilot")
        context = {**models, "user_prompt": prompt, "tools": [str(tools)], "tools_per_dialogue": "4", "turns": "3"}
        changed = await client.runs.wait(None, "dialogue", input={"index": 3}, context=context)
        spoken = [body["messages"][0]["content"] for body in server.requests if body["model"] == "m-user"]
    assert any(text.startswith("You play a hurried pilot") for text in spoken)
    shipped = await client.runs.wait(None, "dialogue", input={})
    hashes, before = changed["record"]["prompt_hashes"], shipped["record"]["prompt_hashes"]
    assert hashes["user"] != before["user"]
    assert hashes["planner"] == before["planner"]


async def test_history_and_a_fork_from_an_old_checkpoint(client: Any) -> None:
    thread = await client.threads.create()
    thread_id = thread["thread_id"]
    await client.runs.wait(thread_id, "dialogue", input={"index": 1})
    history = await client.threads.get_history(thread_id, limit=100)
    before = next(state for state in reversed(history) if state["next"] == ["user_turn"])
    plan = before["values"]["plan"]
    assert len(plan["requests"]) > 1
    shorter = {"requests": plan["requests"][:1]}
    forked = await client.threads.update_state(
        thread_id, {"plan": shorter}, as_node=None, checkpoint=before["checkpoint"]
    )
    result = await client.runs.wait(thread_id, "dialogue", input=None, checkpoint=forked["checkpoint"])
    assert len(result["record"]["plan"]["requests"]) == 1
    assert result["record"]["ended"] == "plan_done"
    original = history[0]["values"]["record"]
    assert len(original["plan"]["requests"]) == len(plan["requests"])


async def test_a_dialogue_of_a_run_opens_as_a_thread_at_a_step(client: Any, tmp_path: Path) -> None:
    run = tmp_path / "run"
    flags = ("--model", f"{ROOT}/tests/echo_model.py:build", "--turns", "2", "--seed", "5")
    async with OpenAIServer(echo, models=("echo",)) as server:
        url = server.base_url
        code, _, err = await command("run", "-n", "2", "--out", str(run), *flags, url=url)
        assert code == 0, err
    address = str(client.http.client.base_url).rstrip("/")

    # Whole: nothing is left to do, and the last checkpoint holds the record of the run.
    code, out, err = await command("replay", str(run), "1", "--studio", address)
    assert code == 0, err
    assert "at its end" in out
    stored = [json.loads(line) for line in (run / "dialogues.jsonl").read_text().splitlines()]
    state = await client.threads.get_state(out.split()[1].rstrip(":"))
    assert state["values"]["record"] in stored

    # Up to a step: it goes on there, with the settings of the run (here by the offline model: the other is gone).
    code, out, err = await command("replay", str(run), "1", "--studio", address, "--from", "user_turn:1")
    assert code == 0, err
    assert "before user_turn" in out
    thread = out.split()[1].rstrip(":")
    state = await client.threads.get_state(thread)
    assert state["next"] == ["user_turn"]
    assistant = await client.assistants.get(out.split()[-1])
    assert assistant["context"]["turns"] == "2-2"
    assert "echo_model.py" in assistant["context"]["user_model"]
    played = await client.runs.wait(thread, "dialogue", input=None)
    begun, whole = state["values"]["messages"], played["record"]["messages"]
    assert len(begun) < len(whole)
    # The offline model goes on as the other one did, which echoes it.
    assert whole == stored[1]["messages"]
    assert played["record"]["id"] == stored[1]["id"]
    assert played["record"]["ended"] == "plan_done"


async def test_no_server_takes_a_dialogue() -> None:
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:9") as caught:
        await open_thread("http://127.0.0.1:9", {}, [], name="x", context={})
    assert "langgraph dev" in caught.value.hint
