"""Facts about the frontend that runs a build: what becomes of the wheel, and what surrounds the build.

Frontends pass no word on what they want a wheel for, so it is read from the traces they leave. Each rule names the
frontend it was measured with. Environment and paths are parameters: the hooks that call this read them.
"""

from __future__ import annotations

import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_flyte.archive import DEFAULT_TIME
from hatch_flyte.errors import ConfigError, Problem
from hatch_flyte.leaks import Machine
from hatch_flyte.package import Surroundings
from hatch_flyte.source_control import commit, dirty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FLYTEKIT_PYTHON_END = (3, 13)
"""The first Python outside flytekit 1.16's `Requires-Python` (>=3.10,<3.13)."""

_PIP_FOLDER = re.compile(r"pip-(modern-metadata|wheel|ephem-wheel-cache)-")
_UV_COMMANDS = frozenset({"add", "build", "export", "lock", "pip", "publish", "remove", "run", "sync", "tool", "tree"})
_UV_INSTALL_FOLDER = re.compile(r"builds-v\d+[/\\]\.tmp")
_HATCH_SCRIPTS = frozenset({"build_wheel.py", "get_requires_wheel.py"})
"""What `hatch build` writes into a temporary folder, to call a backend other than hatchling with."""


def is_thrown_away(wheel_folder: Path, environ: Mapping[str, str]) -> bool:
    """Return whether a wheel built into `wheel_folder` is installed and deleted, so that a file beside it is lost.

    True for every pip command (`pip wheel` too: it copies the wheel alone), `uv pip install` and `uv sync`.
    """
    if "PIP_BUILD_TRACKER" in environ:
        return True
    return bool(_PIP_FOLDER.search(wheel_folder.name) or _UV_INSTALL_FOLDER.search(str(wheel_folder)))


def will_be_thrown_away(environ: Mapping[str, str], caller: Sequence[str]) -> bool:
    """Return the same before there is a folder, when the frontend asks for build requirements.

    uv leaves no trace of what it builds for but its own command line, `caller`.
    """
    if "PIP_BUILD_TRACKER" in environ:
        return True
    if not caller or Path(caller[0]).stem != "uv":
        return False
    command = next((word for word in caller[1:] if word in _UV_COMMANDS), "")
    return command in _UV_COMMANDS - {"build"}


def keeps_wheels_only(environ: Mapping[str, str], caller: Sequence[str]) -> bool:
    """Return whether the frontend keeps the wheel, but nothing that lies beside it.

    True for `hatch build` with a backend other than hatchling: it builds in a temporary folder, whatever its own
    `dist` is, and moves the wheel out. `caller` is the command that called the backend.
    """
    return "HATCH_ENV_ACTIVE" in environ and any(Path(word).name in _HATCH_SCRIPTS for word in caller)


def calling_command(process: int) -> tuple[str, ...]:
    """Return the words of the command that runs as `process`, or nothing where that cannot be found out."""
    try:
        line = Path(f"/proc/{process}/cmdline").read_bytes().rstrip(b"\0")
        return tuple(word.decode(errors="replace") for word in line.split(b"\0") if line)
    except OSError:
        pass
    try:
        listed = subprocess.run(  # noqa: S603 # a number is all that is put in
            ["ps", "-o", "command=", "-p", str(process)],  # noqa: S607 # ps has no one place
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ()
    return tuple(listed.stdout.split())


def is_editable_request() -> bool:
    """Return whether the frontend is asking for the requirements of an editable build.

    Only the name of the PEP 660 hook on the stack tells it from a wheel's.
    """
    return "get_requires_for_build_editable" in calling_functions()


def is_wheel_request() -> bool:
    """Return whether the frontend is asking for the requirements of a wheel, not of an sdist or an editable build.

    Backends do all three with the same function, and the editable's hook may call the wheel's (setuptools does).
    """
    functions = calling_functions()
    return "get_requires_for_build_wheel" in functions and "get_requires_for_build_editable" not in functions


def calling_functions() -> set[str]:
    """Return the names of the functions on the stack: what a backend was called for shows nowhere else."""
    names = set()
    frame = sys._getframe()  # noqa: SLF001 # no public way to the stack is as cheap
    while frame := frame.f_back:  # type: ignore[assignment] # None ends the loop
        names.add(frame.f_code.co_name)
    return names


def build_time(environ: Mapping[str, str]) -> int:
    """Return the time to stamp on an archive: `SOURCE_DATE_EPOCH` in seconds, else hatchling's default."""
    text = environ.get("SOURCE_DATE_EPOCH") or str(DEFAULT_TIME)
    if not text.isdecimal():
        raise ConfigError([Problem("SOURCE_DATE_EPOCH", f"expected seconds since 1970 (got {text!r})")])
    return int(text)


def this_machine(root: Path) -> Machine:
    """Return what tells this machine from others; `root` is the project's folder."""
    import platform
    import tempfile

    own = root.resolve(), Path.home(), Path(tempfile.gettempdir()), Path(sys.prefix)
    return Machine(tuple(map(str, own)), platform.node())


def surroundings(root: Path, output: Path, environ: Mapping[str, str]) -> Surroundings:
    """Return what packaging needs to know of this place; `output` is the folder of the archive."""
    return Surroundings(
        root=root,
        output=output,
        commit=partial(commit, root, environ),
        dirty=partial(dirty, root, environ),
        machine=this_machine(root),
        virtual_env=environ.get("VIRTUAL_ENV"),
        time=build_time(environ),
    )
