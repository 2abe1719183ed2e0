"""`hatch-flyte registry`: gc and reset, in a folder with real archives published into it."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support_archives import BUNDLE_ARGUMENTS, archive_of, launch_plan, task, workflow
from support_doors import COMMAND

from hatch_flyte.archive import write_archive
from hatch_flyte.bundle import BundledFile, make_bundle
from hatch_flyte.cli.registry import counted, size_text

if TYPE_CHECKING:
    from support_doors import Door

LOOSE = "blobs/flytesnacks/development/loose/file"


@pytest.fixture
def data(door: Door) -> Path:
    """The folder of a registry with an archive's entities and bundle, and an old file that nothing refers to."""
    bundle = make_bundle([BundledFile("acme/__init__.py", b"")])
    archive = archive_of(task(arguments=BUNDLE_ARGUMENTS), workflow(), launch_plan(), bundle=bundle)
    write_archive(door.folder / "acme_pipelines-1.0-flyte.tgz", archive)
    door("publish", "-c", "local", door.folder / "acme_pipelines-1.0-flyte.tgz")
    folder = Path(os.environ["HATCH_FLYTE_DATA"])
    loose = folder / LOOSE
    loose.parent.mkdir()
    loose.write_bytes(bytes(1500))
    moment = time.time() - 7200
    for path in folder.glob("blobs/**/*"):
        os.utime(path, (moment, moment))
    return folder


def test_gc_removes_what_nothing_refers_to_and_says_what_it_freed(door: Door, data: Path) -> None:
    said = door("registry", "gc", "--dry-run")
    assert said.out == f"would be removed  {LOOSE}  1.5 kB\n1 file would be removed, 1.5 kB, in {data}\n"
    assert (data / LOOSE).exists()

    assert door("registry", "gc").out == f"removed  {LOOSE}  1.5 kB\n1 file removed, 1.5 kB, in {data}\n"
    assert not (data / LOOSE).exists()
    assert door("registry", "gc").out == f"0 files removed, 0 B, in {data}\n"
    assert "3 unchanged" in door("publish", "-c", "local", door.folder / "acme_pipelines-1.0-flyte.tgz").out
    assert len([*data.glob("blobs/**/fast*.tar.gz")]) == 1


def test_gc_as_json_and_with_another_age(door: Door, data: Path) -> None:
    assert door("registry", "gc", "--min-age", "180", "--json").json["files"] == []
    assert door("registry", "gc", "--min-age", "90", "--json").json == {
        "folder": str(data),
        "removed": True,
        "size": 1500,
        "files": [{"path": LOOSE, "size": 1500}],
    }


def test_reset_asks_and_does_nothing_without_a_yes(door: Door, data: Path) -> None:
    for shell in ("< /dev/null", "<<< n"):
        said = door.process("registry", "reset", shell=shell, code=1)
        assert f"Remove all that is in {data}: 3 entities, 1 project, 2 files (1.61 kB)? [y/N]" in said.err
        assert "nothing was changed" in said.err
        assert said.out == ""
    assert "say --yes" in door.process("registry", "reset", shell="< /dev/null", code=1).err
    assert (data / LOOSE).exists()

    assert "is empty; it held 3 entities" in door.process("registry", "reset", shell="<<< y").out
    assert not (data / "blobs").exists()


def test_reset_with_yes_asks_nothing(door: Door, data: Path) -> None:
    said = door("registry", "reset", "--yes")
    assert said.out == f"{data} is empty; it held 3 entities, 1 project, 2 files (1.61 kB)\n"
    assert said.err == ""
    assert "acme" not in door("list", "-c", "local").out
    assert "3 created" in door("publish", "-c", "local", door.folder / "acme_pipelines-1.0-flyte.tgz").out


def test_reset_is_refused_while_a_server_runs_and_gc_is_not(door: Door, data: Path) -> None:
    with subprocess.Popen([*COMMAND, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready")
        said = door("registry", "reset", "--yes", code=1)
        assert f"error: {data}/registry.sqlite3: in use by another process\nStop `hatch-flyte serve`" in said.err
        assert "1 file removed" in door("registry", "gc").out
        process.terminate()

    door("registry", "reset", "--yes", "--data", data)


@pytest.mark.parametrize("command", [("gc",), ("reset", "--yes")])
def test_a_folder_without_a_registry_is_told(door: Door, command: tuple[str, ...]) -> None:
    said = door("registry", *command, "--data", "nowhere", code=1)
    assert said.err == "error: nowhere: expected a local registry (got no registry.sqlite3)\nName its folder: --data.\n"
    assert not (door.folder / "nowhere").exists()


def test_numbers_are_written_as_people_read_them() -> None:
    assert [counted(number, "file") for number in (0, 1, 2)] == ["0 files", "1 file", "2 files"]
    sizes = (0, 999, 1000, 1_234_567, 999_999, 5 * 10**12, 10**16)
    assert [size_text(size) for size in sizes] == ["0 B", "999 B", "1 kB", "1.23 MB", "1 MB", "5 TB", "1e+04 TB"]
