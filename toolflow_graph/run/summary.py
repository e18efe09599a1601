"""What a run ends with, as data and as text."""

import json
import textwrap
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolflow_graph.behaviours import BEHAVIOURS
from toolflow_graph.errors import RunError
from toolflow_graph.run.prices import Price, find_price
from toolflow_graph.run.view import RunView, Stored
from toolflow_graph.types import ROLES, Usage
from toolflow_graph.wording import count_of, shorten_line

_MOST_REASONS = 8
_EXAMPLE = 100


@dataclass(slots=True)
class Judged:
    """What judges say of the accepted dialogues: how many, the sums of scores, messages not to be trained on of all."""

    count: int = 0
    scores: dict[str, float] = field(default_factory=dict)
    bad: int = 0
    turns: int = 0

    def add(self, facts: Mapping[str, Any]) -> None:
        """One more dialogue (``view.Stored.judged``)."""
        self.count += 1
        for name, score in facts["scores"].items():
            self.scores[name] = self.scores.get(name, 0.0) + score
        self.bad += facts["bad"]
        self.turns += facts["turns"]

    def render(self) -> str:
        """Mean scores and messages, on one line."""
        means = ", ".join(f"{name} {total / self.count:.2f}" for name, total in self.scores.items())
        return f"{means}; {self.bad:,} of {self.turns:,} messages of the assistant are not to be trained on"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What the data set holds now.

    Attributes:
        num: accepted dialogues wanted.
        max_attempts: dialogues that could be tried.
        accepted, rejected: dialogues in the data set's index prefix.
        reasons: finding code -> number of rejected dialogues that have it.
        usage: role -> calls and tokens, of accepted and rejected dialogues.
        played: dialogues that this very command played.
        complete: ``num`` was reached.
        interrupted: the user stopped it.
        error: why it gave up, if it did.
        limit: which limit of what may be spent was reached, in words, if one was.
        offline: the offline model played every role.
        examples: finding code -> the reason of the first rejected dialogue that has it.
        surplus: accepted dialogues that the run store holds beyond the ``num`` wanted.
        blame: role -> number of rejected dialogues with an error in its messages or steps.
        behaviours: behaviour -> number of accepted dialogues that hold it.
        wanted: behaviour -> number of accepted dialogues that the mix asks for.
        judged: what judges say of the accepted dialogues, if there are judges.
        cost: US dollars for all calls; None where a model has no price (``unpriced`` names them).
    """

    num: int
    max_attempts: int
    accepted: int
    rejected: int
    played: int
    complete: bool
    interrupted: bool = False
    error: RunError | None = None
    limit: str | None = None
    offline: bool = False
    reasons: Mapping[str, int] = field(default_factory=dict)
    usage: Mapping[str, Usage] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)
    surplus: int = 0
    blame: Mapping[str, int] = field(default_factory=dict)
    behaviours: Mapping[str, int] = field(default_factory=dict)
    wanted: Mapping[str, float] = field(default_factory=dict)
    cost: float | None = None
    unpriced: tuple[str, ...] = ()
    judged: Judged = field(default_factory=Judged)

    @property
    def total(self) -> Usage:
        """All calls and tokens."""
        return sum(self.usage.values(), Usage())

    @property
    def exit_code(self) -> int:
        """0: complete; 130: stopped by the user; 1: gave up."""
        if self.complete:
            return 0
        return 130 if self.interrupted else 1


def build_summary(
    view: RunView,
    *,
    num: int,
    max_attempts: int,
    played: int,
    complete: bool,
    interrupted: bool = False,
    error: RunError | None = None,
    limit: str | None = None,
    offline: bool = False,
    mix: Mapping[str, float] | None = None,
    prices: Mapping[str, Price] | None = None,
) -> RunSummary:
    """Count what the run folder holds; ``mix``: the wanted shares, ``prices``: the user's own."""
    accepted = rejected = 0
    blame: Counter[str] = Counter()
    behaviours: Counter[str] = Counter()
    spent: dict[str, Usage] = {}
    reasons: Counter[str] = Counter()
    usage: dict[str, Usage] = {}
    examples: dict[str, str] = {}
    judged = Judged()
    for row in view.dataset(num):
        accepted += row.accepted
        rejected += not row.accepted
        if not row.accepted:
            reasons.update(row.codes or ("no reason given",))
            if not set(row.codes) <= set(examples):
                examples = {**_reasons(row), **examples}
        blame.update(row.blame)
        behaviours.update(row.behaviours if row.accepted else ())
        if row.accepted and row.judged is not None:
            judged.add(row.judged)
        for role, used in row.usage.items():
            usage[role] = usage.get(role, Usage()) + used
            model = row.models.get(role, "")
            spent[model] = spent.get(model, Usage()) + used
    costs = {model: find_price(model, prices) for model in spent}
    unpriced = tuple(sorted(model for model, price in costs.items() if price is None))
    cost = sum(price.of(spent[model]) for model, price in costs.items() if price is not None)
    return RunSummary(
        blame={role: blame[role] for role in ROLES if blame[role]},
        behaviours={name: behaviours[name] for name in BEHAVIOURS if behaviours[name]},
        wanted={name: share * accepted for name, share in (mix or {}).items() if share},
        cost=None if unpriced else cost,
        unpriced=unpriced,
        judged=judged,
        num=num,
        max_attempts=max_attempts,
        accepted=accepted,
        rejected=rejected,
        played=played,
        complete=complete,
        interrupted=interrupted,
        error=error,
        limit=limit,
        offline=offline,
        reasons=dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        usage={role: usage[role] for role in (*ROLES, *sorted(set(usage) - set(ROLES))) if role in usage},
        examples=examples,
        surplus=view.count_accepted() - accepted if complete else 0,
    )


def _reasons(row: Stored) -> dict[str, str]:
    """Code -> reason of a rejected dialogue, with the codes that the run store counts."""
    plain = json.loads(row.text)
    reasons: dict[str, str] = {}
    fault = plain.get("fault")
    if fault:
        reasons[fault["code"]] = f"{fault['node']}: {fault['reason']}"
    for finding in plain["verdict"].get("findings", ()):
        reasons.setdefault(finding["code"], finding["reason"])
    return {code: reasons[code] for code in row.codes if code in reasons}


def render_summary(summary: RunSummary, out: Path, *, show: str, notes: bool = True) -> str:
    """The text that ends a run.

    Args:
        summary: what to tell.
        out: the run folder.
        show: the command that shows a dialogue of the run (a rejected one, if none was accepted).
        notes: whether to say that the offline model made it.
    """
    lines = [_headline(summary)]
    if summary.reasons or summary.accepted:
        lines.append(f"  rejected:  {summary.rejected:,}")
    lines += [" " * 13 + line for line in _reason_lines(summary)]
    if summary.blame:
        lines.append(" " * 13 + "by role: " + ", ".join(f"{role} {count:,}" for role, count in summary.blame.items()))
    if summary.surplus:
        lines.append(
            f"  kept:      {count_of(summary.surplus, 'more accepted dialogue')} in the run store; a larger -n brings "
            f"{'it' if summary.surplus == 1 else 'them'} back"
        )
    for place, (role, used) in enumerate(summary.usage.items()):
        cached = f" ({used.cached:,} cached)" if used.cached else ""
        label = "  calls:     " if place == 0 else " " * 13
        calls = f"{used.calls:>7,} {'call ' if used.calls == 1 else 'calls'}"
        lines.append(f"{label}{role:<9} {calls} {used.input:>11,} tokens in{cached} {used.output:>9,} out")
    lines += [f"{'  holds:' if place == 0 else '':<13}{line}" for place, line in enumerate(_behaviour_lines(summary))]
    if summary.judged.count:
        lines.append(f"  judged:    {summary.judged.render()}")
    lines += [f"{'  yield:' if place == 0 else '':<13}{line}" for place, line in enumerate(_yield_lines(summary))]
    lines.append(f"  data:      {out / 'dialogues.jsonl'}  (rejected ones: {out / 'rejected.jsonl'})")
    if summary.accepted or summary.rejected:
        lines.append(f"  look:      {show}")
    if summary.offline and notes:
        lines.append("  note:      the offline model made these dialogues: for trying, testing and CI.")
        lines.append("             A language model writes training data: add --model NAME (see the README).")
    return "\n".join(lines)


def _behaviour_lines(summary: RunSummary) -> list[str]:
    """Share of accepted dialogues per behaviour, with the wanted share where the two lie apart."""
    parts = []
    for name in (name for name in BEHAVIOURS if name in summary.behaviours or name in summary.wanted):
        share = summary.behaviours.get(name, 0) / max(summary.accepted, 1)
        asked = summary.wanted.get(name, 0) / max(summary.accepted, 1)
        apart = abs(share - asked) > 0.2 * asked and abs(share - asked) * summary.accepted > 1
        parts.append(f"{name} {share:.0%}" + (f" (of {asked:.0%})" if apart and asked else ""))
    return textwrap.wrap(", ".join(parts), 100, break_on_hyphens=False) if summary.accepted else []


def _yield_lines(summary: RunSummary) -> list[str]:
    """What an accepted dialogue took, those that were rejected on the way included."""
    if not summary.accepted:
        return []
    total, count = summary.total, summary.accepted
    share = count / (count + summary.rejected)
    cached = f" ({total.cached / count:,.0f} cached)" if total.cached else ""
    parts = [
        f"{share:.1%} accepted",
        f"per accepted dialogue {total.calls / count:.1f} calls",
        f"{total.input / count:,.0f} tokens in{cached}",
        f"{total.output / count:,.0f} out",
    ]
    if summary.cost:
        parts.append(f"${summary.cost / count:.4f} (${summary.cost:,.2f} in all)")
    lines = [", ".join(parts)]
    if summary.unpriced and any(summary.unpriced):
        lines.append(f'cost unknown: no price of {", ".join(summary.unpriced)}; [price."NAME"] in the config adds one')
    return lines


def _reason_lines(summary: RunSummary) -> list[str]:
    lines = []
    for code, count in list(summary.reasons.items())[:_MOST_REASONS]:
        example = shorten_line(summary.examples.get(code, ""), _EXAMPLE)
        lines.append(f"{code} {count:,}" + (f": {example}" if example else ""))
    rest = list(summary.reasons.items())[_MOST_REASONS:]
    return [*lines, ", ".join(f"{code} {count:,}" for code, count in rest)] if rest else lines


def _headline(summary: RunSummary) -> str:
    share = f"{summary.accepted} of {count_of(summary.num, 'dialogue')} accepted"
    if summary.complete:
        done = f"{count_of(summary.accepted, 'dialogue')} accepted of {summary.accepted + summary.rejected} played"
        return f"done: {done}" if summary.played else f"already finished: {done}; nothing to do"
    if summary.interrupted:
        return f"stopped: {share} so far; the same command goes on"
    if summary.limit is not None:
        return f"stopped: {summary.limit}; {share} so far; the same command with a higher limit goes on"
    if summary.error is not None:
        return f"gave up: {share} so far; the same command goes on"
    tried = f"gave up: {share} in {count_of(summary.max_attempts, 'attempt')}"
    # Where nothing passes, more of the same is no advice.
    return f"{tried}; a higher --max-attempts goes on" if summary.accepted else tried
