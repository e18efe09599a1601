"""The verifier: small rules with stable codes, on a whole dialogue (:func:`verify`) or on one new message (inline).

::

    transcript.py   the frozen view of a dialogue that all rules read (parsing.py builds it from any data)
    evidence.py toolcards.py hints.py    what it holds to go by, what a tool's definition says, how to mend a finding
    registry.py     RULES, and the decorator that adds one
    rules/          the rules: structure, calls, wording, delivery, plan, behaviours, consent, world ...
    provenance/     where arguments and stated values come from
    derivations/    how one value follows from others
    world/          the things of a dialogue, and what contradicts them
    reading/        what a text says
    inline.py       check_*: the same rules while the dialogue is being made
"""

from toolflow_graph.record import Record
from toolflow_graph.types import Verdict
from toolflow_graph.verification.inline import check_assistant_text, check_calls, check_result, check_user_text
from toolflow_graph.verification.parsing import parse_dialogue, parse_record
from toolflow_graph.verification.provenance.grounding import compute_provenance, is_distinctive
from toolflow_graph.verification.registry import RULES, Rule, rule, run_rules
from toolflow_graph.verification.rules import (  # noqa: F401  (they register)
    behaviours,
    calls,
    consent,
    delivery,
    groundrules,
    planrules,
    structure,
    text,
    weekdays,
    world,
)
from toolflow_graph.verification.rules.behaviours import count_behaviours
from toolflow_graph.verification.rules.planrules import check_request_done
from toolflow_graph.verification.transcript import Transcript

__all__ = [
    "RULES",
    "Rule",
    "Transcript",
    "check_assistant_text",
    "check_calls",
    "check_request_done",
    "check_result",
    "check_user_text",
    "compute_provenance",
    "count_behaviours",
    "is_distinctive",
    "parse_dialogue",
    "parse_record",
    "rule",
    "verify",
]


def verify(dialogue: Record | Transcript) -> Verdict:
    """Run every rule that applies: accepted if and only if no finding is an error. Nothing written before counts."""
    transcript = parse_record(dialogue) if isinstance(dialogue, Record) else dialogue
    findings = tuple(run_rules(RULES.values(), transcript))
    return Verdict(accepted=not any(finding.severity == "error" for finding in findings), findings=findings)
