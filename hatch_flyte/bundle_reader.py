"""What is in an archive's bundle: names and sizes, read as something that may come from anywhere.

Bundles of `pyflyte package` hold folders and links too, and no manifest vouches for them. Nothing is written to disk,
and no content is kept.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hatch_flyte.archive_reader import MAX_CONTENT, MAX_HEADER, MAX_MEMBERS
from hatch_flyte.errors import ArchiveError
from hatch_flyte.tar_stream import TarError, TarStream, unpacked
from hatch_flyte.untrusted import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_flyte.bundle import Bundle

_LINKS: Final = frozenset({"1", "2"})
"""Type flags of hard and symbolic links."""


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """One file or link of a bundle."""

    name: str
    """Path below the destination, with `/`."""
    size: int
    """Bytes; 0 for a link."""
    digest: str
    """SHA-256 of the content, 64 hexadecimal digits; empty for a link."""
    executable: bool = False
    target: str = ""
    """What a link leads to; empty for a file."""


def read_bundle(bundle: Bundle) -> list[BundleEntry]:
    """Return the files and links of `bundle`, in its order; folders are left out.

    Raises `ArchiveError` for a bundle that is damaged, too large, or holds devices.
    """
    tar = TarStream(unpacked(io.BytesIO(bundle.data)), max_content=MAX_CONTENT, max_header=MAX_HEADER)
    try:
        return list(_entries(tar))
    except (TarError, zlib.error) as problem:
        raise ArchiveError(f"its bundle cannot be read: {problem}") from problem


def _entries(tar: TarStream) -> Iterator[BundleEntry]:
    for count, member in enumerate(tar, 1):
        if count > MAX_MEMBERS:
            raise TarError(f"expected at most {MAX_MEMBERS} members (got more)")
        if member.is_file:
            digest = hashlib.sha256()
            for piece in tar.content():
                digest.update(piece)
            executable = bool(member.mode & 0o100)
            yield BundleEntry(member.name, member.size, digest.hexdigest(), executable=executable)
        elif member.kind in _LINKS:
            yield BundleEntry(member.name, 0, "", target=member.link)
        elif not member.is_folder:
            raise TarError(f"expected files, folders and links (got {shown(member.name)} of type {member.kind!r})")
