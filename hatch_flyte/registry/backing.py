"""What a local registry stands on: its store, the files beside it, and the one thread that works on both.

Whoever offers the registry shares one of these with whoever else does: in this process, over gRPC, or both at once.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from hatch_flyte.registry.blobs import Blobs
from hatch_flyte.registry.store import BUSY_SECONDS, Store
from hatch_flyte.registry.store_file import LockedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

Result = TypeVar("Result")


class OneThread(ThreadPoolExecutor):
    """One thread that does everything in turn; while it does, it has `turn`, for who would do something elsewhere."""

    def __init__(self) -> None:
        super().__init__(1, thread_name_prefix="local-registry")
        self.turn = threading.Lock()

    def submit(self, work: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Have the thread do something once it is its turn."""
        return super().submit(self._in_turn, work, *args, **kwargs)

    def _in_turn(self, work: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Result:
        with self.turn:
            return work(*args, **kwargs)


@dataclass(frozen=True, slots=True)
class Backing:
    """A store, open, and its files. All that is done with the store is done in `thread`, or by `at_once`."""

    store: Store
    blobs: Blobs
    thread: OneThread = field(default_factory=OneThread)

    @classmethod
    def open(cls, folder: Path, busy_seconds: float = BUSY_SECONDS) -> Backing:
        """Open the registry in `folder`, made if it isn't there. Raises `StoreError`."""
        return cls(Store(folder, busy_seconds=busy_seconds), Blobs(folder))

    @classmethod
    def in_memory(cls, folder: Path) -> Backing:
        """Return an empty registry of its own in memory; `folder` is made, for files, when the first is stored."""
        return cls(Store(None), Blobs(folder))

    def at_once(self, work: Callable[..., Result], *args: Any) -> Result:
        """Do something here that waits for nobody: an event loop then need not change threads for it.

        Raises `LockedError` where it would have to wait, for the thread or for another process; then nothing was done.
        """
        if not self.thread.turn.acquire(blocking=False):
            raise LockedError("something else is being done")
        try:
            with self.store.impatient():
                return work(*args)
        finally:
            self.thread.turn.release()

    def close(self) -> None:
        """Let go of the file once what is under way has ended."""
        self.thread.submit(self.store.close).result()
        self.thread.shutdown()
