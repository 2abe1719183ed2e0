from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from hatchling.bridge.app import Application
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from support_doors import isolate, uncovered
from support_serialize import TASK

from hatch_flyte.archive_reader import read_archive
from hatch_flyte.build_hook import FlyteBuildHook
from hatch_flyte.frontend import FLYTEKIT_PYTHON_END

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "acme_pipelines-1.4-py3-none-any.whl"
ARCHIVE = "acme_pipelines-1.4-flyte.tgz"
PYPROJECT = """
[build-system]
requires = ["hatchling", "hatch-flyte"]
build-backend = "hatchling.build"

[project]
name = "acme-pipelines"
version = "1.4"
requires-python = ">=3.10"
dependencies = ["packaging>=20"]

[tool.hatch.build.targets.wheel]
packages = ["acme"]

[tool.hatch.build.targets.wheel.hooks.flyte]

[tool.hatch-flyte]
image = "ghcr.io/acme/p:{version}"
"""
UNSUPPORTED = sys.version_info >= FLYTEKIT_PYTHON_END


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@dataclass(frozen=True)
class Project:
    """A project that hatchling builds in this process."""

    root: Path

    @property
    def names(self) -> set[str]:
        return names(self.root / "dist")

    def builder(self) -> WheelBuilder:
        return WheelBuilder(str(self.root), app=Application())

    def build(self, versions: list[str] | None = None, *, clean: bool = False) -> None:
        list(self.builder().build(directory=str(self.root / "dist"), versions=versions, clean=clean))

    def fail(self) -> object:
        """Build a wheel that cannot be built; return the exit code."""
        with pytest.raises(SystemExit) as ended:
            self.build()
        return ended.value.code

    def hook(self) -> FlyteBuildHook:
        hook = self.builder().get_build_hooks(str(self.root / "dist"))["flyte"]
        assert isinstance(hook, FlyteBuildHook)
        return hook

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))

    def configure(self, more: str) -> None:
        self.write("pyproject.toml", PYPROJECT + more)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path / "project")
    project.configure("")
    project.write("acme/__init__.py", "")
    project.write("acme/jobs.py", TASK)
    isolate(project.root, monkeypatch)
    return project


@pytest.mark.flytekit
class TestBuilding:
    def test_the_archive_lies_beside_the_wheel(self, project: Project, capfd: pytest.CaptureFixture[str]) -> None:
        project.build()

        assert project.names == {WHEEL, ARCHIVE}
        manifest = read_archive(project.root / "dist" / ARCHIVE).manifest
        assert manifest
        assert (manifest.name, manifest.version) == ("acme-pipelines", "1.4")
        said = "".join(capfd.readouterr())
        assert f"flyte: serializing {WHEEL}\n" in said
        assert f"flyte: 1 task in {project.root}/dist/{ARCHIVE}\n" in said

    def test_the_hooks_own_table_overrides_the_shared_one(self, project: Project) -> None:
        text = (project.root / "pyproject.toml").read_text()
        project.write("pyproject.toml", text.replace("hooks.flyte]", 'hooks.flyte]\nimage = "ghcr.io/acme/own:1"'))

        project.build()

        manifest = read_archive(project.root / "dist" / ARCHIVE).manifest
        assert manifest
        assert manifest.images == {"default": "ghcr.io/acme/own:1"}

    def test_a_wheel_that_is_thrown_away_is_not_serialized(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PIP_BUILD_TRACKER", "x")

        project.build()

        assert project.names == {WHEEL}

    def test_with_an_output_folder_it_is(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PIP_BUILD_TRACKER", "x")
        monkeypatch.setenv("HATCH_FLYTE_OUTPUT_DIR", "archives")

        project.build()

        assert project.names == {WHEEL}
        assert names(project.root / "archives") == {ARCHIVE}

    def test_an_editable_wheel_is_not_serialized(self, project: Project) -> None:
        project.configure('[tool.hatch.build]\ndev-mode-dirs = ["."]\n')

        project.build(["editable"])

        assert len(project.names) == 1
        assert ARCHIVE not in project.names

    def test_an_sdist_is_not_serialized(self, project: Project) -> None:
        text = (project.root / "pyproject.toml").read_text()
        project.write("pyproject.toml", text.replace("targets.wheel.hooks.flyte", "hooks.flyte"))

        builder = SdistBuilder(str(project.root), app=Application())
        list(builder.build(directory=str(project.root / "dist")))

        assert project.names == {"acme_pipelines-1.4.tar.gz"}


@pytest.mark.flytekit
class TestFailing:
    @pytest.mark.parametrize("output", ["", "archives"])
    def test_neither_wheel_nor_an_earlier_archive_is_left(
        self, project: Project, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], output: str
    ) -> None:
        monkeypatch.setenv("HATCH_FLYTE_OUTPUT_DIR", output)
        folder = project.root / (output or "dist")
        folder.mkdir()
        (folder / ARCHIVE).touch()
        project.write("acme/jobs.py", "import no_such_module")

        assert project.fail() == 3

        assert project.names == set()
        assert names(folder) == set()
        said = "".join(capfd.readouterr())
        assert "flyte: serialize: a module does not import" in said
        assert 'File "acme/jobs.py", line 1' in said
        assert "Traceback" not in said

    def test_a_module_that_calls_exit_ends_the_build_all_the_same(self, project: Project) -> None:
        project.write("acme/jobs.py", "raise SystemExit(0)")

        assert project.fail() == 3
        assert project.names == set()

    def test_what_a_control_plane_would_refuse_leaves_nothing(
        self, project: Project, capfd: pytest.CaptureFixture[str]
    ) -> None:
        greedy = "@task(limits=Resources(cpu='1'), requests=Resources(cpu='2'))"
        project.write("acme/jobs.py", "from flytekit import Resources\n" + TASK.replace("@task", greedy))

        assert project.fail() == 3

        assert project.names == set()
        said = "".join(capfd.readouterr())
        assert "flyte: acme/jobs.py:5: task `acme.jobs.double`: Requested CPU" in said
        assert "(resource-limit)\n    Lower the request, or raise the limit.\n" in said

    def test_a_warning_of_ours_is_a_warning(self, project: Project, capfd: pytest.CaptureFixture[str]) -> None:
        project.write("acme/jobs.py", TASK.replace("@task", "@task(environment={'A B': '1'})"))

        project.build()

        assert project.names == {WHEEL, ARCHIVE}
        assert "task `acme.jobs.double`: environment variable 'A B'" in "".join(capfd.readouterr())

    def test_no_entity_is_an_error(self, project: Project, capfd: pytest.CaptureFixture[str]) -> None:
        project.write("acme/jobs.py", "x = 1")

        assert project.fail() == 3
        assert "expected a task, workflow or launch plan" in "".join(capfd.readouterr())

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_a_signal_leaves_nothing(self, project: Project, number: signal.Signals) -> None:
        project.write(
            "acme/jobs.py",
            """
            import sys, time
            print("importing", file=sys.stderr, flush=True)
            time.sleep(60)
            """,
        )
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]

        with subprocess.Popen(
            command, env=uncovered(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if line == "importing\n":
                    break
            process.send_signal(number)
            said = process.stderr.read()

        assert process.returncode == 130
        assert "flyte: interrupted" in said
        assert "Traceback" not in said
        assert project.names == set()

    def test_foreign_words_cannot_steer_the_terminal(self, project: Project, capfd: pytest.CaptureFixture[str]) -> None:
        project.write("acme/jobs.py", "raise ValueError(chr(27) + '[31m')")

        assert project.fail() == 3
        said = "".join(capfd.readouterr())
        assert "ValueError: \\x1b[31m" in said
        assert "\x1b" not in said


class TestConfiguration:
    def test_no_image_is_told_and_leaves_nothing(self, project: Project, capfd: pytest.CaptureFixture[str]) -> None:
        text = (project.root / "pyproject.toml").read_text()
        project.write("pyproject.toml", text.replace('image = "ghcr.io/acme/p:{version}"', ""))

        assert project.fail() == 2
        assert "flyte: tool.hatch-flyte.image: expected an image" in "".join(capfd.readouterr())
        assert project.names == set()

    def test_every_problem_is_told_at_once(self, project: Project, capfd: pytest.CaptureFixture[str]) -> None:
        project.configure('modulez = ["acme"]\ncode = "zip"\n')

        assert project.fail() == 2
        said = "".join(capfd.readouterr())
        assert "tool.hatch-flyte.modulez: " in said
        assert "tool.hatch-flyte.code: " in said


class TestDependencies:
    @pytest.mark.skipif(UNSUPPORTED, reason="flytekit does not support this Python: nothing is asked for")
    def test_the_projects_own_and_flytekit_are_asked_for(self, project: Project) -> None:
        own, flytekit = project.hook().dependencies()

        assert own == "packaging>=20"
        assert flytekit.startswith("flytekit>=")

    def test_nothing_is_asked_for_where_an_interpreter_is_configured(self, project: Project) -> None:
        project.configure('python = ".venv/bin/python"\n')

        assert project.hook().dependencies() == []

    def test_nothing_is_asked_for_where_the_wheel_will_be_thrown_away(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PIP_BUILD_TRACKER", "x")

        assert project.hook().dependencies() == []

    def test_nothing_is_asked_for_an_editable_build(self, project: Project) -> None:
        def get_requires_for_build_editable() -> list[str]:
            return project.hook().dependencies()

        assert get_requires_for_build_editable() == []

    @pytest.mark.skipif(UNSUPPORTED, reason="flytekit does not support this Python: the configuration is not looked at")
    def test_a_wrong_configuration_ends_it_before_anything_is_installed(
        self, project: Project, capfd: pytest.CaptureFixture[str]
    ) -> None:
        project.configure("code = 1\n")

        with pytest.raises(SystemExit) as ended:
            project.hook().dependencies()

        assert ended.value.code == 2
        assert "flyte: tool.hatch-flyte.code: " in "".join(capfd.readouterr())

    def test_installing_does_not_fail_over_the_configuration(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project.configure("code = 1\n")
        monkeypatch.setenv("PIP_BUILD_TRACKER", "x")

        assert project.hook().dependencies() == []
        project.build()
        assert project.names == {WHEEL}


class TestCleaning:
    def clean(self, project: Project) -> None:
        builder = project.builder()
        for hook in builder.get_build_hooks(str(project.root / "dist")).values():
            hook.clean(["standard"])

    def test_this_projects_archives_are_removed_and_no_others(self, project: Project) -> None:
        for name in ("dist/acme_pipelines-1.3-flyte.tgz", "dist/other-1.3-flyte.tgz", ARCHIVE):
            project.write(name, "")

        self.clean(project)

        assert project.names == {"other-1.3-flyte.tgz"}
        assert (project.root / ARCHIVE).exists()

    def test_also_from_the_output_folder(self, project: Project) -> None:
        project.configure('output-dir = "archives"\n')
        project.write(f"archives/{ARCHIVE}", "")
        project.write("archives/other-1.3-flyte.tgz", "")

        self.clean(project)

        assert names(project.root / "archives") == {"other-1.3-flyte.tgz"}

    @pytest.mark.flytekit
    def test_a_clean_build_leaves_only_its_own(self, project: Project) -> None:
        project.write("dist/acme_pipelines-1.3-flyte.tgz", "")

        project.build(clean=True)

        assert project.names == {WHEEL, ARCHIVE}

    @pytest.mark.flytekit
    def test_cleaning_after_the_build_keeps_what_was_built(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HATCH_BUILD_CLEAN_HOOKS_AFTER", "1")

        project.build()

        assert project.names == {WHEEL, ARCHIVE}
