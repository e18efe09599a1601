"""``judge``: scores for dialogues that are there, and how far a judge agrees with people."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

_DEFAULT = "dialogues"


class _WithDefault(TyperGroup):
    """``judge DATA`` is ``judge dialogues DATA``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_WithDefault,
    help="Let language models score dialogues; 'judge DATA' is short for 'judge dialogues DATA'.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command(_DEFAULT, short_help="Score the dialogues of a file or a run.")
def dialogues(
    data: Annotated[
        Path,
        typer.Argument(
            help="A run folder (its accepted dialogues), or a file: one dialogue with messages (and tools) a line, "
            "ours or OpenAI's (.gz is fine).",
            metavar="DATA",
        ),
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            help="A judge: NAME, NAME@base_url, offline (figures of form, for trying), or a reference; several make a "
            "committee, all of which judge; repeatable; required.",
            metavar="SPEC",
        ),
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Run folder of the judging.", metavar="RUN")] = Path(
        "runs/judged"
    ),
    sample: Annotated[
        int | None,
        typer.Option("--sample", help="Judge so many only, evenly spread [default: all].", metavar="N", min=1),
    ] = None,
    judge_min: Annotated[
        list[str] | None,
        typer.Option(
            "--judge-min",
            help="Least mean score that keeps a dialogue, such as nat=3,acc=4; repeatable [default: none].",
            metavar="NAME=SCORE",
        ),
    ] = None,
    judge_temperature: Annotated[
        str | None,
        typer.Option(
            "--judge-temperature", help="Sampling temperature of the judges [default: the server's own].", metavar="T"
        ),
    ] = None,
    prompt: Annotated[
        Path | None, typer.Option("--prompt", help="A prompt in place of prompts/judge.md.", metavar="FILE")
    ] = None,
    concurrency: Annotated[
        str | None, typer.Option("--concurrency", help="Dialogues in flight at most [default: 64].", metavar="N")
    ] = None,
    max_cost: Annotated[
        str | None, typer.Option("--max-cost", help="Stop gently once so many US dollars are spent.", metavar="USD")
    ] = None,
    max_tokens: Annotated[
        str | None, typer.Option("--max-tokens", help="Stop gently once so many tokens are spent.", metavar="N")
    ] = None,
    max_time: Annotated[
        str | None, typer.Option("--max-time", help="Stop gently after so long (90s, 45m).", metavar="TIME")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            help="Where endpoints and prices stand [default: toolflow.toml if it is here].",
            metavar="FILE.toml",
        ),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start afresh; what is there moves to previous-1/ [default: resume].")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no notes.")] = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Progress as JSON lines on stderr.")] = False,
) -> None:
    """Score dialogues from 1 to 5 (nat, coh, help, acc) and mark the assistant's messages not to be trained on.

    Writes the records, each with its judgement, into a run folder; the same command again goes on where it was stopped.
    The rules are not run (see verify). Exit codes: 0 all judged, 1 some are not, 2 a mistake, 130 stopped with Ctrl-C.
    """
    from toolflow_graph.cli.job import set_tracing
    from toolflow_graph.cli.judging import run_judging

    set_tracing(False)
    flags = {
        "out": output,
        "judge": model,
        "judge_min": judge_min,
        "judge_temperature": judge_temperature,
        "prompt": None if prompt is None else [f"judge={prompt}"],
        "concurrency": concurrency,
        "max_cost": max_cost,
        "max_tokens": max_tokens,
        "max_time": max_time,
    }
    code = run_judging(data, flags, config=config, sample=sample, fresh=fresh, quiet=quiet, log_json=log_json)
    raise typer.Exit(code)


@app.command("calibrate", short_help="How far a judge agrees with people.")
def calibrate(
    labels: Annotated[
        Path,
        typer.Argument(
            help='A file with {"human": {"nat": 4, ...}, "judge": {...}} a line, or judged dialogues with "human" '
            "beside the judgement.",
            metavar="LABELS",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
) -> None:
    """Print Cohen's kappa (unweighted, and quadratically weighted) and Pearson's r of each criterion.

    "undefined" stands where there is nothing to measure: fewer than two dialogues, or scores that do not vary.
    """
    import json
    from dataclasses import asdict

    from toolflow_graph.dataset.reading import read_values
    from toolflow_graph.errors import ParseError, UsageError
    from toolflow_graph.judging.calibration import calibrate as measure
    from toolflow_graph.judging.calibration import parse_labels, render_agreement

    pairs = []
    for line, data in read_values(labels):
        try:
            pairs.append(parse_labels(data))
        except ParseError as error:
            raise UsageError(
                f"{str(labels)!r}, line {line}: {error}",
                expected='{"human": {"nat": 4, "coh": 5, "help": 4, "acc": 3}, "judge": {...}}',
            ) from None
    found = measure(pairs)
    if not found:
        raise UsageError(f"{str(labels)!r} holds no criterion that both scored", known=("nat", "coh", "help", "acc"))
    plain = {name: asdict(each) for name, each in found.items()}
    typer.echo(json.dumps(plain, indent=2) if as_json else render_agreement(found))
