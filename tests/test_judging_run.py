"""Judges in a run and over a file, behind the real protocol on loopback."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.openai_server import OpenAIServer, answers_probe, json_text
from tests.run_fakes import make_record
from toolflow_graph.cli.judging import run_judging
from toolflow_graph.config import RunConfig
from toolflow_graph.dialogue.session import build_session
from toolflow_graph.errors import RunError, UsageError
from toolflow_graph.models.memory import Asked
from toolflow_graph.record import CRITERIA, Record, record_to_json
from toolflow_graph.types import Usage

ROOT = Path(__file__).parents[1]
SMALL: dict[str, Any] = {"turns": (2, 2), "tools_per_dialogue": (2, 2), "distractors": (0, 0)}


def judge_of(score: Callable[[str, str], int], bad: Callable[[str], bool] = lambda text: False) -> Any:
    """A responder: ``score(model, dialogue)`` for all criteria; a message whose text is ``bad`` is marked."""

    def respond(body: dict[str, Any]) -> Any:
        task = body["messages"][-1]["content"]
        found = re.search(r"in this order: (.*)", task)
        assert found is not None
        turns = [int(each) for each in re.findall(r"\d+", found[1])]
        texts = dict(re.findall(r"^\[(\d+)\] assistant: (.*)$", task, re.MULTILINE))
        judged = [{"message": turn, "reason": "seen", "good": not bad(texts[str(turn)])} for turn in turns]
        rated = {"reason": "because", "score": score(body["model"], task)}
        return json_text({"turns": judged, **dict.fromkeys(CRITERIA, rated)})

    return answers_probe(respond)


def write(path: Path, count: int) -> Path:
    path.write_text("".join(record_to_json(make_record(index)) + "\n" for index in range(count)))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def judge(data: Path, out: Path, url: str, *names: str, **flags: Any) -> int:
    given = {"out": out, "judge": [f"{name}@{url}" for name in names], **flags}
    return await asyncio.to_thread(run_judging, data, given, quiet=True)


def asked(server: OpenAIServer) -> int:
    """Requests beside the probes."""
    return sum("in this order" in body["messages"][-1]["content"] for body in server.requests)


async def test_a_committee_judges_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = write(tmp_path / "data.jsonl", 6), tmp_path / "out"
    responder = judge_of(lambda model, task: 5 if model == "kind" else 3, lambda text: "21.5" in text)
    async with OpenAIServer(responder, models=("kind", "strict")) as server:
        assert await judge(data, out, server.base_url, "kind", "strict") == 0
        said = capsys.readouterr().out
        assert asked(server) == 12
        before = (out / "dialogues.jsonl").read_bytes()
        assert await judge(data, out, server.base_url, "kind", "strict", concurrency="1") == 0
        assert asked(server) == 12, "what is judged is not judged again"
    assert (out / "dialogues.jsonl").read_bytes() == before
    assert "judged: 6 dialogues" in said
    assert "agreement: 0.50" in said
    assert "6 of 12 of the assistant's are not to be trained on" in said
    first = read(out / "dialogues.jsonl")[0]
    assert first["judgement"]["scores"] == dict.fromkeys(CRITERIA, 4.0)
    assert first["judgement"]["by"]["strict"]["nat"] == 3
    assert first["judgement"]["agreement"] == 0.5
    assert [message.get("train") for message in first["messages"]] == [None, None, None, None, False]
    assert {role: used["calls"] for role, used in first["usage"].items()} == {
        "user": 2, "assistant": 3, "judge": 1, "judge 2": 1
    }  # fmt: skip
    assert first["models"]["judge 2"]["name"] == "strict"
    assert Record.model_validate(first).judgement is not None


async def test_a_reply_that_cannot_be_used_is_asked_for_again(tmp_path: Path) -> None:
    data, out = write(tmp_path / "data.jsonl", 1), tmp_path / "out"
    good = judge_of(lambda model, task: 4)
    async with OpenAIServer([good, lambda body: json_text({"nat": 9}), good], models=("j",)) as server:
        assert await judge(data, out, server.base_url, "j") == 0
        assert "must be" in server.requests[-1]["messages"][-1]["content"]
    (record,) = read(out / "dialogues.jsonl")
    assert record["usage"]["judge"]["calls"] == 2
    assert [each["role"] for each in record["alternatives"]] == ["judge"]


async def test_a_judge_that_fails_leaves_the_others(tmp_path: Path) -> None:
    data, out = write(tmp_path / "data.jsonl", 2), tmp_path / "out"
    good = judge_of(lambda model, task: 4)
    responder = answers_probe(lambda body: json_text({}) if body["model"] == "mute" else good(body))
    async with OpenAIServer(responder, models=("j", "mute")) as server:
        assert await judge(data, out, server.base_url, "j", "mute") == 0
        assert await judge(data, tmp_path / "alone", server.base_url, "mute") == 0
    record = read(out / "dialogues.jsonl")[0]
    assert list(record["judgement"]["by"]) == ["j"]
    assert [(each["code"], each["severity"]) for each in record["verdict"]["findings"]] == [("judge_failed", "warning")]
    rejected = read(tmp_path / "alone" / "rejected.jsonl")
    assert [each["verdict"]["findings"][0]["code"] for each in rejected] == ["judge_failed"] * 2


async def test_other_peoples_data_keeps_its_messages(tmp_path: Path) -> None:
    data, out = tmp_path / "foreign.json", tmp_path / "out"
    arguments = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": [{"type": "text", "text": "Do f."}]},
        {"role": "assistant", "content": None, "tool_calls": [arguments]},
        {"role": "tool", "tool_call_id": "a", "content": "ok"},
        {"role": "assistant", "content": "Done.", "weight": 1},
    ]
    data.write_text(json.dumps([{"id": 7, "messages": messages}, {"id": 7, "messages": messages}, {"text": "no"}]))
    async with OpenAIServer(judge_of(lambda model, task: 4, lambda text: text == "Done."), models=("j",)) as server:
        assert await judge(data, out, server.base_url, "j") == 0
        assert asked(server) == 2
    first, second = read(out / "dialogues.jsonl")
    assert first["messages"] == [*messages[:3], {**messages[3], "train": False}]
    assert (first["seed"], second["id"]) == ({"line": 1, "id": 7}, "line-000002")
    assert read(out / "rejected.jsonl")[0]["verdict"]["findings"][0]["code"] == "judge_failed"


async def test_a_limit_stops_and_a_higher_one_goes_on(tmp_path: Path) -> None:
    data, out = write(tmp_path / "data.jsonl", 8), tmp_path / "out"
    async with OpenAIServer(judge_of(lambda model, task: 4), models=("j",)) as server:
        assert await judge(data, out, server.base_url, "j", max_tokens="1", concurrency="1") == 1
        assert 1 <= asked(server) < 8
        assert await judge(data, out, server.base_url, "j", concurrency="1") == 0
        assert asked(server) == 8
    assert len(read(out / "dialogues.jsonl")) == 8


async def test_other_data_is_refused_and_the_difference_named(tmp_path: Path) -> None:
    async with OpenAIServer(judge_of(lambda model, task: 4), models=("j",)) as server:
        assert await judge(write(tmp_path / "data.jsonl", 2), tmp_path / "out", server.base_url, "j") == 0
        with pytest.raises(UsageError, match=r"judged: '2 dialogues.*3 dialogues"):
            await judge(write(tmp_path / "data.jsonl", 3), tmp_path / "out", server.base_url, "j")


async def test_kill_9_loses_nothing_and_pays_nothing_twice(tmp_path: Path) -> None:
    count, at_once = 60, 4
    data, out, whole = write(tmp_path / "data.jsonl", count), tmp_path / "killed", tmp_path / "whole"
    responder = judge_of(lambda model, task: 1 + len(model + task) % 5, lambda text: "calls" in text)

    async def slow(body: dict[str, Any]) -> Any:
        await asyncio.sleep(0.01)
        return responder(body)

    async def start(url: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "toolflow_graph", "judge", str(data), "-o", str(out), "--quiet"),
            *("--model", f"a@{url}", "--model", f"b@{url}", "--concurrency", str(at_once)),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.DEVNULL,
        )

    async with OpenAIServer(slow, models=("a", "b")) as server:
        kills = 0
        for goal in (3, 30, 70):
            process = await start(server.base_url)
            while process.returncode is None and asked(server) < goal:  # noqa: ASYNC110
                await asyncio.sleep(0.002)
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
            await process.wait()
        process = await start(server.base_url)
        assert await process.wait() == 0
        assert kills == 3
        paid = asked(server)
        assert await judge(data, whole, server.base_url, "a", "b", concurrency="16") == 0
    assert 2 * count <= paid <= 2 * count + kills * at_once
    assert (out / "dialogues.jsonl").read_bytes() == (whole / "dialogues.jsonl").read_bytes()


async def test_judges_of_a_run_mark_and_reject(tmp_path: Path) -> None:
    responder = judge_of(lambda model, task: 2 if "calls" in task else 4)
    async with OpenAIServer(responder, models=("j",)) as server:
        least = ("nat=3",)
        config = RunConfig(judge=(f"j@{server.base_url}",), judge_min=least, judge_retakes=0, **SMALL)
        session = build_session(config)
        try:
            record = await session.play(0)
        finally:
            await session.aclose()
        assert asked(server) == 1
        assert session.spending["j"].calls == 1
        assert session.models["judge"] == "j"
    assert not record.verdict.accepted
    assert [each.code for each in record.verdict.findings] == ["judge_score"]
    assert record.prompt_hashes["judge"]
    plain = await build_session(RunConfig(**SMALL)).play(0)
    assert plain.judgement is None
    assert "judge" not in plain.prompt_hashes
    assert plain.messages == record.messages


class Kept:
    """A memory in this process that breaks after so many replies."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, int], tuple[str, str]] = {}
        self.left = 10**6

    def recall(self, asked: Asked) -> str | None:
        digest, answer = self.answers.get((asked.node, asked.number), (None, None))
        return answer if digest == asked.digest else None

    async def keep(self, asked: Asked, answer: str) -> None:
        self.answers[asked.node, asked.number] = (asked.digest, answer)
        self.left -= 1
        if self.left <= 0:
            raise RunError("the disk is full")


LISTENING = '''
from dataclasses import replace
from toolflow_graph.models.offline import OfflineModel

class Listening:
    """Says a word more once it was told what was wrong."""
    name = "listening"
    calls = 0

    def __init__(self):
        self._inner = OfflineModel()

    async def complete(self, request, config=None):
        Listening.calls += 1
        reply = await self._inner.complete(request)
        told = "found wanting" in (request.messages[0].content or "")
        if request.role == "assistant" and told and reply.content and not reply.calls:
            return replace(reply, content="Of course. " + reply.content)
        return reply
'''


async def test_a_flawed_dialogue_is_played_again_from_its_bad_message(tmp_path: Path) -> None:
    place = tmp_path / "listening.py"
    place.write_text(LISTENING)
    # The last answer of a dialogue is bad until it begins with these words.
    answers: list[str] = []

    def bad(text: str) -> bool:
        if "calls" in text:
            return False
        answers.append(text)
        return len(answers) > 1 and not text.startswith("Of course. ")

    def respond(body: dict[str, Any]) -> Any:
        answers.clear()
        return judge_of(lambda model, task: 4, bad)(body)

    async with OpenAIServer(respond, models=("j",)) as server:
        mix = ("none", "single=1")
        config = RunConfig(judge=(f"j@{server.base_url}",), model=(f"{place}:Listening",), mix=mix, **SMALL)

        async def play(memory: Kept, retakes: int = 1) -> tuple[Record, int]:
            session = build_session(config.model_copy(update={"judge_retakes": retakes}), memory=memory)
            try:
                return await session.play(1), session.spending.get("listening", Usage()).calls
            finally:
                await session.aclose()

        first, calls = await play(Kept(), retakes=0)
        memory = Kept()
        again, more = await play(memory)
        marked = [index for index, message in enumerate(first.messages) if message.get("train") is False]
        assert len(marked) == 1
        assert again.messages[: marked[0]] == first.messages[: marked[0]]
        assert str(again.messages[marked[0]]["content"]).startswith("Of course. ")
        assert all("train" not in message for message in again.messages)
        (left,) = [each for each in again.alternatives if each.node == "judge"]
        assert left.message_index == marked[0]
        assert left.reply["messages"][0] == first.messages[marked[0]]
        assert left.reason == "- seen"
        # Before the bad message nothing is paid for again.
        own = {role: used.calls for role, used in again.usage.items() if role != "judge"}
        assert sum(own.values()) == more < 2 * calls
        assert again.usage["judge"].calls == 2
        # Wherever it breaks, it comes out the same from what was kept.
        for left_over in (1, calls // 2, calls + 1, calls + 2, calls + 3):
            broken = Kept()
            broken.left = left_over
            with pytest.raises(RunError):
                await play(broken)
            broken.left = 10**6
            assert record_to_json((await play(broken))[0]) == record_to_json(again)
