"""A judgement -> what becomes of the dialogue: thresholds, and messages that are not to be trained on. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from toolflow_graph.errors import UsageError
from toolflow_graph.judging.opinions import HIGHEST, LOWEST
from toolflow_graph.judging.panel import ROLE, Hearing, Panel
from toolflow_graph.record import CRITERIA, Judgement, Record
from toolflow_graph.types import Finding, Usage, Verdict

SCORE, TURN, FAILED = "judge_score", "judge_turn", "judge_failed"
"""Codes of findings: a score below its threshold, a message that is not to be trained on, a judge without a reply."""


def parse_thresholds(items: Sequence[str], flag: str = "--judge-min") -> dict[str, float]:
    """Read ``nat=3,coh=3.5``, one or several.

    Raises:
        UsageError: no such criterion, one that is given twice, or a number that is no score.
    """
    least: dict[str, float] = {}
    for part in (part.strip() for item in items for part in item.split(",")):
        name, _, number = (piece.strip() for piece in part.partition("="))
        try:
            value = float(number)
        except ValueError:
            value = float("nan")
        if name not in CRITERIA or name in least or not LOWEST <= value <= HIGHEST:
            raise UsageError(
                f"{flag} {part!r}",
                expected=f"NAME=SCORE with a score from {LOWEST} to {HIGHEST}, each name once",
                known=CRITERIA,
            )
        least[name] = value
    return least


def accept(record: Record, hearing: Hearing, panel: Panel, least: Mapping[str, float]) -> Record:
    """The record with what its judges said: judgement, findings, ``train`` on messages, usage and models.

    What earlier judges left in it is replaced.
    """
    findings = [each for each in record.verdict.findings if each.code not in (SCORE, TURN, FAILED)]
    # What only earlier judges had rejected may be accepted now.
    was_accepted = record.verdict.accepted or not (record.fault or any(each.severity == "error" for each in findings))
    findings += find_faults(hearing, least)
    rejects = any(each.severity == "error" for each in findings)
    bad = {turn.message_index for turn in hearing.judgement.bad} if hearing.judgement else set()
    earlier = {turn.message_index for turn in record.judgement.bad} if record.judgement else set()
    return record.model_copy(
        update={
            "messages": tuple(
                _marked(message, bad=index in bad, earlier=index in earlier)
                for index, message in enumerate(record.messages)
            ),
            "verdict": Verdict(accepted=was_accepted and not rejects, findings=tuple(findings)),
            "judgement": hearing.judgement,
            "models": {**_without_judges(record.models), **panel.models},
            "usage": {**_without_judges(record.usage), **hearing.usage},
            "prompt_hashes": {**record.prompt_hashes, ROLE: panel.template.hash},
            "alternatives": (*(each for each in record.alternatives if not is_judge(each.role)), *hearing.alternatives),
        }
    )


def find_faults(hearing: Hearing, least: Mapping[str, float]) -> list[Finding]:
    """What a hearing finds: judges that failed, scores below their threshold, bad messages.

    A dialogue of which no message is left to learn from is rejected, whatever its scores.
    """
    judgement = hearing.judgement
    severity: Any = "error" if judgement is None else "warning"
    findings = [
        Finding(code=FAILED, severity=severity, reason=f"{fault.node}: {fault.code}: {fault.reason}")
        for fault in hearing.faults
    ]
    if judgement is None:
        return findings
    findings += find_low(judgement, least)
    nothing_left = bool(judgement.turns) and len(judgement.bad) == len(judgement.turns)
    findings += [
        Finding(
            code=TURN,
            severity="error" if nothing_left else "warning",
            message_index=turn.message_index,
            reason=turn.reason,
        )
        for turn in judgement.bad
    ]
    return findings


def find_low(judgement: Judgement, least: Mapping[str, float]) -> list[Finding]:
    """The scores that lie below their threshold."""
    return [
        Finding(code=SCORE, reason=f"{name} {judgement.scores[name]:g} is below {wanted:g}: {judgement.reasons[name]}")
        for name, wanted in least.items()
        if judgement.scores[name] < wanted
    ]


def add_usage(one: Mapping[str, Usage], other: Mapping[str, Usage]) -> dict[str, Usage]:
    """Role -> what both took."""
    return {role: one.get(role, Usage()) + other.get(role, Usage()) for role in (*one, *(set(other) - set(one)))}


def is_judge(role: str) -> bool:
    """Whether a role of a record's usage or models is a judge's."""
    return role == ROLE or role.startswith(f"{ROLE} ")


def _without_judges(by_role: Mapping[str, Any]) -> dict[str, Any]:
    return {role: value for role, value in by_role.items() if not is_judge(role)}


def _marked(message: dict[str, Any], *, bad: bool, earlier: bool) -> dict[str, Any]:
    if bad:
        return {**message, "train": False}
    # Only what a judge had marked is taken back; a mark of somebody else stays.
    return {key: value for key, value in message.items() if key != "train"} if earlier else message
