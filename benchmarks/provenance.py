"""How much of what is used and stated can be traced, and how often a value from another dialogue passes for traced.

    python benchmarks/provenance.py [FILE ...] [--num N] [--rounds N] [--donors FILE]

FILE is JSONL of dialogues, as ``verify`` reads it; without one, an offline run of ``--num`` dialogues is made in a
temporary folder. For each file two tables are printed, one for the distinctive values in the arguments of calls, one
for the values that the assistant states: how many come from where, and what becomes of them when each is replaced by
one from another dialogue (``--rounds`` times; of the same tool and path, or of the same kind). A replaced value that
stands in the dialogue anyway says nothing and is left out. What then counts as known is the falsification rate; a
second figure has what is "open", too: the share of wrong values that the rules ``ungrounded_argument`` and
``ungrounded_answer`` would not notice. With
``--donors``, a table follows for values of the same kind (a date for a date) from dialogues of that other origin.

"derived" follows by a calculation, a unit, a date counted; "excused" needs no source (an offer, advice, an example);
"open" stands where something is worked out and can be come to from what is known (of an argument: as the answer tells
it), or bounds a search: the rules do not judge it.
"""

import argparse
import copy
import dataclasses
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolflow_graph.dataset.reading import read_dialogues
from toolflow_graph.randomness import derive_rng
from toolflow_graph.types import Json
from toolflow_graph.verification import Transcript
from toolflow_graph.verification.evidence import evidence_of
from toolflow_graph.verification.provenance.answers import Answer
from toolflow_graph.verification.provenance.grounding import GroundedLeaf
from toolflow_graph.verification.reading.mentions import Mention, mentions_in
from toolflow_graph.verification.rules.groundrules import is_left_open

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass
class Table:
    """Sources of the values as they are, and of values from other dialogues in their places."""

    title: str
    sources: Counter[str] = field(default_factory=Counter)
    swapped: Counter[str] = field(default_factory=Counter)
    anyway: int = 0

    def render(self) -> str:
        """Both as text, one line a source; "unknown" is what the rule finds."""
        values, swaps = self.sources.total(), self.swapped.total()
        known = values - self.sources["unknown"] - self.sources["excused"] - self.sources["open"]
        passed, undecided = swaps - self.swapped["unknown"] - self.swapped["open"], self.swapped["open"]
        lines = [
            f"{self.title}: {values:,} distinctive values, {_share(known, values)} known; falsification rate "
            f"{_share(passed, swaps)} ({passed:,} of {swaps:,} swapped in; {self.anyway:,} more stood there anyway)",
        ]
        if undecided:
            lines.append(f"  {_share(passed + undecided, swaps)} with those that are not judged ({undecided:,})")
        lines += [
            f"  {'source':<10} {'values':>7} {'share':>8} {'swapped in':>11} {'share':>8}",
        ]
        for kind, _ in (self.sources + self.swapped).most_common():
            here, there = self.sources[kind], self.swapped[kind]
            lines.append(f"  {kind:<10} {here:>7,} {_share(here, values):>8} {there:>11,} {_share(there, swaps):>8}")
        return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "-"


# Arguments.


def measure_foreign(dialogues: Sequence[Transcript], donors: Sequence[Transcript], rounds: int) -> Table:
    """The table of the distinctive leaves, with values of the same kind from dialogues of another origin swapped in."""
    pools: dict[str, list[Json]] = defaultdict(list)
    for donor in donors:
        for leaf in donor.leaves:
            if leaf.distinctive:
                pools[_kind(leaf.value)].append(leaf.value)
    table = Table("arguments, values of another origin")
    for number, dialogue in enumerate(dialogues):
        for place, leaf in enumerate(leaf for leaf in dialogue.leaves if leaf.distinctive):
            table.sources[_source(dialogue, leaf)] += 1
            for turn in range(rounds):
                pool = pools[_kind(leaf.value)]
                value = derive_rng("swap", number, place, turn).choice(pool) if pool else leaf.value
                if value != leaf.value:
                    _try_argument(table, dialogue, leaf, value)
    return table


def measure_arguments(dialogues: Sequence[Transcript], rounds: int) -> Table:
    """The table of the distinctive leaves of all calls."""
    leaves = [
        (number, leaf) for number, dialogue in enumerate(dialogues) for leaf in dialogue.leaves if leaf.distinctive
    ]
    table = Table("arguments", Counter(_source(dialogues[number], leaf) for number, leaf in leaves))
    same_place: dict[Any, list[tuple[int, Json]]] = defaultdict(list)
    same_kind: dict[str, list[tuple[int, Json]]] = defaultdict(list)
    for number, leaf in leaves:
        same_place[leaf.site.call.name, leaf.pattern].append((number, leaf.value))
        same_kind[_kind(leaf.value)].append((number, leaf.value))
    for place, (number, leaf) in enumerate(leaves):
        for turn in range(rounds):
            donors = _others(same_place[leaf.site.call.name, leaf.pattern], number, leaf.value)
            donors = donors or _others(same_kind[_kind(leaf.value)], number, leaf.value)
            if donors:
                value = derive_rng("swap", place, turn).choice(donors)
                _try_argument(table, dialogues[number], leaf, value)
    return table


def _others(pool: list[tuple[int, Json]], number: int, value: Json) -> list[Json]:
    return [other for owner, other in pool if owner != number and other != value]


def _try_argument(table: Table, dialogue: Transcript, leaf: GroundedLeaf, value: Json) -> None:
    end = leaf.site.message_index
    said = "\n".join(message.content or "" for message in dialogue.messages[:end])
    if _stands(value, said) or leaf.schema.get("default") == value:
        table.anyway += 1
        return
    arguments = copy.deepcopy(leaf.site.call.arguments)
    _replace(arguments, leaf.path, value)
    call = leaf.site.call.model_copy(update={"arguments": arguments})
    alone = dialogue.messages[end].model_copy(update={"tool_calls": (call,)})
    messages = (*dialogue.messages[:end], alone, *dialogue.messages[end + 1 :])
    changed = dataclasses.replace(dialogue, messages=messages, focus=end)
    table.swapped[_source(changed, next(other for other in changed.leaves if other.path == leaf.path))] += 1


def _source(dialogue: Transcript, leaf: GroundedLeaf) -> str:
    unjudged = leaf.source.kind == "unknown" and is_left_open(dialogue, leaf)
    return "open" if unjudged else leaf.source.kind


def _replace(node: Any, path: str, value: Json) -> None:
    """Put a value where ``iter_leaves`` found one: the path is followed key by key."""
    from toolflow_graph.schemas import join_path

    def walk(node: Any, here: str) -> bool:
        entries: Iterator[tuple[Any, str]] = iter(())
        if isinstance(node, dict):
            entries = ((key, join_path(here, key)) for key in node)
        elif isinstance(node, list):
            entries = ((number, f"{here}[{number}]") for number in range(len(node)))
        for key, there in entries:
            if there == path:
                node[key] = value
                return True
            if walk(node[key], there):
                return True
        return False

    if not walk(node, ""):
        raise ValueError(path)


def _kind(value: Json) -> str:
    if isinstance(value, int | float):
        return "number"
    text = str(value)
    for kind, pattern in (
        ("moment", r"\d{4}-\d\d-\d\d[T ].*"),
        ("date", r"\d{4}-\d\d-\d\d"),
        ("time", r"\d\d:\d\d(:\d\d)?"),
        ("email", r"\S+@\S+"),
        ("url", r"\w+://.*"),
        ("code", r".*\d.*"),
    ):
        if re.fullmatch(pattern, text, re.DOTALL):
            return kind
    return "name"


# Answers.


def measure_answers(dialogues: Sequence[Transcript], rounds: int) -> Table:
    """The table of the values that the assistant states."""
    table = Table("answers")
    stated: list[tuple[int, int, Mention]] = []
    for number, dialogue in enumerate(dialogues):
        evidence = evidence_of(dialogue)
        for index, message in enumerate(dialogue.messages):
            if message.role == "assistant" and message.content:
                answer = Answer(evidence, index)
                table.sources.update(answer.source(mention) for mention in answer.mentions)
                stated += [(number, index, mention) for mention in answer.mentions]
    donors: dict[Any, list[tuple[int, Mention]]] = defaultdict(list)
    for number, _, mention in stated:
        donors[_shape(mention)].append((number, mention))
        donors[mention.kind].append((number, mention))
    for place, (number, index, mention) in enumerate(stated):
        for turn in range(rounds):
            pool = _other_mentions(donors[_shape(mention)], number, mention)
            pool = pool or _other_mentions(donors[mention.kind], number, mention)
            if pool:
                _try_answer(table, dialogues[number], index, mention, derive_rng("swap", place, turn).choice(pool))
    return table


def _shape(mention: Mention) -> tuple[str, str, bool]:
    return mention.kind, mention.unit, any(map(str.isdigit, mention.text))


def _other_mentions(pool: list[tuple[int, Mention]], number: int, mention: Mention) -> list[Mention]:
    return [other for owner, other in pool if owner != number and other.text != mention.text]


def _try_answer(table: Table, dialogue: Transcript, index: int, mention: Mention, other: Mention) -> None:
    message = dialogue.messages[index]
    content = message.content or ""
    written = re.sub(r"^\D+|\D+$", "", other.text) if mention.values else other.text
    changed = content[: mention.start] + written + content[mention.end :]
    messages = (*dialogue.messages[:index], message.model_copy(update={"content": changed}))
    swapped = dataclasses.replace(dialogue, messages=messages)
    answer = Answer(evidence_of(swapped), index)
    if _mention_stands(other, "\n".join(said.text for said in answer.known)):
        table.anyway += 1
        return
    end = mention.start + len(written)
    found = [each for each in mentions_in(changed) if each.start < end and each.end > mention.start]
    kinds = [answer.source(each) for each in found]
    table.swapped["unknown" if "unknown" in kinds else kinds[0] if kinds else "unread"] += 1


# Whether a value stands in a text, judged without the code that is measured.


def _stands(value: Json, text: str) -> bool:
    if isinstance(value, int | float):
        return _number_stands((abs(float(value)),), text)
    written = str(value).casefold()
    if re.match(r"\d{4}-\d\d-\d\d", written):
        return _day_stands(written[:4], int(written[5:7]), int(written[8:10]), text.casefold())
    return re.search(rf"(?<!\w){re.escape(written)}(?!\w)", text.casefold()) is not None


def _mention_stands(mention: Mention, text: str) -> bool:
    if mention.values:
        return _number_stands(mention.values, text)
    folded = text.casefold()
    if mention.kind == "date":
        return any(_day_stands(year, month, day, folded) for year, month, day in mention.days)
    if mention.kind == "time":
        return any(clock in folded for clock in mention.clocks)
    return re.search(rf"(?<!\w){re.escape(mention.text.casefold())}(?!\w)", folded) is not None


def _number_stands(values: Sequence[float], text: str) -> bool:
    written = re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?!\w)", re.sub(r"(?<=\d),(?=\d{3})", "", text))
    return any(abs(value - float(number)) < 1e-9 for number in written for value in values)


def _day_stands(year: str | None, month: int, day: int, text: str) -> bool:
    if f"{year or ''}-{month:02d}-{day:02d}" in text:
        return True
    name = _MONTHS[month - 1]
    ordinal = rf"{day}(?:st|nd|rd|th)?"
    return re.search(rf"\b{name}\w*\.? (?:the )?{ordinal}\b|\b{ordinal} (?:of )?{name}", text) is not None


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables of each file; 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="JSONL of dialogues (default: an offline run)"
    )
    parser.add_argument("--num", type=int, default=300, help="dialogues of the offline run (default: 300)")
    parser.add_argument("--rounds", type=int, default=1, help="how often each value is swapped (default: 1)")
    parser.add_argument("--donors", type=Path, metavar="FILE", help="swap in values of these dialogues, too")
    options = parser.parse_args(arguments)
    donors = [dialogue for _, dialogue in read_dialogues(options.donors)] if options.donors else []
    with tempfile.TemporaryDirectory() as folder:
        files = options.files or [_make_run(Path(folder), options.num)]
        for file in files:
            dialogues = [dialogue for _, dialogue in read_dialogues(file)]
            print(f"{file if options.files else 'offline run'}: {len(dialogues):,} dialogues")
            print(measure_arguments(dialogues, options.rounds).render())
            if donors:
                print(measure_foreign(dialogues, donors, options.rounds).render())
            print(measure_answers(dialogues, options.rounds).render())
    return 0


def _make_run(folder: Path, num: int) -> Path:
    command = [sys.executable, "-m", "toolflow_graph", "run", "-n", str(num), "--quiet", "--out", "run"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "run" / "dialogues.jsonl"


if __name__ == "__main__":
    sys.exit(main())
