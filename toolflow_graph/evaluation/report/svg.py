"""Small plots as inline SVG. Pure; colours are classes that the page's style sheet fills, for light and dark."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from toolflow_graph.regexes import lazy_regex

WIDTH = 440
_ROW, _BAR = 24, 12
_LABEL_SIGNS = 24
# What XML allows in no text at all, not even as a reference.
_FORBIDDEN = lazy_regex("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def escape(value: object) -> str:
    """Anything as text of HTML, XML or an attribute."""
    return html.escape(_FORBIDDEN.sub("\ufffd", str(value)), quote=True)


def number(value: float) -> str:
    """A coordinate: at most one decimal, no "-0"."""
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


@dataclass(frozen=True, slots=True)
class Pick:
    """What the list of dialogues is narrowed to when a bar is chosen: a filter's name and its value."""

    filter: str
    value: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a bar chart.

    Attributes:
        label: what it is; ``hint`` says more.
        value: its length; ``shown`` is how it is written (default: the number).
        style: a class for its colour.
        mark: where a line shows what was wanted.
    """

    label: str
    value: float
    shown: str = ""
    hint: str = ""
    style: str = "c1"
    mark: float | None = None
    pick: Pick | None = None


def render_bars(title: str, bars: Sequence[Bar], *, most: float | None = None, label_width: int = 150) -> str:
    """Horizontal bars, a row each; ``most`` is the value of the full width (default: the largest)."""
    highest = most or max([bar.value for bar in bars] + [bar.mark or 0 for bar in bars], default=0) or 1
    left, right = label_width, 64
    scale = (WIDTH - left - right) / highest
    rows = []
    for place, bar in enumerate(bars):
        top = place * _ROW
        middle = top + _ROW / 2
        length = max(bar.value * scale, 1.5 if bar.value else 0)
        shown = bar.shown or f"{bar.value:,.0f}"
        parts = [
            f"<title>{escape(bar.label)}: {escape(shown)}{escape(f' – {bar.hint}' if bar.hint else '')}</title>",
            f'<rect class="hit" x="0" y="{top}" width="{WIDTH}" height="{_ROW}"/>',
            f'<text class="label" x="{left - 8}" y="{number(middle + 4)}">{escape(_shorten(bar.label))}</text>',
            f'<rect class="{bar.style}" x="{left}" y="{number(middle - _BAR / 2)}" width="{number(length)}" '
            f'height="{_BAR}" rx="2"/>',
        ]
        end = left + length
        if bar.mark is not None:
            x = left + min(bar.mark, highest) * scale
            parts.append(f'<path class="mark" d="M{number(x)} {number(middle - 9)}V{number(middle + 9)}"/>')
            end = max(end, x)
        parts.append(f'<text class="value" x="{number(end + 6)}" y="{number(middle + 4)}">{escape(shown)}</text>')
        rows.append(_group("".join(parts), f"{bar.label}: {shown}", bar.pick))
    return frame(title, "".join(rows), WIDTH, max(len(bars), 1) * _ROW, live=any(bar.pick for bar in bars))


def render_columns(title: str, counts: Sequence[tuple[str, int]], *, axis: str, pick: str = "") -> str:
    """Upright columns with their counts above and their names below; ``pick`` is the filter that they set."""
    height, foot, head = 190, 40, 18
    highest = max((count for _, count in counts), default=0) or 1
    step = WIDTH / max(len(counts), 1)
    wide = min(step * 0.78, 46)
    every = math.ceil(len(counts) / 22)
    parts = []
    for place, (label, count) in enumerate(counts):
        middle = step * (place + 0.5)
        tall = (height - foot - head) * count / highest
        tall = max(tall, 1.5) if count else 0
        top = height - foot - tall
        inner = (
            f"<title>{escape(label)} {escape(axis)}: {count:,}</title>"
            f'<rect class="hit" x="{number(step * place)}" y="0" width="{number(step)}" height="{height - foot + 18}"/>'
            f'<rect class="c1" x="{number(middle - wide / 2)}" y="{number(top)}" width="{number(wide)}" '
            f'height="{number(tall)}" rx="2"/>'
        )
        if count and step >= 24:
            inner += f'<text class="above" x="{number(middle)}" y="{number(top - 5)}">{count:,}</text>'
        if place % every == 0:
            inner += f'<text class="below" x="{number(middle)}" y="{height - foot + 15}">{escape(label)}</text>'
        parts.append(_group(inner, f"{label} {axis}: {count:,}", Pick(pick, label) if pick else None))
    parts.append(f'<path class="axis" d="M0 {height - foot}H{WIDTH}"/>')
    parts.append(f'<text class="below" x="{WIDTH / 2:g}" y="{height - 4}">{escape(axis)}</text>')
    return frame(title, "".join(parts), WIDTH, height, live=bool(pick))


def render_ranks(title: str, values: Sequence[int], *, axis: str) -> str:
    """Values in falling order as one area: how evenly something is spread, and how long its empty tail is."""
    height, foot, head = 190, 40, 18
    highest = max(values, default=0) or 1
    step = WIDTH / max(len(values), 1)
    base = height - foot
    path = [f"M0 {base}"]
    for place, value in enumerate(values):
        top = base - (height - foot - head) * value / highest
        path.append(f"V{number(top)}H{number(step * (place + 1))}")
    path.append(f"V{base}Z")
    used = sum(value > 0 for value in values)
    parts = [
        f'<path class="c1" d="{"".join(path)}"/>',
        f'<path class="axis" d="M0 {base}H{WIDTH}"/>',
        f'<text class="above start" x="4" y="{head - 5}">{highest:,}</text>',
        f'<text class="below" x="{WIDTH / 2:g}" y="{height - 4}">{escape(axis)}</text>',
        f'<text class="below start" x="0" y="{base + 15}">1</text>',
        f'<text class="below end" x="{WIDTH}" y="{base + 15}">{len(values):,}</text>',
    ]
    if 0 < used < len(values):
        parts.append(f'<path class="mark" d="M{number(step * used)} {head}V{base}"/>')
        anchor = "end" if used > len(values) / 2 else "start"
        x = step * used + (-6 if anchor == "end" else 6)
        parts.append(f'<text class="above {anchor}" x="{number(x)}" y="{head + 10}">{used:,} called</text>')
    return frame(title, "".join(parts), WIDTH, height)


def render_shares(title: str, rows: Sequence[tuple[str, str, Sequence[int]]], styles: Sequence[str]) -> str:
    """Bars that are divided: a row is a label, what stands after it, and the counts of its parts."""
    left, right = 110, 60
    parts = []
    for place, (label, after, counts) in enumerate(rows):
        top = place * 30 + 5
        whole = sum(counts) or 1
        x = float(left)
        parts.append(f'<text class="label" x="{left - 8}" y="{top + 14}">{escape(label)}</text>')
        for level, (count, style) in enumerate(zip(counts, styles, strict=True), 1):
            wide = (WIDTH - left - right) * count / whole
            if count:
                parts.append(
                    f'<rect class="{style}" x="{number(x)}" y="{top}" width="{number(max(wide - 1, 0.5))}" height="20">'
                    f"<title>{escape(label)} {level}: {count:,}</title></rect>"
                )
                if wide > 26:
                    parts.append(f'<text class="inside" x="{number(x + wide / 2)}" y="{top + 14}">{level}</text>')
            x += wide
        parts.append(f'<text class="value" x="{WIDTH - right + 8}" y="{top + 14}">{escape(after)}</text>')
    return frame(title, "".join(parts), WIDTH, max(len(rows), 1) * 30)


def frame(title: str, inner: str, width: float, height: float, *, live: bool = False, box: str = "") -> str:
    """The ``svg`` element; one with parts to choose is a group for assistive technology, others are an image."""
    role = "group" if live else "img"
    view = box or f"0 0 {number(width)} {number(height)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" role="{role}" aria-label="{escape(title)}">'
        f"{inner}</svg>"
    )


def _group(inner: str, label: str, pick: Pick | None) -> str:
    if pick is None:
        return f"<g>{inner}</g>"
    return (
        f'<g class="pick" tabindex="0" role="button" aria-label="{escape(label)}" '
        f'data-filter="{escape(pick.filter)}" data-value="{escape(pick.value)}">{inner}</g>'
    )


def _shorten(text: str) -> str:
    return text if len(text) <= _LABEL_SIGNS else text[: _LABEL_SIGNS - 1] + "…"
