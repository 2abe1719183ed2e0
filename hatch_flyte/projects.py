"""Which projects one call publishes: a folder with a pyproject.toml is one, with its own configuration and archives.

Knows neither archives nor registries.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hatch_flyte.config.files import PYPROJECT
from hatch_flyte.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from hatch_flyte.archive import Archive
    from hatch_flyte.config import Config, Target
    from hatch_flyte.registry.port import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project, and what is to be published of it."""

    config: Config
    paths: tuple[Path, ...] = ()
    """Archives, and folders to look for the project's archives in; none: its build directory."""
    dynamic_version: Callable[[], str] = str
    """Is asked for the project's version if pyproject.toml has none; what it doesn't know is empty."""
    archives: tuple[Archive, ...] = ()
    """Archives that were read already; they come before those at `paths`."""
    targets: tuple[Target, ...] = ()
    """Where to publish to; none: in the clusters that the configuration chooses."""
    open_registry: Callable[[Target], Registry] | None = None
    """How to reach a target; None: as its table says."""
    label: str = ""
    """How messages call it; empty where it is the only one."""


def projects_of(paths: Sequence[Path], root: Path, make: Callable[[Path], Project]) -> list[Project]:
    """Return the projects that `paths` name, in their order, each folder once.

    A folder with a pyproject.toml is a project. Other paths, and no path at all, belong to the project in `root`; those
    that follow each other stay together. `make` makes the project in a folder and may raise `ConfigError`; the problems
    of all of them are raised at once.
    """
    groups: list[tuple[Path, list[Path]]] = []
    for path in _each_once(paths):
        if _is_project(path):
            groups.append((path, []))
        elif groups and groups[-1][1]:
            groups[-1][1].append(path)
        else:
            groups.append((root, [path]))
    if len(groups) <= 1:
        folder, own = groups[0] if groups else (root, [])
        return [replace(make(folder), paths=tuple(own))]
    collected = Collected()
    made = {}
    for folder in dict.fromkeys(folder for folder, _ in groups):
        with collected.of(str(folder)):
            made[folder] = replace(make(folder), label=str(folder))
    collected.finish()
    return [replace(made[folder], paths=tuple(own)) for folder, own in groups]


def _is_project(path: Path) -> bool:
    return (path / PYPROJECT).is_file()


def _each_once(paths: Sequence[Path]) -> list[Path]:
    """Return `paths` without projects that are named again; what becomes of an archive that is, is its own affair."""
    seen = set()
    kept = []
    for path in paths:
        place = path.resolve()
        if not _is_project(path) or place not in seen:
            kept.append(path)
        seen.add(place)
    return kept


class Collected:
    """The `ConfigError`s of several projects, to be raised as one, each problem after its project's name."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._hints: list[str] = []

    @contextlib.contextmanager
    def of(self, label: str) -> Iterator[None]:
        """Keep what the block raises for `finish`; `label` is the project's name, empty where it is the only one."""
        try:
            yield
        except ConfigError as error:
            place = f"{label}: " if label else ""
            self._problems += [Problem(f"{place}{problem.where}", problem.what) for problem in error.problems]
            self._hints.append(error.hint)

    def finish(self) -> None:
        """Raise what was kept, if anything was."""
        if self._problems:
            raise ConfigError(self._problems, hint="\n".join(dict.fromkeys(filter(None, self._hints))))
