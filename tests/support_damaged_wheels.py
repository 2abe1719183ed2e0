"""Wheels as they should not be: a zip writer that lies where it is told to, and Hypothesis strategies over it."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from support_damage import ODD_NAMES, damaged_bytes, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    Lies = st.SearchStrategy[dict[str, Any]]

INFO = "acme-1.dist-info"
METADATA = b"Metadata-Version: 2.1\nName: acme\nVersion: 1\nRequires-Python: >=3.9\nRequires-Dist: flytekit\n\nText.\n"

STORED, DEFLATED = 0, 8
UTF8 = 0x800
REGULAR = 0o100644 << 16

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")


@dataclass(frozen=True)
class Entry:
    """A member of a zip; what is None is written as it is."""

    name: bytes
    content: bytes
    method: int = DEFLATED
    flags: int = 0
    attributes: int = REGULAR
    extra: bytes = b""
    local_extra: bytes = b""
    local_name: bytes | None = None
    signature: bytes = b"PK\3\4"
    crc: int | None = None
    size: int | None = None
    packed_size: int | None = None
    offset: int | None = None
    version: int = 20

    @cached_property
    def packed(self) -> bytes:
        if self.method != DEFLATED:
            return self.content
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        return deflate.compress(self.content) + deflate.flush()

    @property
    def facts(self) -> tuple[int, int, int]:
        truth = zlib.crc32(self.content), len(self.packed), len(self.content)
        told = self.crc, self.packed_size, self.size
        return tuple(true if lie is None else lie for true, lie in zip(truth, told, strict=True))  # type: ignore[return-value] # three, as above

    def local(self) -> bytes:
        name = self.name if self.local_name is None else self.local_name
        numbers = (self.version, self.flags, self.method, 0, 33, *self.facts, len(name), len(self.local_extra))
        return LOCAL.pack(self.signature, *numbers) + name + self.local_extra + self.packed

    def central(self, offset: int) -> bytes:
        place = offset if self.offset is None else self.offset
        lengths = len(self.name), len(self.extra), 0, 0, 0
        head = (0x300 | self.version, self.version, self.flags, self.method, 0, 33)
        record = CENTRAL.pack(b"PK\1\2", *head, *self.facts, *lengths, self.attributes, place)
        return record + self.name + self.extra


@dataclass(frozen=True)
class Zip:
    """A zip file; what is None is written as it is."""

    entries: tuple[Entry, ...]
    prefix: bytes = b""
    comment: bytes = b""
    count: int | None = None
    directory_size: int | None = None
    directory_offset: int | None = None

    def to_bytes(self) -> bytes:
        data, directory = bytearray(self.prefix), bytearray()
        for entry in self.entries:
            directory += entry.central(len(data))
            data += entry.local()
        truth = len(self.entries), len(directory), len(data)
        told = self.count, self.directory_size, self.directory_offset
        count, size, offset = (true if lie is None else lie for true, lie in zip(truth, told, strict=True))
        end = END.pack(b"PK\5\6", 0, 0, count & 0xFFFF, count & 0xFFFF, size, offset, len(self.comment))
        return bytes(data + directory + end + self.comment)


MODULE = Entry(b"acme/flows.py", b"x = 1\n" * 50)
GOOD = Zip(
    (
        MODULE,
        Entry(b"acme/__init__.py", b""),
        Entry(b"acme/data.bin", bytes(range(256)) * 3, method=STORED),
        Entry(b"acme-1.data/purelib/acme/more.py", b"y = 2\n"),
        Entry(f"{INFO}/METADATA".encode(), METADATA),
        Entry(f"{INFO}/WHEEL".encode(), b"Wheel-Version: 1.0\n"),
        Entry(f"{INFO}/RECORD".encode(), b""),
    )
)


def unicode_path(name: bytes, other: bytes) -> bytes:
    """Return Info-ZIP's extra field that gives the member `name` another one."""
    return struct.pack("<HHBL", 0x7075, 5 + len(other), 1, zlib.crc32(name)) + other


def zip64(*numbers: int) -> bytes:
    """Return the extra field that holds what 32 bits cannot."""
    return struct.pack("<HH", 1, 8 * len(numbers)) + b"".join(struct.pack("<Q", number) for number in numbers)


def wheel_with(*entries: Entry, metadata: bytes = METADATA) -> Zip:
    """Return a wheel of `entries` that is otherwise as it should be."""
    return Zip((*entries, Entry(f"{INFO}/METADATA".encode(), metadata)))


SIZES = st.sampled_from([0, 1, 5, 299, 301, 1 << 16, (1 << 31) - 1, 1 << 31, (1 << 32) - 1])
HUGE = st.sampled_from([0, 1, 1 << 32, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
MODES = st.sampled_from([0o120777, 0o060644, 0o020666, 0o010644, 0o140755, 0o040755, 0o100755, 0o104755, 0, 0o170000])


@st.composite
def lying_entries(draw: st.DrawFn, entry: Entry) -> Entry:
    """Draw `entry` with one to three things wrong."""
    for kind in draw(st.lists(st.sampled_from(sorted(LIES)), min_size=1, max_size=3, unique=True)):
        entry = replace(entry, **draw(LIES[kind](entry)))
    return entry


def _names(_: Entry) -> Lies:
    return st.tuples(st.sampled_from([0, UTF8]), ODD_NAMES).map(lambda drawn: {"flags": drawn[0], "name": drawn[1]})


def _extras(entry: Entry) -> Lies:
    fields = st.one_of(
        ODD_NAMES.map(lambda name: unicode_path(entry.name, name[:60_000])),
        st.lists(HUGE, max_size=3).map(lambda numbers: zip64(*numbers)),
        st.binary(max_size=40),
        st.just(b"\x75\x70\xff\xff"),
        st.just(b"\1\0\0\0" * 3),
    )
    return st.tuples(fields, st.booleans(), st.booleans()).map(
        lambda drawn: {
            "extra": drawn[0],
            "local_extra": drawn[0] if drawn[1] else b"",
            **({"size": 0xFFFFFFFF, "packed_size": 0xFFFFFFFF, "offset": 0xFFFFFFFF} if drawn[2] else {}),
        }
    )


def _one(key: str, values: st.SearchStrategy[Any]) -> Lies:
    return values.map(lambda value: {key: value})


LIES: dict[str, Callable[[Entry], Lies]] = {
    "attributes": lambda _: _one("attributes", MODES.map(lambda mode: mode << 16)),
    "content": lambda entry: _one("content", damaged_bytes(entry.content)),
    "crc": lambda _: _one("crc", SIZES),
    "extra": _extras,
    "flags": lambda _: _one("flags", st.sampled_from([1, 8, 0x20, 0x40, 0x41, UTF8, 0x2000, 0xFFFF])),
    "local name": lambda entry: _one("local_name", ODD_NAMES | damaged_bytes(entry.name)),
    "method": lambda _: _one("method", st.sampled_from([0, 1, 6, 8, 9, 12, 14, 93, 95, 97, 99, 0xFFFF])),
    "name": _names,
    "offset": lambda _: _one("offset", SIZES),
    "packed size": lambda _: _one("packed_size", SIZES),
    "signature": lambda _: _one("signature", st.sampled_from([b"PK\1\2", b"PK\5\6", b"PK\7\x08", b"\0\0\0\0"])),
    "size": lambda _: _one("size", SIZES),
    "version": lambda _: _one("version", st.sampled_from([0, 45, 63, 64, 255])),
}


@st.composite
def lying_wheels(draw: st.DrawFn) -> Zip:
    """Draw a wheel whose zip lies: about members, or about its directory."""
    entries = list(GOOD.entries)
    where = draw(st.integers(0, len(entries) - 1))
    action = draw(st.sampled_from(["change", "change", "add", "double", "remove", "directory"]))
    if action == "change":
        entries[where] = draw(lying_entries(entries[where]))
    elif action == "add":
        entries.append(draw(lying_entries(MODULE)))
    elif action == "double":
        twin = replace(entries[where], name=draw(twins(entries[where].name)), flags=UTF8)
        entries.insert(draw(st.integers(0, len(entries))), twin)
    elif action == "remove":
        del entries[where]
    lies = draw(st.fixed_dictionaries({}, optional=DIRECTORY_LIES)) if action == "directory" else {}
    return replace(GOOD, entries=tuple(entries), **lies)


DIRECTORY_LIES: dict[str, st.SearchStrategy[Any]] = {
    "prefix": st.binary(max_size=100),
    "comment": st.binary(max_size=100) | st.just(b"PK\5\6" + bytes(18)),
    "count": SIZES,
    "directory_size": SIZES,
    "directory_offset": SIZES,
}


def twins(name: bytes) -> st.SearchStrategy[bytes]:
    """Draw names that something or other takes for `name`."""
    return st.sampled_from(
        [name, name.upper(), name.swapcase(), b"./" + name, name + b"/", name + b"/x", name + b"\0x"]
    )


@st.composite
def damaged_wheels(draw: st.DrawFn) -> bytes:
    """Draw the bytes of a wheel that were changed where structure is, or anywhere."""
    data = GOOD.to_bytes()
    places = [at for mark in (b"PK\1\2", b"PK\3\4", b"PK\5\6") for at in _positions(data, mark)]
    return draw(damaged_bytes(data, places))


def _positions(data: bytes, mark: bytes) -> list[int]:
    found = [index for index in range(len(data)) if data.startswith(mark, index)]
    return [index + step for index in found for step in range(0, 46, 2)]


ODD_LINES = st.sampled_from(
    [
        b"Name: ../../x", b"Name: a/b", b"Name: " + b"a" * 70_000, b"Name: \xc3\xa4", b"Name:", b"Name: acme\n b",
        b"Name: \x1b[31m", b"Version: " + b"1" * 5000, b"Version: 1/..", b"Version: " + b"1." * 20_000 + b"1",
        b"Version: 1+" + b"a" * 300, b"Requires-Dist: a; " + b"(" * 5000, b"Requires-Dist: a==" + b"9" * 5000,
        b"Requires-Dist: " + b"b" * 70_000 + b" c", b"Requires-Dist: a[" + b"b," * 3000 + b"b]",
        b"Requires-Dist: \x00",
        b"Requires-Dist: a @ file:///etc/passwd", b"Requires-Dist: a; python_version < '" + b"3" * 5000 + b"'",
        b"Requires-Dist: a\n" * 3000 + b"Requires-Dist: b", b"Requires-Python: ~=x",
        b"Requires-Python: >=" + b"3" * 5000, b"Requires-Python: " + b">=3," * 3000 + b">=3", b"X: \xff\xfe",
        b"\xef\xbb\xbfX: y", b"no header at all",
        b" continued", b"X" * 100_000, b"", b"\r", b"\x85", b"\xe2\x80\xa8Name: other",
    ]
)  # fmt: skip


@st.composite
def odd_metadata(draw: st.DrawFn) -> bytes:
    """Draw a METADATA file with odd lines, in odd encodings, or with something missing."""
    lines = METADATA.split(b"\n")
    for _ in range(draw(st.integers(1, 3))):
        where = draw(st.integers(0, len(lines) - 1))
        new = draw(st.one_of(ODD_LINES, texts().map(lambda text: text.encode("utf-8", "surrogatepass"))))
        lines[where : where + draw(st.integers(0, 1))] = [new]
    text = draw(st.sampled_from([b"\n", b"\r\n", b"\r"])).join(lines)
    return draw(st.sampled_from([text, text, text, text.decode("latin-1").encode("utf-16"), b"", text * 3]))
