"""Rules about where values come from: arguments that wait for another call, and values from nowhere."""

import re
from collections.abc import Iterator

from toolflow_graph.types import Json
from toolflow_graph.verification.answers import ungrounded_mentions
from toolflow_graph.verification.evidence import Evidence, evidence_of, text_keys
from toolflow_graph.verification.grounding import GroundedLeaf
from toolflow_graph.verification.placeholders import is_placeholder
from toolflow_graph.verification.registry import Spot, rule
from toolflow_graph.verification.transcript import Transcript
from toolflow_graph.verification.wording import key_of

_REFERENCE = re.compile(
    r"\$\{|\{\{|\$\(|\bcall_\d+\b|<[^<>]*(?:result|output|response|previous|from)[^<>]*>|"
    r"\b(?:result|output|response|value|id) (?:of|from) (?:the )?(?:previous|first|other|above|call|tool|last|step)\b",
    re.IGNORECASE,
)


@rule(
    "dependent_siblings",
    "error",
    "A call of a turn needs the result of another call of the same message; it has to wait for that result.",
)
def dependent_siblings(transcript: Transcript) -> Iterator[Spot]:
    for leaf, place in dependent_leaves(transcript):
        what = f"which only {place} brings" if place else "which refers to a result that is not there yet"
        index = leaf.site.message_index
        yield index, f"{leaf.site.call.name}: {leaf.path} is {_show(leaf.value)}, {what}; call one after the other"


def dependent_leaves(transcript: Transcript) -> Iterator[tuple[GroundedLeaf, str]]:
    """Leaves that depend on a sibling call, with the sibling's name ("" if the value is a reference in words)."""
    evidence = evidence_of(transcript)
    for leaf in transcript.leaves:
        siblings = len(transcript.messages[leaf.site.message_index].tool_calls)
        if siblings < 2 or leaf.source.kind not in ("unknown", "composed", "derived") or leaf.value in ("", None):
            continue
        if isinstance(leaf.value, str) and _REFERENCE.search(leaf.value):
            yield leaf, ""
        elif leaf.distinctive and leaf.source.kind == "unknown":
            for site in transcript.sites:
                same = site.message_index == leaf.site.message_index and site.position != leaf.site.position
                if same and site.result_index is not None and _holds(evidence, leaf.value, site.result_index):
                    yield leaf, site.call.name
                    break


def _holds(evidence: Evidence, value: Json, index: int) -> bool:
    keys = [("n", key_of(value))] if isinstance(value, int | float) else list(text_keys(str(value)))[:1]
    return any(evidence.after_call(key, index, index + 1) for key in keys)


@rule(
    "ungrounded_argument",
    "error",
    "A distinctive argument value (id, date, amount, address, name), or one inside a composed text, comes from nowhere "
    "in the dialogue so far.",
    needs=("tools",),
)
def ungrounded_argument(transcript: Transcript) -> Iterator[Spot]:
    dependent = {(leaf.site.call.id, leaf.path) for leaf, _ in dependent_leaves(transcript)}
    for leaf in transcript.leaves:
        for stray in leaf.strays:
            yield (
                leaf.site.message_index,
                f"{leaf.site.call.name}: {leaf.path} states {stray!r}, which nobody said and no result brought; "
                "write only what was said or found, or else ask for it",
            )
        if not leaf.distinctive or leaf.source.kind != "unknown" or (leaf.site.call.id, leaf.path) in dependent:
            continue
        # A placeholder is a finding of its own, and so is a name the schema does not know.
        if not leaf.schema or is_placeholder(leaf.value, leaf.required):
            continue
        yield (
            leaf.site.message_index,
            f"{leaf.site.call.name}: {leaf.path} is {_show(leaf.value)}, which nobody said and no result brought; "
            "take the value from what was said or found, or else ask for it",
        )


@rule(
    "ungrounded_answer",
    "error",
    "The assistant states a distinctive value (amount, quantity, date, time, code, e-mail or web address, phone "
    "number) that nobody said, no result brought and that does not follow from what is known. Not judged: names, "
    "number words, single digits without a unit, code blocks, examples, questions and advice with round figures, "
    "general knowledge in turns without calls, and figures in other languages than English.",
)
def ungrounded_answer(transcript: Transcript) -> Iterator[Spot]:
    evidence = evidence_of(transcript)
    for index, message in transcript.watched("assistant"):
        for mention in ungrounded_mentions(evidence, index) if message.content else ():
            yield (
                index,
                f"states {mention.text!r}, which nobody said, no result brought and nothing known gives; say only what "
                "is known, look it up first, or show how it is calculated",
            )


def _show(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
