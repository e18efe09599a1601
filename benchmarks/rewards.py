"""Do findings tell bad dialogues from good ones, and are they right? For files whose dialogues carry a ``reward``.

    python benchmarks/rewards.py FILE [--sample N] [--rounds N] [--seed N]

FILE is JSONL of dialogues, as ``verify`` reads it, each with a number ``reward`` (1: the task was done, 0: it was not).

The score of a dialogue is the weight of its findings: 1 for an error, 0.25 for a warning. Findings about form alone
(order and endings, template tokens, labels) say nothing about the deed and weigh nothing; they are counted apart.
The AUC is the probability that a dialogue without the reward has the higher score than one with it, ties counting one
half: the Mann-Whitney statistic over both numbers' product (Hanley and McNeil, Radiology 143, 1982). Its interval is
the 2.5 and 97.5 percentile of ``--rounds`` bootstrap samples of the dialogues, with and without reward drawn apart.

``--sample N`` prints N findings of each rule with the messages around them, to be judged right or wrong by a reader;
the share of right ones is the rule's precision.
"""

import argparse
import bisect
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random

from toolflow_graph.dataset.reading import read_dialogues
from toolflow_graph.randomness import derive_rng
from toolflow_graph.types import Finding, Message
from toolflow_graph.verification import RULES, Transcript, verify

FORM = frozenset(("control_words", "speaker_label", "trailing_thanks", "giant_message", "looping_text"))
WEIGHTS = {"error": 1.0, "warning": 0.25}
_AROUND, _SHOWN = 2, 400


def is_form(finding: Finding) -> bool:
    """Whether a finding is about form alone."""
    return finding.code in FORM or RULES[finding.code].group == "structure"


def score(findings: Sequence[Finding]) -> float:
    """The weight of a dialogue's findings, those about form left out."""
    return sum(WEIGHTS[finding.severity] for finding in findings if not is_form(finding))


def auc(bad: Sequence[float], good: Sequence[float]) -> float:
    """The probability that a bad dialogue's score is higher than a good one's, ties counting one half."""
    ordered = sorted(good)
    wins = sum(bisect.bisect_left(ordered, value) + bisect.bisect_right(ordered, value) for value in bad)
    return wins / (2 * len(bad) * len(good))


def interval(bad: Sequence[float], good: Sequence[float], rounds: int, rng: Random) -> tuple[float, float]:
    """The 95 % interval of the AUC over bootstrap samples."""
    drawn = sorted(auc(rng.choices(bad, k=len(bad)), rng.choices(good, k=len(good))) for _ in range(rounds))
    return drawn[int(0.025 * rounds)], drawn[min(int(0.975 * rounds), rounds - 1)]


def render(scores: Sequence[float], rewards: Sequence[float], found: Sequence[Sequence[Finding]], rounds: int) -> str:
    """The AUC, and for each rule in how many dialogues with and without reward it has a finding."""
    bad = [value for value, reward in zip(scores, rewards, strict=True) if reward < 1]
    good = [value for value, reward in zip(scores, rewards, strict=True) if reward >= 1]
    if not bad or not good:
        return "the file needs dialogues with reward 1 and such with less"
    low, high = interval(bad, good, rounds, derive_rng("rewards", 0))
    counts: dict[str, Counter[bool]] = defaultdict(Counter)
    for findings, reward in zip(found, rewards, strict=True):
        for code in {finding.code for finding in findings}:
            counts[code][reward >= 1] += 1
    lines = [
        f"{len(good)} dialogues with reward, {len(bad)} without",
        f"AUC {auc(bad, good):.3f}, 95 % interval {low:.3f} to {high:.3f} ({rounds:,} bootstrap samples)",
        f"with a finding that is not about form: {sum(v > 0 for v in bad)} of {len(bad)} without reward, "
        f"{sum(v > 0 for v in good)} of {len(good)} with reward",
        "",
        f"{'rule':<24} {'without reward':>14} {'with reward':>12}",
    ]
    for code, count in sorted(counts.items(), key=lambda entry: -sum(entry[1].values())):
        form = "  (form)" if is_form(next(f for findings in found for f in findings if f.code == code)) else ""
        lines.append(f"{code:<24} {count[False]:>14} {count[True]:>12}{form}")
    return "\n".join(lines)


def render_sample(entries: Sequence[tuple[int, Transcript, Finding]], size: int, seed: int) -> str:
    """Findings of each rule, drawn with a seed, with the messages around them."""
    by_code: dict[str, list[tuple[int, Transcript, Finding]]] = defaultdict(list)
    for entry in entries:
        by_code[entry[2].code].append(entry)
    lines = []
    for code, all_of_it in sorted(by_code.items()):
        drawn = derive_rng("sample", seed, code).sample(all_of_it, min(size, len(all_of_it)))
        for line, transcript, finding in drawn:
            lines.append(f"\n== {code}, line {line}, message {finding.message_index}: {finding.reason}   right? [ ]")
            place = finding.message_index if finding.message_index is not None else len(transcript.messages) - 1
            for index in range(max(place - _AROUND, 0), min(place + _AROUND, len(transcript.messages))):
                lines.append(f"  [{index}] {_shown(transcript.messages[index])}")
    return "\n".join(lines)


def _shown(message: Message) -> str:
    calls = " ".join(f"{call.name}({json.dumps(call.arguments, ensure_ascii=False)})" for call in message.tool_calls)
    return f"{message.role}: {' '.join(f'{message.content or str()} {calls}'.split())[:_SHOWN]}"


def read_rewards(path: Path) -> dict[int, float]:
    """The reward that stands on each line of a JSONL file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {
        number: float(reward)
        for number, line in enumerate(lines, 1)
        if line.strip() and isinstance(reward := json.loads(line).get("reward"), int | float)
    }


def main() -> None:
    """Print the figures for one file, and the sample if one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="JSONL of dialogues with a reward each")
    parser.add_argument("--sample", type=int, default=0, help="findings of each rule to print (none)")
    parser.add_argument("--rounds", type=int, default=2000, help="bootstrap samples (2000)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample of findings (0)")
    arguments = parser.parse_args()
    rewards = read_rewards(arguments.file)
    judged = [(line, transcript, verify(transcript).findings) for line, transcript in read_dialogues(arguments.file)]
    judged = [entry for entry in judged if entry[0] in rewards]
    found = [findings for _, _, findings in judged]
    values = [rewards[line] for line, _, _ in judged]
    print(render([score(findings) for findings in found], values, found, arguments.rounds))
    if arguments.sample:
        entries = [(line, transcript, finding) for line, transcript, findings in judged for finding in findings]
        print(render_sample(entries, arguments.sample, arguments.seed))


if __name__ == "__main__":
    main()
