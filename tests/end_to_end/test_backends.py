"""Every frontend with every backend, for real: the exact files that each leaves, and the one archive of them all."""

from __future__ import annotations

import hashlib
import os
import sys
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from zipfile import ZipFile

import pytest
from support_backends import (
    ARCHIVE,
    BACKENDS,
    CONFIGURATION,
    CROSSINGS,
    QUICK,
    SDIST,
    Backend,
    platform_project,
    workspace,
)
from support_machine import Venv
from support_project import Project
from support_wheels import WheelSource, build_wheel
from unreleased import clean_environ

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

pytestmark = pytest.mark.flytekit

WHEEL = "the wheel"
"""Stands for its name, which has the backend's tag."""
BOTH, ALL = frozenset({WHEEL, SDIST}), frozenset({WHEEL, SDIST, ARCHIVE})
PAIR, ALONE, NOTHING = frozenset({WHEEL, ARCHIVE}), frozenset({WHEEL}), frozenset[str]()

COLUMNS = ("hatchling", "setuptools", "any")
TABLE: Mapping[str, tuple[frozenset[str], ...]] = {
    "hatch build": (ALL, BOTH, BOTH),
    "python -m build --installer uv": (ALL, ALL, BOTH),
    "uv build": (ALL, ALL, BOTH),
    "uv build --wheel": (PAIR, PAIR, ALONE),
    "pip wheel --no-deps -w dist .": (ALONE, ALONE, ALONE),
    "pip wheel --no-build-isolation --no-deps -w dist .": (ALONE, ALONE, ALONE),
    "pip install --no-deps .": (NOTHING, NOTHING, NOTHING),
    "pip install --no-deps -e .": (NOTHING, NOTHING, NOTHING),
}
"""What lies in `dist` after a command, with each backend."""
SHORT = "uv build --wheel"
"""The frontend whose row is in the short run, but for hatchling and setuptools, which have other tests there."""

SETUPTOOLS = [backend for backend in BACKENDS if backend.column == "setuptools"]
[FIRST, *OTHERS] = SETUPTOOLS
SETUPTOOLS_LONG = [FIRST, *(pytest.param(other, marks=pytest.mark.long) for other in OTHERS)]


@dataclass(frozen=True)
class Cell:
    """A cell of the table."""

    command: str
    backend: Backend

    @property
    def names(self) -> set[str]:
        names = TABLE[self.command][COLUMNS.index(self.backend.column)]
        return {self.backend.wheel if name == WHEEL else name for name in names}

    def __str__(self) -> str:
        return f"{self.backend}: {self.command}"


CELLS = [
    pytest.param(
        Cell(command, backend),
        id=f"{backend}: {command}",
        marks=() if command == SHORT and backend.column == "any" else pytest.mark.long,
    )
    for backend in BACKENDS
    for command in TABLE
]


class Run(Protocol):
    """Runs a command in a project as `Project.run` does, with `pip` from an environment that has every backend."""

    def __call__(self, project: Project, command: str, **options: Any) -> str: ...


@pytest.fixture(scope="session")
def builders(offered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has pip, hatch-flyte and every backend, but no flytekit."""
    requirements = dict.fromkeys(one for backend in BACKENDS for one in backend.requires)
    venv = Venv.make(tmp_path_factory.mktemp("builders") / "venv", offered, "pip", "hatch-flyte", *requirements)
    return venv.folder / "bin"


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Run:
    def run(project: Project, command: str, **options: Any) -> str:
        program, *words = command.split()
        if program == "pip":
            programs = request.getfixturevalue("builders")
            # uv_build looks for its own program on PATH.
            path = f"{programs}{os.pathsep}{project.environ['PATH']}"
            return project.run(str(programs / "pip"), *words, PATH=path, **options)
        python = ("--python", sys.executable) if program == "uv" else ()
        return project.run(program, *words, *python, **options)

    return run


@pytest.fixture
def make(tmp_path: Path, environ: Mapping[str, str]) -> Callable[[Backend], Project]:
    """Make a backend's project."""
    return lambda backend: backend.project(tmp_path / "project", environ)


@pytest.fixture(scope="session")
def only_archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the archive of the same modules in a wheel that no backend has built."""
    project = Project(tmp_path_factory.mktemp("no-backend"), clean_environ(os.environ))
    (project.root / "pyproject.toml").write_text(CONFIGURATION)
    files = {"acme_ferry/__init__.py": "", "acme_ferry/crossings.py": CROSSINGS}
    wheel = build_wheel(project.root, WheelSource(files, name="acme-ferry", version="1.2"))
    project.run("hatch-flyte", "package", str(wheel))
    return digest(project.root / ARCHIVE)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def bundled(path: Path) -> list[str]:
    """Return the names of the files in an archive's bundle."""
    with tarfile.open(path) as archive:
        [name] = [name for name in archive.getnames() if name.startswith("fast")]
        with tarfile.open(fileobj=archive.extractfile(name)) as bundle:
            return bundle.getnames()


@pytest.mark.parametrize("cell", CELLS)
def test_each_frontend_leaves_exactly_these_files_and_each_wheel_has_the_one_archive(
    cell: Cell, make: Callable[[Backend], Project], run: Run, only_archive: str
) -> None:
    project = make(cell.backend)

    run(project, cell.command)

    assert project.names() == cell.names
    assert {path.name for path in project.root.rglob("*.tgz")} == cell.names & {ARCHIVE}
    if cell.names and ARCHIVE not in cell.names:
        run(project, "hatch-flyte package")
    assert not cell.names or digest(project.dist / ARCHIVE) == only_archive


class TestSetuptools:
    @pytest.mark.parametrize("backend", SETUPTOOLS_LONG, ids=str)
    def test_what_the_project_requires_and_flytekit_are_installed_to_build(
        self, make: Callable[[Backend], Project], run: Run, backend: Backend
    ) -> None:
        project = make(backend)
        where = next(name for name in ("setup.py", "setup.cfg", "pyproject.toml") if (project.root / name).exists())
        project.edit("pyproject.toml", QUICK, "\n")
        project.edit(where, "flytekit", "tomli-w")
        project.edit("src/acme_ferry/crossings.py", "from flytekit", "import tomli_w\nfrom flytekit")

        run(project, "uv build --wheel")

        assert project.names() == {backend.wheel, ARCHIVE}

    @pytest.mark.long
    def test_hatch_build_says_where_the_archive_could_go_and_puts_it_there(
        self, make: Callable[[Backend], Project], run: Run
    ) -> None:
        project = make(FIRST)

        said = run(project, "hatch build -t wheel")
        assert "is not serialized" in said
        assert 'output-dir = "dist"' in said
        assert project.names() == {FIRST.wheel}

        run(project, "hatch build -t wheel", HATCH_FLYTE_OUTPUT_DIR="dist")
        assert project.names() == {FIRST.wheel, ARCHIVE}

    @pytest.mark.parametrize(
        ("command", "code"),
        [
            ("python -m build --wheel --installer uv", 1),
            ("uv build --wheel", 2),
            ("hatch build -t wheel", 3),
            ("pip wheel --no-deps -w dist .", 1),
        ],
    )
    @pytest.mark.long
    def test_a_module_that_fails_leaves_no_wheel_and_the_users_own_traceback(
        self, make: Callable[[Backend], Project], run: Run, command: str, code: int
    ) -> None:
        project = make(FIRST)
        project.edit("src/acme_ferry/crossings.py", "from flytekit", "import no_such_module\nfrom flytekit")
        project.dist.mkdir()
        for name in (FIRST.wheel, ARCHIVE):
            (project.dist / name).touch()

        said = run(project, command, code=code, HATCH_FLYTE_OUTPUT_DIR="dist")

        assert 'File "acme_ferry/crossings.py", line 1' in said
        assert "No module named 'no_such_module'" in said
        assert "hatch_flyte/" not in said
        assert "setuptools/" not in said
        assert project.names() == set()


@pytest.mark.long
def test_a_wheel_for_one_platform_has_its_extension_in_the_bundle(make: Callable[[Backend], Project], run: Run) -> None:
    backend = platform_project()
    project = make(backend)
    project.edit("pyproject.toml", "load-check = false", 'code = "wheel"')

    run(project, "uv build --wheel")

    assert project.names() == {backend.wheel, ARCHIVE}
    with ZipFile(project.dist / backend.wheel) as wheel:
        metadata = wheel.read("acme_ferry-1.2.dist-info/METADATA").decode()
        [extension] = [name for name in wheel.namelist() if name.endswith((".so", ".pyd"))]
    assert "Requires-Python: >=3.10\n" in metadata
    assert "Provides-Extra: more\n" in metadata
    assert extension in bundled(project.dist / ARCHIVE)


@pytest.mark.long
@pytest.mark.parametrize("backend", [backend for backend in BACKENDS if backend.column != "any"][:2], ids=str)
class TestSiblings:
    def test_in_a_workspace_of_uv_a_sibling_is_built_and_installed_to_serialize(
        self, tmp_path: Path, environ: Mapping[str, str], run: Run, backend: Backend
    ) -> None:
        project = workspace(tmp_path / "workspace", environ, backend)

        run(project, "uv build --package acme-ferry")

        assert project.names() == {backend.wheel, SDIST, ARCHIVE}

    def test_elsewhere_it_is_found_where_frontends_look_for_wheels(
        self, tmp_path: Path, environ: Mapping[str, str], run: Run, backend: Backend
    ) -> None:
        project = workspace(tmp_path / "workspace", environ, backend)
        run(project, "uv build --wheel --package acme-harbour")

        found = {"UV_FIND_LINKS": f"{environ['UV_FIND_LINKS']},{project.dist}"}
        run(project, "python -m build --wheel --installer uv -o archives packages/ferry", **found)

        assert project.names(project.root / "archives") == {backend.wheel, ARCHIVE}
