"""``replay``: one dialogue of a run once more, from its kept replies."""

from pathlib import Path
from typing import Annotated

import typer

_Texts = list[str] | None


def replay(
    run: Annotated[Path, typer.Argument(help="Run folder.", metavar="DIR")],
    which: Annotated[str, typer.Argument(help="A dialogue's id, or its index.", metavar="ID")],
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Use the kept replies up to the K-th (from 0) of NODE and ask the models from there on "
            "[default: only kept replies].",
            metavar="NODE:K",
        ),
    ] = None,
    prompt: Annotated[
        _Texts,
        typer.Option("--prompt", help="Another prompt; repeatable [default: the run's].", metavar="ROLE=FILE"),
    ] = None,
    node: Annotated[
        _Texts, typer.Option("--node", help="Another node; repeatable [default: the run's].", metavar="NAME=REF")
    ] = None,
    model: Annotated[
        _Texts,
        typer.Option("--model", help="Another model; repeatable [default: the run's].", metavar="[ROLE=]SPEC"),
    ] = None,
    studio: Annotated[
        str | None,
        typer.Option(
            "--studio",
            help="Write nothing, but open it as a thread of the LangGraph server there (langgraph dev): all its kept "
            "steps, or with --from those before that one.",
            metavar="URL",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where to write it [default: DIR/replays/ID-N.jsonl].", metavar="FILE.jsonl"),
    ] = None,
) -> None:
    """Play a dialogue again from its seed through the replies that the run kept; with --from go on in another way.

    The run itself is not changed. Exit codes: 0 it was played (its verdict is told), 2 a mistake.
    """
    from toolflow_graph.cli.job import set_tracing

    set_tracing(False)
    from toolflow_graph.cli.replaying import open_in_studio, run_replay

    changes = {key: value for key, value in (("prompt", prompt), ("node", node), ("model", model)) if value}
    if studio is None:
        typer.echo(run_replay(run, which, start, changes, out))
    elif out is not None:
        from toolflow_graph.errors import UsageError

        raise UsageError("--studio with --out", expected="one of them: with --studio nothing is written")
    else:
        typer.echo(open_in_studio(run, which, start, changes, studio))
