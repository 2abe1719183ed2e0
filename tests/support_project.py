"""A copy of the example project, as its user works with it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unreleased import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOOLS = Path(sys.executable).parent


@dataclass
class Project:
    """A copy of the example project, and the environment its user works in."""

    root: Path
    environ: Mapping[str, str]

    @property
    def dist(self) -> Path:
        return self.root / "dist"

    def names(self, folder: Path | None = None) -> set[str]:
        """Return the names in `folder` (`dist` by default), but for uv's own `.gitignore`."""
        where = folder or self.dist
        return {path.name for path in where.iterdir()} - {".gitignore"} if where.is_dir() else set()

    def run(self, *command: str, code: int = 0, **variables: str) -> str:
        """Run a tool in the project; return what it said on both streams. `code` is the exit code it must have."""
        executable = TOOLS / command[0]
        words = [str(executable) if executable.exists() else command[0], *command[1:]]
        return said(words, code=code, cwd=self.root, env={**self.environ, **variables})

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace `old`, which must be there, in a file of the project."""
        path = self.root / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


def said(command: Sequence[str], *, code: int = 0, **options: Any) -> str:
    """Run a command; return what it said on both streams. `code` is the exit code it must have."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **options,
    )
    assert done.returncode == code, done.stdout
    return str(done.stdout)


def copy_of_example(root: Path, environ: Mapping[str, str]) -> Project:
    """Copy the example project to `root`."""
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("dist", ".venv", "__pycache__", ".*_cache"))
    return Project(root, environ)
