"""What a run will take, before it is started: as its folder tells, or as a few dialogues do that cost nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from toolflow_graph.run.prices import Price, find_price
from toolflow_graph.run.view import RunView
from toolflow_graph.types import ROLES, Usage
from toolflow_graph.wording import count_of

LEAST_HISTORY = 5
"""Dialogues that a run folder has to hold before they say anything of the next ones."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is to be expected.

    Attributes:
        basis: where it is from, in words.
        dialogues: that will be played, rejected ones included.
        accepted: of them.
        usage: role -> calls and tokens.
        cost: role -> US dollars; None where a model has no price.
        models: role -> who plays it.
    """

    basis: str
    dialogues: float
    accepted: int
    usage: Mapping[str, Usage]
    cost: Mapping[str, float | None]
    models: Mapping[str, str]

    @property
    def total(self) -> Usage:
        """All roles together."""
        return sum(self.usage.values(), Usage())


@dataclass(slots=True)
class Sample:
    """Dialogues that were played: how many, how many of them accepted, and what they took by role."""

    played: int = 0
    accepted: int = 0
    usage: dict[str, Usage] = field(default_factory=dict)

    def add(self, accepted: bool, usage: Mapping[str, Usage]) -> None:
        """One more dialogue."""
        self.played += 1
        self.accepted += accepted
        for role, used in usage.items():
            self.usage[role] = self.usage.get(role, Usage()) + used


def read_history(view: RunView) -> Sample:
    """What the run in a folder has taken so far."""
    sample = Sample()
    for row in view.dataset():
        sample.add(row.accepted, row.usage)
    return sample


def build_estimate(
    sample: Sample,
    basis: str,
    *,
    left: int,
    models: Mapping[str, Iterable[tuple[str, float]]],
    prices: Mapping[str, Price],
) -> Estimate:
    """Scale a sample to the accepted dialogues that are left to make.

    Args:
        sample: at least one dialogue.
        left: accepted dialogues that are still wanted.
        models: role -> (model's name, weight) each.
    """
    dialogues = left * sample.played / max(sample.accepted, 1)
    factor = dialogues / max(sample.played, 1)
    usage = {role: _times(used, factor) for role, used in sample.usage.items()}
    cost = {role: _cost(used, list(models.get(role, ())), prices) for role, used in usage.items()}
    names = {role: ", ".join(name for name, _ in members) for role, members in models.items()}
    return Estimate(basis, dialogues, left, usage, cost, names)


def _times(used: Usage, factor: float) -> Usage:
    return Usage(
        calls=round(used.calls * factor),
        input=round(used.input * factor),
        output=round(used.output * factor),
        cached=round(used.cached * factor),
    )


def _cost(used: Usage, members: list[tuple[str, float]], prices: Mapping[str, Price]) -> float | None:
    total = sum(weight for _, weight in members)
    found = [(find_price(name, prices), weight) for name, weight in members]
    if not found or any(price is None for price, _ in found):
        return None
    return sum(price.of(used) * weight / total for price, weight in found if price is not None)


def render_estimate(estimate: Estimate) -> str:
    """The plan of a run as text."""
    if not estimate.accepted:
        return "nothing left to do: the run folder holds all the dialogues that are wanted"
    lines = [
        f"plan: {count_of(estimate.accepted, 'more accepted dialogue')} in about "
        f"{count_of(round(estimate.dialogues), 'dialogue')} played ({estimate.basis})"
    ]
    for role in (*ROLES, *sorted(set(estimate.usage) - set(ROLES))):
        if role not in estimate.usage:
            continue
        used, cost = estimate.usage[role], estimate.cost[role]
        money = "" if cost is None else f"  ${cost:,.2f}"
        who = estimate.models.get(role, "")
        lines.append(f"{_row(role, used)}{money}  {who}".rstrip())
    total = estimate.total
    known = [cost for cost in estimate.cost.values() if cost is not None]
    whole = len(known) == len(estimate.cost)
    money = f"  ${sum(known):,.2f}" if whole else ""
    lines.append(f"{_row('total', total)}{money}")
    if not whole:
        lines.append('  cost unknown: some model has no price; [price."NAME"] in the config adds one')
    return "\n".join(lines)


def _row(label: str, used: Usage) -> str:
    return f"  {label:<9} {used.calls:>9,} calls {used.input:>13,} tokens in {used.output:>11,} out"
