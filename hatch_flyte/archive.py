"""The Flyte archive: writing one, byte for byte reproducible. `archive_reader` reads them.

The form is what `flytectl register files --archive` takes: regular members are `*.pb` and at most one
`fast*.tar.gz` only, so the manifest travels in a pax global header. docs/archive-format.md describes it.
Knows protobuf messages as bytes only.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import os
import re
import tarfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_flyte.errors import ArchiveError
from hatch_flyte.gzip_stream import GzipStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from hatch_flyte.bundle import Bundle, SpooledBundle
    from hatch_flyte.entity import Kind
    from hatch_flyte.manifest import Manifest

MANIFEST = "HATCHFLYTE.manifest"
"""Keyword of the pax global header: a vendor's name in capitals, a point, a keyword (POSIX pax, "Extended Header")."""
MANIFEST_COMPRESSED = "HATCHFLYTE.manifest.zlib"
"""The same, zlib-compressed and base64-encoded."""

PLAIN_MANIFEST_LIMIT = 512 * 1024
MANIFEST_LIMIT = 1_000_000
"""Bytes of a header's value. flytectl 1.16.8 passes 1,048,000 and fails at 1,048,576 ("header field too long")."""

DEFAULT_TIME = 1580601600
"""2020-02-02T00:00:00Z in seconds, hatchling's own default for reproducible builds."""

_NAME_LIMIT = 150
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class Member:
    """One entity's protobuf in an archive: `admin.TaskSpec`, `admin.WorkflowSpec` or `admin.LaunchPlan`."""

    file: str
    kind: Kind
    data: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the protobuf, 64 hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive's content. `manifest` is None for archives that `pyflyte package` made."""

    members: tuple[Member, ...]
    bundle: Bundle | None = None
    manifest: Manifest | None = None

    @property
    def digest(self) -> str:
        """SHA-256 over what would be registered, entities and the bundle's content, 64 hexadecimal digits.

        Neither names and times of members count, nor the compressor (of our own bundles), nor the manifest.
        """
        lines = sorted(f"{member.kind.value} {member.digest}\n" for member in self.members)
        lines += [f"bundle {self.bundle.digest}\n"] if self.bundle else []
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def archive_name(distribution: str, version: str) -> str:
    """Return `NAME-VERSION-flyte.tgz`, with the name as wheels' file names have it.

    Never `.tar.gz`: index uploaders take that for an sdist.
    """
    name = re.sub(r"[-_.]+", "_", distribution).lower()
    return f"{name}-{version}-flyte.tgz"


def member_name(index: int, count: int, name: str, kind: Kind) -> str:
    """Return the file name of an entity: zero-padded position, escaped name, kind.

    flytectl registers in the order of the file names and reads the kind from the last digit.
    """
    digits = len(str(max(count - 1, 0)))
    escaped = _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), name)
    return f"{index:0{digits}}_{escaped[:_NAME_LIMIT]}_{kind.suffix}.pb"


def write_archive(
    path: Path, archive: Archive, *, bundle: SpooledBundle | None = None, time: int = DEFAULT_TIME
) -> None:
    """Write `archive` to `path`, whole or not at all. `time` (seconds, UTC) is stamped on every member.

    `bundle` stands for the archive's own bundle, where that is not in memory.
    """
    with _replacing(path) as stream:
        compressed = GzipStream(stream, 9)
        _write_tar(compressed, archive, bundle or archive.bundle, time)
        compressed.finish()


def _write_tar(stream: GzipStream, archive: Archive, bundle: Bundle | SpooledBundle | None, time: int) -> None:
    headers = _manifest_header(archive.manifest) if archive.manifest else {}
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT, pax_headers=headers) as tar:
        for member in sorted(archive.members, key=lambda member: member.file):
            tar.addfile(_header(member.file, len(member.data), time), io.BytesIO(member.data))
        if bundle:  # its name comes after all others: they begin with digits
            with stream.storing():
                tar.addfile(_header(bundle.file_name, bundle.size, time), bundle.open())


def _header(name: str, size: int, time: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mtime = size, time
    return info


def _manifest_header(manifest: Manifest) -> dict[str, str]:
    text = manifest.to_json()
    if len(text) <= PLAIN_MANIFEST_LIMIT:
        return {MANIFEST: text}
    packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    if len(packed) > MANIFEST_LIMIT:
        raise ArchiveError(
            f"manifest: expected at most {MANIFEST_LIMIT} bytes compressed "
            f"(got {len(packed)} for {len(manifest.entities)} entities)",
            hint="Split the project into several distributions, or name fewer `modules`.",
        )
    return {MANIFEST_COMPRESSED: packed}


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a new file beside `path` that takes its place in the end, or goes away with the folders made for it."""
    made = [folder for folder in path.parents if not folder.exists()]
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            yield stream
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        for folder in made:
            with contextlib.suppress(OSError):  # somebody else put something there
                folder.rmdir()
        raise


def members_of(entities: Sequence[tuple[Kind, str, bytes]]) -> tuple[Member, ...]:
    """Return the members for entities (kind, name, protobuf) in dependency order."""
    count = len(entities)
    return tuple(
        Member(member_name(index, count, name, kind), kind, data) for index, (kind, name, data) in enumerate(entities)
    )
