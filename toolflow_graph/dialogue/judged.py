"""A dialogue with judges: played, judged, and where they find fault played once more from there, with their reasons.

The second take is the engine's own replay: it begins from the same seed, is given the first take's replies as long as
the questions are the same, and asks the models from the first bad message on, whose prompt holds the reasons. Its own
replies are kept under names of their own, so that a killed run goes on with it like with any dialogue.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from langgraph.runtime import RunControl

from toolflow_graph.config import RunConfig
from toolflow_graph.context import Advice
from toolflow_graph.dialogue.services import RunServices
from toolflow_graph.errors import Drained
from toolflow_graph.judging.acceptance import accept, add_usage, find_low
from toolflow_graph.judging.panel import ROLE, Hearing, Panel, parse_judge_flags
from toolflow_graph.models.memory import Asked, Memory
from toolflow_graph.record import Judgement, Record
from toolflow_graph.templates import Template
from toolflow_graph.types import Alternative

PlayTake = Callable[[RunServices, Advice | None], Awaitable[Record]]
"""Plays the dialogue with these services (their memory) and this advice to the assistant."""

_AGAIN = "again"


class Judging:
    """Plays and judges.

    Args:
        panel: who judges.
        least: criterion -> the least score that keeps a dialogue.
        retakes: 1: a flawed dialogue is played once more; 0: never.
    """

    def __init__(self, panel: Panel, least: Mapping[str, float], *, retakes: int) -> None:
        self._panel = panel
        self._least = dict(least)
        self._retakes = retakes

    async def play(self, index: int, services: RunServices, play_take: PlayTake, control: RunControl) -> Record:
        """The dialogue, judged; of two takes the better one, with the other among its alternatives.

        Raises:
            Drained: ``control`` asked for it.
            UsageError, RunError, TransportFault: as a model raises them.
        """
        first = FirstTake(services.memory)
        played = await play_take(services.remembering(first), None)
        if not played.verdict.accepted:
            return played
        record = await self._judge(played, index, services, control, take=0)
        advice = build_advice(record.judgement, self._least) if record.judgement and self._retakes else None
        if advice is None:
            return record
        _stop_if_drained(control)
        again = await play_take(services.remembering(SecondTake(services.memory, first)), advice)
        return await self._choose(record, again, advice, index, services, control)

    async def _choose(
        self, one: Record, two: Record, advice: Advice, index: int, services: RunServices, control: RunControl
    ) -> Record:
        """The better of two takes; the usage of both."""
        if two.verdict.accepted and two.messages != _unmarked(one):
            two = await self._judge(two, index, services, control, take=1)
        better = _rank(two) > _rank(one)
        kept, left = (two, one) if better else (one, two)
        usage = add_usage(one.usage, two.usage)
        alternatives = kept.alternatives
        if two.messages != _unmarked(one):
            alternatives = (*alternatives, _as_alternative(left, kept, advice))
        return kept.model_copy(update={"usage": usage, "alternatives": alternatives})

    async def _judge(
        self, record: Record, index: int, services: RunServices, control: RunControl, *, take: int
    ) -> Record:
        hearing: Hearing = await self._panel.hear(
            record,
            index=index,
            random_seed=record.seed["random_seed"],
            bench=services,
            take=take,
            pause=lambda: _stop_if_drained(control),
        )
        return accept(record, hearing, self._panel, self._least)


def build_advice(judgement: Judgement, least: Mapping[str, float]) -> Advice | None:
    """What to tell the assistant, and from which message on; None if there is nothing to complain of.

    A bad message is the place; where only scores are low, it is the assistant's first message.
    """
    low = find_low(judgement, least)
    reasons = [f"- {turn.reason}" for turn in judgement.bad] + [f"- {finding.reason}" for finding in low]
    if not reasons or not judgement.turns:
        return None
    place = (judgement.bad or judgement.turns)[0].message_index
    return Advice(place, "\n".join(reasons))


def judge_fingerprint(config: RunConfig, template: Template) -> dict[str, str]:
    """What of the judges may not change when a run goes on; nothing where nobody judges."""
    if not config.judge:
        return {}
    warmth = "" if config.judge_temperature is None else f", temperature {config.judge_temperature:g}"
    return {
        **{f"model {role}": f"{spec}{warmth}" for role, spec in parse_judge_flags(config.judge).items()},
        "judge_min": ",".join(sorted(config.judge_min)),
        "judge_retakes": str(config.judge_retakes),
        f"prompt {ROLE}": template.hash,
    }


class FirstTake:
    """A run's memory that also notes what was answered in this dialogue."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.answers: dict[tuple[str, int], tuple[str, str]] = {}

    def recall(self, asked: Asked) -> str | None:
        """What the run's memory has."""
        answer = self._memory.recall(asked)
        if answer is not None:
            self._note(asked, answer)
        return answer

    async def keep(self, asked: Asked, answer: str) -> None:
        """Keep it in the run's memory."""
        await self._memory.keep(asked, answer)
        self._note(asked, answer)

    def _note(self, asked: Asked, answer: str) -> None:
        self.answers[asked.node, asked.number] = (asked.digest, answer)


class SecondTake:
    """Recalls the first take's answers to the same questions, free of cost; its own are kept as "NODE again"."""

    def __init__(self, memory: Memory, first: FirstTake) -> None:
        self._memory = memory
        self._first = first

    def recall(self, asked: Asked) -> str | None:
        """The first take's answer, or one of the second that an earlier process was given."""
        digest, answer = self._first.answers.get((asked.node, asked.number), (None, ""))
        if digest == asked.digest:
            plain = json.loads(answer)
            plain.pop("usage", None)
            return json.dumps(plain)
        return self._memory.recall(self._renamed(asked))

    async def keep(self, asked: Asked, answer: str) -> None:
        """Keep it under the second take's name."""
        await self._memory.keep(self._renamed(asked), answer)

    def _renamed(self, asked: Asked) -> Asked:
        return replace(asked, node=f"{asked.node} {_AGAIN}")


def _stop_if_drained(control: RunControl) -> None:
    if control.drain_requested:
        raise Drained("the run is being stopped")


def _unmarked(record: Record) -> tuple[dict[str, object], ...]:
    return tuple({key: value for key, value in message.items() if key != "train"} for message in record.messages)


def _rank(record: Record) -> tuple[bool, int, float]:
    judgement = record.judgement
    if judgement is None:
        return (False, 0, 0.0)
    return (record.verdict.accepted, -len(judgement.bad), sum(judgement.scores.values()))


def _as_alternative(left: Record, kept: Record, advice: Advice) -> Alternative:
    """The take that was not kept, from where the two part."""
    pairs = zip(_unmarked(left), _unmarked(kept), strict=False)
    shared = next((place for place, (one, two) in enumerate(pairs) if one != two), None)
    index = min(len(left.messages), len(kept.messages)) if shared is None else shared
    reply: dict[str, object] = {"messages": list(left.messages[index:])}
    if left.judgement is not None:
        reply["judgement"] = left.judgement.to_json()
    errors = [f"{each.code}: {each.reason}" for each in left.verdict.findings if each.severity == "error"]
    reason = advice.reasons if left.judgement is not None and not errors else "\n".join(errors) or advice.reasons
    return Alternative(node=ROLE, role="assistant", message_index=index, reply=reply, reason=reason)
