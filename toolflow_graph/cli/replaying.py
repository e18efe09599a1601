"""What ``replay`` does once its flags are read."""

import asyncio
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolflow_graph.config import NODES, RunConfig
from toolflow_graph.config_file import merge
from toolflow_graph.dialogue.session import Session, build_session, studio_context
from toolflow_graph.record import Record, record_to_json
from toolflow_graph.run.replay import (
    KeptMemory,
    Step,
    StepReached,
    differences,
    find_index,
    owed_of,
    parse_step,
    write_replay,
)
from toolflow_graph.run.thread import Opened, open_thread
from toolflow_graph.run.view import RunView, open_run
from toolflow_graph.wording import COMMAND, count_of


def run_replay(folder: Path, which: str, start: str | None, changes: Mapping[str, Any], out: Path | None) -> str:
    """Play, write and compare; returns what to tell.

    Raises:
        UsageError: a mistake, or a question that no kept reply answers.
    """
    leave = None if start is None else parse_step(start, NODES)
    with open_run(folder) as view:
        index = find_index(view, which)
        memory = KeptMemory(view.replies(index), leave)
        session = build_session(_config_of(view, changes), memory=memory)
        record = asyncio.run(_play(view, session, index))
        before = view.text_of(index)
    if out is None:
        path = write_replay(folder, record)
    else:
        path = out
        path.write_text(record_to_json(record) + "\n", encoding="utf-8")
    return _tell(record, before, memory, path, leave)


def open_in_studio(folder: Path, which: str, start: str | None, changes: Mapping[str, Any], url: str) -> str:
    """Make a thread of a dialogue's kept steps on a LangGraph server; returns what to tell.

    Raises:
        UsageError: a mistake, no such server, or a question before the step that no kept reply answers.
    """
    leave = None if start is None else parse_step(start, NODES)
    with open_run(folder) as view:
        index = find_index(view, which)
        config = _config_of(view, changes)
        session = build_session(config, memory=KeptMemory(view.replies(index), leave, stop=True))
        made = asyncio.run(_open(view, session, index, url, config))
    at = f"before {', '.join(made.next)}" if made.next else "at its end"
    lines = [
        f"thread {made.thread_id}: {count_of(made.steps, 'step')} of dialogue {which}, {at}",
        f"  look:    https://smith.langchain.com/studio/?baseUrl={url} (choose the thread)",
        f"  settings of the run: assistant {made.assistant_id}",
    ]
    if config.nodes or config.backend:
        lines.append("  the server goes on with its own nodes and without the run's executors of tools")
    return "\n".join(lines)


async def _open(view: RunView, session: Session, index: int, url: str, config: RunConfig) -> Opened:
    steps: list[tuple[str, Any]] = []
    try:
        async for step in session.steps(index, owed_of(view, session, index)):
            steps.append(step)
    except StepReached:
        pass
    finally:
        await session.aclose()
    (_, begin), *rest = steps
    name = f"{view.folder.name}: {begin['seed']['id']}"
    return await open_thread(url, begin, rest, name=name, context=studio_context(config))


def _config_of(view: RunView, changes: Mapping[str, Any]) -> RunConfig:
    stored = dict(view.meta("config") or {})
    known = {key: value for key, value in stored.items() if key in RunConfig.model_fields and value is not None}
    config = RunConfig.model_validate(known)
    return merge(json.loads(config.model_dump_json(exclude_none=True)), dict(changes)) if changes else config


async def _play(view: RunView, session: Session, index: int) -> Record:
    try:
        return await session.play(index, owed_of(view, session, index))
    finally:
        await session.aclose()


def _tell(record: Record, before: str | None, memory: KeptMemory, path: Path, leave: Step | None) -> str:
    verdict = "accepted" if record.verdict.accepted else "rejected"
    lines = [f"{record.id}: {verdict}, {memory.recalled} kept replies used, {memory.asked} asked anew"]
    if before is not None:
        after = record_to_json(record)
        apart = [] if after == before else differences(before, after)
        same = "the same bytes as in the run" if after == before else f"differs from the run in: {', '.join(apart)}"
        lines.append(f"  {same}")
    lines.append(f"  written: {path}")
    lines.append(f"  look:    {COMMAND} show {shlex.quote(str(path))}")
    return "\n".join(lines)
