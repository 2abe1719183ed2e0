"""Every build frontend, for real: what each leaves behind, and that all leave the same."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support_project import TOOLS, copy_of_example

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support_project import Project

WHEEL = "harbour_weather-0.3.0-py3-none-any.whl"
SDIST = "harbour_weather-0.3.0.tar.gz"
ARCHIVE = "harbour_weather-0.3.0-flyte.tgz"
SLOW = "import sys, time\nprint('importing', file=sys.stderr, flush=True)\ntime.sleep(60)"

pytestmark = pytest.mark.flytekit
LONG = pytest.mark.long


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param(["hatch", "build", "-t", "wheel"], {WHEEL, ARCHIVE}, id="hatch"),
        pytest.param(
            ["python", "-m", "build", "--installer", "uv"],
            {WHEEL, SDIST, ARCHIVE},
            id="build, by the sdist",
            marks=LONG,
        ),
        pytest.param(["uv", "build"], {WHEEL, SDIST, ARCHIVE}, id="uv, by the sdist", marks=LONG),
    ],
)
def test_a_kept_wheel_has_its_archive_beside_it(project: Project, command: list[str], expected: set[str]) -> None:
    said = project.run(*command)

    assert project.names() == expected
    assert "12 tasks, 3 workflows, 7 launch plans" in said


@LONG
def test_the_bytes_are_the_same_from_any_frontend_folder_hash_seed_time_zone_and_umask(
    tmp_path: Path, environ: Mapping[str, str]
) -> None:
    ways: list[tuple[list[str], dict[str, Any], int]] = [
        (["hatch", "build", "-t", "wheel"], {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"}, 0o022),
        (["python", "-m", "build", "--installer", "uv"], {"PYTHONHASHSEED": "2", "TZ": "UTC"}, 0o077),
        (["uv", "build", "--python", sys.executable], {"PYTHONHASHSEED": "3", "TZ": "America/New_York"}, 0o002),
    ]
    digests = set()
    for index, (command, variables, umask) in enumerate(ways):
        before = os.umask(umask)
        try:
            project = copy_of_example(tmp_path / f"folder-{index}" / f"deeper-{index}", environ)
            project.run(*command, **variables)
        finally:
            os.umask(before)
        digests.add(digest(project.dist / ARCHIVE))

    assert len(digests) == 1


def test_an_sdist_alone_is_not_serialized(project: Project) -> None:
    project.run("hatch", "build", "-t", "sdist")

    assert project.names() == {SDIST}


@LONG
class TestThrownAwayWheels:
    """pip and `uv pip install` delete the folder they build in: nothing is serialized, no flytekit is fetched."""

    @pytest.fixture
    def venv(self, project: Project) -> Path:
        project.run("uv", "venv", "-q", "--seed", "--python", sys.executable, str(project.root.parent / "venv"))
        return project.root.parent / "venv" / "bin"

    def test_pip_wheel_leaves_the_wheel_alone(self, project: Project, venv: Path) -> None:
        said = project.run(str(venv / "pip"), "wheel", "-v", "--no-deps", "-w", "out", ".")

        assert project.names(project.root / "out") == {WHEEL}
        assert project.names() == set()
        assert "flytekit" not in said

    def test_pip_wheel_with_an_output_folder_leaves_the_archive_there(self, project: Project, venv: Path) -> None:
        archives = project.root / "archives"

        project.run(str(venv / "pip"), "wheel", "--no-deps", "-w", "out", ".", HATCH_FLYTE_OUTPUT_DIR=str(archives))

        assert project.names(project.root / "out") == {WHEEL}
        assert project.names(archives) == {ARCHIVE}

    @pytest.mark.parametrize("editable", [[], ["-e"]], ids=["as a wheel", "editable"])
    def test_pip_install_serializes_nothing(self, project: Project, venv: Path, editable: list[str]) -> None:
        said = project.run(str(venv / "pip"), "install", "-v", "--no-deps", *editable, ".")

        assert project.names() == set()
        assert "flytekit" not in said

    @pytest.mark.parametrize("editable", [[], ["-e"]], ids=["as a wheel", "editable"])
    def test_uv_pip_install_serializes_nothing(self, project: Project, venv: Path, editable: list[str]) -> None:
        said = project.run(
            "uv", "pip", "install", "-v", "--python", str(venv / "python"), "--no-deps", "--refresh", *editable, "."
        )

        assert project.names() == set()
        assert "Adding build requirement: flytekit" not in said
        assert "flytekit==" not in said


@LONG
class TestCleaning:
    def test_hatch_clean_removes_the_archive(self, project: Project) -> None:
        project.run("hatch", "build", "-t", "wheel")
        (project.dist / "somebody_else-1.0-flyte.tgz").touch()

        project.run("hatch", "clean")

        assert project.names() == {"somebody_else-1.0-flyte.tgz"}

    def test_building_with_clean_leaves_only_this_builds_archive(self, project: Project) -> None:
        project.dist.mkdir()
        (project.dist / "harbour_weather-0.2.0-flyte.tgz").touch()

        project.run("hatch", "build", "-t", "wheel", "--clean")

        assert project.names() == {WHEEL, ARCHIVE}

    def test_cleaning_hooks_after_the_build_keeps_what_was_built(self, project: Project) -> None:
        project.run("hatch", "build", "-t", "wheel", "--clean-hooks-after")

        assert project.names() == {WHEEL, ARCHIVE}


class TestFailing:
    def test_a_module_that_fails_ends_the_build_with_the_users_own_traceback(self, project: Project) -> None:
        project.edit(
            "src/harbour_weather/report.py", "from flytekit import", "import no_such_module\nfrom flytekit import"
        )
        project.dist.mkdir()
        (project.dist / ARCHIVE).touch()

        said = project.run("hatch", "build", "-t", "wheel", code=3)

        assert "No module named 'no_such_module'" in said
        assert "harbour_weather/report.py" in said
        assert "hatch_flyte/" not in said
        assert "hatchling/" not in said
        assert project.names() == set()

    def test_every_configuration_problem_is_told_at_once_and_before_anything_is_built(self, project: Project) -> None:
        project.edit("pyproject.toml", 'modules = ["harbour_weather"]', 'modulez = ["harbour_weather"]\ncode = "zip"')

        said = project.run("hatch", "build", "-t", "wheel", code=2)

        assert "tool.hatch-flyte.modulez" in said
        assert "`modules`" in said
        assert "tool.hatch-flyte.code" in said
        assert "Traceback" not in said
        assert project.names() == set()


@LONG
class TestInterrupting:
    """A terminal, a time limit or a container that ends sends its signal to every process of the build."""

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_neither_wheel_nor_archive_is_left(self, project: Project, number: signal.Signals) -> None:
        project.edit("src/harbour_weather/report.py", "from flytekit import", f"{SLOW}\nfrom flytekit import")
        command = [str(TOOLS / "hatch"), "build", "-t", "wheel"]

        with subprocess.Popen(
            command,
            cwd=project.root,
            env=dict(project.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            before = []
            for line in process.stdout:
                before.append(line)
                if line == "importing\n":
                    break
            os.killpg(process.pid, number)
            said = process.stdout.read()  # to the end of the last process of the build

        assert "flyte: interrupted" in said, (before, said)
        assert project.names() == set()
        # Hatch, which waits for the process that builds, ends with 254 if that was interrupted.
        assert process.returncode == (254 if number == signal.SIGINT else -number)
        assert "hatch_flyte/" not in said
