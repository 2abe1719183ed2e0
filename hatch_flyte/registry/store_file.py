"""The SQLite file of the local registry: opening it, its format, and what goes wrong with it.

Everything sqlite3 raises is translated here, to one `StoreError`. Knows nothing of what the tables mean.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from hatch_flyte.errors import RegistryError
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMAT: Final = 1
"""The format written here, kept in the file as `user_version`."""

APPLICATION: Final = 0x68666C79  # "hfly"
"""Marks the file as a local registry's, as `application_id`."""

IN_MEMORY: Final = ":memory:"

_PAUSE_SECONDS: Final = 0.01

_SCHEMA: Final = """
CREATE TABLE projects (
    id INTEGER PRIMARY KEY,
    identifier TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    labels BLOB,
    state INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE TABLE entities (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    project TEXT NOT NULL,
    domain TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    created_at INTEGER NOT NULL UNIQUE,
    type TEXT NOT NULL,
    short_description TEXT NOT NULL,
    schedule_type TEXT NOT NULL,
    active INTEGER NOT NULL DEFAULT 0,
    workflow_id INTEGER REFERENCES entities (id),
    brief BLOB NOT NULL,
    whole BLOB,
    UNIQUE (kind, project, domain, name, version)
);
CREATE UNIQUE INDEX one_active_version ON entities (kind, project, domain, name) WHERE active;
INSERT INTO projects (identifier, name, description, state, created_at, updated_at)
    VALUES ('flytesnacks', 'flytesnacks', '', 0, 1000000 * strftime('%s'), 1000000 * strftime('%s'));
"""
"""Times are microseconds since 1970. `brief` is what a list shows, `whole` what a Get answers where that is more.
The first project is the one that every new control plane has."""


class StoreError(RegistryError):
    """The local registry's file cannot be read or written. `code` is the status it gives a client."""

    def __init__(self, message: str, *, hint: str = "", code: Code = Code.INTERNAL) -> None:
        super().__init__(message, hint=hint)
        self.code = code


_LOCKED_HINT: Final = "Another program holds it; stop that program, or try again."
_FULL_HINT: Final = "Make room on that disk, or keep the registry elsewhere."
_WRITE_HINT: Final = "Make the folder and the file writable, or keep the registry elsewhere."
_DAMAGED_HINT: Final = "Move the file away to begin with an empty registry; what it held has to be published again."
_FAILURES: Final[tuple[tuple[str, str, str], ...]] = (
    ("file is not a database", "not a registry's file", _DAMAGED_HINT),
    ("malformed", "damaged", _DAMAGED_HINT),
    ("is full", "no room left on the disk", _FULL_HINT),
    ("readonly", "not writable", _WRITE_HINT),
    ("unable to open", "cannot be opened", _WRITE_HINT),
    ("disk I/O", "cannot be read or written", _FULL_HINT),
)
"""A part of SQLite's message, what it means, and what to do."""


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn whatever sqlite3 raises inside into a `StoreError` about the file at `place`."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translation(place, error) from error


def _translation(place: str, error: sqlite3.Error) -> StoreError:
    if is_locked(error):
        return StoreError(f"{place}: locked ({error})", hint=_LOCKED_HINT, code=Code.UNAVAILABLE)
    for part, meaning, hint in _FAILURES:
        if part in str(error):
            return StoreError(f"{place}: {meaning} ({error})", hint=hint)
    return StoreError(f"{place}: SQLite failed ({error})")


def is_locked(error: sqlite3.Error) -> bool:
    """Return whether SQLite gave up waiting for another connection."""
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)


def connect(path: Path | None, busy_seconds: float) -> sqlite3.Connection:
    """Open the file, making it if it isn't there; None is a registry in memory.

    `busy_seconds` is how long a statement waits for another connection. Raises `StoreError`.
    """
    place = str(path or IN_MEMORY)
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"{path.parent}: the folder cannot be made ({error.strerror})"
            raise StoreError(message, hint=_WRITE_HINT) from error
    with translated(place):
        # Autocommit: each statement that writes is a transaction, and what it acknowledges survives a killed process.
        connection = sqlite3.connect(place, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
        try:
            _check(connection, place)
            _prepare(connection, busy_seconds)
        except BaseException:
            connection.close()
            raise
    return connection


def _check(connection: sqlite3.Connection, place: str) -> int:
    """Return the file's format; 0 for a new one. Refuse a newer one, and another program's."""
    [application] = connection.execute("PRAGMA application_id").fetchone()
    [version] = connection.execute("PRAGMA user_version").fetchone()
    [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION and (application or tables):
        raise StoreError(
            f"{place}: expected a local registry (got another program's database)",
            hint="Choose another folder; nothing was changed in this one.",
        )
    if version > FORMAT:
        raise StoreError(
            f"{place}: expected format {FORMAT} or older (got {version})",
            hint="A newer hatch-flyte wrote it: upgrade hatch-flyte, or choose another folder.",
        )
    return int(version)


def _prepare(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Bring the file to this format, whoever else is doing the same."""
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            # Changing the journal's mode doesn't wait for other connections, as other statements do.
            if not is_locked(error) or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
    # A killed process loses nothing; at a power cut the last transactions may go, but the file stays whole.
    connection.execute("PRAGMA synchronous = NORMAL")
    if connection.execute("PRAGMA user_version").fetchone() == (0,):
        with transaction(connection):
            if connection.execute("PRAGMA user_version").fetchone() == (0,):
                for statement in (*_SCHEMA.split(";"), f"PRAGMA application_id = {APPLICATION}"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {FORMAT}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Make one transaction of the statements inside; it may write from its start, so that it cannot fail half-way."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
