"""Reading a Flyte archive as something that may come from anywhere.

Sizes, names, types, duplicates and digests are checked before anything is believed. Nothing is written to disk.
Archives of `pyflyte package` are read too; they have no manifest.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import stat
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from hatch_flyte.archive import MANIFEST, MANIFEST_COMPRESSED, Archive, Member
from hatch_flyte.bundle import Bundle, StreamedFile, ordered_digest
from hatch_flyte.entity import Kind
from hatch_flyte.errors import ArchiveError
from hatch_flyte.manifest import Manifest, ManifestError
from hatch_flyte.tar_stream import GZIP, TarError, TarStream, unpacked
from hatch_flyte.untrusted import clash, escaped, leaves, oddity, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

    from hatch_flyte.tar_stream import TarMember

MAX_FILE = 1 << 30
"""Bytes of an archive on disk."""
MAX_CONTENT = 2 << 30
"""Bytes of an archive, and of the bundle in it, once decompressed."""
MAX_PROTOBUF = 64 << 20
"""Bytes of one entity; registries refuse far smaller ones."""
MAX_MEMBERS = 100_000
"""Of an archive, and of the bundle in it."""
MAX_HEADER = 4 << 20
"""Bytes of one pax header; flytectl stops at one MiB."""
MAX_MANIFEST = 64 << 20
"""Bytes of a manifest once decompressed."""

_PROTOBUF_NAME = re.compile(r".*_([123])\.pb")


def read_archive(path: Path) -> Archive:
    """Return the archive at `path`, checked.

    Raises `ArchiveError` for a file that is none: missing, damaged, too large, with members that an archive may not
    have, or with a manifest that doesn't fit its members.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise _refused(path, "expected a file (got a pipe or a device)")
        if status.st_size > MAX_FILE:
            raise _refused(path, f"expected at most {MAX_FILE} bytes (got {status.st_size})")
        with path.open("rb") as stream:
            return _read(path, stream)
    except OSError as problem:
        raise ArchiveError(f"{path}: cannot be read ({problem.strerror or problem})") from problem
    except TarError as problem:
        raise _refused(path, str(problem)) from problem
    except zlib.error as problem:
        raise _refused(path, f"damaged ({problem})") from problem


def _refused(path: Path, why: str) -> ArchiveError:
    return ArchiveError(
        f"{path}: not a Flyte archive: {why}",
        hint="Expected the `NAME-VERSION-flyte.tgz` of a build, or the output of `pyflyte package`.",
    )


def limited_tar(stream: IO[bytes]) -> TarStream:
    """Return the members of an archive, or of a bundle, within the limits of this module."""
    return TarStream(unpacked(stream), max_content=MAX_CONTENT, max_header=MAX_HEADER, max_members=MAX_MEMBERS)


def _read(path: Path, stream: IO[bytes]) -> Archive:
    members: list[Member] = []
    bundle: Bundle | None = None
    tar = limited_tar(stream)
    for name, data in _files(path, tar):
        if name.startswith("fast") and name.endswith(".tar.gz"):
            if bundle is not None:
                raise _refused(path, f"expected at most one bundle (got a second one, {shown(name)})")
            bundle = Bundle(hashlib.sha256(data).hexdigest()[:32], data)
        else:
            members.append(_member(path, name, data))
    manifest = _manifest(path, tar.headers)
    members.sort(key=lambda member: member.file)
    if manifest:
        bundle = _check(path, manifest, members, bundle)
    if not members:
        raise _refused(path, "expected entities (got none)")
    return Archive(tuple(members), bundle, manifest)


def _files(path: Path, tar: TarStream) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    for member in tar:
        name = PurePosixPath(member.name)
        if name.is_absolute() or ".." in name.parts or "\\" in member.name:
            raise _refused(path, f"expected member names below the archive (got {shown(member.name)})")
        if why := oddity(member.name):
            raise _refused(path, f"expected member names {why} (got {shown(member.name)})")
        if member.is_folder:
            continue
        if not member.is_file:
            raise _refused(path, f"expected regular files (got {shown(member.name)} of type {member.kind!r})")
        if name.name in seen:
            raise _refused(path, f"expected each member once (got {shown(name.name)} twice)")
        seen.add(name.name)
        yield name.name, _content(path, tar, member)


def _content(path: Path, tar: TarStream, member: TarMember) -> bytes:
    limit = MAX_PROTOBUF if member.name.endswith(".pb") else MAX_FILE
    if member.size > limit:
        raise _refused(path, f"expected at most {limit} bytes in {shown(member.name)} (got {member.size})")
    # BytesIO gives its buffer away without a copy; the size is believed only as far as bytes follow.
    content = io.BytesIO()
    content.writelines(tar.content())
    return content.getvalue()


def _member(path: Path, name: str, data: bytes) -> Member:
    match = _PROTOBUF_NAME.fullmatch(name)
    if not match:
        raise _refused(path, f"expected only `…_1.pb`, `…_2.pb`, `…_3.pb` and `fast….tar.gz` (got {shown(name)})")
    return Member(name, Kind.from_suffix(int(match[1])), data)


def _manifest(path: Path, headers: dict[str, str]) -> Manifest | None:
    if MANIFEST in headers and MANIFEST_COMPRESSED in headers:
        raise _refused(path, "expected one manifest (got one plain and one compressed)")
    try:
        if MANIFEST in headers:
            return Manifest.from_json(headers[MANIFEST])
        if MANIFEST_COMPRESSED in headers:
            return Manifest.from_json(_inflated(headers[MANIFEST_COMPRESSED]))
    except ManifestError as problem:
        raise _refused(path, f"its manifest cannot be read: {problem}") from problem
    return None


def _inflated(text: str) -> str:
    inflate = zlib.decompressobj()
    try:
        raw = inflate.decompress(base64.b64decode(text.encode("ascii"), validate=True), MAX_MANIFEST)
        if inflate.unconsumed_tail:
            raise ManifestError(f"expected at most {MAX_MANIFEST} bytes (got more)")
        if not inflate.eof or inflate.unused_data:
            raise ManifestError("expected one zlib stream (got a truncated one, or more)")
        return raw.decode()
    except (zlib.error, binascii.Error, UnicodeError) as problem:
        raise ManifestError(f"expected UTF-8, compressed by zlib, in base64 ({problem})") from problem


def _check(path: Path, manifest: Manifest, members: list[Member], bundle: Bundle | None) -> Bundle | None:
    """Hold the members against the manifest; return the bundle under its content's digest."""
    said = {(entity.file, entity.kind, entity.digest) for entity in manifest.entities}
    held = {(member.file, member.kind, member.digest) for member in members}
    if said != held or len(manifest.entities) != len(members):
        files = ", ".join(map(shown, sorted({file for file, _, _ in said ^ held})[:5]))
        raise _refused(path, f"its members are not those of its manifest ({files})")
    if bool(manifest.bundle) != (bundle is not None):
        expected, got = ("a bundle", "none") if manifest.bundle else ("no bundle", "one")
        raise _refused(path, f"expected {expected}, as its manifest says (got {got})")
    if bundle is None:
        return None
    if (digest := _bundle_digest(path, bundle.data)) != manifest.bundle:
        raise _refused(path, f"expected a bundle with digest {escaped(manifest.bundle)} (got {digest})")
    return Bundle(digest, bundle.data)


def _bundle_digest(path: Path, data: bytes) -> str:
    """Return the digest of a bundle's content; its members stand in the order of their names, each once."""
    if not data.startswith(GZIP):
        raise _refused(path, "its bundle: expected a file that gzip compressed (got another)")
    try:
        return ordered_digest(_bundled(path, limited_tar(io.BytesIO(data))))
    except TarError as problem:
        raise _refused(path, f"its bundle: {problem}") from problem
    except zlib.error as problem:
        raise _refused(path, f"its bundle is damaged ({problem})") from problem


def _bundled(path: Path, tar: TarStream) -> Iterator[StreamedFile]:
    before = ""
    names = []
    for member in tar:
        name = member.name
        if not member.is_file:
            raise _refused(path, f"expected regular files in the bundle (got {shown(name)} of type {member.kind!r})")
        if oddity(name) or leaves(name):
            raise _refused(path, f"expected names below the destination in the bundle (got {shown(name)})")
        if name <= before:
            raise _refused(path, f"expected a bundle in the order of its names (got {shown(name)} late, or again)")
        before = name
        names.append(name)
        yield StreamedFile(name, member.size, tar.content, executable=member.is_executable)
    if pair := clash(names):
        both = " and ".join(map(shown, pair))
        raise _refused(path, f"expected names in the bundle that can stand side by side (got {both})")
