"""How many calls a cluster is given at once: a controller as pure values, which is told of answers and their times.

It measures answers a second while calls wait for their turn, and takes more in flight only where that pays: a server
that answers one call at a time gets few, one that works on many at once gets up to `most`. Knows no clock, no asyncio
and no gRPC.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

MOST: Final = 64
"""Calls in flight, at most. flyteadmin needs two database connections for each, and has 100 in all."""

FIRST: Final = 16
"""Calls in flight before anything is known: what flyteadmin bears from several clients at once."""

_SHORTEST: Final = 16
"""Answers that one measurement takes at least; as many as the window is wide if that is more."""
_FEWEST: Final = 4
"""Calls in flight that are not reduced to see whether fewer do."""
_WORTH: Final = 0.2
"""Part of an enlargement that must come back as more answers a second: twice the window for a fifth more."""
_SUFFERS: Final = 0.95
"""Part of the best rate that a smaller window must keep to be preferred."""
_SLUMP: Final = 0.5
"""Part of the rate so far under which a window that was good is doubted: calls take twice as long."""
_HELD: Final = 8
"""Measurements for which a window stays that was found good, before a larger one is tried again."""
_LONGEST_HELD: Final = 32


class _Phase(Enum):
    UP = "trying larger ones, each as long as it pays"
    DOWN = "trying smaller ones, each as long as nothing is lost"
    HELD = "keeping one that was found good"


class Window:
    """The number of calls in flight, adapted to what becomes of them. Times are seconds of any one clock."""

    def __init__(self, most: int = MOST, first: int = FIRST) -> None:
        self.limit = min(first, most)
        """How many calls may be in flight now."""
        self._most = most
        self._growth = 2.0
        self._phase = _Phase.UP
        self._best: tuple[int, float] | None = None
        """The window that others are compared with, and its answers a second."""
        self._held, self._patience = 0, _HELD
        self._began: float | None = None
        self._answers = 0
        self._shrunk = self._changed = float("-inf")

    def answered(self, sent: float, now: float, *, full: bool) -> None:
        """Take note of an answer, good or bad, that came at `now`; `full`: calls were waiting for its place.

        Answers to calls that were sent before the window was changed tell nothing of the changed one.
        """
        if not full or sent < self._changed:
            self._began = None
        elif self._began is None:
            self._began, self._answers = now, 0
        else:
            self._answers += 1
            if self._answers >= max(self.limit, _SHORTEST) and now > self._began:
                rate = self._answers / (now - self._began)
                self._began, self._answers = now, 0
                limit = self.limit
                self._judge(rate)
                if self.limit != limit:
                    self._began, self._changed = None, now

    def pushed_back(self, sent: float, now: float) -> None:
        """Halve the window: a call sent at `sent` was refused for want of room, or not answered in time.

        Of all the calls that were in flight together only the first counts. From now on it grows by small steps.
        """
        self._began = None
        if sent <= self._shrunk:
            return
        self._shrunk = self._changed = now
        self._growth = 1.25
        self._hold(max(1, self.limit // 2), None)

    def disturbed(self) -> None:
        """Drop the measurement that is being taken: the connection broke, which tells nothing of the window."""
        self._began = None

    def idle(self) -> None:
        """Forget rates, not the window: what comes next may be other calls, which take other times."""
        self._began, self._best = None, None
        self._phase, self._patience = _Phase.UP, _HELD

    def _judge(self, rate: float) -> None:
        if self._best is None:
            self._best = self.limit, rate
            if self._phase is _Phase.UP:
                self._enlarge()
        elif self._phase is _Phase.UP:
            self._judge_larger(rate)
        elif self._phase is _Phase.DOWN:
            self._judge_smaller(rate)
        else:
            self._judge_held(rate)

    def _judge_larger(self, rate: float) -> None:
        limit, best = self._best or (self.limit, rate)
        if rate >= best * (1 + _WORTH * (self.limit / limit - 1)):
            self._best = self.limit, rate
            self._enlarge()
        elif self._patience > _HELD:  # it has been tried before, from the same window
            self._hold(limit, best)
        else:
            self._best = limit, best
            self._reduce(limit)

    def _judge_smaller(self, rate: float) -> None:
        limit, best = self._best or (self.limit, rate)
        if rate < best * _SUFFERS:
            self._hold(limit, best)
        else:
            self._best = self.limit, max(rate, best)
            self._reduce(self.limit)

    def _judge_held(self, rate: float) -> None:
        _, best = self._best or (self.limit, rate)
        self._held += 1
        if rate < best * _SLUMP:
            self._best = self.limit, rate
            self._reduce(self.limit)
            return
        self._best = self.limit, (best + rate) / 2
        if self._held >= self._patience:
            self._patience = min(2 * self._patience, _LONGEST_HELD)
            self._enlarge()

    def _enlarge(self) -> None:
        if self.limit >= self._most:
            self._hold(self.limit, self._best[1] if self._best else None)
            return
        self._phase = _Phase.UP
        self.limit = min(self._most, max(self.limit + 1, int(self.limit * self._growth)))

    def _reduce(self, limit: int) -> None:
        """Try half of `limit`, if that is not too few to be told from chance."""
        if limit <= _FEWEST:
            self._hold(limit, self._best[1] if self._best else None)
            return
        self._phase, self.limit = _Phase.DOWN, limit // 2

    def _hold(self, limit: int, rate: float | None) -> None:
        self._phase, self._held, self.limit = _Phase.HELD, 0, limit
        self._best = None if rate is None else (limit, rate)
