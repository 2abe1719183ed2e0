from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest
from support_archives import BUNDLE_ARGUMENTS, archive_of, foreign, launch_plan, task, workflow, write_tar

from hatch_flyte.archive import Archive, write_archive
from hatch_flyte.archives import find_archives, read_all
from hatch_flyte.errors import ArchiveError, ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from flyteidl.admin.workflow_pb2 import WorkflowSpec


def named(name: str, version: str) -> str:
    return f"{name}@{version}"


def written(path: Path, archive: Archive) -> Path:
    write_archive(path, archive)
    return path


class TestFinding:
    def test_there_is_one_for_each_distribution_in_the_order_of_names(self, tmp_path: Path) -> None:
        for name in ("b-2.0-flyte.tgz", "a_c-1.0-flyte.tgz", "b-2.0-py3-none-any.whl", "b-2.0.tar.gz"):
            (tmp_path / name).touch()

        assert find_archives(tmp_path) == [tmp_path / "a_c-1.0-flyte.tgz", tmp_path / "b-2.0-flyte.tgz"]

    def test_none_is_refused_with_the_whole_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path.parent)

        with pytest.raises(ArchiveError) as caught:
            find_archives(tmp_path.relative_to(tmp_path.parent))

        assert caught.value.message == f"{tmp_path}: expected an archive, *-flyte.tgz (got none)"
        assert "`hatch build`" in caught.value.hint

    def test_a_folder_that_is_not_there_is_told_apart(self, tmp_path: Path) -> None:
        with pytest.raises(ArchiveError, match=r"dist: expected an archive, .* \(got no such folder\)"):
            find_archives(tmp_path / "dist")

    def test_several_of_one_distribution_are_refused_and_only_they_are_listed(self, tmp_path: Path) -> None:
        for name in ("a-1.0-flyte.tgz", "a-1.1-flyte.tgz", "b-2.0-flyte.tgz"):
            (tmp_path / name).touch()

        with pytest.raises(ArchiveError) as caught:
            find_archives(tmp_path)

        assert caught.value.message.splitlines()[1:] == [
            f"  {tmp_path}/a-1.0-flyte.tgz",
            f"  {tmp_path}/a-1.1-flyte.tgz",
        ]


class TestReading:
    def test_each_comes_with_the_version_of_its_distribution(self, tmp_path: Path) -> None:
        paths = [
            written(tmp_path / f"{version}.tgz", archive_of(task(), version=version)) for version in ("1.0", "2.0")
        ]

        assert [version for _, version in read_all(paths, named, "")] == ["acme-pipelines@1.0", "acme-pipelines@2.0"]

    def test_one_without_a_manifest_takes_the_version_that_was_asked_for(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.tgz", foreign(archive_of()))

        [(archive, version)] = read_all([path], named, "7")

        assert version == "@"
        assert archive.manifest is None

    def test_without_either_the_version_is_asked_for(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.tgz", foreign(archive_of()))

        with pytest.raises(ConfigError, match=r"version: expected a version for .*a\.tgz"):
            read_all([path], named, "")

    def test_what_no_registry_would_take_is_refused_with_the_path(self, tmp_path: Path) -> None:
        no_bundle = written(tmp_path / "bundle.tgz", archive_of(task(arguments=BUNDLE_ARGUMENTS)))
        twice = written(tmp_path / "twice.tgz", archive_of(task(), task()))
        circle = written(tmp_path / "circle.tgz", archive_of(workflow_of_its_own_plan(), launch_plan()))
        garbage = write_tar(tmp_path / "garbage.tgz", [(tarfile.TarInfo("a_1.pb"), b"\xff")])

        for path, words in (
            (no_bundle, "its task downloads a bundle, and the archive has none"),
            (twice, "expected each entity once"),
            (circle, "expected entities that can be ordered"),
            (garbage, "expected a task"),
        ):
            with pytest.raises(ArchiveError) as caught:
                read_all([path], named, "1")
            assert caught.value.message.startswith(f"{path}: ")
            assert words in caught.value.message

    def test_references_to_what_a_registry_may_have_are_fine(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.tgz", archive_of(workflow()))

        assert len(read_all([path], named, "")) == 1


def workflow_of_its_own_plan() -> WorkflowSpec:
    spec = workflow()
    node = spec.template.nodes[0]
    node.ClearField("task_node")
    node.workflow_node.launchplan_ref.name = "acme.flow"
    return spec
