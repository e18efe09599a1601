"""``tools list | show | validate | import``: look at tool sources, check them, turn them into our own JSON."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolflow_graph.errors import UsageError
from toolflow_graph.wording import COMMAND, count_of

if TYPE_CHECKING:
    from toolflow_graph.types import Tool

app = typer.Typer(help="Look at tool sources, check them, import them.", no_args_is_help=True, rich_markup_mode=None)

_KINDS = (
    "A file, a folder, package.module:attr or path/file.py:attr; our JSON, OpenAI or MCP tool lists, OpenAPI, Swagger."
)
_Sources = Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help=_KINDS, show_default=False)]
_Tools = Annotated[
    list[str] | None,
    typer.Option(
        "--tools", metavar="SOURCE", help="A tool source, like the arguments; repeatable.", show_default=False
    ),
]


@app.command("list", short_help="List the tools of the sources.")
def list_tools(
    sources: _Sources = None,
    tools: _Tools = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
) -> None:
    """List the tools of the sources (none: the default catalogue)."""
    from toolflow_graph.catalog import load_tools

    rows = [_row(tool) for tool in load_tools(_join(sources, tools))]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    header = ("NAME", "DOMAIN", "EFFECT", "REQUIRED", "RETURNS")
    cells = [
        (
            row["name"],
            _clip(row["domain"] or "-", 40),
            row["effect"] or "-",
            _clip(", ".join(row["required"]) or "-", 48),
            "y" if row["returns"] else "n",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in [header, *cells]) for column in range(len(header))]
    for line in [header, *cells]:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    typer.echo(count_of(len(rows), "tool"), err=True)


@app.command("show")
def show_tool(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The tool's name.")],
    sources: _Sources = None,
    tools: _Tools = None,
) -> None:
    """Print a tool's definition as JSON."""
    import difflib
    import shlex

    from toolflow_graph.catalog import load_tools

    found = {tool.name: tool for tool in load_tools(_join(sources, tools))}
    if name not in found:
        folded: dict[str, str] = {}
        for known in found:
            folded.setdefault(known.lower(), known)
        close = [folded[match] for match in difflib.get_close_matches(name.lower(), folded, n=5, cutoff=0.5)]
        close += [known for known in found if name.lower() in known.lower() and known not in close][:5]
        flags = "".join(f" --tools {shlex.quote(source)}" for source in _join(sources, tools))
        raise UsageError(
            f"no tool {name!r} among {count_of(len(found), 'tool')}",
            known=close,
            hint=f"{COMMAND} tools show {close[0]}{flags}" if close else f"{COMMAND} tools list{flags}",
        )
    typer.echo(json.dumps(_plain(found[name]), ensure_ascii=False, indent=2))


@app.command("validate", short_help="Check the sources; say what was changed.")
def validate_tools(sources: _Sources = None, tools: _Tools = None) -> None:
    """Check the sources and say what was changed or left out; exit code 2 if one is broken."""
    from toolflow_graph.catalog import load_catalogue

    catalogue = load_catalogue(_join(sources, tools))
    for line in catalogue.notes:
        typer.echo(line)
    typer.echo(_summary(catalogue.tools))


@app.command("import", short_help="Turn the sources into one file of our own JSON.")
def import_tools(
    sources: _Sources = None,
    tools: _Tools = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="Where to write; none: stdout.", show_default=False),
    ] = None,
) -> None:
    """Turn the sources into one file of our own JSON, to read, prune and edit."""
    from toolflow_graph.catalog import load_catalogue
    from toolflow_graph.outputs import replacing

    wanted = _join(sources, tools)
    if out is not None and any(Path(source).exists() and Path(source).resolve() == out.resolve() for source in wanted):
        raise UsageError(f"-o {str(out)!r} is one of the sources", expected="another file")
    catalogue = load_catalogue(wanted)
    text = json.dumps(_document(catalogue.tools), ensure_ascii=False, indent=1) + "\n"
    for line in catalogue.notes:
        typer.echo(line, err=True)
    if out is None:
        sys.stdout.write(text)
        return
    with replacing(out) as place:
        place.write_text(text, encoding="utf-8")
    typer.echo(f"{_summary(catalogue.tools)}\nwritten to {out}", err=True)


def _join(sources: list[str] | None, tools: list[str] | None) -> list[str]:
    """All sources, checked as ``run`` checks them, so that both refuse the same with the same words."""
    from toolflow_graph.config_file import merge

    return list(merge({}, {"tools": [*(sources or ()), *(tools or ())]}).tools)


def _row(tool: "Tool") -> dict[str, Any]:
    return {
        "name": tool.name,
        "domain": tool.domain,
        "effect": tool.effect,
        "required": tool.parameters.get("required", []),
        "returns": tool.returns is not None,
        "description": tool.description,
        "source": tool.source,
    }


def _plain(tool: "Tool") -> dict[str, Any]:
    """A tool's entry in our JSON, keys in the catalogue's order."""
    keys = ("name", "description", "domain", "effect", "parameters", "returns")
    return {key: value for key in keys if (value := getattr(tool, key)) is not None}


def _document(tools: Sequence["Tool"]) -> dict[str, Any]:
    domains = {tool.domain for tool in tools}
    entries = [_plain(tool) for tool in tools]
    if len(domains) > 1 or domains == {None}:
        return {"tools": entries}
    for entry in entries:
        del entry["domain"]
    return {"domain": next(iter(domains)), "tools": entries}


def _summary(tools: Sequence["Tool"]) -> str:
    effects = {effect: sum(tool.effect == effect for tool in tools) for effect in ("read", "write", None)}
    returns = sum(tool.returns is not None for tool in tools)
    domains = count_of(len({tool.domain for tool in tools}), "domain")
    unknown = f", {effects[None]} of unknown effect" if effects[None] else ""
    return (
        f"{count_of(len(tools), 'tool')} in {domains}: {effects['read']} read, "
        f"{effects['write']} write{unknown}; {returns} with a return schema"
    )


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."
