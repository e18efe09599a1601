"""``export``: a data set in a trainer's format."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    source: Annotated[
        Path, typer.Argument(help="A run folder (its accepted dialogues) or a JSONL file.", metavar="RUN_OR_FILE")
    ] = Path("runs/latest"),
    format: Annotated[
        str,
        typer.Option(
            "--format",
            help="openai (fine-tuning lines), or a reference to a function (record: dict) -> dict [default: openai].",
            metavar="FORMAT",
            show_default=False,
        ),
    ] = "openai",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write [default: stdout].", metavar="FILE")
    ] = None,
) -> None:
    """Write a run's accepted dialogues, one JSON line each, in the format a trainer reads."""
    import io
    import sys
    from itertools import chain

    from toolflow_graph.dataset.exporters import export_records, load_exporter
    from toolflow_graph.dataset.jsonl import read_source, write_lines
    from toolflow_graph.errors import UsageError
    from toolflow_graph.outputs import replacing
    from toolflow_graph.wording import count_of

    exporter = load_exporter(format)
    lines = export_records(read_source(source), exporter, format)
    # A mistake in the source shows here, before any file or folder is made.
    first = next(lines, None)
    if first is None:
        raise UsageError(f"{str(source)!r} holds no dialogue to export", expected="at least one accepted dialogue")
    lines = chain((first,), lines)
    if output is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")
        write_lines(lines, sys.stdout)
        sys.stdout.flush()
        return
    with replacing(output) as place, place.open("w", encoding="utf-8", newline="\n") as file:
        count = write_lines(lines, file)
    print(f"{count_of(count, 'dialogue')} written to {output}", file=sys.stderr)
