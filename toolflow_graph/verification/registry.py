"""The register of rules: every rule is a small function with a stable code."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from toolflow_graph.types import Finding
from toolflow_graph.verification.hints import HINTS
from toolflow_graph.verification.transcript import Transcript

Spot = tuple[int | None, str]
"""What a rule's body yields: the message index (None: the whole dialogue) and the reason."""

Check = Callable[[Transcript], Iterator[Finding]]
Severity = Literal["error", "warning"]
Need = Literal["plan", "tools", "returns"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its stable ``code``, whether its findings reject ("error") or not, and what it looks for, in one line.

    ``needs``: what a dialogue must carry for the rule to apply; where it is missing, the rule says nothing.
    """

    code: str
    severity: Severity
    explanation: str
    needs: tuple[Need, ...]
    group: str
    check: Check

    @property
    def hint(self) -> str:
        """What to do about a finding, in one line."""
        return HINTS.get(self.code, "")

    def applies(self, transcript: Transcript) -> bool:
        """Whether the dialogue carries what the rule needs."""
        if not self.needs:
            return True
        return transcript.carries.issuperset(self.needs)


_rules: dict[str, Rule] = {}
RULES: Mapping[str, Rule] = MappingProxyType(_rules)
"""All rules by code, in the order in which they run."""


def rule(
    code: str, severity: Severity, explanation: str, *, needs: tuple[Need, ...] = ()
) -> Callable[[Callable[[Transcript], Iterator[Spot]]], Check]:
    """Register a function that yields spots as the rule ``code``; what it becomes yields findings."""

    def register(body: Callable[[Transcript], Iterator[Spot]]) -> Check:
        def check(transcript: Transcript) -> Iterator[Finding]:
            for index, reason in body(transcript):
                yield Finding(code=code, severity=severity, message_index=index, reason=reason)

        assert code not in _rules, code
        group = body.__module__.rsplit(".", 1)[-1]
        _rules[code] = Rule(code, severity, explanation, needs, group, check)
        return check

    return register


_ENOUGH = frozenset(("structure",))


def run_rules(rules: Iterable[Rule], transcript: Transcript) -> list[Finding]:
    """The findings of all rules that apply, in their order.

    A message of a size that no dialogue has is read no further than its size and place: what it says does not matter
    any more, and patterns take their time on a megabyte of text.
    """
    rules = list(rules)
    giants = [
        finding
        for rule in rules
        if rule.code in GIANTS and rule.applies(transcript)
        for finding in rule.check(transcript)
    ]
    found: list[Finding] = []
    for rule in rules:
        if rule.code in GIANTS:
            found += [finding for finding in giants if finding.code == rule.code]
        elif rule.applies(transcript) and (not giants or rule.group in _ENOUGH):
            found += rule.check(transcript)
    return found


GIANTS = frozenset(("giant_message",))
"""Rules after whose findings a dialogue is not read any further."""
