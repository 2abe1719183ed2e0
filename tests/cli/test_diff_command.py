from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest
from support_archives import archive_of, foreign, launch_plan, task, workflow, write_tar

from hatch_flyte.archive import write_archive
from hatch_flyte.bundle import Bundle, BundledFile, make_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from support_doors import Door

    from hatch_flyte.archive import Archive


@pytest.fixture
def old(door: Door) -> Path:
    return write(door, "old.tgz", archive_of())


def write(door: Door, name: str, archive: Archive) -> Path:
    write_archive(door.folder / name, archive)
    return door.folder / name


def test_nothing_changed_is_0_and_says_nothing(door: Door, old: Path) -> None:
    said = door("diff", old, old)

    assert said.out == ""
    assert said.err == "no difference\n"


def test_what_changed_is_told_and_the_code_is_1(door: Door, old: Path) -> None:
    new = write(door, "new.tgz", archive_of(task(image="p:2"), workflow(), task("acme.triple"), version="1.1"))

    said = door("diff", old, new, code=1)

    assert said.err == ""
    assert said.out.splitlines() == [
        "changed  archive",
        "    distribution  version: 1.0 -> 1.1",
        "removed  launch plan acme.flow",
        "added    task        acme.triple",
        "changed  task        acme.double",
        "    image         ghcr.io/acme/p:1 -> p:2",
        "1 launch plan removed; 1 task added; 1 task changed",
    ]


def test_json_has_the_exit_code_too(door: Door, old: Path) -> None:
    new = write(door, "new.tgz", archive_of(task(image="p:2"), workflow(), launch_plan()))

    same, different = door("diff", old, old, "--json").json, door("diff", old, new, "--json", code=1).json

    assert same == {"exit_code": 0, "manifests": True, "archive": [], "added": [], "removed": [], "changed": []}
    assert different["exit_code"] == 1
    assert [change["group"] for change in different["changed"][0]["changes"]] == ["image"]


def test_files_of_bundles_are_compared(door: Door) -> None:
    one, two = (
        write(door, f"{text}.tgz", archive_of(task(), bundle=make_bundle([BundledFile("a.py", text.encode())])))
        for text in ("1", "22")
    )

    assert (
        "    code          file a.py: 1 bytes, SHA-256 6b86b273ff34fce1 -> 2 bytes, "
        in door("diff", one, two, code=1).out
    )


def test_an_archive_of_pyflyte_is_compared_and_it_is_said_that_it_has_no_manifest(door: Door, old: Path) -> None:
    theirs = write(door, "theirs.tgz", foreign(archive_of()))

    said = door("diff", theirs, old)

    assert said.err == "no difference\ncompared without manifests: `pyflyte package` makes archives that have none\n"
    assert door("diff", theirs, theirs).out == ""


def test_names_cannot_steer_the_terminal(door: Door, old: Path) -> None:
    new = write(door, "new.tgz", archive_of(task("\x1b[31m\\n[bold]"), task(), workflow(), launch_plan()))

    said = door("diff", old, new, code=1)

    assert "added    task        \\x1b[31m\\n[bold]\n" in said.out
    assert "\x1b" not in said.out


class TestTrouble:
    """Never 0 or 1, whatever is wrong."""

    def test_a_missing_archive(self, door: Door, old: Path) -> None:
        assert "error: nowhere.tgz: cannot be read" in door("diff", old, "nowhere.tgz", code=4).err

    def test_a_damaged_member_names_the_archive(self, door: Door, old: Path) -> None:
        path = write_tar(door.folder / "a.tgz", [(tarfile.TarInfo("a_1.pb"), b"\xff\xff")])

        assert f"error: {path}: a_1.pb: expected a task" in door("diff", old, path, code=4).err

    def test_a_damaged_bundle_names_the_archive(self, door: Door, old: Path) -> None:
        path = write(door, "a.tgz", foreign(archive_of(task(), bundle=Bundle("0", b"hello"))))

        assert f"error: {path}: its bundle cannot be read" in door("diff", old, path, code=4).err

    @pytest.mark.parametrize("arguments", [[], ["one.tgz"], ["one.tgz", "two.tgz", "three.tgz"]])
    def test_wrong_usage(self, door: Door, arguments: list[str]) -> None:
        door("diff", *arguments, code=2)

    def test_output_that_finds_no_room(self, door: Door, old: Path) -> None:
        new = write(door, "new.tgz", archive_of(task()))

        said = door.process("diff", old, new, shell=">/dev/full", code=2)

        assert said.err == "error: output: cannot be written (No space left on device)\n"

    def test_a_reader_that_goes_away(self, door: Door, old: Path) -> None:
        new = write(door, "new.tgz", archive_of(task()))

        assert door.process("diff", old, new, shell="| true", code=2).err == ""
