"""A player whose dialogues cost nothing, and a command line around it for tests that kill processes.

``python tests/run_fakes.py OUT NUM [--key value ...]`` runs the real ``run`` job with it.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from toolflow_graph.behaviours import Outcome
from toolflow_graph.config import RunConfig
from toolflow_graph.models.port import Outage
from toolflow_graph.randomness import derive_rng
from toolflow_graph.record import Record, RoleModel
from toolflow_graph.types import Finding, Usage, Verdict


def make_record(index: int, *, accepted: bool = True, code: str = "no_answer", text: str = "Hello") -> Record:
    """A small record; everything in it comes from the index."""
    findings = () if accepted else (Finding(code=code, message_index=1, reason="the dialogue has no final answer"),)
    call: dict[str, Any] = {"id": "call_1", "type": "function"}
    call["function"] = {"name": "get_weather", "arguments": {"city": "Rome", "unit": None}}
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    function = {"name": "get_weather", "description": "Get it.", "parameters": parameters}
    messages: tuple[dict[str, Any], ...] = (
        {"role": "system", "content": "You answer."},
        {"role": "user", "content": f"{text} {index}"},
        {"role": "assistant", "content": None, "tool_calls": [call], "reasoning": "The city is known."},
        {"role": "tool", "content": '{"temperature": 21.5}', "tool_call_id": "call_1"},
        {"role": "assistant", "content": "It is 21.5 degrees in Rome."},
    )
    return Record(
        id=f"d-{index:06d}",
        seed={"index": index},
        tools=({"type": "function", "function": {**function, "returns": {"type": "object"}, "effect": "read"}},),
        messages=messages,
        verdict=Verdict(accepted=accepted, findings=findings),
        models={"assistant": RoleModel(name="fake"), "user": RoleModel(name="fake")},
        usage={"user": Usage(calls=2, input=100, output=20), "assistant": Usage(calls=3, input=300, output=30)},
    )


class FakePlayer:
    """Accepts and rejects by index; finishes in an order that depends on nothing but chance from the seed.

    Args:
        accepts: index -> whether dialogue ``index`` is accepted.
        pause: longest pause of a dialogue in seconds (0: one turn of the event loop).
        errors: index -> what ``play`` raises there.
    """

    offline = False

    def __init__(
        self,
        accepts: Callable[[int], bool] = lambda index: True,
        *,
        pause: float = 0.0,
        errors: dict[int, BaseException] | None = None,
        fingerprint: dict[str, str] | None = None,
    ) -> None:
        self.accepts = accepts
        self.pause = pause
        self.errors = errors or {}
        self.fingerprint = fingerprint or {"seed": "0"}
        self.notes: list[str] = ["embedder: none"]
        self.played: list[int] = []
        self.asked_with: list[int] = []
        self.owed_by_index: dict[int, dict[str, int]] = {}
        self.in_flight = self.most_in_flight = 0
        self.closed = self.drained = False
        self.mix: dict[str, float] = {}
        self.troubles: list[str] = []
        self.outages: list[Outage] = []
        self.throttled: list[str] = []
        self.spending: dict[str, Usage] = {}
        self.models: dict[str, str] = {"assistant": "fake"}

    def owed(self, outcomes: Sequence[Outcome]) -> dict[str, int]:
        self.asked_with.append(len(outcomes))
        return {"chat": sum(not outcome.accepted for outcome in outcomes)}

    async def play(self, index: int, owed: Mapping[str, int] | None = None) -> Record:
        self.owed_by_index[index] = dict(owed or {})
        self.played.append(index)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(derive_rng("pause", index, self.pause).random() * self.pause)
            if index in self.errors:
                raise self.errors[index]
            record = make_record(index, accepted=self.accepts(index))
            self.spending["fake"] = sum(record.usage.values(), self.spending.get("fake", Usage()))
            return record
        finally:
            self.in_flight -= 1

    def drain(self) -> None:
        self.drained = True

    async def aclose(self) -> None:
        self.closed = True


def two_of_three(index: int) -> bool:
    return derive_rng("accept", index).random() < 0.67


def main() -> None:
    from toolflow_graph.__main__ import run_cli
    from toolflow_graph.cli.job import run_job

    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("num", type=int)
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--max-attempts", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fresh", action="store_true")
    options = parser.parse_args()
    config = RunConfig(
        num=options.num, out=options.out, concurrency=options.concurrency, max_attempts=options.max_attempts
    )

    def build(config: RunConfig, *, support: object, memory: object) -> FakePlayer:
        return FakePlayer(two_of_three, pause=options.pause, fingerprint={"seed": str(options.seed)})

    run_cli(lambda: sys.exit(run_job(config, build=build, fresh=options.fresh)))


if __name__ == "__main__":
    main()
