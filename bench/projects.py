"""Synthetic projects of a given size, the same for hatch-flyte and for its peers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = "ghcr.io/acme/load:1.0"
"""What `image` in the projects becomes."""
NODES = 10
"""Nodes of a workflow."""
TASKS_PER_MODULE = 40

_PYPROJECT = """\
[build-system]
requires = ["hatchling", "hatch-flyte"]
build-backend = "hatchling.build"

[project]
name = "load"
version = "1.0"

[tool.hatch.build.targets.wheel.hooks.flyte]

[tool.hatch-flyte]
image = "ghcr.io/acme/load:{version}"
"""


@dataclass(frozen=True)
class Size:
    """How many entities a project has; each workflow brings its default launch plan."""

    tasks: int
    workflows: int

    @property
    def entities(self) -> int:
        """Tasks, workflows and launch plans."""
        return self.tasks + 2 * self.workflows


SIZES = {30: Size(24, 3), 240: Size(192, 24), 1000: Size(800, 100), 5000: Size(4000, 500)}
PUBLISHED = {240: (0.0, 0.02, 0.05), 1000: (0.0, 0.05)}
"""Those that are published too, with round-trip times in seconds: what a peer takes for more is minutes of waiting."""


def write_project(root: Path, size: Size) -> None:
    """Write a project of `size` into `root`: a package `load` of modules with tasks, and one with workflows."""
    package = root / "load"
    package.mkdir(parents=True)
    (root / "pyproject.toml").write_text(_PYPROJECT)
    (package / "__init__.py").write_text("")
    for first in range(0, size.tasks, TASKS_PER_MODULE):
        numbers = range(first, min(first + TASKS_PER_MODULE, size.tasks))
        (package / f"tasks{first // TASKS_PER_MODULE:03}.py").write_text(_tasks(numbers))
    (package / "workflows.py").write_text(_workflows(size))


def _tasks(numbers: range) -> str:
    functions = (
        f'@task(retries=2)\ndef step{number}(a: int, b: str = "x") -> int:\n    """Step {number}."""\n    return a\n'
        for number in numbers
    )
    return "from flytekit import task\n\n" + "\n\n".join(functions)


def _workflows(size: Size) -> str:
    modules = sorted({number // TASKS_PER_MODULE for number in range(size.tasks)})
    lines = ["from flytekit import workflow", *(f"from load import tasks{module:03}" for module in modules), ""]
    for index in range(size.workflows):
        lines += ["@workflow", f"def flow{index}(a: int) -> int:", "    x0 = a"]
        for node in range(NODES):
            number = (index * NODES + node) % size.tasks
            call = f"tasks{number // TASKS_PER_MODULE:03}.step{number}"
            lines.append(f'    x{node + 1} = {call}(a=x{node}, b="b")')
        lines += [f"    return x{NODES}", ""]
    return "\n".join(lines)
