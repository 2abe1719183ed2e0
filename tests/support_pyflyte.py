"""The unmodified `pyflyte`, as people use it on the contents of a wheel."""

from __future__ import annotations

import os
import subprocess
import zipfile
from typing import TYPE_CHECKING

from support_machine import tool
from unreleased import clean_environ

if TYPE_CHECKING:
    from pathlib import Path

MODULE = "harbour_weather"
IMAGE = "ghcr.io/acme/harbour-weather:0.3.0"
"""What the example's configuration makes of its version."""


def unpack(wheel: Path, folder: Path) -> Path:
    """Unpack a wheel into `folder` and return it."""
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)  # the tests built it
    return folder


def pyflyte(*arguments: str, tree: Path, **variables: str) -> str:
    """Run `pyflyte` in `tree`; return what it said on both streams."""
    done = subprocess.run(
        [tool("pyflyte"), *arguments],
        cwd=tree,
        # TMPDIR: it leaves folders behind.
        env={**clean_environ(os.environ), "TMPDIR": str(tree.parent), "PYTHONWARNINGS": "", **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def pyflyte_package(tree: Path, output: Path, *, copy: str = "none") -> Path:
    """Write what `pyflyte package` makes of the project in `tree`; `copy` is `none` or `all`."""
    pyflyte(
        "--pkgs", MODULE, "package", "--source", str(tree), "--output", str(output), "--image", IMAGE, "--copy", copy,
        tree=tree,
    )  # fmt: skip
    return output
