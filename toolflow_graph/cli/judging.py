"""What ``judge`` does once its flags are read."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toolflow_graph import __version__
from toolflow_graph.cli.job import play_to_the_end
from toolflow_graph.config import CONFIG_NAME, RunConfig
from toolflow_graph.config_file import load_config, merge
from toolflow_graph.dataset.jsonl import read_source, write_dataset
from toolflow_graph.dataset.reading import read_values
from toolflow_graph.errors import UsageError
from toolflow_graph.judging.acceptance import is_judge, parse_thresholds
from toolflow_graph.judging.overview import build_overview, render_overview
from toolflow_graph.judging.panel import ROLE, Panel, parse_judge_flags
from toolflow_graph.judging.player import Exhibits, JudgePlayer
from toolflow_graph.models.memory import Memory
from toolflow_graph.models.pool import build_pools
from toolflow_graph.models.specs import parse_endpoints
from toolflow_graph.models.structured import SupportStore
from toolflow_graph.run.progress import build_progress
from toolflow_graph.run.store import RunStore, open_store
from toolflow_graph.run.summary import RunSummary
from toolflow_graph.templates import load_templates
from toolflow_graph.wording import count_of

_SHARED = ("endpoint", "price")
"""What of a config file is not about a run."""


def run_judging(
    data: Path,
    flags: Mapping[str, Any],
    *,
    config: Path | None = None,
    sample: int | None = None,
    fresh: bool = False,
    quiet: bool = False,
    log_json: bool = False,
) -> int:
    """Judge, write the files, print the figures (stdout) and return the exit code.

    Raises:
        UsageError: the user's mistake; what was judged before it is kept.
    """
    settings = _load(config, flags)
    exhibits = Exhibits(_thin_out(_read(data), data, sample))
    with open_store(settings.out, fresh=fresh, pays=is_judge) as store:
        player = build_judge_player(settings, exhibits, support=store.support, memory=store.memory)
        if not quiet:
            for note in player.notes:
                print(note, file=sys.stderr)
        total = len(exhibits)
        store.begin(player.fingerprint, num=total, shown=settings.model_dump(mode="json"))
        if store.moved_to is not None and not quiet:
            print(f"what was there is now in {store.moved_to}", file=sys.stderr)
        kept = len(store.verdicts())
        if kept and not quiet:
            print(f"going on with {count_of(kept, 'judged dialogue')} in {settings.out}", file=sys.stderr)
        limits = settings.model_copy(update={"num": total, "max_attempts": total})
        try:
            progress = build_progress(quiet=quiet, log_json=log_json)
            summary = asyncio.run(play_to_the_end(limits, player, store, progress))
        finally:
            if store.verdicts():
                write_dataset(store.view(), total)
        print(_tell(store, summary, settings, total), flush=True)
        done = len(store.verdicts()) == total
    if summary.error is not None:
        print(f"error: {summary.error}", file=sys.stderr)
    return 130 if summary.interrupted else 0 if done and summary.error is None else 1


def build_judge_player(
    settings: RunConfig, exhibits: Exhibits, *, support: SupportStore | None, memory: Memory
) -> JudgePlayer:
    """Who judges, as the settings say.

    Raises:
        UsageError: no judge, or a mistake in one of them, a threshold or the prompt.
    """
    specs = parse_judge_flags(settings.judge, "--model")
    if not specs:
        raise UsageError("no judge is named", expected="--model SPEC, one or several", hint="--model gpt-4o")
    least = parse_thresholds(settings.judge_min)
    template = load_templates(None, settings.prompt)[ROLE]
    degree = settings.judge_temperature
    degrees = {} if degree is None else dict.fromkeys(specs, degree)
    pools = build_pools(specs, degrees, parse_endpoints(settings.endpoints), environ=os.environ, support=support)
    panel = Panel({role: pools[role].members[0][0] for role in specs}, template)
    fingerprint = {
        "judged": f"{count_of(len(exhibits), 'dialogue')}, {exhibits.digest}",
        **{f"model {role}": str(spec) for role, spec in specs.items()},
        "judge_temperature": "the server's own" if degree is None else f"{degree:g}",
        "judge_min": ",".join(f"{name}={value:g}" for name, value in sorted(least.items())),
        f"prompt {ROLE}": template.hash,
        "version": __version__,
    }
    return JudgePlayer(exhibits, panel, pools, least, memory, fingerprint)


def _load(config: Path | None, flags: Mapping[str, Any]) -> RunConfig:
    if config is None and Path(CONFIG_NAME).is_file():
        config = Path(CONFIG_NAME)
    below = {} if config is None else load_config(config)
    return merge({key: below[key] for key in _SHARED if key in below}, flags, source=str(config or CONFIG_NAME))


def _read(data: Path) -> Iterator[tuple[int, Any]]:
    return enumerate(read_source(data), 1) if data.is_dir() else read_values(data)


def _thin_out(dialogues: Iterator[tuple[int, Any]], data: Path, sample: int | None) -> Iterator[tuple[int, Any]]:
    """All of them, or ``sample`` that lie evenly over the file."""
    found = False
    if sample is None:
        for item in dialogues:
            found = True
            yield item
    else:
        every = list(dialogues)
        found = bool(every)
        count = min(sample, len(every))
        yield from (every[place * len(every) // count] for place in range(count))
    if not found:
        raise UsageError(f"{str(data)!r} holds no dialogue to judge", expected="at least one dialogue")


def _tell(store: RunStore, summary: RunSummary, settings: RunConfig, total: int) -> str:
    view = store.view()
    overview = build_overview(json.loads(row.text) for row in view.dataset(total + 1))
    lines = [render_overview(overview)]
    left = total - overview.judged - overview.unjudged
    if left:
        why = "stopped" if summary.interrupted else summary.limit or "gave up"
        lines.append(f"  left:      {count_of(left, 'dialogue')} ({why}; the same command goes on)")
    for place, (role, used) in enumerate(summary.usage.items()):
        label = "  calls:     " if place == 0 else " " * 13
        lines.append(f"{label}{role:<9} {used.calls:>7,} calls {used.input:>11,} tokens in {used.output:>9,} out")
    if summary.cost:
        lines.append(f"  cost:      ${summary.cost:,.2f}")
    lines.append(f"  data:      {settings.out / 'dialogues.jsonl'}  (rejected ones: {settings.out / 'rejected.jsonl'})")
    return "\n".join(lines)
