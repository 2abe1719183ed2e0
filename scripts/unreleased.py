"""Offer this checkout's hatch-flyte to build frontends, as an index would: its wheel in a folder they look into.

For the demo, the benchmarks and the end-to-end tests; isolation of builds stays on.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECKOUT = Path(__file__).resolve().parent.parent
EXAMPLE = CHECKOUT / "example_project"

_OURS = (
    "HATCH_ENV", "HATCH_FLYTE_", "FLYTE_", "FLYTECTL_", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE",
    "COVERAGE_",
)  # fmt: skip
"""Variables of the environment that runs the demo or the tests, which a user's shell would not have."""


def build_own_wheel(folder: Path) -> Path:
    """Build hatch-flyte's own wheel into `folder` and return its path."""
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--installer", "uv", "--outdir", str(folder), str(CHECKOUT)],
        env=clean_environ(os.environ),
        check=True,
        capture_output=True,
    )
    return next(folder.glob("hatch_flyte-*.whl"))


def clean_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` without what belongs to this checkout's own environments."""
    return {name: value for name, value in environ.items() if not name.startswith(_OURS)}


def environ_offering(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return a user's environment in which pip and uv find the wheels in `folder` beside those of the index."""
    offered = clean_environ(environ)
    for name, separator in (("PIP_FIND_LINKS", " "), ("UV_FIND_LINKS", ",")):
        offered[name] = separator.join(filter(None, [str(folder), environ.get(name, "")]))
    return offered
