"""The gate before a server: it narrows when the server is overloaded, widens when it answers, and keeps to its caps."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolflow_graph.models.gates import Caps, Gate


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.now += seconds


def gate(caps: Caps | None = None, most: int = 1024) -> tuple[Gate, Clock]:
    clock = Clock()
    return Gate(caps, most=most, sleep=clock.sleep, clock=clock), clock


async def test_a_burst_of_refusals_narrows_it_once_and_answers_widen_it_again() -> None:
    subject, _ = gate(most=64)
    passes = []
    async with asyncio.TaskGroup() as group:
        ready = asyncio.Event()

        async def call() -> None:
            async with subject.open() as leave:
                passes.append(leave)
                if len(passes) == 40:
                    for refused in passes:
                        subject.narrow(refused)
                    ready.set()
                await ready.wait()

        for _ in range(40):
            group.create_task(call())
    assert subject.limit == pytest.approx(40 * 0.7)
    assert subject.is_throttled
    steps = 0
    while subject.is_throttled:
        subject.ease(0)
        steps += 1
    # By one a round trip: a round trip is as many answers as the limit.
    assert 36 * 28 < steps < 36 * 64
    assert subject.limit == 64


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.sampled_from(["narrow", "ease"]), max_size=40),
    callers=st.integers(1, 30),
    most=st.integers(1, 20),
    cancelled=st.sets(st.integers(0, 29)),
)
def test_never_more_in_flight_than_the_limit_and_everybody_gets_a_turn(
    steps: list[str], callers: int, most: int, cancelled: set[int]
) -> None:
    async def run() -> None:
        subject, _ = gate(most=most)
        todo, served = list(steps), []

        async def call(number: int) -> None:
            async with subject.open() as leave:
                assert 1 <= subject.in_flight <= most
                await asyncio.sleep(0)
                step = todo.pop() if todo else "ease"
                subject.narrow(leave) if step == "narrow" else subject.ease(1)
                assert 1 <= subject.limit <= most
                served.append(number)

        tasks = [asyncio.create_task(call(number)) for number in range(callers)]
        await asyncio.sleep(0)
        for number in cancelled:
            if number < callers:
                tasks[number].cancel()
        results: list[Any] = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results)
        assert {*served} >= {*range(callers)} - cancelled
        assert subject.in_flight == 0

    asyncio.run(run())


async def test_calls_come_through_in_the_order_in_which_they_came() -> None:
    subject, _ = gate(most=1)
    served: list[int] = []

    async def call(number: int) -> None:
        async with subject.open():
            served.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(call(number) for number in range(9)))
    assert served == list(range(9))


async def test_no_more_requests_a_minute_than_the_cap() -> None:
    subject, clock = gate(Caps(requests=60))
    times = []
    for _ in range(66):
        async with subject.open():
            times.append(clock.now)
    # Six at once, then one a second.
    assert times[5] == 0
    assert clock.now == pytest.approx(60, abs=1.5)


async def test_tokens_that_a_call_took_are_waited_for_by_the_next_one() -> None:
    subject, clock = gate(Caps(tokens=6000))
    for _ in range(11):
        async with subject.open():
            subject.ease(1000)
    # 11,000 tokens, of which the first 600 were there and the last 1,000 are not waited for.
    assert clock.now == pytest.approx((10_000 - 600) / 100, abs=1)


async def test_retry_after_holds_everybody_back() -> None:
    subject, clock = gate()
    async with subject.open() as leave:
        subject.narrow(leave, pause=20)
    assert subject.is_throttled
    async with subject.open():
        assert clock.now == pytest.approx(20)


async def test_in_flight_at_most_as_many_as_the_operator_allows() -> None:
    subject, _ = gate(Caps(in_flight=3))
    most = 0

    async def call() -> None:
        nonlocal most
        async with subject.open():
            most = max(most, subject.in_flight)
            await asyncio.sleep(0)

    await asyncio.gather(*(call() for _ in range(20)))
    assert most == 3
