"""What a local registry stands on: its store, the files beside it, and the one thread that works on both.

Whoever offers the registry shares one of these with whoever else does: in this process, over gRPC, or both at once.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hatch_flyte.registry.blobs import Blobs
from hatch_flyte.registry.store import BUSY_SECONDS, Store

if TYPE_CHECKING:
    from pathlib import Path


def _one_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="local-registry")


@dataclass(frozen=True, slots=True)
class Backing:
    """A store, open, and its files. All that is done with the store is done in `thread`."""

    store: Store
    blobs: Blobs
    thread: ThreadPoolExecutor = field(default_factory=_one_thread)

    @classmethod
    def open(cls, folder: Path, busy_seconds: float = BUSY_SECONDS) -> Backing:
        """Open the registry in `folder`, made if it isn't there. Raises `StoreError`."""
        return cls(Store(folder, busy_seconds=busy_seconds), Blobs(folder))

    @classmethod
    def in_memory(cls, folder: Path) -> Backing:
        """Return an empty registry of its own in memory; `folder` is made, for files, when the first is stored."""
        return cls(Store(None), Blobs(folder))

    def close(self) -> None:
        """Let go of the file once what is under way has ended."""
        self.thread.submit(self.store.close).result()
        self.thread.shutdown()
