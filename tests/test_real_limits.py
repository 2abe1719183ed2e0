"""The limits as they are: 2 GiB of content, read by a process that may have twice as much memory."""

from __future__ import annotations

import base64
import gzip
import itertools
import os
import subprocess
import sys
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest
from support_archives import archive_of, task
from support_damaged_archives import GOOD, Block, blocks, packed, record, tar
from support_damaged_wheels import INFO, METADATA, Entry, wheel_with

from hatch_flyte.archive import MANIFEST_COMPRESSED
from hatch_flyte.archive_reader import MAX_CONTENT, MAX_PROTOBUF
from hatch_flyte.bundle import Bundle, StreamedFile, make_bundle
from hatch_flyte.wheel_zip import MAX_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

pytestmark = pytest.mark.long

MIB = 1 << 20

READ = """
import resource, sys
from pathlib import Path
from hatch_flyte.archive_reader import MAX_CONTENT, read_archive
from hatch_flyte.errors import HatchFlyteError
from hatch_flyte.wheel import read_wheel

resource.setrlimit(resource.RLIMIT_AS, (2 * MAX_CONTENT, 2 * MAX_CONTENT))
path = Path(sys.argv[1])
try:
    if path.suffix == ".whl":
        wheel = read_wheel(path)
        print(sum(len(wheel.read(file.name)) for file in wheel.files))
    else:
        archive = read_archive(path)
        print(len(archive.members), archive.bundle.digest if archive.bundle else None)
except HatchFlyteError as problem:
    print(problem.message)
"""


def read_within_twice_the_limit(path: Path) -> str:
    """Return what is said of a file, by a process that ends where it wants more memory; forget the file."""
    done = subprocess.run([sys.executable, "-c", READ, path], capture_output=True, text=True, check=False)
    path.unlink()
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def write(path: Path, parts: Iterable[Block]) -> Path:
    with gzip.open(path, "wb") as stream:
        for part in parts:
            stream.write(part.to_bytes())
        stream.write(bytes(1024))
    return path


def bundle_of_zeros(size: int) -> Bundle:
    piece = bytes(MIB)
    return make_bundle([StreamedFile("zeros.bin", size, lambda: itertools.repeat(piece, size // MIB))])


def test_a_bundle_of_the_limit(tmp_path: Path) -> None:
    bundle = bundle_of_zeros(MAX_CONTENT - MIB)
    path = write(tmp_path / "a.tgz", blocks(archive_of(bundle=bundle)))

    assert read_within_twice_the_limit(path) == f"3 {bundle.digest}"


def test_a_bundle_above_the_limit(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tgz", blocks(archive_of(bundle=bundle_of_zeros(MAX_CONTENT))))

    assert f"its bundle: expected at most {MAX_CONTENT} bytes" in read_within_twice_the_limit(path)


def test_protobufs_of_the_limit(tmp_path: Path) -> None:
    data = task().SerializeToString()
    data += bytes(MAX_PROTOBUF - len(data))
    path = write(tmp_path / "a.tgz", (Block(b"%02d_x_1.pb" % number, data) for number in range(31)))

    assert read_within_twice_the_limit(path) == "31 None"


@pytest.mark.parametrize("value", ["[]", '{"a":[]}', '"\U0001f41f"'])
def test_a_manifest_of_the_limit(tmp_path: Path, value: str) -> None:
    text = '{"format": 1, "more": [' + f"{value}," * (60 * MIB // (len(value.encode()) + 1)) + "1]}"
    header = record(MANIFEST_COMPRESSED.encode(), base64.b64encode(zlib.compress(text.encode())))
    path = tmp_path / "a.tgz"
    path.write_bytes(packed(tar([Block(b"pax", header, kind=b"g"), *GOOD[1:]])))

    assert "manifest.distribution" in read_within_twice_the_limit(path)


def test_a_wheel_of_the_limit(tmp_path: Path) -> None:
    noise = os.urandom(MIB)
    path = tmp_path / "acme-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{INFO}/METADATA", METADATA)
        with file.open("noise.bin", "w", force_zip64=True) as stream:
            stream.writelines(itertools.repeat(noise, MAX_FILE // MIB - 1))

    assert read_within_twice_the_limit(path) == str(MAX_FILE - MIB + len(METADATA))


def test_a_file_that_says_it_is_small(tmp_path: Path) -> None:
    path = tmp_path / "acme-1-py3-none-any.whl"
    path.write_bytes(wheel_with(Entry(b"zeros.bin", bytes(512 * MIB), size=MIB)).to_bytes())

    assert "`zeros.bin` is damaged" in read_within_twice_the_limit(path)
