"""Which behaviours dialogues show: as their records say, or, of others' data, as far as messages tell."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from toolflow_graph.behaviours import BEHAVIOURS
from toolflow_graph.types import Behaviour
from toolflow_graph.verification import Transcript
from toolflow_graph.verification.transcript import CallSite

VISIBLE: tuple[Behaviour, ...] = ("single", "chained", "parallel", "nested", "clarification", "error_recovery")
"""What messages alone can tell; for the rest it takes a plan: what was meant."""


class BehaviourCoverage:
    """Dialogues by behaviour: of those whose record says, and of those where it is read off the messages."""

    def __init__(self) -> None:
        self.told: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self.with_record = 0
        self.without_record = 0

    def add(self, data: Mapping[str, Any], transcript: Transcript) -> None:
        """Count one more dialogue."""
        if transcript.plan is not None and isinstance(data.get("behaviours", {}), Mapping):
            self.with_record += 1
            self.told.update(name for name, count in data.get("behaviours", {}).items() if count)
        else:
            self.without_record += 1
            self.seen.update(see_behaviours(transcript))

    def to_json(self) -> dict[str, Any]:
        """Shares of the dialogues of each kind; what cannot be judged of any of them is named."""
        told, seen = self.with_record, self.without_record
        unknown = [name for name in BEHAVIOURS if name not in VISIBLE] if seen else []
        return {
            "with_record": told,
            "from_records": {name: round(self.told[name] / told, 4) for name in BEHAVIOURS} if told else {},
            "without_record": seen,
            "from_messages": {name: round(self.seen[name] / seen, 4) for name in VISIBLE} if seen else {},
            "not_judged": unknown,
        }


def see_behaviours(transcript: Transcript) -> set[Behaviour]:
    """The behaviours that the messages of a dialogue show.

    A question before a call is "clarification" here, also where it asks for a confirmation: messages do not tell what
    was withheld.
    """
    found: set[Behaviour] = set()
    before_asked = False
    for turn in transcript.turns:
        sites = [site for site in transcript.sites if site.message_index in turn]
        done = [site for site in sites if site.succeeded]
        kinds = {site.call.name for site in done}
        if done:
            found.add("single" if len(kinds) == 1 else "nested")
        if any(count > 1 for count in Counter(site.message_index for site in done).values()):
            found.add("parallel")
        if done and before_asked:
            found.add("clarification")
        before_asked = not sites and _asks(transcript, turn)
    if _recovers(transcript):
        found.add("error_recovery")
    if any(leaf.source.kind == "result" for leaf in transcript.leaves):
        found.add("chained")
    return found


def _asks(transcript: Transcript, turn: range) -> bool:
    texts = [transcript.messages[index] for index in turn if transcript.messages[index].role == "assistant"]
    return bool(texts) and "?" in (texts[-1].content or "")


def _recovers(transcript: Transcript) -> bool:
    """Whether a call fails, and a later one of the same tool or in the same turn succeeds."""
    failed = [site for site in transcript.sites if site.result is not None and not site.succeeded]
    later = [site for site in transcript.sites if site.succeeded]
    return any(
        good.message_index > bad.message_index
        and (good.call.name == bad.call.name or _same_turn(transcript, good, bad))
        for bad in failed
        for good in later
    )


def _same_turn(transcript: Transcript, one: CallSite, other: CallSite) -> bool:
    return any(one.message_index in turn and other.message_index in turn for turn in transcript.turns)
