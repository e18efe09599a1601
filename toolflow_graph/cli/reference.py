"""The README's table of ``run`` flags, made from the flags themselves: ``python -m toolflow_graph.cli.reference``."""

import re
from typing import Any

import typer


def render_flags(command: str = "run") -> str:
    """A Markdown table: flag, default, what it says."""
    from toolflow_graph.cli import app

    group: Any = typer.main.get_command(app)
    rows = ["| flag | default | what it says |", "|---|---|---|"]
    for option in group.commands[command].params:
        match = re.fullmatch(r"(?P<text>.*?)(?: \[default: (?P<default>.*)\])?\.?", option.help or "", re.DOTALL)
        if match is None or "--help" in option.opts:
            continue
        metavar = f" {option.metavar}" if option.metavar else ""
        cells = (f"`{', '.join(option.opts)}{metavar}`", match["default"] or "", match["text"])
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(render_flags())
