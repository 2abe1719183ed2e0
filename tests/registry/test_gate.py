"""Calls at the gate: how many pass, in which order, and that none is forgotten when some are cancelled."""

from __future__ import annotations

import asyncio

import pytest

from hatch_flyte.registry.gate import End, Gate
from hatch_flyte.registry.window import Window


class Calls:
    """Calls through a gate, each in flight until it is told to end."""

    def __init__(self, limit: int) -> None:
        self.window = Window(limit)
        self.gate = Gate(self.window)
        self.passed: list[int] = []
        self.ends: dict[int, asyncio.Event] = {}

    def start(self, *numbers: int, end: End = End.ANSWERED) -> list[asyncio.Task[None]]:
        return [asyncio.ensure_future(self._call(number, end)) for number in numbers]

    async def _call(self, number: int, end: End) -> None:
        self.ends[number] = asyncio.Event()
        async with self.gate.passing() as given:
            self.passed.append(number)
            await self.ends[number].wait()
            given.end = end

    async def end(self, number: int) -> None:
        self.ends[number].set()
        await settled()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_as_many_pass_as_the_window_says_and_the_others_in_the_order_they_came() -> None:
    calls = Calls(2)
    tasks = calls.start(1, 2, 3, 4)
    await settled()
    assert calls.passed == [1, 2]
    await calls.end(2)
    assert calls.passed == [1, 2, 3]
    for number in (1, 3, 4):
        await calls.end(number)
    await asyncio.gather(*tasks)
    assert calls.passed == [1, 2, 3, 4]


async def test_one_that_is_cancelled_while_it_waits_is_passed_over() -> None:
    calls = Calls(1)
    first, second, third = calls.start(1, 2, 3)
    await settled()
    second.cancel()
    await settled()
    await calls.end(1)
    assert calls.passed == [1, 3]
    await calls.end(3)
    await asyncio.gather(first, third)


async def test_one_that_is_cancelled_when_its_turn_has_come_gives_it_to_the_next() -> None:
    calls = Calls(1)
    async with calls.gate.passing():
        second, third = calls.start(2, 3)
        await settled()
    second.cancel()  # it has its turn, and doesn't know yet
    await settled()
    assert calls.passed == [3]
    await calls.end(3)
    await third
    with pytest.raises(asyncio.CancelledError):
        await second


async def test_one_that_is_pushed_back_narrows_the_window_for_those_that_wait() -> None:
    calls = Calls(4)
    tasks = calls.start(1, end=End.PUSHED_BACK) + calls.start(2, 3, 4, 5, 6)
    await settled()
    assert calls.passed == [1, 2, 3, 4]
    await calls.end(1)
    assert (calls.window.limit, calls.passed) == (2, [1, 2, 3, 4])
    await calls.end(2)
    assert calls.passed == [1, 2, 3, 4]
    await calls.end(3)
    assert calls.passed == [1, 2, 3, 4, 5]
    for number in (4, 5, 6):
        await calls.end(number)
    await asyncio.gather(*tasks)


async def test_one_that_fails_makes_room_too() -> None:
    gate = Gate(Window(1))
    with pytest.raises(ValueError, match="broken"):
        async with gate.passing():
            raise ValueError("broken")
    async with gate.passing() as given:
        assert given.end is End.BROKEN
