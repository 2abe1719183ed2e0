"""Reading a Flyte archive as something that may come from anywhere.

Sizes, names, types, duplicates and digests are checked before anything is believed. Nothing is written to disk.
Archives of `pyflyte package` are read too; they have no manifest.
"""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import io
import re
import tarfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from hatch_flyte.archive import MANIFEST, MANIFEST_COMPRESSED, Archive, Member
from hatch_flyte.bundle import Bundle, BundledFile, content_digest
from hatch_flyte.entity import Kind
from hatch_flyte.errors import ArchiveError
from hatch_flyte.manifest import Manifest, ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO, BinaryIO

    from typing_extensions import Self

MAX_FILE = 1 << 30
"""Bytes of an archive on disk."""
MAX_CONTENT = 2 << 30
"""Bytes of an archive, and of the bundle in it, once decompressed."""
MAX_PROTOBUF = 64 << 20
"""Bytes of one entity; registries refuse far smaller ones."""
MAX_MEMBERS = 100_000
MAX_HEADER = 4 << 20
"""Bytes of one pax header; flytectl stops at one MiB."""
MAX_MANIFEST = 64 << 20
"""Bytes of a manifest once decompressed."""

_GZIP = b"\x1f\x8b"
_DAMAGED = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, UnicodeError, OverflowError)
_PROTOBUF_NAME = re.compile(r".*_([123])\.pb", re.DOTALL)


def read_archive(path: Path) -> Archive:
    """Return the archive at `path`, checked.

    Raises `ArchiveError` for a file that is none: missing, damaged, too large, with members that an archive may not
    have, or with a manifest that doesn't fit its members.
    """
    try:
        if (size := path.stat().st_size) > MAX_FILE:
            raise _refused(path, f"expected at most {MAX_FILE} bytes (got {size})")
        with path.open("rb") as stream:
            return _read(path, stream)
    except OSError as problem:
        if isinstance(problem, gzip.BadGzipFile):
            raise _refused(path, f"damaged ({problem})") from problem
        raise ArchiveError(f"{path}: cannot be read ({problem.strerror or problem})") from problem
    except _DAMAGED as problem:
        raise _refused(path, f"damaged or not a tar file ({problem})") from problem


def _refused(path: Path, why: str) -> ArchiveError:
    return ArchiveError(
        f"{path}: not a Flyte archive: {why}",
        hint="Expected the `NAME-VERSION-flyte.tgz` of a build, or the output of `pyflyte package`.",
    )


class _BoundedHeader(tarfile.TarInfo):
    """A header whose own data (long names, pax records) tarfile would read into memory at once."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        info = super().frombuf(buf, encoding, errors)
        if not (info.isreg() or info.isdir()) and info.size > MAX_HEADER:
            raise tarfile.TarError(f"expected headers of at most {MAX_HEADER} bytes, got {info.size}")
        return info


class _Bounded(io.RawIOBase):
    """A stream that refuses to give more than a limit, all in all."""

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self._stream, self._path, self._left = stream, path, MAX_CONTENT

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _refused(self._path, f"expected at most {MAX_CONTENT} bytes once decompressed (got more)")
        return data

    def drain(self) -> None:
        """Read to the end, so that the compressed stream's checksum is checked."""
        while self.read(1 << 20):
            pass


def _read(path: Path, stream: BinaryIO) -> Archive:
    magic = stream.read(2)
    stream.seek(0)
    content = gzip.GzipFile(fileobj=stream) if magic == _GZIP else stream
    bounded = _Bounded(content, path)  # type: ignore[arg-type] # GzipFile reads like a BinaryIO
    members: list[Member] = []
    bundle: Bundle | None = None
    # Streaming: a header's size is believed only as far as bytes follow.
    with tarfile.open(fileobj=bounded, mode="r|", tarinfo=_BoundedHeader) as tar:
        for name, data in _files(path, tar):
            if name.startswith("fast") and name.endswith(".tar.gz"):
                if bundle is not None:
                    raise _refused(path, f"expected at most one bundle (got a second one, {name!r})")
                bundle = Bundle(hashlib.sha256(data).hexdigest()[:32], data)
            else:
                members.append(_member(path, name, data))
        header = dict(tar.pax_headers)
    bounded.drain()
    manifest = _manifest(path, header)
    members.sort(key=lambda member: member.file)
    if manifest:
        bundle = _check(path, manifest, members, bundle)
    if not members:
        raise _refused(path, "expected entities (got none)")
    return Archive(tuple(members), bundle, manifest)


def _files(path: Path, tar: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    for count, info in enumerate(tar, 1):
        if count > MAX_MEMBERS:
            raise _refused(path, f"expected at most {MAX_MEMBERS} members (got more)")
        name = info.name
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
            raise _refused(path, f"expected member names below the archive (got {name!r})")
        if info.isdir():
            continue
        if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
            raise _refused(path, f"expected regular files (got {name!r} of type {info.type!r})")
        base = parts[-1] if parts else ""
        if base in seen:
            raise _refused(path, f"expected each member once (got {base!r} twice)")
        seen.add(base)
        yield base, _content(path, tar, info)


def _content(path: Path, tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    limit = MAX_PROTOBUF if info.name.endswith(".pb") else MAX_FILE
    if info.size > limit:
        raise _refused(path, f"expected at most {limit} bytes in {info.name!r} (got {info.size})")
    stream = tar.extractfile(info)
    data = _pieces(stream) if stream else b""
    if len(data) != info.size:
        raise _refused(path, f"truncated: expected {info.size} bytes in {info.name!r} (got {len(data)})")
    return data


def _pieces(stream: IO[bytes]) -> bytes:
    """Read a stream to its end without asking for more at once than there may be."""
    return b"".join(iter(functools.partial(stream.read, 1 << 20), b""))


def _member(path: Path, name: str, data: bytes) -> Member:
    match = _PROTOBUF_NAME.fullmatch(name)
    if not match:
        raise _refused(path, f"expected only `…_1.pb`, `…_2.pb`, `…_3.pb` and `fast….tar.gz` (got {name!r})")
    return Member(name, Kind.from_suffix(int(match[1])), data)


def _manifest(path: Path, header: dict[str, str]) -> Manifest | None:
    text = header.get(MANIFEST)
    try:
        if text is None and (packed := header.get(MANIFEST_COMPRESSED)):
            inflate = zlib.decompressobj()
            raw = inflate.decompress(base64.b64decode(packed, validate=True), MAX_MANIFEST)
            if inflate.unconsumed_tail:
                raise _refused(path, f"expected a manifest of at most {MAX_MANIFEST} bytes (got more)")
            text = raw.decode()
        return Manifest.from_json(text) if text is not None else None
    except (ManifestError, ValueError, zlib.error) as problem:
        raise _refused(path, f"its manifest cannot be read: {problem}") from problem


def _check(path: Path, manifest: Manifest, members: list[Member], bundle: Bundle | None) -> Bundle | None:
    """Hold the members against the manifest; return the bundle under its content's digest."""
    said = {(entity.file, entity.kind, entity.digest) for entity in manifest.entities}
    held = {(member.file, member.kind, member.digest) for member in members}
    if said != held or len(manifest.entities) != len(members):
        files = ", ".join(sorted({file for file, _, _ in said ^ held})[:5])
        raise _refused(path, f"its members are not those of its manifest ({files})")
    if bool(manifest.bundle) != (bundle is not None):
        raise _refused(path, "its manifest and its members disagree on whether there is a bundle")
    if bundle is None:
        return None
    if (digest := _bundle_digest(path, bundle.data)) != manifest.bundle:
        raise _refused(path, f"expected a bundle with digest {manifest.bundle} (got {digest})")
    return Bundle(digest, bundle.data)


def _bundle_digest(path: Path, data: bytes) -> str:
    bounded = _Bounded(gzip.GzipFile(fileobj=io.BytesIO(data)), path)  # type: ignore[arg-type] # as above
    with tarfile.open(fileobj=bounded, mode="r|", tarinfo=_BoundedHeader) as tar:
        files = []
        for info in tar:
            stream = tar.extractfile(info) if info.isreg() else None
            if stream is None:
                raise _refused(path, f"expected regular files in the bundle (got {info.name!r})")
            files.append(BundledFile(info.name, _pieces(stream), executable=bool(info.mode & 0o100)))
    bounded.drain()
    return content_digest(files)
