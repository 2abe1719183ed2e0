"""The floors of the run-time dependencies are true: with the lowest versions all that needs no flytekit works."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.version import Version
from support_archives import BUNDLE_ARGUMENTS, archive_of, launch_plan, task, workflow
from support_machine import LOOPBACK, Venv, serving, tool, write_clusters
from unreleased import build_own_wheel

from hatch_flyte.archive import write_archive
from hatch_flyte.bundle import BundledFile, make_bundle
from hatch_flyte.errors import UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.long

NEWEST_OF_OLD_PROTOBUF = "googleapis-common-protos==1.63.0"
"""The newest release that takes protobuf 4; later ones would lift our floor out of sight."""
NOBODY = f"{LOOPBACK}:1"


@dataclass(frozen=True)
class Lowest:
    """An environment with the lowest versions, for one Python."""

    python: str
    """Its Python: major and minor version."""
    venv: Venv
    requirements: list[Requirement]

    def installed(self, requirement: Requirement) -> Version:
        program = f"from importlib.metadata import version; print(version({requirement.name!r}))"
        return Version(self.venv.call("python", "-c", program))


def interpreter(version: str) -> str:
    """Return a Python of a version that is on this machine."""
    if version == ".".join(map(str, sys.version_info[:2])):
        return sys.executable
    command = [tool("uv"), "python", "find", "--no-python-downloads", "--no-project", version]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip(f"there is no Python {version} on this machine")
    return found.stdout.strip()


def floors(wheel: Path) -> list[Requirement]:
    """Return what the wheel requires, with its extra."""
    with ZipFile(wheel) as file:
        [name] = [one for one in file.namelist() if one.endswith(".dist-info/METADATA")]
        metadata = HeaderParser().parsestr(file.read(name).decode())
    return [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]


@pytest.fixture(scope="module", params=["3.10", "3.11", "3.12", "3.13"])
def lowest(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lowest:
    python = interpreter(request.param)
    folder = tmp_path_factory.mktemp(f"lowest-{uuid4().hex}-")  # uv caches local wheels by path
    wheel = build_own_wheel(folder)
    environment = {"python_version": request.param, "extra": "server"}
    requirements = [one for one in floors(wheel) if not one.marker or one.marker.evaluate(environment)]
    bare = [f"{one.name}{one.specifier}" for one in requirements]
    venv = Venv.make(folder / "venv", folder, "--no-deps", str(wheel), python=python)
    # Wheels only: the lowest version that has one for this Python, as users get it.
    venv.install("--resolution", "lowest-direct", "--only-binary", ":all:", *bare, NEWEST_OF_OLD_PROTOBUF)
    return Lowest(request.param, venv, requirements)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "acme_pipelines-1.0-flyte.tgz"
    bundle = make_bundle([BundledFile("acme.py", b"")])
    write_archive(path, archive_of(task(arguments=BUNDLE_ARGUMENTS), workflow(), launch_plan(), bundle=bundle))
    return path


def test_what_is_installed_are_the_floors(lowest: Lowest) -> None:
    above = {}
    for requirement in lowest.requirements:
        floor, got = Version(next(iter(requirement.specifier)).version), lowest.installed(requirement)
        if got.release[: len(floor.release)] != floor.release:
            above[requirement.name] = str(got)

    # grpcio's floor has no wheels for newer Pythons.
    assert set(above) == ({"grpcio"} if lowest.python in {"3.12", "3.13"} else set()), above


def test_the_command_line_shows_help_and_archives(lowest: Lowest, archive: Path) -> None:
    assert "publish" in lowest.venv.call("hatch-flyte", "--help")
    assert "acme.double" in lowest.venv.call("hatch-flyte", "show", str(archive))
    assert "acme-pipelines" in lowest.venv.call("hatch-flyte", "show", "--json", str(archive))


def test_publishing_to_the_local_registry_works(lowest: Lowest, archive: Path, tmp_path: Path) -> None:
    data: dict[str, Any] = {"HATCH_FLYTE_DATA": str(tmp_path / "data")}
    reports = [lowest.venv.publish(str(archive), "-c", "local", cwd=tmp_path, **data)["local"] for _ in range(2)]

    assert [report["counts"] for report in reports] == [{"created": 3}, {"unchanged": 3}]


def test_publishing_to_a_server_works(lowest: Lowest, archive: Path, tmp_path: Path) -> None:
    with serving(lowest.venv, tmp_path / "data") as server:
        folder = write_clusters(tmp_path, served=server.address)
        reports = [lowest.venv.publish(str(archive), cwd=folder)["served"] for _ in range(2)]
        listed = json.loads(lowest.venv.call("hatch-flyte", "list", "--json", cwd=folder))

    assert [(report["counts"], report["uploaded"]) for report in reports] == [
        ({"created": 3}, True),
        ({"unchanged": 3}, False),
    ]
    assert len(listed[0]["entities"]) == 3


def test_a_cluster_that_is_away_is_tried_again_and_told(lowest: Lowest, archive: Path, tmp_path: Path) -> None:
    folder = write_clusters(tmp_path, away=NOBODY)

    report = lowest.venv.publish(str(archive), cwd=folder, code=UnreachableError.exit_code)["away"]

    assert NOBODY in report["error"]


def test_the_way_out_of_having_no_flytekit_fits_the_python(lowest: Lowest, tmp_path: Path) -> None:
    said = lowest.venv.call("hatch-flyte", "config", cwd=tmp_path)

    assert "lacks flytekit" in said
    assert ("build with a Python that flytekit supports" in said) == (lowest.python == "3.13"), said
    assert ("let the build install them" in said) == (lowest.python != "3.13"), said


def test_hatchling_of_the_floor_loads_the_hook(lowest: Lowest, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "acme"\nversion = "1.0"\n[tool.hatch.build.targets.wheel]\nbypass-selection = true\n'
        "[tool.hatch.build.targets.wheel.hooks.flyte]\n"
    )

    program = "from hatchling.build import get_requires_for_build_wheel as get; print(get())"
    asked = lowest.venv.call("python", "-c", program, cwd=tmp_path)
    # On a Python outside flytekit's own range the hook asks for nothing; there this shows only that it loads.
    assert ("flytekit" in asked) == (lowest.python != "3.13"), asked
