"""Which archives a publish takes, and under which version each is registered.

Reads archives; knows nothing of registries.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from typing import TYPE_CHECKING

from hatch_flyte.archive_reader import read_archive
from hatch_flyte.entries import fill_entries, levels
from hatch_flyte.errors import ArchiveError, ConfigError, Problem
from hatch_flyte.wire.identifiers import Fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from hatch_flyte.archive import Archive

PATTERN = "*-flyte.tgz"

_ANYWHERE = Fill(project="p", domain="d", version="v", bundle_url="u", destination=".")
"""A place to fill entities in for, where only their form and their order matter."""


def find_archives(folder: Path) -> list[Path]:
    """Return the archives in `folder`, one for each distribution, in the order of their names.

    Raises `ArchiveError` where there is none, and where one distribution has several: which of them is meant is the
    user's to say.
    """
    by_distribution = defaultdict(list)
    for path in sorted(folder.glob(PATTERN)):
        # NAME-VERSION-flyte.tgz: a normalized name has no `-` (archive_name).
        by_distribution[path.name.split("-", 1)[0]].append(path)
    if not by_distribution:
        got = "none" if folder.is_dir() else "no such folder"
        got = "none" if folder.is_dir() else "no such folder"
        raise ArchiveError(
            f"{folder.absolute()}: expected an archive, {PATTERN} (got {got})",
            hint="Build the wheel first (`hatch build`), name an archive, or go to the project's folder.",
        )
    several = [path for paths in by_distribution.values() if len(paths) > 1 for path in paths]
    if several:
        listed = "".join(f"\n  {path}" for path in several)
        raise ArchiveError(
            f"{folder}: expected one archive for each distribution (got several){listed}",
            hint="Name the one to publish, or remove the others (`hatch build --clean`).",
        )
    return [path for paths in by_distribution.values() for path in paths]


def read_all(paths: Sequence[Path], version_of: Callable[[str, str], str], version: str) -> list[tuple[Archive, str]]:
    """Return each archive with the version to register it under.

    `version_of(name, version)` gives it for a distribution; `version` is what the user asked for (empty: nothing) and
    is required for archives without a manifest, which know no version. All that an archive itself can be refused for
    is found here, before anything of any archive is sent. Raises `ArchiveError` and `ConfigError`.
    """
    result = []
    for path in paths:
        archive = read_archive(path)
        with inside(path):
            levels(fill_entries(archive, _ANYWHERE))
        if archive.manifest is not None:
            result.append((archive, version_of(archive.manifest.name, archive.manifest.version)))
        elif version:
            result.append((archive, version_of("", "")))
        else:
            raise ConfigError(
                [Problem("version", f"expected a version for {path}, which has no manifest (got none)")],
                hint="Archives of `pyflyte package` know no version: say `--version VERSION`.",
            )
    return result


@contextlib.contextmanager
def inside(path: Path) -> Iterator[None]:
    """Put `path` before the message of an `ArchiveError` about something in the archive there."""
    try:
        yield
    except ArchiveError as problem:
        raise ArchiveError(f"{path}: {problem.message}", hint=problem.hint) from problem
