"""The hook for setuptools: an archive beside every wheel that is kept, in projects with the table [tool.hatch-flyte].

Translates setuptools' calls and errors; what is done with a wheel is `wheel_build`'s. setuptools loads this module in
every build of any project, where hatch-flyte is installed: without that table nothing else is imported or changed.
"""

from __future__ import annotations

import logging
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hatch_flyte.wheel_build import BuiltWheel, Project

_BUILD_META = "setuptools.build_meta"
"""The module of setuptools' PEP 517 backend, which has a `Distribution` of its own while it asks for requirements."""

_log = logging.getLogger("hatch_flyte")
"""setuptools configures logging: by `-q` and `-v`, warnings on standard error, the rest on standard output."""


class Distribution(Protocol):
    """What is used of `setuptools.Distribution`."""

    get_command_class: Callable[[str], type[Command]]
    install_requires: Sequence[str]
    extras_require: Mapping[str, Sequence[str]]
    dist_files: Sequence[tuple[str, str, str]]
    """Command, Python and path of everything that was built."""

    def get_name(self) -> str:
        """Return the name, as METADATA will have it."""
        ...

    def get_version(self) -> str:
        """Return the version, as METADATA will have it."""
        ...

    def fetch_build_eggs(self, requires: Sequence[str]) -> object:
        """Get what is needed to build; in `setuptools.build_meta`, end the run and ask the frontend for it."""
        ...


class Command(Protocol):
    """What is used of a command."""

    distribution: Distribution

    def run(self) -> None:
        """Do what the command is for."""
        ...


class WheelCommand(Command, Protocol):
    """What is used of `bdist_wheel`, whoever wrote it."""

    dist_dir: str


def finalize_distribution(distribution: Distribution) -> None:
    """Have `distribution` serialize the wheels that it builds, if its project says so.

    setuptools calls this for every `Distribution` that is made, before it has read pyproject.toml and setup.cfg (entry
    point group `setuptools.finalize_distribution_options`). The project is the current folder's, as for setuptools.
    """
    if not isinstance(distribution.get_command_class, _Commands) and _table(Path("pyproject.toml")) is not None:
        distribution.get_command_class = _Commands(distribution.get_command_class)


def _table(pyproject: Path) -> object:
    """Return what stands at `[tool.hatch-flyte]`, or None; an empty table where that cannot be read."""
    try:
        if b"hatch-flyte" not in pyproject.read_bytes():
            return None
    except OSError:
        return None
    from hatch_flyte.config.files import read_project
    from hatch_flyte.errors import ConfigError

    try:
        return read_project(pyproject.parent).tool_table
    except ConfigError:
        return {}  # whoever builds a wheel is told


class _Commands:
    """A distribution's `get_command_class`, with two commands changed, whoever else changes them.

    Looking commands up is the last moment: `cmdclass`, where others put theirs, is replaced when setuptools reads
    `[tool.setuptools.cmdclass]` or setup.cfg.
    """

    def __init__(self, given: Callable[[str], type[Command]]) -> None:
        self._given = given

    def __call__(self, command: str) -> type[Command]:
        found = self._given(command)
        if command == "bdist_wheel":
            return _serializing(found)
        if command == "egg_info":
            return _requiring(found)
        return found


@cache
def _serializing(bdist_wheel: type[Command]) -> type[Command]:
    """Return the command that serializes the wheel after `bdist_wheel` has built it."""

    def run(self: WheelCommand) -> None:
        bdist_wheel.run(self)
        from hatch_flyte.wheel_build import finish

        if wheel := _built(self):
            finish(_project(), wheel, _Host())

    return _derived(bdist_wheel, run)


@cache
def _requiring(egg_info: type[Command]) -> type[Command]:
    """Return the command that asks for requirements: `setuptools.build_meta` runs `egg_info` to learn of them."""

    def run(self: Command) -> None:
        if type(self.distribution).__module__ == _BUILD_META:
            _ask_for_requirements(self.distribution)
        egg_info.run(self)

    return _derived(egg_info, run)


def _derived(command: type[Command], run: Callable[[Any], None]) -> type[Command]:
    return type(command.__name__, (command,), {"run": run, "__module__": __name__, "__doc__": command.__doc__})


def _ask_for_requirements(distribution: Distribution) -> None:
    from hatch_flyte.errors import HatchFlyteError
    from hatch_flyte.frontend import is_wheel_request
    from hatch_flyte.wheel_build import abort, requirements

    if not is_wheel_request():
        return
    try:
        wanted = requirements(_project(), lambda: list(_own(distribution)))
    except HatchFlyteError as problem:
        abort(_Host(), problem)
    if wanted:
        distribution.fetch_build_eggs(wanted)


def _own(distribution: Distribution) -> Iterator[str]:
    """Yield the project's own requirements, wherever they stand.

    setuptools keeps some of those with a marker as an extra without a name (`:python_version < "3.11"`).
    """
    yield from distribution.install_requires
    for extra, requires in distribution.extras_require.items():
        name, _, marker = extra.partition(":")
        if not name:
            yield from (f"{requirement}; {marker}" for requirement in requires)


def _project() -> Project:
    from hatch_flyte.wheel_build import Project

    root = Path.cwd()
    return Project(root=root, tool_table=_table(root / "pyproject.toml"), hook_table={}, environ=os.environ)


def _built(command: WheelCommand) -> BuiltWheel | None:
    """Return the wheel that `command` has built; None if there is none, which is setuptools' to tell.

    Some commands rename the wheel that was built, or fetch one that somebody else has built, and don't record it.
    """
    from hatch_flyte.wheel_build import BuiltWheel

    distribution = command.distribution
    recorded = [Path(path) for kind, _, path in distribution.dist_files if kind == "bdist_wheel"]
    there = [path.absolute() for path in recorded if path.exists()] or _by_age(Path(command.dist_dir).absolute())
    name, version = distribution.get_name(), distribution.get_version()
    return BuiltWheel(path=there[-1], folder=_final_folder(there[-1]), name=name, version=version) if there else None


def _by_age(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.whl"), key=lambda path: path.stat().st_mtime_ns)


def _final_folder(wheel: Path) -> Path:
    """Return where a wheel lands: `setuptools.build_meta` builds in a temporary folder and moves it to the parent."""
    from hatch_flyte.frontend import calling_functions

    return wheel.parent.parent if "_build_with_temp_dir" in calling_functions() else wheel.parent


class _Host:
    """setuptools, as `wheel_build.Host`."""

    info = staticmethod(_log.info)
    debug = staticmethod(_log.debug)
    warning = staticmethod(_log.warning)

    def abort(self, text: str, code: int) -> NoReturn:
        """End the build: what setuptools makes of an exception is a traceback, and of its own errors one line."""
        sys.stdout.flush()
        sys.stderr.write(f"{text}\n")
        raise SystemExit(code)
