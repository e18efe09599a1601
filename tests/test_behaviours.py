"""The mix of behaviours: read, drawn over indices, laid out over requests, made up for."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolflow_graph.behaviours import (
    BEHAVIOURS,
    BLOCK,
    DEFAULT_MIX,
    EXPLANATIONS,
    SHAPES,
    Outcome,
    barrier,
    draw_behaviours,
    find_shortfall,
    lay_out,
    parse_mix,
)
from toolflow_graph.errors import UsageError
from toolflow_graph.randomness import derive_rng
from toolflow_graph.types import Behaviour


def test_every_behaviour_is_explained_and_in_the_default_mix() -> None:
    assert set(EXPLANATIONS) == set(BEHAVIOURS) == set(DEFAULT_MIX)


def test_a_mix_changes_what_it_names() -> None:
    assert parse_mix([]) == DEFAULT_MIX
    mix = parse_mix(["clarification=0.5,chat=0", "back-reference=1"])
    assert (mix["clarification"], mix["chat"], mix["back_reference"]) == (0.5, 0, 1)
    assert mix["single"] == DEFAULT_MIX["single"]
    assert {name for name, share in parse_mix(["none,chat=1"]).items() if share} == {"chat"}
    assert parse_mix({"chat": 1})["chat"] == 1


@pytest.mark.parametrize("item", ["chatt=0.1", "chat", "chat=", "chat=2", "chat=-1", "chat=x", "=1", "chat=nan"])
def test_what_is_no_mix(item: str) -> None:
    with pytest.raises(UsageError):
        parse_mix([item])


@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=30))
def test_a_block_holds_its_shares(run_seed: int, block: int) -> None:
    drawn = Counter(
        name for place in range(BLOCK) for name in draw_behaviours(DEFAULT_MIX, run_seed, block * BLOCK + place)
    )
    for name, share in DEFAULT_MIX.items():
        assert abs(drawn[name] - share * BLOCK) < 1, name


@given(st.integers(min_value=0, max_value=10**6))
def test_what_is_owed_comes_on_top(run_seed: int) -> None:
    def count(owed: dict[str, int]) -> int:
        return sum("policy" in draw_behaviours(DEFAULT_MIX, run_seed, place, owed) for place in range(BLOCK))

    assert count({"policy": 5}) == count({}) + 5
    assert count({"policy": 10**6}) <= BLOCK
    nothing = dict.fromkeys(BEHAVIOURS, 0.0)
    assert draw_behaviours(nothing, run_seed, 3, {"policy": 5}) == ()


@settings(max_examples=300)
@given(
    st.sets(st.sampled_from(BEHAVIOURS)),
    st.integers(min_value=1, max_value=6),
    st.sets(st.sampled_from(BEHAVIOURS)),
    st.integers(min_value=0, max_value=10**6),
)
def test_layouts_are_sound(wanted: set[Behaviour], turns: int, possible: set[Behaviour], number: int) -> None:
    order = [name for name in BEHAVIOURS if name in wanted]
    possible.add("single")
    slots = lay_out(order, turns, DEFAULT_MIX, possible, derive_rng(number))
    assert len(slots) == turns
    assert not set(slots[0].behaviours) & {"chat", "irrelevant", "policy"}
    for slot in slots:
        names = slot.behaviours
        assert len(set(names)) == len(names)
        assert set(names) <= possible
        assert sum(name in SHAPES for name in names) <= 1
        assert ("error_recovery" in names) == (slot.mishap is not None)
        assert ("missing_function" in names) == (slot.arrives is not None)
        if {"chat", "irrelevant", "policy"} & set(names):
            assert len(names) == 1
    assert not set(slots[0].behaviours) & {"back_reference"}


def test_no_mix_asks_for_nothing() -> None:
    slots = lay_out((), 3, dict.fromkeys(BEHAVIOURS, 0.0), BEHAVIOURS, derive_rng(1))
    assert [slot.behaviours for slot in slots] == [(), (), ()]


def test_shortfall_counts_accepted_dialogues_only() -> None:
    mix = {**dict.fromkeys(BEHAVIOURS, 0.0), "chat": 0.5, "policy": 0.1}
    outcomes = [Outcome(True, ("chat",)), Outcome(False, ("policy",)), *[Outcome(True)] * 9]
    assert find_shortfall(mix, outcomes) == {"chat": 4, "policy": 1}
    assert find_shortfall(mix, []) == {}


def test_the_barrier_leaves_two_blocks_to_play() -> None:
    assert [barrier(index) for index in (0, BLOCK - 1, BLOCK, 2 * BLOCK, 3 * BLOCK + 5)] == [0, 0, 0, BLOCK, 2 * BLOCK]


@pytest.mark.parametrize(
    "items", [[""], ["chat=1", " "], ["injection=0.5,injection=0.2"], ["error-recovery=1", "error_recovery=0"]]
)
def test_a_mix_that_says_nothing_or_the_same_twice_is_a_mistake(items: list[str]) -> None:
    with pytest.raises(UsageError):
        parse_mix(items)
