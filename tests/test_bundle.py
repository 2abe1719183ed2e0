from __future__ import annotations

import gzip
import io
import random
import subprocess
import sys
import tarfile
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hatch_flyte.bundle import (
    MEMBER_TIME,
    BundledFile,
    StreamedFile,
    content_digest,
    make_bundle,
    ordered_digest,
    spooled_bundle,
    write_bundle,
)
from hatch_flyte.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = [
    BundledFile("acme/flows.py", b"x = 1\n"),
    BundledFile("acme/run.sh", b"#!/bin/sh\n", executable=True),
    BundledFile("acme/daten-ä.txt", b""),
]


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)  # noqa: S311 # nobody guesses it


def members(data: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return tar.getmembers()


def test_the_same_files_in_any_order_give_the_same_bytes() -> None:
    assert make_bundle(FILES) == make_bundle(reversed(FILES))


def test_a_file_is_named_by_what_flytectl_and_the_pod_look_for() -> None:
    bundle = make_bundle(FILES)

    assert bundle.file_name == f"fast{bundle.digest}.tar.gz"
    assert len(bundle.digest) == 32


def test_contents_modes_and_names_come_back() -> None:
    with tarfile.open(fileobj=io.BytesIO(make_bundle(FILES).data)) as tar:
        back = {one.name: (one.mode, tar.extractfile(one).read()) for one in tar}  # type: ignore[union-attr] # all are files

    assert back == {
        "acme/flows.py": (0o644, b"x = 1\n"),
        "acme/run.sh": (0o755, b"#!/bin/sh\n"),
        "acme/daten-ä.txt": (0o644, b""),
    }


def test_no_trace_of_user_or_time_is_left() -> None:
    data = make_bundle(FILES).data

    assert {(one.uid, one.gid, one.uname, one.gname, one.mtime) for one in members(data)} == {
        (0, 0, "", "", MEMBER_TIME)
    }
    assert data[3] == 0, "the gzip header has no file name"
    assert data[4:8] == b"\0\0\0\0", "nor a time"


def test_names_and_contents_cannot_be_shifted_into_each_other() -> None:
    left = [BundledFile("ab/c.py", b""), BundledFile("d.py", b"")]
    right = [BundledFile("a/bc.py", b""), BundledFile("d.py", b"")]

    assert content_digest(left) != content_digest(right)
    assert content_digest([BundledFile("a", b"bc")]) != content_digest([BundledFile("ab", b"c")])


def test_the_executable_bit_counts() -> None:
    assert content_digest([BundledFile("a", b"")]) != content_digest([BundledFile("a", b"", executable=True)])


def test_the_digest_does_not_depend_on_compression() -> None:
    bundle = make_bundle(FILES)
    other = gzip.compress(gzip.decompress(bundle.data), compresslevel=1)

    assert other != bundle.data
    assert bundle.digest == content_digest(FILES)


ODD = [
    BundledFile("a" * 99 + "/" + "b" * 99, b"long name"),
    BundledFile("acme/" + "c" * 300, b"longer"),
    *(BundledFile("d" * length, b"x" * length, executable=True) for length in (99, 100, 101)),
    BundledFile("acme/block", bytes(512)),
    BundledFile("acme/large", noise(700_001)),
    *FILES,
]


def streamed(files: list[BundledFile]) -> list[StreamedFile]:
    def pieces(file: BundledFile) -> Iterator[bytes]:
        for start in range(0, file.size, 1000):
            yield file.content[start : start + 1000]

    return [StreamedFile(one.name, one.size, partial(pieces, one), one.executable) for one in files]


class TestStreaming:
    def test_the_bytes_are_those_that_pythons_own_modules_write(self) -> None:
        stream = io.BytesIO()
        with (
            gzip.GzipFile(filename="", fileobj=stream, mode="wb", compresslevel=5, mtime=0) as compressed,
            tarfile.open(fileobj=compressed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            for file in sorted(ODD, key=lambda file: file.name):
                member = tarfile.TarInfo(file.name)
                member.size, member.mtime = file.size, MEMBER_TIME
                member.mode = 0o755 if file.executable else 0o644
                tar.addfile(member, io.BytesIO(file.content))

        assert make_bundle(ODD).data == stream.getvalue()
        assert gzip.decompress(make_bundle([]).data) == bytes(tarfile.RECORDSIZE)

    def test_contents_in_pieces_give_the_same_bytes_and_digest(self) -> None:
        assert make_bundle(streamed(ODD)) == make_bundle(ODD)
        assert content_digest(streamed(ODD)) == content_digest(ODD) == make_bundle(ODD).digest

    def test_each_content_is_read_once_and_one_at_a_time(self) -> None:
        events: list[str] = []

        def pieces(name: str) -> Iterator[bytes]:
            events.append(f"{name} begins")
            yield b"x"
            events.append(f"{name} ends")

        make_bundle(StreamedFile(name, 1, partial(pieces, name)) for name in ("b", "a"))

        assert events == ["a begins", "a ends", "b begins", "b ends"]

    @pytest.mark.parametrize("content", [b"ab", b"abcd"])
    def test_a_content_that_is_not_as_long_as_it_says_is_refused(self, content: bytes) -> None:
        file = StreamedFile("acme.py", 3, lambda: [content])

        for read in (make_bundle, ordered_digest):
            with pytest.raises(ValueError, match=rf"acme.py: expected 3 bytes \(got {len(content)}\)"):
                read([file])

    def test_what_reading_raises_comes_out(self) -> None:
        def broken() -> Iterator[bytes]:
            yield b"x" * 300_000
            raise LookupError("damaged")

        with pytest.raises(LookupError, match="damaged"):
            make_bundle([StreamedFile("acme.py", 300_001, broken)])

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk is this device")
    def test_what_writing_raises_comes_out(self) -> None:
        with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
            write_bundle([BundledFile("noise", noise(4 << 20))], full)

    def test_a_spooled_bundle_has_the_bytes_of_one_in_memory(self) -> None:
        with spooled_bundle(streamed(ODD)) as bundle:
            first, again = bundle.open().read(), bundle.open().read()

            assert (bundle.digest, bundle.file_name) == (make_bundle(ODD).digest, make_bundle(ODD).file_name)
            assert bundle.size == len(first) == make_bundle(ODD).size
            assert first == again == make_bundle(ODD).data == make_bundle(ODD).open().read()
        assert bundle.stream.closed

    def test_a_temporary_folder_that_cannot_take_it_is_named(self, tmp_path: Path, monkeypatch: Any) -> None:
        gone = tmp_path / "gone"
        monkeypatch.setattr(tempfile, "tempdir", str(gone))

        with pytest.raises(ArchiveError) as caught, spooled_bundle([BundledFile("noise", noise(9 << 20))]):
            pass

        assert str(caught.value) == (
            f"{gone}: the bundle cannot be written (No such file or directory)\n"
            "Free some space, or name another folder with the variable TMPDIR."
        )


PEAK = """
import random, resource
from hatch_flyte.bundle import StreamedFile, spooled_bundle
def pieces():
    for number in range(60):
        yield random.Random(number).randbytes(1_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with spooled_bundle([StreamedFile("noise", 60_000_000, pieces)]) as bundle:
    print(bundle.size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there `ru_maxrss` is in kilobytes")
def test_a_large_bundle_takes_little_memory() -> None:
    done = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=True)
    size, kilobytes = map(int, done.stdout.split())

    assert size > 60_000_000
    assert kilobytes < 40_000
