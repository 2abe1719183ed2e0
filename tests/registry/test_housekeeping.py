"""What is removed from a registry's folder and what stays. Real files, real processes."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest
from registry.entities import DOMAIN, PROJECT, named, task, trio
from registry.writer import bundle, finished_lines, start

from hatch_flyte.bundle import Bundle
from hatch_flyte.entity import Kind
from hatch_flyte.errors import RegistryError
from hatch_flyte.registry.blobs import Blobs, Key
from hatch_flyte.registry.housekeeping import Contents, contents, empty_registry, leftovers
from hatch_flyte.registry.local import LocalRegistry, open_local
from hatch_flyte.registry.store import FILE_NAME, Store

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 3600.0


def small(number: int) -> Bundle:
    return Bundle(f"{number:032x}", b"content of %d" % number)


def aged(folder: Path, seconds: float = 2 * HOUR) -> None:
    """Make every file as old as if nothing had been done with it for so long."""
    moment = time.time() - seconds
    for parent, _, names in os.walk(folder):  # which passes over what others remove meanwhile
        for name in names:
            with suppress(FileNotFoundError):
                os.utime(os.path.join(parent, name), (moment, moment))  # noqa: PTH118 - as os.walk gives them


def files(folder: Path) -> list[str]:
    found = [*folder.glob("blobs/**/*"), *folder.glob("arriving/*")]
    return sorted(path.relative_to(folder).as_posix() for path in found if path.is_file())


async def registering(registry: LocalRegistry, number: int, arguments: str = "--location {} --dest-dir /root") -> str:
    """Upload a bundle and register a task that downloads it; return the bundle's path."""
    location = await registry.upload(PROJECT, DOMAIN, small(number))
    spec = task()
    spec.template.container.args[:] = arguments.format(location.url).split("|")
    await registry.create(named(Kind.TASK, f"t{number}"), spec)
    return f"blobs/{PROJECT}/{DOMAIN}/{number:032x}/{small(number).file_name}"


async def test_files_that_no_entity_refers_to_are_removed_and_no_others(tmp_path: Path) -> None:
    registry = open_local(tmp_path)
    needed = [
        await registering(registry, number, arguments)
        for number, arguments in enumerate(["{}", "--location={}", "a '{}'; b", "{}|more", "({0},{0})"])
    ]
    for number in (10, 11):
        await registry.upload(PROJECT, DOMAIN, small(number))
    await registry.close()
    aged(tmp_path)
    unneeded = sorted(set(files(tmp_path)) - set(needed))

    assert [one.path for one in leftovers(tmp_path, remove=False)] == unneeded
    assert files(tmp_path) == sorted([*needed, *unneeded])
    removed = leftovers(tmp_path, remove=True)
    assert [(one.path, one.size) for one in removed] == [(path, len(b"content of 10")) for path in unneeded]
    assert files(tmp_path) == sorted(needed)
    assert not (tmp_path / unneeded[0]).parent.exists()
    assert leftovers(tmp_path, remove=True) == []


@pytest.mark.parametrize("name", ["blobs/registry", "blobs", "blobs/blobs", "b/blobs"])
async def test_a_file_is_needed_wherever_an_entity_names_it_and_whatever_the_folder_is_called(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name
    registry = open_local(folder)
    needed = await registering(registry, 1)
    first, second, third = trio("whole")
    location = await registry.upload(PROJECT, DOMAIN, small(2))
    await registry.create(*first)
    second[1].template.nodes[0].metadata.name = location.url  # type: ignore[attr-defined] # a WorkflowSpec
    await registry.create(*second)
    location = await registry.upload(PROJECT, DOMAIN, small(3))
    third[1].annotations.values["where"] = location.url  # type: ignore[attr-defined] # a LaunchPlanSpec
    await registry.create(*third)
    await registry.close()
    aged(folder)

    assert leftovers(folder, remove=True) == []
    assert needed in files(folder)
    assert len(files(folder)) == 3


async def test_a_registry_that_was_moved_keeps_what_its_entities_name(tmp_path: Path) -> None:
    registry = open_local(tmp_path / "old")
    needed = await registering(registry, 1)
    await registry.close()
    (tmp_path / "old").rename(tmp_path / "new")
    aged(tmp_path / "new")

    assert leftovers(tmp_path / "new", remove=True) == []
    assert files(tmp_path / "new") == [needed]


async def test_what_was_just_uploaded_is_kept_and_so_is_what_was_just_asked_for(tmp_path: Path) -> None:
    registry = open_local(tmp_path)
    for number in range(3):
        await registry.upload(PROJECT, DOMAIN, small(number))
    assert leftovers(tmp_path, remove=True) == []
    aged(tmp_path)
    before = {path: (tmp_path / path).stat().st_mtime_ns for path in files(tmp_path)}
    assert (await registry.locate(PROJECT, DOMAIN, small(1))).stored
    assert (await registry.upload(PROJECT, DOMAIN, small(2))).stored
    await registry.close()

    assert [one.path.rpartition("/")[2] for one in leftovers(tmp_path, remove=True)] == [small(0).file_name]
    assert {path: (tmp_path / path).stat().st_mtime_ns for path in files(tmp_path)}.items() <= before.items()


def test_uploads_that_were_cut_off_are_removed_and_running_ones_are_not(tmp_path: Path) -> None:
    with closing(Store(tmp_path)):
        pass
    (tmp_path / "arriving").mkdir()
    (tmp_path / "arriving" / "old").write_bytes(b"123")
    aged(tmp_path)
    (tmp_path / "arriving" / "new").write_bytes(b"1")

    assert [(one.path, one.size) for one in leftovers(tmp_path, remove=True)] == [("arriving/old", 3)]
    assert files(tmp_path) == ["arriving/new"]


async def until_there(folder: Path, key: Key) -> None:
    """Wait until a file is in its place: one that was asked for meanwhile is moved aside and back."""
    for _ in range(1000):
        if Blobs(folder).has(key):
            return
        await asyncio.sleep(0.001)
    pytest.fail(f"{key.path} is gone")


async def test_a_publisher_that_asks_while_files_are_removed_finds_it_or_uploads_it(tmp_path: Path) -> None:
    registry = open_local(tmp_path)
    ended = threading.Event()
    rounds = 0

    def housekeeping() -> None:
        while not ended.is_set():
            leftovers(tmp_path, 2, remove=True)

    thread = threading.Thread(target=housekeeping)
    thread.start()
    try:
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            rounds += 1
            location = await registry.upload(PROJECT, DOMAIN, small(rounds % 3))
            await until_there(tmp_path, Key(location.url.partition("/blobs/")[2]))
            aged(tmp_path / "blobs", seconds=10)  # what others left long ago
            await asyncio.sleep(0)
    finally:
        ended.set()
        thread.join()
        await registry.close()
    assert rounds > 50


def test_uploads_of_another_process_survive_that_files_are_removed_meanwhile(tmp_path: Path) -> None:
    process = start(tmp_path, "upload", 40)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    while process.poll() is None:
        leftovers(tmp_path, remove=True)

    assert finished_lines(process) == [f"uploaded {number}" for number in range(40)]
    assert len(files(tmp_path)) == 40
    assert files(tmp_path)[0].endswith(bundle(0).file_name)


async def test_an_empty_registry_is_as_a_new_one(tmp_path: Path) -> None:
    registry = open_local(tmp_path)
    needed = await registering(registry, 1)
    await registry.close()
    (tmp_path / "arriving" / "left").touch()
    (tmp_path / "mine").touch()
    assert contents(tmp_path) == Contents(entities=1, projects=1, files=1, size=(tmp_path / needed).stat().st_size)

    empty_registry(tmp_path)
    assert contents(tmp_path) == Contents(entities=0, projects=1, files=0, size=0)
    assert sorted(os.listdir(tmp_path)) == ["mine", FILE_NAME]  # noqa: PTH208 # Path's own blocks no less
    registry = open_local(tmp_path)
    await registering(registry, 1)
    await registry.close()
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_registry_that_another_process_has_open_is_not_emptied(tmp_path: Path) -> None:
    for arguments in (("serve", 0), ("create", "a", 100_000)):
        process = start(tmp_path, *arguments)
        assert process.stdout
        process.stdout.readline()
        with pytest.raises(RegistryError, match=r"registry\.sqlite3: in use by another process") as caught:
            empty_registry(tmp_path)
        assert "Stop `hatch-flyte serve`" in caught.value.hint
        process.kill()
        process.communicate()
    assert contents(tmp_path).entities > 0
    empty_registry(tmp_path)  # what was killed holds nothing
    assert contents(tmp_path).entities == 0


async def test_a_registry_that_is_open_and_idle_is_not_emptied(tmp_path: Path) -> None:
    registry = open_local(tmp_path)
    with pytest.raises(RegistryError, match="in use"):
        empty_registry(tmp_path)
    await registry.create(named(Kind.TASK), task())
    await registry.close()
    assert contents(tmp_path).entities == 1


def test_where_there_is_no_registry_nothing_is_made_or_removed(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "f").touch()
    aged(tmp_path)
    with pytest.raises(RegistryError, match="expected a local registry"):
        leftovers(tmp_path, remove=True)
    for does in (contents, empty_registry):
        with pytest.raises(RegistryError, match=r"expected a local registry \(got no registry\.sqlite3\)"):
            does(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["blobs", "f"]


def test_another_programs_database_is_left_as_it_is(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as other:
        other.execute("CREATE TABLE mine (x)")
    for does in (contents, empty_registry):
        with pytest.raises(RegistryError, match="another program's database"):
            does(tmp_path)
