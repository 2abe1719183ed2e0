"""When another attempt is made, how long before, and what is raised in the end. No network: attempts are functions."""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING

import pytest

from hatch_flyte.errors import NotFoundError, RegistryError, UnreachableError
from hatch_flyte.registry.connection import Patience
from hatch_flyte.registry.retry import Retries, TransientError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

QUICK = Patience(first_pause=0.01, longest_pause=0.03)


def attempts(*outcomes: RegistryError | TransientError | str) -> Callable[[], Awaitable[str]]:
    """Return a function with these outcomes in turn, the last one for ever."""
    left = list(outcomes)

    async def attempt() -> str:
        await asyncio.sleep(0)
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return attempt


def transient(*, pause: float | None = None, limit: float = math.inf) -> TransientError:
    return TransientError(UnreachableError("busy", hint="wait"), pause=pause, limit=limit)


async def test_what_succeeds_is_returned_and_counts_nothing() -> None:
    retries = Retries(1, QUICK)
    assert await retries.run(attempts("answer")) == "answer"
    assert retries.count == 0


async def test_each_repetition_of_each_call_counts() -> None:
    retries = Retries(5, QUICK)
    assert await retries.run(attempts(transient(), transient(), "answer")) == "answer"
    assert await retries.run(attempts(transient(), "answer")) == "answer"
    assert retries.count == 3


async def test_what_is_final_ends_it_at_once() -> None:
    retries = Retries(5, QUICK)
    with pytest.raises(NotFoundError, match=r"^gone$"):
        await retries.run(attempts(NotFoundError("gone"), "answer"))
    assert retries.count == 0


async def test_what_is_final_after_a_repetition_is_raised_as_it_is() -> None:
    with pytest.raises(NotFoundError, match=r"^gone$"):
        await Retries(5, QUICK).run(attempts(transient(), NotFoundError("gone"), "answer"))


async def test_after_the_deadline_the_first_attempt_is_the_only_one() -> None:
    retries = Retries(0, QUICK)
    assert await retries.run(attempts("answer")) == "answer"
    with pytest.raises(UnreachableError) as caught:
        await retries.run(attempts(transient(), "answer"))
    assert (caught.value.message, caught.value.hint) == ("busy", "wait")
    assert retries.remaining() == 0


async def test_the_deadline_begins_with_the_first_question_and_is_common_to_all_calls() -> None:
    retries = Retries(0.2, QUICK)
    with pytest.raises(UnreachableError, match=r"busy \(tried \d+ times in 0\.2 s\)"):
        await retries.run(attempts(transient()))
    with pytest.raises(UnreachableError, match=r"^busy"):
        await retries.run(attempts(transient(), "answer"))


async def test_a_failure_with_a_limit_is_not_repeated_beyond_it() -> None:
    began = time.monotonic()
    with pytest.raises(UnreachableError):
        await Retries(60, QUICK).run(attempts(transient(limit=0.1)))
    assert 0.1 <= time.monotonic() - began < 2


async def test_a_limit_counts_from_the_first_attempt_of_its_own_call() -> None:
    retries = Retries(60, QUICK)
    await retries.run(attempts(transient(limit=0.1), "answer"))
    await asyncio.sleep(0.11)  # longer than the limit
    assert await retries.run(attempts(transient(limit=0.1), "answer")) == "answer"


async def test_pauses_grow_up_to_the_longest() -> None:
    retries = Retries(0.3, Patience(first_pause=0.001, longest_pause=0.004))
    with pytest.raises(UnreachableError):
        await retries.run(attempts(transient()))
    assert retries.count > 0.3 / 0.004 * 0.5


async def test_a_pause_that_is_asked_for_is_neither_cut_nor_much_longer() -> None:
    began = time.monotonic()
    await Retries(5, QUICK).run(attempts(transient(pause=0.2), "answer"))
    assert 0.2 <= time.monotonic() - began < 2


async def test_a_pause_longer_than_what_is_left_is_told_instead_of_waited_for() -> None:
    began = time.monotonic()
    with pytest.raises(UnreachableError, match=r"^busy \(it asks to wait 7 s\)"):
        await Retries(5, QUICK).run(attempts(transient(pause=7), "answer"))
    assert time.monotonic() - began < 1


async def test_the_error_raised_in_the_end_keeps_its_cause() -> None:
    cause = OSError("broken")

    async def attempt() -> str:
        await asyncio.sleep(0)
        raise transient(limit=0) from cause

    with pytest.raises(UnreachableError) as caught:
        await Retries(5, QUICK).run(attempt)
    assert caught.value.__cause__ is cause


async def test_a_cancelled_pause_ends_at_once() -> None:
    running = asyncio.ensure_future(Retries(60, QUICK).run(attempts(transient(pause=30), "answer")))
    await asyncio.sleep(0.05)  # it has begun to wait
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
