"""Figures -> the plots of the overview. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from toolflow_graph.evaluation.judgement import DIMENSIONS
from toolflow_graph.evaluation.report.figures import Figures, order_behaviours, order_dimensions, order_roles
from toolflow_graph.evaluation.report.svg import (
    Bar,
    Pick,
    render_bars,
    render_columns,
    render_ranks,
    render_shares,
)
from toolflow_graph.wording import count_of

_MOST_BARS = 14
_MOST_COLUMNS = 24

KINDS = {
    "user": "the user said it",
    "result": "a result held it",
    "derived": "it follows from values that are there",
    "default": "the parameter's default",
    "context": "the system message, or now",
    "enum": "an option that nobody named",
    "composed": "free text",
    "assistant": "only the assistant said it before",
    "unknown": "it comes from nowhere",
}
"""Kinds of sources of an argument, the grounded ones first, and what they mean."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot with its heading and a sentence below it; ``svg`` is empty where there is nothing to draw."""

    title: str
    svg: str
    note: str = ""


def build_plots(figures: Figures) -> list[Plot]:
    """All plots, in the order of the page."""
    plots = [
        Plot("Turns per dialogue", _histogram("Turns per dialogue", figures.turns, "turns")),
        Plot("Tool calls per dialogue", _histogram("Tool calls per dialogue", figures.calls, "calls")),
        _behaviours(figures),
        _provenance(figures),
        _rejections(figures),
        _roles(figures),
        *_warnings(figures),
        _coverage(figures),
        _most_called(figures),
        *_scores(figures),
    ]
    return [plot for plot in plots if plot.svg or plot.note]


def _histogram(title: str, counts: Counter[int], axis: str) -> str:
    if not counts:
        return ""
    first, last = min(counts), max(counts)
    shown = [(str(value), counts[value]) for value in range(first, min(last, first + _MOST_COLUMNS - 1) + 1)]
    beyond = sum(count for value, count in counts.items() if value > first + _MOST_COLUMNS - 1)
    if beyond:
        start = first + _MOST_COLUMNS - 1
        shown[-1] = (f"{start}+", counts[start] + beyond)
    return render_columns(title, shown, axis=axis, pick=axis)


def _behaviours(figures: Figures) -> Plot:
    title = "Behaviours against the mix" if figures.with_mix else "Behaviours"
    names = order_behaviours(figures)
    if not names:
        return Plot(title, "", "Behaviours are known of dialogues with a plan only.")
    accepted = max(1, figures.accepted)
    bars = [
        Bar(
            label=name,
            value=figures.behaviours[name] / accepted,
            shown=f"{figures.behaviours[name] / accepted:.0%}",
            hint=f"{count_of(figures.behaviours[name], 'accepted dialogue')}"
            + (f", wanted {figures.wanted[name]:.0%}" if name in figures.wanted else ""),
            mark=figures.wanted.get(name),
            pick=Pick("behaviour", name),
        )
        for name in names
    ]
    note = "Share of accepted dialogues that hold each; the line is the share that was asked for."
    return Plot(title, render_bars(title, bars), note if figures.with_mix else note.partition(";")[0] + ".")


def _provenance(figures: Figures) -> Plot:
    title = "Where arguments come from"
    whole = sum(figures.provenance.values())
    if not whole:
        return Plot(title, "", "No call has an argument.")
    kinds = [*(kind for kind in KINDS if figures.provenance[kind]), *sorted(set(figures.provenance) - set(KINDS))]
    bars = [
        Bar(
            label=kind,
            value=figures.provenance[kind],
            shown=f"{figures.provenance[kind] / whole:.1%}",
            hint=f"{figures.provenance[kind]:,} values: {KINDS.get(kind, kind)}",
            style=f"k-{kind}" if kind in KINDS else "c1",
            pick=Pick("source", kind),
        )
        for kind in kinds
    ]
    return Plot(title, render_bars(title, bars, label_width=92), f"{whole:,} values in arguments, by kind of source.")


def _rejections(figures: Figures) -> Plot:
    title = "Rejections by rule"
    if not figures.rejected:
        return Plot(title, "", "No dialogue is rejected.")
    return Plot(title, _codes(title, figures.rejecting, "c2"), "Rejected dialogues with an error of each rule.")


def _warnings(figures: Figures) -> Iterator[Plot]:
    if figures.warned:
        title = "Warnings by rule"
        yield Plot(title, _codes(title, figures.warned, "c3"), "Dialogues with a warning of each rule; none rejects.")


def _codes(title: str, codes: Counter[str], style: str) -> str:
    ordered = sorted(codes.items(), key=lambda entry: (-entry[1], entry[0]))
    bars = [Bar(label=code, value=count, style=style, pick=Pick("code", code)) for code, count in ordered]
    rest = bars[_MOST_BARS:]
    if len(rest) > 1:
        other = Bar(label=f"{len(rest)} further rules", value=max(bar.value for bar in rest), style="quiet")
        bars = [*bars[:_MOST_BARS], other]
    return render_bars(title, bars, label_width=178)


def _roles(figures: Figures) -> Plot:
    title = "Rejections by role"
    if not figures.rejected:
        return Plot(title, "")
    roles = order_roles(figures.blame)
    if not roles:
        return Plot(title, "")
    bars = [Bar(label=role, value=figures.blame[role], style="c2", pick=Pick("role", role)) for role in roles]
    return Plot(
        title, render_bars(title, bars, label_width=92), "Rejected dialogues with an error in a role's message or step."
    )


def _coverage(figures: Figures) -> Plot:
    title = "Tool coverage"
    names = figures.offered | set(figures.tools)
    if not names:
        return Plot(title, "", "No tools, no calls.")
    values = sorted((figures.tools[name] for name in names), reverse=True)
    unused = sum(value == 0 for value in values)
    never = count_of(unused, "offered tool is", "offered tools are")
    note = f"Calls of each tool, the most called first; {never} never called."
    return Plot(title, render_ranks(title, values, axis="tools, by calls"), note)


def _most_called(figures: Figures) -> Plot:
    title = "Most called tools"
    ordered = sorted(figures.tools.items(), key=lambda entry: (-entry[1], entry[0]))[:10]
    if not ordered:
        return Plot(title, "")
    bars = [
        Bar(
            label=name,
            value=count,
            hint=f"in {count_of(figures.tool_dialogues[name], 'dialogue')}",
            pick=Pick("tool", name),
        )
        for name, count in ordered
    ]
    return Plot(title, render_bars(title, bars, label_width=178))


def _scores(figures: Figures) -> Iterator[Plot]:
    if not figures.judged:
        return
    title = "Judges' scores"
    rows = []
    for name in order_dimensions(figures):
        counts = figures.scores[name]
        rows.append((DIMENSIONS.get(name, name), f"{figures.mean_score(name):.2f}", [counts[n] for n in range(1, 6)]))
    note = f"{count_of(figures.judged, 'dialogue')} scored, from 1 to 5; at the right the mean."
    if figures.marked_bad:
        note += f" {count_of(figures.marked_bad, 'message is', 'messages are')} marked as bad."
    yield Plot(title, render_shares(title, rows, ["s1", "s2", "s3", "s4", "s5"]), note)
