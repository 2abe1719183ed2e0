from __future__ import annotations

import gzip
import random
import tarfile
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support_archives import archive_of, foreign, task, workflow

from hatch_flyte.archive import (
    MANIFEST,
    MANIFEST_COMPRESSED,
    PLAIN_MANIFEST_LIMIT,
    Archive,
    archive_name,
    member_name,
    members_of,
    write_archive,
)
from hatch_flyte.archive_reader import read_archive
from hatch_flyte.bundle import BundledFile, make_bundle, spooled_bundle
from hatch_flyte.entity import Kind
from hatch_flyte.errors import ArchiveError
from hatch_flyte.manifest import Manifest, ManifestEntity

if TYPE_CHECKING:
    from pathlib import Path

BUNDLE = make_bundle([BundledFile("acme.py", b"x = 1\n")])


@pytest.mark.parametrize(
    ("distribution", "version", "expected"),
    [
        ("acme", "1.0", "acme-1.0-flyte.tgz"),
        ("Acme.Pipelines", "1.4.dev3+gabc", "acme_pipelines-1.4.dev3+gabc-flyte.tgz"),
        ("acme--pipe_lines", "2", "acme_pipe_lines-2-flyte.tgz"),
    ],
)
def test_an_archive_is_named_as_its_wheel_is(distribution: str, version: str, expected: str) -> None:
    assert archive_name(distribution, version) == expected


@pytest.mark.parametrize(
    ("index", "count", "name", "kind", "expected"),
    [
        (0, 1, "acme.t", Kind.TASK, "0_acme.t_1.pb"),
        (3, 10, "w", Kind.WORKFLOW, "3_w_2.pb"),
        (3, 11, "w", Kind.WORKFLOW, "03_w_2.pb"),
        (0, 1, "a/../b c", Kind.LAUNCH_PLAN, "0_a%2F..%2Fb%20c_3.pb"),
        (0, 1, "ä", Kind.TASK, "0_%C3%A4_1.pb"),
        (0, 1, "x" * 400, Kind.TASK, f"0_{'x' * 150}_1.pb"),
    ],
)
def test_a_member_is_named_by_place_entity_and_kind(
    index: int, count: int, name: str, kind: Kind, expected: str
) -> None:
    assert member_name(index, count, name, kind) == expected


def test_an_archive_survives_the_disk(tmp_path: Path) -> None:
    archive = archive_of(bundle=BUNDLE)

    write_archive(tmp_path / "a.tgz", archive)

    assert read_archive(tmp_path / "a.tgz") == archive


def test_the_same_content_gives_the_same_bytes_and_another_time_others(tmp_path: Path) -> None:
    for name, time in (("a", 1), ("b", 1), ("c", 2)):
        write_archive(tmp_path / name, archive_of(bundle=BUNDLE), time=time)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_flytectl_finds_only_what_it_allows(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.tgz", archive_of(bundle=BUNDLE))

    with tarfile.open(tmp_path / "a.tgz") as tar:
        assert [member.name for member in tar] == [
            "0_acme.double_1.pb",
            "1_acme.flow_2.pb",
            "2_acme.flow_3.pb",
            BUNDLE.file_name,
        ]
        assert all(member.isreg() and "/" not in member.name for member in tar.getmembers())
        assert set(tar.pax_headers) == {MANIFEST}


NOISE = [BundledFile("noise.bin", random.Random(1).randbytes(600_000))]  # noqa: S311 # nobody guesses it


def test_a_bundle_that_is_not_in_memory_gives_the_same_archive(tmp_path: Path) -> None:
    archive = archive_of(bundle=make_bundle(NOISE))

    write_archive(tmp_path / "a.tgz", archive)
    with spooled_bundle(NOISE) as bundle:
        write_archive(tmp_path / "b.tgz", replace(archive, bundle=None), bundle=bundle)

    assert (tmp_path / "a.tgz").read_bytes() == (tmp_path / "b.tgz").read_bytes()
    assert read_archive(tmp_path / "b.tgz") == archive


def test_an_archive_with_a_bundle_is_one_gzip_stream_that_every_reader_takes(tmp_path: Path) -> None:
    bundle = make_bundle(NOISE)
    write_archive(tmp_path / "a.tgz", archive_of(bundle=bundle))
    data = (tmp_path / "a.tgz").read_bytes()

    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    tar = inflate.decompress(data)
    assert inflate.eof
    assert not inflate.unused_data
    assert bundle.data in tar
    assert gzip.decompress(data) == tar
    with tarfile.open(tmp_path / "a.tgz", "r|gz") as stream:
        assert [member.name for member in stream][-1] == bundle.file_name


def test_protobufs_are_compressed(tmp_path: Path) -> None:
    members = members_of([(Kind.TASK, "t", b"acme " * 20_000)])

    for bundle in (None, make_bundle(NOISE)):
        write_archive(tmp_path / "a.tgz", Archive(members, bundle))

        assert (tmp_path / "a.tgz").stat().st_size < 2_000 + (bundle.size if bundle else 0)


def test_a_long_manifest_is_compressed_and_read_again(tmp_path: Path) -> None:
    members = members_of([(Kind.TASK, f"acme.task{index:06}", b"%d" % index) for index in range(6000)])
    entities = tuple(
        ManifestEntity(one.file, one.kind, f"acme.task{i:06}", one.digest) for i, one in enumerate(members)
    )
    archive = Archive(members, None, Manifest(name="acme", version="1", entities=entities))
    assert len(archive.manifest.to_json()) > PLAIN_MANIFEST_LIMIT  # type: ignore[union-attr] # made above

    write_archive(tmp_path / "a.tgz", archive)

    with tarfile.open(tmp_path / "a.tgz") as tar:
        tar.next()
        assert set(tar.pax_headers) == {MANIFEST_COMPRESSED}
    assert read_archive(tmp_path / "a.tgz") == archive


def test_a_manifest_beyond_what_flytectl_reads_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    members = members_of([(Kind.TASK, f"{index:x}", b"%d" % index) for index in range(25_000)])
    entities = tuple(ManifestEntity(one.file, one.kind, "t", one.digest) for one in members)

    with pytest.raises(ArchiveError, match="expected at most 1000000 bytes compressed"):
        write_archive(tmp_path / "a.tgz", Archive(members, None, Manifest(name="a", version="1", entities=entities)))

    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_none_of_the_folders_that_it_made(tmp_path: Path) -> None:
    broken = Archive(members_of([(Kind.TASK, "t", None)]))  # type: ignore[list-item] # what fails half-way
    (tmp_path / "there").mkdir()

    with pytest.raises(TypeError):
        write_archive(tmp_path / "there" / "not" / "yet" / "a.tgz", broken)

    assert list(tmp_path.rglob("*")) == [tmp_path / "there"]


def test_an_archive_without_a_manifest_is_written_without_one(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.tgz", foreign(archive_of()))

    assert read_archive(tmp_path / "a.tgz").manifest is None


def test_a_failed_write_keeps_the_archive_that_was_there(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.tgz", archive_of())
    before = (tmp_path / "a.tgz").read_bytes()
    broken = Archive(members_of([(Kind.TASK, "t", None)]))  # type: ignore[list-item] # what fails half-way

    with pytest.raises(TypeError):
        write_archive(tmp_path / "a.tgz", broken)

    assert [path.name for path in tmp_path.iterdir()] == ["a.tgz"]
    assert (tmp_path / "a.tgz").read_bytes() == before


class TestDigest:
    def test_it_is_over_what_is_registered(self, tmp_path: Path) -> None:
        archive = archive_of(task(), workflow(), bundle=BUNDLE)
        write_archive(tmp_path / "a.tgz", archive, time=1)
        write_archive(tmp_path / "b.tgz", archive_of(workflow(), task(), bundle=BUNDLE, version="2"), time=2)

        assert read_archive(tmp_path / "a.tgz").digest == read_archive(tmp_path / "b.tgz").digest == archive.digest
        assert len(archive.digest) == 64

    def test_another_entity_kind_or_code_gives_another(self) -> None:
        code = make_bundle([BundledFile("acme.py", b"x = 2\n")])
        [member] = archive_of(task()).members
        archives = [
            archive_of(task()),
            archive_of(task(image="x:2")),
            archive_of(task(), task("acme.more")),
            archive_of(task(), bundle=BUNDLE),
            archive_of(task(), bundle=code),
            Archive((replace(member, kind=Kind.WORKFLOW),)),
        ]

        assert len({archive.digest for archive in archives}) == len(archives)
