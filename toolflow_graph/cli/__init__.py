"""The command line: thin Typer commands, one file a group. Each imports its rooms only when it runs."""

from typing import Annotated

import typer

from toolflow_graph import __version__
from toolflow_graph.cli import (
    ablate,
    evaluate,
    export,
    init,
    judge,
    prompts,
    replay,
    report,
    run,
    show,
    status,
    tool_graph,
    tools,
    verify,
)

app = typer.Typer(
    name="toolflow",
    help="Verified multi-turn tool-calling dialogues from any set of tool definitions.",
    no_args_is_help=True,
    # Plain text: brackets in help and in users' input are not markup, and rich is not imported for --help.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"toolflow-graph {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


app.command("run")(run.run)
app.command("show", short_help="Show one dialogue as a chat.")(show.show)
app.command("status", short_help="Where a run stands, also while it works.")(status.status)
app.command("failures", short_help="What a run's rejected dialogues died of.")(status.failures)
app.command("replay", short_help="Play one dialogue of a run again from its kept replies.")(replay.replay)
app.command("report", short_help="One HTML page of a run or a file of dialogues.")(report.report)
app.command("verify", short_help="Check the dialogues of a file with every rule.")(verify.verify)
app.command("evaluate", short_help="The paper's figures of a data set, and what is wrong with it.")(evaluate.evaluate)
app.command("compare", short_help="Two data sets side by side.")(evaluate.compare)
app.command("ablate", short_help="The paper's four arms, made and measured.", context_settings=ablate.PASSED)(
    ablate.ablate
)
app.command("export", short_help="Write a data set in a trainer's format.")(export.export)
app.command("init", short_help="Lay out a project of your own.")(init.init)
app.add_typer(judge.app, name="judge", short_help="Language models that score dialogues.")
app.add_typer(prompts.app, name="prompts")
app.add_typer(tools.app, name="tools")
app.add_typer(tool_graph.app, name="tool-graph")
app.add_typer(verify.rules_app, name="rules")
