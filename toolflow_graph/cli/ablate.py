"""``ablate``: the paper's four arms with the same budget, measured, beside the paper's table."""

import contextlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolflow_graph.cli.evaluate import NliOption, load_options, show_progress

if TYPE_CHECKING:
    from toolflow_graph.evaluation.ablation import Arm
    from toolflow_graph.evaluation.assessment import Options

_OWN = {
    "--out": "the arms' folders lie in ablate's own --out",
    "--sampling": "that is what the arms differ in",
    "--plan": "that is what the arms differ in",
    "--dry-run": "dry-run one arm with the command run",
}
_INTERRUPTED = 130
PASSED = {"allow_extra_args": True, "ignore_unknown_options": True}


def ablate(
    context: typer.Context,
    num: Annotated[int, typer.Option("-n", "--num", min=1, help="Accepted dialogues of each arm.", metavar="N")] = 20,
    out: Annotated[Path, typer.Option("--out", help="Folder of the four runs.", metavar="DIR")] = Path("ablation"),
    similarity: Annotated[
        str,
        typer.Option("--similarity", help="Embedder that measures SS, as evaluate's --embedder.", metavar="SPEC"),
    ] = "auto",
    nli: NliOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Make a data set with and without the tool graph and the plan, and print the paper's table with ours.

    Every other flag is one of run's and holds for all four arms: --model, --tools, --seed, --turns, --max-cost, ...
    The same command again goes on where it was stopped. H and D-3 are taken at equal numbers of words.

    Exit code: 0 all arms are complete, 1 one gave up (the others are measured), 2 a mistake.
    """
    from toolflow_graph.evaluation.ablation import ARMS, PLUMBING, render_table

    flags = list(context.args)
    _check_flags(flags)
    options = load_options(similarity, nli)
    codes = [_play(arm, place, ["-n", str(num), *flags], out) for place, arm in enumerate(ARMS, 1)]
    measured, offline = _measure([out / arm.name for arm in ARMS], options)
    rows = {arm.name: row for arm, row in zip(ARMS, measured, strict=True) if row}
    notes = [PLUMBING] if offline else []
    if as_json:
        plain = {arm.name: {"measured": rows.get(arm.name), "paper": dict(arm.paper)} for arm in ARMS}
        typer.echo(json.dumps({"schema": 1, "arms": plain, "notes": notes}, indent=1))
    else:
        typer.echo(render_table(rows, notes))
    if any(codes):
        raise typer.Exit(1)


def _check_flags(flags: Sequence[str]) -> None:
    from toolflow_graph.errors import UsageError

    for flag in flags:
        reason = _OWN.get(flag.partition("=")[0])
        if reason is not None:
            raise UsageError(f"ablate takes no {flag}: {reason}", expected="any other flag of run (see: run --help)")


def _play(arm: "Arm", place: int, flags: list[str], out: Path) -> int:
    """Run one arm to its end, or on from where it was stopped; its exit code.

    Raises:
        UsageError: the user's mistake, as ``run`` raises it.
    """
    from toolflow_graph.cli import app

    print(f"arm {place} of 4: {arm.title}", file=sys.stderr)
    command = typer.main.get_command(app)
    args = ["run", *flags, *arm.settings, "--out", str(out / arm.name)]
    # The summaries of the arms are progress here.
    with contextlib.redirect_stdout(sys.stderr):
        code = command.main(args, prog_name="toolflow", standalone_mode=False)
    if code == _INTERRUPTED:
        raise typer.Exit(_INTERRUPTED)
    return int(code or 0)


def _measure(folders: Sequence[Path], options: "Options") -> tuple[list[dict[str, float | None]], bool]:
    """The rows of the arms' data sets ({} of one without a dialogue), and whether the offline model made them all."""
    from toolflow_graph.errors import UsageError
    from toolflow_graph.evaluation.assessment import OFFLINE, Assessment, build_assessment
    from toolflow_graph.evaluation.metrics.diversity import cut_words, measure_distinct, measure_entropy
    from toolflow_graph.evaluation.samples import load_samples

    found: list[Assessment | None] = []
    offline = True
    with show_progress() as tell:
        for folder in folders:
            try:
                drawn = load_samples(folder, sample=None, seed=options.seed, tell=tell)
            except UsageError:  # an arm that gave up before its first accepted dialogue
                found.append(None)
                continue
            offline = offline and all(_models_of(value) == {OFFLINE} for _, value in drawn.values)
            found.append(build_assessment(drawn, name=str(folder), options=options, tell=tell))
    least = min((len(each.spoken.ids) for each in found if each), default=0)
    rows: list[dict[str, float | None]] = []
    for each in found:
        if each is None:
            rows.append({})
            continue
        figures, words = each.figures, cut_words(each.spoken, least, seed=options.seed)
        judged = (figures["judge"] or {}).get("scores", {})
        size, coherence = figures["size"], figures["coherence"]
        rows.append(
            {
                "SS": coherence["ss"],
                "EnR": coherence["enr"],
                "H": measure_entropy(words),
                "D-3": measure_distinct(words),
                "NAT": judged.get("nat"),
                "COH": judged.get("coh"),
                "dialogues": size["dialogues"],
                "turns": size["turns"],
                "calls": size["calls"],
                "words": least,
            }
        )
    return rows, offline and any(found)


def _models_of(value: Any) -> set[Any]:
    """The names of the models that played a record's dialogue."""
    models = value.get("models", {}) if isinstance(value, dict) else {}
    return {each.get("name") for each in models.values() if isinstance(each, dict)}
