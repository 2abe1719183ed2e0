"""Small real projects, each built once with hatchling and packaged: what that must give, or say.

`layouts/NAME/expected.toml` says it, with these keys:

- `about`: what is odd about the project.
- `gives`: each entity as `KIND NAME FILE:LINE`, with `outside` for what the wheel does not hold; all of them.
- `archive`, `image`, `bundle`: the archive's name, the default image, the bundle's files without the metadata.
- `warns`, `prints`: fragments of what is warned of, and of what the modules themselves print. Without `warns`: nothing.
- `says`, `code`: fragments of the error, and the exit code. There is no archive then.
- `project`: the folder of the project, in a monorepo.
- `long`: whether the short run leaves it out, since others show nearly the same.

What lies in a project's `environment` is installed in its `.venv`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from unreleased import clean_environ

from hatch_flyte.archive_reader import read_archive
from hatch_flyte.bundle_reader import read_bundle

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet

    from hatch_flyte.archive import Archive
    from hatch_flyte.manifest import ManifestEntity

pytestmark = pytest.mark.flytekit

LAYOUTS = Path(__file__).parent / "layouts"
BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"


def copy_of(layout: str, folder: Path) -> Path:
    """Copy a layout and make its environment; return the project's folder."""
    root = folder / "project"
    shutil.copytree(LAYOUTS / layout, root, symlinks=True)
    project = root / str(expectation(layout).get("project", "."))
    if (project / "environment").is_dir():
        make_environment(project, root)
    return project


def make_environment(project: Path, root: Path) -> None:
    """Make the project's `.venv`: what lies in `environment` is installed there, besides all that is installed here."""
    lib = project / ".venv" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    shutil.copytree(project / "environment", lib)
    (lib / "zz_here.pth").write_text(sysconfig.get_path("purelib"))
    for record in lib.glob("*/direct_url.json"):
        record.write_text(record.read_text().replace("{root}", str(root)))
    home = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    (project / ".venv" / "pyvenv.cfg").write_text(f"home = {home.parent}\n")
    (project / ".venv" / "bin").mkdir()
    (project / ".venv" / "bin" / "python").symlink_to(home)


def expectation(layout: str) -> dict[str, Any]:
    expected: dict[str, Any] = tomllib.loads((LAYOUTS / layout / "expected.toml").read_text(encoding="utf-8"))
    return expected


def run(project: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env={**clean_environ(os.environ), **coverage(), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def coverage() -> dict[str, str]:
    """Return the variables by which the run's coverage is counted."""
    return {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}


def package(project: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the project's wheel with hatchling, and package it."""
    built = run(project, "-c", BUILD, str(folder / "dist"))
    assert built.returncode == 0, built.stderr
    [wheel] = (folder / "dist").glob("*.whl")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    variables = {"PYTHON_WITH_FLYTEKIT": sys.executable, "ELSEWHERE": str(elsewhere)}  # for a command of a layout
    done = run(project, "-m", "hatch_flyte", "package", str(wheel), **variables)
    assert list(elsewhere.iterdir()) == []
    return done


def described(entity: ManifestEntity) -> str:
    name = re.sub(r"(?<=\.map_double_)\w+-arraynode$", "*", entity.name)
    place = f"{entity.source}:{entity.line}" if entity.source else "outside"
    return f"{entity.kind.value} {name} {place}"


def one_line(text: str) -> str:
    return " ".join(text.split())


def check_archive(archive: Archive, expected: dict[str, Any]) -> None:
    assert archive.manifest is not None
    assert sorted(map(described, archive.manifest.entities)) == sorted(expected["gives"])
    if "bundle" in expected:
        assert archive.bundle is not None
        files = sorted(file.name for file in read_bundle(archive.bundle))
        assert [name for name in files if ".dist-info/" not in name] == expected["bundle"]
    if "image" in expected:
        assert archive.manifest.images["default"] == expected["image"]


def layouts() -> list[ParameterSet]:
    names = sorted(path.parent.name for path in LAYOUTS.glob("*/expected.toml"))
    return [pytest.param(name, marks=[pytest.mark.long] if expectation(name).get("long") else []) for name in names]


@pytest.mark.parametrize("layout", layouts())
def test_a_layout_gives_what_it_must_or_says_why_not(layout: str, tmp_path: Path) -> None:
    expected = expectation(layout)
    done = package(copy_of(layout, tmp_path), tmp_path)
    said = one_line(done.stderr)

    assert done.returncode == expected.get("code", 0), done.stderr
    for fragment in [*expected.get("says", []), *expected.get("warns", []), *expected.get("prints", [])]:
        assert one_line(fragment) in said, done.stderr
    assert "Traceback" not in said
    archives = sorted(path.name for path in (tmp_path / "dist").glob("*.tgz"))
    if "says" in expected:
        assert archives == []
        return
    assert bool(re.search("^warning: ", done.stderr, re.MULTILINE)) is ("warns" in expected), done.stderr
    assert archives == [expected.get("archive", "acme-1.0-flyte.tgz")]
    check_archive(read_archive(tmp_path / "dist" / archives[0]), expected)
