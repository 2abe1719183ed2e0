"""Which archives a publish takes, and under which version each is registered.

Reads archives; knows nothing of registries.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from typing import TYPE_CHECKING

from hatch_flyte.archive import archive_name
from hatch_flyte.archive_reader import read_archive
from hatch_flyte.built import Built, Wanted, current
from hatch_flyte.distribution import Distribution
from hatch_flyte.entries import fill_entries, levels
from hatch_flyte.errors import ArchiveError, ConfigError, Problem
from hatch_flyte.untrusted import escaped
from hatch_flyte.wire.identifiers import Fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from hatch_flyte.archive import Archive

    Found = tuple[Path, Archive]

PATTERN = "*-flyte.tgz"

_ANYWHERE = Fill(project="p", domain="d", version="v", bundle_url="u", destination=".")
"""A place to fill entities in for, where only their form and their order matter."""


def read_named(paths: Iterable[Path], project: Distribution) -> list[Found]:
    """Return the archives at `paths`, with their paths; for a folder, what `find_archives` finds there.

    Raises `ArchiveError`.
    """
    found: list[Found] = []
    for path in paths:
        found += find_archives(path, project) if path.is_dir() else [(path, read_archive(path))]
    return found


def find_archives(folder: Path, project: Distribution) -> list[Found]:
    """Return the archive of `project` in `folder`, with its path; one for each distribution if the name isn't known.

    They are judged by their manifests. Raises `ArchiveError` where there is none, or none of the project's version as
    far as that is known, where one distribution has several (which is meant is the user's to say), and where a known
    project's file was renamed.
    """
    paths = sorted(folder.glob(PATTERN))
    if not paths:
        got = "none" if folder.is_dir() else "no such folder"
        raise ArchiveError(
            f"{folder.absolute()}: expected an archive, {PATTERN} (got {got})",
            hint="Build the wheel first (`hatch build`), name an archive, or go to the project's folder.",
        )
    found = current(folder, map(_built, paths), Wanted(project, "archive", ArchiveError))
    _refuse_several(folder, found)
    if project.name:
        _refuse_renamed(folder, found)
    return [(one.path, one.content) for one in found]


def _built(path: Path) -> Built[Archive]:
    archive = read_archive(path)
    manifest = archive.manifest
    return Built(path, archive, Distribution(manifest.name, manifest.version) if manifest else None)


def _refuse_several(folder: Path, found: Sequence[Built[Archive]]) -> None:
    by_distribution = defaultdict(list)
    for one in found:
        # NAME-VERSION-flyte.tgz: a normalized name has no `-` (archive_name).
        name = one.distribution.key if one.distribution else one.path.name.split("-", 1)[0]
        by_distribution[name].append(one.path)
    several = [path for paths in by_distribution.values() if len(paths) > 1 for path in paths]
    if several:
        listed = "".join(f"\n  {path}" for path in several)
        raise ArchiveError(
            f"{folder}: expected one archive for each distribution (got several){listed}",
            hint="Name the one to publish, or remove the others (`hatch build --clean`).",
        )


def _refuse_renamed(folder: Path, found: Sequence[Built[Archive]]) -> None:
    for one in found:
        name = archive_name(one.distribution.name, one.distribution.version) if one.distribution else one.path.name
        if one.path.name != name:
            raise ArchiveError(
                f"{folder}: expected {escaped(str(one.distribution))} in {escaped(name)} (got {one.path.name})",
                hint="It was renamed: name the archive to publish it all the same.",
            )


def with_versions(
    found: Iterable[Found], version_of: Callable[[str, str], str], version: str
) -> list[tuple[Archive, str]]:
    """Return each archive with the version to register it under.

    `version_of(name, version)` gives it for a distribution; `version` is what the user asked for (empty: nothing) and
    is required for archives without a manifest, which know no version. All that an archive itself can be refused for
    is found here, before anything of any archive is sent. Raises `ArchiveError` and `ConfigError`.
    """
    result = []
    for path, archive in found:
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
