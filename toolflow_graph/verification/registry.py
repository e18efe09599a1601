"""The register of rules: every rule is a small function with a stable code."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from toolflow_graph.types import Finding
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

    def applies(self, transcript: Transcript) -> bool:
        """Whether the dialogue carries what the rule needs."""
        has = {
            "plan": transcript.plan is not None and bool(transcript.plan.requests),
            "tools": bool(transcript.tools),
            "returns": any(tool.returns is not None for tool in transcript.tools),
        }
        return all(has[need] for need in self.needs)


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
