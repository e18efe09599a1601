"""What ``run`` does once its flags are read: settings, session, run, files, summary."""

import asyncio
import gc
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolflow_graph.config import CONFIG_NAME, RunConfig
from toolflow_graph.config_file import load_config, merge
from toolflow_graph.dataset.jsonl import write_dataset
from toolflow_graph.errors import RunError, UsageError
from toolflow_graph.run.budget import Budget
from toolflow_graph.run.executors import build_executor
from toolflow_graph.run.prices import read_price
from toolflow_graph.run.progress import Progress, build_progress
from toolflow_graph.run.runner import BuildPlayer, Player, run_dialogues
from toolflow_graph.run.store import RunStore, open_store
from toolflow_graph.run.summary import RunSummary, render_summary
from toolflow_graph.wording import COMMAND, count_of

_TRACING = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2")
_TRACING_V1 = "LANGCHAIN_TRACING"


def set_tracing(wanted: bool) -> None:
    """Make LangSmith's environment variables say what the flag says, whatever the surroundings say."""
    for name in _TRACING:
        os.environ[name] = "true" if wanted else "false"
    # Its first version is gone; LangChain refuses to start while this is set.
    os.environ.pop(_TRACING_V1, None)


def load_settings(config: Path | None, flags: Mapping[str, Any], *, quiet: bool = False) -> RunConfig:
    """Settings from ``--config`` (else from a project's file in the working directory) and flags.

    Raises:
        UsageError: if the file or a setting is not valid.
    """
    if config is None and Path(CONFIG_NAME).is_file():
        config = Path(CONFIG_NAME)
        if not quiet:
            print(f"settings from {CONFIG_NAME} in this folder", file=sys.stderr)
    below = {} if config is None else load_config(config)
    return merge(below, flags, source=str(config or CONFIG_NAME))


def run_job(
    config: RunConfig, *, build: BuildPlayer, fresh: bool = False, quiet: bool = False, log_json: bool = False
) -> int:
    """Run to the end, write the files, print the summary (stdout) and return the exit code.

    Raises:
        UsageError: the user's mistake; what was finished before it is kept and exported.
        RunError: if the files cannot be written.
    """
    with open_store(config.out, fresh=fresh) as store:
        player = build(config, support=store.support, memory=store.memory)
        if not quiet:
            for note in player.notes:
                print(note, file=sys.stderr)
        store.begin(player.fingerprint, num=config.num, shown=config.model_dump(mode="json"))
        kept = len(store.verdicts())
        if store.moved_to is not None and not quiet:
            print(f"the earlier run is now in {store.moved_to}", file=sys.stderr)
        if kept and not quiet:
            print(f"going on with {count_of(kept, 'finished dialogue')} in {config.out}", file=sys.stderr)
        player = build_executor(config, player, store)
        # At hundreds of dialogues in flight the collector would walk the imported libraries again and again. A look for
        # garbage in them takes longer than the 2 MiB that it finds are worth.
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        try:
            progress = build_progress(quiet=quiet, log_json=log_json)
            summary = asyncio.run(play_to_the_end(config, player, store, progress))
        except UsageError:
            if store.verdicts():
                write_dataset(store.view(), config.num)
            raise
        try:
            write_dataset(store.view(), config.num)
        except RunError as error:
            if summary.error is None:
                raise
            # A full disk takes no files either: what stopped the run says what to do.
            print(f"error: {error}", file=sys.stderr)
    show = _show_command(config.out, rejected=not summary.accepted)
    print(render_summary(summary, config.out, show=show, notes=not quiet), flush=True)
    for trouble in () if quiet else player.troubles:
        print(f"backend: {trouble}", file=sys.stderr)
    if summary.error is not None:
        print(f"error: {summary.error}", file=sys.stderr)
    return summary.exit_code


async def play_to_the_end(config: RunConfig, player: Player, store: RunStore, progress: Progress) -> RunSummary:
    """Play until the run is done, and give connections back."""
    try:
        return await run_dialogues(
            player,
            store,
            num=config.num,
            max_attempts=config.attempts,
            concurrency=config.concurrency,
            progress=progress,
            prices={name: read_price(entry.model_dump(exclude_none=True)) for name, entry in config.price.items()},
            budget=Budget(config.max_cost, config.max_tokens, config.max_time),
        )
    finally:
        await player.aclose()


def _show_command(out: Path, *, rejected: bool) -> str:
    command = f"{COMMAND} show --rejected" if rejected else f"{COMMAND} show"
    return command if out == RunConfig().out else f"{command} --run {shlex.quote(str(out))}"
