"""``status``: where a run stands, asked from another terminal. ``failures``: what its rejected dialogues died of."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

DEFAULT_RUN = Path("runs/latest")

_Run = Annotated[Path, typer.Argument(help="Run folder [default: runs/latest].", metavar="[DIR]", show_default=False)]


def status(
    run: _Run = DEFAULT_RUN,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
) -> None:
    """Say whether a run works in DIR, and how far it is. It may be working meanwhile."""
    from toolflow_graph.run.status import read_status, render_status

    told = read_status(run)
    typer.echo(json.dumps(told, ensure_ascii=False, indent=1) if as_json else render_status(told))


def failures(
    run: _Run = DEFAULT_RUN,
    code: Annotated[
        str | None, typer.Option("--code", help="Only dialogues with this finding [default: all].", metavar="CODE")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Group a run's rejected dialogues by what they died of, with the node, an example and ids to look at."""
    from toolflow_graph.run.failures import group_failures, render_failures

    groups = group_failures(run, code=code)
    plain: list[dict[str, Any]] = [group.to_json() for group in groups]
    typer.echo(json.dumps(plain, ensure_ascii=False, indent=1) if as_json else render_failures(groups, run))
