"""What a run ends with, as data and as text."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from toolflow_graph.errors import RunError
from toolflow_graph.run.store import RunView
from toolflow_graph.types import ROLES, Usage


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
        offline: the offline model played every role.
    """

    num: int
    max_attempts: int
    accepted: int
    rejected: int
    played: int
    complete: bool
    interrupted: bool = False
    error: RunError | None = None
    offline: bool = False
    reasons: Mapping[str, int] = field(default_factory=dict)
    usage: Mapping[str, Usage] = field(default_factory=dict)

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
    offline: bool = False,
) -> RunSummary:
    """Count what the run folder holds."""
    accepted = rejected = 0
    reasons: Counter[str] = Counter()
    usage: dict[str, Usage] = {}
    for row in view.dataset(num):
        accepted += row.accepted
        rejected += not row.accepted
        if not row.accepted:
            reasons.update(row.codes or ("no reason given",))
        for role, used in row.usage.items():
            usage[role] = usage.get(role, Usage()) + used
    return RunSummary(
        num=num,
        max_attempts=max_attempts,
        accepted=accepted,
        rejected=rejected,
        played=played,
        complete=complete,
        interrupted=interrupted,
        error=error,
        offline=offline,
        reasons=dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        usage={role: usage[role] for role in (*ROLES, *sorted(set(usage) - set(ROLES))) if role in usage},
    )


def render_summary(summary: RunSummary, out: Path, *, show: str) -> str:
    """The text that ends a run; ``show`` is the command that shows a dialogue of it."""
    lines = [_headline(summary)]
    if summary.reasons:
        reasons = ", ".join(f"{code} {count}" for code, count in summary.reasons.items())
        lines.append(f"  rejected:  {summary.rejected} ({reasons})")
    elif summary.accepted:
        lines.append(f"  rejected:  {summary.rejected}")
    for place, (role, used) in enumerate(summary.usage.items()):
        cached = f" ({used.cached:,} cached)" if used.cached else ""
        label = "  calls:     " if place == 0 else " " * 13
        lines.append(
            f"{label}{role:<9} {used.calls:>7,} calls {used.input:>11,} tokens in{cached} {used.output:>9,} out"
        )
    lines.append(f"  data:      {out / 'dialogues.jsonl'}  (rejected ones: {out / 'rejected.jsonl'})")
    if summary.accepted:
        lines.append(f"  look:      {show}")
    if summary.offline:
        lines.append("  note:      the offline model made these dialogues: for trying, testing and CI.")
        lines.append("             A language model writes training data: add --model NAME (see the README).")
    return "\n".join(lines)


def _headline(summary: RunSummary) -> str:
    share = f"{summary.accepted} of {summary.num} dialogues accepted"
    if summary.complete:
        done = f"{summary.accepted} dialogues accepted of {summary.accepted + summary.rejected} played"
        return f"done: {done}" if summary.played else f"already finished: {done}; nothing to do"
    if summary.interrupted:
        return f"stopped: {share} so far; the same command goes on"
    if summary.error is not None:
        return f"gave up: {share} so far; the same command goes on"
    return f"gave up: {share} in {summary.max_attempts} attempts; a higher --max-attempts goes on"
