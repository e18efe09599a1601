"""What judges said: NAT, COH, HELP and ACC (the paper, section 4), averaged over the dialogues that carry them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from toolflow_graph.evaluation.metrics.coherence import average

SCORES = ("nat", "coh", "help", "acc")


def average_scores(judgements: Iterable[Any]) -> dict[str, Any] | None:
    """Means of what stands under ``judgement`` in each record (None where nothing does); None if nothing stands there.

    ``agreement`` is the mean over dialogues that several models judged; ``bad_turns`` counts assistant messages that a
    judge would not train on, of ``turns`` judged.
    """
    scores: dict[str, list[float]] = defaultdict(list)
    agreement: list[float] = []
    models: set[str] = set()
    judged = turns = bad = 0
    for judgement in judgements:
        if not isinstance(judgement, Mapping):
            continue
        judged += 1
        given = judgement.get("scores")
        for name, value in given.items() if isinstance(given, Mapping) else ():
            if _is_number(value):
                scores[str(name)].append(float(value))
        if _is_number(judgement.get("agreement")):
            agreement.append(float(judgement["agreement"]))
        by = judgement.get("by")
        models |= set(map(str, by)) if isinstance(by, Mapping) else set()
        said = judgement.get("turns")
        for turn in said if isinstance(said, list) else ():
            if isinstance(turn, Mapping) and isinstance(turn.get("good"), bool):
                turns += 1
                bad += not turn["good"]
    if not judged:
        return None
    names = [*SCORES, *sorted(set(scores) - set(SCORES))]
    means = {name: average(scores[name]) for name in names}
    agreed = average(agreement)
    return {
        "dialogues": judged,
        "models": sorted(models),
        "scores": {name: None if mean is None else round(mean.value, 4) for name, mean in means.items()},
        "errors": {name: None if mean is None else round(mean.error, 4) for name, mean in means.items()},
        "agreement": None if agreed is None else round(agreed.value, 4),
        "turns": turns,
        "bad_turns": bad,
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
