"""The mutation score: how many defects of each kind the verifier finds, and by which rule."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolflow_graph.evaluation.mutations import KINDS, Dialogue, Kind
from toolflow_graph.randomness import derive_rng
from toolflow_graph.types import Verdict
from toolflow_graph.verification import parse_dialogue, verify

WANTED = 0.99
"""Least share of a structural kind's mutants that the rules meant for it find."""
MOST_CLEAN_FINDINGS = 0.005
"""Share of clean dialogues with a finding from which on the rules cry wolf."""
_EXAMPLES = 3


@dataclass(frozen=True)
class Miss:
    """A mutant that no rule meant for its kind found: the dialogue's id, the new codes, and the mutant itself."""

    dialogue: str
    found: tuple[str, ...]
    record: Mapping[str, Any] = field(repr=False)


@dataclass
class KindScore:
    """One kind: mutants ``tried``, ``caught`` by any rule, ``meant``: caught by a rule that is meant to."""

    kind: Kind
    tried: int = 0
    caught: int = 0
    meant: int = 0
    misses: list[Miss] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Caught by the rules meant for it, of those tried (1 if none was)."""
        return self.meant / self.tried if self.tried else 1.0

    @property
    def fails(self) -> bool:
        """Whether a structural kind stays below what is wanted."""
        return self.kind.level == "structural" and self.share < WANTED

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.kind.code,
            "group": self.kind.group,
            "level": self.kind.level,
            "rules": list(self.kind.rules),
            "tried": self.tried,
            "caught": self.caught,
            "caught_as_meant": self.meant,
            "share": round(self.share, 4) if self.tried else None,
            "missed": [{"id": miss.dialogue, "found": list(miss.found)} for miss in self.misses],
        }


@dataclass(frozen=True)
class Score:
    """All kinds in their order; ``dialogues`` were given, ``unclean`` of them had a finding before any change."""

    kinds: tuple[KindScore, ...]
    dialogues: int
    unclean: int
    clean_codes: Mapping[str, int]

    @property
    def clean_share(self) -> float:
        return self.unclean / self.dialogues if self.dialogues else 0.0

    @property
    def passed(self) -> bool:
        """Every structural kind is found as wanted, and the clean dialogues are left in peace."""
        return not any(entry.fails for entry in self.kinds) and self.clean_share < MOST_CLEAN_FINDINGS

    def to_json(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "dialogues": self.dialogues,
            "with_findings": self.unclean,
            "findings": dict(self.clean_codes),
            "mutants": sum(entry.tried for entry in self.kinds),
            "kinds": [entry.to_json() for entry in self.kinds],
        }


def score(
    records: Sequence[Mapping[str, Any]],
    *,
    seed: int = 0,
    per_kind: int = 200,
    kinds: Iterable[Kind] | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> Score:
    """Break dialogues in every known way and see what the verifier finds.

    A mutant counts as caught if a rule finds more in it than in the dialogue it was made from. The same records, seed
    and numbers give the same score.

    Args:
        records: dialogues as JSON, meant to be clean.
        per_kind: mutants of a kind at most; each from another dialogue, as far as the kind applies to them.
        tell: is told, now and then, how many of the dialogues are done.
    """
    entries = [KindScore(one) for one in (KINDS.values() if kinds is None else kinds)]
    number = len(records)
    order = list(range(number))
    derive_rng("mutation order", seed).shuffle(order)
    # Each kind starts at another dialogue, so that all of them are used; each dialogue is read only once or twice.
    first = [place * number // max(1, len(entries)) for place in range(len(entries))]
    unclean: Counter[str] = Counter()
    before: dict[int, Counter[str]] = {}
    for step in range(2 * number):
        place = step % number
        index = order[place]
        dialogue = Dialogue(records[index])
        if step < number:
            before[index] = _codes(verify(dialogue.transcript))
            unclean.update(before[index].keys())
        for offset, entry in zip(first, entries, strict=True):
            if entry.tried < per_kind and offset <= step < offset + number:
                other = order[(place + 1 + entry.tried % max(1, number - 1)) % number]
                _try(entry, dialogue, Dialogue(records[other]), before[index], (seed, entry.kind.code, index))
        if tell is not None and step % 10 == 0:
            tell(min(step + 1, 2 * number), 2 * number)
        if step >= number and all(
            entry.tried >= per_kind or step >= offset + number - 1 for offset, entry in zip(first, entries, strict=True)
        ):
            break
    dirty = sum(1 for codes in before.values() if codes)
    return Score(tuple(entries), number, dirty, dict(unclean.most_common()))


def _try(entry: KindScore, dialogue: Dialogue, other: Dialogue, before: Counter[str], labels: tuple[Any, ...]) -> None:
    mutant = entry.kind.apply(dialogue, derive_rng("mutation", *labels), other)
    if mutant is None:
        return
    found = _codes(verify(parse_dialogue(mutant))) - before
    entry.tried += 1
    entry.caught += bool(found)
    if any(code in found for code in entry.kind.rules):
        entry.meant += 1
    elif len(entry.misses) < _EXAMPLES:
        entry.misses.append(Miss(str(dialogue.record.get("id", "")), tuple(found), json.loads(json.dumps(mutant))))


def _codes(verdict: Verdict) -> Counter[str]:
    return Counter(finding.code for finding in verdict.findings)
