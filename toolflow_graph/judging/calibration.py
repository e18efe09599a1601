"""How far a judge agrees with people: Cohen's kappa and Pearson's r. Pure.

- Cohen's kappa: J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement
  20 (1960): kappa = (p_o - p_e) / (1 - p_e).
- Weighted kappa: J. Cohen, "Weighted kappa", Psychological Bulletin 70 (1968): 1 - sum(w o) / sum(w e) over pairs of
  categories, here with the disagreement weights w = (i - j)^2 (quadratic).
- Pearson's r: covariance over the product of the standard deviations; the paper reports it (section 4, >= 0.61).

Each is None where it is undefined: without pairs, or where the scores that it divides by do not vary.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolflow_graph.errors import ParseError
from toolflow_graph.judging.opinions import HIGHEST, LOWEST
from toolflow_graph.record import CRITERIA


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of one criterion: how many pairs, and the measures; None is undefined."""

    n: int
    kappa: float | None
    weighted: float | None
    pearson: float | None
    exact: float | None
    human_mean: float | None
    judge_mean: float | None


def cohen_kappa(one: Sequence[int], other: Sequence[int]) -> float | None:
    """Unweighted kappa of two raters; None without pairs, or if both gave one and the same score to all."""
    return _kappa(one, other, lambda left, right: float(left != right))


def weighted_kappa(one: Sequence[int], other: Sequence[int]) -> float | None:
    """Quadratically weighted kappa of two raters; None as for :func:`cohen_kappa`."""
    return _kappa(one, other, lambda left, right: float((left - right) ** 2))


def pearson(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Pearson's r; None with fewer than two pairs, or if either rater's scores do not vary."""
    _check(one, other)
    if len(one) < 2 or len(set(one)) < 2 or len(set(other)) < 2:
        return None
    mean_one, mean_other = math.fsum(one) / len(one), math.fsum(other) / len(other)
    apart = [(left - mean_one, right - mean_other) for left, right in zip(one, other, strict=True)]
    both = math.fsum(left * right for left, right in apart)
    spread = math.sqrt(math.fsum(left**2 for left, _ in apart)) * math.sqrt(math.fsum(right**2 for _, right in apart))
    return max(-1.0, min(1.0, both / spread)) if spread else None


def _kappa(one: Sequence[int], other: Sequence[int], weight: Any) -> float | None:
    _check(one, other)
    total = len(one)
    observed = sum(weight(left, right) for left, right in zip(one, other, strict=True)) * total
    ones, others = Counter(one), Counter(other)
    expected = sum(weight(left, right) * ones[left] * others[right] for left in ones for right in others)
    return None if not expected else 1 - observed / expected


def _check(one: Sequence[float], other: Sequence[float]) -> None:
    if len(one) != len(other):
        raise ValueError(f"{len(one)} scores beside {len(other)}")


def calibrate(pairs: Iterable[tuple[Mapping[str, float], Mapping[str, float]]]) -> dict[str, Agreement]:
    """Criterion -> agreement, from (human, judge) scores; criteria that nobody scored are left out.

    Kappa is of categories: a committee's mean is rounded to the nearest whole score for it (half up).
    """
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in CRITERIA}
    for human, judge in pairs:
        for name in CRITERIA:
            if name in human and name in judge:
                found[name].append((human[name], judge[name]))
    return {name: measure([one for one, _ in both], [two for _, two in both]) for name, both in found.items() if both}


def measure(human: Sequence[float], judge: Sequence[float]) -> Agreement:
    """All measures of two raters' scores."""
    ones, twos = [math.floor(each + 0.5) for each in human], [math.floor(each + 0.5) for each in judge]
    count = len(human)
    return Agreement(
        n=count,
        kappa=cohen_kappa(ones, twos),
        weighted=weighted_kappa(ones, twos),
        pearson=pearson(human, judge),
        exact=sum(one == two for one, two in zip(ones, twos, strict=True)) / count if count else None,
        human_mean=math.fsum(human) / count if count else None,
        judge_mean=math.fsum(judge) / count if count else None,
    )


def parse_labels(data: Any) -> tuple[dict[str, float], dict[str, float]]:
    """The (human, judge) scores of one line: ``{"human": {...}, "judge": {...}}``, or a judged record with "human".

    Raises:
        ParseError: a side is missing, or holds what is no score from 1 to 5.
    """
    if not isinstance(data, Mapping):
        raise ParseError("expected an object")
    judgement = data.get("judgement")
    judge = data.get("judge", judgement.get("scores") if isinstance(judgement, Mapping) else None)
    return _read_scores(data.get("human"), "human"), _read_scores(judge, "judge")


def _read_scores(value: Any, side: str) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise ParseError(f'no object "{side}" with scores')
    scores: dict[str, float] = {}
    for name, score in value.items():
        if name not in CRITERIA:
            raise ParseError(f'"{side}" has {name!r}; scores are {", ".join(CRITERIA)}')
        if isinstance(score, bool) or not isinstance(score, int | float) or not LOWEST <= score <= HIGHEST:
            raise ParseError(f'"{side}": {name} is {score!r}, no score from {LOWEST} to {HIGHEST}')
        scores[name] = float(score)
    return scores


def render_agreement(found: Mapping[str, Agreement]) -> str:
    """A table, a line a criterion."""
    lines = [f"{'':<5}{'n':>6}{'kappa':>11}{'weighted':>11}{'pearson':>11}{'same':>8}{'human':>8}{'judge':>8}"]
    for name, each in found.items():
        parts = [_shown(each.kappa), _shown(each.weighted), _shown(each.pearson)]
        same, human, judge = (_shown(value, 2) for value in (each.exact, each.human_mean, each.judge_mean))
        lines.append(
            f"{name:<5}{each.n:>6}" + "".join(f"{part:>11}" for part in parts) + f"{same:>8}{human:>8}{judge:>8}"
        )
    return "\n".join(lines)


def _shown(value: float | None, digits: int = 3) -> str:
    return "undefined" if value is None else f"{value:.{digits}f}"
