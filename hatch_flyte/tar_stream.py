"""A tar file, compressed or not, read once from front to back as something that may come from anywhere.

Not `tarfile`: that takes minutes over one header in Python before 3.12.6, follows headers of headers until the stack is
full, keeps all of them, and makes gigabytes of a sparse member. This one takes what Flyte's archives are made of, ustar
and pax headers and GNU's long names, in bounded memory and time, and nothing that readers disagree on. Knows no Flyte.
"""

from __future__ import annotations

import itertools
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_flyte.untrusted import inflated, read_pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

GZIP = b"\x1f\x8b"
"""What a file begins with that gzip compressed."""
MAX_HEADERS = 128 << 20
"""Bytes of all pax headers and long names together: reading them takes longer than reading content."""
MAX_RECORDS = 1000
"""Records of one pax header; pax itself has a dozen keywords."""

_BLOCK = 512
_MAX_BEFORE = 17
"""Headers that are read for one member, its own included; writers need three."""
_CHECKSUM = slice(148, 156)
_DIGITS = 20
"""Of the length before a pax record: more than any length has."""
_SPARSE = "GNU.sparse."
_OF_A_MEMBER = frozenset({"path", "size", "linkpath"})


class TarError(ValueError):
    """The bytes are no tar file that is read here; `str()` says what was expected and got."""


@dataclass(frozen=True, slots=True)
class TarMember:
    """What a member's headers say."""

    name: str
    """As it stands there; bytes that are no UTF-8 are surrogates."""
    size: int
    """Bytes of its content."""
    mode: int
    kind: str
    """The header's type flag: `0` a regular file, `5` a folder, `2` a symbolic link, …"""
    link: str = ""
    """What a link leads to."""

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.kind == "0"

    @property
    def is_executable(self) -> bool:
        """Whether its owner may execute it."""
        return bool(self.mode & 0o100)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.kind == "5"


def unpacked(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the bytes of `stream`, decompressed if it is one gzip stream; `TarError` and `zlib.error` for damage."""
    start = stream.read(len(GZIP))
    pieces = itertools.chain([start], read_pieces(stream))
    if start != GZIP:
        yield from pieces
        return
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    yield from inflated(inflate, pieces)
    if not inflate.eof:
        raise TarError("expected a whole gzip stream (got a truncated one)")
    if inflate.unused_data or stream.read(1):
        raise TarError("expected one gzip stream (got more after its end)")


class TarStream:
    """The members of a tar file, one after the other.

    `pieces` are its bytes. `TarError` is raised for more than `max_content` of them, for a pax header or long name of
    more than `max_header`, and for more than `max_members`.
    """

    def __init__(self, pieces: Iterable[bytes], *, max_content: int, max_header: int, max_members: int) -> None:
        self._bytes = _Bytes(iter(pieces), max_content)
        self._max_members = max_members
        self._max_header, self._headers_left = max_header, MAX_HEADERS
        self._left = self._padding = 0
        self._started = False
        self.headers: dict[str, str] = {}
        """The global pax header's records so far, by their keywords."""

    def __iter__(self) -> Iterator[TarMember]:
        """Yield the members; what is left of the one before is skipped. Ends when all bytes were read."""
        count = 0
        while (member := self._next()) is not None:
            count += 1
            if count > self._max_members:
                raise TarError(f"expected at most {self._max_members} members (got more)")
            self._left, self._padding = member.size, -member.size % _BLOCK
            yield member
        while rest := self._bytes.some():
            if rest.count(0) != len(rest):
                raise TarError("expected nothing after the end of the tar file (got more)")

    def content(self) -> Iterator[bytes]:
        """Yield the content of the member that was yielded last, in pieces."""
        while self._left:
            piece = self._bytes.some(self._left)
            if not piece:
                raise TarError(f"truncated: expected {self._left} more bytes (got none)")
            self._left -= len(piece)
            yield piece

    def _next(self) -> TarMember | None:
        for _ in self.content():
            pass
        self._bytes.exactly(self._padding)
        records: dict[str, str] = {}
        for _ in range(_MAX_BEFORE):
            block = self._header()
            if not block.strip(b"\0"):
                if records:
                    raise TarError("expected a member after its header (got the end)")
                return None
            kind = block[156:157]
            if kind not in b"xgLK":
                return _member(block, records)
            self._extend(kind, self._payload(_number(block[124:136])), records)
        raise TarError(f"expected a member after at most {_MAX_BEFORE - 1} headers of its own (got more)")

    def _header(self) -> bytes:
        block = self._bytes.up_to(_BLOCK)
        whole = len(block) == _BLOCK and (not block.strip(b"\0") or _is_header(block))
        if not whole and not self._started:
            raise TarError("expected a tar file, compressed by gzip or not (got something else)")
        if not whole:
            raise TarError("expected a tar header (got something else, or the end of the file)")
        self._started = True
        return block

    def _payload(self, size: int) -> bytes:
        """Return the content of a header that has one."""
        if size > self._max_header:
            raise TarError(f"expected headers of at most {self._max_header} bytes (got {size})")
        self._headers_left -= _BLOCK + size
        if self._headers_left < 0:
            raise TarError(f"expected headers of at most {MAX_HEADERS} bytes in all (got more)")
        payload = self._bytes.exactly(size)
        self._bytes.exactly(-size % _BLOCK)
        return payload

    def _extend(self, kind: bytes, payload: bytes, records: dict[str, str]) -> None:
        """Add what a header that precedes a member says to `records`, or to the global ones."""
        into = self.headers if kind == b"g" else records
        found = _records(payload) if kind in b"xg" else {"path" if kind == b"L" else "linkpath": _text(payload)}
        if twice := sorted(set(into) & set(found)):
            raise TarError(f"expected each keyword once in the headers (got {twice[0][:40]!r} again)")
        if kind == b"g" and (misplaced := sorted(filter(_is_of_member, found))):
            raise TarError(f"expected global headers that say nothing of a member (got {misplaced[0][:40]!r})")
        into.update(found)
        if len(into) > MAX_RECORDS:
            raise TarError(f"expected at most {MAX_RECORDS} records in the headers (got more)")


def _is_of_member(keyword: str) -> bool:
    return keyword in _OF_A_MEMBER or keyword.startswith(_SPARSE)


class _Bytes:
    """Bytes that come in pieces, handed out in the lengths that are asked for."""

    def __init__(self, pieces: Iterator[bytes], limit: int) -> None:
        self._pieces, self._limit, self._left = pieces, limit, limit
        self._piece, self._at = b"", 0

    def some(self, most: int | None = None) -> bytes:
        """Return the next bytes, at most `most`; none at the end."""
        while self._at == len(self._piece):
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._left -= len(piece)
            if self._left < 0:
                raise TarError(f"expected at most {self._limit} bytes once decompressed (got more)")
            self._piece, self._at = piece, 0
        start = self._at
        self._at = len(self._piece) if most is None else min(start + most, len(self._piece))
        return self._piece[start : self._at]

    def up_to(self, size: int) -> bytes:
        """Return the next `size` bytes; fewer at the end."""
        parts, left = [], size
        while left and (part := self.some(left)):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def exactly(self, size: int) -> bytes:
        """Return the next `size` bytes; `TarError` where there are fewer."""
        data = self.up_to(size)
        if len(data) < size:
            raise TarError(f"truncated: expected {size - len(data)} more bytes (got none)")
        return data


def _is_header(block: bytes) -> bool:
    """Return whether the sum over the header, its own field taken for blanks, is what that field says."""
    told = _digits(block[_CHECKSUM])
    return told.isdigit() and b"%o" % (sum(block) - sum(block[_CHECKSUM]) + 8 * ord(" ")) == (told.lstrip(b"0") or b"0")


def _number(field: bytes) -> int:
    """Return the number in a header's field: octal digits, or GNU's big-endian bytes after 0x80."""
    if field[0] == 0x80:  # noqa: PLR2004 # the format's mark
        return int.from_bytes(field[1:], "big")
    digits = _digits(field)
    if digits.strip(b"01234567"):
        raise TarError(f"expected an octal number in a tar header (got {digits!r})")
    return int(digits or b"0", 8)


def _digits(field: bytes) -> bytes:
    """Return what stands in a field between blanks, or before zeros.

    Zeros before something end the field for some readers (Python's, GNU's) and are skipped by others (Go's): they stay.
    """
    return field.strip(b" ").rstrip(b" \0")


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _member(block: bytes, records: dict[str, str]) -> TarMember:
    if sparse := next((key for key in records if key.startswith(_SPARSE)), ""):
        raise TarError(f"expected members without holes (got {sparse[:40]!r})")
    name = records.get("path", _name(block))
    kind = block[156:157].decode("latin-1").replace("\0", "0")
    if kind == "0" and name.endswith("/"):
        kind = "5"  # as before ustar
    size = _size(records["size"]) if "size" in records else _number(block[124:136])
    if kind == "5" and size:
        raise TarError("expected folders without content (got one with some)")
    return TarMember(name, size, _number(block[100:108]), kind, records.get("linkpath", _text(block[157:257])))


def _name(block: bytes) -> str:
    name = _text(block[:100])
    prefix = _text(block[345:500]) if block[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


def _size(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < _DIGITS):
        raise TarError(f"expected a number as size (got {text[:40]!r})")
    return int(text)


def _records(data: bytes) -> dict[str, str]:
    """Return the records of a pax header: `<length> <keyword>=<value>` and a line feed, length of it all."""
    records: dict[str, str] = {}
    at = 0
    while at < len(data):
        blank = data.find(b" ", at, at + _DIGITS)
        digits = data[at:blank] if blank > at else b""
        end = at + int(digits) if digits.isdigit() else 0
        key, equals, value = data[blank + 1 : end - 1].partition(b"=")
        if not (blank < end <= len(data)) or data[end - 1 : end] != b"\n" or not (key and equals):
            raise TarError(f"expected records in a pax header (got {data[at : at + 40]!r})")
        word = key.decode("utf-8", "surrogateescape")
        if word in records or len(records) == MAX_RECORDS:
            raise TarError(f"expected at most {MAX_RECORDS} records in a header, each once (got {word[:40]!r} too)")
        records[word] = value.decode("utf-8", "surrogateescape")
        at = end
    return records
