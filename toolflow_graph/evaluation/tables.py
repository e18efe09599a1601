"""Assessments as text: tables that fit into a terminal, the paper's figures beside them for orientation."""

from collections.abc import Iterator
from typing import Any

from toolflow_graph.wording import count_of, shorten_line

PAPER = {
    "dialogues": 8000,
    "calls": 21_069,
    "ss": 63.36,
    "enr": 47.3,
    "entropy": 10.36,
    "distinct_3": 0.4865,
    "nat": 3.72,
    "coh": 3.91,
    "help": 4.71,
}
"""Of the paper's ToolFlow set (tables 1 and 2), by GPT-4 from ToolBench's APIs: another size, other words."""
_LISTED = 8

Row = tuple[str, Any, Any]


def headline(figures: dict[str, Any]) -> list[Row]:
    """The rows of the paper's tables: label, this data set's figure, the paper's (None where it gives none)."""
    size, coherence, spoken = figures["size"], figures["coherence"], figures["diversity"]["spoken"]
    judge = (figures["judge"] or {}).get("scores", {})
    note = "" if coherence["as_the_paper"] or coherence["ss"] is None else f" ({coherence['embedder']})"
    return [
        ("dialogues", size["dialogues"], PAPER["dialogues"]),
        ("tokens", size["tokens"], None),
        ("turns", size["turns"], None),
        ("turns with calls", size["turns_with_calls"], None),
        ("tool calls", size["calls"], PAPER["calls"]),
        ("tools offered", figures["tools"]["offered"], None),
        ("tools used", figures["tools"]["used"], None),
        ("SS" + note, coherence["ss"], None if note else PAPER["ss"]),
        ("EnR", coherence["enr"], PAPER["enr"]),
        ("H", spoken["entropy"], PAPER["entropy"]),
        ("D-3", spoken["distinct_3"], PAPER["distinct_3"]),
        ("NAT", judge.get("nat"), PAPER["nat"]),
        ("COH", judge.get("coh"), PAPER["coh"]),
        ("HELP", judge.get("help"), PAPER["help"]),
        ("ACC", judge.get("acc"), None),
    ]


def render_assessment(figures: dict[str, Any]) -> str:
    """One data set."""
    return "\n".join(_assessment_lines(figures))


def render_comparison(found: dict[str, Any]) -> str:
    """Two data sets side by side."""
    return "\n".join(_comparison_lines(found))


def _assessment_lines(figures: dict[str, Any]) -> Iterator[str]:
    sampled = figures["sampled_from"]
    part = f" (drawn from {sampled:,}, seed {figures['seed']})" if sampled else ""
    yield f"{figures['data']}: {count_of(figures['size']['dialogues'], 'dialogue')}{part}"
    yield ""
    yield f"{'':<24} {'here':>12} {'the paper':>12}"
    for label, own, paper in headline(figures):
        yield f"{label:<24} {_show(own):>12} {_show(paper, ''):>12}"
    yield from _footnotes(figures)
    for title, lines in _sections(figures):
        if lines:
            yield ""
            yield title
            yield from (f"  {line}" for line in lines)


def _footnotes(figures: dict[str, Any]) -> Iterator[str]:
    coherence, size = figures["coherence"], figures["size"]
    yield "  the paper's set is GPT-4's; H and D-3 depend on how much is counted: compare A B cuts to one size"
    yield f"  tokens are {size['tokenizer']}; H and D-3 count the words that user and assistant say"
    if coherence["ss"] is not None or coherence["enr"] is not None:
        error = "" if coherence["ss_error"] is None else f", SS +- {coherence['ss_error']:.2f}"
        error += "" if coherence["enr_error"] is None else f", EnR +- {coherence['enr_error']:.2f}"
        models = ", ".join(filter(None, (coherence["embedder"], coherence["nli"])))
        yield f"  {coherence['judged']:,} of {coherence['pairs']:,} pairs of turns{error} (standard error); by {models}"


def _sections(figures: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    size, whole = figures["size"], figures["diversity"]["whole"]
    parts = ", ".join(f"{part} {count:,}" for part, count in size["tokens_by_part"].items())
    yield (
        "words",
        [
            f"tokens: {parts}",
            f"with calls and results: H {_show(whole['entropy'])}, D-3 {_show(whole['distinct_3'])}, "
            f"{whole['words']:,} words, {whole['vocabulary']:,} different",
        ],
    )
    yield "behaviours (share of dialogues)", list(_behaviours(figures["behaviours"]))
    yield "sources of argument values", list(_sources(figures["sources"]))
    yield "tools", list(_tools(figures["tools"]))
    yield "verification", list(_verification(figures["verification"], size["dialogues"]))
    yield "duplicates", list(_duplicates(figures["duplicates"]))
    yield "leaks into benchmarks", list(_leaks(figures["leaks"]))
    yield "what cannot be judged", figures["cannot_judge"]


def _behaviours(found: dict[str, Any]) -> Iterator[str]:
    for key, count, how in (
        ("from_records", found["with_record"], "as their records say"),
        ("from_messages", found["without_record"], "as far as messages tell"),
    ):
        shares = [f"{name} {100 * share:.0f}%" for name, share in found[key].items() if share]
        if count:
            yield f"{count_of(count, 'dialogue')}, {how}: {', '.join(shares) or 'none'}"


def _sources(found: dict[str, Any]) -> Iterator[str]:
    whole = found["values"]
    if whole:
        kinds = sorted(found["kinds"].items(), key=lambda entry: -entry[1])
        shown = ", ".join(f"{kind} {100 * count / whole:.1f}%" for kind, count in kinds if count)
        yield f"{whole:,} values, {100 * found['grounded']:.1f}% grounded: {shown}"


def _tools(found: dict[str, Any]) -> Iterator[str]:
    if found["offered"]:
        yield f"{found['used']:,} of {found['offered']:,} offered tools are used ({100 * found['coverage']:.0f}%)"
        yield "most: " + ", ".join(f"{name} {count}" for name, count in found["most_used"][:_LISTED])
        yield "least: " + ", ".join(f"{name} {count}" for name, count in found["least_used"][:_LISTED])
    if found["called_but_not_offered"]:
        yield f"called but not offered: {_list(found['called_but_not_offered'])}"


def _verification(found: dict[str, Any] | None, dialogues: int) -> Iterator[str]:
    if found is None:
        return
    yield f"{found['accepted']:,} of {dialogues:,} accepted ({100 * found['accepted_share']:.1f}%)"
    for code, rule in list(found["rules"].items())[:_LISTED]:
        yield f"{code} ({rule['severity']}): {count_of(rule['findings'], 'finding')} in {rule['dialogues']:,}"


def _duplicates(found: dict[str, Any]) -> Iterator[str]:
    near = f"{found['near']:,} nearly (Jaccard {found['threshold']:g} and more of {found['shingle']}-word shingles)"
    yield f"{found['exact']:,} with the same words as another one, {near}"
    for group in found["exact_groups"][:_LISTED]:
        yield f"the same: {_list(group)}"
    for cluster in found["near_clusters"][:_LISTED]:
        yield f"{cluster['similarity']:.2f}: {_list(cluster['dialogues'])}"


def _leaks(found: dict[str, Any] | None) -> Iterator[str]:
    if found is None:
        return
    benchmarks = found["benchmarks"]
    for each in benchmarks[:_LISTED]:
        yield f"{each['file']}: {count_of(each['tools'], 'tool')}, {count_of(each['texts'], 'text')}"
    if len(benchmarks) > _LISTED:
        yield f"... ({count_of(len(benchmarks), 'file')})"
    yield f"{len(found['leaking_tools']):,} of {count_of(found['tools'], 'tool')} leak"
    for leak in found["leaking_tools"][:_LISTED]:
        why = f"{100 * leak['contaminated']:.0f}% of its words" if "ngram" in leak["rules"] else ""
        near = f"cosine {leak['cosine']:.2f} with {leak['nearest']}" if "similarity" in leak["rules"] else ""
        yield f"  {leak['tool']}: {'; '.join(filter(None, (why, near)))} ({leak['file']})"
    yield (
        f"{len(found['leaking_messages']):,} of {count_of(found['user_messages'], 'user message')} leak, "
        f"in {count_of(found['leaking_dialogues'], 'dialogue')}"
    )
    for leak in found["leaking_messages"][:_LISTED]:
        place = f"{leak['dialogue']}, message {leak['message_index']}"
        yield f"  {place}: {100 * leak['contaminated']:.0f}% of its words ({leak['file']})"


def _comparison_lines(found: dict[str, Any]) -> Iterator[str]:
    left, right = found["a"], found["b"]
    names = [shorten_line(str(each["data"]), 22) for each in (left, right)]
    yield f"{'':<26} {names[0]:>22} {names[1]:>22} {'difference':>12}"
    for (label, own, _), (_, other, _) in zip(headline(left), headline(right), strict=True):
        yield _difference(label, own, other)
    for label, path in _SHARES:
        yield _difference(label, _dig(left, path), _dig(right, path))
    for scope, words in found["equal_words"].items():
        title = "what is said" if scope == "spoken" else "with calls and results"
        yield ""
        yield f"at equal numbers of words ({words['words']:,} words, {title}, seed {found['seed']})"
        yield _difference("H", *words["entropy"])
        yield _difference("D-3", *words["distinct_3"])
    for name, each in (("A", left), ("B", right)):
        if each["cannot_judge"]:
            yield ""
            yield f"what cannot be judged of {name}"
            yield from (f"  {line}" for line in each["cannot_judge"])


_SHARES = (
    ("tool coverage", ("tools", "coverage")),
    ("grounded values", ("sources", "grounded")),
    ("accepted", ("verification", "accepted_share")),
    ("exact duplicates", ("duplicates", "exact")),
    ("near duplicates", ("duplicates", "near")),
)


def _dig(figures: dict[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = figures
    for key in path:
        found = found[key] if found else None
    return found


def _difference(label: str, own: float | None, other: float | None) -> str:
    gap = "" if own is None or other is None else _signed(other - own)
    return f"{label:<26} {_show(own):>22} {_show(other):>22} {gap:>12}"


def _signed(gap: float) -> str:
    return f"{gap:+,.4f}" if isinstance(gap, float) else f"{gap:+,}"


def _show(value: float | None, absent: str = "-") -> str:
    if value is None:
        return absent
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"


def _list(names: list[str]) -> str:
    return ", ".join(names[:_LISTED]) + (f", ... ({len(names):,})" if len(names) > _LISTED else "")
