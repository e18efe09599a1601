"""Live MCP servers answer calls: over stdio and HTTP, killed, hanging, noisy, old and new."""

import asyncio
import importlib
import importlib.metadata
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.mcp_servers import OLD_SERVER, SDK_SERVER, GuardedServer, HttpProcess, free_port
from toolflow_graph.backends import Backends, build_backends
from toolflow_graph.errors import RunError, UsageError
from toolflow_graph.types import Json, Tool, ToolCall, ToolResult

ROOT = Path(__file__).resolve().parents[1]


def sdk_generation() -> str:
    try:
        return importlib.metadata.version("mcp").split(".")[0]
    except importlib.metadata.PackageNotFoundError:
        return "none"


needs_sdk = pytest.mark.skipif(sdk_generation() != "2", reason="needs the mcp extra: pip install -e '.[mcp]'")

NAMES = "add describe words say fail crash pid slow die block noisy nan huge told token"
TOOLS = {name: Tool(name=name) for name in NAMES.split()}


class Desk:
    """Builds backends off the event loop, as a run does, and closes them in the end."""

    def __init__(self) -> None:
        self.built: list[Backends] = []

    async def build(
        self, *items: str, tools: Mapping[str, Tool] = TOOLS, seconds: float = 10.0, **options: Any
    ) -> Backends:
        backends = await asyncio.to_thread(build_backends, items, tuple(tools.values()), timeout=seconds, **options)
        self.built.append(backends)
        return backends


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    yield made
    for backends in made.built:
        await backends.aclose()


async def call(backends: Backends, name: str, /, *, tool: Tool | None = None, **arguments: Json) -> ToolResult:
    backend = backends.find(name)
    assert backend is not None, name
    made = ToolCall(id="c1", name=name, arguments=arguments)
    result = await backend.call(tool or Tool(name=name), made, now="2026-03-02T09:00:00", dialogue_id="d1")
    assert result.call_id == "c1"
    return result


async def value(backends: Backends, name: str, /, **arguments: Json) -> Json:
    result = await call(backends, name, **arguments)
    assert result.ok, result.error
    return result.value


async def error(backends: Backends, name: str, /, **arguments: Json) -> dict[str, Any]:
    result = await call(backends, name, **arguments)
    assert not result.ok, result.value
    assert result.error is not None
    return result.error


async def check_answers(backends: Backends) -> None:
    """What any server of SDK_SERVER answers, whatever the transport."""
    assert await value(backends, "add", a=2, b=3) == {"result": 5}
    assert await value(backends, "describe", city="Oslo") == {"city": "Oslo", "tags": ["b", "a"]}
    assert await value(backends, "words", text="one two") == ["one", "two"]
    assert await value(backends, "say", text="plain words") == "plain words"
    assert await value(backends, "say", text='{"n": 1}') == {"n": 1}
    assert await value(backends, "say", text="NaN") == "NaN"
    assert await value(backends, "told") == {
        "toolflow-graph/dialogue": "d1",
        "toolflow-graph/now": "2026-03-02T09:00:00",
    }
    failed = await error(backends, "fail", reason="no seats left")
    assert failed == {"code": "failed", "message": "no seats left"}
    crashed = await error(backends, "crash")
    assert "/home" not in crashed["message"]
    assert (await error(backends, "nan"))["code"] == "invalid_response"
    assert (await error(backends, "huge"))["code"] == "result_too_large"
    assert (await error(backends, "fail"))["code"] == "failed"  # a missing argument, told by the server


@needs_sdk
async def test_stdio(desk: Desk) -> None:
    backends = await desk.build(f"*=mcp:{SDK_SERVER}")
    assert set(backends.tools) == set(TOOLS)
    await check_answers(backends)


@needs_sdk
async def test_http(desk: Desk) -> None:
    async with HttpProcess(SDK_SERVER) as server:
        backends = await desk.build(f"*=mcp+{server.url}")
        await check_answers(backends)
        await backends.aclose()


@needs_sdk
async def test_the_catalogue_says_what_a_result_is(desk: Desk) -> None:
    backends = await desk.build(f"*=mcp:{SDK_SERVER}")
    number = Tool(name="add", returns={"type": "integer"})
    assert (await call(backends, "add", tool=number, a=1, b=1)).value == 2
    wrapped = Tool(name="add", returns={"type": "object", "properties": {"result": {"type": "integer"}}})
    assert (await call(backends, "add", tool=wrapped, a=1, b=1)).value == {"result": 2}
    text = Tool(name="say", returns={"type": "string"})
    assert (await call(backends, "say", tool=text, text="12")).value == "12"


@needs_sdk
async def test_one_connection_for_all_dialogues_opened_at_the_first_call(desk: Desk) -> None:
    backends = await desk.build(f"p*=mcp:{SDK_SERVER}", f"*=mcp:{SDK_SERVER}")
    results = await asyncio.gather(*(value(backends, "pid") for _ in range(20)))
    assert len({json.dumps(result) for result in results}) == 1
    process = results[0]["result"]
    os.kill(process, 0)
    await backends.aclose()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


@needs_sdk
async def test_a_server_killed_between_calls_is_started_again(desk: Desk) -> None:
    backends = await desk.build(f"*=mcp:{SDK_SERVER}")
    first = (await value(backends, "pid"))["result"]
    os.kill(first, signal.SIGKILL)
    assert await value(backends, "add", a=1, b=1) == {"result": 2}
    assert (await value(backends, "pid"))["result"] != first
    assert backends.troubles() == []


@needs_sdk
async def test_calls_in_flight_survive_a_killed_server(desk: Desk) -> None:
    backends = await desk.build(f"*=mcp:{SDK_SERVER}", concurrency=4)
    process = (await value(backends, "pid"))["result"]
    calls = asyncio.gather(*(value(backends, "slow", seconds=0.2) for _ in range(6)))
    await asyncio.sleep(0.1)
    os.kill(process, signal.SIGKILL)
    assert await calls == [{"result": 0.2}] * 6
    assert backends.troubles() == []


@needs_sdk
async def test_only_the_call_that_kills_the_server_fails(desk: Desk) -> None:
    backends = await desk.build(f"*=mcp:{SDK_SERVER}", concurrency=4)
    others = asyncio.gather(*(value(backends, "slow", seconds=0.2) for _ in range(6)))
    await asyncio.sleep(0.05)
    failed = await error(backends, "die")
    assert failed == {"code": "unavailable", "message": "The service could not complete the request."}
    assert await others == [{"result": 0.2}] * 6
    assert backends.troubles() == [
        "die: 1 call failed (unavailable), first: the call brings the server down: Connection closed"
    ]


@needs_sdk
async def test_a_tool_that_hangs_is_a_timeout_and_nothing_else_is(desk: Desk) -> None:
    backends = await desk.build(f"*=mcp:{SDK_SERVER}", seconds=0.5)
    hanging = asyncio.ensure_future(error(backends, "slow", seconds=60))
    assert await value(backends, "add", a=1, b=1) == {"result": 2}
    assert await hanging == {"code": "timeout", "message": "The service did not answer within 0.5 seconds."}
    assert await value(backends, "add", a=1, b=2) == {"result": 3}


@needs_sdk
async def test_a_tool_that_blocks_its_whole_server_takes_no_other_call_along(desk: Desk) -> None:
    backends = await desk.build(f"*=mcp:{SDK_SERVER}", seconds=1.0)
    process = (await value(backends, "pid"))["result"]
    blocked = asyncio.ensure_future(error(backends, "block"))
    await asyncio.sleep(0.1)
    others = await asyncio.gather(*(value(backends, "add", a=1, b=number) for number in range(2)))
    assert [other["result"] for other in others] == [1, 2]
    assert (await blocked)["code"] == "timeout"
    await backends.aclose()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


@needs_sdk
async def test_an_http_server_that_restarts(desk: Desk) -> None:
    async with HttpProcess(SDK_SERVER) as server:
        backends = await desk.build(f"*=mcp+{server.url}")
        assert await value(backends, "add", a=1, b=1) == {"result": 2}
        await server.kill()
        late = asyncio.ensure_future(value(backends, "add", a=2, b=2))
        await asyncio.sleep(0.2)
        await server.start()
        assert await late == {"result": 4}


@needs_sdk
async def test_a_server_that_is_gone_ends_the_run(desk: Desk) -> None:
    async with HttpProcess(SDK_SERVER) as server:
        backends = await desk.build(f"*=mcp+{server.url}")
        await value(backends, "add", a=1, b=1)
        await server.kill()
        with pytest.raises(RunError, match="cannot be reached"):
            await call(backends, "add", a=2, b=2)


@needs_sdk
async def test_noise_is_no_protocol(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    backends = await desk.build(f"*=mcp:{SDK_SERVER}")
    assert await value(backends, "noisy") == {"result": 1}
    assert await value(backends, "add", a=1, b=1) == {"result": 2}
    out, err = capfd.readouterr()
    assert out == ""
    assert err == "", "the server's own log is not the run's"


OLD = {
    name: Tool(name=name, source="box")
    for name in ("files_read", "box_files_list", "picture", "both", "broken", "not_there")
}


@needs_sdk
async def test_a_server_of_the_protocol_before(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    """Also: names that the catalogue had to change, a list of tools in pages, a stdout full of other things."""
    backends = await desk.build(f"*=mcp:{OLD_SERVER}", tools=OLD)
    assert backends.find("not_there") is None
    assert any("1 tool of '*' not there" in note for note in backends.notes)
    assert await value(backends, "files_read") == {"size": 3}
    assert await value(backends, "box_files_list") == {"names": ["a"]}
    assert (await error(backends, "picture"))["code"] == "invalid_response"
    assert await error(backends, "both") == {"code": "gone", "message": "It is gone."}
    assert (await error(backends, "broken"))["code"] == "invalid_response"
    # Any server may use -32000 for an error of its own: the connection is not lost.
    for number, code in ((-32602, "invalid_request"), (-32000, "internal_error")):
        refused = await error(backends, "picture", refuse=number)
        assert refused == {"code": code, "message": "no, not like this"}
    assert capfd.readouterr() == ("", "")


@needs_sdk
@pytest.mark.parametrize("status", [500, 429])
async def test_a_token_from_the_environment(desk: Desk, status: int) -> None:
    token = "tok-5f2a-very-secret"
    async with GuardedServer(token) as server:
        with pytest.raises(UsageError, match="does not answer") as caught:
            await desk.build(f"add=mcp+{server.url}", environ={"GUARD_TOKEN": "tok-wrong-one"})
        assert "tok-wrong-one" not in str(caught.value)
        backends = await desk.build(f"add=mcp+{server.url}", environ={"GUARD_TOKEN": token})
        assert token not in str(backends.fingerprint())
        assert "$GUARD_TOKEN" in str(backends.fingerprint())
        assert await error(backends, "add") == {"code": "failed", "message": "bad token $GUARD_TOKEN"}
        server.status_of_calls, server.calls = status, 0
        assert (await error(backends, "add"))["code"] == "unavailable"
        assert server.calls == 2, "made once more, then not again"
        await backends.aclose()


@needs_sdk
async def test_a_variable_for_the_process_alone(desk: Desk) -> None:
    environ = {"MINE": "tok-5f2a-very-secret"}
    backends = await desk.build(f"token=mcp:TEST_TOKEN=$MINE {SDK_SERVER}", environ=environ)
    assert await value(backends, "token") == {"result": environ["MINE"]}
    assert backends.fingerprint()["backend token"].startswith(f"mcp:TEST_TOKEN=$MINE {SDK_SERVER}, 1 tool ")


@needs_sdk
@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("add=mcp:no-such-command-here", "there is no command 'no-such-command-here'"),
        (f"add=mcp:{sys.executable} -c 'import sys; sys.exit(\"no config file\")'", "stderr:   no config file"),
        (f"add=mcp:{sys.executable} -c pass", "does not start"),
        (f"add=mcp+http://127.0.0.1:{free_port()}/mcp", "does not answer"),
    ],
    ids=["no command", "dies", "ends", "silent"],
)
def test_servers_that_do_not_start(item: str, said: str) -> None:
    begun = time.monotonic()
    with pytest.raises(UsageError) as caught:
        build_backends([item], TOOLS.values())
    assert said in str(caught.value)
    assert time.monotonic() - begun < 30


@needs_sdk
def test_a_server_that_lacks_the_tool_names_what_it_has() -> None:
    with pytest.raises(UsageError, match=r"no tool 'add'") as caught:
        build_backends([f"add=mcp:{OLD_SERVER}"], TOOLS.values())
    assert "exists:   files.read, files.list, picture" in str(caught.value)
    with pytest.raises(UsageError, match=r"no tool that matches 's\*'"):
        build_backends([f"s*=mcp:{OLD_SERVER}"], TOOLS.values())


@needs_sdk
def test_the_sdks_log_stays_quiet_unless_wanted() -> None:
    importlib.import_module("toolflow_graph.backends.mcp_server")
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("mcp").handlers)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"mcp.py": "raise ModuleNotFoundError('No module named mcp', name='mcp')"}, "is not installed"),
        (
            {
                "mcp/__init__.py": "",
                "mcp-1.28.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: mcp\nVersion: 1.28.0\n",
            },
            "mcp 1.28.0",
        ),
    ],
)
def test_without_the_extra_it_is_told_what_to_install(tmp_path: Path, files: Mapping[str, str], said: str) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    code = (
        "from toolflow_graph.backends import build_backends; from toolflow_graph.types import Tool\n"
        "build_backends(['add=mcp:run'], [Tool(name='add')])"
    )
    environ = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert said in done.stderr
    assert "pip install 'toolflow-graph[mcp]'" in done.stderr
