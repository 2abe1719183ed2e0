"""Signals that end a program, taken as Ctrl-C is: with a word, and with nothing half done left behind.

For work that is not asyncio's; for that see `interruptible`. Cheap to import: everything is done under it.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

INTERRUPTED = 130
"""Exit code after Ctrl-C, SIGTERM or SIGHUP: 128 + SIGINT, as shells have it."""

ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What ends a program besides Ctrl-C: `kill`, a job's time limit, a terminal that is closed. Windows has no SIGHUP."""


@contextlib.contextmanager
def as_ctrl_c() -> Iterator[None]:
    """Raise `KeyboardInterrupt` in the block when SIGTERM or SIGHUP comes.

    Those that follow are ignored, so that nothing cuts cleaning up off: a terminal that closes may send several. A
    signal that somebody handles, or that is ignored (`nohup`), is left alone, and all are outside of the main thread,
    where Python has no handlers.
    """
    taken = [number for number in ENDING if _is_free(number)]

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in taken:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    try:
        for number in taken:
            signal.signal(number, interrupt)
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _is_free(number: int) -> bool:
    return threading.current_thread() is threading.main_thread() and signal.getsignal(number) is signal.SIG_DFL
