"""What judges said of a whole data set: means, agreement, messages not to be trained on. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from statistics import fmean
from typing import Any

from toolflow_graph.judging.calibration import weighted_kappa
from toolflow_graph.record import CRITERIA
from toolflow_graph.wording import count_of


@dataclass(slots=True)
class Overview:
    """Counts over records (as plain JSON).

    Attributes:
        judged, unjudged: dialogues with and without a judgement.
        low: those that a threshold or a judge's word rejects.
        bad, turns: the assistant's messages that are not to be trained on, and all that were judged.
        scores: criterion -> the committee's scores; by: judge -> its scores of each dialogue.
        agreement: of each dialogue that several judged.
    """

    judged: int = 0
    unjudged: int = 0
    low: int = 0
    bad: int = 0
    turns: int = 0
    scores: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in CRITERIA})
    by: dict[str, dict[int, Mapping[str, int]]] = field(default_factory=dict)
    agreement: list[float] = field(default_factory=list)

    def add(self, record: Mapping[str, Any]) -> None:
        """One more record."""
        judgement = record.get("judgement")
        if judgement is None:
            self.unjudged += 1
            return
        errors = [each for each in record["verdict"].get("findings", ()) if each.get("severity", "error") == "error"]
        self.low += any(each["code"].startswith("judge_") for each in errors)
        for name in CRITERIA:
            self.scores[name].append(judgement["scores"][name])
        for who, scores in judgement["by"].items():
            self.by.setdefault(who, {})[self.judged] = scores
        if judgement.get("agreement") is not None:
            self.agreement.append(judgement["agreement"])
        turns = judgement.get("turns", ())
        self.turns += len(turns)
        self.bad += sum(not turn["good"] for turn in turns)
        self.judged += 1


def build_overview(records: Iterable[Mapping[str, Any]]) -> Overview:
    """Count records."""
    overview = Overview()
    for record in records:
        overview.add(record)
    return overview


def render_overview(overview: Overview) -> str:
    """The figures as text: a line a judge, then what the judges agree on."""
    lines = [f"judged: {count_of(overview.judged, 'dialogue')}"]
    if overview.unjudged:
        lines[0] += f", {overview.unjudged} could not be judged"
    if not overview.judged:
        return lines[0]
    width = max(len("mean"), *(len(who) for who in overview.by))
    lines.append(f"  {'':<{width}}" + "".join(f"{name:>7}" for name in CRITERIA) + f"{'n':>7}")
    rows = [("mean", {name: overview.scores[name] for name in CRITERIA})] if len(overview.by) > 1 else []
    rows += [
        (who, {name: [each[name] for each in by.values()] for name in CRITERIA}) for who, by in overview.by.items()
    ]
    for who, scores in rows:
        cells = "".join(f"{fmean(scores[name]):>7.2f}" for name in CRITERIA)
        lines.append(f"  {who:<{width}}{cells}{len(scores[CRITERIA[0]]):>7}")
    if overview.agreement:
        lines.append(f"  agreement: {fmean(overview.agreement):.2f} (1: the same scores, 0: as far apart as can be)")
    for one, other in combinations(overview.by, 2):
        lines.append(f"  weighted kappa of {one} and {other}: {_kappas(overview.by[one], overview.by[other])}")
    lines.append(f"  messages:  {overview.bad:,} of {overview.turns:,} of the assistant's are not to be trained on")
    if overview.low:
        lines.append(f"  rejected:  {overview.low:,} by the judges")
    return "\n".join(lines)


def _kappas(one: Mapping[int, Mapping[str, int]], other: Mapping[int, Mapping[str, int]]) -> str:
    both = sorted(set(one) & set(other))
    parts = []
    for name in CRITERIA:
        kappa = weighted_kappa([one[place][name] for place in both], [other[place][name] for place in both])
        parts.append(f"{name} {'undefined' if kappa is None else f'{kappa:.2f}'}")
    return ", ".join(parts)
