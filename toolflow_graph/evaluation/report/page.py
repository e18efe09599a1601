"""The page: one HTML file that needs nothing else, and may reach nothing else (its content security policy)."""

import base64
import hashlib
import json
import string
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from toolflow_graph.errors import UsageError
from toolflow_graph.evaluation.report.assessed import render_assessment
from toolflow_graph.evaluation.report.facts import Facts, build_facts
from toolflow_graph.evaluation.report.figures import (
    Card,
    Figures,
    build_cards,
    build_figures,
    list_unknowns,
    order_roles,
)
from toolflow_graph.evaluation.report.packing import Packer, build_hints, build_index, pack
from toolflow_graph.evaluation.report.plots import KINDS, Plot, build_plots
from toolflow_graph.evaluation.report.reading import Origin, read_entries, read_origin
from toolflow_graph.evaluation.report.svg import escape
from toolflow_graph.evaluation.report.toolmap import ToolMap, build_tool_map, render_tool_map
from toolflow_graph.verification import RULES
from toolflow_graph.wording import count_of

STYLES = ("theme.css", "overview.css", "browser.css")
SCRIPTS = ("dom.js", "data.js", "list.js", "chat.js", "dialogue.js", "app.js")
"""In the order in which they are put into the page's one script."""


def build_report(source: Path, *, title: str | None = None, evaluation: Mapping[str, Any] | None = None) -> str:
    """The page of a run folder or a file of dialogues. The same data gives the same text.

    Args:
        source: what ``read_entries`` reads.
        title: its heading (default: the name of the folder or file).
        evaluation: what ``evaluate --json`` printed, to be shown beside the figures.

    Raises:
        UsageError: there is nothing to read, or no dialogue in it.
    """
    origin = read_origin(source)
    packer, facts = Packer(), []
    for entry in read_entries(source):
        packer.add(entry)
        facts.append(build_facts(entry))
    if not facts:
        raise UsageError(f"{str(source)!r} holds no dialogue", expected="a run folder or a file with dialogues in it")
    figures = build_figures(facts, origin)
    return render_page(title or origin.name, origin, figures, facts, packer, evaluation)


def render_page(
    title: str,
    origin: Origin,
    figures: Figures,
    facts: list[Facts],
    packer: Packer,
    evaluation: Mapping[str, Any] | None = None,
) -> str:
    """Put it together."""
    style = "\n".join(_asset(name) for name in STYLES)
    script = '"use strict";\n(() => {\n' + "\n".join(_asset(name) for name in SCRIPTS) + "\n})();\n"
    codes = {code for each in facts for code in each.codes}
    index = {**build_index(facts), "hints": build_hints(codes), "kinds": KINDS, "judged": bool(figures.judged)}
    tool_map = build_tool_map(figures)
    values = {
        "policy": _policy(style, script),
        "title": escape(title),
        "style": style,
        "script": script,
        "subtitle": escape(_subtitle(origin, figures)),
        "count": f"{figures.dialogues:,}",
        "cards": "".join(_card(card) for card in build_cards(figures, origin)),
        "unknowns": _unknowns(figures),
        "evaluation": render_assessment(evaluation) if evaluation else "",
        "plots": "".join(_plot(plot) for plot in build_plots(figures)),
        "toolmap": _tool_map(tool_map),
        "models": _models(figures),
        "islands": "".join(_islands(pack(index), packer)),
        "rules": str(len(RULES)),
    }
    return string.Template(_asset("page.html")).substitute(values)


def _asset(name: str) -> str:
    return (files("toolflow_graph.evaluation.report") / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Nothing may be loaded or connected to, and only this very style and script run."""
    allowed = [
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in (script, style)
    ]
    return (
        f"default-src 'none'; script-src {allowed[0]}; style-src {allowed[1]}; "
        "connect-src 'none'; img-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _islands(index: str, packer: Packer) -> Iterator[str]:
    yield f'<script type="application/octet-stream" data-island="index">{index}</script>\n'
    for name, lines in (("dialogues", packer.dialogues), ("tools", packer.tools)):
        for text in lines.islands():
            kind = f'type="application/octet-stream" data-island="{name}" data-size="{lines.size}"'
            yield f"<script {kind}>{text}</script>\n"


def _subtitle(origin: Origin, figures: Figures) -> str:
    what = "run" if origin.is_run else "file"
    return f"{what} {origin.name} · {count_of(figures.dialogues, 'dialogue')}"


def _card(card: Card) -> str:
    return (
        f'<div class="card"><dt>{escape(card.label)}</dt><dd><b>{escape(card.value)}</b>'
        f"<span>{escape(card.detail)}</span></dd></div>"
    )


def _plot(plot: Plot) -> str:
    note = f"<p>{escape(plot.note)}</p>" if plot.note else ""
    return f'<figure class="plot"><figcaption>{escape(plot.title)}</figcaption>{plot.svg}{note}</figure>\n'


def _tool_map(tool_map: ToolMap) -> str:
    if not tool_map.tools:
        return ""
    told = [f"{count_of(len(tool_map.tools), 'tool')} that {'is' if len(tool_map.tools) == 1 else 'are'} called"]
    if tool_map.left_out:
        told[0] += f" most ({tool_map.left_out:,} more are left out)"
    legend = []
    if tool_map.flows:
        legend.append('<span><span class="key flow"></span> a result became an argument</span>')
    if tool_map.walked:
        legend.append('<span><span class="key walked"></span> neighbours in the tool graph, sampled together</span>')
    return (
        '<section class="wide plot" aria-labelledby="toolmap"><h2 id="toolmap">Tool graph</h2>'
        f"<p>{escape(told[0])}; the larger the dot, the more often. Choose a tool to see its dialogues.</p>"
        f'<p class="legend">{" ".join(legend)}</p><div class="toolmap">{render_tool_map(tool_map)}</div></section>'
    )


def _unknowns(figures: Figures) -> str:
    said = list_unknowns(figures)
    if not said:
        return ""
    items = "".join(f"<li>{escape(each)}</li>" for each in said)
    summary = f"<summary>What this data does not say ({len(said)})</summary>"
    return f'<details class="unknowns">{summary}<ul>{items}</ul></details>'


def _models(figures: Figures) -> str:
    """A table: who played each role, and what it took."""
    rows = []
    for role in order_roles({*figures.models, *figures.usage}):
        names = figures.models.get(role, Counter[str]())
        named = ", ".join(f"{name} {count:,}" if len(names) > 1 else name for name, count in sorted(names.items()))
        used = figures.usage.get(role)
        cells = [f"{used.calls:,}", f"{used.input:,}", f"{used.cached:,}", f"{used.output:,}"] if used else ["–"] * 4
        tds = "".join(f"<td>{cell}</td>" for cell in cells)
        rows.append(f'<tr><th scope="row">{escape(role)}</th><td class="text">{escape(named)}</td>{tds}</tr>')
    if not rows:
        return ""
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("role", "model", "calls", "tokens in", "cached", "out"))
    return (
        '<section class="plot"><h2>Models</h2><div class="scroll"><table class="models">'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div></section>"
    )


def read_evaluation(path: Path) -> Mapping[str, Any]:
    """The JSON file of ``evaluate --json``.

    Raises:
        UsageError: it cannot be read, or holds something else.
    """
    expected = "the JSON object that `evaluate --json` prints"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror}", expected=expected) from None
    except ValueError as error:
        raise UsageError(f"{str(path)!r} is no JSON: {error}", expected=expected) from None
    if not isinstance(found, dict) or found.get("schema") != 1:
        raise UsageError(f"{str(path)!r} holds something else", expected=f'{expected} ("schema": 1)')
    return found
