"""``assess``: what a data set holds and how good it looks, as one JSON-plain dict (docs/metrics.md says what is what).

The paper's Tables 1 and 2, and beside them behaviours, sources of values, tools, duplicates and leaks. Nothing here
gates anything: these figures inform.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolflow_graph.evaluation.leaks import Material, find_leaks, load_benchmarks
from toolflow_graph.evaluation.metrics.behaviours import BehaviourCoverage
from toolflow_graph.evaluation.metrics.coherence import Mean, TurnPair, average, draw, measure_cosines, pair_turns
from toolflow_graph.evaluation.metrics.diversity import count_ngrams, cut_words, measure_distinct, measure_entropy
from toolflow_graph.evaluation.metrics.duplicates import SHINGLE, THRESHOLD, find_duplicates
from toolflow_graph.evaluation.metrics.entailment import Entailment, JudgedPairs
from toolflow_graph.evaluation.metrics.scores import average_scores
from toolflow_graph.evaluation.metrics.sizes import Sizes, spoken_text, whole_text
from toolflow_graph.evaluation.metrics.sources import SourceMix
from toolflow_graph.evaluation.metrics.tokenizers import WORDS_AND_MARKS, Tokenizer
from toolflow_graph.evaluation.metrics.toolset import ToolCoverage
from toolflow_graph.evaluation.metrics.words import Words, WordsBuilder
from toolflow_graph.evaluation.samples import Drawn, Sample, Tell, no_tell
from toolflow_graph.randomness import derive_rng
from toolflow_graph.tool_graph.cache import default_cache_dir
from toolflow_graph.tool_graph.embedders import Embedder, embed_texts
from toolflow_graph.types import Finding
from toolflow_graph.verification import RULES, verify

SCHEMA = 1
OFFLINE = "offline"
"""The name under which records have the offline model."""


@dataclass(frozen=True)
class Options:
    """What to measure beside what is always measured.

    Attributes:
        embedder: measures SS and the similarity rule; None leaves both out.
        nli: measures EnR; None leaves it out.
        tokenizer: counts tokens.
        pairs: pairs of turns that SS and EnR look at (drawn by the seed); None for all.
        verify: run the verifier's rules.
        against: benchmark files to look for leaks in.
        cache_dir: where vectors and answers are kept; None is the user's cache folder.
    """

    embedder: Embedder | None = None
    nli: Entailment | None = None
    tokenizer: Tokenizer = WORDS_AND_MARKS
    pairs: int | None = None
    verify: bool = False
    against: tuple[Path, ...] = ()
    seed: int = 0
    cache_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """The figures as one JSON-plain dict, and the words they were counted from (for :func:`compare`)."""

    figures: dict[str, Any]
    spoken: Words
    whole: Words


@dataclass
class _Gathered:
    """What one pass over the dialogues leaves."""

    spoken: WordsBuilder = field(default_factory=WordsBuilder)
    whole: WordsBuilder = field(default_factory=WordsBuilder)
    sizes: Sizes = field(default_factory=Sizes)
    behaviours: BehaviourCoverage = field(default_factory=BehaviourCoverage)
    sources: SourceMix = field(default_factory=SourceMix)
    tools: ToolCoverage = field(default_factory=ToolCoverage)
    material: Material = field(default_factory=Material)
    pairs: list[TurnPair] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    judgements: list[Any] = field(default_factory=list)
    accepted: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    dialogues_with: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    without_plan: int = 0
    one_turn: int = 0

    def add(self, place: int, sample: Sample, options: Options) -> None:
        transcript = sample.transcript
        for message in transcript.messages:
            if spoken := spoken_text(message):
                self.spoken.add(spoken, place)
            if whole := whole_text(message):
                self.whole.add(whole, place)
        self.sizes.add(transcript)
        self.behaviours.add(sample.data, transcript)
        self.sources.add(sample.data, transcript)
        self.tools.add(transcript)
        if options.against:
            self.material.add(sample)
        self.pairs += pair_turns(transcript)
        self.names.append(sample.name)
        self.judgements.append(sample.data.get("judgement"))
        self.unread.update(f"{part.what}: {part.reason}" for part in transcript.unread)
        self.without_plan += transcript.plan is None
        self.one_turn += len(transcript.turns) < 2
        if options.verify:
            self._judge(verify(transcript).findings)

    def _judge(self, findings: Sequence[Finding]) -> None:
        self.accepted += not any(finding.severity == "error" for finding in findings)
        self.findings.update(finding.code for finding in findings)
        self.dialogues_with.update({finding.code for finding in findings})


def assess(drawn: Drawn, *, name: str = "", options: Options | None = None, tell: Tell = no_tell) -> dict[str, Any]:
    """All figures of a data set.

    Returns:
        A JSON-plain dict with ``schema: 1``; docs/metrics.md names its keys.

    Raises:
        UsageError: if a model cannot be loaded or a benchmark file cannot be read.
    """
    return build_assessment(drawn, name=name, options=options or Options(), tell=tell).figures


def build_assessment(drawn: Drawn, *, name: str, options: Options, tell: Tell = no_tell) -> Assessment:
    """Like :func:`assess`, with the words."""
    # Before the long pass: a file that cannot be read is found at once.
    benchmarks = load_benchmarks(options.against)
    gathered = _Gathered(sizes=Sizes(options.tokenizer))
    for place, sample in enumerate(drawn.samples(tell)):
        gathered.add(place, sample, options)
    spoken, whole = gathered.spoken.build(), gathered.whole.build()
    figures: dict[str, Any] = {
        "schema": SCHEMA,
        "data": name,
        "seed": options.seed,
        "sampled_from": drawn.sampled_from,
        "size": gathered.sizes.to_json(),
        "coherence": _measure_coherence(gathered.pairs, options, tell),
        "diversity": {"spoken": measure_diversity(spoken), "whole": measure_diversity(whole)},
        "judge": average_scores(gathered.judgements),
        "behaviours": gathered.behaviours.to_json(),
        "sources": gathered.sources.to_json(),
        "tools": gathered.tools.to_json(),
        "verification": _verification(gathered) if options.verify else None,
        "duplicates": _duplicates(spoken, gathered.names),
        "leaks": find_leaks(
            gathered.material, benchmarks, embedder=options.embedder, cache_dir=options.cache_dir, tell=tell
        )
        if benchmarks
        else None,
    }
    figures["cannot_judge"] = _cannot_judge(figures, gathered, options)
    return Assessment(figures, spoken, whole)


def measure_diversity(words: Words) -> dict[str, Any]:
    """H, D-3 and what they were counted from."""
    distinct, ngrams = count_ngrams(words, 3)
    return {
        "words": len(words.ids),
        "vocabulary": len(np.unique(words.ids)),
        "entropy": _round(measure_entropy(words)),
        "distinct_3": _round(distinct / ngrams if ngrams else None),
        "distinct_ngrams": distinct,
        "ngrams": ngrams,
    }


def compare(left: Assessment, right: Assessment, *, seed: int = 0) -> dict[str, Any]:
    """Two assessments and their diversity at equal numbers of words: both cut to the smaller one's."""
    equal = {}
    for scope in ("spoken", "whole"):
        one: Words = getattr(left, scope)
        other: Words = getattr(right, scope)
        count = min(len(one.ids), len(other.ids))
        cut = [cut_words(words, count, seed=seed) for words in (one, other)]
        equal[scope] = {
            "words": count,
            "entropy": [_round(measure_entropy(words)) for words in cut],
            "distinct_3": [_round(measure_distinct(words)) for words in cut],
        }
    return {"schema": SCHEMA, "a": left.figures, "b": right.figures, "equal_words": equal, "seed": seed}


def _measure_coherence(pairs: list[TurnPair], options: Options, tell: Tell) -> dict[str, Any]:
    drawn = draw(pairs, options.pairs, derive_rng(options.seed, "pairs"))
    embedder = options.embedder
    similarity = _similarity(drawn, embedder, options.cache_dir, tell) if embedder and drawn else None
    entailed = _entailment(drawn, options, tell) if options.nli and drawn else None
    return {
        "pairs": len(pairs),
        "judged": len(drawn),
        "embedder": embedder.name if embedder else None,
        # The paper's figures are Sentence-BERT's; another embedder's cosines stand on another scale.
        "as_the_paper": embedder is not None and embedder.name.startswith("sbert"),
        "ss": _round(similarity.value if similarity else None, 2),
        "ss_error": _round(similarity.error if similarity else None, 2),
        "nli": options.nli.name if options.nli else None,
        "enr": _round(entailed.value if entailed else None, 2),
        "enr_error": _round(entailed.error if entailed else None, 2),
    }


def _similarity(pairs: list[TurnPair], embedder: Embedder, cache_dir: Path | None, tell: Tell) -> Mean | None:
    texts = list(dict.fromkeys(text for pair in pairs for text in (pair.premise, pair.hypothesis)))
    place = {text: number for number, text in enumerate(texts)}
    vectors, _ = embed_texts(
        _Telling(embedder, len(texts), tell) if getattr(embedder, "cache_key", None) else embedder,
        texts,
        cache_dir=cache_dir,
    )
    left = vectors[[place[pair.premise] for pair in pairs]]
    right = vectors[[place[pair.hypothesis] for pair in pairs]]
    found = average(measure_cosines(left, right))
    return found.scaled(100) if found else None


class _Telling:
    """An embedder that is asked in small parts, so that it can be told how far it is."""

    def __init__(self, inner: Embedder, of: int, tell: Tell) -> None:
        self._inner, self._of, self._tell = inner, of, tell
        self._done = 0
        self.name, self.tau = inner.name, inner.tau
        self.cache_key: str | None = getattr(inner, "cache_key", None)

    def embed(self, texts: Sequence[str]) -> npt.NDArray[Any]:
        parts = []
        for start in range(0, len(texts), _PART):
            part = texts[start : start + _PART]
            parts.append(self._inner.embed(part))
            self._done += len(part)
            self._tell("embedding turns", self._done, self._of)
        return np.concatenate(parts)


_PART = 256


def _entailment(pairs: list[TurnPair], options: Options, tell: Tell) -> Mean | None:
    assert options.nli is not None
    kept = JudgedPairs(options.cache_dir or default_cache_dir(), options.nli)
    answers = kept.judge(pairs, lambda done, of: tell("entailment", done, of))
    found = average([float(answer) for answer in answers])
    return found.scaled(100) if found else None


def _verification(gathered: _Gathered) -> dict[str, Any]:
    return {
        "accepted": gathered.accepted,
        "accepted_share": _round(gathered.accepted / max(gathered.sizes.dialogues, 1)),
        "rules": {
            code: {
                "severity": RULES[code].severity,
                "findings": gathered.findings[code],
                "dialogues": gathered.dialogues_with[code],
            }
            for code in sorted(gathered.findings, key=lambda code: (-gathered.dialogues_with[code], code))
        },
    }


def _duplicates(spoken: Words, names: list[str]) -> dict[str, Any]:
    found = find_duplicates(spoken.by_owner(len(names)))
    return {
        "exact": found.exact_extra,
        "near": found.near_extra,
        "shingle": SHINGLE,
        "threshold": THRESHOLD,
        "exact_groups": [[names[place] for place in group] for group in found.exact],
        "near_clusters": [
            {"dialogues": [names[place] for place in cluster.members], "similarity": _round(cluster.similarity)}
            for cluster in found.near
        ],
    }


def _cannot_judge(figures: dict[str, Any], gathered: _Gathered, options: Options) -> list[str]:
    """What the figures leave out, in sentences, with what would bring it."""
    count = gathered.sizes.dialogues
    coherence = figures["coherence"]
    said = []
    if not coherence["pairs"]:
        said.append("SS and EnR: no dialogue has two turns with text")
    else:
        if options.embedder is None:
            said.append("SS: no embedder (--embedder sbert)")
        elif not coherence["as_the_paper"]:
            said.append(f"SS as the paper's: {coherence['embedder']} is no Sentence-BERT (--embedder sbert)")
        if options.nli is None:
            said.append("EnR: no NLI model is named (--nli NAME or FOLDER)")
    if gathered.one_turn and coherence["pairs"]:
        said.append(f"coherence of {gathered.one_turn} of {count} dialogues: they have one turn only")
    if figures["judge"] is None:
        said.append("NAT, COH, HELP, ACC: no dialogue carries a judgement")
    elif figures["judge"]["models"] == [OFFLINE]:
        said.append("NAT, COH, HELP, ACC: the offline model judged, which looks at form only (plumbing, no quality)")
    elif figures["judge"]["dialogues"] < count:
        said.append(f"NAT, COH, HELP, ACC of {count - figures['judge']['dialogues']} of {count} dialogues: not judged")
    if figures["behaviours"]["not_judged"]:
        names = ", ".join(figures["behaviours"]["not_judged"])
        said.append(f"behaviours of {gathered.without_plan} of {count} dialogues without a plan: {names}")
    if gathered.tools.dialogues_without:
        said.append(f"tool coverage of {gathered.tools.dialogues_without} of {count} dialogues: they list no tools")
    for reason, times in gathered.unread.most_common(3):
        said.append(f"unreadable, {times} times: {reason}")
    if options.against and options.embedder is None:
        said.append("leaks by similarity: no embedder")
    return said


def _round(value: float | None, digits: int = 4) -> float | None:
    return None if value is None else round(value, digits)
