"""One dialogue of a run once more, from its kept replies: whole, or up to a step and from there on by the models."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from toolflow_graph.behaviours import Outcome, barrier
from toolflow_graph.errors import RunError, UsageError
from toolflow_graph.models.memory import Asked
from toolflow_graph.record import Record, record_to_json
from toolflow_graph.run.replies import KeptReply
from toolflow_graph.run.view import RunView
from toolflow_graph.wording import COMMAND

REPLAYS = "replays"


@dataclass(frozen=True, slots=True)
class Step:
    """Where a replay leaves the kept replies: at the ``number``-th reply (from 0) that ``node`` asks for."""

    node: str
    number: int


class CallsForModel(UsageError):
    """A replay would have to ask a model: a question is another than the one that was answered."""


class StepReached(RunError):
    """The step at which a replay was to stop."""


class KeptMemory:
    """The kept replies of one dialogue, as ``Memory``.

    Args:
        kept: its rows.
        leave: from here on nothing is recalled; None: nothing is ever asked of a model.
        stop: stop at ``leave`` instead of asking a model.
    """

    def __init__(self, kept: Iterator[KeptReply], leave: Step | None, *, stop: bool = False) -> None:
        self._stop = stop
        self._kept = {(each.node, each.number): each for each in kept}
        self._leave = leave
        self.recalled = 0
        self.asked = 0
        self._live = False

    def recall(self, asked: Asked) -> str | None:
        """The kept reply; None from the leaving step on.

        Raises:
            CallsForModel: if there is none for this very question and nothing may be asked.
            StepReached: at the leaving step, if the replay is to stop there.
        """
        leave = self._leave
        if leave is not None and asked.node == leave.node and asked.number >= leave.number:
            if self._stop:
                raise StepReached(f"{asked.node}:{asked.number}")
            self._live = True
        found = None if self._live else self._kept.get((asked.node, asked.number))
        if found is not None and found.digest == asked.digest:
            self.recalled += 1
            return found.reply
        if not self._live and (leave is None or self._stop):
            why = "was given to another question" if found else "is not kept"
            raise CallsForModel(
                f"reply {asked.number} of {asked.node} {why}: the prompts, nodes or models are not those of the run",
                expected="the run's own settings, to replay it as it was",
                hint=f"--from {asked.node}:{asked.number} asks the model from there on",
            )
        # A question that changed before the step leaves the kept replies there.
        self._live = True
        self.asked += 1
        return None

    async def keep(self, asked: Asked, answer: str) -> None:
        """A replay is written as a dialogue of its own; its replies are not the run's."""


class Replayer(Protocol):
    """Who plays the dialogue (``dialogue.session.Session``)."""

    def owed(self, outcomes: list[Outcome]) -> Mapping[str, int]: ...

    async def play(self, index: int, owed: Mapping[str, int] | None = None) -> Record: ...


def parse_step(text: str, nodes: tuple[str, ...]) -> Step:
    """Read ``NODE:K``.

    Raises:
        UsageError: no such node, or K is no number.
    """
    node, _, number = text.partition(":")
    if node not in nodes or not (number or "0").isdigit():
        raise UsageError(f"--from {text!r}", expected="NODE:K, the K-th reply (from 0) of a node", known=list(nodes))
    return Step(node, int(number or "0"))


def find_index(view: RunView, which: str) -> int:
    """The index of a dialogue by its id, or by its number.

    Raises:
        UsageError: if the run has no such dialogue.
    """
    row = view.find(which)
    if row is None:
        raise UsageError(
            f"no dialogue {which!r} in {str(view.folder)!r}",
            expected="the id or the index of a dialogue that was played",
            hint=f"{COMMAND} failures {view.folder}",
        )
    return row


def owed_of(view: RunView, player: Replayer, index: int) -> Mapping[str, int]:
    """What the dialogue had to make up for when it was drawn."""
    outcomes = view.outcomes()
    return player.owed([outcomes[place] for place in range(barrier(index)) if place in outcomes])


def write_replay(folder: Path, record: Record) -> Path:
    """Write the dialogue beside the run, under a name of its own.

    Raises:
        UsageError: if the folder cannot be written.
    """
    place = folder / REPLAYS
    try:
        place.mkdir(exist_ok=True)
        number = 1 + sum(1 for _ in place.glob(f"{record.id}-*.jsonl"))
        path = place / f"{record.id}-{number}.jsonl"
        path.write_text(record_to_json(record) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write to {str(place)!r}: {error.strerror}", hint="--out FILE.jsonl") from None
    return path


def differences(before: str, after: str) -> list[str]:
    """The top-level keys in which two records (as JSON text) differ."""
    first, second = json.loads(before), json.loads(after)
    plain: list[dict[str, Any]] = [first, second]
    return sorted(key for key in {*plain[0], *plain[1]} if plain[0].get(key) != plain[1].get(key))
