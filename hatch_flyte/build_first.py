"""Building before publishing: the project's own backend builds the wheel, by a frontend that is installed (PEP 517).

The archive is the build hook's, where the project has it, else it is packaged from the wheel. All of it happens in a
temporary folder: nothing of an earlier build can be taken for it, and `dist` stays what the user built.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_flyte.archives import PATTERN
from hatch_flyte.deploy import check
from hatch_flyte.errors import BuildError, ConfigError, Problem
from hatch_flyte.frontend import surroundings
from hatch_flyte.signals import as_ctrl_c

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hatch_flyte.projects import Project

    Say = Callable[[str], None]

FRONTENDS: Mapping[str, tuple[str, ...]] = {
    "uv": ("build", "--wheel", "--out-dir"),
    "pyproject-build": ("--wheel", "--outdir"),
    "hatch": ("build", "-t", "wheel"),
}
"""Programs that build a wheel, and the arguments before the folder to put it in; the quickest first."""

_LAST_WORDS = 10
"""Lines of a failed build that its error repeats."""
_SECONDS_TO_LEAVE = 5
"""How long a build that is interrupted may take to clean up."""


@contextlib.contextmanager
def built_first(projects: Sequence[Project], say: Say) -> Iterator[Sequence[Project]]:
    """Give `projects` with archives that were just built; as they are, if their call asks for no build.

    The archives are gone afterwards. `say` is given what the builds say, line by line. Raises `ConfigError` with all
    that `check` finds, before anything is built; `BuildError`, and what `package` raises.
    """
    if not projects[0].config.call.build:
        yield projects
        return
    _refuse_archives(projects)
    check(projects)
    with tempfile.TemporaryDirectory(prefix="hatch-flyte-build-", ignore_cleanup_errors=True) as name:
        folders = [Path(name, str(number)) for number in range(len(projects))]
        with as_ctrl_c():
            ready = [_built(project, folder, say) for project, folder in zip(projects, folders, strict=True)]
        yield ready


def _refuse_archives(projects: Sequence[Project]) -> None:
    where = projects[0].config.settings["build"].where
    problems = [
        Problem(where, f"expected projects, folders with a pyproject.toml (got {path})")
        for project in projects
        for path in project.paths
    ]
    if problems:
        raise ConfigError(problems, hint="What is built already is published without it.")


def _built(project: Project, folder: Path, say: Say) -> Project:
    config = project.config
    folder.mkdir()
    root = config.root.absolute()
    frontend = find_frontend(os.pathsep.join([str(Path(sys.executable).parent), config.environ.get("PATH", "")]))
    run_build([*frontend, str(folder)], root, {**config.environ, "HATCH_FLYTE_OUTPUT_DIR": str(folder)}, say)
    archives = sorted(folder.glob(PATTERN))
    if not archives:
        archives = [_packaged(project, _only(root, "wheel", sorted(folder.glob("*.whl"))), say)]
    return replace(project, paths=(_only(root, "archive", archives),))


def find_frontend(search: str) -> list[str]:
    """Return the command of the first frontend that is in one of the folders of `search` (as PATH has them).

    The folder for the wheel is to be added. Raises `BuildError`.
    """
    for name, arguments in FRONTENDS.items():
        if program := shutil.which(name, path=search):
            return [program, *arguments]
    raise BuildError(
        f"build: expected a build frontend, {', '.join(FRONTENDS)} (got none on PATH)",
        hint="Install one (`pip install uv` or `pip install build`), or build first and publish without `build`.",
    )


def run_build(command: Sequence[str], root: Path, environ: Mapping[str, str], say: Say) -> None:
    """Run a frontend in the project and tell what it says; nothing that it starts outlives the call.

    Raises `BuildError` with its last words.
    """
    last: deque[str] = deque(maxlen=_LAST_WORDS)
    process = subprocess.Popen(  # noqa: S603 # the command is ours
        command,
        cwd=root,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # its own children are ended with it, however it was interrupted
    )
    with process:
        try:
            for line in process.stdout or ():
                last.append(line.rstrip())
                say(last[-1])
        except BaseException:
            _end(process)
            raise
    if process.returncode:
        said = "".join(f"\n  {line}" for line in last if line)
        name = Path(command[0]).stem
        raise BuildError(
            f"{root}: expected a wheel, of {name} (got exit code {process.returncode}){said}",
            hint="Nothing was published. The build's whole output stands before this.",
        )


def _end(process: subprocess.Popen[str]) -> None:
    """Ask a build to end, which cleans up then; end it if it takes its time."""
    if sys.platform == "win32":
        process.kill()
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_SECONDS_TO_LEAVE)
            return


def _packaged(project: Project, wheel: Path, say: Say) -> Path:
    from hatch_flyte.package import package

    config = project.config
    say(f"serializing {wheel.name}")
    packaged = package(wheel, config.packaging, surroundings(config.root, wheel.parent, config.environ))
    for caution in packaged.cautions:
        say(f"warning: {caution}")
    for one in packaged.unbuilt:
        say(str(one))
    return packaged.path


def _only(root: Path, noun: str, paths: Sequence[Path]) -> Path:
    if len(paths) != 1:
        listed = "".join(f"\n  {path.name}" for path in paths)
        raise BuildError(
            f"{root}: expected its build to give one {noun} (got {len(paths) or 'none'}){listed}",
            hint="Build it yourself, and name the archive to publish.",
        )
    return paths[0]
