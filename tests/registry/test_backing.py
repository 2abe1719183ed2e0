"""What a registry stands on: one thing at a time, in the thread or at once."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from registry.entities import create_task, named, task
from registry.local_server import calling, serving

from hatch_flyte.entity import Kind
from hatch_flyte.registry.backing import Backing
from hatch_flyte.registry.control_plane import ControlPlane
from hatch_flyte.registry.store import FILE_NAME
from hatch_flyte.registry.store_file import LockedError
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def backing(tmp_path: Path) -> Iterator[Backing]:
    with closing(Backing.open(tmp_path, busy_seconds=5)) as opened:
        yield opened


def create(backing: Backing, name: str) -> None:
    ControlPlane(backing.store).create(Kind.TASK, from_identifier(named(Kind.TASK, name)), task())


def test_at_once_is_here_and_gives_what_the_work_gives(backing: Backing) -> None:
    assert backing.at_once(threading.get_ident) == threading.get_ident()
    assert backing.thread.submit(threading.get_ident).result() != threading.get_ident()


def test_at_once_does_nothing_while_the_thread_does_something(backing: Backing) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait()

    working = backing.thread.submit(work)
    begun.wait()
    with pytest.raises(LockedError):
        backing.at_once(create, backing, "a")
    may_end.set()
    working.result()
    backing.at_once(create, backing, "a")


def test_at_once_does_not_wait_for_another_process_and_the_thread_does(backing: Backing, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LockedError, match="locked"):
            backing.at_once(create, backing, "a")
        waiting = backing.thread.submit(create, backing, "a")
        other.execute("ROLLBACK")
        waiting.result()
    assert backing.store.find(named(Kind.TASK, "a"))


def test_what_fails_at_once_lets_others_go_on(backing: Backing) -> None:
    def fail() -> None:
        raise ValueError("as it is")

    with pytest.raises(ValueError, match="as it is"):
        backing.at_once(fail)
    backing.at_once(create, backing, "a")
    assert backing.thread.submit(backing.store.find, named(Kind.TASK, "a")).result()


async def test_only_a_long_request_is_answered_beside_the_event_loop(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        for version, length, is_beside in (("1", 1_000, False), ("2", 20_000, True)):
            await call("CreateTask", create_task(version, "i" * length))
            names = [thread.name for thread in threading.enumerate()]
            assert any(name.startswith("local-registry") for name in names) is is_beside
