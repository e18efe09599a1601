"""``show``: read a dialogue as a chat."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

DEFAULT_RUN = Path("runs/latest")


def show(
    which: Annotated[
        list[str] | None,
        typer.Argument(
            help="A dialogue's id, or its number in the file counted from 0 [default: 0]; a JSONL file before it "
            "shows one of that file's.",
            metavar="[FILE.jsonl] [ID|N]",
        ),
    ] = None,
    run: Annotated[
        Path,
        typer.Option(
            "--run",
            help="Run folder or JSONL file [default: runs/latest].",
            metavar="DIR|FILE",
            show_default=False,
        ),
    ] = DEFAULT_RUN,
    rejected: Annotated[
        bool, typer.Option("--rejected", help="Look among the rejected dialogues [default: the accepted ones].")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Show calls, results and refused replies whole [default: a line each].")
    ] = False,
) -> None:
    """Show one dialogue as a chat: plan, messages, calls and results; findings and judges' marks at their messages."""
    from rich.console import Console

    from toolflow_graph.cli.chat import render_dialogue

    source, wanted = run, "0"
    words = list(which or ())
    if words and (words[0].endswith(".jsonl") or (not words[0].isdigit() and Path(words[0]).exists())):
        source = Path(words.pop(0))
    if words:
        wanted = words.pop(0)
    if words:
        raise typer.BadParameter(f"too many: {' '.join(words)}")
    record = _find(source, wanted, rejected=rejected)
    Console(highlight=False, soft_wrap=False).print(render_dialogue(record, full=full))


def _find(source: Path, wanted: str, *, rejected: bool) -> dict[str, Any]:
    import shlex

    from toolflow_graph.errors import UsageError
    from toolflow_graph.wording import COMMAND, count_of

    counts: dict[bool, int] = {}
    # An id is unambiguous: the rejected dialogues of a run are searched for it too.
    groups = [rejected] if wanted.isdigit() or not source.is_dir() else [rejected, not rejected]
    for group in groups:
        counts[group] = 0
        for number, record in enumerate(_read(source, rejected=group)):
            counts[group] += 1
            if (wanted.isdigit() and number == int(wanted)) or record.get("id") == wanted:
                return record
    count = counts[rejected]
    of_kind = f"{'rejected' if rejected else 'accepted'} dialogue" if source.is_dir() else "dialogue"
    expected = {0: "", 1: "0, the only one, or an id"}.get(count, f"a number from 0 to {count - 1}, or an id")
    hint = ""
    if not count and not rejected and source.is_dir():
        place = "" if source == DEFAULT_RUN else f" --run {shlex.quote(str(source))}"
        hint = f"{COMMAND} show --rejected{place}"
    raise UsageError(
        f"no dialogue {wanted!r} in {str(source)!r}, which holds {count_of(count, of_kind)}",
        expected=expected,
        hint=hint,
    )


def _read(source: Path, *, rejected: bool) -> Iterator[dict[str, Any]]:
    from toolflow_graph.dataset.jsonl import read_source
    from toolflow_graph.dataset.reading import read_values

    if source.is_file():
        # Anybody's: packed, or one JSON list.
        yield from (data if isinstance(data, dict) else {} for _, data in read_values(source))
    else:
        yield from read_source(source, rejected=rejected)
