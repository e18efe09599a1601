"""Several opinions -> one judgement. Pure."""

from collections.abc import Mapping
from itertools import combinations
from statistics import fmean

from toolflow_graph.judging.opinions import HIGHEST, LOWEST, Opinion
from toolflow_graph.record import CRITERIA, Judgement, TurnJudgement


def combine(opinions: Mapping[str, Opinion]) -> Judgement:
    """The judgement of a committee: judge -> opinion, at least one.

    A score is the mean. A message is bad if at least half of the judges say so: a message too few costs little, a
    learnt mistake more.
    """
    return Judgement(
        scores={name: round(fmean(each.scores[name] for each in opinions.values()), 2) for name in CRITERIA},
        reasons={name: _join({who: each.reasons[name] for who, each in opinions.items()}) for name in CRITERIA},
        by={who: {name: each.scores[name] for name in CRITERIA} for who, each in opinions.items()},
        agreement=measure_agreement([each.scores for each in opinions.values()]),
        turns=_combine_turns(opinions),
    )


def measure_agreement(scores: list[Mapping[str, int]]) -> float | None:
    """1 minus the mean distance of two judges' scores, as a share of the scale; over all pairs and criteria."""
    apart = [abs(one[name] - other[name]) for one, other in combinations(scores, 2) for name in CRITERIA]
    return round(1 - fmean(apart) / (HIGHEST - LOWEST), 4) if apart else None


def _combine_turns(opinions: Mapping[str, Opinion]) -> tuple[TurnJudgement, ...]:
    turns = []
    for said in zip(*(each.turns for each in opinions.values()), strict=True):
        good = sum(turn.good for turn in said) * 2 > len(said)
        reasons = {who: turn.reason for who, turn in zip(opinions, said, strict=True) if turn.good is good}
        index = said[0].message_index
        turns.append(TurnJudgement(message_index=index, good=good, reason=_join(reasons, alone=len(said) == 1)))
    return tuple(turns)


def _join(reasons: Mapping[str, str], *, alone: bool | None = None) -> str:
    """One judge's reason as it is; several with their names."""
    if alone or (alone is None and len(reasons) == 1):
        return next(iter(reasons.values()))
    return "\n".join(f"{who}: {reason}" for who, reason in reasons.items() if reason)
