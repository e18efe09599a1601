"""Python backends: functions and classes answer calls, fail as services do, and keep their dialogues apart."""

import asyncio
import functools
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from toolflow_graph.backends import Backends, build_backends
from toolflow_graph.backends.threads import Threads, TimedOut, within
from toolflow_graph.errors import RunError, UsageError
from toolflow_graph.references import load_reference
from toolflow_graph.types import Json, Tool, ToolCall, ToolResult

NOW = "2026-03-02T09:00:00"


def make_tool(name: str, required: tuple[str, ...] = (), **properties: Any) -> Tool:
    return Tool(name=name, parameters={"type": "object", "properties": properties, "required": list(required)})


WEATHER = make_tool("get_weather", ("city",), city={"type": "string"}, units={"type": "string", "default": "metric"})
LIST = make_tool("files_list")
READ = make_tool("files_read", ("path",), path={"type": "string"})
WRITE = make_tool("files_write", ("path", "text"), path={"type": "string"}, text={"type": "string"})
TOOLS = (WEATHER, LIST, READ, WRITE)


class Folder:
    """Writes Python files and builds backends from them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.built: list[Backends] = []

    def write(self, code: str, name: str = "mine.py") -> str:
        file = self.path / name
        file.write_text(textwrap.dedent(code), encoding="utf-8")
        return str(file)

    def build(
        self, code: str, flag: str = "get_weather={}:get_weather", *, name: str = "mine.py", **options: Any
    ) -> Backends:
        backends = build_backends([flag.format(self.write(code, name))], TOOLS, **options)
        self.built.append(backends)
        return backends


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path)
    yield made
    for backends in made.built:
        asyncio.run(backends.aclose())


async def call(backends: Backends, tool: Tool, dialogue: str = "d1", /, **arguments: Json) -> ToolResult:
    backend = backends.find(tool.name)
    assert backend is not None, tool.name
    made = ToolCall(id="c1", name=tool.name, arguments=arguments)
    result = await backend.call(tool, made, now=NOW, dialogue_id=dialogue)
    assert result.call_id == "c1"
    assert made.arguments == arguments, "a call must not be changed by what answers it"
    return result


async def weather(backends: Backends, **arguments: Json) -> Json:
    given: dict[str, Json] = {"city": "Oslo", **arguments}
    result = await call(backends, WEATHER, **given)
    assert result.ok, result.error
    return result.value


async def failure(backends: Backends, tool: Tool = WEATHER, **arguments: Json) -> dict[str, Any]:
    given: dict[str, Json] = {"city": "Oslo"} if tool is WEATHER else {}
    result = await call(backends, tool, **{**given, **arguments})
    assert not result.ok
    assert result.error is not None
    return result.error


async def test_nothing_named_nothing_answered() -> None:
    backends = build_backends([], TOOLS)
    assert backends.find("get_weather") is None
    assert (backends.tools, backends.fingerprint(), backends.notes, backends.troubles()) == ((), {}, (), [])
    backends.end_dialogue("d1")
    await backends.aclose()


@pytest.mark.parametrize(
    "code",
    [
        "def get_weather(city, units): return {'city': city, 'units': units}",
        "async def get_weather(city, units): return {'city': city, 'units': units}",
        "def get_weather(**given): return {'city': given['city'], 'units': given.get('units', 'metric')}",
        """
        from typing import Any
        def get_weather(query: dict[str, Any]): return {'city': query['city'], 'units': query.get('units', 'metric')}
        """,
        """
        from toolflow_graph.types import ToolCall
        def get_weather(call: ToolCall):
            return {'city': call.arguments['city'], 'units': call.arguments.get('units', 'metric')}
        """,
        """
        import functools
        def answer(prefix, city, units='metric'): return {'city': prefix + city, 'units': units}
        get_weather = functools.partial(answer, '')
        """,
        """
        class Service:
            async def __call__(self, city: str, units: str): return {'city': city, 'units': units}
        get_weather = Service()
        """,
        """
        from __future__ import annotations
        async def later(city, units): return {'city': city, 'units': units}
        def get_weather(city: str, units: Unknown = 'metric'): return later(city, units)
        """,
    ],
)
async def test_every_way_to_take_the_arguments(folder: Folder, code: str) -> None:
    backends = folder.build(code)
    assert await weather(backends) == {"city": "Oslo", "units": "metric"}
    assert await weather(backends, units="imperial") == {"city": "Oslo", "units": "imperial"}


async def test_names_that_are_no_python_names(folder: Folder) -> None:
    tool = make_tool("book", ("from", "user-id"), **{"from": {}, "user-id": {}, "class": {"default": "economy"}})
    path = folder.write("def book(from_, user_id, class_): return [from_, user_id, class_]")
    backends = build_backends([f"book={path}:book"], [tool])
    given: dict[str, Json] = {"from": "OSL", "user-id": 7}
    result = await call(backends, tool, **given)
    assert result.value == ["OSL", 7, "economy"]


async def test_a_function_is_told_of_the_dialogue(folder: Folder) -> None:
    backends = folder.build(
        """
        from toolflow_graph.backends import DialogueInfo
        from toolflow_graph.types import Tool, ToolCall
        def get_weather(city, units, *, info: DialogueInfo, tool: Tool, made: ToolCall):
            return [info.id, info.now, tool.name, made.id]
        """
    )
    assert await weather(backends) == ["d1", NOW, "get_weather", "c1"]


async def test_one_function_for_many_tools(folder: Folder) -> None:
    code = """
    from toolflow_graph.types import ToolCall
    def answer(call: ToolCall): return {"tool": call.name, **call.arguments}
    """
    backends = folder.build(code, "files_*={}:answer")
    assert backends.tools == ("files_list", "files_read", "files_write")
    assert (await call(backends, READ, path="a")).value == {"tool": "files_read", "path": "a"}
    assert backends.find("get_weather") is None


async def test_an_own_name_wins_over_patterns_and_a_later_pattern_over_an_earlier(folder: Folder) -> None:
    path = folder.write("def one(**k): return 1\ndef two(**k): return 2\ndef three(**k): return 3\n")
    backends = build_backends([f"files_read={path}:one", f"*={path}:two", f"files_*={path}:three"], TOOLS)
    answers = {tool.name: (await call(backends, tool)).value for tool in TOOLS}
    assert answers == {"get_weather": 2, "files_list": 3, "files_read": 1, "files_write": 3}
    hidden = build_backends([f"files_*={path}:one", f"*={path}:two"], TOOLS)
    assert any("answers nothing" in note for note in hidden.notes)


async def test_arguments_may_be_changed_by_the_function(folder: Folder) -> None:
    tool = make_tool("sort_items", ("items",), items={"type": "array"})
    path = folder.write("def sort_items(items):\n    items.sort()\n    return items\n")
    backends = build_backends([f"sort_items={path}:sort_items"], [tool])
    assert (await call(backends, tool, items=[3, 1])).value == [1, 3]


WORLD = """
class Files:
    def __init__(self):
        self.kept = {"readme": "hello"}
    def files_list(self):
        return sorted(self.kept)
    def files_read(self, path):
        return self.kept[path]
    async def files_write(self, path, text):
        self.kept[path] = text
        return {"bytes": len(text)}
    def _hidden(self): ...
"""


async def test_a_class_gives_each_dialogue_a_world_of_its_own(folder: Folder) -> None:
    backends = folder.build(WORLD, "files_*={}:Files")
    await call(backends, WRITE, "d1", path="a", text="one")
    await call(backends, WRITE, "d2", path="b", text="two")
    assert (await call(backends, LIST, "d1")).value == ["a", "readme"]
    assert (await call(backends, LIST, "d2")).value == ["b", "readme"]
    missing = await call(backends, READ, "d2", path="a")
    assert missing.error == {"code": "not_found", "message": "There is no a."}
    # Played again after it ended, a dialogue starts as it did the first time.
    backends.end_dialogue("d1")
    assert (await call(backends, LIST, "d1")).value == ["readme"]
    assert (await call(backends, LIST, "d2")).value == ["b", "readme"]


async def test_flags_of_one_class_share_its_instances(folder: Folder) -> None:
    path = folder.write(WORLD)
    backends = build_backends([f"files_write={path}:Files", f"files_l*={path}:Files"], TOOLS)
    await call(backends, WRITE, path="a", text="one")
    assert (await call(backends, LIST)).value == ["a", "readme"]


async def test_a_world_may_be_made_for_its_dialogue(folder: Folder) -> None:
    code = """
    import random
    from toolflow_graph.backends import DialogueInfo
    class Weather:
        def __init__(self, dialogue: DialogueInfo):
            self.random, self.now = random.Random(dialogue.id), dialogue.now
        def get_weather(self, city, units="metric"):
            return [self.now, self.random.randint(1, 10**9)]
        @staticmethod
        def files_list(): return []
        @classmethod
        def files_read(cls, path): return path
    """
    first, again = folder.build(code, "*={}:Weather"), folder.build(code, "*={}:Weather")
    one, two = await call(first, WEATHER, "d1", city="x"), await call(first, WEATHER, "d2", city="x")
    assert one.value != two.value
    assert (await call(again, WEATHER, "d1", city="x")).value == one.value
    assert (await call(first, LIST)).value == []
    assert (await call(first, READ, path="p")).value == "p"
    assert first.find("files_write") is None, "a pattern takes the methods that are there"
    assert any("1 tool of '*' not there" in note for note in first.notes)


async def test_a_world_that_cannot_be_made_ends_the_run(folder: Folder) -> None:
    backends = folder.build("class W:\n    def __init__(self): 1 / 0\n    def files_list(self): ...", "files_list={}:W")
    with pytest.raises(UsageError, match=r"class W .*ZeroDivisionError.*mine.py, line 2"):
        await call(backends, LIST)


@pytest.mark.parametrize(
    ("flag", "code", "said"),
    [
        ("get_wether={}:f", "def f(): ...", "exists:   get_weather"),
        ("nothing_*={}:f", "def f(): ...", "the pattern matches no tool"),
        ("get_weather={}:g", "def f(): ...", "has no 'g'"),
        ("get_weather={}:f", "f = 3", "is a int"),
        ("get_weather={}:f", "import nowhere_to_be_found", "fails to import"),
        ("get_weather={}:f", "def f(city): ...", "does not take 'units'"),
        ("get_weather={}:f", "def f(city, units, key): ...", "wants 'key'"),
        ("get_weather={}:f", "def f(city, units, /): ...", "does not take 'city'"),
        ("files_*={}:f", "def f(path): ...", "wants 'path'"),
        ("files_list={}:W", "class W:\n  def __init__(self, size): ...\n  def files_list(self): ...", "wants 'size'"),
        ("files_list={}:W", "class W:\n  def files_read(self, path): ...", "exists:   files_read"),
        ("files_*={}:W", "class W: ...", "has no method that matches 'files_*'"),
        ("files_read={}:W", "class W:\n  def files_read(self): ...", "does not take 'path'"),
    ],
)
def test_mistakes_are_told_before_the_first_call(folder: Folder, flag: str, code: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        folder.build(code, flag)
    assert said in str(caught.value)


def test_an_optional_parameter_needs_a_default_somewhere(folder: Folder) -> None:
    tool = make_tool("find", x={"type": "string"})
    path = folder.write("def find(x): ...")
    with pytest.raises(UsageError, match="no default for 'x'"):
        build_backends([f"find={path}:find"], [tool])


@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ("raise ValueError('no weather there')", "invalid_request", "no weather there"),
        ("raise NoSuchCity('no city Oslo')", "no_such_city", "no city Oslo"),
        ("return None + 1", "internal_error", "The service could not complete the request."),
        ("raise SystemExit(3)", "internal_error", "The service could not complete the request."),
        ("raise Gone('bye')", "internal_error", "The service could not complete the request."),
        ("raise StopIteration", "internal_error", "The service could not complete the request."),
        ("raise asyncio.CancelledError", "internal_error", "The service could not complete the request."),
        ("return float('nan')", "invalid_response", "The service sent a response that cannot be read."),
        ("return open", "invalid_response", "The service sent a response that cannot be read."),
        ("return {'error': 'closed today'}", None, "closed today"),
        ("return 'x' * 20_001", "result_too_large", "The result is too large (20,003 bytes; at most 20,000)."),
        ("open(__file__ + '.txt')", "not_found", "No such file or directory"),
    ],
)
async def test_failures_are_error_results(folder: Folder, kind: str, body: str, code: str, message: str) -> None:
    backends = folder.build(
        f"""
        import asyncio
        class NoSuchCity(Exception): ...
        class Gone(BaseException): ...
        {kind} get_weather(city, units):
            {body}
        """
    )
    error = await failure(backends)
    assert error.get("code") == code
    assert error["message"].startswith(message)
    assert str(folder.path) not in str(error)
    assert "Traceback" not in str(error)
    # The user is told more than the data.
    if code == "internal_error":
        assert backends.troubles()[0].startswith("get_weather: 1 call failed (internal_error), first: ")


async def test_the_user_learns_where_a_function_failed(folder: Folder) -> None:
    backends = folder.build("def get_weather(city, units):\n    return 1 / 0\n")
    await failure(backends)
    await failure(backends)
    assert backends.troubles() == [
        "get_weather: 2 calls failed (internal_error), first: ZeroDivisionError: division by zero (mine.py, line 2)"
    ]


@pytest.mark.parametrize(
    "body",
    [
        "def get_weather(city, units): threading.Event().wait(30)",
        "async def get_weather(city, units): await asyncio.sleep(30)",
        """
        async def get_weather(city, units):
            while True:
                try: await asyncio.sleep(0.5); return 1
                except asyncio.CancelledError: pass
        """,
    ],
)
async def test_a_call_that_hangs_is_a_timeout(folder: Folder, body: str) -> None:
    backends = folder.build("import asyncio, threading\n" + textwrap.dedent(body), timeout=0.1)
    async with asyncio.timeout(5):
        error = await failure(backends)
    assert error == {"code": "timeout", "message": "The service did not answer within 0.1 seconds."}


async def test_waiting_for_a_turn_does_not_count(folder: Folder) -> None:
    """40 calls of 0.4 seconds, 32 at once at most, each with 0.75 seconds: none is late."""
    backends = folder.build("import time\ndef get_weather(city, units): time.sleep(0.4); return 1", timeout=0.75)
    results = await asyncio.gather(*(call(backends, WEATHER, city=str(number)) for number in range(40)))
    assert all(result.ok for result in results)


async def test_functions_run_beside_the_event_loop(folder: Folder) -> None:
    backends = folder.build("import threading\ndef get_weather(city, units): return threading.current_thread().name")
    assert await weather(backends) != threading.current_thread().name
    waits = "import threading\nopened = threading.Event()\ndef get_weather(city, units): return opened.wait(10)"
    slow = folder.build(waits, "get_weather={}:get_weather", name="slow.py")
    task = asyncio.ensure_future(weather(slow))
    await asyncio.sleep(0.05)
    load_reference(f"{folder.path}/slow.py:opened", what="event").set()
    assert await task is True


async def test_hanging_threads_do_not_pile_up_for_ever() -> None:
    threads = Threads(most_abandoned=2)
    release = threading.Event()
    for _ in range(2):
        with pytest.raises(TimedOut):
            await within(0.05, threads.run(release.wait, "slow"))
    with pytest.raises(RunError, match="2 calls of tool backends hang"):
        await within(1, threads.run(release.wait, "slow"))
    release.set()
    for _ in range(100):
        try:
            assert await within(1, threads.run(functools.partial(int, "7"), "slow")) == 7
        except RunError:
            await asyncio.sleep(0.01)
        else:
            return
    raise AssertionError("threads that ended still count")


async def test_a_cancelled_call_is_cancelled(folder: Folder) -> None:
    backends = folder.build("import asyncio\nasync def get_weather(city, units): await asyncio.sleep(30)")
    task = asyncio.ensure_future(call(backends, WEATHER, city="x"))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("kind", ["def", "async def"])
async def test_what_a_function_prints_is_no_data(folder: Folder, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout
    backends = folder.build(f"{kind} get_weather(city, units):\n    print('looking up', city)\n    return 1\n")
    await weather(backends)
    print("ours")
    await backends.aclose()
    assert sys.stdout is before
    out, err = capsys.readouterr()
    assert out == "ours\n"
    assert "looking up Oslo" in err


async def test_same_calls_same_bytes(folder: Folder) -> None:
    """Whatever else is in flight: a dialogue's results depend on its own calls only."""

    async def play(backends: Backends, dialogue: str) -> list[str]:
        results = []
        for number in range(3):
            results.append(await call(backends, WRITE, dialogue, path=f"{dialogue}{number}", text="x" * number))
            results.append(await call(backends, LIST, dialogue))
        return [result.to_message().model_dump_json() for result in results]

    alone = {f"d{number}": await play(folder.build(WORLD, "files_*={}:Files"), f"d{number}") for number in range(5)}
    shared = folder.build(WORLD, "files_*={}:Files")
    together = await asyncio.gather(*(play(shared, dialogue) for dialogue in alone))
    assert dict(zip(alone, together, strict=True)) == alone


def test_fingerprint_follows_the_source_not_the_folder(tmp_path: Path) -> None:
    def fingerprint(name: str, code: str, flag: str = "get_weather={}:get_weather") -> dict[str, str]:
        (tmp_path / name).mkdir()
        folder = Folder(tmp_path / name)
        return folder.build(code, flag).fingerprint()

    code = "def get_weather(city, units): return 1"
    first = fingerprint("a", code)
    assert first.keys() == {"backend get_weather", "backend timeout"}
    assert first["backend get_weather"].startswith("mine.py:get_weather ")
    assert str(tmp_path) not in str(first)
    assert fingerprint("b", code) == first
    assert fingerprint("c", code.replace("1", "2")) != first
    assert fingerprint("d", WORLD, "files_*={}:Files").keys() == {"backend files_*", "backend timeout"}


def test_fingerprint_tells_who_answers_what(folder: Folder) -> None:
    path = folder.write("def one(**k): return 1\ndef two(**k): return 2\n")
    forward = build_backends([f"files_*={path}:one", f"*={path}:two"], TOOLS).fingerprint()
    backward = build_backends([f"*={path}:two", f"files_*={path}:one"], TOOLS).fingerprint()
    assert forward.keys() == backward.keys()
    assert forward != backward


def test_importing_the_room_imports_no_sdk() -> None:
    code = "import sys, toolflow_graph.backends; print('mcp' in sys.modules, 'langgraph' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == ["False", "False"]
