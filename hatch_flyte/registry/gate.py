"""Where calls wait for their turn: as many pass at once as the window says, first come, first served.

Knows asyncio and the clock, and nothing of what the calls are.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hatch_flyte.registry.window import Window


class End(Enum):
    """How a call ended, as far as the window cares."""

    ANSWERED = "answered, well or badly"
    PUSHED_BACK = "refused for want of room, or not answered in time"
    BROKEN = "cut off: by the network, or by who made it"


@dataclass(slots=True)
class Pass:
    """One call's leave to be in flight; it says at the end how it went."""

    sent: float
    """When it was given."""
    end: End = End.BROKEN


class Gate:
    """Lets calls pass. May be made outside of an event loop."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @contextlib.asynccontextmanager
    async def passing(self) -> AsyncIterator[Pass]:
        """Give a pass, once there is room, until the body ends."""
        await self._enter()
        given = Pass(time.monotonic())
        try:
            yield given
        finally:
            self._leave(given)

    async def _enter(self) -> None:
        if self._in_flight < self._window.limit and not self._waiting:
            self._in_flight += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn  # whoever wakes it has counted it
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._in_flight -= 1
                self._admit()
            raise

    def _leave(self, given: Pass) -> None:
        now = time.monotonic()
        if given.end is End.ANSWERED:
            self._window.answered(given.sent, now, full=bool(self._waiting))
        elif given.end is End.PUSHED_BACK:
            self._window.pushed_back(given.sent, now)
        else:
            self._window.disturbed()
        self._in_flight -= 1
        self._admit()
        if not self._in_flight:
            self._window.idle()

    def _admit(self) -> None:
        while self._waiting and self._in_flight < self._window.limit:
            turn = self._waiting.popleft()
            if not turn.cancelled():
                self._in_flight += 1
                turn.set_result(None)
