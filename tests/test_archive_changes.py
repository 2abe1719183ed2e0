from __future__ import annotations

import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support_archives import archive_of, foreign, launch_plan, task, workflow, write_tar

from hatch_flyte.bundle import Bundle, BundledFile, make_bundle
from hatch_flyte.changes import ArchiveChanges, Change, EntityChange, Group, archive_changes
from hatch_flyte.contents import opened
from hatch_flyte.entity import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_flyte.archive import Archive


def changes(old: Archive, new: Archive) -> ArchiveChanges:
    return archive_changes(opened(old), opened(new))


def with_manifest(archive: Archive, **more: Any) -> Archive:
    assert archive.manifest
    return replace(archive, manifest=replace(archive.manifest, **more))


def with_facts(archive: Archive, **facts: Any) -> Archive:
    assert archive.manifest
    return with_manifest(archive, entities=tuple(replace(entity, **facts) for entity in archive.manifest.entities))


def bundled(*files: BundledFile) -> Archive:
    return archive_of(task(), bundle=make_bundle(files))


def test_entities_are_added_removed_and_changed() -> None:
    found = changes(
        archive_of(task("a"), task("b"), task("c")), archive_of(task("d"), task("c", image="p:2"), task("b"))
    )

    assert found.added == (EntityChange(Kind.TASK, "d"),)
    assert found.removed == (EntityChange(Kind.TASK, "a"),)
    assert [(one.kind, one.name, [change.group for change in one.changes]) for one in found.changed] == [
        (Kind.TASK, "c", [Group.IMAGE])
    ]
    assert found


def test_entities_of_one_name_are_told_apart_by_their_kind() -> None:
    found = changes(archive_of(workflow("a"), launch_plan("a")), archive_of(workflow("a", of="x"), launch_plan("a")))

    assert [(one.kind, one.name) for one in found.changed] == [(Kind.WORKFLOW, "a")]


def test_order_and_names_of_members_are_no_change() -> None:
    found = changes(archive_of(task("a"), task("b")), archive_of(task("b"), task("a")))

    assert not found
    assert found == ArchiveChanges((), (), (), (), manifests=True)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"name": "other"}, Change(Group.DISTRIBUTION, "name", "distribution.name", "acme-pipelines", "other")),
        ({"version": "1.1"}, Change(Group.DISTRIBUTION, "version", "distribution.version", "1.0", "1.1")),
        ({"code": "wheel"}, Change(Group.CODE, "at run time", "code", "image", "wheel")),
        ({"destination": "/app"}, Change(Group.CODE, "destination", "bundle.destination", None, "/app")),
        ({"flytekit": "1.16"}, Change(Group.MADE_WITH, "flytekit", "flytekit", None, "1.16")),
        ({"python": "3.12"}, Change(Group.MADE_WITH, "Python", "python", None, "3.12")),
        ({"generator": "x"}, Change(Group.MADE_WITH, "generator", "generator", None, "x")),
        ({"images": {"gpu": "p:1"}}, Change(Group.IMAGE, "gpu", "images.gpu", None, "p:1")),
    ],
)
def test_what_a_manifest_says_otherwise_is_a_change(more: dict[str, Any], expected: Change) -> None:
    archive = archive_of()

    assert changes(archive, with_manifest(archive, **more)).archive == (expected,)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"activate": True}, Change(Group.ACTIVATION, "", "activate", None, True)),  # noqa: FBT003 # a manifest's value
        ({"module": "acme"}, Change(Group.SOURCE, "module", "module", None, "acme")),
        ({"source": "acme.py"}, Change(Group.SOURCE, "file", "source", None, "acme.py")),
        ({"line": 7}, Change(Group.SOURCE, "line", "line", None, 7)),
    ],
)
def test_what_a_manifest_says_otherwise_of_an_entity_is_its_change(facts: dict[str, Any], expected: Change) -> None:
    archive = archive_of(launch_plan())

    assert changes(archive, with_facts(archive, **facts)).changed == (
        EntityChange(Kind.LAUNCH_PLAN, "acme.flow", (expected,)),
    )


def test_every_attribute_of_a_manifest_is_compared_or_follows_from_what_is() -> None:
    archive = archive_of(launch_plan())
    assert archive.manifest
    [entity] = archive.manifest.entities
    free = [name for name in entity.__dataclass_fields__ if name not in {"file", "kind", "name", "digest"}]
    said = [name for name in archive.manifest.__dataclass_fields__ if name not in {"entities", "bundle"}]
    for name in said:
        value: Any = {"new": "p"} if name == "images" else "new"
        assert changes(archive, with_manifest(archive, **{name: value})).archive, name
    for name in free:
        assert changes(archive, with_facts(archive, **{name: "new"})).changed, name


def test_an_archive_without_a_manifest_is_compared_by_its_entities() -> None:
    ours = with_manifest(with_facts(archive_of(), activate=True, line=7), images={"default": "p"}, python="3.12")
    found = changes(foreign(archive_of()), ours)

    assert not found
    assert not found.manifests
    assert [one.name for one in changes(foreign(archive_of()), archive_of(task())).removed] == ["acme.flow"] * 2


def test_a_pinned_identifier_is_a_change() -> None:
    pinned = task()
    pinned.template.id.version = "7"
    [found] = changes(archive_of(task()), archive_of(pinned)).changed

    assert found.changes == (Change(Group.OTHER, "", "template.id.version", None, "7"),)


class TestBundle:
    A, B = BundledFile("a.py", b"1"), BundledFile("b.py", b"22")

    def files(self, old: Archive, new: Archive) -> list[tuple[str, object, object]]:
        found = [change for change in changes(old, new).archive if change.field.startswith("bundle[")]
        assert {change.group for change in found} <= {Group.CODE}
        return [(change.subject, change.old, change.new) for change in found]

    def test_files_are_added_removed_and_changed(self) -> None:
        [(_, old, new), *rest] = self.files(bundled(self.A), bundled(replace(self.A, content=b"333"), self.B))

        assert (str(old).split(",")[0], str(new).split(",")[0]) == ("1 bytes", "3 bytes")
        assert [(subject, old) for subject, old, _ in rest] == [("file b.py", None)]
        assert [one[2] for one in self.files(bundled(self.A, self.B), bundled(self.A))] == [None]

    def test_files_of_one_size_are_told_apart_by_their_digest(self) -> None:
        [(_, old, new)] = self.files(bundled(self.A), bundled(replace(self.A, content=b"2")))

        assert old != new

    def test_an_executable_is_another_file(self) -> None:
        [(_, old, new)] = self.files(bundled(self.A), bundled(replace(self.A, executable=True)))

        assert "executable" not in str(old)
        assert "executable" in str(new)

    def test_a_bundle_that_is_new_lists_its_files(self) -> None:
        assert [one[0] for one in self.files(archive_of(task()), bundled(self.A))] == ["file a.py"]

    def test_an_empty_bundle_is_told_from_none(self) -> None:
        found = [change.field for change in changes(foreign(archive_of(task())), foreign(bundled())).archive]

        assert found == ["bundle.digest"]

    def test_compression_and_times_are_no_change(self, tmp_path: Path) -> None:
        info = tarfile.TarInfo("a.py")
        info.mtime = 7
        other = Bundle("other", write_tar(tmp_path / "b.tar.gz", [(info, b"1")]).read_bytes())

        assert not changes(foreign(bundled(self.A)), foreign(replace(bundled(self.A), bundle=other)))

    def test_a_link_says_where_it_leads(self, tmp_path: Path) -> None:
        link = tarfile.TarInfo("a.py")
        link.type, link.linkname = tarfile.SYMTYPE, "b.py"
        other = Bundle("other", write_tar(tmp_path / "b.tar.gz", [(link, b"")]).read_bytes())
        [(_, _, new)] = self.files(bundled(self.A), foreign(replace(bundled(self.A), bundle=other)))

        assert new == "link to b.py"
