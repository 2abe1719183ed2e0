"""Where files of a wheel lie in the repository, for annotations of source lines."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def repository() -> Path:
    """Return the repository's folder: GitHub's workspace, or the current one."""
    return Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())


def in_repository(path: str, roots: Sequence[Path], whole: Path) -> str:
    """Return where a file of a wheel lies below `whole`; it may be below a folder, such as `src`, of one of `roots`.

    One that isn't found is returned as it is.
    """
    pattern = f"*/{glob.escape(path)}"
    places = [place for root in roots for place in (root / path, *sorted(root.glob(pattern)))] if _is_path(path) else []
    there = next((place for place in places if place.is_file()), None)
    return path if there is None else Path(os.path.relpath(there, whole)).as_posix()


def _is_path(path: str) -> bool:
    return path.isprintable() and not path.startswith("/")
