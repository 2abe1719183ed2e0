"""Who looks on while a publish runs, and may ask it to stop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from hatch_flyte.events import Event

Answer = TypeVar("Answer")


def _ignore(_event: Event) -> None:
    """Look away."""


@dataclass(slots=True)
class Watch:
    """Somebody who looks on, and may ask to stop."""

    on_event: Callable[[Event], None] = _ignore
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Once set nothing new is sent; what is in flight is awaited, since a registry may half-store what is cut off."""
    trouble: Exception | None = None
    """What `on_event` raised: then it is told nothing more, and what is registered doesn't depend on it."""

    def tell(self, event: Event) -> None:
        """Tell what happened. Never raises: an error would cut off what is in flight."""
        if self.trouble is not None:
            return
        try:
            self.on_event(event)
        except Exception as problem:  # noqa: BLE001 # whatever it is, it is raised by `finish`
            self.trouble = problem

    def finish(self) -> None:
        """Raise what `on_event` raised, once nothing is in flight any more."""
        if self.trouble is not None:
            raise self.trouble

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
