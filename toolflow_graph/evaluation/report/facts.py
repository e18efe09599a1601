"""What is counted of one dialogue. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from toolflow_graph.evaluation.report.reading import Entry
from toolflow_graph.run.store import find_blame
from toolflow_graph.types import Usage

_EXCERPT = 160

Pair = tuple[str, str]
"""Two tools."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one dialogue that figures, plots and the list are made of.

    Attributes:
        written: the verdict stood in the data.
        planned: the record holds a plan, so that behaviours and requests are known.
        turns: user messages.
        called: the tools of all calls, in order, with repetitions.
        failed: calls that brought an error.
        offered: the names of the tools that were offered.
        codes: code -> severity of what was found (or "error" of a fault).
        blame: roles whose messages or steps the errors of a rejected dialogue lie in.
        provenance: kind of source -> leaves of arguments.
        walked: neighbours in the tool graph, as the seed's tools follow each other.
        flows: a result of the first tool became an argument of the second.
        lowest: the lowest score of a judge, if there is one.
    """

    id: str
    accepted: bool
    written: bool
    planned: bool
    turns: int
    messages: int
    called: tuple[str, ...]
    failed: int
    offered: frozenset[str]
    behaviours: tuple[str, ...]
    codes: Mapping[str, str]
    blame: tuple[str, ...]
    provenance: Mapping[str, int]
    usage: Mapping[str, Usage]
    models: Mapping[str, str]
    walked: tuple[Pair, ...]
    flows: tuple[Pair, ...]
    scores: Mapping[str, float]
    lowest: float | None
    marked_bad: int
    untrained: int
    excerpt: str


def build_facts(entry: Entry) -> Facts:
    """Count one dialogue."""
    record, transcript = entry.record, entry.transcript
    codes = {finding.code: finding.severity for finding in sorted(record.verdict.findings, key=_errors_last)}
    if record.fault:
        codes[record.fault.code] = "error"
    sites = transcript.sites
    scores = dict(entry.judgement.scores) if entry.judgement else {}
    return Facts(
        id=record.id,
        accepted=record.verdict.accepted,
        written=entry.written,
        planned=record.plan is not None,
        turns=len(transcript.turns),
        messages=len(transcript.messages),
        called=tuple(site.call.name for site in sites),
        failed=sum(site.result is not None and not site.result.ok for site in sites),
        offered=frozenset(transcript.tools_by_name),
        behaviours=tuple(record.behaviours),
        codes=dict(sorted(codes.items())),
        blame=tuple(sorted(find_blame(record))),
        provenance=Counter(source.kind for sources in entry.sources.values() for source in sources),
        usage=record.usage,
        models={role: model.name for role, model in record.models.items()},
        walked=tuple(_walked(entry)),
        flows=tuple(_flows(entry)),
        scores=scores,
        lowest=min(scores.values(), default=None),
        marked_bad=sum(not mark.good for mark in entry.judgement.turns) if entry.judgement else 0,
        untrained=len(entry.untrained),
        excerpt=_excerpt(entry),
    )


def _errors_last(finding: object) -> bool:
    # Of one code with both severities the error is what counts, so it comes last.
    return getattr(finding, "severity", "") == "error"


def _walked(entry: Entry) -> Iterator[Pair]:
    seed = entry.record.seed
    tools, edges = seed.get("tools"), seed.get("edges")
    if not isinstance(tools, list) or not isinstance(edges, list):
        return
    known = {frozenset((edge.get("source"), edge.get("target"))) for edge in edges if isinstance(edge, dict)}
    for first, second in pairwise(tools):
        if frozenset((first, second)) in known:
            yield str(first), str(second)


def _flows(entry: Entry) -> Iterator[Pair]:
    transcript = entry.transcript
    names = {site.result_index: site.call.name for site in transcript.sites if site.result_index is not None}
    for site in transcript.sites:
        sources = entry.sources.get((site.message_index, site.position), ())
        from_results = {names.get(source.message_index or 0) for source in sources if source.kind == "result"}
        yield from ((name, site.call.name) for name in sorted(name for name in from_results if name))


def _excerpt(entry: Entry) -> str:
    first = next((message.content for message in entry.transcript.messages if message.role == "user"), None)
    text = " ".join((first or "").split())
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"
