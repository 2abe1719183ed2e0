"""Running an asyncio use case so that Ctrl-C ends it in order: nothing new is sent, what is in flight is awaited."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, TypeVar

from hatch_flyte.signals import ENDING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Result = TypeVar("Result")

SIGNALS = [signal.SIGINT, *ENDING]
"""Ctrl-C, and what else ends a program."""


def run(use_case: Callable[[asyncio.Event], Awaitable[Result]], on_stop: Callable[[], None] = lambda: None) -> Result:
    """Run `use_case` to its end and return its result. It is given an event that `SIGNALS` set.

    `on_stop` is called then, to tell the user. A second signal ends it at once: SIGINT with `KeyboardInterrupt`.
    A SIGHUP that the process was started to ignore (`nohup`) stays ignored.
    """
    return asyncio.run(_run(use_case, on_stop))


async def _run(use_case: Callable[[asyncio.Event], Awaitable[Result]], on_stop: Callable[[], None]) -> Result:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    signals = [number for number in SIGNALS if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN]

    def on_signal() -> None:
        stop.set()
        for number in signals:
            loop.remove_signal_handler(number)
        on_stop()

    # Windows' event loop has no signal handlers: there Ctrl-C cuts the use case off.
    with contextlib.suppress(NotImplementedError):
        for number in signals:
            loop.add_signal_handler(number, on_signal)
    return await use_case(stop)
