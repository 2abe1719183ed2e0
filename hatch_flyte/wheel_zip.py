"""The zip file that a wheel is, read as something that may come from anywhere.

Names, kinds, methods and sizes are checked before anything is believed, and a content's size and checksum when it is
read. Nothing is written to disk. Knows nothing of what a wheel holds. The limits stand in docs/archive-format.md.
"""

from __future__ import annotations

import errno
import io
import itertools
import stat
import struct
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from hatch_flyte.errors import WheelError
from hatch_flyte.untrusted import inflated, leaves, oddity, read_pieces, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

MAX_FILE = 1 << 30
"""Bytes of a wheel on disk, as of an archive: ten times the default limit of PyPI."""
MAX_CONTENT = 2 << 30
"""Bytes of all members, decompressed: what an archive may hold, since the bundle is the wheel's content."""
MAX_MEMBERS = 100_000
"""As of an archive."""
MAX_DIRECTORY = 16 << 20
"""Bytes of the zip's directory, which is read at once: 160 for each member that there may be."""
MAX_RATIO = 50
"""How many times its own size a wheel may decompress to, where that is above `RATIO_FROM` bytes.

Both numbers are PyPI's (warehouse, `COMPRESSION_RATIO_THRESHOLD`): what is refused here could not be uploaded either.
"""
RATIO_FROM = 64 << 20

_SMALLER = "Leave large data out of the wheel: a task can load it, or the image have it."
_AGAIN = "Build or download it again."
_HEADER = struct.Struct("<4s22xHH")
"""A member's local header: the signature, and the lengths of name and extra field (APPNOTE.TXT 4.3.7)."""
_ENCRYPTED = 0x2041
_PATCH = 0x20
_UTF8 = 0x800
_UNICODE_PATH = 0x7075

_DAMAGED = (zipfile.BadZipFile, EOFError, NotImplementedError, OverflowError, ValueError, struct.error)
"""What `zipfile` raises for a directory that is damaged, or made in a way it does not know."""


class _DamagedError(Exception):
    """A member's content is not what its headers say; `str()` says why."""


@dataclass(frozen=True, slots=True)
class ZipMember:
    """A file in a zip, as the zip's directory has it."""

    filename: str
    raw_name: bytes
    offset: int
    """Where its local header begins, in bytes."""
    end: int
    """Where the next member begins, or the directory."""
    compressed: int
    size: int
    checksum: int
    deflated: bool
    mode: int
    """Unix permissions; 0 where the zip has none."""

    def read(self, path: Path) -> bytes:
        """Return its content from the zip at `path`; `WheelError` where that isn't what the directory says."""
        content = io.BytesIO()  # it gives its buffer away without a copy
        content.writelines(self.pieces(path))
        return content.getvalue()

    def pieces(self, path: Path) -> Iterator[bytes]:
        """Yield its content in pieces, `size` bytes in all; `WheelError` as `read`, perhaps after the last one."""
        try:
            with path.open("rb") as stream:
                yield from self._content(stream)
        except (_DamagedError, zlib.error) as problem:
            raise WheelError(f"{path}: {shown(self.filename)} is damaged ({problem})", hint=_AGAIN) from problem
        except OSError as problem:
            raise WheelError(f"{path}: cannot be read ({problem.strerror or problem})") from problem

    def _content(self, stream: BinaryIO) -> Iterator[bytes]:
        # `ZipFile.open` would parse the zip's whole directory for each file, and decompress without a limit.
        self._go_to_content(stream)
        left, checksum = self.size, 0
        for piece in self._decompressed(stream):
            left -= len(piece)
            if left < 0:
                break
            checksum = zlib.crc32(piece, checksum)
            yield piece
        if left or checksum != self.checksum:
            raise _DamagedError(f"its content is not the {self.size} bytes that its checksum is of")

    def _go_to_content(self, stream: BinaryIO) -> None:
        stream.seek(self.offset)
        header = stream.read(_HEADER.size)
        if len(header) != _HEADER.size:
            raise _DamagedError("its header is cut off")
        signature, name_length, extra_length = _HEADER.unpack(header)
        if signature != b"PK\3\4" or stream.read(name_length) != self.raw_name:
            raise _DamagedError("its header is another member's, or none")
        if stream.seek(extra_length, io.SEEK_CUR) + self.compressed > self.end:
            raise _DamagedError("it overlaps with the next member")

    def _decompressed(self, stream: BinaryIO) -> Iterator[bytes]:
        end = stream.tell() + self.compressed
        pieces = read_pieces(stream, self.compressed)
        if not self.deflated:
            yield from pieces
            return
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        yield from inflated(inflate, pieces)
        if not inflate.eof or inflate.unused_data or stream.tell() != end:
            raise _DamagedError("its compressed content is cut off, or longer than it should be")


def read_members(path: Path) -> list[ZipMember]:
    """Return the files in the zip at `path`, in its directory's order; folders are left out.

    Raises `WheelError` for a file that cannot be read, is no zip or a truncated one, is larger than the limits above,
    or has a member that is no file (a link, a device), leaves the archive, has a name that no file system takes, is
    encrypted or compressed by anything but deflate, or overlaps with another.
    """
    size = _size(path)
    infos, start = _directory(path)
    files = [info for info in infos if not info.filename.endswith("/")]
    for info in infos:
        _check_name(path, info)
    for info in files:
        _check_kind(path, info)
    _check_sizes(path, files, size)
    ends = _ends(path, infos, start)
    return [_member(info, ends[info.header_offset]) for info in files]


def _size(path: Path) -> int:
    try:
        status = path.stat()
    except OSError as problem:
        raise WheelError(f"{path}: cannot be read ({problem.strerror or problem})") from problem
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        _refuse(path, "expected a wheel", "a pipe or a device", hint="A wheel is read in no order: save it as a file.")
    if status.st_size > MAX_FILE:
        _refuse(path, f"expected a wheel of at most {MAX_FILE} bytes", str(status.st_size), hint=_SMALLER)
    return status.st_size


class _Limited(io.FileIO):
    """A zip file whose directory cannot fill the memory: `zipfile` reads it at once, of whatever size it says it is."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._path = path

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY:
            expected = f"expected a zip directory of at most {MAX_DIRECTORY} bytes"
            _refuse(self._path, expected, str(size), hint=_SMALLER)
        return super().read(size)


def _directory(path: Path) -> tuple[list[zipfile.ZipInfo], int]:
    """Return what the zip's directory lists, and where it begins."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what is refused below
            with _Limited(path) as stream, zipfile.ZipFile(stream) as archive:
                return archive.infolist(), archive.start_dir
    except OSError as problem:
        if problem.errno == errno.EINVAL:  # zipfile goes where the directory says that it begins
            raise _no_zip(path) from problem
        raise WheelError(f"{path}: cannot be read ({problem.strerror or problem})") from problem
    except _DAMAGED as problem:
        raise _no_zip(path) from problem


def _no_zip(path: Path) -> WheelError:
    with path.open("rb") as stream:
        if stream.read(2) == b"PK":
            return WheelError(
                f"{path}: the wheel is truncated (the zip directory at its end is missing or damaged)", hint=_AGAIN
            )
    return WheelError(f"{path}: expected a wheel (got a file that is no zip archive)")


def _check_name(path: Path, info: zipfile.ZipInfo) -> None:
    name = info.orig_filename.removesuffix("/")
    if why := oddity(name):
        _refuse(path, f"expected member names {why}", shown(name))
    if leaves(name):
        _refuse(path, "expected member names that stay inside the wheel", shown(name))
    if _has_another_name(info.extra):
        # Which of the two counts, readers disagree on: zipfile since Python 3.12 takes the other one.
        _refuse(path, "expected members with one name", f"{shown(name)}, with another in an extra field", hint=_AGAIN)


def _has_another_name(extra: bytes) -> bool:
    while len(extra) >= 4:  # noqa: PLR2004 # two lengths of two bytes
        kind, length = struct.unpack("<HH", extra[:4])
        if kind == _UNICODE_PATH:
            return True
        extra = extra[4 + length :]
    return False


def _check_kind(path: Path, info: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        got = f"{shown(info.filename)}, which is {_kind_name(kind)}"
        _refuse(path, "expected regular files", got, hint="Ship the file itself in the wheel.")
    if info.flag_bits & _ENCRYPTED:
        _refuse(path, "expected members that anyone can read", f"{shown(info.filename)}, which is encrypted")
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} or info.flag_bits & _PATCH:
        got = f"{shown(info.filename)}, compressed by method {info.compress_type}"
        _refuse(path, "expected members that are stored or deflated, as PyPI does", got)


def _kind_name(kind: int) -> str:
    words = {
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
    }
    return words.get(kind, "a device")


def _check_sizes(path: Path, files: Sequence[zipfile.ZipInfo], size: int) -> None:
    if len(files) > MAX_MEMBERS:
        _refuse(path, f"expected at most {MAX_MEMBERS} members", str(len(files)), hint=_SMALLER)
    content = sum(info.file_size for info in files)
    if content > MAX_CONTENT:
        _refuse(path, f"expected at most {MAX_CONTENT} bytes once decompressed", str(content), hint=_SMALLER)
    if content > RATIO_FROM and content > MAX_RATIO * size:
        got = f"{content} from {size}"
        _refuse(path, f"expected at most {MAX_RATIO} times as many bytes once decompressed", got, hint=_SMALLER)


def _ends(path: Path, infos: Iterable[zipfile.ZipInfo], start: int) -> dict[int, int]:
    """Return where each member's place ends, by where it begins; each byte of the zip belongs to one member."""
    ordered = sorted(infos, key=lambda info: info.header_offset)
    places = [*(info.header_offset for info in ordered), start]
    for info, end in zip(ordered, places[1:], strict=True):
        if info.header_offset < 0 or info.header_offset + _HEADER.size + info.compress_size > end:
            got = f"{shown(info.filename)}, which overlaps"
            _refuse(path, "expected members one after the other", got, hint=_AGAIN)
    return dict(itertools.pairwise(places))


def _member(info: zipfile.ZipInfo, end: int) -> ZipMember:
    return ZipMember(
        filename=info.filename,
        raw_name=info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437"),
        offset=info.header_offset,
        end=end,
        compressed=info.compress_size,
        size=info.file_size,
        checksum=info.CRC,
        deflated=info.compress_type == zipfile.ZIP_DEFLATED,
        mode=info.external_attr >> 16,
    )


def _refuse(path: Path, expected: str, got: str, *, hint: str = "") -> NoReturn:
    raise WheelError(f"{path}: {expected} (got {got})", hint=hint)
