"""Days on which something is done, against the weekday that the user asks for."""

import re

from toolflow_graph.regexes import lazy_regex
from toolflow_graph.verification.evidence import Evidence, evidence_of, say
from toolflow_graph.verification.provenance.grounding import GroundedLeaf, iter_leaves
from toolflow_graph.verification.reading.moments import WEEKDAY_NUMBER, parse_now
from toolflow_graph.verification.reading.tongues import in_english
from toolflow_graph.verification.reading.wording import tokens_of
from toolflow_graph.verification.transcript import Transcript

_DAY_OF = lazy_regex(r"\d{4}-\d\d-\d\d")
_PARTS = lazy_regex(r"[.!?;\n]+\s|,\s")
_NTH = lazy_regex(r"\b(?:the )?\d{1,2}(?:st|nd|rd|th)\b", re.IGNORECASE)
# "sat" and "sun" are other words, too.
_SHORTEST = 3
_OTHER_DAY = lazy_regex(
    r"\b(?:tomorrow|yesterday|today|tonight|this (?:morning|afternoon|evening)|just now|days?|"
    r"before|after|until|till|by|between|from|to|or|and then|weekend|"
    r"month|end of|following|not|don['’]t|except|other than)\b",
    re.IGNORECASE,
)


def misses_weekday(transcript: Transcript, leaf: GroundedLeaf) -> bool:
    """Whether what is done on a day is done on another weekday than the one that the user has just named.

    Only where he names a single one, and nothing else that a day may be counted from.
    """
    match = _DAY_OF.match(leaf.value) if isinstance(leaf.value, str) else None
    day = parse_now(match.group()) if match else None
    if day is None or transcript.looks_up(leaf.site.call.name):
        return False
    evidence = evidence_of(transcript)
    said = in_english(_wish(evidence, leaf.site.message_index))
    sentences = [part for part in _PARTS.split(said) if _weekdays(part)]
    if len(sentences) != 1 or _NTH.search(said) is not None or say(said, evidence.now).stated:
        return False
    # The other sentences may be about another thing, unless this one says the time of day.
    timed = str(leaf.value)[11:16] in say(sentences[0], evidence.now).times
    if _OTHER_DAY.search(sentences[0] if timed else said):
        return False
    named = _weekdays(sentences[0])
    return len(named) == 1 and day.weekday() not in named and not named & _days_called(transcript, leaf)


def _wish(evidence: Evidence, index: int) -> str:
    """What the user said last before a call; if that only answers, what he said before, unless a day was told since."""
    for place, said in evidence.spoken("user", index):
        if _weekdays(in_english(said.text)):
            return said.text
        if _OTHER_DAY.search(said.text) or _NTH.search(said.text) or said.stated:
            return ""
        before = next(evidence.spoken("assistant", place), None)
        if before is None or before[1].stated or _weekdays(before[1].text):
            return ""
    return ""


def _days_called(transcript: Transcript, leaf: GroundedLeaf) -> set[int]:
    """The weekdays of the other dates in the same turn's calls: one of them may be the day that was asked for."""
    turn = next((turn for turn in transcript.turns if leaf.site.message_index in turn), range(0))
    sites = (site for site in transcript.sites if site.message_index in turn)
    values = (value for site in sites for *_, value in iter_leaves(site.call.arguments) if isinstance(value, str))
    matches = (_DAY_OF.match(value) for value in values if value != leaf.value)
    return {day.weekday() for match in matches if match and (day := parse_now(match.group())) is not None}


def _weekdays(text: str) -> set[int]:
    return {WEEKDAY_NUMBER[word] for word in tokens_of(text) if word in WEEKDAY_NUMBER and len(word) > _SHORTEST}
