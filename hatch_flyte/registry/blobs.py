"""Files beside the local registry's database: what is uploaded, by project and domain.

Owns where a file lies, what its address is, and that nobody ever sees half of one. Knows no transport and no bundle.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from hatch_flyte.errors import RegistryError
from hatch_flyte.rules import catalogue
from hatch_flyte.rules.refusal import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

FOLDER_NAME: Final = "blobs"
ARRIVING_NAME: Final = "arriving"
"""The folder for files that are not complete; a killed process may leave some there."""

_CHUNK: Final = 1 << 20
_ATTEMPTS: Final = 10
_FULL_HINT: Final = "Make room on that disk, or keep the registry elsewhere."
_WRITE_HINT: Final = "Make the folder writable, or keep the registry elsewhere."
_HINTS: Final = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _FULL_HINT),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _WRITE_HINT),
}
_PARTS: Final = re.compile(r"\A([^?#]*)([?#]?)(.*)\Z", re.DOTALL)
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_VALID_PATH: Final = re.compile(r"(?:[A-Za-z0-9\-_.~!$&'()*+,;=:@\[\]/]|%[0-9A-Fa-f]{2})*")
_UNESCAPED: Final = "$&+,/:;=@-_.~"


@dataclass(frozen=True, slots=True)
class Key:
    """Where a blob is among the blobs, as an address: a path, and what odd names leave behind it."""

    path: str
    """PROJECT/DOMAIN/ROOT/FILE, characters escaped as in an address."""
    rest: str = ""
    """`?query` or `#fragment`: what stands behind such a character in a name is no part of the path."""


def blob_key(project: str, domain: str, root: str, name: str) -> Key:
    """Return the key for a file `name` below `root`, put together as flyteadmin does: as a relative address.

    So `.` and `..` are resolved; unlike there, nothing may leave the folder of its project and domain.
    """
    key = address_key("/".join(part.strip("/") for part in (project, domain, root, name)))
    place = address_key(f"{project}/{domain}").path
    if key.path != place and not key.path.startswith(f"{place}/"):
        text = f"filename: expected a place inside of {project}/{domain} (got {root}/{name})"
        raise invalid(text, rule=catalogue.UPLOAD)
    return key


def address_key(address: str) -> Key:
    """Return the key for a relative address, as Go's net/url reads it, resolves it and writes it again."""
    if problem := _BAD_ESCAPE.search(address):
        raise invalid(f'invalid URL escape "{problem[0]}"', rule=catalogue.UPLOAD)
    if _CONTROL.search(address):
        raise invalid("invalid control character in URL", rule=catalogue.UPLOAD)
    path, mark, rest = _PARTS.findall(address)[0]
    return Key(_resolved(path if _VALID_PATH.fullmatch(path) else quote(unquote(path), safe=_UNESCAPED)), mark + rest)


class Blobs:
    """The files of a registry that keeps its data in `folder`. Makes folders when it writes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve() / FOLDER_NAME
        self._arriving = folder.resolve() / ARRIVING_NAME

    def url(self, key: Key) -> str:
        """Return the address that tasks download from. What stands behind `file://` is the path to the letter.

        fsspec, through which flytekit reads it, takes it so and unescapes nothing.
        """
        return f"file://{'' if os.name == 'posix' else '/'}{self._folder.as_posix()}/{key.path}{key.rest}"

    def path_of(self, address: str) -> str | None:
        """Return the path of the key whose address (`url`) that is, if it is one of ours."""
        beginning = self.url(Key(""))
        path = address.removeprefix(beginning)
        is_own = bool(path) and path != address and path == _resolved(path) and not path.startswith("/")
        return path if is_own and _VALID_PATH.fullmatch(path) else None

    def path(self, key: Key) -> Path:
        """Return the file for a key, be it there or not; raise `RegistryError` for one that leads out of here."""
        parts = [part for part in key.path.split("/") if part]
        found = self._folder.joinpath(*parts)
        if ".." in parts or not found.is_relative_to(self._folder):
            raise RegistryError(f"{key.path}: expected a place inside of {self._folder}")
        return found

    def has(self, key: Key) -> bool:
        """Return whether something is stored under a key; if so, it stays there for a while (`housekeeping`)."""
        try:
            return self.path(key).is_file() and _marked(self.path(key))
        except OSError as error:
            raise self._failure(key, error) from error

    def md5(self, key: Key) -> bytes | None:
        """Return the MD5 of what is stored under a key, which stays there for a while; None where nothing is."""
        digest = hashlib.md5(usedforsecurity=False)
        try:
            with self.path(key).open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._failure(key, error) from error
        return digest.digest() if _marked(self.path(key)) else None

    @contextmanager
    def writing(self, key: Key) -> Iterator[BinaryIO]:
        """Store under a key what is written inside: all of it, or nothing if an exception leaves."""
        target = self.path(key)
        try:
            self._arriving.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._arriving)
            try:
                with os.fdopen(handle, "wb") as file:
                    yield file
                put(lambda: Path(name).replace(target), target)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise self._failure(key, error) from error

    def _failure(self, key: Key, error: OSError) -> RegistryError:
        message = f"{self.path(key)}: cannot be read or written ({error.strerror or error})"
        return RegistryError(message, hint=_HINTS.get(error.errno or 0, ""))


def _marked(path: Path) -> bool:
    """Mark a file as asked for, by the time of its last access; return whether it is there."""
    try:
        os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno not in {errno.EACCES, errno.EPERM, errno.EROFS}:  # who cannot mark it cannot remove it either
            raise
    return True


def put(move: Callable[[], object], target: Path) -> None:
    """Do what moves a file to its place, in a folder made for it: again if that is removed for being empty meanwhile.

    A folder that goes away while it is made is told by `FileExistsError` as well: `mkdir` looks what is there.
    """

    def once() -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        move()

    for _ in range(_ATTEMPTS):
        with suppress(FileNotFoundError, FileExistsError):
            return once()
    return once()


def _resolved(path: str) -> str:
    """Return a relative path without `.` and `..`; what would lead above its beginning ends there (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    parts = path.split("/")
    for part in parts:
        if part == "..":
            del kept[-1:]
        elif part != ".":
            kept.append(part)
    if parts[-1] in {".", ".."}:
        kept.append("")
    return "/".join(kept)
