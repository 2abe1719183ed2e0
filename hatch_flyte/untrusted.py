"""What every reader of a file from anywhere needs: which members' names it takes, and how messages show what it read.

And decompressing without a bomb's going off. Knows neither zip nor tar.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import zlib
    from collections.abc import Iterable, Iterator
    from typing import IO

MAX_NAME = 1024
"""Bytes of a member's name: the longest path that macOS takes (PATH_MAX), the least of the usual systems."""
MAX_PART = 255
"""Bytes of one part of a name: what the usual file systems take (NAME_MAX)."""

_READ = 64 << 10
"""Bytes of a file that are read at a time."""
_INFLATED = 1 << 20
"""Bytes that come out of a compressed stream at a time."""
_SHOWN = 200
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def escaped(text: str) -> str:
    """Return `text` for a message: on one line, cut where it is long, unprintable characters escaped."""
    short = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in short)


def shown(text: str) -> str:
    """Return `text` as `escaped` has it, in backticks."""
    return f"`{escaped(text)}`"


def leaves(name: str) -> bool:
    """Return whether a member of this name could land elsewhere than below the folder that it is unpacked to.

    As strict as Windows is: a backslash and a drive's `:` count, wherever this runs.
    """
    parts = name.split("/")
    return bool(set(parts) & {"", ".", ".."} or "\\" in name or ":" in parts[0])


def oddity(name: str) -> str:
    """Return why no file can have this name, or is better not to; empty if nothing is wrong with it."""
    if _CONTROLS.search(name):
        return "without control characters, in UTF-8"
    size = len(name.encode())
    if size > MAX_NAME or (size > MAX_PART and any(len(part.encode()) > MAX_PART for part in name.split("/"))):
        return f"of at most {MAX_NAME} bytes, and {MAX_PART} from one `/` to the next"
    return ""


def clash(names: Iterable[str]) -> tuple[str, str] | None:
    """Return two of `names`, or of the folders they lie in, that cannot both be unpacked everywhere; None if all can.

    They differ only in upper and lower case, or in how Unicode composes a character: on macOS and Windows one would
    take the other's place. Or one is a file and a folder at once (the folder ends with `/`). Go's module zips have the
    same rule (golang.org/x/mod/zip).
    """
    files = set(names)
    folders = _folders(files)
    if both := sorted(files & folders):
        return both[0], f"{both[0]}/"
    places: dict[str, str] = {}
    for path in sorted(files | folders):
        other = places.setdefault(unicodedata.normalize("NFC", path.lower()), path)
        if other != path:
            return other, path
    return None


def _folders(files: Iterable[str]) -> set[str]:
    folders: set[str] = set()
    for name in files:
        folder = name.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return folders


def read_pieces(stream: IO[bytes], size: int | None = None) -> Iterator[bytes]:
    """Yield the next `size` bytes of `stream`, or all, in pieces; fewer where it ends."""
    left = size
    while left != 0 and (piece := stream.read(_READ if left is None else min(left, _READ))):
        left = None if left is None else left - len(piece)
        yield piece


def inflated(inflate: zlib._Decompress, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what `inflate` makes of `pieces`, little at a time: deflate can make a thousand bytes of one.

    Ends with the compressed stream or with `pieces`: `inflate.eof` says which. Raises `zlib.error` for damage.
    """
    for piece in pieces:
        rest, more = piece, True
        while more and not inflate.eof:
            out = inflate.decompress(rest, _INFLATED)
            rest = inflate.unconsumed_tail
            more = bool(rest) or len(out) == _INFLATED
            yield out
        if inflate.eof:
            return
