"""Words by which a text tells that a figure in it was worked out."""

import re
from collections.abc import Iterator

from toolflow_graph.regexes import lazy_regex

_WORKED = (
    r"total\w*|add(?:s|ed)? up|tips?|sub-?total|sum\w*|altogether|together|combined|overall|in all|average|mean|median|"
    r"differ\w*|additional\w*|extra|remain\w*|rest|left(?:over)?|leav(?:es?|ing)|balance|refund\w*|charge\w*|pay\w*|paid|due|owe\w*|per|"
    r"each|every|both|times|double|half|twice|sav\w+|discount\w*|cheaper|more|less|fewer|higher|lower|longer|shorter|"
    r"faster|increas\w*|decreas\w*|rise|rose|drop\w*|fell|gain\w*|loss|chang\w*|gr[eo]w\w*|growth|plus|minus|rang\w*|"
    r"spread|share|ratio|margin|off|to go|servings?|over|under|above|below|exceed\w*|short|apart|between|all in|"
    r"works? out|makes|account for|equal\w*|comes? to|apiece|split|on top|whole|entire|estimat\w*|"
    r"a (?:day|week|month|year|night|piece|person|head)|"
    r"for (?:the )?(?:\d{1,2}|all|both|two|three|four|five|six|seven|eight|nine|ten)"
)
_SIGNS = r"[=+×÷]|\d\s?[x*]\s?\d"
_TOLD = lazy_regex(rf"\b(?:{_WORKED})\b|{_SIGNS}|%", re.IGNORECASE)
# A percentage beside a figure says nothing of that figure.
_NEAR = lazy_regex(rf"\b(?:{_WORKED})\b|{_SIGNS}", re.IGNORECASE)
# In a row of values these stand for spans of time or for what is only near.
_NO_PLAIN_ROW = lazy_regex(
    rf"\b(?:{_WORKED}|about|around|roughly|nights?|days?|weeks?|months?|years?|hours?|minutes?)\b|[~≈/]|{_SIGNS}",
    re.IGNORECASE,
)
# Words that tell of an average, or of how far numbers lie apart.
_COMPARED = lazy_regex(
    r"\b(?:average\w*|mean|median|typical\w*|rang\w*|spread|between|from|differ\w*|gap|apart|about|around|approx\w*|"
    r"roughly|per|each|every|an? (?:day|week|month|year|night|piece|game|match|person|head|visit|trip|order|hour|"
    r"session|shift|lap|round)|more|less|fewer|\w+er|than|above|below|over|under|"
    r"overall|mid-?point|middle)\b|[~≈]",
    re.IGNORECASE,
)
# Words that do not name a calculation, but go with what nobody reads off.
_CONCLUDED = lazy_regex(
    r"\b(?:(?:doubl|tripl|halv|scal|round|convert|pro-?rat)(?:e[sd]?|ing)|round[- ]trip|"
    r"would (?:be|cost|come|make|leave)|"
    r"(?:brings?|takes?|puts?|gets?) (?:you|it|us|them|him|her|that) (?:up |down )?(?:to|at)|"
    r"that(?:'s| is) (?:about|around|roughly)|(?:used|spent) (?:about|up)|you(?:'d|'ll| will) "
    r"(?:use|need|have|save|get|spend)|equivalent|compared|versus|vs|up from|down from|since|ahead|behind|early|late|"
    r"earlier|later|aged|old|so|net|gross|at (?:that|this) (?:rate|pace)|works)\b|[~≈→]",
    re.IGNORECASE,
)
_ROW = lazy_regex(r"\s*(?:[-*•–|]|\d{1,2}[.)])\s?")
_BEGINNINGS = lazy_regex(r"(?<=[.!?:])\s+(?=[A-Z*_\"'(])")


def tells_of_calculation(text: str) -> bool:
    """Whether a sentence tells that a number in it was worked out."""
    return _TOLD.search(text) is not None


def tells_of_comparison(text: str) -> bool:
    """Whether a sentence tells of an average, or of how far numbers lie apart."""
    return _COMPARED.search(text) is not None


def is_no_plain_row(text: str) -> bool:
    """Whether a row of values holds more than is read off: something worked out, or a span of time."""
    return _NO_PLAIN_ROW.search(text) is not None


def is_worked_out(text: str, start: int, end: int) -> bool:
    """Whether the words around ``text[start:end]`` tell that it was worked out."""
    return any(_NEAR.search(words) or _CONCLUDED.search(words) for words in _words_around(text, start, end))


def _words_around(text: str, start: int, end: int) -> Iterator[str]:
    """What may tell that ``text[start:end]`` was worked out: its sentence and the one before, and what leads a list in.

    The value itself is left out.
    """
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    before = _BEGINNINGS.split(text[line_start:start])
    yield before[-1]
    yield _BEGINNINGS.split(text[end:line_end])[0]
    if len(before) > 1:
        yield before[-2]
        return
    lines = [line for line in text[:line_start].split("\n") if line.strip()]
    in_list = _ROW.match(text, line_start) is not None
    while in_list and lines and _ROW.match(lines[-1]):
        lines.pop()
    if lines:
        yield _BEGINNINGS.split(lines[-1])[-1] if not in_list else lines[-1]
