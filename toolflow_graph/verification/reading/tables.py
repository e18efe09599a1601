"""Tables that tools return as text: comma-separated values, or columns between bars. Pure."""

import csv
from itertools import groupby

from toolflow_graph.regexes import lazy_regex

_NAME = lazy_regex(r"[^\W\d][\w .%/()#°-]{0,39}(?<![.])")
_NUMBER = lazy_regex(r"-?\d+(?:\.\d+)?")
_RULE = lazy_regex(r"[|:+ =-]+")
_MOST_ROWS, _FEWEST_COLUMNS, _FEWEST_CELLS = 2000, 2, 4
_LONGEST_NUMBER = 15


def rows_of(text: str) -> list[dict[str, str | float]] | None:
    """The rows of a text that is a table, by the names in its first line; None if it is anything else.

    Every line has as many cells as the first, and the first one holds names only. Two lines with a comma each are more
    likely sentences. A cell that is a plain number is one; a code with a leading zero stays text.
    """
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if not 2 <= len(lines) <= _MOST_ROWS:
        return None
    for mark in ("|", "\t", ";", ","):
        if mark in lines[0]:
            return _read(lines, mark)
    return None


def _read(lines: list[str], mark: str) -> list[dict[str, str | float]] | None:
    if mark == "|":
        lines = [line.strip("|") for line in lines if not _RULE.fullmatch(line)]
    try:
        table = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=mark)]
    except csv.Error:
        return None
    if len(table) < 2 or len(table[0]) < _FEWEST_COLUMNS or len([*groupby(map(len, table))]) > 1:
        return None
    names = table[0]
    if mark == "," and len(table) * len(names) <= _FEWEST_CELLS:
        return None
    if len({*names}) < len(names) or not all(_NAME.fullmatch(name) for name in names):
        return None
    return [{name: _value(cell) for name, cell in zip(names, row, strict=True)} for row in table[1:]]


def _value(cell: str) -> str | float:
    coded = cell.lstrip("-").startswith("0") and cell.lstrip("-")[1:2].isdigit()
    if coded or len(cell) > _LONGEST_NUMBER or not _NUMBER.fullmatch(cell):
        return cell
    return float(cell) if "." in cell else int(cell)
