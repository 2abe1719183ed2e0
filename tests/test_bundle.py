from __future__ import annotations

import gzip
import io
import tarfile

from hatch_flyte.bundle import MEMBER_TIME, BundledFile, content_digest, make_bundle

FILES = [
    BundledFile("acme/flows.py", b"x = 1\n"),
    BundledFile("acme/run.sh", b"#!/bin/sh\n", executable=True),
    BundledFile("acme/daten-ä.txt", b""),
]


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
