from __future__ import annotations

import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support_archives import BUNDLE_ARGUMENTS, archive_of, foreign, launch_plan, task, workflow, write_tar

from hatch_flyte.archive import Archive, archive_name, write_archive
from hatch_flyte.archives import find_archives, read_named, with_versions
from hatch_flyte.distribution import Distribution
from hatch_flyte.errors import ArchiveError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flyteidl.admin.workflow_pb2 import WorkflowSpec


def named(name: str, version: str) -> str:
    return f"{name}@{version}"


def written(path: Path, archive: Archive) -> Path:
    write_archive(path, archive)
    return path


UNKNOWN = Distribution("")
TIDES = Distribution("tides", "0.1.0")
DYNAMIC = Distribution("tides")


def built(folder: Path, name: str, version: str, *, file: str = "") -> Path:
    """Write the archive of a distribution; `file` is another name than its own."""
    archive = archive_of(task(), version=version)
    assert archive.manifest
    path = folder / (file or archive_name(name, version))
    return written(path, replace(archive, manifest=replace(archive.manifest, name=name)))


def names(folder: Path, project: Distribution) -> list[str]:
    return [path.name for path, _ in find_archives(folder, project)]


def refusal(folder: Path, project: Distribution) -> ArchiveError:
    with pytest.raises(ArchiveError) as caught:
        find_archives(folder, project)
    return caught.value


class TestFinding:
    def test_there_is_one_for_each_distribution_in_the_order_of_names(self, tmp_path: Path) -> None:
        built(tmp_path, "b", "2.0")
        built(tmp_path, "a.c", "1.0")
        for name in ("b-2.0-py3-none-any.whl", "b-2.0.tar.gz"):
            (tmp_path / name).touch()

        assert names(tmp_path, UNKNOWN) == ["a_c-1.0-flyte.tgz", "b-2.0-flyte.tgz"]

    def test_none_is_refused_with_the_whole_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path.parent)

        error = refusal(tmp_path.relative_to(tmp_path.parent), UNKNOWN)

        assert error.message == f"{tmp_path}: expected an archive, *-flyte.tgz (got none)"
        assert "`hatch build`" in error.hint

    def test_a_folder_that_is_not_there_is_told_apart(self, tmp_path: Path) -> None:
        error = refusal(tmp_path / "dist", TIDES)

        assert error.message.endswith("dist: expected an archive, *-flyte.tgz (got no such folder)")

    @pytest.mark.parametrize("project", [UNKNOWN, Distribution("a")])
    def test_several_of_one_distribution_are_refused_and_only_they_are_listed(
        self, tmp_path: Path, project: Distribution
    ) -> None:
        several = [built(tmp_path, "a", "1.0"), built(tmp_path, "a", "1.1")]
        built(tmp_path, "b", "2.0")

        error = refusal(tmp_path, project)

        assert error.message.splitlines()[1:] == [f"  {path}" for path in several]

    def test_several_without_a_manifest_are_told_apart_by_their_names(self, tmp_path: Path) -> None:
        for name in ("a-1.0-flyte.tgz", "b-1.0-flyte.tgz"):
            written(tmp_path / name, foreign(archive_of()))

        assert len(names(tmp_path, UNKNOWN)) == 2
        written(tmp_path / "a-1.1-flyte.tgz", foreign(archive_of()))
        assert "got several" in refusal(tmp_path, UNKNOWN).message


class TestTheCurrentVersion:
    def test_an_archive_of_another_version_is_refused_with_what_to_do(self, tmp_path: Path) -> None:
        built(tmp_path, "tides", "0.2.0")

        error = refusal(tmp_path, TIDES)

        assert error.message == (
            f"{tmp_path}: expected an archive of tides 0.1.0 (got tides 0.2.0, in tides-0.2.0-flyte.tgz)"
        )
        assert error.exit_code == 4
        assert "Build again" in error.hint
        assert "name the archive" in error.hint

    def test_the_manifest_counts_and_not_the_files_name(self, tmp_path: Path) -> None:
        built(tmp_path, "tides", "0.2.0", file="tides-0.1.0-flyte.tgz")

        assert "(got tides 0.2.0, in tides-0.1.0-flyte.tgz)" in refusal(tmp_path, TIDES).message

    def test_of_several_the_one_of_the_current_version_is_taken(self, tmp_path: Path) -> None:
        for name, version in (("tides", "0.0.9"), ("tides", "0.1.0"), ("tides", "0.2.0"), ("other", "0.1.0")):
            built(tmp_path, name, version)

        assert names(tmp_path, TIDES) == ["tides-0.1.0-flyte.tgz"]

    def test_if_none_of_several_is_all_are_listed(self, tmp_path: Path) -> None:
        built(tmp_path, "tides", "0.2.0")
        written(tmp_path / "old-flyte.tgz", foreign(archive_of()))

        assert refusal(tmp_path, TIDES).message.splitlines() == [
            f"{tmp_path}: expected an archive of tides 0.1.0 (got 2 others)",
            "  nothing said of whose it is, in old-flyte.tgz",
            "  tides 0.2.0, in tides-0.2.0-flyte.tgz",
        ]

    def test_a_name_or_version_may_be_spelled_otherwise(self, tmp_path: Path) -> None:
        path = built(tmp_path, "Tide_Tables", "1.0rc1")

        assert names(tmp_path, Distribution("tide.tables", "1.0-RC.1")) == [path.name]

    @pytest.mark.parametrize("project", [TIDES, DYNAMIC])
    def test_a_file_that_was_renamed_is_refused(self, tmp_path: Path, project: Distribution) -> None:
        built(tmp_path, "tides", "0.1.0", file="other-0.1.0-flyte.tgz")

        assert refusal(tmp_path, project).message == (
            f"{tmp_path}: expected tides 0.1.0 in tides-0.1.0-flyte.tgz (got other-0.1.0-flyte.tgz)"
        )

    def test_a_copy_under_another_name_makes_two(self, tmp_path: Path) -> None:
        built(tmp_path, "tides", "0.1.0", file="other-0.1.0-flyte.tgz")
        built(tmp_path, "tides", "0.1.0")

        assert "got several" in refusal(tmp_path, TIDES).message

    def test_where_the_version_is_dynamic_the_name_has_to_be_the_projects(self, tmp_path: Path) -> None:
        built(tmp_path, "other", "0.1.0", file="tides-0.1.0-flyte.tgz")

        assert refusal(tmp_path, DYNAMIC).message.endswith(
            "expected an archive of tides (got other 0.1.0, in tides-0.1.0-flyte.tgz)"
        )
        built(tmp_path, "tides", "7")
        assert names(tmp_path, DYNAMIC) == ["tides-7-flyte.tgz"]

    def test_foreign_words_stay_on_their_line(self, tmp_path: Path) -> None:
        built(tmp_path, "evil\n\x1b[31mline", "1", file="evil-1-flyte.tgz")

        message = refusal(tmp_path, TIDES).message

        assert "\\n\\x1b[31mline 1, in evil-1-flyte.tgz" in message
        assert "\n" not in message


def test_among_the_archives_that_are_named_a_folder_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    found = built(tmp_path / "dist", "tides", "0.1.0")
    built(tmp_path / "dist", "tides", "0.2.0")
    named_one = built(tmp_path, "other", "3")

    assert [path for path, _ in read_named([named_one, tmp_path / "dist"], TIDES)] == [named_one, found]


def read_all(paths: Sequence[Path], version: str) -> list[tuple[Archive, str]]:
    return with_versions(read_named(paths, UNKNOWN), named, version)


class TestReading:
    def test_each_comes_with_the_version_of_its_distribution(self, tmp_path: Path) -> None:
        paths = [
            written(tmp_path / f"{version}.tgz", archive_of(task(), version=version)) for version in ("1.0", "2.0")
        ]

        assert [version for _, version in read_all(paths, "")] == ["acme-pipelines@1.0", "acme-pipelines@2.0"]

    def test_one_without_a_manifest_takes_the_version_that_was_asked_for(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.tgz", foreign(archive_of()))

        [(archive, version)] = read_all([path], "7")

        assert version == "@"
        assert archive.manifest is None

    def test_without_either_the_version_is_asked_for(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.tgz", foreign(archive_of()))

        with pytest.raises(ConfigError, match=r"version: expected a version for .*a\.tgz"):
            read_all([path], "")

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
                read_all([path], "1")
            assert caught.value.message.startswith(f"{path}: ")
            assert words in caught.value.message

    def test_references_to_what_a_registry_may_have_are_fine(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.tgz", archive_of(workflow()))

        assert len(read_all([path], "")) == 1


def workflow_of_its_own_plan() -> WorkflowSpec:
    spec = workflow()
    node = spec.template.nodes[0]
    node.ClearField("task_node")
    node.workflow_node.launchplan_ref.name = "acme.flow"
    return spec
