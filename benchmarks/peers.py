"""CPU time per model call of data-designer and deepfabric, where they are installed, beside this engine's.

    python benchmarks/peers.py [--data-designer PYTHON] [--deepfabric PYTHON] [--few N] [--many N]

Each PYTHON is the interpreter of an environment that has the peer (``python -m venv v; v/bin/pip install PEER``); a
peer that is not given is left out. It makes data by its own public interface against ``benchmarks/server.py``, once few
and once many rows: the difference of the two processes' CPU times, over the difference of the calls that the server
counted, is what a call costs, start-up aside; it holds the peer's whole way from a row to a record. This engine's
figure is that of ``calls.py``: gate, retries, ``ainvoke``, the parsed reply, and the reply kept on disk.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

DATA_DESIGNER = """
import sys, tempfile
import data_designer.config as dd
from data_designer.interface import DataDesigner

url, rows = sys.argv[1], int(sys.argv[2])
ask = dd.ChatCompletionInferenceParams(max_parallel_requests=64)
model = dd.ModelConfig(alias="m", model="bench", provider="p", skip_health_check=True, inference_parameters=ask)
provider = dd.ModelProvider(name="p", endpoint=url, provider_type="openai", api_key="EMPTY")
with tempfile.TemporaryDirectory() as folder:
    build = dd.DataDesignerConfigBuilder(model_configs=[model])
    topics = dd.CategorySamplerParams(values=["trains", "rooms", "tables"])
    build.add_column(dd.SamplerColumnConfig(name="c0", sampler_type=dd.SamplerType.CATEGORY, params=topics))
    for number in range(4):
        prompt = "Go on from {{ c%d }}." % number
        build.add_column(dd.LLMTextColumnConfig(name=f"c{number + 1}", prompt=prompt, model_alias="m"))
    DataDesigner(artifact_path=folder, model_providers=[provider]).create(build, num_records=rows, dataset_name="x")
"""

DEEPFABRIC = """
import sys
from deepfabric import DataSetGenerator

url, rows = sys.argv[1], int(sys.argv[2])
generator = DataSetGenerator(
    generation_system_prompt="You write dialogues about bookings.", provider="openai", model_name="bench",
    base_url=url, conversation_type="basic", max_retries=1,
)
made = generator.create_data(num_steps=max(1, rows // 64), batch_size=min(rows, 64))
assert len(made) == max(1, rows // 64) * min(rows, 64), (len(made), generator.summarize_failures())
"""

CONVERSATION = json.dumps(
    {
        "messages": [
            {"role": "user", "content": "Please book a table for two on Friday at eight."},
            {"role": "assistant", "content": "The table for two is booked for Friday at eight."},
        ]
    }
)
QUIET = {
    "NEMO_TELEMETRY_ENABLED": "false",
    "DEEPFABRIC_TELEMETRY": "false",
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "OPENAI_API_KEY": "EMPTY",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of a process, and the calls that it made."""

    cpu: float
    calls: int


def measure(command: list[str], content: str | None = None) -> Cost:
    """Run a command (``URL`` in it becomes the server's address) beside a server of its own.

    Raises:
        SystemExit: the command failed.
    """
    serve = [sys.executable, str(HERE / "server.py"), *(("--content", content) if content else ())]
    with (
        subprocess.Popen(serve, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server,
        tempfile.TemporaryFile("w+") as err,
    ):
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        full = [url if part == "URL" else part for part in command]
        environ = {**os.environ, **QUIET, "ECHO_URL": url, "OPENAI_BASE_URL": url}
        process = subprocess.Popen(full, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=err, env=environ)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said, _ = server.communicate()
        err.seek(0)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)[:200]} ended with {process.returncode}\n{err.read()[-2000:]}")
    return Cost(used.ru_utime + used.ru_stime, json.loads(said)["requests"])


def per_call(command: list[str], few: int, many: int, content: str | None = None) -> float:
    """CPU milliseconds a call; ``ROWS`` in the command becomes the number of rows. The median of three pairs."""
    found = []
    for _ in range(3):
        small, large = (
            measure([str(rows) if part == "ROWS" else part for part in command], content) for rows in (few, many)
        )
        found.append(1000 * (large.cpu - small.cpu) / (large.calls - small.calls))
    return statistics.median(found)


def engine_call() -> float:
    """What ``calls.py`` tells of this engine."""
    table = subprocess.run(
        [sys.executable, str(HERE / "calls.py")], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return next(float(line.split()[1]) for line in table.splitlines() if line.startswith("engine"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-designer", metavar="PYTHON")
    parser.add_argument("--deepfabric", metavar="PYTHON")
    parser.add_argument("--few", type=int, default=64)
    parser.add_argument("--many", type=int, default=640)
    options = parser.parse_args()
    print(f"{'':<28} {'CPU ms/call':>11}")
    print(f"{'this engine, a call':<28} {engine_call():>11.2f}", flush=True)
    peers: dict[str, tuple[str | None, str, str | None]] = {
        "data-designer": (options.data_designer, DATA_DESIGNER, None),
        "deepfabric": (options.deepfabric, DEEPFABRIC, CONVERSATION),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, (python, script, content) in peers.items():
            if python is None:
                print(f"{name:<28} {'not given':>11}")
                continue
            path = Path(folder) / f"peer_{name}.py"
            path.write_text(script, encoding="utf-8")
            cost = per_call([python, str(path), "URL", "ROWS"], options.few, options.many, content)
            print(f"{name:<28} {cost:>11.2f}", flush=True)


if __name__ == "__main__":
    main()
