"""One small project for each build backend: the same distribution, with the same entities, whoever builds it."""

from __future__ import annotations

import sys
import sysconfig
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from support_project import Project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME = "acme_ferry-1.2"
SDIST = f"{NAME}.tar.gz"
ARCHIVE = f"{NAME}-flyte.tgz"

CROSSINGS = """
from flytekit import task, workflow

@task
def double(a: int) -> int:
    return 2 * a

@workflow
def crossing(a: int = 2) -> int:
    return double(a=a)
"""
ENTITIES = "1 task, 1 workflow, 1 launch plan"

METADATA = """
[project]
name = "acme-ferry"
version = "1.2"
description = "Ferries."
requires-python = ">=3.10"
dependencies = ["flytekit"]
optional-dependencies = { more = ["rich"] }
"""

QUICK = f"""
python = {sys.executable!r}
load-check = false
"""
"""An interpreter that has flytekit is named, so that not every build installs it."""
CONFIGURATION = f"""
[tool.hatch-flyte]
image = "ghcr.io/acme/ferry:{{version}}"{QUICK}"""

SETUP_CFG = """
[metadata]
name = acme-ferry
version = 1.2
[options]
package_dir =
    = src
packages = find:
python_requires = >=3.10
install_requires =
    flytekit
[options.extras_require]
more = rich
[options.packages.find]
where = src
"""
SETUP_PY = """
from setuptools import find_packages, setup

setup(
    name="acme-ferry",
    version="1.2",
    package_dir={"": "src"},
    packages=find_packages("src"),
    python_requires=">=3.10",
    install_requires=["flytekit"],
    extras_require={"more": ["rich"]},
)
"""

SPEED_C = """
#include <Python.h>

static PyObject *knots(PyObject *self, PyObject *arguments) { return PyLong_FromLong(21); }

static PyMethodDef methods[] = {{"knots", knots, METH_NOARGS, "Speed of a ferry."}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_speed", NULL, -1, methods};

PyMODINIT_FUNC PyInit__speed(void) { return PyModule_Create(&module); }
"""
CMAKE = """
cmake_minimum_required(VERSION 3.18...3.30)
project(acme_ferry LANGUAGES C)
find_package(Python COMPONENTS Interpreter Development.Module REQUIRED)
Python_add_library(_speed MODULE WITH_SOABI src/_speed.c)
install(TARGETS _speed DESTINATION acme_ferry)
"""

HERE = sysconfig.get_platform().replace("-", "_").replace(".", "_")
THIS = f"cp{sys.version_info.major}{sys.version_info.minor}"
PLATFORM_TAG = f"{THIS}-{THIS}-{HERE}"


LEGACY = "setuptools.build_meta:__legacy__"
"""What is meant where no backend is named (PEP 517), which `hatch build` does not understand."""


def build_system(requires: str, backend: str) -> str:
    """Return the table of a backend."""
    return f'[build-system]\nrequires = {requires}\nbuild-backend = "{backend}"\n'


@dataclass(frozen=True)
class Backend:
    """A backend, and what its project has beside the package."""

    name: str
    files: Mapping[str, str]
    column: str = "any"
    """Its column in the table of what frontends leave."""
    tag: str = "py3-none-any"
    requires: tuple[str, ...] = field(default=())
    """What has to be installed to build without isolation, beside hatch-flyte."""

    def __str__(self) -> str:
        return self.name

    @property
    def wheel(self) -> str:
        return f"{NAME}-{self.tag}.whl"

    def project(self, root: Path, environ: Mapping[str, str]) -> Project:
        """Write the project to `root`."""
        contents = {"src/acme_ferry/__init__.py": '"""Ferries."""\n', "src/acme_ferry/crossings.py": CROSSINGS}
        for name, text in {**contents, **self.files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.lstrip("\n"))
        return Project(root, environ)


def _pyproject(requires: str, backend: str, more: str = "", metadata: str = METADATA) -> dict[str, str]:
    return {"pyproject.toml": build_system(requires, backend) + metadata + CONFIGURATION + more}


HOOK = "\n[tool.hatch.build.targets.wheel.hooks.flyte]\n"
OURS = '["setuptools", "hatch-flyte"]'

BACKENDS = [
    Backend(
        "hatchling",
        _pyproject('["hatchling", "hatch-flyte"]', "hatchling.build", HOOK),
        column="hatchling",
        requires=("hatchling",),
    ),
    Backend(
        "setuptools, pyproject.toml",
        _pyproject(OURS, "setuptools.build_meta"),
        column="setuptools",
        requires=("setuptools",),
    ),
    Backend(
        "setuptools, setup.cfg",
        {**_pyproject(OURS, "setuptools.build_meta", metadata=""), "setup.cfg": SETUP_CFG},
        column="setuptools",
        requires=("setuptools",),
    ),
    Backend(
        "setuptools, setup.py",
        {**_pyproject(OURS, LEGACY, metadata=""), "setup.py": SETUP_PY},
        column="setuptools",
        requires=("setuptools",),
    ),
    Backend("flit", _pyproject('["flit_core>=3.11"]', "flit_core.buildapi"), requires=("flit_core>=3.11",)),
    Backend("poetry", _pyproject('["poetry-core>=2"]', "poetry.core.masonry.api"), requires=("poetry-core>=2",)),
    Backend("pdm", _pyproject('["pdm-backend"]', "pdm.backend"), requires=("pdm-backend",)),
    Backend("uv", _pyproject('["uv_build>=0.9"]', "uv_build"), requires=("uv_build>=0.9",)),
    Backend(
        "scikit-build",
        {
            **_pyproject('["scikit-build-core>=0.11"]', "scikit_build_core.build"),
            "CMakeLists.txt": CMAKE,
            "src/_speed.c": SPEED_C,
        },
        tag=PLATFORM_TAG,
        requires=("scikit-build-core>=0.11",),
    ),
]


HARBOUR = """
[project]
name = "acme-harbour"
version = "0.7"
"""
SOURCES = "[tool.uv.sources]\nacme-harbour = { workspace = true }\n"


def workspace(root: Path, environ: Mapping[str, str], backend: Backend) -> Project:
    """Write a workspace of uv: `packages/ferry`, a backend's project, imports `packages/harbour`, its neighbour.

    No interpreter is configured: what the ferry requires has to be installed to build it.
    """
    ferry = backend.project(root / "packages" / "ferry", environ)
    ferry.edit("pyproject.toml", QUICK, f"\n{SOURCES}")
    ferry.edit("pyproject.toml", '["flytekit"]', '["flytekit", "acme-harbour"]')
    ferry.edit("src/acme_ferry/crossings.py", "from flytekit", "from acme_harbour import DEPTH\nfrom flytekit")
    harbour = root / "packages" / "harbour"
    (harbour / "src" / "acme_harbour").mkdir(parents=True)
    (harbour / "src" / "acme_harbour" / "__init__.py").write_text("DEPTH = 7\n")
    (harbour / "pyproject.toml").write_text(build_system('["hatchling"]', "hatchling.build") + HARBOUR)
    (root / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    return Project(root, environ)


EXTENSION = """
from setuptools import Extension, setup

setup(ext_modules=[Extension("acme_ferry._speed", ["src/_speed.c"])])
"""


def platform_project() -> Backend:
    """Return a project of setuptools whose wheel is for this Python and machine: a task imports an extension."""
    files = {
        **_pyproject(OURS, "setuptools.build_meta"),
        "setup.py": EXTENSION,
        "src/_speed.c": SPEED_C,
        "src/acme_ferry/crossings.py": CROSSINGS + "\nfrom acme_ferry._speed import knots\nassert knots() == 21\n",
    }
    return Backend("setuptools, extension", files, tag=PLATFORM_TAG)
