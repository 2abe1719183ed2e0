"""Writing gzip: one stream, the same bytes for the same content, in which some of it may be left uncompressed.

Not `gzip`: that cannot leave anything uncompressed, and tries once more when it is thrown away after a disk was full.
"""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

_BEST = 9
_HEADER = b"\x1f\x8b\x08\0\0\0\0\0"
"""Deflate, no file name, no time (RFC 1952, 2.3)."""


class GzipStream(io.RawIOBase):
    """A gzip stream (RFC 1952) of one member, written to `stream`, which stays open. `finish` ends it."""

    def __init__(self, stream: IO[bytes], level: int) -> None:
        super().__init__()
        self._stream = stream
        self._deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._checksum = self._size = 0
        self._stores = False
        # At the end "most compression" or nothing, and "unknown system", as Python's own module says.
        stream.write(_HEADER + (b"\x02\xff" if level == _BEST else b"\0\xff"))

    def write(self, data: bytes, /) -> int:  # type: ignore[override] # nobody writes anything but bytes
        """Write `data`; return its length."""
        self._checksum = zlib.crc32(data, self._checksum)
        self._size += len(data)
        if self._stores:
            self._stream.writelines(_stored(data))
        else:
            self._stream.write(self._deflate.compress(data))
        return len(data)

    def tell(self) -> int:
        """Return how many bytes were written, before compression."""
        return self._size

    @contextlib.contextmanager
    def storing(self) -> Iterator[None]:
        """Leave uncompressed what is written inside.

        For what is compressed already: it gets no smaller, and trying takes longer than all the rest.
        """
        # The flush ends at a byte's boundary, and what zlib writes later refers to nothing before it.
        self._stream.write(self._deflate.flush(zlib.Z_FULL_FLUSH))
        self._stores = True
        yield
        self._stores = False

    def finish(self) -> None:
        """Write what is left."""
        self._stream.write(self._deflate.flush())
        self._stream.write(struct.pack("<LL", self._checksum, self._size & 0xFFFFFFFF))


def _stored(data: bytes) -> Iterator[bytes]:
    """Yield `data` in blocks that are not compressed (RFC 1951, 3.2.4)."""
    for start in range(0, len(data), 0xFFFF):
        piece = data[start : start + 0xFFFF]
        yield struct.pack("<BHH", 0, len(piece), len(piece) ^ 0xFFFF)
        yield piece
