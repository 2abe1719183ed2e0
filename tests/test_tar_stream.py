from __future__ import annotations

import io
import tarfile
import zlib

import pytest
from support_damaged_archives import Block, packed, record, tar

from hatch_flyte.tar_stream import TarError, TarMember, TarStream, unpacked

LONG = "folder/" * 20 + "ä" * 60
CONTENT = bytes(range(256)) * 5


def stream(data: bytes) -> TarStream:
    return TarStream(unpacked(io.BytesIO(data)), max_content=1 << 20, max_header=4096, max_members=100)


def everything(data: bytes) -> list[tuple[TarMember, bytes]]:
    tar_stream = stream(data)
    return [(member, b"".join(tar_stream.content())) for member in tar_stream]


def refusal(*parts: Block) -> str:
    with pytest.raises(TarError) as caught:
        everything(tar(parts))
    return str(caught.value)


def pax(*records: tuple[bytes, bytes], kind: bytes = b"x") -> Block:
    return Block(b"pax", b"".join(record(key, value) for key, value in records), kind=kind)


class TestWhatOthersWrite:
    @pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    @pytest.mark.parametrize("mode", ["w", "w:gz"])
    def test_every_format_of_tarfile_is_read(self, form: int, mode: str) -> None:
        buffer = io.BytesIO()
        names = ["a.py", "f/" * 60 + "b.py"] if form == tarfile.USTAR_FORMAT else ["a.py", LONG, "ä.py"]
        with tarfile.open(fileobj=buffer, mode=mode, format=form) as file:  # type: ignore[call-overload] # one of two modes
            folder = tarfile.TarInfo("folder")
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            file.addfile(folder)
            for name in names:
                info = tarfile.TarInfo(name)
                info.size, info.mode, info.mtime = len(CONTENT), 0o755, 1.5
                info.uname = "ü" if form == tarfile.PAX_FORMAT else ""
                file.addfile(info, io.BytesIO(CONTENT))

        folder_member, *files = everything(buffer.getvalue())

        assert (folder_member[0].name.rstrip("/"), folder_member[0].is_folder) == ("folder", True)
        assert files == [(TarMember(name, len(CONTENT), 0o755, "0"), CONTENT) for name in names]

    def test_links_say_where_they_lead(self) -> None:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as file:
            for kind, target in ((tarfile.SYMTYPE, "a" * 150), (tarfile.LNKTYPE, "b")):
                info = tarfile.TarInfo("link")
                info.type, info.linkname = kind, target
                file.addfile(info)

        members = [member for member, _ in everything(buffer.getvalue())]

        assert [(member.kind, member.link) for member in members] == [("2", "a" * 150), ("1", "b")]
        assert not any(member.is_file or member.is_folder for member in members)

    def test_global_headers_are_kept(self) -> None:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"ACME.x": "y\n"}) as file:
            file.addfile(tarfile.TarInfo("a"))
        tar_stream = stream(buffer.getvalue())

        assert [member.name for member in tar_stream] == ["a"]
        assert tar_stream.headers == {"ACME.x": "y\n"}

    def test_headers_of_one_member_are_not_those_of_the_next(self) -> None:
        data = tar([pax((b"path", b"long")), Block(b"a", b"1"), Block(b"b", b"2")])

        assert [(member.name, content) for member, content in everything(data)] == [("long", b"1"), ("b", b"2")]

    def test_what_was_not_read_is_skipped(self) -> None:
        tar_stream = stream(tar([Block(b"a", CONTENT), Block(b"b", b"2")]))

        assert [member.name for member in tar_stream] == ["a", "b"]

    def test_a_number_may_be_in_bytes(self) -> None:
        [(member, content)] = everything(tar([Block(b"a", b"123", size=b"\x80" + bytes(10) + b"\x03")]))

        assert (member.size, content) == (3, b"123")

    def test_the_size_may_stand_before(self) -> None:
        [(_, content)] = everything(tar([pax((b"size", b"3")), Block(b"a", b"123", size=b"0")]))

        assert content == b"123"


class TestRefusal:
    @pytest.mark.parametrize(
        "data", [b"", b"hello", b"x" * 2000, b"PK\3\4" + bytes(1000), packed(b""), packed(b"x" * 999)]
    )
    def test_something_else(self, data: bytes) -> None:
        with pytest.raises(TarError, match=r"expected a tar file, compressed by gzip or not \(got something else\)"):
            everything(data)

    def test_zeros_before_a_number_end_it_for_some_and_not_for_others_so_they_are_none(self) -> None:
        checksum = b"\0" + Block(b"a", b"x").to_bytes()[148:154]
        assert refusal(Block(b"a", b"x", checksum=checksum)).startswith("expected a tar file")
        assert refusal(Block(b"a", b"x", size=b"\x00\x001\0")).startswith("expected an octal number in a tar header")

    def test_damage_after_the_start(self) -> None:
        assert refusal(Block(b"a", b""), Block(b"b", b"", checksum=b"0000001\0")) == (
            "expected a tar header (got something else, or the end of the file)"
        )

    @pytest.mark.parametrize("length", [512, 700, 1023, 1024, 1500])
    def test_an_end_that_comes_early(self, length: int) -> None:
        data = tar([Block(b"a", b"x" * 600)])[:length]

        with pytest.raises(TarError, match=r"truncated: expected \d+ more bytes|the end of the file"):
            everything(data)

    def test_anything_after_the_end(self) -> None:
        data = tar([Block(b"a", b"")])

        with pytest.raises(TarError, match="expected nothing after the end of the tar file"):
            everything(data + tar([Block(b"hidden", b"")]))
        assert [member.name for member, _ in everything(data + bytes(9000))] == ["a"]

    @pytest.mark.parametrize("after", [b"x", bytes(512), packed(b"")])
    def test_anything_after_the_gzip_stream(self, after: bytes) -> None:
        with pytest.raises(TarError, match=r"expected one gzip stream \(got more after its end\)"):
            everything(packed(tar([Block(b"a", b"")])) + after)

    def test_a_gzip_stream_that_is_cut_off(self) -> None:
        data = packed(tar([Block(b"a", CONTENT)]))

        with pytest.raises(TarError, match="expected a whole gzip stream"):
            everything(data[:-1])
        with pytest.raises(zlib.error):
            everything(data[:-8] + bytes(8))

    def test_too_much_content(self) -> None:
        assert refusal(Block(b"a", bytes(1 << 20))) == "expected at most 1048576 bytes once decompressed (got more)"

    def test_holes(self) -> None:
        for key in (b"GNU.sparse.major", b"GNU.sparse.map"):
            assert refusal(pax((key, b"1")), Block(b"a", b"")).startswith("expected members without holes (got ")

    @pytest.mark.parametrize("key", [b"path", b"size", b"linkpath", b"GNU.sparse.map"])
    def test_global_headers_with_a_members_facts(self, key: bytes) -> None:
        assert refusal(pax((key, b"1"), kind=b"g"), Block(b"a", b"")) == (
            f"expected global headers that say nothing of a member (got {key.decode()!r})"
        )

    def test_a_keyword_again(self) -> None:
        again = [pax((b"ACME.x", b"1"), kind=b"g"), pax((b"ACME.x", b"2"), kind=b"g")]

        assert refusal(*again, Block(b"a", b"")) == "expected each keyword once in the headers (got 'ACME.x' again)"

    @pytest.mark.parametrize(
        "data",
        [
            b"\n",
            b"5",
            b"5 a=",
            b"0 a=b\n",
            b"6 a=b\n6 a=",
            b"7 a=b\n",
            b"-6 a=b\n",
            b"4 =\n",
            b"3 a\n",
            b"6 a=b ",
            b"1" * 99,
        ],
    )
    def test_records_that_are_none(self, data: bytes) -> None:
        assert refusal(Block(b"pax", data, kind=b"x"), Block(b"a", b"")).startswith("expected records in a pax header")

    @pytest.mark.parametrize("size", [b"", b"-1", b"1_0", b"0x1", b"9" * 30, "\u0661".encode()])
    def test_sizes_that_are_none(self, size: bytes) -> None:
        assert refusal(pax((b"size", size)), Block(b"a", b"")).startswith("expected a number as size (got ")

    @pytest.mark.parametrize("size", [b"8", b"-1", b"0x1", b"1_0", b"\xff" * 12])
    def test_numbers_that_are_none(self, size: bytes) -> None:
        assert refusal(Block(b"a", b"", size=size)).startswith("expected an octal number in a tar header (got ")

    def test_a_folder_with_content(self) -> None:
        assert refusal(Block(b"a/", b"x")) == "expected folders without content (got one with some)"

    def test_more_global_records_than_anybody_writes(self) -> None:
        headers = [
            pax(*[(b"%d" % (number * 100 + index), b"") for index in range(100)], kind=b"g") for number in range(11)
        ]

        assert refusal(*headers, Block(b"a", b"")) == "expected at most 1000 records in the headers (got more)"

    def test_a_header_without_its_member(self) -> None:
        assert refusal(pax((b"path", b"a"))) == "expected a member after its header (got the end)"
