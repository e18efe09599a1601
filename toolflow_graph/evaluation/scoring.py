"""The mutation score: how many defects of each kind the verifier finds, and by which rule."""

import json
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from toolflow_graph.evaluation.mutations import KINDS, Dialogue, Kind
from toolflow_graph.randomness import derive_rng
from toolflow_graph.types import Verdict
from toolflow_graph.verification import parse_dialogue, verify

WANTED = 0.99
"""Least share of a structural kind's mutants that the rules meant for it find."""
MOST_CLEAN_FINDINGS = 0.005
"""Share of clean dialogues with an error from which on the rules cry wolf."""
_EXAMPLES = 3
_KEPT = 256

_Job = TypeVar("_Job")
_Made = TypeVar("_Made")


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
    """All kinds in their order; ``dialogues`` were given, ``unclean`` of them had an error before any change.

    Only errors count against the rules, because only they reject. ``warned`` dialogues had warnings: an accepted
    dialogue may well have one (it does not show what it was planned to show, say).
    """

    kinds: tuple[KindScore, ...]
    dialogues: int
    unclean: int
    clean_codes: Mapping[str, int]
    warned: int = 0
    warning_codes: Mapping[str, int] = field(default_factory=dict)

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
            "with_errors": self.unclean,
            "errors": dict(self.clean_codes),
            "with_warnings": self.warned,
            "warnings": dict(self.warning_codes),
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
    workers: int = 1,
) -> Score:
    """Break dialogues in every known way and see what the verifier finds.

    A mutant counts as caught if a rule finds more in it than in the dialogue it was made from. The same records, seed
    and numbers give the same score, whatever the number of workers.

    Args:
        records: dialogues as JSON, meant to be clean.
        per_kind: mutants of a kind at most; each from another dialogue, as far as the kind applies to them.
        tell: is told, now and then, how much of the work is done.
        workers: processes that share the work; with more than one, ``kinds`` must be importable functions.
    """
    chosen = list(KINDS.values() if kinds is None else kinds)
    number = len(records)
    places = range(number)
    bench = _Bench(records, seed, per_kind)
    verdicts: list[_Codes] = []
    entries: list[KindScore] = []
    # Each kind starts at another dialogue, so that all of them are used.
    jobs = [(one, place * number // max(1, len(chosen))) for place, one in enumerate(chosen)]
    total = number + len(jobs)
    with _Team(bench, workers) as team:
        for codes in team.map(_look, places):
            verdicts.append(codes)
            if tell is not None and len(verdicts) % 20 == 0:
                tell(len(verdicts), total)
        for entry in team.map(_score_kind, jobs):
            entries.append(entry)
            if tell is not None:
                tell(number + len(entries), total)
    errors = Counter(code for codes in verdicts for code, severity in codes if severity == "error")
    warnings = Counter(code for codes in verdicts for code, severity in codes if severity == "warning")
    return Score(
        tuple(entries),
        number,
        unclean=sum(any(severity == "error" for _, severity in codes) for codes in verdicts),
        clean_codes=dict(errors.most_common()),
        warned=sum(any(severity == "warning" for _, severity in codes) for codes in verdicts),
        warning_codes=dict(warnings.most_common()),
    )


_Codes = tuple[tuple[str, str], ...]
"""The codes of a dialogue's findings with their severities, each once, in order."""


class _Bench:
    """What a worker works with: the dialogues in the order in which kinds try them, each read and judged once."""

    def __init__(self, records: Sequence[Mapping[str, Any]], seed: int, per_kind: int) -> None:
        order = list(range(len(records)))
        derive_rng("mutation order", seed).shuffle(order)
        self.records = records
        self.order = order
        self.seed = seed
        self.per_kind = per_kind
        # A run's worth of parsed dialogues would take gigabytes; neighbouring kinds use the same few.
        self.dialogue = lru_cache(maxsize=_KEPT)(lambda index: Dialogue(records[index]))
        self.before = lru_cache(maxsize=None)(lambda index: _count(verify(self.dialogue(index).transcript)))

    def score_kind(self, kind: Kind, first: int) -> KindScore:
        """Break the dialogues from place ``first`` on in one way, until there are enough mutants."""
        entry = KindScore(kind)
        number = len(self.order)
        for step in range(first, first + number):
            if entry.tried >= self.per_kind:
                break
            index = self.order[step % number]
            other = self.order[(step + 1 + entry.tried % max(1, number - 1)) % number]
            self._try(entry, index, other)
        return entry

    def _try(self, entry: KindScore, index: int, other: int) -> None:
        dialogue = self.dialogue(index)
        rng = derive_rng("mutation", self.seed, entry.kind.code, index)
        mutant = entry.kind.apply(dialogue, rng, self.dialogue(other))
        if mutant is None:
            return
        found = _count(verify(parse_dialogue(mutant))) - self.before(index)
        entry.tried += 1
        entry.caught += bool(found)
        if any(code in found for code in entry.kind.rules):
            entry.meant += 1
        elif len(entry.misses) < _EXAMPLES:
            name = str(dialogue.record.get("id", ""))
            entry.misses.append(Miss(name, tuple(found), json.loads(json.dumps(mutant))))


def _count(verdict: Verdict) -> Counter[str]:
    return Counter(finding.code for finding in verdict.findings)


class _Team:
    """Maps over jobs here, or in processes that each have a bench of their own; the order stays."""

    def __init__(self, bench: _Bench, workers: int) -> None:
        self._bench = bench
        self._pool = (
            ProcessPoolExecutor(
                workers,
                # Forking a process that has threads (an event loop's, a database's) may hang.
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_set_up,
                initargs=(bench.records, bench.seed, bench.per_kind),
            )
            if workers > 1
            else None
        )

    def __enter__(self) -> "_Team":
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, work: Callable[[_Bench, _Job], _Made], jobs: Sequence[_Job]) -> Iterator[_Made]:
        """The work's results in the order of the jobs."""
        if self._pool is None:
            return (work(self._bench, job) for job in jobs)
        return self._pool.map(_Task(work), jobs, chunksize=8 if len(jobs) > 400 else 1)


@dataclass(frozen=True)
class _Task:
    """Work on the bench of the process it runs in."""

    work: Callable[[_Bench, Any], Any]

    def __call__(self, job: Any) -> Any:
        return self.work(_benches[0], job)


_benches: list[_Bench] = []


def _set_up(records: Sequence[Mapping[str, Any]], seed: int, per_kind: int) -> None:
    _benches[:] = [_Bench(records, seed, per_kind)]


def _look(bench: _Bench, index: int) -> _Codes:
    findings = verify(bench.dialogue(index).transcript).findings
    return tuple(dict.fromkeys((finding.code, finding.severity) for finding in findings))


def _score_kind(bench: _Bench, job: tuple[Kind, int]) -> KindScore:
    return bench.score_kind(*job)
