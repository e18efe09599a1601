"""``rules score``: how many broken dialogues the rules find."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolflow_graph.wording import COMMAND, count_of

if TYPE_CHECKING:
    from toolflow_graph.evaluation.scoring import Score

_MANY = 40
"""Dialogues from which on further processes are worth their start."""


def score(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Clean dialogues: a JSONL file or a run folder [default: an offline run, in a temporary folder].",
            metavar="[RUN_OR_FILE]",
            show_default=False,
        ),
    ] = None,
    num: Annotated[int, typer.Option("-n", "--num", min=1, help="Dialogues of that offline run.", metavar="N")] = 300,
    per_kind: Annotated[
        int, typer.Option("--per-kind", min=1, help="Broken dialogues of a kind, at most.", metavar="N")
    ] = 100,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="What is broken where, and the offline run.", metavar="N")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Break clean dialogues in every known way and count what the rules find: the mutation score.

    Structural defects show in the dialogue itself: the rules meant for them have to find 99 % of each kind. Semantic
    ones (a value that stands in the dialogue, but is the wrong one) are only reported.

    Exit code: 0 all structural kinds are found and under 0.5 % of the clean dialogues have an error (a finding that
    rejects; warnings are told beside), 1 not so, 2 the file cannot be read.
    """
    from toolflow_graph.cli.job import set_tracing

    # Before LangChain is imported: it reads these variables once.
    set_tracing(False)
    from toolflow_graph.dataset.jsonl import read_source
    from toolflow_graph.errors import UsageError
    from toolflow_graph.evaluation.clean import build_clean_dialogues
    from toolflow_graph.evaluation.scoring import score as measure

    if file is None:
        print(f"making {count_of(num, 'dialogue')} with the offline model", file=sys.stderr)
        records = build_clean_dialogues(num, seed=seed)
    else:
        records = list(read_source(file))
        if not records:
            raise UsageError(f"{str(file)!r} holds no dialogue", expected="clean dialogues, one JSON object a line")
    tell = _tell if sys.stderr.isatty() else None
    workers = min(os.cpu_count() or 1, 8) if len(records) >= _MANY else 1
    found = measure(records, seed=seed, per_kind=per_kind, tell=tell, workers=workers)
    if as_json:
        typer.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=1))
    else:
        _print_table(found)
    raise typer.Exit(0 if found.passed else 1)


def _tell(done: int, of: int) -> None:
    print(f"\r{100 * done // of} % ", end="" if done < of else "\r", file=sys.stderr, flush=True)


def _print_table(found: "Score") -> None:
    from rich.console import Console
    from rich.table import Table

    for level in ("structural", "semantic"):
        table = Table(title=f"{level} kinds", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("kind", no_wrap=True)
        for column in ("tried", "caught", "as meant"):
            table.add_column(column, justify="right", no_wrap=True, min_width=len(column))
        table.add_column("meant to find it", overflow="fold")
        group = ""
        for entry in found.kinds:
            if entry.kind.level == level:
                if group and entry.kind.group != group:
                    table.add_row()
                group = entry.kind.group
                shares = (_percent(entry.caught, entry.tried), _percent(entry.meant, entry.tried))
                cells = (entry.kind.code, str(entry.tried), *shares, " ".join(entry.kind.rules))
                table.add_row(*cells, style="red" if entry.fails else None)
        Console().print(table)
        typer.echo("")
    for line in render_summary(found):
        typer.echo(line)


def _percent(count: int, of: int) -> str:
    return f"{100 * count / of:.1f} %" if of else "-"


def render_summary(found: "Score") -> list[str]:
    """What the table comes to: kinds that were missed (and by which rules), kinds without a place, clean dialogues."""
    structural = [entry for entry in found.kinds if entry.kind.level == "structural"]
    tried = [entry for entry in structural if entry.tried]
    failed = [entry for entry in tried if entry.fails]
    mutants = sum(entry.tried for entry in found.kinds)
    lines = [
        f"{count_of(mutants, 'broken dialogue')} of {count_of(found.dialogues, 'clean one')}, "
        f"{len(found.kinds)} kinds: {len(tried) - len(failed)} of {len(tried)} structural kinds found at 99 % or more"
    ]
    for entry in failed:
        missed = ", ".join(miss.dialogue or "?" for miss in entry.misses)
        lines.append(
            f"  {entry.kind.code}: {', '.join(entry.kind.rules)} missed {entry.tried - entry.meant}, as in {missed}"
        )
    idle = [entry.kind.code for entry in structural if not entry.tried]
    if idle:
        lines.append(f"without a place to break: {', '.join(idle)}")
    lines.append(
        f"clean dialogues with an error: {found.unclean} of {found.dialogues} ({100 * found.clean_share:.2f} %)"
    )
    lines += _codes(found.clean_codes)
    share = 100 * found.warned / max(1, found.dialogues)
    lines.append(f"  with a warning, which rejects nothing: {found.warned} ({share:.2f} %)")
    lines += _codes(found.warning_codes)
    return lines


def _codes(counts: Mapping[str, int]) -> list[str]:
    if not counts:
        return []
    return [f"    {', '.join(f'{code} {count}' for code, count in counts.items())} (see: {COMMAND} verify FILE --all)"]
