from __future__ import annotations

import gzip
import hashlib
import tarfile
from typing import TYPE_CHECKING

import pytest
from support_archives import write_tar

from hatch_flyte.bundle import Bundle, BundledFile, make_bundle
from hatch_flyte.bundle_reader import BundleEntry, read_bundle
from hatch_flyte.errors import ArchiveError

if TYPE_CHECKING:
    from pathlib import Path


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def bundle_of(folder: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Bundle:
    return Bundle("0", write_tar(folder / "b.tar.gz", members).read_bytes())


def refused(bundle: Bundle) -> str:
    with pytest.raises(ArchiveError) as caught:
        read_bundle(bundle)
    return caught.value.message


def test_files_come_with_sizes_digests_and_the_executable_bit() -> None:
    bundle = make_bundle([BundledFile("b/run.sh", b"#!", executable=True), BundledFile("a.py", b"")])

    assert read_bundle(bundle) == [
        BundleEntry("a.py", 0, sha256(b"")),
        BundleEntry("b/run.sh", 2, sha256(b"#!"), executable=True),
    ]


def test_folders_are_left_out_and_links_say_where_they_lead(tmp_path: Path) -> None:
    bundle = bundle_of(
        tmp_path,
        (member("pkg", tarfile.DIRTYPE), b""),
        (member("pkg/a.py"), b"1"),
        (member("b.py", tarfile.SYMTYPE, "pkg/a.py"), b""),
        (member("c.py", tarfile.LNKTYPE, "pkg/a.py"), b""),
    )

    assert read_bundle(bundle) == [
        BundleEntry("pkg/a.py", 1, sha256(b"1")),
        BundleEntry("b.py", 0, "", target="pkg/a.py"),
        BundleEntry("c.py", 0, "", target="pkg/a.py"),
    ]


def test_devices_are_refused(tmp_path: Path) -> None:
    assert "expected files, folders and links (got `null` of type '3')" in (
        refused(bundle_of(tmp_path, (member("null", tarfile.CHRTYPE), b"")))
    )


@pytest.mark.parametrize(
    "data", [b"", b"hello", gzip.compress(b"hello", mtime=0), make_bundle([BundledFile("a", b"1")]).data[:-9]]
)
def test_what_is_damaged_is_refused(data: bytes) -> None:
    assert refused(Bundle("0", data)).startswith("its bundle cannot be read: ")


def test_a_size_that_is_only_said_costs_nothing() -> None:
    info = member("a")
    info.size = 6 << 30

    assert "its bundle cannot be read: " in refused(Bundle("0", gzip.compress(info.tobuf())))
