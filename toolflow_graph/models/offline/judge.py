"""The offline judge: figures that follow from a dialogue's form, so that everything around a judge can be tried.

They say nothing about quality, and their reasons say so.
"""

from typing import Any

from toolflow_graph.models.briefs import JudgeBrief

LABEL = "offline figure, no judgement of quality: "
_ASKED = (60, 100, 160)
_TOLD = (200, 400, 700)
"""Characters beyond which a point is lost: of the user's mean message, of the assistant's longest."""


def judge(brief: JudgeBrief) -> dict[str, Any]:
    """Scores from findings and lengths. A message with a finding is bad; a second judge differs by what it counts."""
    findings = brief.find()
    found = {finding.message_index: finding.code for finding in findings if finding.message_index is not None}
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    said = [len(message.content or "") for message in brief.messages if message.role == "user"]
    told = [len(brief.messages[index].content or "") for index in brief.turns]
    longest = max(told, default=0)
    mean = sum(said) / max(len(said), 1)
    turns = [_turn(index, found.get(index)) for index in brief.turns]
    return {
        "turns": turns,
        "nat": _score(
            5 - sum(mean > most for most in _ASKED), f"the user's messages have {mean:.0f} characters on average"
        ),
        "coh": _score(5 - 2 * errors - brief.member % 2 * bool(warnings), f"{errors} errors of the rules"),
        "help": _score(5 - sum(longest > most for most in _TOLD), f"the longest answer has {longest} characters"),
        "acc": _score(5 - 2 * errors - warnings, f"{errors} errors and {warnings} warnings of the rules"),
    }


def _turn(index: int, code: str | None) -> dict[str, Any]:
    reason = "no finding" if code is None else f"finding {code}"
    return {"message": index, "reason": LABEL + reason, "good": code is None}


def _score(points: int, reason: str) -> dict[str, Any]:
    return {"reason": LABEL + reason, "score": max(1, min(5, points))}
