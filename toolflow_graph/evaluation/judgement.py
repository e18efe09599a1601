"""What judges said of a dialogue, read from plain data: whatever does not fit is left out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DIMENSIONS = {"nat": "naturalness", "coh": "coherence", "help": "helpfulness", "acc": "accuracy"}
"""The paper's four scores (section 4), and what they are called."""


@dataclass(frozen=True, slots=True)
class TurnMark:
    """What a judge says of one message."""

    message_index: int
    good: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Scores from 1 to 5 by dimension, with reasons; the same by judge; how far judges agree; marks at messages."""

    scores: Mapping[str, float]
    reasons: Mapping[str, str]
    by: Mapping[str, Mapping[str, float]]
    agreement: float | None
    turns: tuple[TurnMark, ...]


def read_judgement(data: Any) -> Judgement | None:
    """A record's ``judgement``; None if there is nothing to show in it."""
    if not isinstance(data, Mapping):
        return None
    judges = data.get("by")
    by = {str(name): read_scores(given) for name, given in judges.items()} if isinstance(judges, Mapping) else {}
    reasons = data.get("reasons")
    agreement = data.get("agreement")
    found = Judgement(
        scores=read_scores(data.get("scores")),
        reasons={str(key): str(text) for key, text in reasons.items()} if isinstance(reasons, Mapping) else {},
        by={name: scores for name, scores in by.items() if scores},
        agreement=float(agreement) if isinstance(agreement, int | float) else None,
        turns=tuple(_read_marks(data.get("turns"))),
    )
    return found if found.scores or found.turns else None


def read_scores(data: Any) -> dict[str, float]:
    """The numbers of ``{"nat": 4, ...}``, in the order of :data:`DIMENSIONS`, others after them."""
    if not isinstance(data, Mapping):
        return {}
    given = {str(name): float(score) for name, score in data.items() if _is_number(score)}
    order = [*DIMENSIONS, *sorted(set(given) - set(DIMENSIONS))]
    return {name: given[name] for name in order if name in given}


def _read_marks(data: Any) -> list[TurnMark]:
    marks = []
    for item in data if isinstance(data, list) else ():
        if isinstance(item, Mapping) and isinstance(item.get("message_index"), int) and "good" in item:
            marks.append(TurnMark(item["message_index"], bool(item["good"]), str(item.get("reason") or "")))
    return marks


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value
