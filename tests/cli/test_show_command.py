from __future__ import annotations

import gzip
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support_archives import archive_of, foreign, task, write_tar

from hatch_flyte.archive import write_archive

if TYPE_CHECKING:
    from pathlib import Path

    from support_doors import Door

NASTY = "\x1b[31mred\x07 [bold]x[/bold] [/nothing]"
HARMLESS = "\\x1b[31mred\\x07 [bold]x[/bold] [/nothing]"


def member(name: str, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), data


def test_an_archive_is_shown_with_its_facts_and_entities(door: Door) -> None:
    said = door("show", door.archive())

    assert "distribution:  acme-pipelines 1.0\n" in said.out
    assert "entities:      1 task, 1 workflow, 1 launch plan\n" in said.out
    assert "code:          in the image\n" in said.out
    assert [line.split() for line in said.out.splitlines()[-3:]] == [
        ["task", "acme.double", "121"],
        ["workflow", "acme.flow", "115"],
        ["launch", "plan", "acme.flow", "80"],
    ]


def test_json_is_the_manifest_and_every_message(door: Door) -> None:
    table = door("show", door.archive(), "--json").json

    assert table["manifest"]["distribution"] == {"name": "acme-pipelines", "version": "1.0"}
    assert table["bundle"] is None
    assert [one["kind"] for one in table["entities"]] == ["task", "workflow", "launch plan"]
    assert table["entities"][0]["message"]["template"]["container"]["image"] == "ghcr.io/acme/p:1"


def test_an_archive_of_pyflyte_is_shown(door: Door, tmp_path: Path) -> None:
    write_archive(tmp_path / "a.tgz", foreign(archive_of()))

    assert "1 task, 1 workflow, 1 launch plan; no manifest: made by `pyflyte package`" in (
        door("show", tmp_path / "a.tgz").out
    )
    assert door("show", tmp_path / "a.tgz", "--json").json["manifest"] is None


def test_where_an_entity_was_written_and_the_images_are_shown(door: Door, tmp_path: Path) -> None:
    archive = archive_of(task())
    assert archive.manifest
    [entity] = archive.manifest.entities
    manifest = replace(
        archive.manifest,
        entities=(replace(entity, module="acme.jobs", source="acme/jobs.py", line=7),),
        images={"default": "ghcr.io/acme/p:1"},
    )
    write_archive(tmp_path / "a.tgz", replace(archive, manifest=manifest))

    said = door("show", tmp_path / "a.tgz")

    assert "acme/jobs.py:7" in said.out
    assert "image default: ghcr.io/acme/p:1\n" in said.out


def test_names_cannot_steer_the_terminal(door: Door, tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tgz", [member("a_1.pb", task(NASTY).SerializeToString())])

    said = door("show", path)

    assert HARMLESS in said.out
    assert "\x1b" not in said.out
    assert "\x07" not in said.out


@pytest.mark.parametrize("command", ["show", "publish"])
class TestRefusals:
    def refused(self, door: Door, command: str, path: Path) -> str:
        said = door(command, path, code=4)
        assert said.out == ""
        assert said.err.startswith(f"error: {path}: ")
        assert not (door.folder.parent / "registry").exists()
        return said.err

    def test_a_missing_file(self, door: Door, command: str, tmp_path: Path) -> None:
        assert "No such file or directory" in self.refused(door, command, tmp_path / "a.tgz")

    def test_a_folder(self, door: Door, command: str, tmp_path: Path) -> None:
        assert "Is a directory" in self.refused(door, command, tmp_path)

    @pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04"])
    def test_another_file(self, door: Door, command: str, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "a.tgz").write_bytes(content)

        assert "not a Flyte archive" in self.refused(door, command, tmp_path / "a.tgz")

    def test_a_truncated_one(self, door: Door, command: str) -> None:
        path = door.archive()
        path.write_bytes(path.read_bytes()[:-100])

        assert "damaged" in self.refused(door, command, path)

    def test_a_member_that_leaves_it(self, door: Door, command: str, tmp_path: Path) -> None:
        path = write_tar(tmp_path / "a.tgz", [member("../x_1.pb", b"")])

        assert "'../x_1.pb'" in self.refused(door, command, path)

    def test_a_bomb(self, door: Door, command: str, tmp_path: Path) -> None:
        info = tarfile.TarInfo("a_1.pb")
        info.size = 6 << 30
        with gzip.open(tmp_path / "a.tgz", "wb", 1) as stream:
            stream.write(info.tobuf())
            for _ in range(100):
                stream.write(bytes(1 << 20))

        assert "expected at most" in self.refused(door, command, tmp_path / "a.tgz")

    def test_a_member_that_is_no_protobuf(self, door: Door, command: str, tmp_path: Path) -> None:
        path = write_tar(tmp_path / "a.tgz", [member("a_1.pb", b"\xff\xff")])

        assert "a_1.pb: expected a task" in self.refused(door, command, path)


def test_json_of_a_damaged_member_is_refused_too(door: Door, tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tgz", [member("a_1.pb", b"\xff\xff")])

    assert door("show", path, "--json", code=4).out == ""
