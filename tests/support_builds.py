"""Projects with a build backend of their own (PEP 517, in the tree): built for real, with nothing to download."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from support_backends import CROSSINGS
from unreleased import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

BACKEND = """
import pathlib
from support_wheels import WheelSource, build_wheel as write

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    print("the backend was here")
    files = {str(path): path.read_text() for path in sorted(pathlib.Path().glob("acme_*/*.py"))}
    return write(pathlib.Path(wheel_directory), WheelSource(files, name=NAME, version="1.2")).name
"""

FAILING = """
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    raise SystemExit("the backend has no wheel today")
"""


def project_with_backend(root: Path, name: str = "acme-ferry", *, backend: str = BACKEND, more: str = "") -> Path:
    """Write a project to `root` whose wheel has a task and a workflow, and no hook; `more` configures it."""
    module = name.replace("-", "_")
    files = {
        "pyproject.toml": f"""
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = {name!r}
version = "1.2"
[tool.hatch-flyte]
image = "ghcr.io/acme/ferry:{{version}}"
python = {sys.executable!r}
load-check = false
{more}""",
        "backend.py": f"NAME = {name!r}\n{backend}",
        f"{module}/__init__.py": "",
        f"{module}/crossings.py": CROSSINGS,
    }
    for file, text in files.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    shutil.copy(CHECKOUT / "tests" / "support_wheels.py", root)
    return root
