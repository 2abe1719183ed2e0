"""The files that configuration stands in: pyproject.toml, hatch.toml and the user's Hatch configuration.

The one module of the configuration that reads files. Knows where tables stand, not what they may hold.
"""

from __future__ import annotations

import codecs
import contextlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatch_flyte.config.keys import Place
from hatch_flyte.config.spots import TableSpot
from hatch_flyte.distribution import Distribution
from hatch_flyte.errors import ConfigError, Problem

if TYPE_CHECKING:
    from packaging.requirements import Requirement

PYPROJECT = "pyproject.toml"
HATCH = "hatch.toml"
USER_SPOT = TableSpot(Place.USER, "publish.flyte", "Hatch's config.toml")
TOOL_SPOT = TableSpot(Place.TOOL, "tool.hatch-flyte", PYPROJECT)
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""What some editors and PowerShell put before a text."""


@dataclass(frozen=True, slots=True)
class ProjectFiles:
    """A project's two files, as tables; empty where there is no such file."""

    pyproject: Mapping[str, Any]
    hatch: Mapping[str, Any]

    @property
    def tool_table(self) -> object:
        """What stands at `[tool.hatch-flyte]`, or None."""
        return _dig(self.pyproject, "tool", "hatch-flyte")

    @property
    def distribution(self) -> Distribution:
        """What `[project]` says is built; empty is what it leaves out, or to the build backend."""
        name, version = (_dig(self.pyproject, "project", key) for key in ("name", "version"))
        return Distribution(name if isinstance(name, str) else "", version if isinstance(version, str) else "")

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """What `[project]` requires at run time, as far as it says so itself."""
        from packaging.requirements import InvalidRequirement, Requirement

        found, listed = [], _dig(self.pyproject, "project", "dependencies")
        for line in listed if isinstance(listed, list) else []:
            with contextlib.suppress(InvalidRequirement, TypeError):  # the build backend says so
                found.append(Requirement(line))
        return tuple(found)

    def hook(self) -> tuple[TableSpot, object]:
        """Return where the build hook's table stands, and it, or None.

        The wheel target's table replaces the one for all targets (hatchling).
        """
        for path in (("targets", "wheel", "hooks", "flyte"), ("hooks", "flyte")):
            spot, table = self._table(Place.HOOK, "build", *path)
            if table is not None:
                return spot, table
        return self._table(Place.HOOK, "build", "targets", "wheel", "hooks", "flyte")

    def publisher(self) -> tuple[TableSpot, object]:
        """Return where the publisher's table stands, and it, or None."""
        return self._table(Place.PUBLISH, "publish", "flyte")

    @property
    def build_directory(self) -> str:
        """Hatch's folder for what it builds, relative to the project; `dist` also where another backend builds."""
        for path in (("targets", "wheel", "directory"), ("directory",)):
            directory = self._table(Place.HOOK, "build", *path)[1]
            if isinstance(directory, str):
                return directory
        return "dist"

    def _table(self, place: Place, first: str, *path: str) -> tuple[TableSpot, object]:
        # hatch.toml replaces tables of [tool.hatch] at the top level, and merges nothing below it.
        dotted = ".".join((first, *path))
        if first in self.hatch:
            return TableSpot(place, dotted, HATCH), _dig(self.hatch, first, *path)
        return TableSpot(place, f"tool.hatch.{dotted}", PYPROJECT), _dig(self.pyproject, "tool", "hatch", first, *path)


def find_root() -> Path:
    """Return the folder of the project that the current folder is in: the nearest with a pyproject.toml, as for Hatch.

    It is the current one (as `Path()`) if that has one, or none has.
    """
    here = Path()
    if (here / PYPROJECT).is_file():
        return here
    above = here.absolute().parents
    return next((folder for folder in above if (folder / PYPROJECT).is_file()), here)


def read_project(root: Path) -> ProjectFiles:
    """Read the files of the project in `root`; a missing one is empty.

    Raises `ConfigError` for each one that is no TOML or cannot be read.
    """
    problems: list[Problem] = []
    files = ProjectFiles(_read_toml(root / PYPROJECT, problems), _read_toml(root / HATCH, problems))
    if problems:
        raise ConfigError(problems)
    return files


def read_user_table(environ: Mapping[str, str]) -> object:
    """Return what stands at `[publish.flyte]` of the user's Hatch configuration, or None.

    It is the file that `HATCH_CONFIG` names, else the one that `hatch config find` shows. Raises `ConfigError`.
    """
    problems: list[Problem] = []
    path = user_file(environ)
    if environ.get("HATCH_CONFIG") and not path.is_file():
        problems.append(Problem("HATCH_CONFIG", f"expected a file (got {str(path)!r})"))
    table = _read_toml(path, problems)
    if problems:
        raise ConfigError(problems)
    return _dig(table, "publish", "flyte")


def user_file(environ: Mapping[str, str]) -> Path:
    """Return where the user's Hatch configuration stands, or would."""
    return Path(environ.get("HATCH_CONFIG") or _default_user_file())


def _default_user_file() -> Path:
    from platformdirs import user_config_dir

    return Path(user_config_dir("hatch", appauthor=False), "config.toml")


def _read_toml(path: Path, problems: list[Problem]) -> Mapping[str, Any]:
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as problem:
        problems.append(Problem(str(path), f"cannot be read ({problem.strerror})"))
        return {}
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    if data.startswith(_MARKS):
        what = "expected UTF-8 without a byte-order mark (got one at the beginning: save the file without it)"
        problems.append(Problem(str(path), what))
        return {}
    try:
        table: dict[str, Any] = tomllib.loads(data.decode())
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        problems.append(Problem(str(path), f"expected UTF-8 (got byte 0x{data[problem.start]:02x} in line {line})"))
    except tomllib.TOMLDecodeError as problem:
        problems.append(Problem(str(path), f"expected TOML ({problem})"))
    else:
        return table
    return {}


def _dig(table: Mapping[str, Any], *path: str) -> object:
    found: object = table
    for key in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found
