"""The bundle: the wheel's own contents as one `fast<digest>.tar.gz`, which a task downloads at run time.

A pure function of names, contents and executable bits: no time, user or compressor shows in the digest.
Contents are read one by one, and piece by piece. Knows neither wheels nor registries.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import tarfile
import tempfile
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, TypeAlias

from hatch_flyte.errors import ArchiveError
from hatch_flyte.gzip_stream import GzipStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from typing import IO

    from typing_extensions import Buffer

MEMBER_TIME = 315532800
"""1980-01-01T00:00:00Z in seconds, what flytekit gives the members of its own bundles."""

_DIGEST_LENGTH = 32
_LEVEL = 5
"""Of zlib. Level 6, what `gzip` does by default, takes a third longer and saves a hundredth; 9 four times, for two."""
_SIZE, _CHECKSUM = slice(124, 135), slice(148, 156)
"""Fields of a tar header (POSIX ustar): octal digits, and a zero after the size."""
_USTAR_SIZE = 8**11 - 1
"""Bytes that eleven octal digits can say."""
_PIECE = 256 << 10
"""Bytes that are compressed at a time."""
_AHEAD = 8
"""Pieces that wait for being compressed."""
_SPOOL_LIMIT = 8 << 20
"""Bytes of a bundle that are kept in memory; larger ones go to a temporary file."""


@dataclass(frozen=True, slots=True)
class BundledFile:
    """One file of a bundle, whose content is at hand."""

    name: str
    """Path below the destination, with `/`."""
    content: bytes = field(repr=False)
    executable: bool = False

    @property
    def size(self) -> int:
        """Bytes of its content."""
        return len(self.content)

    def pieces(self) -> Iterable[bytes]:
        """Give its content."""
        return (self.content,)


@dataclass(frozen=True, slots=True)
class StreamedFile:
    """One file of a bundle, whose content is read when it is its turn."""

    name: str
    """Path below the destination, with `/`."""
    size: int
    """Bytes of its content."""
    pieces: Callable[[], Iterable[bytes]] = field(repr=False)
    """Gives the content; `size` bytes all in all."""
    executable: bool = False


AnyFile: TypeAlias = "BundledFile | StreamedFile"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle, compressed.

    `digest` is 32 hexadecimal digits over the uncompressed content; it names the file and the folder that a registry
    keeps it in, so that a task is the same whoever compressed its code.
    """

    digest: str
    data: bytes = field(repr=False)

    @property
    def file_name(self) -> str:
        """`fast<digest>.tar.gz`: flytectl and the run-time downloader go by this prefix and ending."""
        return _file_name(self.digest)

    @property
    def size(self) -> int:
        """Bytes, compressed."""
        return len(self.data)

    def open(self) -> IO[bytes]:
        """Return its bytes as a stream."""
        return io.BytesIO(self.data)


@dataclass(frozen=True, slots=True)
class SpooledBundle:
    """A bundle, compressed, that is not kept in memory: what `write_archive` takes instead of a `Bundle`."""

    digest: str
    size: int
    """Bytes, compressed."""
    stream: IO[bytes] = field(repr=False)

    @property
    def file_name(self) -> str:
        """As of a `Bundle`."""
        return _file_name(self.digest)

    def open(self) -> IO[bytes]:
        """Return its bytes as a stream, from the beginning; there is one stream only."""
        self.stream.seek(0)
        return self.stream


def _file_name(digest: str) -> str:
    return f"fast{digest}.tar.gz"


def make_bundle(files: Iterable[AnyFile]) -> Bundle:
    """Return the bundle of `files`, in the order of their names."""
    stream = io.BytesIO()
    return Bundle(write_bundle(files, stream), stream.getvalue())


@contextlib.contextmanager
def spooled_bundle(files: Iterable[AnyFile]) -> Iterator[SpooledBundle]:
    """Give the bundle of `files`, of any size, in little memory; it is gone afterwards.

    Raises `ArchiveError` where the temporary folder cannot take it, and what reading `files` raises.
    """
    with tempfile.SpooledTemporaryFile(_SPOOL_LIMIT) as stream:
        try:
            digest = write_bundle(files, stream)
        except OSError as problem:
            raise ArchiveError(
                f"{tempfile.gettempdir()}: the bundle cannot be written ({problem.strerror or problem})",
                hint="Free some space, or name another folder with the variable TMPDIR.",
            ) from problem
        yield SpooledBundle(digest, stream.tell(), stream)


def write_bundle(files: Iterable[AnyFile], stream: IO[bytes]) -> str:
    """Write the bundle of `files` to `stream`, in the order of their names, and return its digest.

    Each content is read once. Raises `ValueError` for a content that is not as long as its file says.
    """
    compressed = GzipStream(stream, _LEVEL)
    with io.BufferedWriter(_Beside(compressed), _PIECE) as tar:
        digest = ordered_digest(_written(_ordered(files), tar))
    # Two blocks of zeros end a tar file, which is filled up to a record then.
    compressed.write(bytes(2 * tarfile.BLOCKSIZE))
    compressed.write(bytes(-compressed.tell() % tarfile.RECORDSIZE))
    compressed.finish()
    return digest


def _ordered(files: Iterable[AnyFile]) -> list[AnyFile]:
    return sorted(files, key=lambda file: file.name)


class _Beside(io.RawIOBase):
    """A stream that is written to in a thread of its own: what is next is read and hashed while zlib compresses."""

    def __init__(self, stream: GzipStream) -> None:
        super().__init__()
        self._stream = stream
        self._thread = ThreadPoolExecutor(1)
        self._waiting: deque[Future[int]] = deque()

    def writable(self) -> bool:
        """Return that it is."""
        return True

    def write(self, data: Buffer, /) -> int:
        """Have `data` written, in its turn; raises what writing raised before."""
        piece = bytes(data)
        self._waiting.append(self._thread.submit(self._stream.write, piece))
        if len(self._waiting) > _AHEAD:
            self._waiting.popleft().result()
        return len(piece)

    def close(self) -> None:
        """Wait until all is written; raises what writing raised."""
        try:
            while self._waiting:
                self._waiting.popleft().result()
        finally:
            self._thread.shutdown(cancel_futures=True)
            super().close()


def _written(files: Iterable[AnyFile], tar: io.BufferedIOBase) -> Iterator[StreamedFile]:
    """Give the files back; what is read of them is written."""

    def pieces(file: AnyFile) -> Iterator[bytes]:
        for piece in file.pieces():
            tar.write(piece)
            yield piece

    for file in files:
        tar.write(_header(file))
        yield StreamedFile(file.name, file.size, partial(pieces, file), file.executable)
        tar.write(bytes(-file.size % tarfile.BLOCKSIZE))


def _header(file: AnyFile) -> bytes:
    name = file.name.encode()
    if len(name) > tarfile.LENGTH_NAME or not name.isascii() or file.size > _USTAR_SIZE:
        return _tarfile_header(file.name, file.size, executable=file.executable)
    # What `tarfile` makes of it, in a tenth of the time.
    block = bytearray(_nameless_header(executable=file.executable))
    block[: len(name)] = name
    block[_SIZE] = b"%011o" % file.size
    block[_CHECKSUM] = b" " * 8
    block[_CHECKSUM] = b"%06o\0 " % sum(block)
    return bytes(block)


@cache
def _nameless_header(*, executable: bool) -> bytes:
    return _tarfile_header("", 0, executable=executable)


def _tarfile_header(name: str, size: int, *, executable: bool) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = size, MEMBER_TIME
    member.mode = 0o755 if executable else 0o644
    return member.tobuf(tarfile.PAX_FORMAT)


def content_digest(files: Iterable[AnyFile]) -> str:
    """Return the digest of `files`, in whatever order they come; else as `ordered_digest`."""
    return ordered_digest(_ordered(files))


def ordered_digest(files: Iterable[AnyFile]) -> str:
    """Return the digest of files that come in the order of their names, each read before the next is asked for.

    It is SHA-256 over names and contents, each with its length, cut to 32 digits. The lengths keep `ab/c` and `a/bc`
    apart, which flytekit's digest confuses. Raises `ValueError` for a content that is not as long as its file says.
    """
    digest = hashlib.sha256()
    for file in files:
        name = file.name.encode()
        digest.update(b"%d:%s%d:%d:" % (len(name), name, file.executable, file.size))
        size = 0
        for piece in file.pieces():
            digest.update(piece)
            size += len(piece)
        if size != file.size:
            raise ValueError(f"{file.name}: expected {file.size} bytes (got {size})")
    return digest.hexdigest()[:_DIGEST_LENGTH]
