"""The runner: which dialogues are played and kept, whatever the concurrency and however the run ends."""

import asyncio
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.run_fakes import FakePlayer, two_of_three
from toolflow_graph.behaviours import BLOCK, barrier
from toolflow_graph.dataset.jsonl import write_dataset
from toolflow_graph.errors import RunError, UsageError
from toolflow_graph.models.port import Outage
from toolflow_graph.record import Record
from toolflow_graph.run.progress import Counts, PlainProgress
from toolflow_graph.run.runner import ERROR_LOG, run_dialogues
from toolflow_graph.run.store import open_store
from toolflow_graph.run.summary import RunSummary


async def play(player: FakePlayer, out: Path, num: int, *, attempts: int = 500, concurrency: int = 8) -> RunSummary:
    with open_store(out) as store:
        store.begin(player.fingerprint, num=num, shown={})
        summary = await run_dialogues(
            player,
            store,
            num=num,
            max_attempts=attempts,
            concurrency=concurrency,
            progress=PlainProgress(io.StringIO()),
        )
        write_dataset(store.view(), num)
    return summary


def exported(out: Path) -> tuple[bytes, bytes]:
    return (out / "dialogues.jsonl").read_bytes(), (out / "rejected.jsonl").read_bytes()


async def test_data_set_does_not_depend_on_concurrency(tmp_path: Path) -> None:
    files = set()
    for concurrency in (1, 3, 64):
        out = tmp_path / str(concurrency)
        player = FakePlayer(two_of_three, pause=0.01)
        summary = await play(player, out, 25, concurrency=concurrency)
        assert summary.complete
        assert summary.accepted == 25
        assert player.most_in_flight <= concurrency
        files.add(exported(out))
    assert len(files) == 1


@settings(max_examples=40, deadline=None)
@given(verdicts=st.lists(st.booleans(), min_size=1, max_size=40), num=st.integers(1, 12), concurrency=st.integers(1, 9))
def test_prefix_is_shortest_and_nothing_is_played_in_vain(
    tmp_path_factory: pytest.TempPathFactory, verdicts: list[bool], num: int, concurrency: int
) -> None:
    out = tmp_path_factory.mktemp("run")
    player = FakePlayer(lambda index: verdicts[index], pause=0.0005)
    summary = asyncio.run(play(player, out, num, attempts=len(verdicts), concurrency=concurrency))
    prefix = next((size for size in range(len(verdicts) + 1) if sum(verdicts[:size]) == num), len(verdicts))
    assert sorted(player.played) == list(range(prefix))
    assert summary.complete is (sum(verdicts) >= num)
    assert (summary.accepted, summary.rejected) == (sum(verdicts[:prefix]), prefix - sum(verdicts[:prefix]))


async def test_resume_plays_only_what_is_missing_and_num_may_change(tmp_path: Path) -> None:
    assert (await play(FakePlayer(two_of_three), tmp_path / "a", 10)).complete
    more = FakePlayer(two_of_three)
    await play(more, tmp_path / "a", 30)
    assert 0 not in more.played
    whole = FakePlayer(two_of_three)
    await play(whole, tmp_path / "b", 30)
    assert exported(tmp_path / "a") == exported(tmp_path / "b")

    fewer = FakePlayer(two_of_three)
    summary = await play(fewer, tmp_path / "a", 10)
    assert fewer.played == []
    assert summary.played == 0
    assert summary.accepted == 10


async def test_gaps_of_a_stopped_run_are_filled(tmp_path: Path) -> None:
    player = FakePlayer(errors={3: RunError("the endpoint stayed down")}, pause=0.0)
    first = await play(player, tmp_path / "run", 20, concurrency=6)
    assert first.error is not None
    assert first.exit_code == 1
    assert not first.complete
    again = FakePlayer()
    summary = await play(again, tmp_path / "run", 20, concurrency=6)
    assert summary.exit_code == 0
    assert 3 in again.played
    assert 0 not in again.played


async def test_attempts_run_out(tmp_path: Path) -> None:
    summary = await play(FakePlayer(lambda index: index % 10 == 0), tmp_path / "run", 5, attempts=25)
    assert (summary.accepted, summary.rejected, summary.exit_code) == (3, 22, 1)
    assert summary.reasons == {"no_answer": 22}
    assert summary.usage["user"].calls == 50
    assert exported(tmp_path / "run")[0].count(b"\n") == 3


async def test_users_mistake_is_raised_and_beats_other_failures(tmp_path: Path) -> None:
    errors: dict[int, BaseException] = {2: UsageError("401 from 'http://x'"), 1: RunError("down")}
    with pytest.raises(UsageError, match="401"):
        await play(FakePlayer(errors=errors), tmp_path / "run", 20)
    with open_store(tmp_path / "run") as store:
        store.begin({"seed": "0"}, num=1, shown={})
        assert store.verdicts().get(0) is True


async def test_bug_in_a_player_is_a_run_error_with_its_traceback_kept(tmp_path: Path) -> None:
    summary = await play(FakePlayer(errors={1: KeyError("oops")}), tmp_path / "run", 5)
    assert "KeyError" in str(summary.error)
    assert "Traceback" in (tmp_path / "run" / ERROR_LOG).read_text()


async def test_dialogue_cancelled_from_within_ends_the_run(tmp_path: Path) -> None:
    summary = await play(FakePlayer(errors={1: asyncio.CancelledError()}), tmp_path / "run", 5)
    assert "cancelled from within" in str(summary.error)
    assert summary.exit_code == 1


async def test_outer_cancellation_cancels_what_is_in_flight(tmp_path: Path) -> None:
    player = FakePlayer(pause=30)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(play(player, tmp_path / "run", 5), 0.1)
    assert player.in_flight == 0


async def test_two_dialogues_with_one_id_are_told_apart(tmp_path: Path) -> None:
    class Twins(FakePlayer):
        async def play(self, index: int, owed: Mapping[str, int] | None = None) -> Record:
            return (await super().play(index, owed)).model_copy(update={"id": "same"})

    summary = await play(Twins(), tmp_path / "run", 3)
    assert "same id" in str(summary.error)


@pytest.mark.parametrize("accepts", [lambda index: True, lambda index: index % 2 == 1])
async def test_rejections_at_the_end_are_replaced(tmp_path: Path, accepts: Callable[[int], bool]) -> None:
    player = FakePlayer(accepts)
    assert (await play(player, tmp_path / "run", 4, concurrency=50)).accepted == 4
    assert len(player.played) == len(set(player.played))


async def test_what_is_owed_waits_for_its_outcomes_and_for_nothing_else(tmp_path: Path) -> None:
    """The same numbers are owed at any concurrency, and a dialogue is drawn only when all that they count is there."""
    alone, many = FakePlayer(two_of_three), FakePlayer(two_of_three, pause=0.01)
    for player, concurrency, name in ((alone, 1, "alone"), (many, 500, "many")):
        await play(player, tmp_path / name, 200, concurrency=concurrency)
    assert alone.owed_by_index == many.owed_by_index
    assert exported(tmp_path / "alone") == exported(tmp_path / "many")
    for index, owed in alone.owed_by_index.items():
        assert owed == {"chat": sum(not two_of_three(place) for place in range(barrier(index)))}
    assert many.most_in_flight <= 2 * BLOCK


class TellingProgress:
    """Keeps the notes."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.news: asyncio.Queue[str] = asyncio.Queue()

    def update(self, counts: Counts) -> None:
        return

    def note(self, text: str) -> None:
        self.notes.append(text)
        self.news.put_nowait(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


async def test_a_server_that_is_down_is_told_and_so_is_its_return(tmp_path: Path) -> None:
    player, progress = FakePlayer(pause=0.001), TellingProgress()
    player.outages = [Outage("http://h/v1", 3.0, "HTTP 503: busy")]
    gate = asyncio.Event()
    play = player.play

    async def wait_and_play(index: int, owed: Mapping[str, int] | None = None) -> Record:
        await gate.wait()
        return await play(index, owed)

    player.play = wait_and_play  # type: ignore[method-assign]
    with open_store(tmp_path / "run") as store:
        store.begin(player.fingerprint, num=2, shown={})
        running = asyncio.create_task(
            run_dialogues(player, store, num=2, max_attempts=9, concurrency=2, progress=progress)
        )
        await asyncio.sleep(0.05)
        assert progress.notes == []  # a hiccup is nobody's business
        player.outages = [Outage("http://h/v1", 12.0, "HTTP 503: busy")]
        note = await asyncio.wait_for(progress.news.get(), 60)
        assert note.startswith("waiting for http://h/v1: no answer for 12 s")
        assert "HTTP 503: busy" in note
        player.outages = []
        await asyncio.wait_for(progress.news.get(), 60)
        gate.set()
        summary = await running
    assert progress.notes[1:] == ["http://h/v1 answers again"]
    assert summary.accepted == 2
