"""Publishing where there is neither flytekit nor the project: the archive and hatch-flyte are all it takes."""

from __future__ import annotations

import json
import shutil
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from support_machine import LOOPBACK, Recorder, Venv, cluster_table, recording, serving, watching, write_clusters

from hatch_flyte.errors import ConfigError, ConflictError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_machine import Builds
    from support_project import Project

pytestmark = pytest.mark.flytekit

ENTITIES = 22
CHANGED = "harbour_weather.tasks.warning_level"
LIMITS = "template.container.resources.limits"
ADDED = "harbour_weather.tasks.added"
NOBODY = f"{LOOPBACK}:1"
"""Nobody listens at tcpmux's port."""


def found(report: dict[str, Any], status: str) -> list[str]:
    """Return the names of the entities with an outcome."""
    return [outcome["name"] for outcome in report["outcomes"] if outcome["status"] == status]


def assert_only_the_change_is_told(report: dict[str, Any]) -> None:
    assert report["counts"] == {"unchanged": ENTITIES - 1, "conflict": 1, "skipped": 1}
    assert found(report, "conflict") == [CHANGED]
    assert found(report, "skipped") == [ADDED]
    [conflict] = [outcome for outcome in report["outcomes"] if outcome["status"] == "conflict"]
    assert conflict["differences"] == [{"field": LIMITS, "sent": [{"name": "MEMORY", "value": "1Gi"}], "stored": None}]


def arguments(archive_rows: list[tuple[Any, ...]]) -> str:
    """Return the content of the tasks among a registry's rows, as text that shows their arguments."""
    return "".join(row[4].decode("latin-1") for row in archive_rows if row[0] == 1)


def bundle_of(archive: Path) -> bytes:
    with tarfile.open(archive) as tar:
        [member] = [one for one in tar.getmembers() if one.name.startswith("fast")]
        content = tar.extractfile(member)
        assert content is not None
        return content.read()


def test_the_environment_has_neither_flytekit_nor_the_project(bare: Venv) -> None:
    for module in ("flytekit", "harbour_weather", "hatch"):
        bare.call("python", "-c", f"import {module}", code=1)


class TestLocalRegistry:
    @pytest.fixture
    def data(self, tmp_path: Path) -> Path:
        return tmp_path / "registry"

    @pytest.fixture
    def machine(self, bare: Venv, data: Path) -> Venv:
        return Venv(bare.folder, {**bare.environ, "HATCH_FLYTE_DATA": str(data)})

    def test_all_is_created_and_then_unchanged_without_a_write(
        self, machine: Venv, builds: Builds, anywhere: Path, data: Path
    ) -> None:
        first = machine.publish(str(builds.image), cwd=anywhere)["local"]
        with watching(data) as registry:
            before = registry.state()
            again = machine.publish(str(builds.image), cwd=anywhere)["local"]

            assert first["counts"] == {"created": ENTITIES}
            assert again["counts"] == {"unchanged": ENTITIES}
            assert registry.count() == ENTITIES
            assert registry.state() == before

    def test_a_write_would_be_noticed(self, machine: Venv, builds: Builds, anywhere: Path, data: Path) -> None:
        machine.publish(str(builds.image), cwd=anywhere)
        with watching(data) as registry:
            before = registry.state()
            machine.publish(str(builds.bundled), "--version", "other", cwd=anywhere)

            assert all(now != then for now, then in zip(registry.state(), before, strict=True))

    def test_a_task_changed_under_the_same_version_is_one_conflict_and_nothing_is_written(
        self, machine: Venv, builds: Builds, anywhere: Path, data: Path
    ) -> None:
        machine.publish(str(builds.image), cwd=anywhere)
        with watching(data) as registry:
            before = registry.state()
            report = machine.publish(str(builds.changed), cwd=anywhere, code=ConflictError.exit_code)["local"]

            assert_only_the_change_is_told(report)
            assert registry.state() == before

    def test_people_are_told_the_field_too(self, machine: Venv, builds: Builds, anywhere: Path) -> None:
        machine.publish(str(builds.image), cwd=anywhere)

        said = machine.call("hatch-flyte", "publish", str(builds.changed), cwd=anywhere, code=ConflictError.exit_code)

        assert f"task        {CHANGED}" in said
        assert LIMITS in said

    def test_a_bundle_is_stored_as_the_archive_holds_it_and_tasks_name_it(
        self, machine: Venv, builds: Builds, anywhere: Path, data: Path
    ) -> None:
        first = machine.publish(str(builds.bundled), cwd=anywhere)["local"]
        with watching(data) as registry:
            before = registry.state()
            again = machine.publish(str(builds.bundled), cwd=anywhere)["local"]

            assert (first["uploaded"], again["uploaded"]) == (True, False)
            assert again["counts"] == {"unchanged": ENTITIES}
            assert registry.state() == before
            [stored] = data.glob("blobs/flytesnacks/development/*/fast*.tar.gz")
            assert first["bundle"] == f"file://{stored}"
            assert stored.read_bytes() == bundle_of(builds.bundled)
            assert arguments(registry.rows()).count(first["bundle"]) >= 11


class TestServe:
    """The same over gRPC; everything passes a proxy that counts."""

    @pytest.fixture
    def data(self, tmp_path: Path) -> Path:
        return tmp_path / "served"

    @pytest.fixture
    def seen(self) -> Recorder:
        return Recorder()

    @pytest.fixture
    def project(self, bare: Venv, data: Path, seen: Recorder, anywhere: Path) -> Iterator[Path]:
        """A folder whose `pyproject.toml` names the cluster."""
        with serving(bare, data) as server, recording(server.address, seen) as address:
            yield write_clusters(anywhere, served=address)

    def test_all_is_created_and_then_unchanged_with_reads_alone(
        self, bare: Venv, builds: Builds, project: Path, data: Path, seen: Recorder
    ) -> None:
        first = bare.publish(str(builds.image), cwd=project)["served"]
        assert len(seen.writes) == ENTITIES
        seen.calls.clear()
        with watching(data) as registry:
            before = registry.state()
            again = bare.publish(str(builds.image), cwd=project)["served"]

            assert first["counts"] == {"created": ENTITIES}
            assert again["counts"] == {"unchanged": ENTITIES}
            assert seen.calls
            assert not seen.writes
            assert registry.state() == before

    def test_a_task_changed_under_the_same_version_is_one_conflict_and_nothing_is_sent(
        self, bare: Venv, builds: Builds, project: Path, data: Path, seen: Recorder
    ) -> None:
        bare.publish(str(builds.image), cwd=project)
        seen.calls.clear()
        with watching(data) as registry:
            before = registry.state()
            report = bare.publish(str(builds.changed), cwd=project, code=ConflictError.exit_code)["served"]

            assert_only_the_change_is_told(report)
            assert not seen.writes
            assert registry.state() == before

    def test_a_bundle_is_uploaded_once_and_as_the_archive_holds_it(
        self, bare: Venv, builds: Builds, project: Path, data: Path, seen: Recorder
    ) -> None:
        first = bare.publish(str(builds.bundled), cwd=project)["served"]
        assert seen.uploads == 1
        seen.calls.clear()
        with watching(data) as registry:
            before = registry.state()
            again = bare.publish(str(builds.bundled), cwd=project)["served"]

            assert (first["uploaded"], again["uploaded"]) == (True, False)
            assert again["counts"] == {"unchanged": ENTITIES}
            assert not seen.writes
            assert registry.state() == before
        [stored] = data.glob("blobs/flytesnacks/development/*/fast*.tar.gz")
        assert first["bundle"] == f"file://{stored}"
        assert stored.read_bytes() == bundle_of(builds.bundled)

    @pytest.mark.parametrize("order", [("served", "local"), ("local", "served")])
    def test_both_ways_into_one_folder_end_in_the_same_content(
        self, bare: Venv, builds: Builds, project: Path, data: Path, order: tuple[str, str]
    ) -> None:
        reports = []
        with watching(data) as registry:
            for cluster in order:
                report = bare.publish(str(builds.bundled), "-c", cluster, cwd=project, HATCH_FLYTE_DATA=str(data))
                reports.append((report[cluster], registry.rows()))

        (first, rows), (second, rows_again) = reports
        assert first["counts"] == {"created": ENTITIES}
        assert second["counts"] == {"unchanged": ENTITIES}
        assert first["bundle"] == second["bundle"]
        assert rows_again == rows
        assert f"file://{data}/blobs/flytesnacks/development/" in arguments(rows)

    def test_a_cluster_that_is_away_holds_up_no_other(
        self, bare: Venv, builds: Builds, project: Path, tmp_path: Path
    ) -> None:
        configuration = project / "pyproject.toml"
        configuration.write_text(f"{configuration.read_text()}\n{cluster_table('away', NOBODY)}")

        reports = bare.publish(
            str(builds.image), "-c", "away", "-c", "served", "-c", "local",
            cwd=project, code=UnreachableError.exit_code, HATCH_FLYTE_DATA=str(tmp_path / "registry"),
        )  # fmt: skip

        assert list(reports) == ["away", "served", "local"]
        assert reports["away"]["counts"] == {"skipped": ENTITIES}
        assert NOBODY in reports["away"]["error"]
        assert reports["served"]["counts"] == reports["local"]["counts"] == {"created": ENTITIES}
        assert [report["exit_code"] for report in reports.values()] == [UnreachableError.exit_code, 0, 0]


class TestArchivesOfPyflyte:
    def test_one_is_registered_under_the_version_that_is_said(
        self, bare: Venv, pyflyte_archive: Path, anywhere: Path, tmp_path: Path
    ) -> None:
        data: dict[str, Any] = {"HATCH_FLYTE_DATA": str(tmp_path / "registry")}
        reports = [bare.publish(str(pyflyte_archive), "--version", "7", cwd=anywhere, **data) for _ in range(2)]

        assert [report["local"]["counts"] for report in reports] == [{"created": ENTITIES}, {"unchanged": ENTITIES}]
        assert {report["local"]["version"] for report in reports} == {"7"}

    def test_one_is_refused_without_a_version(
        self, bare: Venv, pyflyte_archive: Path, anywhere: Path, tmp_path: Path
    ) -> None:
        data = tmp_path / "registry"

        bare.call(
            "hatch-flyte", "publish", str(pyflyte_archive),
            cwd=anywhere, code=ConfigError.exit_code, HATCH_FLYTE_DATA=str(data),
        )  # fmt: skip

        assert not data.exists()


def test_hatch_publishes_with_hatch_and_this_package_alone(
    offered: Path, builds: Builds, project: Project, tmp_path: Path
) -> None:
    hatch = Venv.make(tmp_path / "venv", offered, "hatch", "hatch-flyte")
    hatch.call("python", "-c", "import flytekit", code=1)
    project.dist.mkdir()
    shutil.copy(builds.image, project.dist)
    variables: dict[str, Any] = {name: project.environ[name] for name in ("HATCH_FLYTE_DATA", "HATCH_DATA_DIR")}
    publish = ("hatch", "publish", "-p", "flyte", "-o", "cluster=local")

    hatch.call(*publish, cwd=project.root, **variables)
    hatch.call(*publish, cwd=project.root, **variables)
    hatch.call(*publish, str(builds.changed), cwd=project.root, code=ConflictError.exit_code, **variables)

    listed = json.loads(hatch.call("hatch-flyte", "list", "--json", "-c", "local", cwd=project.root, **variables))
    assert len(listed[0]["entities"]) == ENTITIES
    assert {entity["version"] for entity in listed[0]["entities"]} == {"0.3.0"}
