"""How long the report takes: to be written, and to open in a browser.

    python benchmarks/report.py [FILE] [--num N] [--opens N]

FILE is JSONL of dialogues; without one, an offline run of 500 dialogues is made in a temporary folder. Its dialogues
are repeated, with ids of their own, until there are ``--num`` (8,000, the paper's number). "ready" is what the page
measures itself: milliseconds from the navigation until the list of dialogues stands and can be used, with the file in
the system's cache and a fresh profile each time. "open" is from the choice of a dialogue to its messages; "search" from
the first word that is searched (all dialogues are unpacked for it) to its result, and "again" a second search. Without
a Chromium only the writing is measured.
"""

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.chromium import Chromium, find_chromium  # noqa: E402  (the checkout is not installed with its tests)

PAPER = 8_000


def repeat(source: Path, target: Path, num: int) -> None:
    """``num`` dialogues made of those of a file; each repetition has an id of its own."""
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines() if line.strip()]
    with target.open("w", encoding="utf-8") as file:
        for place, row in enumerate(islice(cycle(rows), num)):
            file.write(json.dumps({**row, "id": f"{row.get('id', 'd')}-{place}"}, ensure_ascii=False) + "\n")


def write(source: Path, target: Path) -> tuple[float, float]:
    """Seconds of the whole command, and its largest memory in MiB."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "toolflow_graph", "report", str(source), "-o", str(target)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


async def measure(binary: str, page: Path) -> dict[str, float]:
    """Milliseconds of opening, choosing and searching, once."""
    async with Chromium(binary) as browser:
        await browser.show_as(1400, 900)
        await browser.open(f"{page.as_uri()}#dialogues")
        await browser.wait_for("document.documentElement?.dataset.ready && document.querySelector('.row')", 120)
        ready = float(await browser.evaluate("document.documentElement.dataset.ready"))
        until = (
            "(act, done) => new Promise((resolve) => { const start = performance.now(); act();"
            " const look = () => done() ? resolve(performance.now() - start) : setTimeout(look, 2); look(); })"
        )
        opened = await browser.evaluate(
            f"({until})(() => document.querySelectorAll('.row')[5].click(),"
            " () => document.querySelector('.message.assistant'))"
        )
        search = (
            f"({until})(() => {{ const box = document.getElementById('search'); box.value = 'WORD';"
            " box.dispatchEvent(new Event('input')); },"
            " () => / of /.test(document.getElementById('status').textContent)"
            " && !/searching/.test(document.getElementById('status').textContent))"
        )
        first = await browser.evaluate(search.replace("WORD", "restaurant"))
        told = await browser.evaluate("document.getElementById('status').textContent")
        changed = f"document.getElementById('status').textContent !== {json.dumps(told)}"
        again = await browser.evaluate(
            search.replace("WORD", "hotel").replace("&& !/searching/", f"&& {changed} && !/searching/")
        )
        memory = await browser.send("Runtime.getHeapUsage")
        return {
            "ready": ready,
            "open": opened,
            "search": first,
            "again": again,
            "heap, MiB": float(memory["usedSize"]) / 2**20,
        }


@contextmanager
def _file(given: str | None, folder: Path) -> Iterator[Path]:
    if given:
        yield Path(given)
        return
    command = [sys.executable, "-m", "toolflow_graph", "run", "-n", "500", "--out", str(folder / "run"), "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    yield folder / "run" / "dialogues.jsonl"


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", help="JSONL of dialogues")
    parser.add_argument("--num", type=int, default=PAPER, help=f"dialogues in the report ({PAPER})")
    parser.add_argument("--opens", type=int, default=3, help="times it is opened; the median is told (3)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, page = folder / "data.jsonl", folder / "report.html"
        with _file(arguments.file, folder) as source:
            repeat(source, data, arguments.num)
        seconds, memory = write(data, page)
        sizes = f"{data.stat().st_size / 2**20:.0f} MiB of dialogues, page {page.stat().st_size / 2**20:.1f} MiB"
        print(f"{arguments.num:,} dialogues, {sizes}")
        print(f"written in {seconds:.1f} s ({1000 * seconds / arguments.num:.2f} ms a dialogue), {memory:.0f} MiB")
        binary = find_chromium()
        if binary is None:
            print("no Chromium is installed: not opened")
            return
        runs = [asyncio.run(measure(binary, page)) for _ in range(arguments.opens)]
        for key in runs[0]:
            values = [run[key] for run in runs]
            print(f"{key:<10} {statistics.median(values):>8.0f}  ({', '.join(f'{value:.0f}' for value in values)})")


if __name__ == "__main__":
    main()
