"""The bundle: the wheel's own contents as one `fast<digest>.tar.gz`, which a task downloads at run time.

A pure function of names, contents and executable bits: no time, user or compressor shows in the digest.
Knows neither wheels nor registries.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MEMBER_TIME = 315532800
"""1980-01-01T00:00:00Z in seconds, what flytekit gives the members of its own bundles."""

_DIGEST_LENGTH = 32


@dataclass(frozen=True, slots=True)
class BundledFile:
    """One file of a bundle."""

    name: str
    """Path below the destination, with `/`."""
    content: bytes
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle, compressed.

    `digest` is 32 hexadecimal digits over the uncompressed content; it names the file and the folder that a registry
    keeps it in, so that a task is the same whoever compressed its code.
    """

    digest: str
    data: bytes

    @property
    def file_name(self) -> str:
        """`fast<digest>.tar.gz`: flytectl and the run-time downloader go by this prefix and ending."""
        return f"fast{self.digest}.tar.gz"


def make_bundle(files: Iterable[BundledFile]) -> Bundle:
    """Return the bundle of `files`, in the order of their names."""
    ordered = sorted(files, key=lambda file: file.name)
    stream = io.BytesIO()
    with (
        # No file name and no time in the gzip header: the same content gives the same bytes.
        gzip.GzipFile(filename="", fileobj=stream, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for file in ordered:
            member = tarfile.TarInfo(file.name)
            member.size, member.mtime = len(file.content), MEMBER_TIME
            member.mode = 0o755 if file.executable else 0o644
            tar.addfile(member, io.BytesIO(file.content))
    return Bundle(content_digest(ordered), stream.getvalue())


def content_digest(files: Iterable[BundledFile]) -> str:
    """Return the digest of `files`: SHA-256 over names and contents, each with its length, cut to 32 digits.

    The lengths keep `ab/c` and `a/bc` apart, which flytekit's digest confuses.
    """
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.name):
        name = file.name.encode()
        digest.update(b"%d:%s%d:%d:" % (len(name), name, file.executable, len(file.content)))
        digest.update(file.content)
    return digest.hexdigest()[:_DIGEST_LENGTH]
