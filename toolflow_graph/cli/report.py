"""``report``: one HTML page of a run or a file of dialogues."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    source: Annotated[
        Path,
        typer.Argument(
            help="A run folder, or dialogues in a file: ours, or plain OpenAI messages + tools (.jsonl, .gz).",
            metavar="RUN_OR_FILE",
        ),
    ] = Path("runs/latest"),
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write.", metavar="FILE.html")] = Path(
        "report.html"
    ),
    evaluation: Annotated[
        Path | None,
        typer.Option("--evaluation", help="What `evaluate --json` printed, to be shown in it.", metavar="FILE.json"),
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", help="Its heading [default: the name of what is read].", metavar="TEXT")
    ] = None,
) -> None:
    """Write one HTML page that shows the dialogues: figures, plots, the tool graph, and each dialogue to read.

    The page needs no network and no server, and asks for none: open the file in a browser. Verdicts are those that the
    data carries; dialogues without one of ours are judged by the rules here.
    """
    import gc
    import sys

    from toolflow_graph.evaluation.report import build_report
    from toolflow_graph.evaluation.report.page import read_evaluation
    from toolflow_graph.outputs import replacing
    from toolflow_graph.wording import count_of

    measures = read_evaluation(evaluation) if evaluation else None
    # Thousands of small objects that hold no circles: the collector would look at them over and over.
    threshold = gc.get_threshold()
    gc.set_threshold(100_000, *threshold[1:])
    try:
        page = build_report(source, title=title, evaluation=measures)
    finally:
        gc.set_threshold(*threshold)
    with replacing(output) as place:
        place.write_text(page, encoding="utf-8", newline="\n")
    print(f"{output}: {count_of(len(page.encode()) // 1024, 'kB', 'kB')}; open it in a browser", file=sys.stderr)
