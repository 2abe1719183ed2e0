"""A user's machine: hatch-flyte on offer as from an index, the example project in a folder of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from support_machine import Builds, Venv
from support_project import Project, copy_of_example
from support_pyflyte import pyflyte_package, unpack
from unreleased import EXAMPLE, build_own_wheel, environ_offering


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.end_to_end)


@pytest.fixture(scope="session")
def offered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with hatch-flyte's own wheel; a path that never was, since frontends cache local wheels by path."""
    folder = tmp_path_factory.mktemp(f"offered-{uuid4().hex}-")
    build_own_wheel(folder)
    return folder


@pytest.fixture
def environ(offered: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a user who has nothing configured; caches of downloads are the machine's."""
    variables = environ_offering(offered, os.environ)
    variables.pop("CI", None)
    home = tmp_path / "home"
    home.mkdir()
    caches = {
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR") or str(Path.home() / ".cache" / "uv"),
        "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR") or str(Path.home() / ".cache" / "pip"),
    }
    folders = {
        "HOME": str(home),
        "HATCH_DATA_DIR": str(tmp_path / "hatch"),
        "HATCH_FLYTE_DATA": str(tmp_path / "registry"),
    }
    return {**variables, **caches, **folders, "NO_COLOR": "1", "PYTHONWARNINGS": ""}


@pytest.fixture
def project(tmp_path: Path, environ: dict[str, str]) -> Project:
    """The example project, as its user sees it."""
    return copy_of_example(tmp_path / "work" / EXAMPLE.name, environ)


@pytest.fixture(scope="session")
def bare(offered: Path, tmp_path_factory: pytest.TempPathFactory) -> Venv:
    """An environment with hatch-flyte and nothing else: no flytekit, no project."""
    return Venv.make(tmp_path_factory.mktemp("bare") / "venv", offered, "hatch-flyte[server]")


@pytest.fixture(scope="session")
def builds(offered: Path, tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """The example project, built with and without its code, and once more with a change under the same version."""
    folder = tmp_path_factory.mktemp("builds")
    project = copy_of_example(folder / EXAMPLE.name, {**environ_offering(offered, os.environ), "PYTHONWARNINGS": ""})
    build = ("uv", "build", "--wheel", "--python", sys.executable, "--out-dir")
    project.run(*build, str(folder / "image"))
    project.run(*build, str(folder / "bundled"), HATCH_FLYTE_CODE="wheel")
    project.edit("src/harbour_weather/tasks.py", "@task\ndef warning_level", f"{LIMITED}\ndef warning_level")
    project.edit("src/harbour_weather/tasks.py", "@task\ndef share_kept", f"{NEW_TASK}@task\ndef share_kept")
    project.run(*build, str(folder / "changed"))
    archives = (next((folder / name).glob("*.tgz")) for name in ("image", "bundled", "changed"))
    return Builds(next((folder / "image").glob("*.whl")), *archives)


LIMITED = '@task(limits=Resources(mem="1Gi"))'
NEW_TASK = "@task\ndef added() -> int:\n    return 1\n\n\n"


@pytest.fixture(scope="session")
def tree(builds: Builds, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contents of the example's wheel, where pyflyte can import them."""
    return unpack(builds.wheel, tmp_path_factory.mktemp("pyflyte") / "tree")


@pytest.fixture(scope="session")
def pyflyte_archive(tree: Path) -> Path:
    """What `pyflyte package` makes of the example."""
    return pyflyte_package(tree, tree.parent / "package.tgz")


@pytest.fixture
def anywhere(tmp_path: Path) -> Path:
    """A folder in which there is nothing."""
    folder = tmp_path / "anywhere"
    folder.mkdir()
    return folder
