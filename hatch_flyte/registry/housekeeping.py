"""Keeping house in a local registry's folder: what to remove of it, and emptying it whole.

Owns which files nobody refers to, and that nothing is removed that somebody may be about to refer to. Works from
beside: who else uses the folder at the same time is not held up, and loses nothing.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hatch_flyte.errors import RegistryError
from hatch_flyte.registry.blobs import ARRIVING_NAME, FOLDER_NAME, put
from hatch_flyte.registry.store import BUSY_SECONDS, FILE_NAME
from hatch_flyte.registry.store_file import StoreError, connect, empty, is_locked, translated

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

MIN_AGE_SECONDS: Final = 3600.0
"""How long a file is left alone after it was stored or asked for: an upload's address holds as long at most."""

_ADDRESS: Final = re.compile(rb"/" + FOLDER_NAME.encode() + rb"(?=/([^\x00-\x20\x7f]{1,4096}))")
"""What may be a file's address, or begin with one: nothing in an address is whitespace, whatever else stands behind it.
It may begin within another, since the registry's own folder may lie below one of that name."""

_ASIDE: Final = ".removing"
_PATIENCE_SECONDS: Final = 0.5
_IN_USE_HINT: Final = "Stop `hatch-flyte serve` and every publish that uses it, and try again."


@dataclass(frozen=True, slots=True)
class Leftover:
    """A file that nothing needs."""

    path: str
    """Relative to the registry's folder."""
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a registry's folder holds."""

    entities: int
    projects: int
    files: int
    size: int
    """Bytes of the uploaded files."""


def contents(folder: Path) -> Contents:
    """Return what is in a registry. Raises `StoreError` where there is none."""
    with _opened(folder) as connection:
        [entities] = connection.execute("SELECT count(*) FROM entities").fetchone()
        [projects] = connection.execute("SELECT count(*) FROM projects").fetchone()
    sizes = [status.st_size for _, status in _files(folder / FOLDER_NAME)]
    return Contents(entities, projects, len(sizes), sum(sizes))


def leftovers(folder: Path, min_age: float = MIN_AGE_SECONDS, *, remove: bool) -> list[Leftover]:
    """Find what nothing needs in a registry's folder, remove it if that is asked for, and return it.

    That is: uploaded files to which no entity refers, and uploads that were cut off. None counts that was stored,
    written to or asked for within `min_age` seconds: its entities may be about to be registered. Raises `StoreError`.
    """
    latest = time.time() - min_age
    stored = {
        os.fsencode(path.relative_to(folder / FOLDER_NAME).as_posix()): (path, status)
        for path, status in _files(folder / FOLDER_NAME)
        if _is_old(status, latest)
    }
    for place in {*_referred(folder, stored)}:
        del stored[place]
    cut_off = [one for one in _files(folder / ARRIVING_NAME) if _is_old(one[1], latest) and not _is_aside(*one, latest)]
    found = [
        Leftover(path.relative_to(folder).as_posix(), status.st_size)
        for path, status in sorted([*stored.values(), *cut_off], key=lambda one: one[0])
        if not remove or _removed(folder, path, latest)
    ]
    if remove:
        _remove_empty(folder / FOLDER_NAME)
    return found


def empty_registry(folder: Path) -> None:
    """Make a new registry of the one in `folder`: no entity, no project but the first, no file.

    Raises `StoreError` where somebody has it open, be it only to read: a server, a publish.
    """
    with _opened(folder):
        pass  # it is one, and of a format that is known
    with _alone(folder.resolve() / FILE_NAME) as connection:
        empty(connection)
        connection.execute("COMMIT")
        connection.execute("VACUUM")
        # Still nobody else: who opens it waits. Files that a kill leaves here are leftovers.
        for name in (FOLDER_NAME, ARRIVING_NAME):
            with _told(folder / name), contextlib.suppress(FileNotFoundError):
                shutil.rmtree(folder / name)


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """Open the file of a registry that is there."""
    path = folder.resolve() / FILE_NAME
    if not path.is_file():
        raise StoreError(f"{folder}: expected a local registry (got no {FILE_NAME})", hint="Name its folder: --data.")
    with contextlib.closing(connect(path, BUSY_SECONDS)) as connection, translated(str(path)):
        yield connection


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[sqlite3.Connection]:
    """Begin a transaction with nobody else having the file open, not even idle; lock everybody out until the end.

    Source: sqlite.org/wal.html: a connection in WAL mode holds a lock on the file as long as it is open, and one that
    is in exclusive locking mode before it first reads wants that file for itself.
    """
    with (
        translated(str(path)),
        contextlib.closing(sqlite3.connect(path, timeout=_PATIENCE_SECONDS, isolation_level=None)) as connection,
    ):
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if not is_locked(error):
                raise
            raise StoreError(f"{path}: in use by another process", hint=_IN_USE_HINT) from error
        yield connection


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the files below a folder, as far as they stay there; nothing is followed."""
    for parent, _, names in os.walk(folder):
        for name in names:
            path = folder.joinpath(parent, name)
            with contextlib.suppress(FileNotFoundError):
                yield path, path.lstat()


def _is_old(status: os.stat_result, latest: float) -> bool:
    """Return whether a file was last stored, or asked for (`Blobs` marks that as an access), before a moment."""
    return max(status.st_mtime, status.st_atime) < latest


def _is_aside(path: Path, status: os.stat_result, latest: float) -> bool:
    """Return whether a file was moved aside by another process that removes files, and not long ago: it may go back."""
    return path.suffix == _ASIDE and status.st_ctime >= latest


def _referred(folder: Path, places: Collection[bytes]) -> Iterator[bytes]:
    """Yield those of the files at `places` whose address stands anywhere in an entity, or begins something there."""
    lengths = sorted({len(place) for place in places})
    with _opened(folder) as connection:
        for row in connection.execute("SELECT brief, whole FROM entities"):
            for text in _ADDRESS.findall(b" ".join(part for part in row if part is not None)):
                yield from (text[:length] for length in lengths if text[:length] in places)


def _removed(folder: Path, path: Path, latest: float) -> bool:
    """Remove a file unless somebody stored it anew or asked for it meanwhile; return whether it is gone.

    It is moved aside first, so that who asks from then on finds nothing and uploads; who asked before has left a mark.
    """
    aside = folder / ARRIVING_NAME / f"{path.name[-100:]}.{os.getpid()}{_ASIDE}"
    with _told(path):
        aside.parent.mkdir(exist_ok=True)
        try:
            path.rename(aside)
        except FileNotFoundError:
            return False
        if old := _is_old(aside.stat(), latest):
            aside.unlink()
        else:
            _put_back(aside, path)
    return old


def _put_back(aside: Path, path: Path) -> None:
    """Move a file to its place again, unless it was stored there anew, which counts."""

    def link() -> None:
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(aside)

    try:
        put(link, path)
    except OSError:  # not every file system has links
        aside.replace(path)
    else:
        aside.unlink()


def _remove_empty(folder: Path) -> None:
    """Remove the empty folders below a folder; an upload that is about to use one makes it again."""
    for parent, _, _ in os.walk(folder, topdown=False):
        if parent != str(folder):
            with contextlib.suppress(OSError):
                Path(parent).rmdir()


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise RegistryError(
            f"{path}: cannot be removed ({error.strerror or error})", hint="Make its folder writable."
        ) from error
