from __future__ import annotations

import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from support_archives import archive_of, task
from support_builds import project_with_backend
from support_doors import cluster, isolate, serving_here, until_stopping
from support_machine import Call, Recorder, recording

from hatch_flyte.archive import write_archive

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-m", "hatch", "publish", "-p", "flyte")
PROJECT = '[project]\nname = "acme-pipelines"\nversion = "1.0"\n'
IMPLICIT = "local (no cluster is configured: this is the local registry): "


@dataclass(frozen=True)
class Project:
    """A project with an archive in its build directory."""

    root: Path

    def configure(self, text: str) -> None:
        (self.root / "pyproject.toml").write_text(PROJECT + text)

    def archive(self, name: str = "dist/acme_pipelines-1.0-flyte.tgz", version: str = "1.0") -> Path:
        path = self.root / name
        write_archive(path, archive_of(version=version))
        return path

    def publish(self, *arguments: str | Path, code: int = 0, cwd: Path | None = None) -> str:
        """Run `hatch publish -p flyte`; return what Hatch says. `code` is the exit code it must have."""
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)], cwd=cwd or self.root, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        assert done.stdout == ""  # Hatch keeps it for what scripts read
        return done.stderr


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path / "project")
    project.root.mkdir()
    project.configure("")
    isolate(project.root, monkeypatch)
    monkeypatch.setenv("HATCH_DATA_DIR", str(tmp_path / "hatch"))
    return project


class TestPublishing:
    def test_the_archive_of_the_build_directory_is_taken(self, project: Project) -> None:
        project.archive()

        first, again = project.publish("-o", "cluster=local"), project.publish("-o", "cluster=local")

        assert first.splitlines()[0].startswith("local: flytesnacks/development, acme-pipelines 1.0, at ")
        assert first.splitlines()[1:4] == [
            "created          task        acme.double",
            "created          workflow    acme.flow",
            "created          launch plan acme.flow",
        ]
        assert "local: 3 created" in first
        assert "local: 3 unchanged; nothing to do" in again

    def test_first_and_last_line_say_so_where_no_cluster_is_configured(self, project: Project) -> None:
        project.archive()

        said = project.publish()

        assert said.splitlines()[0].startswith(IMPLICIT)
        assert (said).splitlines()[-1] == f"{IMPLICIT}3 created"

    def test_it_works_from_a_subfolder_too(self, project: Project) -> None:
        project.archive()
        (project.root / "deep" / "er").mkdir(parents=True)

        assert "3 created" in project.publish(cwd=project.root / "deep" / "er")

    def test_the_build_directory_may_be_another(self, project: Project) -> None:
        project.configure('[tool.hatch.build]\ndirectory = "out"\n')
        project.archive("out/acme_pipelines-1.0-flyte.tgz")

        assert "3 created" in project.publish()

    def test_archives_can_be_named(self, project: Project) -> None:
        project.archive()
        other = project.archive("a.tgz", version="2.0+b")

        assert "acme-pipelines 2.0+b as version 2.0-b" in project.publish(other)

    def test_in_a_folder_that_is_named_archives_are_looked_for(self, project: Project) -> None:
        project.archive("out/acme_pipelines-1.0-flyte.tgz")

        assert "acme-pipelines 1.0, at" in project.publish("out")

    @pytest.mark.flytekit
    def test_the_wheel_can_be_built_first(self, project: Project) -> None:
        project_with_backend(project.root, more='version = "content"')

        first, again = (project.publish("-o", "build", "-o", "cluster=local") for _ in range(2))

        assert "the backend was here" in first
        assert "local: 3 created" in first
        assert "local: 3 unchanged; nothing to do" in again
        assert not (project.root / "dist").exists()

    def test_several_projects_are_published_with_a_configuration_each(self, project: Project) -> None:
        project.archive()
        project.configure('[tool.hatch.publish.flyte]\nversion = "own"\n')
        other = project.root / "other"
        write_archive(other / "dist" / "acme_more-1.0-flyte.tgz", archive_of(task("acme.other")))
        (other / "pyproject.toml").write_text('[tool.hatch.publish.flyte]\nversion = "others"\n')

        said = project.publish(".", other, "-o", "cluster=local")

        assert [line.split(",")[1] for line in said.splitlines() if line.startswith("local: flytesnacks")] == [
            " acme-pipelines 1.0 as version own",
            " acme-pipelines 1.0 as version others",
        ]

    def test_options_of_one_publish(self, project: Project) -> None:
        project.archive()

        said = project.publish("-o", "dry-run", "-o", "version=9", "-o", "domain=staging")

        assert "flytesnacks/staging, acme-pipelines 1.0 as version 9" in said
        assert "3 would be created" in said

    def test_the_publishers_table_is_read(self, project: Project) -> None:
        project.configure('[tool.hatch.publish.flyte]\ndefault-clusters = ["local"]\nversion = "7"\n')
        project.archive()

        assert project.publish().startswith("local: flytesnacks/development, acme-pipelines 1.0 as version 7")


class TestTheCurrentVersion:
    DYNAMIC = '[project]\nname = "acme-pipelines"\ndynamic = ["version"]\n'
    STALE = "dist: expected an archive of acme-pipelines 2.0 (got acme-pipelines 1.0, in acme_pipelines-1.0-flyte.tgz)"

    def test_another_one_is_refused(self, project: Project) -> None:
        (project.root / "pyproject.toml").write_text(PROJECT.replace("1.0", "2.0"))
        project.archive()

        said = project.publish(code=4)

        assert f"{project.root}/{self.STALE}" in said
        assert "Build again" in said

    def test_one_that_hatch_reads_from_a_file_counts_too(self, project: Project) -> None:
        (project.root / "pyproject.toml").write_text(f'{self.DYNAMIC}[tool.hatch.version]\npath = "version.py"\n')
        (project.root / "version.py").write_text('__version__ = "2.0"\n')
        project.archive()

        assert self.STALE in project.publish(code=4)
        project.archive("dist/acme_pipelines-2.0-flyte.tgz", version="2.0")
        assert "acme-pipelines 2.0, at" in project.publish()

    def test_the_projects_code_is_not_run_for_it(self, project: Project) -> None:
        table = '[tool.hatch.version]\nsource = "code"\npath = "version.py"\n'
        (project.root / "pyproject.toml").write_text(self.DYNAMIC + table)
        (project.root / "version.py").write_text('open("was_run", "w").close()\n__version__ = "2.0"\n')
        project.archive()

        assert "acme-pipelines 1.0, at" in project.publish()
        assert not (project.root / "was_run").exists()

    @pytest.mark.parametrize("table", ['path = "nowhere.py"', 'source = "vcs"', "source = 1", "path = 1"])
    def test_where_hatch_does_not_know_it_the_one_archive_is_taken(self, project: Project, table: str) -> None:
        (project.root / "pyproject.toml").write_text(f"{self.DYNAMIC}[tool.hatch.version]\n{table}\n")
        project.archive()

        assert "acme-pipelines 1.0, at" in project.publish()


class TestRefusals:
    def test_an_unknown_option_is_refused_with_the_list(self, project: Project) -> None:
        project.archive()

        said = project.publish("-o", "unknown=1", code=2)

        assert "-o unknown: unknown option" in said
        assert "-o version, -o cluster, -o project, -o domain, -o dry-run, -o keep-going" in said

    def test_every_problem_is_told_at_once(self, project: Project) -> None:
        project.configure('[tool.hatch.publish.flyte]\nversions = "7"\n[tool.hatch-flyte]\nimage = 7\n')

        said = project.publish("-o", "cluster=no where", code=2)

        assert "tool.hatch.publish.flyte.versions" in said
        assert "tool.hatch-flyte.image" in said
        assert "-o cluster[0]" in said

    def test_no_archive(self, project: Project) -> None:
        assert f"{project.root}/dist: expected an archive" in project.publish(code=4)

    def test_what_is_no_archive(self, project: Project) -> None:
        (project.root / "a.tgz").write_bytes(b"hello")

        said = project.publish("a.tgz", code=4)

        assert "a.tgz: not a Flyte archive" in said

    def test_a_name_that_would_steer_the_terminal(self, project: Project) -> None:
        said = project.publish("\x1b[31m[bold]x[/nothing].tgz", code=4)

        assert "\\x1b[31m[bold]x[/nothing].tgz: cannot be read" in said
        assert "\x1b" not in said

    def test_several_clusters_and_no_default(self, project: Project) -> None:
        project.configure(cluster("a", "127.0.0.1:1") + cluster("b", "127.0.0.1:2"))
        project.archive()

        assert "expected a choice among a, b (got none)" in project.publish(code=2)

    def test_a_data_folder_that_cannot_be_written(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HATCH_FLYTE_DATA", "/proc/nowhere")
        project.archive()

        said = project.publish(code=1)

        assert said.splitlines()[1] == "/proc/nowhere: the folder cannot be made (No such file or directory)"
        assert said.splitlines()[-1] == f"{IMPLICIT}3 skipped"

    def test_a_conflict(self, project: Project) -> None:
        project.publish(project.archive())
        path = project.root / "a.tgz"
        write_archive(path, archive_of(task(image="x:2")))

        said = project.publish(path, code=8)

        assert "conflict         task        acme.double" in said
        assert "a registered version never changes" in said


def test_ctrl_c_awaits_what_is_in_flight_and_names_the_rest(project: Project, tmp_path: Path) -> None:
    begun, release = threading.Event(), threading.Event()

    def on_call(call: Call) -> None:
        if call.method == "CreateTask":
            begun.set()
            assert release.wait(30)

    project.archive()
    recorder = Recorder(on_call=on_call)
    with serving_here(tmp_path / "served") as served, recording(served, recorder) as address:
        project.configure(cluster("slow", address))
        with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert begun.wait(30)
            process.send_signal(signal.SIGINT)
            until_stopping(process)
            release.set()
            _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "created          task        acme.double" in said
    assert "skipped          workflow    acme.flow" in said
    assert "skipped          launch plan acme.flow" in said
    assert "1 created, 2 skipped; interrupted: publish again to complete it" in said
    assert "Traceback" not in said
