"""`publish --build` with the build hook: the frontend installs hatch-flyte for it, as for any build."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Protocol

import pytest
from support_backends import BACKENDS, Backend
from support_project import TOOLS, Project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support_machine import Venv

pytestmark = pytest.mark.flytekit
HATCHLING = BACKENDS[0]
OTHERS = [pytest.param(backend, marks=pytest.mark.long) for backend in BACKENDS[1:]]


class Command(Protocol):
    """Runs `hatch-flyte`, of an environment without flytekit, in a project; a frontend is on PATH."""

    def __call__(self, project: Project, *arguments: str, code: int = 0) -> str: ...


@pytest.fixture
def hatch_flyte(bare: Venv) -> Command:
    def run(project: Project, *arguments: str, code: int = 0) -> str:
        path = f"{TOOLS}{os.pathsep}{project.environ['PATH']}"
        return project.run(str(bare.folder / "bin" / "hatch-flyte"), *arguments, code=code, PATH=path)

    return run


@pytest.mark.parametrize("backend", [HATCHLING, *OTHERS], ids=str)
def test_every_backend_builds_and_publishes_in_one_command(
    backend: Backend, tmp_path: Path, environ: Mapping[str, str], hatch_flyte: Command
) -> None:
    project = backend.project(tmp_path / "project", environ)
    publish = ("publish", "--build", "-c", "local", "--version", "content")

    assert hatch_flyte(project, *publish).endswith("local: 3 created\n")
    assert hatch_flyte(project, *publish, "--dry-run").endswith("local: 3 unchanged; nothing to do\n")
    assert not project.dist.exists()


def test_the_hooks_refusal_ends_the_publish(tmp_path: Path, environ: Mapping[str, str], hatch_flyte: Command) -> None:
    project = HATCHLING.project(tmp_path / "project", environ)
    project.edit("src/acme_ferry/crossings.py", "from flytekit", "import nothing_of_this_name\nfrom flytekit")

    said = hatch_flyte(project, "publish", "--build", "-c", "local", code=3)

    assert "nothing_of_this_name" in said.rpartition("error: ")[2]
    assert json.loads(hatch_flyte(project, "list", "-c", "local", "--json"))[0]["entities"] == []
