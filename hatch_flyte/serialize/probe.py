"""What an interpreter has: asked in this process, or in another one that runs this file's source with `-I -c`.

Standard library only, Python 3.8 syntax. It reports; `interpreter` judges.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

FLYTEKIT_USED = "flytekit.tools.serialize_helpers"
"""The module of flytekit that the worker cannot do without; importing it imports nearly all of flytekit."""


def facts(distributions: list[str]) -> dict[str, Any]:
    """Return this interpreter's marker variables (PEP 508), and the version of each distribution or None."""
    return {
        "environment": environment(),
        "versions": {distribution: _version(distribution) for distribution in distributions},
    }


def environment() -> dict[str, str]:
    """Return this interpreter's marker variables."""
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": platform.python_version(),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def import_problem(module: str) -> str:
    """Return why `module` does not import here, or nothing if it does."""
    try:
        __import__(module)
    except BaseException as problem:  # noqa: BLE001 # a foreign import can raise anything, SystemExit too
        return f"{type(problem).__name__}: {problem}"
    return ""


def main(question: str) -> None:
    """Answer `question` (JSON: `distributions`, or `sys_path` and `module`) with a line of JSON."""
    asked = json.loads(question)
    if "module" in asked:
        sys.path[:] = asked["sys_path"] or sys.path
        answer: Any = import_problem(asked["module"])
    else:
        answer = facts(asked["distributions"])
    sys.stdout.write("\n" + json.dumps(answer) + "\n")  # on a line of its own, whatever was printed before


if __name__ == "__main__":
    main(sys.argv[1])
