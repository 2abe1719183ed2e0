from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from support_doors import Door, isolate

from hatch_flyte.registry.server import Addresses, ServeOptions, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Door:
    folder = tmp_path / "project"
    folder.mkdir()
    isolate(folder, monkeypatch)
    return Door(folder, capfd)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a local registry that is served; it runs in a thread of its own."""
    found: list[str] = []
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def on_ready(addresses: Addresses) -> None:
        found.append(addresses.grpc)
        ready.set()

    def run() -> None:
        loop.run_until_complete(serve(tmp_path / "served", ServeOptions(), on_ready, stop))

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(30)
    yield found[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()
