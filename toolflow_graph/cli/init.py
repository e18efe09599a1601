"""``init``: lay out a project of one's own, which ``run`` then finds."""

from pathlib import Path
from typing import Annotated

import typer


def init(
    folder: Annotated[Path, typer.Argument(help="Folder to lay out; new or empty.", metavar="DIR")],
) -> None:
    """Lay out a project: toolflow.toml, prompts/, nodes/, tools/. Then: cd DIR && python -m toolflow_graph run."""
    import shlex

    from toolflow_graph.wording import COMMAND

    for path in init_project(folder):
        typer.echo(str(path))
    typer.echo(f"\nnext: cd {shlex.quote(str(folder))} && {COMMAND} run")


def init_project(folder: Path) -> list[Path]:
    """Write the project's files.

    Raises:
        UsageError: if the folder holds anything already or cannot be written; nothing is written then.
    """
    from toolflow_graph.cli.prompts import eject_prompts
    from toolflow_graph.cli.scaffold import FILES
    from toolflow_graph.errors import UsageError

    try:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{str(folder)!r} is not empty; nothing was written", expected="a new or an empty folder")
        written = []
        for name, text in FILES.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise UsageError(
            f"cannot write to {str(folder)!r}: {error.strerror}", expected="a new or an empty folder"
        ) from None
    return [*written, *eject_prompts(folder / "prompts")]
