"""``prompts``: the shipped prompts, to read and to start one's own from."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The prompts: list, show, eject.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list", short_help="One line a prompt: name and hash.")
def list_prompts() -> None:
    """One line a prompt: its name and the hash that a record keeps of it."""
    from toolflow_graph.templates import load_templates

    for name, template in load_templates().items():
        typer.echo(f"{name:<10} {template.hash}  {_first_line(template.text)}")


@app.command("show")
def show_prompt(
    name: Annotated[str, typer.Argument(help="planner, user, assistant, tool or system.", metavar="NAME")],
) -> None:
    """Print a prompt."""
    from toolflow_graph.errors import UsageError
    from toolflow_graph.templates import default_prompts

    found = default_prompts()
    if name not in found:
        raise UsageError(f"no prompt is called {name!r}", expected="a prompt's name", known=list(found))
    typer.echo(found[name], nl=not found[name].endswith("\n"))


@app.command("eject", short_help="Copy all prompts into a folder, to edit them.")
def eject(
    folder: Annotated[Path, typer.Argument(help="Folder to write to; made if it is missing.", metavar="DIR")],
) -> None:
    """Copy all prompts into a folder, to edit them and run with --prompts DIR."""
    for path in eject_prompts(folder):
        typer.echo(str(path))


def eject_prompts(folder: Path) -> list[Path]:
    """Write each shipped prompt as ``folder/NAME.md``.

    Raises:
        UsageError: if one of the files is there already, or the folder cannot be written.
    """
    from toolflow_graph.errors import UsageError
    from toolflow_graph.templates import default_prompts

    texts = {folder / f"{name}.md": text for name, text in default_prompts().items()}
    present = [str(path) for path in texts if path.exists()]
    if present:
        raise UsageError(
            f"{present[0]!r} is there already; nothing was written", expected="a folder without these files"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write to {str(folder)!r}: {error.strerror}", expected="a folder that you may write to"
        ) from None
    return list(texts)


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= 70 else f"{line[:67]}..."
