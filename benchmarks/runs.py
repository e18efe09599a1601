"""Whole runs, each a process of its own: memory and CPU as they grow, what a start costs, what executors bring.

    python benchmarks/runs.py memory [--few N] [--many N]      # offline model: peak memory, CPU a dialogue
    python benchmarks/runs.py start [--times N]                # CPU from the start to the first call, tool graph cached
    python benchmarks/runs.py executors [--num N] [--latency SECONDS] [--ray]   # dialogues a second

``executors`` plays against ``tests/echo_model.py``'s server, which answers what the offline model would. What a run
takes to start is left out: the rate counts from the first progress line that has a quarter of the dialogues.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took: CPU seconds (its children's, too), peak memory in MiB, and its stderr."""

    cpu: float
    memory: float
    err: str


def run(*flags: str, **environ: str) -> Cost:
    """``python -m toolflow_graph run`` with these flags, to its end."""
    command = [sys.executable, "-m", "toolflow_graph", "run", *flags]
    with tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=err, env={**os.environ, **environ}
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        err.seek(0)
        text = err.read()
    if process.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}\n{text}")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, text)


class FirstCall:
    """A model that tells the CPU time of its process when it is asked first, and ends it."""

    name = "first-call"

    async def complete(self, request: Any, config: Any = None) -> Any:
        """Never answers."""
        Path(os.environ["FIRST_CALL"]).write_text(str(time.process_time()))  # noqa: ASYNC240
        os._exit(3)


def measure_memory(options: argparse.Namespace) -> None:
    """Two sizes of one run."""
    costs: dict[int, Cost] = {}
    with tempfile.TemporaryDirectory() as folder:
        for num in (1, options.few, options.many):
            costs[num] = run("-n", str(num), "--out", f"{folder}/{num}", "--quiet")
    fixed = costs.pop(1).cpu
    print(f"{'dialogues':>10} {'peak MiB':>9} {'CPU ms each':>12}")
    each = {num: 1000 * (cost.cpu - fixed) / num for num, cost in costs.items()}
    for num, cost in costs.items():
        print(f"{num:>10,} {cost.memory:>9.1f} {each[num]:>12.1f}")
    few, many = costs.values()
    print(
        f"ratio: memory {many.memory / few.memory:.3f}x (bar 1.2x), CPU {each[options.many] / each[options.few]:.3f}x"
    )
    print(f"(bar 1.1x; {fixed:.2f} s of a run of one dialogue left out)")


def measure_start(options: argparse.Namespace) -> None:
    """From the start to the first call."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.times + 1):
            told = f"{folder}/cpu"
            flags = ("-n", "1", "--out", f"{folder}/{number}", "--quiet", "--model", f"{__file__}:FirstCall")
            run(*flags, FIRST_CALL=told)
            if number:  # the first one fills caches
                found.append(float(Path(told).read_text()))
    print(
        f"CPU from the start to the first call: {statistics.median(found):.2f} s, of {options.times} (bar: under 2 s)"
    )


async def measure_executors(options: argparse.Namespace) -> None:
    """Dialogues a second, by executor."""
    from tests.echo_model import echo
    from tests.openai_server import OpenAIServer

    ways = {"local": (), "2 processes": ("--processes", "2")}
    if options.ray:
        ways["2 Ray actors"] = ("--executor", "ray", "--processes", "2", "--ray-env", "ECHO_URL")
    rates: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        async with OpenAIServer(echo, models=("echo",), delay=options.latency) as server:
            for name, flags in ways.items():
                common = ("-n", str(options.num), "--out", f"{folder}/{name}", "--log-json", "--concurrency", "64")
                model = ("--model", f"{ROOT}/tests/echo_model.py:build")
                cost = await asyncio.to_thread(run, *common, *model, *flags, ECHO_URL=server.base_url)
                rates[name] = rate_of(cost.err)
                print(f"{name:<14} {rates[name]:>7.2f} dialogues/s, {cost.cpu:>7.1f} s CPU", flush=True)
    if options.ray:
        print(f"Ray against processes: {rates['2 Ray actors'] / rates['2 processes']:.2f} (bar 0.90)")


def rate_of(log: str) -> float:
    """Accepted dialogues a second in the middle of a run, from what ``--log-json`` wrote."""
    events = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    steps = [
        (each["seconds"], each["accepted"]) for each in events if each.get("accepted", 0) >= each.get("num", 0) / 4
    ]
    (start, few), (end, many) = steps[0], steps[-1]
    return float((many - few) / (end - start))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(required=True)
    memory = kinds.add_parser("memory")
    memory.add_argument("--few", type=int, default=800)
    memory.add_argument("--many", type=int, default=8000)
    memory.set_defaults(measure=measure_memory)
    start = kinds.add_parser("start")
    start.add_argument("--times", type=int, default=5)
    start.set_defaults(measure=measure_start)
    executors = kinds.add_parser("executors")
    executors.add_argument("--num", type=int, default=500)
    executors.add_argument("--latency", type=float, default=0.2)
    executors.add_argument("--ray", action="store_true")
    executors.set_defaults(measure=lambda options: asyncio.run(measure_executors(options)))
    options = parser.parse_args()
    options.measure(options)


if __name__ == "__main__":
    main()
