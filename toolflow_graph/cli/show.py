"""``show``: read a dialogue as a chat."""

from pathlib import Path
from typing import Annotated

import typer


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
        Path, typer.Option("--run", help="Run folder or JSONL file [default: runs/latest].", metavar="DIR|FILE")
    ] = Path("runs/latest"),
    rejected: Annotated[
        bool, typer.Option("--rejected", help="Look among the rejected dialogues [default: the accepted ones].")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Show long calls and results whole [default: folded].")] = False,
) -> None:
    """Show one dialogue: plan, messages, calls and results, verdict and findings."""
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


def _find(source: Path, wanted: str, *, rejected: bool) -> dict[str, object]:
    from toolflow_graph.dataset.jsonl import read_source
    from toolflow_graph.errors import UsageError

    names: list[str] = []
    # An id is unambiguous: the rejected dialogues of a run are searched for it too.
    groups = [rejected] if wanted.isdigit() or not source.is_dir() else [rejected, not rejected]
    for group in groups:
        for number, record in enumerate(read_source(source, rejected=group)):
            names.append(str(record.get("id", number)))
            if (wanted.isdigit() and number == int(wanted)) or record.get("id") == wanted:
                return record
    kind = "rejected" if rejected else "accepted"
    held = f"{len(names)} {kind if source.is_dir() else ''} dialogues".replace("  ", " ")
    raise UsageError(
        f"no dialogue {wanted!r} in {str(source)!r}, which holds {held}",
        expected="an id, or a number counted from 0",
        known=names,
        hint="python -m toolflow_graph show --rejected" if not names and not rejected and source.is_dir() else "",
    )
