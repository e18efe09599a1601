"""How long the measures of `evaluate` take on 8,000 dialogues, one core: H, D-3, MinHash and n-gram overlap.

    python benchmarks/evaluate.py [FILE ...] [--dialogues N] [--num N]

FILE is JSONL of dialogues; without one, an offline run of ``--num`` dialogues is made in a temporary folder. Where
that is fewer than ``--dialogues``, each is taken again with every fourth spoken word changed, so that no copy is a
duplicate.
Overlap is looked for with the user messages and tools of a quarter of them, some words changed. Times are CPU seconds
of this process with one thread; embeddings and NLI are left out, their models' speed is what they cost.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import gc
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from toolflow_graph.dataset.reading import read_values
from toolflow_graph.evaluation.assessment import Options, assess
from toolflow_graph.evaluation.leaks import Benchmark, Material, find_leaks, render_tool
from toolflow_graph.evaluation.metrics.diversity import measure_distinct, measure_entropy
from toolflow_graph.evaluation.metrics.duplicates import find_duplicates
from toolflow_graph.evaluation.metrics.sizes import spoken_text, whole_text
from toolflow_graph.evaluation.metrics.words import Words, WordsBuilder
from toolflow_graph.evaluation.samples import Drawn, Sample

LIMIT = 60.0
"""CPU seconds that the four measures may take together, reading included."""
_CHANGED = 0.25

_Made = TypeVar("_Made")
Record = dict[str, Any]


def fill_up(records: list[Record], count: int) -> list[Record]:
    """The records, and changed copies of them until there are ``count``."""
    rng = random.Random(0)
    found = records[:count]
    while len(found) < count:
        found.append(change(records[len(found) % len(records)], rng, len(found)))
    return found


def change(record: Record, rng: random.Random, number: int) -> Record:
    """A copy in which some words of what is said are other ones."""
    found: Record = json.loads(json.dumps(record))
    found["id"] = f"copy-{number}"
    for message in found["messages"]:
        if message["role"] in ("user", "assistant") and message["content"]:
            message["content"] = re.sub(
                r"[A-Za-z]{3,}",
                lambda match: match[0] + str(rng.randrange(99)) if rng.random() < _CHANGED else match[0],
                message["content"],
            )
    return found


class Timed:
    """CPU seconds by measure."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def run(self, name: str, work: Callable[[], _Made]) -> _Made:
        start = time.process_time()
        made = work()
        self.seconds[name] = time.process_time() - start
        return made


def collect(samples: Iterator[Sample]) -> tuple[Words, Words, Material, int]:
    """What `evaluate` gathers for the four measures."""
    spoken, whole, material = WordsBuilder(), WordsBuilder(), Material()
    place = -1
    for place, sample in enumerate(samples):
        material.add(sample)
        for message in sample.transcript.messages:
            if text := spoken_text(message):
                spoken.add(text, place)
            if text := whole_text(message):
                whole.add(text, place)
    return spoken.build(), whole.build(), material, place + 1


def build_benchmark(records: list[Record]) -> Benchmark:
    """The user messages and tools of a quarter of the records, said a little otherwise."""
    rng = random.Random(1)
    part = [change(record, rng, number) for number, record in enumerate(rng.sample(records, len(records) // 4))]
    texts = tuple(m["content"] for record in part for m in record["messages"] if m["role"] == "user" and m["content"])
    tools = {render_tool(tool["function"]): tool["function"]["name"] for record in part for tool in record["tools"]}
    return Benchmark("drawn", tools, texts)


def measure(path: Path, benchmark: Benchmark) -> str:
    """The table."""
    timed = Timed()
    drawn = Drawn(timed.run("read JSON", lambda: tuple(read_values(path))))
    gc.freeze()
    gc.set_threshold(100_000)
    spoken, whole, material, count = timed.run("parse, cut into words", lambda: collect(drawn.samples()))
    entropy = timed.run("H, what is said", lambda: measure_entropy(spoken))
    distinct = timed.run("D-3, what is said", lambda: measure_distinct(spoken))
    timed.run("H, with calls and results", lambda: measure_entropy(whole))
    timed.run("D-3, with calls and results", lambda: measure_distinct(whole))
    duplicates = timed.run("exact and near duplicates", lambda: find_duplicates(spoken.by_owner(count)))
    leaks = timed.run("n-gram overlap", lambda: find_leaks(material, [benchmark]))
    four = sum(timed.seconds.values())
    lines = [f"{'measure':<30} {'CPU s':>8}"]
    lines += [f"{name:<30} {seconds:>8.2f}" for name, seconds in timed.seconds.items()]
    lines += [
        f"{'together':<30} {four:>8.2f}  ({'under' if four < LIMIT else 'OVER'} {LIMIT:.0f})",
        "",
        f"{count:,} dialogues, {len(spoken.ids):,} words said, {len(whole.ids):,} with calls and results",
        f"H {entropy:.2f}, D-3 {distinct:.4f}; {duplicates.exact_extra} exact, {duplicates.near_extra} near duplicates",
        f"benchmark: {len(benchmark.texts):,} texts, {len(benchmark.tools):,} tools; "
        f"{len(leaks['leaking_messages']):,} of {leaks['user_messages']:,} messages leak, "
        f"{len(leaks['leaking_tools']):,} of {leaks['tools']:,} tools",
    ]
    figures = timed.run("all", lambda: assess(drawn, options=Options()))
    tokens = figures["size"]["tokens"]
    lines.append(f"evaluate --embedder none, after reading: {timed.seconds['all']:.1f} CPU s, {tokens:,} tokens")
    return "\n".join(lines)


@contextmanager
def _records(files: list[str], num: int) -> Iterator[list[Record]]:
    if files:
        yield [value for file in files for _, value in read_values(file)]
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "toolflow_graph", "run", "-n", str(num), "--out", folder, "--quiet"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        yield [value for _, value in read_values(Path(folder) / "dialogues.jsonl")]


def main() -> None:
    """Print the table for one data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="JSONL of dialogues")
    parser.add_argument("--dialogues", type=int, default=8_000, help="dialogues measured (8,000, as in the paper)")
    parser.add_argument("--num", type=int, default=500, help="dialogues of the offline run (500)")
    arguments = parser.parse_args()
    with _records(arguments.files, arguments.num) as records, tempfile.TemporaryDirectory() as folder:
        filled = fill_up(records, arguments.dialogues)
        benchmark = build_benchmark(filled)
        path = Path(folder) / "dialogues.jsonl"
        path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in filled), encoding="utf-8")
        del filled, records
        print(measure(path, benchmark))


if __name__ == "__main__":
    main()
