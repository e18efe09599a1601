"""The verifier: small rules with stable codes, on a whole dialogue (:func:`verify`) or on one new message (inline).

::

    transcript.py   the frozen view of a dialogue that all rules read (parsing.py builds it from any data)
    registry.py     RULES, and the decorator that adds one
    structure.py calls.py text.py delivery.py groundrules.py planrules.py behaviours.py consent.py world.py
                    the rules
    grounding.py composed.py callmoments.py origins.py forms.py evidence.py    where an argument's value comes from
    arithmetic.py distinctive.py wording.py tongues.py languages.py moments.py offsets.py codes.py
                    how values are said
    present.py recurring.py    what "today" is; days such as "every Tuesday"
    claims.py deeds.py outages.py    what the assistant says it did or could not do, against what was called
    naming.py things.py clashes.py    the world of a dialogue, and what contradicts it
    answers.py mentions.py knowledge.py reckoning.py timing.py    what the assistant states (helpers: sums.py
                    portions.py rates.py lengths.py units.py rows.py)
    inline.py       check_*: the same rules while the dialogue is being made
"""

from toolflow_graph.record import Record
from toolflow_graph.types import Verdict
from toolflow_graph.verification import (  # noqa: F401  (they register)
    behaviours,
    calls,
    consent,
    delivery,
    groundrules,
    planrules,
    structure,
    text,
    world,
)
from toolflow_graph.verification.behaviours import count_behaviours
from toolflow_graph.verification.grounding import compute_provenance, is_distinctive
from toolflow_graph.verification.inline import check_assistant_text, check_calls, check_result, check_user_text
from toolflow_graph.verification.parsing import parse_dialogue, parse_record
from toolflow_graph.verification.planrules import check_request_done
from toolflow_graph.verification.registry import RULES, Rule, rule, run_rules
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
