"""How long the rules take: milliseconds a dialogue, rule by rule, and what 8,000 dialogues would take on one core.

    python benchmarks/rules.py [FILE] [--num N] [--repeat N]

FILE is JSONL of dialogues, as ``verify`` reads it; without one, an offline run of ``--num`` dialogues is made in a
temporary folder. Reading the file is timed on its own. A second pass (``--repeat``) finds the texts of the first one in
caches, so one pass is what a file takes; run it several times, as the machine has other work, too. A rule's share holds
what it is the first to compute (the words of a message, what a result says), which later rules find done.
"""

import argparse
import dataclasses
import gc
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from toolflow_graph.dataset.reading import read_dialogues
from toolflow_graph.verification import RULES, Transcript

PAPER = 8_000
"""Dialogues in the paper's data set."""


def time_rules(dialogues: Sequence[Transcript]) -> dict[str, float]:
    """Seconds that each rule takes for all dialogues, each read anew."""
    spent: dict[str, float] = defaultdict(float)
    for dialogue in dialogues:
        fresh = dataclasses.replace(dialogue)
        for rule in RULES.values():
            if rule.applies(fresh):
                start = time.process_time()
                for _ in rule.check(fresh):
                    pass
                spent[rule.code] += time.process_time() - start
    return spent


def render(spent: dict[str, float], dialogues: int, reading: float) -> str:
    """The totals, and the rules that take the most."""
    whole = sum(spent.values())
    a_dialogue = 1000 * whole / dialogues
    lines = [
        f"{dialogues:,} dialogues: {a_dialogue:.2f} ms a dialogue for the rules, "
        f"{1000 * reading / dialogues:.2f} ms for reading",
        f"{PAPER:,} dialogues would take {a_dialogue * PAPER / 1000:.0f} s on one core, reading "
        f"{reading / dialogues * PAPER:.0f} s",
        "",
        f"{'rule':<24} {'ms a dialogue':>13} {'share':>7}",
    ]
    for code, seconds in sorted(spent.items(), key=lambda entry: -entry[1])[:12]:
        lines.append(f"{code:<24} {1000 * seconds / dialogues:>13.3f} {100 * seconds / whole:>6.1f}%")
    return "\n".join(lines)


@contextmanager
def _file(given: str | None, num: int) -> Iterator[Path]:
    if given:
        yield Path(given)
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "toolflow_graph", "run", "-n", str(num), "--out", folder, "--quiet"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        yield Path(folder) / "dialogues.jsonl"


def main() -> None:
    """Print the table for one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", help="JSONL of dialogues")
    parser.add_argument("--num", type=int, default=200, help="dialogues of the offline run (200)")
    parser.add_argument("--repeat", type=int, default=1, help="passes; the fastest counts (1)")
    arguments = parser.parse_args()
    with _file(arguments.file, arguments.num) as path:
        start = time.process_time()
        dialogues = [dialogue for _, dialogue in read_dialogues(path)]
        reading = time.process_time() - start
    # As `verify` does: what was read is not looked through again, and the collector comes by rarely.
    gc.freeze()
    gc.set_threshold(100_000)
    passes = [time_rules(dialogues) for _ in range(max(arguments.repeat, 1))]
    print(render(min(passes, key=lambda spent: sum(spent.values())), len(dialogues), reading))


if __name__ == "__main__":
    main()
