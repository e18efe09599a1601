"""``tool-graph``: figures of the tool graph, a tool's neighbours, export, and vector files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolflow_graph.wording import count_of

if TYPE_CHECKING:
    from toolflow_graph.tool_graph import ToolGraph

app = typer.Typer(
    help="The tool graph: which tools are tied, and by which fields.", no_args_is_help=True, rich_markup_mode=None
)

Tools = Annotated[
    list[str] | None,
    typer.Option("--tools", metavar="SOURCE", help="Tool source (repeatable); default: the catalogue."),
]
EmbedderSpec = Annotated[
    str,
    typer.Option(
        "--embedder",
        metavar="SPEC",
        help="auto, lexical, sbert[:MODEL_OR_FOLDER], openai[:MODEL[@BASE_URL]], a vector file (.npz) or a reference.",
    ),
]
Tau = Annotated[
    float | None, typer.Option("--tau", help="Similarity that an edge must exceed; default: the embedder's.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


@app.command("stats", short_help="Figures of the tool graph.")
def print_stats(tools: Tools = None, embedder: EmbedderSpec = "auto", tau: Tau = None, as_json: AsJson = False) -> None:
    """Count tools, edges by kind, isolated tools and components, and name the texts that tie most tools."""
    stats = _build(tools, embedder, tau).stats()
    if as_json:
        typer.echo(json.dumps(stats.to_json(), ensure_ascii=False, indent=1))
        return
    crossing = stats.cross_domain_share
    rows = [
        ("tools", f"{stats.tools:,} in {count_of(stats.domains, 'domain')}"),
        ("fields", f"{stats.fields:,} with {count_of(stats.texts, 'distinct text')}"),
        ("edges", f"{stats.edges:,}" + (f", {crossing:.0%} across domains" if crossing is not None else "")),
        ("  P-P", f"{count_of(stats.edges_by_kind['P-P'], 'pair')} of tools with similar parameters"),
        ("  P-R", f"{count_of(stats.edges_by_kind['P-R'], 'pair')} where a result resembles a parameter"),
        ("mean degree", f"{stats.mean_degree:.1f}"),
        ("components", f"{stats.components:,}, the largest with {count_of(stats.largest_component, 'tool')}"),
        ("isolated", ", ".join([f"{len(stats.isolated):,}", *stats.isolated[:10]])),
        ("embedder", f"{stats.embedder}, tau {stats.tau:g}"),
    ]
    _print_table("Tool graph", ("", ""), rows)
    hubs = [(hub.text, f"{hub.tools:,}", f"{hub.share:.0%}") for hub in stats.hubs]
    _print_table("Texts that tie most tools", ("field text", "tools", "share"), hubs)


@app.command("show", short_help="A tool's neighbours, or the whole tool graph as a file.")
def show(
    name: Annotated[str | None, typer.Argument(help="A tool; without it, the tools with most neighbours.")] = None,
    tools: Tools = None,
    embedder: EmbedderSpec = "auto",
    tau: Tau = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows to print.")] = 20,
    as_json: AsJson = False,
    form: Annotated[
        str | None, typer.Option("--format", help="Write the whole tool graph: graphml, or json (networkx node-link).")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="Where --format writes.")] = None,
) -> None:
    """Show a tool's neighbours and the fields that tie them, or write the tool graph to a file."""
    from toolflow_graph.errors import UsageError

    if form is not None or out is not None:
        _export(name, _build(tools, embedder, tau), form, out)
        return
    graph = _build(tools, embedder, tau)
    if not len(graph):
        raise UsageError("there are no tools to show", hint="--tools SOURCE")
    if name is None:
        _show_hubs(graph, limit, as_json)
        return
    tool = graph.tool(name)
    edges = [edge for other in graph.neighbours(name) for edge in graph.edges_between(name, other)]
    edges.sort(key=lambda edge: (-edge.similarity, edge.kind != "P-R", edge.source, edge.target))
    if as_json:
        plain = {"name": name, "domain": tool.domain, "edges": [edge.to_json() for edge in edges]}
        typer.echo(json.dumps(plain, ensure_ascii=False, indent=1))
        return
    rows = [
        (
            edge.kind,
            f"{edge.source}: {edge.source_field}",
            "->" if edge.kind == "P-R" else "--",
            f"{edge.target}: {edge.target_field}",
            f"{edge.similarity:.3f}",
        )
        for edge in edges
    ]
    neighbours = count_of(len(graph.neighbours(name)), "neighbour")
    title = f"{name}: {neighbours}, {count_of(len(rows), 'tie')}, the strongest first"
    _print_table(title, ("kind", "source: field", "", "target: field", "similarity"), rows[:limit])
    if len(rows) > limit:
        typer.echo(f"{len(rows) - limit:,} more: --limit {len(rows)}", err=True)


@app.command("embed", short_help="Write a vector file for --embedder.")
def embed(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The vector file to write (.npz).")],
    tools: Tools = None,
    embedder: EmbedderSpec = "sbert",
) -> None:
    """Embed every field text of the tools and write a vector file that --embedder FILE reads."""
    from toolflow_graph.catalog import load_tools
    from toolflow_graph.errors import UsageError
    from toolflow_graph.outputs import replacing
    from toolflow_graph.tool_graph import collect_texts, embed_texts, load_embedder
    from toolflow_graph.tool_graph.cache import build_cache, write_cache

    texts = collect_texts(load_tools(tools or ()))
    if out.suffix != ".npz":
        raise UsageError(f"{str(out)!r} is no name for a vector file", expected="FILE.npz")
    if embedder == "lexical":
        raise UsageError(
            "'lexical' has no vectors to keep: they depend on all texts together", known=["sbert", "openai"]
        )
    chosen = load_embedder(embedder, texts)
    vectors, notes = embed_texts(chosen.embedder, texts, progress=_print_progress)
    for note in notes:
        typer.echo(f"note: {note}", err=True)
    with replacing(out) as place:
        write_cache(place, build_cache(chosen.embedder.name, float(chosen.embedder.tau), texts, vectors))
    typer.echo(
        f"{count_of(len(texts), 'text')} by {chosen.embedder.name} -> {out} ({out.stat().st_size:,} bytes)", err=True
    )


def _build(tools: list[str] | None, embedder: str, tau: float | None) -> "ToolGraph":
    from toolflow_graph.catalog import load_tools
    from toolflow_graph.tool_graph import build_tool_graph

    graph = build_tool_graph(load_tools(tools or ()), embedder, tau, progress=_print_progress)
    typer.echo(f"embedder: {graph.reason}, tau {graph.tau:g}", err=True)
    for note in graph.notes:
        typer.echo(f"note: {note}", err=True)
    return graph


def _export(name: str | None, graph: "ToolGraph", form: str | None, out: Path | None) -> None:
    from toolflow_graph.errors import UsageError
    from toolflow_graph.tool_graph.export import FORMATS, write_graph

    if name is not None:
        raise UsageError(f"{name!r} and a file do not go together: the whole tool graph is written")
    if out is None:
        raise UsageError(f"--format {form!r} without a file", expected="-o FILE")
    form = form or out.suffix.removeprefix(".")
    if form not in FORMATS:
        raise UsageError(f"unknown format {form!r}", known=FORMATS, hint="--format graphml")
    write_graph(graph, out, form)
    typer.echo(f"{count_of(len(graph), 'tool')} -> {out}", err=True)


def _show_hubs(graph: "ToolGraph", limit: int, as_json: bool) -> None:
    ranked = sorted(((len(graph.neighbours(tool)), tool) for tool in graph.names), key=lambda pair: (-pair[0], pair[1]))
    found = [(tool, graph.tool(tool).domain or "", degree) for degree, tool in ranked[:limit]]
    if as_json:
        plain = [{"name": tool, "domain": domain, "neighbours": degree} for tool, domain, degree in found]
        typer.echo(json.dumps(plain, ensure_ascii=False, indent=1))
        return
    rows = [(tool, domain, f"{degree:,}") for tool, domain, degree in found]
    _print_table("Tools with most neighbours", ("tool", "domain", "neighbours"), rows)


def _print_table(title: str, columns: tuple[str, ...], rows: list[Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", show_header=any(columns))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        # Text, because a field path such as guests[0] reads as markup otherwise.
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def _print_progress(done: int, of: int) -> None:
    typer.echo(f"embedded {done:,} of {count_of(of, 'text')}", err=True)
