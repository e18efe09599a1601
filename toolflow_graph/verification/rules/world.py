"""The rules that a dialogue's world stays true: what was written takes hold, and what was not stays as it is."""

from collections.abc import Iterator

from toolflow_graph.verification.registry import Spot, rule
from toolflow_graph.verification.transcript import Transcript
from toolflow_graph.verification.world.clashes import Clash, Code, find_clashes
from toolflow_graph.verification.world.things import Act, World


def acts_of(transcript: Transcript) -> Iterator[Act]:
    """The dialogue's answered calls that succeeded, in the order of their results."""
    for index, site in sorted(transcript.site_of_result.items()):
        if site.succeeded and site.result is not None:
            tool = transcript.tools_by_name.get(site.call.name)
            yield Act(index, site.call, site.result.value, transcript.is_read(site.call.name), tool)


def clashes_of(transcript: Transcript) -> tuple[tuple[int, Clash], ...]:
    """Where the results from ``focus`` on contradict the world before them."""
    world = World()
    found: list[tuple[int, Clash]] = []
    for act in acts_of(transcript):
        if act.index >= transcript.focus:
            found += ((act.index, clash) for clash in find_clashes(world, act))
        world.see(act)
    return tuple(found)


def _spots(transcript: Transcript, code: Code) -> Iterator[Spot]:
    told: set[tuple[int, str, str]] = set()
    for index, clash in transcript.clashes:
        # One finding a thing and message tells enough.
        spot = (index, clash.thing.kind, clash.thing.id)
        if clash.code == code and spot not in told:
            told.add(spot)
            yield index, clash.reason


@rule(
    "inconsistent_world",
    "error",
    "What has an identifier has another name, price, date or postal address than an earlier result gave it, although "
    "nothing that concerns it was written and the call asks for nothing else.",
)
def inconsistent_world(transcript: Transcript) -> Iterator[Spot]:
    yield from _spots(transcript, "inconsistent_world")


@rule(
    "lost_change",
    "error",
    "What was made, changed or cancelled has other values in the write's own result or when it is read later.",
)
def lost_change(transcript: Transcript) -> Iterator[Spot]:
    yield from _spots(transcript, "lost_change")


@rule("deleted_thing", "error", "What was deleted is read, listed or changed as if it were still there.")
def deleted_thing(transcript: Transcript) -> Iterator[Spot]:
    yield from _spots(transcript, "deleted_thing")


@rule("missing_thing", "error", "What was made before is missing from a full list of its kind.", needs=("tools",))
def missing_thing(transcript: Transcript) -> Iterator[Spot]:
    yield from _spots(transcript, "missing_thing")
