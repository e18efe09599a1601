"""What ``evaluate --json`` printed, as tables: a section a measure, a row a figure. Pure.

The figures are shown by their names in the file, so that a measure which joins later is shown, too.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from toolflow_graph.evaluation.report.svg import escape
from toolflow_graph.wording import count_of

_MOST_ROWS = 40
_LONGEST = 400


def render_assessment(evaluation: Mapping[str, Any]) -> str:
    """The tables as HTML; empty if there is nothing in it."""
    general = {key: value for key, value in evaluation.items() if not isinstance(value, Mapping) and key != "schema"}
    sections: list[tuple[str, Mapping[str, Any]]] = [("general", general)] if general else []
    sections += [(key, value) for key, value in evaluation.items() if isinstance(value, Mapping) and value]
    tables = "".join(_table(name, list(flatten(value))) for name, value in sections)
    if not tables:
        return ""
    heading = '<h2 id="measures">Evaluation</h2>'
    return f'<section aria-labelledby="measures">{heading}<div class="masonry">{tables}</div></section>'


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
