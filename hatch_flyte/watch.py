"""Who looks on while a publish runs, and may ask it to stop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from hatch_flyte.activation import Moved
    from hatch_flyte.config import Target
    from hatch_flyte.outcome import Outcome
    from hatch_flyte.plan import Plan

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Watch:
    """Somebody who looks on, and may ask to stop."""

    on_step: Callable[[Target, str], None] = lambda _target, _text: None
    on_plan: Callable[[Plan], None] = lambda _plan: None
    on_outcome: Callable[[Target, Outcome], None] = lambda _target, _outcome: None
    on_moved: Callable[[Target, Moved], None] = lambda _target, _moved: None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Once set nothing new is sent; what is in flight is awaited, since a registry may half-store what is cut off."""

    async def unless_stopped(self, reading: Coroutine[Any, Any, Answer]) -> Answer | None:
        """Return what `reading` returns, or None at once when asked to stop: reading can be cut off without harm."""
        looking = asyncio.ensure_future(reading)
        stopping = asyncio.ensure_future(self.stop.wait())
        await asyncio.wait({looking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if looking.done():
            return looking.result()
        looking.cancel()
        return None
