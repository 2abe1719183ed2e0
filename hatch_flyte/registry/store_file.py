"""The SQLite file of the local registry: opening it, bringing it to this format, and what goes wrong with it.

Everything sqlite3 raises is translated here, to one `StoreError`. Knows nothing of what the tables mean.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from hatch_flyte.errors import RegistryError
from hatch_flyte.registry.store_schema import APPLICATION, FORMAT, STEPS
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

IN_MEMORY: Final = ":memory:"

Row = tuple[Any, ...]
Value = str | int | bytes | None

_WAL_PAGES: Final = 4000
"""How long the log may grow, in pages of 4 KiB, until it is brought into the file; that takes time of a write."""
_PAUSE_SECONDS: Final = 0.01


class StoreError(RegistryError):
    """The local registry's file cannot be read or written. `code` is the status it gives a client."""

    def __init__(self, message: str, *, hint: str = "", code: Code = Code.INTERNAL) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class LockedError(StoreError):
    """Somebody else is using the file, and waiting for it took too long."""

    def __init__(self, message: str) -> None:
        super().__init__(message, hint=_LOCKED_HINT, code=Code.UNAVAILABLE)


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
        return LockedError(f"{place}: locked ({error})")
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


def _check(connection: sqlite3.Connection, place: str) -> None:
    """Refuse a file of a newer format, and another program's."""
    # In this order: tables and mark are made in one transaction, maybe by another process between two of these lines.
    [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    [application] = connection.execute("PRAGMA application_id").fetchone()
    version = _format(connection)
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
    connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
    if _format(connection) < FORMAT:
        with transaction(connection):
            _bring_up(connection)


def _bring_up(connection: sqlite3.Connection) -> None:
    """Within a transaction, make this format of what is there."""
    for step in STEPS[_format(connection) :]:
        for statement in step.split(";"):
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def empty(connection: sqlite3.Connection) -> None:
    """Within a transaction, make a new registry's file of it."""
    for [name] in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        connection.execute(f'DROP TABLE "{name}"')
    connection.execute("PRAGMA user_version = 0")
    _bring_up(connection)


def _format(connection: sqlite3.Connection) -> int:
    [version] = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


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


class Database:
    """A registry's file, open, for the tables in it. For one thread at a time. Every method may raise `StoreError`."""

    def __init__(self, path: Path | None, busy_seconds: float) -> None:
        self.place = str(path or IN_MEMORY)
        self.connection = connect(path, busy_seconds)
        self._busy_seconds = busy_seconds

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    def read(self, statement: str, parameters: Iterable[Value]) -> list[Row]:
        """Return the rows that a statement gives."""
        with translated(self.place):
            return self.connection.execute(statement, _storable(parameters)).fetchall()

    def write(self, statement: str, parameters: Iterable[Value]) -> int:
        """Return how many rows a statement changed."""
        with translated(self.place):
            return self.connection.execute(statement, _storable(parameters)).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make one transaction of what is read and written inside."""
        with translated(self.place), transaction(self.connection):
            yield

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """Inside, have a statement fail at once, with `LockedError`, where it would wait for another connection."""
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {round(1000 * self._busy_seconds)}")

    def clear(self) -> None:
        """Make it as a new one is."""
        with self.transaction():
            empty(self.connection)


def _storable(parameters: Iterable[Value]) -> tuple[Value, ...]:
    """Return parameters; refuse texts with NUL, which the control plane's database has no room for, even to look."""
    values = tuple(parameters)
    for value in values:
        if isinstance(value, str) and "\0" in value:
            raise StoreError(f"expected a text without NUL (got {value!r:.100})", code=Code.INVALID_ARGUMENT)
    return values
