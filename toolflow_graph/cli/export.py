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
        ),
    ] = "openai",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write [default: stdout].", metavar="FILE")
    ] = None,
) -> None:
    """Write a run's accepted dialogues, one JSON line each, in the format a trainer reads."""
    import io
    import sys

    from toolflow_graph.dataset.exporters import export_records, load_exporter
    from toolflow_graph.dataset.jsonl import ReplacedFile, read_source, write_lines
    from toolflow_graph.errors import UsageError

    if output is not None and (output.is_dir() or not output.parent.is_dir()):
        problem = f"{str(output)!r} is a folder" if output.is_dir() else f"there is no folder {str(output.parent)!r}"
        raise UsageError(f"cannot write the export: {problem}", expected="-o FILE in a folder that exists")
    exporter = load_exporter(format)
    lines = export_records(read_source(source), exporter, format)
    if output is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")
        count = write_lines(lines, sys.stdout)
        sys.stdout.flush()
    else:
        with ReplacedFile(output) as file:
            count = write_lines(lines, file)
    if not count:
        raise UsageError(f"{str(source)!r} holds no dialogue to export", expected="at least one accepted dialogue")
    if output is not None:
        print(f"{count} dialogues written to {output}", file=sys.stderr)
