from __future__ import annotations

import gzip
import hashlib
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from google.protobuf import text_format
from google.protobuf.json_format import ParseDict
from support_archives import archive_of, foreign, launch_plan, task, workflow, write_tar
from wire.workflows import every_place

from hatch_flyte.archive import write_archive
from hatch_flyte.bundle import Bundle, BundledFile, make_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from support_doors import Door

    from hatch_flyte.archive import Archive

NASTY = "\x1b[31mred\x07 [bold]x[/bold] [/nothing]"
HARMLESS = "\\x1b[31mred\\x07 [bold]x[/bold] [/nothing]"


def member(name: str, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), data


def test_an_archive_is_shown_with_its_facts_and_a_table_of_each_kind(door: Door) -> None:
    said = door("show", door.archive())

    assert [line.rstrip() for line in said.out.splitlines()] == [
        "distribution:  acme-pipelines 1.0",
        "entities:      1 task, 1 workflow, 1 launch plan",
        "code:          in the image",
        "image:         ghcr.io/acme/p:1",
        "made by:       , flytekit , Python",
        "",
        "task         type         image",
        "acme.double  python-task  ghcr.io/acme/p:1",
        "",
        "workflow   nodes",
        "acme.flow  1",
        "",
        "launch plan  workflow",
        "acme.flow    acme.flow",
    ]


def test_json_is_the_manifest_and_every_message(door: Door) -> None:
    table = door("show", door.archive(), "--json").json

    assert table["manifest"]["distribution"] == {"name": "acme-pipelines", "version": "1.0"}
    assert table["bundle"] is None
    assert table["images"] == [{"name": "", "image": "ghcr.io/acme/p:1", "uses": 1}]
    assert [one["kind"] for one in table["entities"]] == ["task", "workflow", "launch plan"]
    assert [one["name"] for one in table["entities"]] == ["acme.double", "acme.flow", "acme.flow"]
    assert table["entities"][0]["message"]["template"]["container"]["image"] == "ghcr.io/acme/p:1"


def test_an_archive_of_pyflyte_is_shown(door: Door, tmp_path: Path) -> None:
    write_archive(tmp_path / "a.tgz", foreign(archive_of()))

    said = door("show", tmp_path / "a.tgz").out

    assert said.startswith("1 task, 1 workflow, 1 launch plan; no manifest: made by `pyflyte package`\ncode: ")
    assert "\nimage:         ghcr.io/acme/p:1\n" in said
    assert door("show", tmp_path / "a.tgz", "--json").json["manifest"] is None


def test_where_an_entity_was_written_and_the_images_are_shown(door: Door, tmp_path: Path) -> None:
    archive = archive_of(task())
    assert archive.manifest
    [entity] = archive.manifest.entities
    manifest = replace(
        archive.manifest,
        entities=(replace(entity, module="acme.jobs", source="acme/jobs.py", line=7),),
        images={"default": "ghcr.io/acme/p:1", "gpu": "g:1"},
    )
    write_archive(tmp_path / "a.tgz", replace(archive, manifest=manifest))

    said = door("show", tmp_path / "a.tgz")

    assert "acme/jobs.py:7" in said.out
    assert "image default: ghcr.io/acme/p:1\n" in said.out
    assert "image gpu:     g:1 (unused)\n" in said.out


def test_schedules_are_shown_with_their_launch_plans(door: Door) -> None:
    plan = launch_plan("acme.nightly")
    plan.spec.entity_metadata.schedule.cron_schedule.schedule = "@daily"

    assert door("show", door.archive(plan)).out.split()[-3:] == ["acme.flow", "cron", "@daily"]


def bundled(door: Door, *files: BundledFile) -> Path:
    return written(door, archive_of(task(), bundle=make_bundle(files)))


def written(door: Door, archive: Archive) -> Path:
    write_archive(door.folder / "a.tgz", archive)
    return door.folder / "a.tgz"


class TestEntity:
    def test_it_is_shown_as_protobuf_text(self, door: Door) -> None:
        said = door("show", door.archive(), "acme.double")

        assert text_format.Parse(said.out, TaskSpec()) == task()
        assert said.err == ""

    def test_it_is_shown_as_json(self, door: Door) -> None:
        said = door("show", door.archive(), "acme.double", "--json")

        assert ParseDict(said.json, TaskSpec()) == task()

    def test_of_several_kinds_the_first_is_shown_and_the_others_are_named(self, door: Door) -> None:
        said = door("show", door.archive(), "acme.flow")

        assert text_format.Parse(said.out, WorkflowSpec()) == workflow()
        assert said.err == "this is the workflow; there is a launch plan too: --kind launch-plan\n"

    def test_a_kind_is_chosen(self, door: Door) -> None:
        said = door("show", door.archive(), "acme.flow", "--kind", "launch-plan")

        assert text_format.Parse(said.out, LaunchPlan()) == launch_plan()
        assert said.err == ""

    def test_one_of_pyflyte_is_shown(self, door: Door) -> None:
        assert "acme.double" in door("show", written(door, foreign(archive_of())), "acme.double").out

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["double"], "the archive has no entity double; did you mean acme.double?"),
            (["acme.duoble"], "the archive has no entity acme.duoble; did you mean acme.double?"),
            (["xyz"], "the archive has no entity xyz\n"),
            (["acme.double", "--kind", "workflow"], "the archive has no workflow acme.double\n"),
            (["acme.double", "--tree"], "the archive has no workflow acme.double\n"),
            (["acme.double", "--files"], "--files is about the whole archive"),
            (["acme.double", "--manifest"], "--manifest is about the whole archive"),
            (["--kind", "task"], "--kind says which entity is meant by NAME"),
            (["acme.flow", "--kind", "workflow", "--tree"], "--kind says which entity"),
            (["--tree", "--files"], "--tree and --files: one at a time"),
        ],
    )
    def test_wrong_usage_is_told(self, door: Door, arguments: list[str], said: str) -> None:
        assert said in door("show", door.archive(), *arguments, code=2).err

    def test_what_json_cannot_hold_is_refused_with_another_way(self, door: Door) -> None:
        spec = task()
        spec.template.metadata.timeout.seconds = 1 << 60
        path = door.archive(spec)

        assert "cannot be written as JSON" in door("show", path, "acme.double", "--json", code=4).err
        assert "Show it as text: `hatch-flyte show ARCHIVE acme.double`." in door("show", path, "--json", code=4).err
        assert "seconds: 1152921504606846976" in door("show", path, "acme.double").out

    def test_fields_that_this_flyteidl_does_not_know_are_shown(self, door: Door) -> None:
        spec = task()
        spec.template.container.MergeFromString(b"\x9a\x3f\x01x")  # field 1011, text "x"

        assert '1011: "x"' in door("show", door.archive(spec), "acme.double").out


class TestTree:
    def test_workflows_are_shown_as_trees(self, door: Door) -> None:
        assert door("show", door.archive(every_place(), workflow()), "--tree").out.splitlines()[-8:] == [
            "  n4  workflow inner",
            "    n0  task f",
            "    n1  launch plan q",
            "    on failure: g  task g",
            "  n5  task a",
            "  on failure: fail  task e",
            "workflow acme.flow",
            "  n0  task acme.double",
        ]

    def test_one_is_shown_by_its_name(self, door: Door) -> None:
        path = door.archive(every_place(), workflow())

        assert door("show", path, "acme.flow", "--tree").out == "workflow acme.flow\n  n0  task acme.double\n"

    def test_as_json(self, door: Door) -> None:
        [tree] = door("show", door.archive(), "--tree", "--json").json

        assert tree["nodes"] == [{"id": "n0", "runs": "task acme.double", "role": "", "nodes": []}]

    def test_where_there_is_none_that_is_said(self, door: Door) -> None:
        said = door("show", door.archive(task()), "--tree")

        assert (said.out, said.err) == ("", "no workflow\n")


class TestFiles:
    def test_names_and_sizes_are_shown(self, door: Door) -> None:
        said = door("show", bundled(door, BundledFile("b.py", b"22"), BundledFile("a/c.py", b"1")), "--files")

        assert [line.split() for line in said.out.splitlines()] == [["name", "bytes"], ["a/c.py", "1"], ["b.py", "2"]]
        assert said.err == "2 files, 3 bytes\n"

    def test_as_json(self, door: Door) -> None:
        [file] = door("show", bundled(door, BundledFile("a.py", b"1")), "--files", "--json").json

        assert file == {"name": "a.py", "size": 1, "sha256": hashlib.sha256(b"1").hexdigest(), "target": ""}

    def test_without_a_bundle_that_is_said(self, door: Door) -> None:
        assert door("show", door.archive(), "--files").err == "no bundle: the code is in the image\n"
        assert door("show", door.archive(), "--files", "--json").json == []

    def test_links_of_pyflyte_are_shown(self, door: Door, tmp_path: Path) -> None:
        link = tarfile.TarInfo("a.py")
        link.type, link.linkname = tarfile.SYMTYPE, "\x1b/b.py"
        bundle = Bundle("0", write_tar(tmp_path / "b", [(link, b"")]).read_bytes())

        said = door("show", written(door, foreign(archive_of(task(), bundle=bundle))), "--files")

        assert "a.py  -> \\x1b/b.py" in said.out

    def test_a_damaged_bundle_of_pyflyte_is_refused(self, door: Door) -> None:
        path = written(door, foreign(archive_of(task(), bundle=Bundle("0", b"hello"))))

        assert f"error: {path}: its bundle cannot be read" in door("show", path, "--files", code=4).err
        assert "code:          bundle " in door("show", path).out


class TestManifest:
    def test_it_is_shown(self, door: Door) -> None:
        table = door("show", door.archive(), "--manifest").json

        assert table["distribution"] == {"name": "acme-pipelines", "version": "1.0"}

    def test_where_there_is_none_that_is_said(self, door: Door) -> None:
        said = door("show", written(door, foreign(archive_of())), "--manifest", "--json")

        assert (said.json, said.err) == (None, "no manifest: made by `pyflyte package`\n")


@pytest.mark.parametrize("view", [[], ["--tree"], ["--files"], [NASTY], ["--manifest"], ["nasty"]])
def test_nothing_in_an_archive_can_steer_the_terminal(door: Door, view: list[str]) -> None:
    flow = workflow(NASTY, of=NASTY)
    flow.template.nodes[0].id = f"{NASTY}\n"
    bundle = make_bundle([BundledFile(NASTY.replace("\x1b", "").replace("\x07", ""), b"")])
    archive = archive_of(task(NASTY, image="\x1bp"), flow, bundle=bundle)
    assert archive.manifest
    manifest = replace(archive.manifest, images={"\x1b": "\x07"}, version="\x1b", destination="\x1b")

    said = door("show", written(door, replace(archive, manifest=manifest)), *view, code=2 if view == ["nasty"] else 0)

    assert "\x1b" not in said.out + said.err
    assert "\x07" not in said.out + said.err
    if not view:
        assert HARMLESS in said.out


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
        said = {"show": "Is a directory", "publish": "expected an archive, *-flyte.tgz (got none)"}[command]

        assert said in self.refused(door, command, tmp_path)

    @pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04"])
    def test_another_file(self, door: Door, command: str, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "a.tgz").write_bytes(content)

        assert "not a Flyte archive" in self.refused(door, command, tmp_path / "a.tgz")

    def test_a_truncated_one(self, door: Door, command: str) -> None:
        path = door.archive()
        path.write_bytes(path.read_bytes()[:-100])

        assert "got a truncated one" in self.refused(door, command, path)

    def test_a_member_that_leaves_it(self, door: Door, command: str, tmp_path: Path) -> None:
        path = write_tar(tmp_path / "a.tgz", [member("../x_1.pb", b"")])

        assert "`../x_1.pb`" in self.refused(door, command, path)

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
