"""What the pages tell a reader to write and to type is written and typed, page by page, and does what they say."""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from flyteidl.admin.project_pb2 import Project as ProjectMessage
from support_machine import LOOPBACK, TOOLS, serving, tool, watching
from support_pages import Command, blocks, commands, says
from unreleased import CHECKOUT

from hatch_flyte.registry.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support_machine import Venv
    from support_project import Project

pytestmark = [pytest.mark.flytekit, pytest.mark.long]

PORT = "30080"
"""The port that pages name; a free one stands for it."""
BEGINS = "\N{BLACK RIGHT-POINTING POINTER} "
"""Begins the line that the script writes before a command."""

ENDPOINTS = ("dns:///flyte.staging.acme.io", "dns:///flyte.acme.io")
METADATA = '[project]\nname = "acme"\nversion = "1.0"\ndependencies = ["flytekit"]\n'
WORKFLOWS = """\
from flytekit import task


@task
def load() -> int:
    return 1
"""


@dataclass
class Reader:
    """Somebody who follows a page in a folder, in one shell."""

    folder: Path
    environ: Mapping[str, str]
    first: tuple[str, ...] = ()
    """Folders of programs that come before those of the tests' own environment."""

    def follow(self, page: str) -> None:
        """Do what `page` says, and check what it says of it."""
        lines = ["trap 'kill $(jobs -p) 2> /dev/null || true' EXIT"]
        steps: list[Command] = []
        for block in blocks(CHECKOUT / page):
            if block.file:
                lines.append(f"mkdir -p $(dirname {block.file}) && cat > {block.file} << 'END'\n{block.text}END")
            for command in commands(block) if block.language == "console" else ():
                lines.append(_entered(len(steps), command))
                steps.append(command)
        said = self._run("\n".join(lines).replace(PORT, str(free_port())))
        outputs = said.split(BEGINS)[1:]
        assert len(outputs) == len(steps)
        for step, output in zip(steps, outputs, strict=True):
            assert says(step.output.replace(PORT, "…"), output.partition("\n")[2]), f"{step}\n{output}"

    def _run(self, script: str) -> str:
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env={**self.environ, "PATH": os.pathsep.join([*self.first, str(TOOLS), self.environ["PATH"]])},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


def _entered(number: int, command: Command) -> str:
    """Return what is run for a command, with a mark before its output."""
    line = command.line.replace("pip install", f"{shlex.quote(tool('uv'))} pip install -q", 1)
    if line.startswith("hatch-flyte serve"):
        # A second terminal: what a server says comes when clients can connect, or not at all.
        line = (
            f"{{ {line} > serve.log 2>&1 & }}; "
            "until grep -q ready serve.log || ! kill -0 $!; do sleep 0.05; done; cat serve.log"
        )
    return f"echo '{BEGINS}{number}'\n{line}\ncode=$?; test $code = {command.code} || exit 99"


def free_port() -> int:
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        return int(one.getsockname()[1])


EMPTY_FOLDER = [
    "docs/tutorial.md",
    "docs/how-to/other-backends.md",
    "docs/how-to/setuptools.md",
    "docs/how-to/testing.md",
    "docs/how-to/share-a-registry.md",
    "docs/how-to/release-and-roll-back.md",
]


@pytest.mark.parametrize("page", EMPTY_FOLDER)
def test_a_page_that_begins_in_an_empty_folder_does_what_it_says(
    anywhere: Path, environ: dict[str, str], page: str
) -> None:
    Reader(anywhere, environ).follow(page)


def test_the_examples_own_page_does_what_it_says(project: Project) -> None:
    project.run(tool("uv"), "venv", "-q", "--python", sys.executable, ".venv")
    environment = project.root / ".venv"
    environ = {**project.environ, "VIRTUAL_ENV": str(environment)}

    Reader(project.root, environ, (str(environment / "bin"),)).follow("example_project/README.md")


@pytest.fixture
def acme(anywhere: Path) -> Path:
    """A project with what the README has a user add to it."""
    [table] = [block.text for block in blocks(CHECKOUT / "README.md") if block.language == "toml"]
    (anywhere / "pyproject.toml").write_text(f"{table}\n{METADATA}")
    (anywhere / "acme").mkdir()
    (anywhere / "acme" / "__init__.py").touch()
    (anywhere / "acme" / "workflows.py").write_text(WORKFLOWS)
    return anywhere


def test_the_readmes_lines_make_a_project_that_does_what_the_pages_say(
    acme: Path, environ: dict[str, str], bare: Venv, tmp_path: Path
) -> None:
    with contextlib.closing(Store(tmp_path / "served")) as store:
        store.insert_project(ProjectMessage(id="pipelines", name="pipelines"))
    with serving(bare, tmp_path / "served") as server:
        table = (acme / "pyproject.toml").read_text()
        for endpoint in ENDPOINTS:
            assert endpoint in table
            table = table.replace(endpoint, server.address)
        (acme / "pyproject.toml").write_text(table)
        for page in ("README.md", "docs/how-to/ci.md", "docs/local-registry.md"):
            Reader(acme, environ).follow(page)
    with watching(tmp_path / "served") as registry:
        assert registry.count() == len(ENDPOINTS)
