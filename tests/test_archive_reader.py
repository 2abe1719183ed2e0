from __future__ import annotations

import base64
import gzip
import io
import tarfile
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support_archives import archive_of, write_tar

from hatch_flyte import archive_reader
from hatch_flyte.archive import MANIFEST, MANIFEST_COMPRESSED, Archive, Member, write_archive
from hatch_flyte.archive_reader import read_archive
from hatch_flyte.bundle import Bundle, BundledFile, content_digest, make_bundle
from hatch_flyte.entity import Kind
from hatch_flyte.errors import ArchiveError

if TYPE_CHECKING:
    from pathlib import Path

BUNDLE = make_bundle([BundledFile("acme.py", b"x = 1\n")])


def refusal(path: Path) -> str:
    with pytest.raises(ArchiveError) as caught:
        read_archive(path)
    assert str(path) in caught.value.message
    return caught.value.message


def named(name: str, *, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    return info


@pytest.fixture
def written(tmp_path: Path) -> Path:
    write_archive(tmp_path / "a.tgz", archive_of(bundle=BUNDLE))
    return tmp_path / "a.tgz"


class TestFile:
    def test_a_missing_file_is_said_to_be_missing(self, tmp_path: Path) -> None:
        assert "cannot be read (No such file or directory)" in refusal(tmp_path / "none.tgz")

    def test_a_folder_is_no_archive(self, tmp_path: Path) -> None:
        assert "cannot be read (Is a directory)" in refusal(tmp_path)

    @pytest.mark.parametrize("content", [b"", b"x", b"PK\x03\x04 a wheel", b"\x1f\x8b\x08", b"\0" * 10_240])
    def test_something_else_is_no_archive(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "x").write_bytes(content)

        assert "not a Flyte archive" in refusal(tmp_path / "x")

    @pytest.mark.parametrize("tenths", range(1, 10))
    def test_a_truncated_archive_is_refused_wherever_it_ends(self, written: Path, tenths: int) -> None:
        data = written.read_bytes()
        written.write_bytes(data[: len(data) * tenths // 10])

        assert "not a Flyte archive: " in refusal(written)

    def test_a_truncated_plain_tar_is_refused(self, written: Path) -> None:
        written.write_bytes(gzip.decompress(written.read_bytes())[:4100])

        assert "not a Flyte archive: " in refusal(written)

    def test_a_flipped_byte_is_found(self, written: Path) -> None:
        data = bytearray(written.read_bytes())
        data[len(data) // 2] ^= 0xFF
        written.write_bytes(data)

        assert "not a Flyte archive: " in refusal(written)

    def test_a_plain_tar_is_read(self, written: Path) -> None:
        before = read_archive(written)
        written.write_bytes(gzip.decompress(written.read_bytes()))

        assert read_archive(written) == before


class TestMembers:
    @pytest.mark.parametrize("name", ["../x_1.pb", "/x_1.pb", "a/../../x_1.pb", "a\\..\\x_1.pb"])
    def test_a_name_that_leaves_the_archive_is_refused(self, tmp_path: Path, name: str) -> None:
        path = write_tar(tmp_path / "a.tgz", [(named(name), b"")])

        assert f"expected member names below the archive (got `{name}`)" in refusal(path)

    @pytest.mark.parametrize("name", ["0_x\x1b[2J_1.pb", "0_" + "x" * 250 + "_1.pb", "0_\udcff_1.pb"])
    def test_a_name_that_no_file_should_have_is_refused(self, tmp_path: Path, name: str) -> None:
        path = write_tar(tmp_path / "a.tgz", [(named(name), b"")])

        assert "expected member names " in refusal(path)
        assert refusal(path).isprintable()

    @pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
    def test_links_and_devices_are_refused(self, tmp_path: Path, kind: bytes) -> None:
        path = write_tar(tmp_path / "a.tgz", [(named("0_x_1.pb", kind=kind), b"")])

        assert "expected regular files (got `0_x_1.pb`" in refusal(path)

    def test_a_member_twice_is_refused(self, tmp_path: Path) -> None:
        path = write_tar(tmp_path / "a.tgz", [(named("0_x_1.pb"), b""), (named("./0_x_1.pb"), b"")])

        assert "expected each member once (got `0_x_1.pb` twice)" in refusal(path)

    def test_two_bundles_are_refused(self, tmp_path: Path) -> None:
        path = write_tar(tmp_path / "a.tgz", [(named("fast1.tar.gz"), b""), (named("fast2.tar.gz"), b"")])

        assert "expected at most one bundle (got a second one, `fast2.tar.gz`)" in refusal(path)

    @pytest.mark.parametrize("name", ["README.md", "x.pb", "x_4.pb", "slow.tar.gz"])
    def test_other_files_are_refused(self, tmp_path: Path, name: str) -> None:
        path = write_tar(tmp_path / "a.tgz", [(named(name), b"")])

        assert f"(got `{name}`)" in refusal(path)

    def test_an_archive_without_entities_is_refused(self, tmp_path: Path) -> None:
        path = write_tar(tmp_path / "a.tgz", [(named("folder", kind=tarfile.DIRTYPE), b"")])

        assert "expected entities (got none)" in refusal(path)

    def test_archives_of_pyflyte_are_read_with_their_folders(self, tmp_path: Path) -> None:
        path = write_tar(
            tmp_path / "a.tgz",
            [(named("d", kind=tarfile.DIRTYPE), b""), (named("d/1_w_2.pb"), b"w"), (named("0_t_1.pb"), b"t")],
        )

        assert read_archive(path) == Archive(
            (Member("0_t_1.pb", Kind.TASK, b"t"), Member("1_w_2.pb", Kind.WORKFLOW, b"w"))
        )


class TestSizes:
    def test_a_bomb_is_refused_before_it_fills_memory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archive_reader, "MAX_CONTENT", 1 << 20)
        path = write_tar(tmp_path / "a.tgz", [(named("0_x_1.pb"), bytes(4 << 20))])
        assert path.stat().st_size < 20_000

        assert "expected at most 1048576 bytes once decompressed (got more)" in refusal(path)

    def test_a_size_that_lies_is_refused(self, tmp_path: Path) -> None:
        info = named("0_x_1.pb")
        info.size = 1 << 40
        (tmp_path / "a.tgz").write_bytes(gzip.compress(info.tobuf()))

        assert f"in `0_x_1.pb` (got {1 << 40})" in refusal(tmp_path / "a.tgz")

    def test_a_header_of_gigabytes_is_refused(self, tmp_path: Path) -> None:
        info = named("pax", kind=tarfile.XGLTYPE)
        info.size = 5 << 30
        (tmp_path / "a.tgz").write_bytes(gzip.compress(info.tobuf()))

        assert f"expected headers of at most {4 << 20} bytes (got {5 << 30})" in refusal(tmp_path / "a.tgz")

    def test_too_many_members_are_refused(self, written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archive_reader, "MAX_MEMBERS", 2)

        assert "expected at most 2 members (got more)" in refusal(written)

    def test_a_file_too_large_is_not_opened(self, written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archive_reader, "MAX_FILE", 10)

        assert "expected at most 10 bytes (got" in refusal(written)


class TestManifest:
    def with_header(self, path: Path, header: dict[str, str]) -> Path:
        with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT, pax_headers=header) as tar:
            for member in archive_of().members:
                info = named(member.file)
                info.size = len(member.data)
                tar.addfile(info, io.BytesIO(member.data))
        return path

    @pytest.mark.parametrize(
        ("header", "message"),
        [
            ({MANIFEST: "{"}, "its manifest cannot be read: expected JSON"),
            ({MANIFEST_COMPRESSED: "?"}, "its manifest cannot be read"),
            ({MANIFEST_COMPRESSED: "eA=="}, "its manifest cannot be read"),
        ],
    )
    def test_a_broken_manifest_is_refused(self, tmp_path: Path, header: dict[str, str], message: str) -> None:
        assert message in refusal(self.with_header(tmp_path / "a.tgz", header))

    def test_other_headers_are_no_manifest(self, tmp_path: Path) -> None:
        assert read_archive(self.with_header(tmp_path / "a.tgz", {"comment": "x"})).manifest is None

    def test_a_changed_member_is_found(self, tmp_path: Path) -> None:
        archive = archive_of()
        first, *others = archive.members
        write_archive(tmp_path / "a.tgz", replace(archive, members=(replace(first, data=b"x"), *others)))

        assert f"its members are not those of its manifest (`{first.file}`)" in refusal(tmp_path / "a.tgz")

    def test_a_missing_member_is_found(self, tmp_path: Path) -> None:
        archive = archive_of()
        write_archive(tmp_path / "a.tgz", replace(archive, members=archive.members[1:]))

        assert f"its members are not those of its manifest (`{archive.members[0].file}`)" in refusal(tmp_path / "a.tgz")

    def test_a_missing_bundle_is_found(self, tmp_path: Path) -> None:
        write_archive(tmp_path / "a.tgz", replace(archive_of(bundle=BUNDLE), bundle=None))

        assert "expected a bundle, as its manifest says (got none)" in refusal(tmp_path / "a.tgz")

    def test_a_changed_bundle_is_found(self, tmp_path: Path) -> None:
        other = make_bundle([BundledFile("acme.py", b"import os\n")])
        write_archive(tmp_path / "a.tgz", replace(archive_of(bundle=BUNDLE), bundle=Bundle(BUNDLE.digest, other.data)))

        assert f"expected a bundle with digest {BUNDLE.digest} (got {other.digest})" in refusal(tmp_path / "a.tgz")

    def test_a_bundle_that_is_no_tar_file_is_refused(self, tmp_path: Path) -> None:
        write_archive(tmp_path / "a.tgz", replace(archive_of(bundle=BUNDLE), bundle=Bundle(BUNDLE.digest, b"no gzip")))

        assert "its bundle: expected a file that gzip compressed (got another)" in refusal(tmp_path / "a.tgz")

    @pytest.mark.parametrize(
        ("names", "message"),
        [
            (["b.py", "a.py"], "expected a bundle in the order of its names (got `a.py` late, or again)"),
            (["a.py", "a.py"], "expected a bundle in the order of its names (got `a.py` late, or again)"),
            (["../a.py"], "expected names below the destination in the bundle (got `../a.py`)"),
            (["/a.py"], "expected names below the destination in the bundle (got `/a.py`)"),
            (["a\nb.py"], "expected names below the destination in the bundle (got `a\\nb.py`)"),
            (["a", "a-b", "a/c"], "expected names in the bundle that can stand side by side (got `a` and `a/`)"),
            (["A.py", "a.py"], "expected names in the bundle that can stand side by side (got `A.py` and `a.py`)"),
        ],
    )
    def test_a_bundle_that_is_odd_inside_is_refused(self, tmp_path: Path, names: list[str], message: str) -> None:
        write_tar(tmp_path / "bundle", [(named(name), b"x") for name in names])
        digest = content_digest(BundledFile(name, b"x") for name in names)
        write_archive(tmp_path / "a.tgz", archive_of(bundle=Bundle(digest, (tmp_path / "bundle").read_bytes())))

        assert message in refusal(tmp_path / "a.tgz")

    @pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
    def test_a_bundle_holds_files_only(self, tmp_path: Path, kind: bytes) -> None:
        write_tar(tmp_path / "bundle", [(named("a.py", kind=kind), b"")])
        write_archive(tmp_path / "a.tgz", archive_of(bundle=Bundle("0" * 32, (tmp_path / "bundle").read_bytes())))

        assert "expected regular files in the bundle (got `a.py" in refusal(tmp_path / "a.tgz")

    def test_a_bundle_that_the_manifest_knows_nothing_of_is_refused(self, tmp_path: Path) -> None:
        write_archive(tmp_path / "a.tgz", replace(archive_of(), bundle=BUNDLE))

        assert "expected no bundle, as its manifest says (got one)" in refusal(tmp_path / "a.tgz")

    def test_a_bundle_that_is_damaged_is_told_from_a_damaged_archive(self, tmp_path: Path) -> None:
        data = BUNDLE.data[:-8] + bytes(8)
        write_archive(tmp_path / "a.tgz", archive_of(bundle=Bundle(BUNDLE.digest, data)))

        assert "its bundle is damaged (Error -3 while decompressing data: incorrect data check)" in (
            refusal(tmp_path / "a.tgz")
        )

    def test_a_compressed_manifest_that_is_cut_off_is_refused(self, tmp_path: Path) -> None:
        text = base64.b64encode(zlib.compress(b"{}" * 9)[:-1]).decode()

        assert "expected one zlib stream (got a truncated one, or more)" in refusal(
            self.with_header(tmp_path / "a.tgz", {MANIFEST_COMPRESSED: text})
        )

    def test_two_manifests_are_refused(self, tmp_path: Path) -> None:
        header = {MANIFEST: archive_of().manifest.to_json(), MANIFEST_COMPRESSED: "eA=="}  # type: ignore[union-attr] # it has one

        assert "expected one manifest (got one plain and one compressed)" in refusal(
            self.with_header(tmp_path / "a.tgz", header)
        )

    def test_a_recompressed_bundle_is_the_same_bundle(self, tmp_path: Path) -> None:
        again = Bundle(BUNDLE.digest, gzip.compress(gzip.decompress(BUNDLE.data), compresslevel=1))
        write_archive(tmp_path / "a.tgz", replace(archive_of(bundle=BUNDLE), bundle=again))

        assert read_archive(tmp_path / "a.tgz").bundle == again
