"""Whole runs through ChatOpenAI against a real HTTP server: clarification, parallel and chained calls, bad days."""

import asyncio
import itertools
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.openai_server import (
    OpenAIServer,
    answers_probe,
    completion,
    error,
    is_probe,
    json_text,
    raw,
    refuses_json_schema,
    text,
    tool_calls,
)
from tests.thinking import CITIES, MODELS, TOOLS, flags, think


async def run_cli(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    """``python -m toolflow_graph ARGUMENTS`` in a process of its own -> exit code, stdout, stderr."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("OPENAI_")}
    environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "toolflow_graph",
        *arguments,
        cwd=cwd,
        env=environ | (env or {}),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture
def tools_file(tmp_path: Path) -> Path:
    path = tmp_path / "tools.json"
    path.write_text(json.dumps({"domain": "trips", "tools": TOOLS}))
    return path


def run_flags(server: OpenAIServer, tools_file: Path, *more: str) -> list[str]:
    fixed = ["--tools", str(tools_file), "--tools-per-dialogue", "4", "--turns", "3", "-n", "4", "--out", "run"]
    return ["run", *fixed, *flags(server.base_url), *more]


def records(folder: Path, name: str = "dialogues.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "run" / name).read_text().splitlines()]


def calls_by_message(record: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [
        [call["function"] for call in message["tool_calls"]]
        for message in record["messages"]
        if "tool_calls" in message
    ]


async def test_dialogues_over_the_real_protocol(tmp_path: Path, tools_file: Path) -> None:
    async with OpenAIServer(think, models=MODELS) as server:
        code, _, err = await run_cli(*run_flags(server, tools_file), cwd=tmp_path)
    assert code == 0, err
    dialogues = records(tmp_path)
    assert len(dialogues) == 4
    for record in dialogues:
        messages = record["messages"]
        spoken = [message["content"] for message in messages if message["role"] == "user"]
        # Clarification: a question follows the first message, its answer holds the withheld date.
        assert messages[2]["content"] == "Which day do you want to check in?"
        assert "2027-03-14" not in spoken[0]
        assert "2027-03-14" in spoken[1]
        search, book, both = calls_by_message(record)
        # Chained: the identifier that is booked is the one the search returned.
        found = json.loads(next(message["content"] for message in messages if message["role"] == "tool"))
        assert search[0]["name"] == "search_hotels"
        assert book == [{"name": "book_hotel", "arguments": {"hotel_id": "H-3377", "guest": "Ana Moreau"}}]
        assert "H-3377" in [hotel["hotel_id"] for hotel in found["hotels"]]
        # Parallel: two calls in one message, answered in order, then text.
        assert [call["name"] for call in both] == ["get_forecast", "convert_currency"]
        assert [message["role"] for message in messages[-4:]] == ["assistant", "tool", "tool", "assistant"]
        # The broken booking is kept outside the messages, and nothing of its repair is in them.
        refused = [entry for entry in record["alternatives"] if entry["role"] == "assistant"]
        assert len(refused) == 1
        assert refused[0]["reply"]["tool_calls"] == [{"name": "book_hotel", "arguments": '{"hotel_id": "H-'}]
        assert "not delivered" not in json.dumps(messages)
        # Reasoning stands in its own field, both kinds of it.
        assert messages[-1]["reasoning"] == "Sum up."
        assert "<think>" not in json.dumps(messages)
        assert "Two." in [message.get("reasoning") for message in messages]
        assert [call["id"] for message in messages for call in message.get("tool_calls", [])] == [
            "call_1",
            "call_2",
            "call_3",
            "call_4",
        ]
        assert record["models"]["assistant"]["name"] == "m-assistant"
        assert record["usage"]["assistant"]["calls"] == 8


async def test_real_tool_calling_and_json_schema_are_used(tmp_path: Path, tools_file: Path) -> None:
    async with OpenAIServer(think, models=MODELS) as server:
        code, _, err = await run_cli(*run_flags(server, tools_file, "-n", "1"), cwd=tmp_path)
        assert code == 0, err
        by_model = {name: [body for body in server.requests if body["model"] == name] for name in MODELS}
    for body in by_model["m-assistant"]:
        assert {tool["function"]["name"] for tool in body["tools"]} == {tool["name"] for tool in TOOLS}
        assert all("returns" not in tool["function"] for tool in body["tools"])
        assert "response_format" not in body
    for name in ("m-planner", "m-user", "m-tool"):
        assert all(body["response_format"]["type"] == "json_schema" for body in by_model[name])
        assert all("tools" not in body for body in by_model[name])


async def test_prompts_only_grow_within_a_dialogue(tmp_path: Path, tools_file: Path) -> None:
    """So that the server's prefix cache works: a role's next prompt begins with its previous one, repairs aside."""
    async with OpenAIServer(think, models=MODELS) as server:
        code, _, err = await run_cli(*run_flags(server, tools_file, "-n", "1", "--concurrency", "1"), cwd=tmp_path)
        assert code == 0, err
        for name in ("m-user", "m-assistant", "m-tool"):
            prompts = [
                body["messages"]
                for body in server.requests
                if body["model"] == name
                and "cannot be used" not in body["messages"][-1]["content"]
                and body.get("response_format", {}).get("json_schema", {}).get("name") != "probe_reply"
            ]
            assert len(prompts) > 2
            for earlier, later in itertools.pairwise(prompts):
                assert later[: len(earlier)] == earlier


async def test_bad_days_change_no_byte(tmp_path: Path, tools_file: Path) -> None:
    """429, 500, a body that breaks off, invalid JSON, a wrong content type are retried; the data stays the same."""
    (tmp_path / "calm").mkdir()
    (tmp_path / "stormy").mkdir()
    async with OpenAIServer(think, models=MODELS) as server:
        code, _, err = await run_cli(*run_flags(server, tools_file, "-n", "2"), cwd=tmp_path / "calm")
        assert code == 0, err
        server.faults = [
            error(429, "slow down", headers={"Retry-After": "0"}),
            error(500),
            "half_body",
            raw("{not json"),
            raw("<html>busy</html>", content_type="text/html"),
            raw('{"surprise": true}'),
            error(503, headers={"Retry-After": "0"}),
            "reset",
        ]
        code, _, err = await run_cli(*run_flags(server, tools_file, "-n", "2"), cwd=tmp_path / "stormy")
        assert code == 0, err
        assert server.faults == []
    calm = (tmp_path / "calm" / "run" / "dialogues.jsonl").read_bytes()
    assert (tmp_path / "stormy" / "run" / "dialogues.jsonl").read_bytes() == calm
    assert (tmp_path / "stormy" / "run" / "rejected.jsonl").read_bytes() == b""


ODD: list[dict[str, Any]] = [
    text(None, tool_calls=[{"id": "1", "name": "search_hotels", "arguments": "{}"}]),
    text(None, tool_calls="search_hotels()"),
    text(None, tool_calls=[{"id": "1", "function": {"name": None, "arguments": [1]}}]),
    {"role": "assistant", "content": {"text": "Hello"}},
    {"role": "assistant", "content": 7},
    {},
    text("half \ud83d"),
    tool_calls([("search_hotels", "{}")] * 500),
]
ODD_USAGE: Any = {"prompt_tokens": "many", "completion_tokens": -3, "prompt_tokens_details": {"cached_tokens": 1e300}}


def odd_at_first(body: dict[str, Any]) -> Any:
    """``think``, but what follows a user message is first answered in an odd shape, each time another."""
    last = body["messages"][-1]
    if is_probe(body) or last["role"] != "user" or "cannot be used" in last["content"]:
        return think(body)
    return completion(ODD[len(json.dumps(body)) % len(ODD)], usage=ODD_USAGE)


async def test_replies_of_odd_shape_go_back_to_the_model(tmp_path: Path, tools_file: Path) -> None:
    async with OpenAIServer(odd_at_first, models=MODELS) as server:
        code, _, err = await run_cli(*run_flags(server, tools_file), cwd=tmp_path)
    assert code == 0, err
    dialogues = records(tmp_path)
    assert len(dialogues) == 4
    for record in dialogues:
        assert record["usage"]["planner"] == {"calls": 2, "input": 11, "output": 7, "cached": 5}
        assert len({entry["role"] for entry in record["alternatives"]}) == 4
    assert len({entry["reason"] for record in dialogues for entry in record["alternatives"]}) > 4


@pytest.mark.parametrize(
    ("answer", "code", "calls"),
    [
        *((completion(message, usage=None), "unusable_reply", 3) for message in ODD),
        (completion(text("There are"), finish_reason="length"), "truncated_reply", 1),
        (completion(text("There are"), finish_reason="content_filter"), "refused_request", 1),
    ],
)
async def test_a_model_that_stays_odd_costs_its_dialogue_and_not_the_run(
    tmp_path: Path, tools_file: Path, answer: dict[str, Any], code: str, calls: int
) -> None:
    def respond(body: dict[str, Any]) -> Any:
        return answer if body["model"] == "m-assistant" else think(body)

    async with OpenAIServer(respond, models=MODELS) as server:
        flags = run_flags(server, tools_file, "-n", "1", "--max-attempts", "2")
        exit_code, _, err = await run_cli(*flags, cwd=tmp_path)
    assert exit_code == 1
    assert "Traceback" not in err
    rejected = records(tmp_path, "rejected.jsonl")
    assert [record["fault"]["code"] for record in rejected] == [code, code]
    for record in rejected:
        assert record["usage"]["assistant"] == {
            "calls": calls,
            "input": 11 * calls,
            "output": 7 * calls,
            "cached": 5 * calls,
        }
        assert len(record["alternatives"]) == calls * (code == "unusable_reply")


async def test_reasoning_goes_back_under_the_dialogues_own_key(tmp_path: Path, tools_file: Path) -> None:
    """A server behind one address may be two of different versions: what is sent depends on no other dialogue."""

    def respond(body: dict[str, Any]) -> Any:
        answer = think(body)
        if body["model"] != "m-assistant":
            return answer
        key = (
            "reasoning" if any(city in body["messages"][1]["content"] for city in CITIES[::2]) else "reasoning_content"
        )
        return {**{name: answer[name] for name in answer if name != "reasoning_content"}, key: "Two."}

    sent = []
    for concurrency in ("1", "8"):
        async with OpenAIServer(respond, models=MODELS, delay=0.01) as server:
            folder = tmp_path / concurrency
            folder.mkdir()
            command = run_flags(server, tools_file, "-n", "8", "--concurrency", concurrency)
            code, _, err = await run_cli(*command, cwd=folder)
            assert code == 0, err
        sent.append(sorted(json.dumps(body) for body in server.requests if body["model"] == "m-assistant"))
    assert sent[0] == sent[1]
    assert any('"reasoning": "Two."' in body for body in sent[0])
    assert any('"reasoning_content": "Two."' in body for body in sent[0])
    assert not any('"reasoning": "' in body and '"reasoning_content": "' in body for body in sent[0])


async def test_without_a_plan_no_planner_is_wanted(tmp_path: Path, tools_file: Path) -> None:
    def respond(body: dict[str, Any]) -> Any:
        if body["model"] == "m-assistant":
            return text("Rooms are free on that day.")
        return json_text({"done": False, "message": "Are there rooms in Lisbon on 2027-03-14?"})

    async with OpenAIServer(answers_probe(respond), models=MODELS) as server:
        command = run_flags(server, tools_file, "-n", "1", "--max-attempts", "1")
        planner = command.index(f"planner=m-planner@{server.base_url}")
        del command[planner - 1 : planner + 1]
        refused, _, said = await run_cli(*command, cwd=tmp_path)
        assert (refused, server.requests) == (2, [])
        assert "--model gives no model for planner" in said
        code, _, err = await run_cli(*command, "--plan", "none", cwd=tmp_path)
    assert code == 1, err
    (record,) = records(tmp_path, "rejected.jsonl")
    assert set(record["models"]) == {"user", "assistant", "tool"}
    assert record["messages"][2]["content"] == "Rooms are free on that day."
    assert not any(body["model"] == "m-planner" for body in server.requests)


async def test_server_without_json_schema(tmp_path: Path, tools_file: Path) -> None:
    async with OpenAIServer(refuses_json_schema(think), models=MODELS) as server:
        code, _, err = await run_cli(*run_flags(server, tools_file, "-n", "2"), cwd=tmp_path)
        assert code == 0, err
        probes = [body for body in server.requests if "response_format" in body]
        assert len(probes) == 3  # one for each model that is asked for JSON, once a run
        code, _, _ = await run_cli(*run_flags(server, tools_file, "-n", "3"), cwd=tmp_path)
        assert code == 0
        assert len([body for body in server.requests if "response_format" in body]) == 3
    assert len(records(tmp_path)) == 3


@pytest.mark.parametrize(
    ("responder", "expected"),
    [
        (lambda body: error(401, "Incorrect API key provided"), "401"),
        (lambda body: error(404, "The model does not exist"), "404"),
    ],
)
async def test_first_call_that_fails_is_a_mistake(
    tmp_path: Path, tools_file: Path, responder: Any, expected: str
) -> None:
    async with OpenAIServer(responder, models=MODELS) as server:
        code, _, err = await run_cli(*run_flags(server, tools_file), cwd=tmp_path)
    assert code == 2
    assert expected in err
    assert "Traceback" not in err


async def test_unreachable_server_is_a_mistake(tmp_path: Path, tools_file: Path) -> None:
    async with OpenAIServer(think) as server:
        command = run_flags(server, tools_file)
    code, _, err = await run_cli(*command, cwd=tmp_path)
    assert code == 2
    assert server.base_url in err
    assert "Traceback" not in err


async def test_missing_key_is_a_mistake(tmp_path: Path) -> None:
    code, _, err = await run_cli("run", "--model", "gpt-4o", "--out", "run", cwd=tmp_path)
    assert code == 2
    assert "OPENAI_API_KEY" in err


async def test_key_goes_to_its_own_server_only(tmp_path: Path, tools_file: Path) -> None:
    environ = {"OPENAI_API_KEY": "sk-very-secret"}
    async with OpenAIServer(think, models=MODELS) as server:
        code, out, err = await run_cli(*run_flags(server, tools_file, "-n", "1"), cwd=tmp_path, env=environ)
        assert code == 0, err
        assert all("sk-very-secret" not in json.dumps(headers) for headers in server.headers)
    async with OpenAIServer(think, models=MODELS, key="sk-very-secret") as server:
        names = [part.replace(f"@{server.base_url}", "") for part in flags(server.base_url)]
        command = [*run_flags(server, tools_file, "-n", "1")[: -len(names) - 2], *names, "-n", "1", "--fresh"]
        code, out2, err2 = await run_cli(*command, cwd=tmp_path, env=environ | {"OPENAI_BASE_URL": server.base_url})
        assert code == 0, err2
    assert "sk-very-secret" not in out + err + out2 + err2
    written = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert written
    assert all(b"sk-very-secret" not in path.read_bytes() for path in written)
