"""Files made to fill the memory or to take for ever: read within twice the limits, in seconds."""

from __future__ import annotations

import base64
import gzip
import os
import struct
import time
import tracemalloc
import zlib
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support_archives import archive_of
from support_damaged_archives import GOOD, Block, blocks, global_header, packed, record, tar
from support_damaged_wheels import INFO, METADATA, STORED, Entry, Zip, wheel_with

from hatch_flyte import archive_reader, tar_stream, wheel_zip
from hatch_flyte.archive import MANIFEST_COMPRESSED
from hatch_flyte.archive_reader import read_archive
from hatch_flyte.bundle import Bundle, BundledFile, make_bundle
from hatch_flyte.errors import ArchiveError, HatchFlyteError, WheelError
from hatch_flyte.wheel import MAX_HEADERS, MAX_METADATA, read_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT = 32 << 20
"""Of what comes out, for these tests: the real one is 2 GiB."""
SECONDS = 20
"""Each takes one or two; a hang takes minutes."""


@contextmanager
def bounded(memory: int = 2 * LIMIT) -> Iterator[None]:
    """Assert that what is done within takes neither more memory than that nor long."""
    start = time.monotonic()
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= memory
    assert time.monotonic() - start < SECONDS


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel_zip, "MAX_CONTENT", LIMIT)
    monkeypatch.setattr(wheel_zip, "MAX_DIRECTORY", 1 << 20)
    monkeypatch.setattr(wheel_zip, "MAX_MEMBERS", 500)
    monkeypatch.setattr(archive_reader, "MAX_CONTENT", LIMIT)
    monkeypatch.setattr(archive_reader, "MAX_MANIFEST", 1 << 20)
    monkeypatch.setattr(archive_reader, "MAX_MEMBERS", 500)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def read_whole(path: Path) -> None:
    wheel = read_wheel(path)
    for file in wheel.files:
        wheel.read(file.name)


class TestWheel:
    def refusal(self, path: Path) -> str:
        with bounded(), pytest.raises(WheelError) as caught:
            read_whole(path)
        assert caught.value.hint
        return caught.value.message.removeprefix(f"{path}: ")

    def wheel(self, folder: Path, *entries: Entry) -> Path:
        return written(folder / "acme-1-py3-none-any.whl", wheel_with(*entries).to_bytes())

    def test_a_file_of_the_limit_is_read(self, tmp_path: Path) -> None:
        zeros = bytes(LIMIT - len(METADATA))
        path = self.wheel(tmp_path, Entry(b"zeros.bin", zeros))

        with bounded(LIMIT * 3 // 2):
            wheel = read_wheel(path)
            content = wheel.read("zeros.bin")
        assert content == zeros
        with bounded(LIMIT):
            assert sum(map(len, wheel.pieces("zeros.bin"))) == wheel.size("zeros.bin") == len(zeros)

    def test_a_stored_file_of_the_limit_is_read(self, tmp_path: Path) -> None:
        data = os.urandom(LIMIT // 2)
        path = self.wheel(tmp_path, Entry(b"data.bin", data, method=STORED))

        with bounded(LIMIT):
            content = read_wheel(path).read("data.bin")
        assert content == data

    def test_more_than_the_limit_is_refused(self, tmp_path: Path) -> None:
        path = self.wheel(tmp_path, Entry(b"a.bin", bytes(LIMIT // 2)), Entry(b"b.bin", bytes(LIMIT // 2)))

        assert self.refusal(path) == f"expected at most {LIMIT} bytes once decompressed (got {LIMIT + len(METADATA)})"

    def test_a_ratio_that_no_project_has_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(wheel_zip, "RATIO_FROM", LIMIT // 4)
        path = self.wheel(tmp_path, Entry(b"zeros.bin", bytes(LIMIT // 2)))

        assert self.refusal(path).startswith("expected at most 50 times as many bytes once decompressed (got ")

    def test_a_small_file_that_is_none_is_refused(self, tmp_path: Path) -> None:
        path = self.wheel(tmp_path, Entry(b"bomb.bin", bytes(2 * LIMIT), size=100))

        assert self.refusal(path) == (
            "`bomb.bin` is damaged (its content is not the 100 bytes that its checksum is of)"
        )

    def test_members_that_share_their_content_are_refused(self, tmp_path: Path) -> None:
        first = Entry(b"a.bin", bytes(1000))
        others = [replace(first, name=b"%d.bin" % number, content=b"", offset=0) for number in range(20)]
        shared = [replace(other, crc=zlib.crc32(first.content), size=len(first.content)) for other in others]

        assert "which overlaps" in self.refusal(self.wheel(tmp_path, first, *shared))

    def test_an_end_that_never_comes_is_refused(self, tmp_path: Path) -> None:
        stream = zlib.compressobj(wbits=-15)
        packed_content = stream.compress(b"x = 1\n") + stream.flush() + os.urandom(LIMIT // 2)
        entry = Entry(b"a.py", packed_content, method=STORED)
        whole = wheel_with(replace(entry, crc=zlib.crc32(b"x = 1\n"), size=6)).to_bytes()
        deflated = bytearray(whole)
        directory = whole.index(b"PK\1\2")
        deflated[8:10] = deflated[directory + 10 : directory + 12] = struct.pack("<H", 8)

        assert "longer than it should be" in self.refusal(written(tmp_path / "a.whl", bytes(deflated)))

    def test_too_many_members_are_refused(self, tmp_path: Path) -> None:
        entries = [Entry(b"%d" % number, b"", method=STORED) for number in range(501)]

        assert self.refusal(self.wheel(tmp_path, *entries)) == "expected at most 500 members (got 502)"

    def test_a_directory_that_fills_the_memory_is_refused(self, tmp_path: Path) -> None:
        entries = [Entry(b"%d" % number, b"", method=STORED) for number in range(30_000)]

        assert "expected a zip directory of at most 1048576 bytes (got " in self.refusal(self.wheel(tmp_path, *entries))

    def test_metadata_that_is_a_bomb_is_refused(self, tmp_path: Path) -> None:
        data = Zip((Entry(f"{INFO}/METADATA".encode(), METADATA + bytes(MAX_METADATA)),)).to_bytes()

        assert self.refusal(written(tmp_path / "a.whl", data)).startswith(
            f"expected METADATA of at most {MAX_METADATA} bytes (got "
        )

    def test_thousands_of_requirements_are_read(self, tmp_path: Path) -> None:
        lines = b"".join(b"Requires-Dist: p%d>=1; extra == 'all'\n" % number for number in range(5000))
        path = written(tmp_path / "a.whl", wheel_with(metadata=METADATA.replace(b"\n\n", b"\n" + lines, 1)).to_bytes())

        assert len(read_wheel(path).requires) == 5001

    def test_headers_that_are_a_bomb_are_refused(self, tmp_path: Path) -> None:
        lines = b"Requires-Dist: p\n" * (MAX_HEADERS // 16)
        path = written(tmp_path / "a.whl", wheel_with(metadata=METADATA.replace(b"\n\n", b"\n" + lines, 1)).to_bytes())

        with pytest.raises(WheelError, match=rf"METADATA with at most {MAX_HEADERS} characters of headers \(got "):
            read_wheel(path)

    @pytest.mark.long
    @pytest.mark.parametrize("line", [b"a: b\n", b"Requires-Dist: a\n", b" \n", b"x", b"\r", b"\n"], ids=repr)
    def test_the_longest_metadata_is_read_in_time(self, tmp_path: Path, line: bytes) -> None:
        text = METADATA.partition(b"\n\n")[0] + b"\n"
        text += line * ((MAX_HEADERS - len(text)) // len(line))
        path = written(tmp_path / "a.whl", wheel_with(metadata=text).to_bytes())

        start = time.monotonic()
        assert read_wheel(path).name == "acme"
        assert time.monotonic() - start < SECONDS


class TestArchive:
    def refusal(self, path: Path) -> str:
        with bounded(), pytest.raises(ArchiveError) as caught:
            read_archive(path)
        return caught.value.message.removeprefix(f"{path}: not a Flyte archive: ")

    def archive(self, folder: Path, *parts: Block) -> Path:
        return written(folder / "acme-1-flyte.tgz", packed(tar(parts)))

    def test_a_bundle_of_the_limit_is_read(self, tmp_path: Path) -> None:
        bundle = make_bundle([BundledFile("data.bin", bytes(LIMIT - 20_000)), BundledFile("z.py", b"")])
        path = self.archive(tmp_path, *blocks(archive_of(bundle=bundle)))

        with bounded(LIMIT):
            assert read_archive(path).bundle == bundle

    def test_a_bundle_that_is_a_bomb_is_refused(self, tmp_path: Path) -> None:
        bundle = make_bundle([BundledFile("data.bin", bytes(2 * LIMIT))])
        path = self.archive(tmp_path, *blocks(archive_of(bundle=bundle)))

        assert self.refusal(path) == f"its bundle: expected at most {LIMIT} bytes once decompressed (got more)"

    def test_a_bundle_of_too_many_files_is_refused(self, tmp_path: Path) -> None:
        bundle = make_bundle([BundledFile(f"{number:06}", b"") for number in range(501)])
        path = self.archive(tmp_path, *blocks(archive_of(bundle=bundle)))

        assert self.refusal(path) == "its bundle: expected at most 500 members (got more)"

    def test_files_of_an_archive_count_together(self, tmp_path: Path) -> None:
        parts = [Block(b"%02d_x_1.pb" % number, bytes(LIMIT // 8)) for number in range(10)]

        assert self.refusal(self.archive(tmp_path, *parts)) == (
            f"expected at most {LIMIT} bytes once decompressed (got more)"
        )

    def test_holes_are_refused(self, tmp_path: Path) -> None:
        sparse = record(b"GNU.sparse.map", b"0,1") + record(b"GNU.sparse.size", b"60000000")
        path = self.archive(tmp_path, Block(b"pax", sparse, kind=b"x"), Block(b"0_x_1.pb", b"x"))

        assert self.refusal(path) == "expected members without holes (got 'GNU.sparse.map')"

    def test_a_manifest_that_is_a_bomb_is_refused(self, tmp_path: Path) -> None:
        bomb = base64.b64encode(zlib.compress(bytes(LIMIT)))
        path = self.archive(tmp_path, Block(b"pax", record(MANIFEST_COMPRESSED.encode(), bomb), kind=b"g"), *GOOD[1:])

        assert self.refusal(path) == "its manifest cannot be read: expected at most 1048576 bytes (got more)"

    @pytest.mark.parametrize("value", ["[" + "[]," * 300_000 + "1]", "[" * 900_000, "9" * 900_000])
    def test_a_manifest_whose_json_is_a_bomb_is_refused(self, tmp_path: Path, value: str) -> None:
        path = self.archive(tmp_path, global_header('{"format": %s}' % value), *GOOD[1:])  # noqa: UP031 # braces

        assert self.refusal(path).startswith("its manifest cannot be read: ")

    def test_a_header_of_digits_is_refused_in_time(self, tmp_path: Path) -> None:
        path = self.archive(tmp_path, Block(b"pax", b"1" * 2_000_000, kind=b"x"), *GOOD)

        assert self.refusal(path).startswith("expected records in a pax header (got b'1111")

    def test_a_header_of_thousands_of_records_is_refused(self, tmp_path: Path) -> None:
        records = b"".join(record(b"%d" % number, b"") for number in range(30_000))
        path = self.archive(tmp_path, Block(b"pax", records, kind=b"x"), *GOOD)

        assert self.refusal(path).startswith("expected at most 1000 records in a header, each once (got ")

    @pytest.mark.parametrize("kind", [b"x", b"g", b"L"])
    def test_headers_without_end_are_refused(self, tmp_path: Path, kind: bytes) -> None:
        path = self.archive(tmp_path, *[Block(b"pax", b"", kind=kind)] * 5000, *GOOD)

        assert self.refusal(path) == {b"L": "expected each keyword once in the headers (got 'path' again)"}.get(
            kind, "expected a member after at most 16 headers of its own (got more)"
        )

    def test_headers_count_together(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tar_stream, "MAX_HEADERS", 10_000)
        comment = Block(b"pax", record(b"comment", b"x" * 4000), kind=b"x")
        members = [Block(b"%d_x_1.pb" % number, b"") for number in range(3)]
        path = self.archive(tmp_path, *(part for member in members for part in (comment, member)))

        assert self.refusal(path) == "expected headers of at most 10000 bytes in all (got more)"

    def test_a_file_name_in_gzips_header_that_has_no_end_is_refused_in_time(self, tmp_path: Path) -> None:
        data = packed(tar(GOOD))
        named = data[:3] + b"\x08" + data[4:10] + b"n" * LIMIT

        assert self.refusal(written(tmp_path / "a.tgz", named)) == (
            "expected a whole gzip stream (got a truncated one)"
        )

    def test_streams_without_end_are_refused_in_time(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.tgz", packed(tar(GOOD)) + gzip.compress(b"") * 100_000)

        assert self.refusal(path) == "expected one gzip stream (got more after its end)"

    def test_a_bundle_is_not_believed_to_be_what_its_name_says(self, tmp_path: Path) -> None:
        plain = gzip.decompress(make_bundle([BundledFile("a.py", b"")]).data)
        archive = archive_of(bundle=make_bundle([BundledFile("a.py", b"")]))
        assert archive.bundle is not None
        path = self.archive(tmp_path, *blocks(replace(archive, bundle=Bundle(archive.bundle.digest, plain))))

        assert self.refusal(path) == "its bundle: expected a file that gzip compressed (got another)"


@pytest.mark.parametrize("name", ["acme-1-py3-none-any.whl", "acme-1-flyte.tgz"])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    read = read_wheel if name.endswith(".whl") else read_archive

    with pytest.raises(HatchFlyteError, match=r"\(got a pipe or a device\)"):
        read(tmp_path / name)
