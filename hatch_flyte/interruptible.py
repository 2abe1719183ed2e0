"""Running an asyncio use case so that Ctrl-C ends it in order: nothing new is sent, what is in flight is awaited."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Result = TypeVar("Result")

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(use_case: Callable[[asyncio.Event], Awaitable[Result]], on_stop: Callable[[], None] = lambda: None) -> Result:
    """Run `use_case` to its end and return its result. It is given an event that SIGINT and SIGTERM set.

    `on_stop` is called then, to tell the user. A second signal ends it at once: SIGINT with `KeyboardInterrupt`.
    """
    return asyncio.run(_run(use_case, on_stop))


async def _run(use_case: Callable[[asyncio.Event], Awaitable[Result]], on_stop: Callable[[], None]) -> Result:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        stop.set()
        for number in SIGNALS:
            loop.remove_signal_handler(number)
        on_stop()

    # Windows' event loop has no signal handlers: there Ctrl-C cuts the use case off.
    with contextlib.suppress(NotImplementedError):
        for number in SIGNALS:
            loop.add_signal_handler(number, on_signal)
    return await use_case(stop)
