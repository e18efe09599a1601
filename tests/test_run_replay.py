"""A dialogue is played again from its kept replies: whole, or up to a step."""

import asyncio
import os
import sqlite3
import sys
from pathlib import Path

import pytest

from tests.echo_model import echo
from tests.openai_server import OpenAIServer

ROOT = Path(__file__).parents[1]
MODEL = f"{ROOT}/tests/echo_model.py:build"


async def command(*arguments: str, url: str = "http://127.0.0.1:9/v1") -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the command line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "toolflow_graph",
        *arguments,
        cwd=ROOT,
        env={**os.environ, "ECHO_URL": url, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def ids(run: Path) -> list[str]:
    """The ids of a run's dialogues."""
    with sqlite3.connect(run / "run.sqlite") as connection:
        return [name for (name,) in connection.execute("SELECT id FROM records ORDER BY idx")]


async def test_replays(tmp_path: Path) -> None:
    run = tmp_path / "run"
    async with OpenAIServer(echo, models=("echo",)) as server:
        code, _, err = await command("run", "-n", "3", "--out", str(run), "--model", MODEL, url=server.base_url)
        assert code == 0, err
        stored = (run / "run.sqlite").read_bytes()
        name = ids(run)[1]

        # The server is not asked: nobody listens at the default address.
        code, out, err = await command("replay", str(run), name)
        assert code == 0, err
        assert "the same bytes as in the run" in out
        assert " 0 asked anew" in out
        assert (run / "replays" / f"{name}-1.jsonl").read_text() in (run / "dialogues.jsonl").read_text()

        # From a step on the model is asked, which answers as it did.
        asked = len(server.requests)
        code, out, err = await command("replay", str(run), name, "--from", "user_turn:1", url=server.base_url)
        assert code == 0, err
        assert "the same bytes as in the run" in out
        assert f"{len(server.requests) - asked} asked anew" in out
        assert len(server.requests) > asked
        assert (run / "replays" / f"{name}-2.jsonl").exists()

        # With another prompt the kept replies answer other questions: the message says where.
        prompt = tmp_path / "user.md"
        shipped = (ROOT / "prompts" / "user.md").read_text()
        prompt.write_text(shipped.replace("You", "YOU", 1))
        assert prompt.read_text() != shipped
        code, _, err = await command("replay", str(run), name, "--prompt", f"user={prompt}")
        assert code == 2
        assert "--from user_turn:0" in err
        flags = ("--from", "user_turn:0", "--prompt", f"user={prompt}", "--out", str(tmp_path / "other.jsonl"))
        code, out, err = await command("replay", str(run), name, *flags, url=server.base_url)
        assert code == 0, err
        assert "differs from the run in" in out
        assert (tmp_path / "other.jsonl").exists()
    assert (run / "run.sqlite").read_bytes() == stored


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nobody",), "no dialogue 'nobody'"),
        (("99",), "no dialogue '99'"),
        (("0", "--from", "nowhere:1"), "exists:   plan, user_turn"),
        (("0", "--from", "plan:first"), "NODE:K"),
    ],
)
async def test_mistakes(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    run = tmp_path / "run"
    assert (await command("run", "-n", "1", "--out", str(run)))[0] == 0
    code, _, err = await command("replay", str(run), *arguments)
    assert code == 2
    assert said in err
    # The offline model needs no kept replies: it says the same again.
    assert "the same bytes" in (await command("replay", str(run), "0"))[1]
