"""Judges the dialogues of a file: dialogue ``index`` is "played" by being judged, so that a run does all the rest.

Resuming, limits, concurrency, progress and the accounting are those of ``run``; the run folder's store keeps replies
and records.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from toolflow_graph.errors import Drained
from toolflow_graph.judging.acceptance import FAILED, accept
from toolflow_graph.judging.panel import Panel
from toolflow_graph.models.memory import Memory
from toolflow_graph.models.pool import outages_of, throttled_of
from toolflow_graph.models.port import Outage
from toolflow_graph.randomness import derive_seed
from toolflow_graph.record import Record
from toolflow_graph.types import Finding, Usage, Verdict

if TYPE_CHECKING:
    from toolflow_graph.models.pool import Pool


class Exhibits:
    """Dialogues to judge, packed in memory.

    Attributes:
        digest: of all of them in order; a run that goes on must find the same.
    """

    def __init__(self, dialogues: Iterable[tuple[int, Any]]) -> None:
        digest = hashlib.sha256()
        self._packed: list[tuple[int, bytes]] = []
        self._twins: set[int] = set()
        seen: set[str] = set()
        for line, data in dialogues:
            name = str(data.get("id")) if isinstance(data, dict) else ""
            if name in seen:
                self._twins.add(len(self._packed))
            seen.add(name)
            text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")
            digest.update(b"%d:" % len(text) + text)
            self._packed.append((line, zlib.compress(text, 1)))
        self.digest = digest.hexdigest()[:16]

    def __len__(self) -> int:
        return len(self._packed)

    def record(self, index: int) -> Record:
        """Dialogue ``index`` as a record: one of ours as it is, any other with its messages and tools unchanged.

        What somebody else's line holds beside them is left out; its id stays in ``seed``, with the number of its line.
        """
        line, packed = self._packed[index]
        data = json.loads(zlib.decompress(packed).decode(errors="surrogatepass"))
        plain: Mapping[str, Any] = data if isinstance(data, dict) else {}
        if "schema_version" in plain:
            try:
                record = Record.model_validate(plain)
                # A file that was put together from several may hold an id twice; a run store may not.
                return record.model_copy(update={"id": f"{record.id}-{line}"}) if index in self._twins else record
            except ValidationError:
                pass
        seed = {"line": line, **({"id": plain["id"]} if isinstance(plain.get("id"), str | int) else {})}
        tools = plain.get("tools") or plain.get("functions")
        return Record(
            id=f"line-{line:06d}",
            seed=seed,
            tools=tuple(each for each in _listed(tools) if isinstance(each, dict)),
            # An entry that is no message keeps its place, so that numbers agree with the file.
            messages=tuple(each if isinstance(each, dict) else {} for each in _listed(plain.get("messages"))),
            verdict=Verdict(accepted=True),
        )


class JudgePlayer:
    """A run's player (``run.runner.Player``) that judges what is there.

    Args:
        exhibits: what to judge.
        panel: who judges.
        pools: the judges' connections.
        least: criterion -> the least score that keeps a dialogue.
        memory: keeps replies.
        fingerprint: what may not change when it goes on.
    """

    def __init__(
        self,
        exhibits: Exhibits,
        panel: Panel,
        pools: "Mapping[str, Pool]",
        least: Mapping[str, float],
        memory: Memory,
        fingerprint: Mapping[str, str],
    ) -> None:
        self._exhibits = exhibits
        self._panel = panel
        self._pools = pools
        self._least = least
        self._stopping = False
        self.memory = memory
        self.fingerprint = dict(fingerprint)
        self.spending: dict[str, Usage] = {}
        self.notes: list[str] = []
        self.troubles: Sequence[str] = ()
        self.mix: Mapping[Any, float] = {}
        if panel.offline:
            self.notes.append("the offline model judges by form only: its scores say nothing of quality")

    @property
    def offline(self) -> bool:
        """The note of a run on offline dialogues is not for judged ones."""
        return False

    @property
    def models(self) -> Mapping[str, str]:
        """Role -> the name of the judge."""
        return {role: model.name for role, model in self._panel.judges.items()}

    @property
    def outages(self) -> Sequence[Outage]:
        """The model servers that answer nothing at present."""
        return outages_of(self._pools)

    @property
    def throttled(self) -> Sequence[str]:
        """What to say of servers that are sent less than might be."""
        return throttled_of(self._pools)

    def owed(self, outcomes: Sequence[Any]) -> Mapping[str, int]:
        """Nothing: what is judged is there."""
        return {}

    def spend(self, usage: Usage, *, model: str) -> None:
        """Add to what has been spent on a model so far."""
        self.spending[model] = self.spending.get(model, Usage()) + usage

    async def play(self, index: int, owed: Mapping[str, int] | None = None) -> Record:
        """Judge dialogue ``index``.

        Raises:
            UsageError, RunError: what ends a run.
            Drained: it was stopped before a judge was asked.
        """
        record = self._exhibits.record(index)
        if not record.messages:
            finding = Finding(code=FAILED, reason="there are no messages to judge")
            return record.model_copy(update={"verdict": Verdict(accepted=False, findings=(finding,))})
        hearing = await self._panel.hear(
            record,
            index=index,
            random_seed=derive_seed(0, "judge", index),
            bench=self,
            pause=self._pause,
        )
        return accept(record, hearing, self._panel, self._least)

    def _pause(self) -> None:
        if self._stopping:
            raise Drained("the run is being stopped")

    def drain(self) -> None:
        """Ask no further judge."""
        self._stopping = True

    async def aclose(self) -> None:
        """Close the judges' connections."""
        for pool in self._pools.values():
            await pool.aclose()


def _listed(value: Any) -> Sequence[Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return ()
    return value if isinstance(value, list) else ()
