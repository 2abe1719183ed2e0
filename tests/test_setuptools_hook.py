"""setuptools itself, in processes of its own, with the hook as its entry point."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from support_doors import isolate, uncovered
from support_machine import tool
from support_project import said
from support_serialize import TASK
from unreleased import CHECKOUT

from hatch_flyte.archive_reader import read_archive
from hatch_flyte.frontend import FLYTEKIT_PYTHON_END

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "acme_pipelines-1.4-py3-none-any.whl"
ARCHIVE = "acme_pipelines-1.4-flyte.tgz"
GROUP = "setuptools.finalize_distribution_options"
UNSUPPORTED = sys.version_info >= FLYTEKIT_PYTHON_END

TABLE = """
[tool.hatch-flyte]
image = "ghcr.io/acme/p:{version}"
load-check = false
"""
PYPROJECT = """
[build-system]
requires = ["setuptools", "hatch-flyte"]
build-backend = "setuptools.build_meta"

[project]
name = "acme-pipelines"
version = "1.4"
dependencies = ["packaging>=20", "tomli; python_version < '3.11'"]
optional-dependencies = { more = ["rich"] }

[tool.setuptools]
packages = ["acme"]
"""
SETUP_CFG = """
[metadata]
name = acme-pipelines
version = 1.4
[options]
packages = acme
install_requires =
    packaging>=20
    tomli; python_version < "3.11"
[options.extras_require]
more = rich
"""
SETUP_PY = """
from setuptools import setup

setup(
    name="acme-pipelines",
    version="1.4",
    packages=["acme"],
    install_requires=["packaging>=20"],
    extras_require={":python_version < '3.11'": ["tomli"], "more": ["rich"]},
)
"""
BARE = '[build-system]\nrequires = ["setuptools", "hatch-flyte"]\n'

BACKEND = """
import json, sys
from setuptools import build_meta
command, *arguments = sys.argv[1:]
results = [getattr(build_meta, name)(*arguments) for name in command.split(",")]
with open("results.json", "w") as stream:
    json.dump(results, stream)
"""
COMMAND = "from setuptools import setup; setup()"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with setuptools, and hatch-flyte's entry point, twice: it may be found in two places."""
    folder = tmp_path_factory.mktemp("installed")
    command = (tool("uv"), "pip", "install", "-q", "--python", sys.executable, "--target", str(folder), "setuptools")
    subprocess.run(command, check=True)
    entry_points = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["entry-points"][GROUP]
    for number in range(2):
        metadata = folder / f"hatch_flyte_{number}-1.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: hatch-flyte-{number}\nVersion: 1\n")
        lines = [f"[{GROUP}]", *(f"{name} = {value}" for name, value in entry_points.items())]
        (metadata / "entry_points.txt").write_text("\n".join(lines))
    return folder


@dataclass(frozen=True)
class Project:
    """A project that setuptools builds."""

    root: Path

    def names(self, folder: str = "dist") -> set[str]:
        place = self.root / folder
        return {path.name for path in place.iterdir()} if place.exists() else set()

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))

    def python(self, program: str, *arguments: str, code: int = 0) -> str:
        """Run a program in the project's folder; return what it said. `code` is the exit code it must have."""
        return said([sys.executable, "-c", program, *arguments], code=code)

    def build(self, *, code: int = 0) -> str:
        """Build a wheel as frontends do."""
        return self.python(BACKEND, "build_wheel", str(self.root / "dist"), code=code)

    def requirements(self, *kinds: str) -> list[str]:
        """Return what the backend asks for, for all `kinds` of a build together."""
        self.python(BACKEND, ",".join(f"get_requires_for_build_{kind}" for kind in kinds))
        answers: list[list[str]] = json.loads((self.root / "results.json").read_text())
        return [one for answer in answers for one in answer]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: Path) -> Project:
    project = Project(tmp_path / "project")
    project.write("pyproject.toml", PYPROJECT + TABLE)
    project.write("acme/__init__.py", "")
    project.write("acme/jobs.py", TASK)
    isolate(project.root, monkeypatch)
    monkeypatch.setenv("PYTHONPATH", str(installed))
    return project


@pytest.mark.flytekit
class TestBuilding:
    def test_the_archive_lies_where_the_frontend_puts_the_wheel(self, project: Project) -> None:
        said = project.build()

        assert project.names() == {WHEEL, ARCHIVE}
        manifest = read_archive(project.root / "dist" / ARCHIVE).manifest
        assert manifest
        assert (manifest.name, manifest.version) == ("acme-pipelines", "1.4")
        assert said.count(f"flyte: serializing {WHEEL}\n") == 1
        assert f"flyte: 1 task in {project.root}/dist/{ARCHIVE}\n" in said

    def test_a_command_of_the_projects_own_is_kept_and_its_wheel_serialized(self, project: Project) -> None:
        project.write("pyproject.toml", PYPROJECT + "cmdclass.bdist_wheel = 'own.Fetch'\n" + TABLE)
        project.write(
            "own.py",
            """
            import os
            from setuptools.command.bdist_wheel import bdist_wheel

            class Fetch(bdist_wheel):
                def run(self):
                    super().run()
                    [(_, _, path)] = self.distribution.dist_files
                    os.rename(path, path.replace("py3-none", "py3.py4-none"))
            """,
        )

        project.build()

        assert project.names() == {WHEEL.replace("py3", "py3.py4"), ARCHIVE}

    def test_setup_py_puts_both_into_the_folder_that_it_is_told(self, project: Project) -> None:
        project.write("setup.py", SETUP_PY)
        project.write("pyproject.toml", BARE + TABLE)

        said = project.python("from runpy import run_path; run_path('setup.py')", "-q", "bdist_wheel", "-d", "tmp-out")

        assert project.names("tmp-out") == {WHEEL, ARCHIVE}
        assert "flyte: " not in said


@pytest.mark.flytekit
class TestFailing:
    def test_neither_wheel_nor_those_of_an_earlier_build_are_left(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HATCH_FLYTE_OUTPUT_DIR", "archives")
        project.write(f"dist/{WHEEL}", "")
        project.write(f"archives/{WHEEL}", "")
        project.write(f"archives/{ARCHIVE}", "")
        project.write("acme/jobs.py", "import no_such_module")

        said = project.build(code=3)

        assert project.names() == project.names("archives") == set()
        assert "flyte: serialize: a module does not import" in said
        assert 'File "acme/jobs.py", line 1' in said
        assert "Traceback" not in said

    def test_ctrl_c_leaves_nothing(self, project: Project) -> None:
        project.write("acme/jobs.py", "import sys, time\nprint('importing', flush=True)\ntime.sleep(60)")
        command = [sys.executable, "-c", BACKEND, "build_wheel", "dist"]

        with subprocess.Popen(
            command, env=uncovered(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if line == "importing\n":
                    break
            process.send_signal(signal.SIGINT)
            said = process.stderr.read()

        assert process.returncode == 130
        assert "flyte: interrupted" in said
        assert "Traceback" not in said
        assert project.names() == set()


class TestNotSerializing:
    """What is not serialized needs no flytekit, and no configuration that is right."""

    @pytest.fixture(autouse=True)
    def _wrong(self, project: Project) -> None:
        project.write("pyproject.toml", f"{PYPROJECT}{TABLE}code = 1\n")

    def test_a_wheel_that_is_thrown_away(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PIP_BUILD_TRACKER", "x")

        project.build()

        assert project.names() == {WHEEL}

    def test_an_editable_wheel_even_with_an_output_folder(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HATCH_FLYTE_OUTPUT_DIR", "archives")

        project.python(BACKEND, "build_editable", "dist")

        assert project.names() == {"acme_pipelines-1.4-0.editable-py3-none-any.whl"}
        assert project.names("archives") == set()

    def test_an_sdist(self, project: Project) -> None:
        project.python(BACKEND, "build_sdist", "dist")

        assert project.names() == {"acme_pipelines-1.4.tar.gz"}


class TestWithoutTheTable:
    """hatch-flyte may be installed where projects are built that know nothing of it."""

    def test_nothing_happens(self, project: Project) -> None:
        project.write("pyproject.toml", PYPROJECT)

        said = project.build()

        assert project.names() == {WHEEL}
        assert "flyte" not in said.replace(str(project.root), "")

    def test_nothing_is_imported_and_no_command_changed(self, project: Project) -> None:
        project.write("pyproject.toml", PYPROJECT.replace(', "hatch-flyte"', ""))
        program = """
        import sys
        from setuptools import setup
        distribution = setup()
        assert "get_command_class" not in vars(distribution)
        assert not any("hatch_flyte" in str(one) for one in distribution.cmdclass.values())
        print(*sorted(name for name in sys.modules if name.startswith("hatch_flyte")))
        """

        said = project.python(dedent(program), "-q", "egg_info")

        assert said.splitlines()[-1].split() == ["hatch_flyte", "hatch_flyte.setuptools_hook"]

    def test_without_pyproject_toml_there_is_none(self, project: Project) -> None:
        (project.root / "pyproject.toml").unlink()
        project.write("setup.py", SETUP_PY)

        project.build()

        assert project.names() == {WHEEL}


class TestRequirements:
    @pytest.mark.skipif(UNSUPPORTED, reason="flytekit does not support this Python: nothing is asked for")
    @pytest.mark.parametrize(
        "files",
        [
            pytest.param({"pyproject.toml": PYPROJECT + TABLE}, id="pyproject.toml"),
            pytest.param({"pyproject.toml": BARE + TABLE, "setup.cfg": SETUP_CFG}, id="setup.cfg"),
            pytest.param({"pyproject.toml": BARE + TABLE, "setup.py": SETUP_PY}, id="setup.py"),
        ],
    )
    def test_the_projects_own_and_flytekit_are_asked_for_wherever_they_stand(
        self, project: Project, files: dict[str, str]
    ) -> None:
        for name, text in files.items():
            project.write(name, text)

        packaging, tomli, flytekit = project.requirements("wheel")

        assert packaging == "packaging>=20"
        assert tomli.replace("'", '"') == 'tomli; python_version < "3.11"'
        assert flytekit.startswith("flytekit>=")

    def test_nothing_is_asked_for_what_is_not_serialized(self, project: Project) -> None:
        assert project.requirements("sdist", "editable") == []

    def test_nothing_is_asked_for_where_an_interpreter_is_configured(self, project: Project) -> None:
        project.write("pyproject.toml", f'{PYPROJECT}{TABLE}python = ".venv/bin/python"\n')

        assert project.requirements("wheel") == []

    def test_installing_asks_for_nothing_whatever_is_configured(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project.write("pyproject.toml", f"{PYPROJECT}{TABLE}code = 1\n")
        monkeypatch.setenv("PIP_BUILD_TRACKER", "x")

        assert project.requirements("wheel") == []

    @pytest.mark.skipif(UNSUPPORTED, reason="flytekit does not support this Python: the configuration is not looked at")
    def test_a_wrong_configuration_ends_it_before_anything_is_installed(self, project: Project) -> None:
        project.write("pyproject.toml", f'{PYPROJECT}{TABLE}modulez = ["acme"]\ncode = "zip"\n')

        said = project.python(BACKEND, "get_requires_for_build_wheel", code=2)

        assert "flyte: tool.hatch-flyte.modulez: " in said
        assert "tool.hatch-flyte.code: " in said
        assert "Traceback" not in said


def test_a_file_that_nobody_can_read_is_told_when_a_wheel_is_built(project: Project) -> None:
    project.write("hatch.toml", "[")

    said = project.build(code=2)

    assert "hatch.toml: expected TOML" in said
    assert project.names() == set()
