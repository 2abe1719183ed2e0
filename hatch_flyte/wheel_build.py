"""What a build backend's hook does with a wheel: what to ask for before it is built, what becomes of it afterwards.

The part that hatchling's and setuptools' hooks share. Knows neither of them: a hook says what it knows of the project
and the wheel, and shows its user what is told here (`Host`).
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from hatch_flyte.archive import archive_name
from hatch_flyte.errors import HatchFlyteError
from hatch_flyte.frontend import (
    FLYTEKIT_PYTHON_END,
    calling_command,
    is_thrown_away,
    keeps_wheels_only,
    surroundings,
    will_be_thrown_away,
)
from hatch_flyte.signals import INTERRUPTED, as_ctrl_c

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from hatch_flyte.config import Config
    from hatch_flyte.package import Packaged

_LOST_BESIDE = (
    "flyte: {name} is not serialized: `hatch build` keeps nothing but the wheel of a backend that is not hatchling.\n"
    'Name a folder for the archive (`output-dir = "dist"` under [tool.hatch-flyte], or HATCH_FLYTE_OUTPUT_DIR), or '
    "build with `python -m build` or `uv build`."
)


class Host(Protocol):
    """The backend, as the one who speaks to the user and can end the build."""

    def info(self, text: str, /) -> None:
        """Tell what goes on."""
        ...

    def debug(self, text: str, /) -> None:
        """Tell what interests few."""
        ...

    def warning(self, text: str, /) -> None:
        """Tell what the user should know, though the build goes on."""
        ...

    def abort(self, text: str, code: int, /) -> NoReturn:
        """End the build with a message of its own, without a Python traceback; `code` is the exit code if it can be."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The project that is built, as the backend's hook knows it."""

    root: Path
    tool_table: object
    """What stands at `[tool.hatch-flyte]`."""
    hook_table: Mapping[str, Any]
    """The hook's own table in the backend's configuration; empty where there is none."""
    environ: Mapping[str, str]

    @property
    def named_output(self) -> str:
        """The folder that archives are to go to, or nothing, without judging the rest of the configuration.

        Installing a package must not fail over a key that only matters where archives are made.
        """
        tables = [table for table in (self.hook_table, self.tool_table) if isinstance(table, dict)]
        named = [self.environ.get("HATCH_FLYTE_OUTPUT_DIR"), *(table.get("output-dir") for table in tables)]
        return next((str(name) for name in named if name), "")

    def load(self) -> Config:
        """Return the configuration; `ConfigError` with everything that is wrong."""
        from hatch_flyte.config import Sources, load

        return load(Sources(root=self.root, environ=self.environ, hook_table=self.hook_table))

    def output(self, folder: Path) -> Path:
        """Return the folder of the archive, for a wheel that lands in `folder`."""
        named = self.named_output
        return self.root / named if named else folder


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltWheel:
    """A wheel that was just built."""

    path: Path
    """Where it lies now."""
    folder: Path
    """Where it lands: the backend may move it there later."""
    name: str
    version: str


def requirements(project: Project, own: Callable[[], Sequence[str]]) -> list[str]:
    """Return what to install before a wheel is built: the project's `own` requirements and flytekit, or nothing.

    Nothing where the wheel will not be serialized, or not with the build's own interpreter. Raises `ConfigError`.
    """
    if sys.version_info >= FLYTEKIT_PYTHON_END:
        return []
    caller = calling_command(os.getppid())
    lost = will_be_thrown_away(project.environ, caller) or keeps_wheels_only(project.environ, caller)
    if lost and not project.named_output:
        return []
    from hatch_flyte.serialize.interpreter import OLDEST_FLYTEKIT

    return [] if project.load().packaging.python else [*own(), f"flytekit>={OLDEST_FLYTEKIT}"]


def abort(host: Host, problem: HatchFlyteError) -> NoReturn:
    """End the build with what `problem` says."""
    from hatch_flyte.report_text import printable

    host.abort(f"flyte: {printable(str(problem))}", problem.exit_code)


def finish(project: Project, wheel: BuiltWheel, host: Host) -> None:
    """Write the archive of a wheel that is kept, or take the wheel away and end the build."""
    if not project.named_output and _is_lost(project, wheel, host):
        return
    with as_ctrl_c():
        packaged = _package_or_discard(project, wheel, host)
    _tell(packaged, host)


def _is_lost(project: Project, wheel: BuiltWheel, host: Host) -> bool:
    """Return whether a file beside the wheel would be lost, and tell it."""
    if is_thrown_away(wheel.folder, project.environ):
        host.debug(f"flyte: {wheel.path.name} is not kept, so it is not serialized")
        return True
    if keeps_wheels_only(project.environ, calling_command(os.getppid())):
        host.warning(_LOST_BESIDE.format(name=wheel.path.name))
        return True
    return False


def _package_or_discard(project: Project, wheel: BuiltWheel, host: Host) -> Packaged:
    try:
        return _package(project, wheel, host)
    except HatchFlyteError as problem:
        _discard(project, wheel)
        abort(host, problem)
    except KeyboardInterrupt:
        _discard(project, wheel)
        host.abort("flyte: interrupted", INTERRUPTED)
    except BaseException:
        _discard(project, wheel)
        raise


def _package(project: Project, wheel: BuiltWheel, host: Host) -> Packaged:
    from hatch_flyte.package import package

    config = project.load()
    host.info(f"flyte: serializing {wheel.path.name}")
    around = surroundings(project.root, project.output(wheel.folder), project.environ)
    return package(wheel.path, config.packaging, around)


def _discard(project: Project, wheel: BuiltWheel) -> None:
    """Leave neither a wheel without its archive, nor wheel or archive of an earlier build of this version."""
    output = project.output(wheel.folder)
    earlier = {folder / wheel.path.name for folder in (wheel.folder, output)}
    for path in (wheel.path, *earlier, output / archive_name(wheel.name, wheel.version)):
        path.unlink(missing_ok=True)


def _tell(packaged: Packaged, host: Host) -> None:
    from hatch_flyte.outcome import by_kind
    from hatch_flyte.report_text import printable

    for caution in packaged.cautions:
        host.warning(f"flyte: {printable(str(caution))}")
    for one in packaged.unbuilt:
        host.info(f"flyte: {printable(str(one))}")
    counts = by_kind(entity.kind for entity in packaged.manifest.entities)
    host.info(f"flyte: {counts} in {packaged.path}")
    host.debug(f"flyte: serialized with {packaged.interpreter.why}")
