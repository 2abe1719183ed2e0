"""Archives as they should not be: a tar writer that lies where it is told to, and Hypothesis strategies over it."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from support_archives import archive_of
from support_damage import ODD_NAMES, damaged_bytes, texts

from hatch_flyte.archive import MANIFEST, MANIFEST_COMPRESSED
from hatch_flyte.bundle import BundledFile, content_digest, make_bundle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hatch_flyte.archive import Archive

FILES = (BundledFile("acme.py", b"x = 1\n"), BundledFile("acme/run.sh", b"#!/bin/sh\n", executable=True))
BUNDLE = make_bundle(FILES)
ARCHIVE = archive_of(bundle=BUNDLE)


@dataclass(frozen=True)
class Block:
    """A header of a tar file with its content; what is None is written as it is."""

    name: bytes
    content: bytes
    kind: bytes = b"0"
    mode: bytes = b"0000644\0"
    size: bytes | None = None
    checksum: bytes | None = None
    magic: bytes = b"ustar\x0000"
    prefix: bytes = b""
    link: bytes = b""
    padding: bytes | None = None

    def to_bytes(self) -> bytes:
        size = b"%011o\0" % len(self.content) if self.size is None else self.size
        start = self.name[:100].ljust(100, b"\0") + self.mode.ljust(8, b"\0")[:8] + b"0000000\0" * 2
        start += size.ljust(12, b"\0")[:12] + b"14524770400\0"
        end = (
            self.kind + self.link[:100].ljust(100, b"\0") + self.magic + bytes(80) + self.prefix[:155].ljust(155, b"\0")
        )
        end = end.ljust(512 - 156, b"\0")
        checksum = b"%06o\0 " % (sum(start) + 8 * 32 + sum(end)) if self.checksum is None else self.checksum
        padding = bytes(-len(self.content) % 512) if self.padding is None else self.padding
        return start + checksum.ljust(8, b"\0")[:8] + end + self.content + padding


def record(key: bytes, value: bytes) -> bytes:
    """Return a pax record, with its own length before it."""
    rest = b" %s=%s\n" % (key, value)
    length = len(rest) + len(str(len(rest)))
    length += len(str(length)) - len(str(len(rest)))
    return b"%d%s" % (length, rest)


def global_header(text: str) -> Block:
    """Return the header that carries a manifest."""
    return Block(b"pax", record(MANIFEST.encode(), text.encode("utf-8", "surrogatepass")), kind=b"g")


def blocks(archive: Archive) -> list[Block]:
    """Return the headers and members of `archive`."""
    header = [global_header(archive.manifest.to_json())] if archive.manifest else []
    members = [Block(member.file.encode(), member.data) for member in archive.members]
    bundle = [Block(archive.bundle.file_name.encode(), archive.bundle.data)] if archive.bundle else []
    return [*header, *members, *bundle]


def tar(parts: Iterable[Block], end: bytes = bytes(1024)) -> bytes:
    """Return a tar file."""
    return b"".join(part.to_bytes() for part in parts) + end


def packed(data: bytes) -> bytes:
    """Return `data` as gzip has it, without a time."""
    return gzip.compress(data, mtime=0)


def perhaps_packed(draw: st.DrawFn, data: bytes) -> bytes:
    """Draw `data`, compressed or not."""
    return packed(data) if draw(st.booleans()) else data


GOOD = tuple(blocks(ARCHIVE))
FOREIGN = tuple(blocks(replace(ARCHIVE, manifest=None)))

KINDS = st.sampled_from([bytes([kind]) for kind in b"\x001234567AKLMNSVXDgxz\xff"])
NUMBERS = st.sampled_from(
    [
        b"", b"0", b"7", b"00000000001\0", b"77777777777", b"99999999999", b"-0000000001", b"+0000000001",
        b"0x000000001", b"0_1", b" 1 ", b"\x80" + b"\0" * 10 + b"\1", b"\x80" + b"\xff" * 11, b"\xff" * 12,
        b"\x80" + b"\0" * 5 + b"\x40" + b"\0" * 5, b"\xd9\xa1", b"0000000000\n1",
    ]
)  # fmt: skip
SPARSE = [
    record(b"GNU.sparse.major", b"1") + record(b"GNU.sparse.minor", b"0") + record(b"GNU.sparse.realsize", b"60000000"),
    record(b"GNU.sparse.map", b"0,1,50000000,1") + record(b"GNU.sparse.size", b"60000000"),
    record(b"GNU.sparse.numblocks", b"1") + record(b"GNU.sparse.offset", b"50000000"),
]
PAX = st.one_of(
    ODD_NAMES.map(lambda name: record(b"path", name)),
    st.sampled_from(SPARSE),
    st.sampled_from([b"", b"0", b"-1", b"1", b"99999999999999999999", b"1" * 5000, b"1_0", b"x"]).map(
        lambda size: record(b"size", size)
    ),
    st.sampled_from(
        [
            b"", b"\n", b" ", b"=", b"5", b"5 ", b"5 a=", b"0 a=b\n", b"1 a=b\n", b"3 a\n", b"4 =\n", b"6 a=b\n" * 3,
            b"7 a=b\n", b"99999999999999999999999 a=b\n", b"-6 a=b\n", b"06 a=b\n", b"+6 a=b\n", b"1" * 3000,
            b"6 a=b\n7 a=bb\n",
            b"9 \xff=\xfe\n\n", record(b"hdrcharset", b"BINARY") + record(b"path", b"\xff_1.pb"),
            record(b"linkpath", b"/etc/passwd"), record(b"a", b"b") * 2, record(b"mtime", b"nan"),
            record(b"path", b"a\nb"), record(MANIFEST.encode(), b"{}"),
            record(b"uid", b"x") + record(b"gname", b"\0"), b"".join(record(b"%d" % n, b"") for n in range(2000)),
        ]
    ),
    st.binary(max_size=30),
)  # fmt: skip

LIES: dict[str, st.SearchStrategy[Any]] = {
    "checksum": st.sampled_from([b"", b"0", b"000000\0 ", b"99999999", b"-1", b"\xff" * 8]),
    "kind": KINDS,
    "link": ODD_NAMES,
    "magic": st.sampled_from([b"ustar  \0", b"\0" * 8, b"ustar\x0099", b"USTAR\x0000"]),
    "mode": NUMBERS,
    "name": ODD_NAMES,
    "padding": st.binary(max_size=20),
    "prefix": ODD_NAMES,
    "size": NUMBERS,
}


@st.composite
def lying_tars(draw: st.DrawFn) -> bytes:
    """Draw an archive whose tar lies about a member or two, or about where it ends."""
    parts = list(draw(st.sampled_from([GOOD, FOREIGN])))
    for _ in range(draw(st.integers(1, 2))):
        where = draw(st.integers(0, len(parts) - 1))
        action = draw(st.sampled_from(["lie", "lie", "pax", "double", "remove", "long", "add"]))
        if action == "lie":
            parts[where] = replace(parts[where], **draw(lies()))
        elif action == "pax":
            parts.insert(where, Block(b"pax", draw(PAX), kind=draw(st.sampled_from([b"x", b"g"]))))
        elif action == "long":
            parts.insert(where, Block(b"@", draw(ODD_NAMES) + b"\0", kind=draw(st.sampled_from([b"L", b"K"]))))
        elif action == "double":
            parts.insert(draw(st.integers(0, len(parts))), parts[where])
        elif action == "add":
            parts.insert(where, Block(draw(ODD_NAMES), b"content", kind=draw(KINDS)))
        elif len(parts) > 1:
            del parts[where]
    end = draw(
        st.sampled_from([bytes(1024), bytes(1024), bytes(10_240), b"", bytes(512), bytes(512) + b"x" * 512, b"\0"])
    )
    return perhaps_packed(draw, tar(parts, end))


@st.composite
def lies(draw: st.DrawFn) -> dict[str, bytes]:
    """Draw what a tar header may say that isn't so."""
    keys = draw(st.lists(st.sampled_from(sorted(LIES)), min_size=1, max_size=2, unique=True))
    return {key: draw(LIES[key]) for key in keys}


@st.composite
def damaged_archives(draw: st.DrawFn) -> bytes:
    """Draw an archive with bytes changed before or after compression: in the second case the checksum tells."""
    content = tar(draw(st.sampled_from([GOOD, FOREIGN])))
    if draw(st.booleans()):
        data = packed(content)
        return draw(damaged_bytes(data, [*range(12), *range(len(data) - 8, len(data))]))
    heads = [index for index in range(0, len(content), 512) if content[index + 257 : index + 262] == b"ustar"]
    places = [index + step for index in heads for step in (0, 100, 124, 135, 148, 156, 157, 257, 345, 512)]
    return perhaps_packed(draw, draw(damaged_bytes(content, places)))


@st.composite
def odd_gzips(draw: st.DrawFn) -> bytes:
    """Draw an archive whose gzip header or trailer is odd, or that is several streams, or none."""
    body = packed(tar(GOOD))
    flags = draw(st.sampled_from([0, 2, 4, 8, 16, 0x1C, 0xE0, 0xFF]))
    extra = draw(st.sampled_from([b"", b"\2\0xx", b"\xff\xff", b"name\0", b"../x\0", b"n" * 70_000 + b"\0", b"\0" * 8]))
    whole = body[:3] + bytes([flags]) + body[4:10] + extra + body[10:]
    after = draw(st.sampled_from([b"", b"\0" * 512, b"x", body, packed(b""), packed(b"") * 200, packed(b"x")]))
    return draw(st.sampled_from([whole + after, packed(b"") * 50 + body, body + after, packed(body)]))


ODD_VALUES = st.sampled_from(
    [
        "null", "true", "-1", "0", "1", "2", "1e999", "NaN", "-Infinity", "1.0", '""', "[]", "{}", "[[]]", '{"":1}',
        '"\\ud800"', '"\\u0000"', '"\\u001b[31m"', "9" * 4000, "9" * 5000, "1e5000", "[" * 5000, '{"a":' * 5000,
        "[" + "1," * 3000 + "1]", '"' + "x" * 70_000 + '"', '"../../x"', '"\ud800"', "'x'", "", "\ufeff1", "1 1",
        '{"digest":"x","destination":1}',
        '{"name":"x","version":"1","name":"y"}', '{"\\ud800":"x"}', '{"x":"\\udfff"}', '"job"',
        '"launch plan"', "4294967296",
    ]
)  # fmt: skip


@st.composite
def odd_manifests(draw: st.DrawFn) -> str:
    """Draw the manifest's text with one value, at any depth, replaced by something odd, or changed as text."""
    assert ARCHIVE.manifest is not None
    table = json.loads(ARCHIVE.manifest.to_json())
    holder = draw(st.sampled_from([table, table, table["distribution"], table["bundle"], *table["entities"]]))
    action = draw(st.sampled_from(["replace", "replace", "replace", "drop", "rename", "text"]))
    key = draw(st.sampled_from([*sorted(holder), "line", "unknown", "images"]))
    if action == "drop":
        holder.pop(key, None)
    elif action == "rename":
        holder[draw(texts())] = holder.pop(key, None)
    elif action == "replace":
        holder[key] = "@@"
    text = json.dumps(table)
    if action == "text":
        return draw(damaged_bytes(text.encode())).decode("latin-1")
    return text.replace('"@@"', draw(ODD_VALUES))


@st.composite
def archives_with_odd_manifests(draw: st.DrawFn) -> bytes:
    """Draw an archive with an odd manifest, plain or compressed, or two of them."""
    text = draw(odd_manifests()).encode("utf-8", "surrogatepass")
    squeezed = zlib.compress(text)
    coded = draw(
        st.sampled_from(
            [
                base64.b64encode(squeezed), base64.b64encode(squeezed[:-4]), base64.b64encode(squeezed + b"x"), b"",
                b"=", b"\xff", base64.b64encode(text), base64.encodebytes(squeezed),
                base64.b64encode(zlib.compress(bytes(200_000))),
            ]
        )
    )  # fmt: skip
    plain, other = record(MANIFEST.encode(), text), record(MANIFEST_COMPRESSED.encode(), coded)
    header = draw(st.sampled_from([plain, plain, plain, other, plain + other, plain + plain]))
    first = Block(b"pax", header, kind=draw(st.sampled_from([b"g", b"g", b"g", b"x"])))
    return packed(tar([first, *draw(st.sampled_from([GOOD[1:], GOOD]))]))


@st.composite
def archives_with_odd_bundles(draw: st.DrawFn) -> bytes:
    """Draw an archive whose bundle is odd inside, with a manifest that says its right digest where it has one."""
    files = [Block(file.name.encode(), file.content) for file in FILES]
    where = draw(st.integers(0, 1))
    action = draw(st.sampled_from(["lie", "name", "double", "pax", "swap", "bytes", "gzip", "none"]))
    if action == "lie":
        files[where] = replace(files[where], **draw(lies()))
    elif action == "name":
        files[where] = replace(files[where], name=draw(ODD_NAMES))
    elif action == "double":
        files.append(files[where])
    elif action == "pax":
        files.insert(where, Block(b"pax", draw(PAX), kind=draw(st.sampled_from([b"x", b"g"]))))
    elif action == "swap":
        files.reverse()
    content = packed(tar(files))
    if action == "bytes":
        content = packed(draw(damaged_bytes(tar(files), [0, 100, 124, 148, 156, 512])))
    elif action == "gzip":
        content = draw(damaged_bytes(content))
    digest = content_digest(BundledFile(_text(file.name), file.content) for file in files if file.kind == b"0")
    assert ARCHIVE.manifest is not None
    manifest = replace(ARCHIVE.manifest, bundle=digest)
    return packed(tar([global_header(manifest.to_json()), *GOOD[1:-1], replace(GOOD[-1], content=content)]))


def _text(name: bytes) -> str:
    return name[:100].partition(b"\0")[0].decode("utf-8", "replace")


@st.composite
def archives_with_damaged_protobufs(draw: st.DrawFn) -> bytes:
    """Draw an archive without a manifest, whose digests would tell, and with damage in its protobufs."""
    parts = list(FOREIGN)
    for _ in range(draw(st.integers(1, 2))):
        where = draw(st.integers(0, len(parts) - 2))
        data = draw(damaged_bytes(parts[where].content, _fields(parts[where].content)))
        suffix = draw(st.sampled_from([parts[where].name[-4:-3], b"1", b"2", b"3"]))
        parts[where] = replace(parts[where], name=parts[where].name[:-4] + suffix + b".pb", content=data)
    if draw(st.booleans()):
        del parts[draw(st.integers(0, len(parts) - 1))]
    return packed(tar(parts))


def _fields(data: bytes) -> Sequence[int]:
    """Return positions in a protobuf that look like tags and lengths of texts and messages."""
    return [index + step for index, byte in enumerate(data[:-1]) if byte & 7 == 2 and byte < 0x60 for step in (0, 1)]
