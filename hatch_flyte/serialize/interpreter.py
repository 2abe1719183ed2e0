"""Which Python serializes: the configured one, else the first that has flytekit and what the project needs at run time.

Looks into interpreters, starts no worker, and imports neither flytekit nor the project.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from hatch_flyte.errors import InterpreterError
from hatch_flyte.serialize import probe
from hatch_flyte.serialize.closure import meets
from hatch_flyte.serialize.inside.streams import FOLDER_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

OLDEST_FLYTEKIT = "1.14.0"
"""The oldest flytekit that serializes everything we tried, on Python 3.10, 3.11 and 3.12 with today's dependencies.

1.13.5 to 1.13.15 take no frozen dataclass as a default; before that, the worker lacks what it builds on.
"""

_KNOWN_PYTHONS = frozenset({"3.10", "3.11", "3.12"})
"""Where flytekit is known to work; elsewhere it is imported before it is relied upon."""

_PROBE_SECONDS = 120

_WAYS_OUT = """\
Serializing imports the project's modules, so it needs flytekit and what the project requires, in the
versions that it requires (`dependencies` in [project]). Any of these helps:
- name an environment that has them: `python = ".venv/bin/python"` under [tool.hatch-flyte]
- {frontend}
- install them into one of the environments above, activate another, or make a `.venv` in the project's folder"""

_INSTALL = "let the build install them: add them to `requires` under [build-system], and build with isolation"
_OLDER_PYTHON = "build with a Python that flytekit supports, 3.10 to 3.12, so that the build can install it"
_OLD_HATCH = """
hatch before 1.18.2 does not install what build hooks ask for: `hatch --version` tells; upgrade it, or add flytekit to
`requires` under [build-system]."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that can serialize, and how it was come by."""

    command: tuple[str, ...]
    """Program and arguments that start it; `-I -c SOURCE` is put behind."""
    why: str
    """How it was chosen, as a noun: `the project's .venv`."""
    sys_path: tuple[str, ...] | None = None
    """Its module search path; None: the one it starts with."""
    folder: Path | None = None
    """Where it is started; None: in the current folder."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables to set for it, besides this process's."""

    def __str__(self) -> str:
        return f"{' '.join(self.command)} ({self.why})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an interpreter is looked for with."""

    requires: tuple[Requirement, ...]
    """The project's run-time requirements; those whose markers hold must be met."""
    requires_python: str = ""
    """The Pythons that the project works on (PEP 440)."""
    configured: tuple[str, ...]
    """The command of the key `python`; empty: none."""
    configured_where: str = "tool.hatch-flyte.python"
    """Where it was said, for messages."""
    root: Path
    """The project's folder; relative commands start there, and `.venv` is looked for in it."""
    virtual_env: str | None
    """The folder of the active environment."""


def choose_interpreter(request: Request) -> Interpreter:
    """Return the interpreter to serialize with.

    Raises `InterpreterError`: the configured one does not exist, or none has what is needed, with what each lacks.
    """
    if request.configured:
        return _configured(request)
    tried = []
    for interpreter in _candidates(request):
        lacking = _lacking(interpreter, request)
        if not lacking:
            return interpreter
        tried.append(f"  {interpreter}: {lacking}")
    frontend = _INSTALL if f"{sys.version_info.major}.{sys.version_info.minor}" in _KNOWN_PYTHONS else _OLDER_PYTHON
    hint = _WAYS_OUT.format(frontend=frontend) + (_OLD_HATCH if os.environ.get("HATCH_ENV_ACTIVE") else "")
    raise InterpreterError("python: no interpreter can serialize this project\n" + "\n".join(tried), hint=hint)


def _configured(request: Request) -> Interpreter:
    program, *arguments = request.configured
    # Not resolved: an environment's interpreter is a link, and finds its environment by the link's place.
    path = str((request.root / program).absolute()) if Path(program).name != program else program
    found = shutil.which(path)
    if found is None:
        raise InterpreterError(
            f"{request.configured_where}: expected a Python interpreter (got `{path}`, which is no program)",
            hint=f"Make that environment first, or change {request.configured_where}.",
        )
    return Interpreter(
        (found, *arguments), f"the interpreter that {request.configured_where} names", folder=request.root
    )


def _candidates(request: Request) -> Iterator[Interpreter]:
    yield Interpreter((sys.executable,), "the Python that runs hatch-flyte", _own_path(request.root))
    seen = {os.path.realpath(sys.prefix)}
    environments = (request.virtual_env, "the active environment"), (request.root / ".venv", "the project's .venv")
    for folder, why in environments:
        if folder and os.path.realpath(folder) not in seen:
            seen.add(os.path.realpath(folder))
            yield Interpreter((str(_python_of(Path(folder))),), why)


def _own_path(root: Path) -> tuple[str, ...]:
    """Return this process's search path without the project's folder, which some frontends put there by accident.

    Under pip, the build environment is known to this path only (it is set up by a `sitecustomize`).
    """
    own = os.path.realpath(root)
    return tuple(entry for entry in sys.path if entry and os.path.realpath(entry) != own and not _is_vendored(entry))


def _is_vendored(entry: str) -> bool:
    """Return whether setuptools has put it there for itself: a build that runs setuptools would find it installed."""
    return Path(entry).parts[-2:] == ("setuptools", "_vendor")


def _python_of(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _lacking(interpreter: Interpreter, request: Request) -> str:
    """Return what the interpreter lacks, or nothing."""
    names = sorted({"flytekit", *(canonicalize_name(requirement.name) for requirement in request.requires)})
    if interpreter.sys_path is not None:
        found: Any = probe.facts(names)
    elif not Path(interpreter.command[0]).exists():
        return "does not exist"
    else:
        found = _ask(interpreter, {"distributions": names})
    if isinstance(found, str):
        return found
    python = found["environment"]["python_full_version"]
    if not SpecifierSet(request.requires_python).contains(python, prereleases=True):
        return f"Python {python} is none of {request.requires_python}, which the project requires"
    unmet = list(_unmet(request.requires, found))
    if unmet:
        return f"Python {python} lacks {', '.join(unmet)}"
    return _flytekit_problem(interpreter, found)


def _unmet(requires: Sequence[Requirement], found: Mapping[str, Any]) -> Iterator[str]:
    needed = [each for each in requires if not each.marker or each.marker.evaluate(found["environment"])]
    if not any(canonicalize_name(requirement.name) == "flytekit" for requirement in needed):
        needed.insert(0, Requirement("flytekit"))
    for requirement in needed:
        version = found["versions"][canonicalize_name(requirement.name)]
        if version is None:
            yield f"{requirement.name}{requirement.specifier}"
        elif not meets(requirement, version):
            yield f"{requirement.name}{requirement.specifier} (has {version})"


def _flytekit_problem(interpreter: Interpreter, found: Mapping[str, Any]) -> str:
    """Return why flytekit does not work there, or nothing.

    Where it is known to work, importing it is left to the worker: twice would cost a second.
    """
    python, version = found["environment"]["python_version"], found["versions"]["flytekit"]
    if python in _KNOWN_PYTHONS and meets(Requirement(f"flytekit>={OLDEST_FLYTEKIT}"), version):
        return ""
    problem = _ask(interpreter, {"module": probe.FLYTEKIT_USED, "sys_path": interpreter.sys_path})
    return f"flytekit {version} does not import on Python {python} ({problem})" if problem else ""


def _ask(interpreter: Interpreter, question: Mapping[str, Any]) -> Any:
    """Return the answer of `probe` in another process, or in words why there is none."""
    source = files("hatch_flyte.serialize").joinpath("probe.py").read_text(encoding="utf-8")
    try:
        with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as folder:  # flytekit leaves folders behind
            run = subprocess.run(  # noqa: S603 # the interpreters are the user's own
                [*interpreter.command, "-I", "-c", source, json.dumps(question)],
                stdin=subprocess.DEVNULL,
                env={**os.environ, "TMPDIR": folder, "TEMP": folder, "TMP": folder},
                capture_output=True,
                check=True,
                timeout=_PROBE_SECONDS,
            )
        return json.loads(run.stdout.splitlines()[-1])
    except subprocess.CalledProcessError as problem:
        last = problem.stderr.decode(errors="replace").strip().splitlines()
        return f"is no Python that works ({last[-1] if last else f'exit code {problem.returncode}'})"
    except (IndexError, ValueError):
        return "is no Python that works (it does not answer as Python does)"
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"is no Python that works ({problem})"
