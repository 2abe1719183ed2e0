"""The one place that repeats what failed: gRPC calls and uploads alike.

Owns when another attempt is worth it, how long to pause before, and when to give up. What counts as transient is
decided by those who make the attempt; knows neither gRPC nor HTTP.
"""

from __future__ import annotations

import math
import random
import time
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tenacity import RetryCallState

    from hatch_flyte.errors import RegistryError
    from hatch_flyte.registry.connection import Patience

Answer = TypeVar("Answer")

JITTER = 0.1
"""Up to this part of a pause that a server asked for is added, so that many callers don't come back at once."""


class TransientError(Exception):
    """An attempt failed, and another may not. Never leaves this package."""

    def __init__(self, error: RegistryError, *, pause: float | None = None, limit: float = math.inf) -> None:
        """Carry `error`, which is raised if there is no other attempt.

        `pause`: seconds that the server asked for. `limit`: seconds from the first attempt, after which this failure
        isn't worth repeating.
        """
        super().__init__(error.message)
        self.error, self.pause, self.limit = error, pause, limit


class Retries:
    """Attempts until one succeeds, fails for good, or a deadline common to all has passed."""

    def __init__(self, deadline: float, patience: Patience) -> None:
        self.count = 0
        """Attempts that repeated a failed one."""
        self.patience = patience
        self._deadline = deadline
        self._ends: float | None = None

    def remaining(self) -> float:
        """Return the seconds until the deadline, which begins to run with the first question; 0 once it is over."""
        now = time.monotonic()
        if self._ends is None:
            self._ends = now + self._deadline
        return max(0.0, self._ends - now)

    async def run(self, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return what `attempt` returns; repeat it while it raises `TransientError`.

        The first attempt is always made: a publish that goes well may take longer than the deadline.
        Raises the `RegistryError` of the last attempt, with the number of attempts in its message.
        """
        self.remaining()
        started = time.monotonic()
        try:
            return await attempt()
        except TransientError as problem:
            failed = problem
        return await _Repetition(self, attempt, failed, started).result()


class _Repetition(Generic[Answer]):
    """One call from its first failure on."""

    def __init__(
        self, retries: Retries, attempt: Callable[[], Awaitable[Answer]], failed: TransientError, started: float
    ) -> None:
        self._retries, self._attempt, self._started = retries, attempt, started
        self._failed: TransientError | None = failed
        self._tries = 0

    async def result(self) -> Answer:
        # Imported only when something has failed: it would take a tenth of the time until the first request.
        from tenacity import AsyncRetrying, retry_if_exception, wait_random_exponential

        patience = self._retries.patience
        backoff = wait_random_exponential(patience.first_pause, patience.longest_pause)
        retrying = AsyncRetrying(
            retry=retry_if_exception(self._worthwhile),
            wait=lambda state: self._pause(state, backoff(state)),
            before_sleep=self._count,
            reraise=True,
        )
        try:
            return await retrying(self._next)
        except TransientError as problem:
            raise self._given_up(problem) from problem.__cause__

    async def _next(self) -> Answer:
        self._tries += 1
        if self._failed:  # the attempt that was made before tenacity was needed
            failed, self._failed = self._failed, None
            raise failed
        return await self._attempt()

    def _left(self, problem: TransientError) -> float:
        return min(self._retries.remaining(), problem.limit - (time.monotonic() - self._started))

    def _worthwhile(self, problem: BaseException) -> bool:
        return isinstance(problem, TransientError) and self._left(problem) > (problem.pause or 0.0)

    def _pause(self, state: RetryCallState, backoff: float) -> float:
        problem = state.outcome.exception() if state.outcome else None
        left, asked = self._retries.remaining(), None
        if isinstance(problem, TransientError):
            left, asked = self._left(problem), problem.pause
        if asked is not None:
            backoff = asked * random.uniform(1, 1 + JITTER)  # noqa: S311 # spreads calls, guards no secret
        return max(0.0, min(left, backoff))

    def _count(self, _state: RetryCallState) -> None:
        self._retries.count += 1

    def _given_up(self, problem: TransientError) -> RegistryError:
        error, notes = problem.error, []
        if self._tries > 1:
            notes.append(f"tried {self._tries} times in {time.monotonic() - self._started:.1f} s")
        if problem.pause and math.isfinite(problem.pause):
            notes.append(f"it asks to wait {problem.pause:g} s")
        message = f"{error.message} ({', '.join(notes)})" if notes else error.message
        return type(error)(message, hint=error.hint, identifier=error.identifier)
