"""What is in an archive's bundle: names and sizes, read as something that may come from anywhere.

Bundles of `pyflyte package` hold folders and links too, and no manifest vouches for them. Nothing is written to disk,
and no content is kept.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hatch_flyte.archive_reader import limited_tar
from hatch_flyte.errors import ArchiveError
from hatch_flyte.tar_stream import TarError
from hatch_flyte.untrusted import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_flyte.bundle import Bundle
    from hatch_flyte.tar_stream import TarStream

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
    try:
        return list(_entries(limited_tar(bundle.open())))
    except (TarError, zlib.error) as problem:
        raise ArchiveError(f"its bundle cannot be read: {problem}") from problem


def _entries(tar: TarStream) -> Iterator[BundleEntry]:
    for member in tar:
        if member.is_file:
            digest = hashlib.sha256()
            for piece in tar.content():
                digest.update(piece)
            yield BundleEntry(member.name, member.size, digest.hexdigest(), executable=member.is_executable)
        elif member.kind in _LINKS:
            yield BundleEntry(member.name, 0, "", target=member.link)
        elif not member.is_folder:
            raise TarError(f"expected files, folders and links (got {shown(member.name)} of type {member.kind!r})")
