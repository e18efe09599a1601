"""Rows of an answer that only repeat what an object of a result holds: "- Room 4: 2 beds, 84 EUR"."""

from collections.abc import Iterator, Mapping, Sequence

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.derivations.sums import Target
from toolflow_graph.verification.reading.mentions import mentions_in
from toolflow_graph.verification.reading.telling import is_no_plain_row
from toolflow_graph.verification.reading.wording import normalise

_BULLET = lazy_regex(r"\s*(?:[-*•–]|\d{1,2}[.)])\s+")
_LABEL = lazy_regex(r"[\s|>*_•–-]*(?:\d{1,2}[.)]\s+)?[*_`]*([^\W\d_][\w' &/-]*)")
_SHORTEST_NAME, _MOST_ROWS = 3, 12
_LONGEST = 300
_NAME = 60
"""How far before a bracket the name may begin that it belongs to."""

Named = Sequence[tuple[int, Mapping[str, list[float]]]]
"""Objects of results that a text names: the place in the text, and their numbers by path."""


def object_row(text: str, start: int, end: int, named: Named) -> tuple[str, list[float]] | None:
    """The row that ``text[start:end]`` is part of and that repeats an object: its text, the numbers of that object."""
    row = plain_row(text, start, end)
    if row is None:
        return None
    first = row[0] - _NAME if text[row[0]] == "(" else row[0]
    inside = [numbers for place, numbers in named if first <= place < start]
    if not inside:
        return None
    return text[row[0] : row[1]], [number for values in inside[-1].values() for number in values]


def plain_row(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where the row lies that ``text[start:end]`` is part of; None if it is part of none, or of one that calculates.

    A row is a line that begins with a bullet or a number, or several values in brackets behind a name (a single one is
    as often worked out: "up 5.25 (2.2 %)").
    """
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    opening, closing = text.rfind("(", line_start, start), text.find(")", end, line_end)
    if opening >= 0 and closing >= 0 and ")" not in text[opening:start] and "," in text[opening:closing]:
        row = (opening, closing)
    elif _BULLET.match(text, line_start):
        row = (line_start, line_end)
    else:
        return None
    rest = f"{text[row[0] : start]} {text[end : row[1]]}"
    return None if row[1] - row[0] > _LONGEST or is_no_plain_row(rest) else row


def sum_of_rows(target: Target, text: str, place: int, sentence: str) -> str | None:
    """What the lines of a text come to that begin with what a sentence names, first amounts with first ones.

    "The desk and the lamp alone are 90 EUR", below a table of them. ``place``: where in the text the sentence stands.
    """
    named = normalise(sentence)
    rows = [amounts for label, amounts in _rows(text, place) if label in named]
    columns = zip(*rows, strict=False) if 2 <= len(rows) <= _MOST_ROWS else ()
    return "the sum of rows" if any(target.fits(sum(column)) for column in columns) else None


def names_rows(text: str, place: int, sentence: str) -> bool:
    """Whether a sentence names several lines of the text as :func:`sum_of_rows` reads them: then these make its sum."""
    named = normalise(sentence)
    return sum(label in named for label, _ in _rows(text, place)) > 1


def _rows(text: str, place: int) -> Iterator[tuple[str, list[float]]]:
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        label = _LABEL.match(line) if not start <= place <= end else None
        if label and len(name := normalise(label[1])) > _SHORTEST_NAME + 2:
            amounts = [m.values[0] for m in mentions_in(line) if m.kind == "money" and m.values]
            if amounts:
                yield name, amounts
        start = end + 1
