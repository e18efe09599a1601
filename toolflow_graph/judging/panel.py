"""The judges of a run: all of them are asked about a dialogue, one after the other.

The first is called "judge", further ones "judge 2", "judge 3", ... in usage, models and kept replies.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from toolflow_graph.errors import UsageError
from toolflow_graph.judging.committee import combine
from toolflow_graph.judging.opinions import Opinion, opinion_schema, parse_opinion
from toolflow_graph.judging.sight import assistant_turns, render_dialogue, render_tools
from toolflow_graph.models.briefs import JudgeBrief
from toolflow_graph.models.exchange import REPAIRS, ExchangeFailed, Place, Tally, exchange
from toolflow_graph.models.memory import Memory
from toolflow_graph.models.port import Model
from toolflow_graph.models.specs import JUDGE as ROLE
from toolflow_graph.models.specs import OFFLINE, PoolSpec, parse_pool
from toolflow_graph.record import Judgement, Record, RoleModel
from toolflow_graph.templates import Template
from toolflow_graph.types import Alternative, Fault, Message, Usage
from toolflow_graph.verification import Transcript, parse_record, verify

__all__ = ["ROLE", "Bench", "Hearing", "Panel", "parse_judge_flags", "render"]


class Bench(Protocol):
    """Where judges find what was answered before, and tell what they cost."""

    @property
    def memory(self) -> Memory: ...

    def spend(self, usage: Usage, *, model: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Hearing:
    """What came of asking all judges about one dialogue.

    Attributes:
        judgement: None if no judge gave a usable reply.
        faults: of the judges that gave none.
        usage, alternatives: what it cost, and the replies that were refused.
    """

    judgement: Judgement | None
    faults: tuple[Fault, ...]
    usage: Mapping[str, Usage]
    alternatives: tuple[Alternative, ...]


def parse_judge_flags(flags: tuple[str, ...], flag: str = "--judge") -> dict[str, PoolSpec]:
    """Read ``--judge SPEC`` flags, one judge each: role -> its model.

    Raises:
        UsageError: a malformed spec, a pool (all judges judge, none is drawn), or the same judge twice.
    """
    specs: dict[str, PoolSpec] = {}
    for number, text in enumerate(flags, start=1):
        spec = parse_pool(text)
        if len(spec.members) > 1 or spec.members[0].weight != 1:
            raise UsageError(
                f"{flag} {text!r}: a pool", expected="one model, as every judge judges", hint=f"{flag} A {flag} B"
            )
        if spec in specs.values():
            raise UsageError(f"{flag} {text!r} is given twice", expected="different models, to compare what they say")
        specs[ROLE if number == 1 else f"{ROLE} {number}"] = spec
    return specs


class Panel:
    """Asks its judges about dialogues.

    Args:
        judges: role ("judge", "judge 2", ...) -> its model.
        template: the prompt.
    """

    def __init__(self, judges: Mapping[str, Model], template: Template) -> None:
        self.judges = dict(judges)
        self.template = template
        self.names = _name(self.judges)

    @property
    def offline(self) -> bool:
        """Whether some judge is the offline model, whose figures say nothing of quality."""
        return any(model.name == OFFLINE for model in self.judges.values())

    @property
    def models(self) -> dict[str, RoleModel]:
        """The judges as a record names them."""
        return {
            role: RoleModel(name=model.name, temperature=getattr(model, "temperature", None))
            for role, model in self.judges.items()
        }

    async def hear(
        self,
        record: Record,
        *,
        index: int,
        random_seed: int,
        bench: Bench,
        take: int = 0,
        pause: Callable[[], None] = lambda: None,
    ) -> Hearing:
        """Ask every judge.

        Args:
            index: the dialogue's place in the run.
            take: 1 if a dialogue was played again and is judged a second time.
            pause: called before each judge is asked; may raise to stop there.

        Raises:
            TransportFault, RunError, UsageError: as a model raises them.
        """
        transcript = parse_record(record)
        turns = assistant_turns(transcript.messages)
        messages = render(self.template, transcript, turns)
        opinions: dict[str, Opinion] = {}
        faults: list[Fault] = []
        tally = Tally()
        for member, (role, model) in enumerate(self.judges.items()):
            pause()
            place = Place(
                index=index,
                random_seed=random_seed,
                role=role,
                node=role,
                number=take * (REPAIRS + 1),
                message_index=len(record.messages),
                model=model,
                template=self.template,
                memory=bench.memory,
                spend=_spender(bench, model.name),
            )
            try:
                opinions[self.names[role]], _ = await exchange(
                    place,
                    tally,
                    messages=messages,
                    brief=JudgeBrief(transcript.messages, turns, lambda: verify(transcript).findings, member),
                    parse=lambda reply: parse_opinion(reply.content, turns),
                    schema=opinion_schema(),
                )
            except ExchangeFailed as failed:
                faults.append(failed.fault)
            tally.reasoning_key = None
        return Hearing(
            judgement=combine(opinions) if opinions else None,
            faults=tuple(faults),
            usage=_sum_usage(tally.usage),
            alternatives=tuple(Alternative.model_validate(entry) for entry in tally.alternatives),
        )


def render(template: Template, transcript: Transcript, turns: tuple[int, ...]) -> list[Message]:
    """The prompt: how to judge, then what."""
    listed = ", ".join(map(str, turns)) or "(none)"
    task = template.render("task", tools=render_tools(transcript), dialogue=render_dialogue(transcript), turns=listed)
    return [Message(role="system", content=template.render()), Message(role="user", content=task)]


def _spender(bench: Bench, name: str) -> Callable[[Usage], None]:
    return lambda cost: bench.spend(cost, model=name)


def _sum_usage(entries: list[dict[str, Any]]) -> dict[str, Usage]:
    total: dict[str, Usage] = {}
    for entry in entries:
        plain = {key: value for key, value in entry.items() if key != "role"}
        total[entry["role"]] = total.get(entry["role"], Usage()) + Usage.model_validate(plain)
    return total


def _name(judges: Mapping[str, Model]) -> dict[str, str]:
    """Role -> the name that stands in judgements; of the same model on two servers the second says which it is."""
    names: dict[str, str] = {}
    for role, model in judges.items():
        names[role] = model.name if model.name not in names.values() else f"{model.name} ({role})"
    return names
