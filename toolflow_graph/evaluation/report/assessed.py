"""What ``evaluate --json`` printed, as tables: a section a measure, a row a figure. Pure.

The figures are shown by their names in the file, so that a measure which joins later is shown, too.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from toolflow_graph.evaluation.report.svg import escape
from toolflow_graph.wording import count_of

_MOST_ROWS = 40
_LONGEST = 400


HEADLINES = (
    ("SS", "coherence.ss", "coherence.ss_error", "similarity of neighbouring turns"),
    ("EnR", "coherence.enr", "coherence.enr_error", "% of turns that follow from the one before"),
    ("H", "diversity.spoken.entropy", "", "entropy of the words that are spoken"),
    ("D-3", "diversity.spoken.distinct_3", "", "share of three-word runs that are different"),
    ("exact duplicates", "duplicates.exact", "", "dialogues that another one repeats"),
    ("near duplicates", "duplicates.near", "", "dialogues close to another one"),
)
"""Label, path of the figure, path of its error, and what it is (docs/metrics.md says more)."""


def render_assessment(evaluation: Mapping[str, Any]) -> str:
    """Headline figures and, folded, all tables as HTML; empty if there is nothing in it."""
    sections = [(key, value) for key, value in evaluation.items() if isinstance(value, Mapping) and value]
    tables = "".join(_table(name, list(flatten(value))) for name, value in sections)
    if not tables:
        return ""
    # The name only: where the data lay on somebody's disk is nobody else's business.
    about = f"Of {PurePath(str(evaluation['data'])).name}." if evaluation.get("data") else ""
    heading = f'<h2 id="measures">Evaluation</h2><p class="lead">{escape(about)}</p>'
    cards = "".join(_headline(evaluation, *row) for row in HEADLINES)
    head = f'<dl class="cards">{cards}</dl>' if cards else ""
    folded = f'<details class="all"><summary>All measures</summary><div class="masonry">{tables}</div></details>'
    return f'<section aria-labelledby="measures">{heading}{head}{_missing(evaluation)}{folded}</section>'


def _headline(evaluation: Mapping[str, Any], label: str, path: str, error_path: str, what: str) -> str:
    value, error = _find(evaluation, path), _find(evaluation, error_path)
    if value is None:
        return ""
    spread = f" ± {render_value(error)}" if error is not None else ""
    shown = f"<b>{escape(render_value(value))}</b><span>{escape(spread)} {escape(what)}</span>"
    return f'<div class="card"><dt>{escape(label)}</dt><dd>{shown}</dd></div>'


def _find(evaluation: Mapping[str, Any], path: str) -> Any:
    found: Any = evaluation
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _missing(evaluation: Mapping[str, Any]) -> str:
    said = evaluation.get("cannot_judge")
    if not isinstance(said, list) or not said:
        return ""
    items = "".join(f"<li>{escape(each)}</li>" for each in said)
    return f'<details class="unknowns"><summary>What was not measured ({len(said)})</summary><ul>{items}</ul></details>'


def flatten(value: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Every figure below a mapping: its path in words, and how it is written."""
    for key, item in value.items():
        name = f"{before} · {key}" if before else str(key)
        if isinstance(item, Mapping):
            yield from flatten(item, name)
        else:
            yield name.replace("_", " "), render_value(item)


def render_value(value: Any) -> str:
    """A figure; of a list, its members if they are few and plain, else how many there are."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    if isinstance(value, list):
        plain = all(isinstance(item, str | int | float) for item in value)
        return (
            ", ".join(render_value(item) for item in value)
            if plain and len(value) <= 6
            else count_of(len(value), "entry", "entries")
        )
    text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _table(name: str, rows: list[tuple[str, str]]) -> str:
    if not rows:
        return ""
    shown = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td>{escape(value)}</td></tr>' for label, value in rows[:_MOST_ROWS]
    )
    more = f"<p>{count_of(len(rows) - _MOST_ROWS, 'further figure')} in the file.</p>" if len(rows) > _MOST_ROWS else ""
    title = escape(name.replace("_", " "))
    table = f'<table class="figures"><tbody>{shown}</tbody></table>'
    return f'<figure class="plot"><figcaption>{title}</figcaption>{table}{more}</figure>'
