from __future__ import annotations

import io
import os
import zlib

import pytest

from hatch_flyte.untrusted import clash, escaped, inflated, leaves, oddity, read_pieces, shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("acme/flows.py", "`acme/flows.py`"),
        ("", "``"),
        ("a\n\x1b[31m\u202eb", "`a\\n\\x1b[31m\\u202eb`"),
        ("\ud800", "`\\ud800`"),
        ("ä\U0001f41f", "`ä\U0001f41f`"),
    ],
)
def test_what_is_shown_stands_on_one_line_and_steers_no_terminal(text: str, said: str) -> None:
    assert shown(text) == said


def test_long_texts_are_cut() -> None:
    assert escaped("x" * 201) == "x" * 200 + "…"
    assert escaped("x" * 200) == "x" * 200


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/../x", "/x", "a//b", "a/", "./x", "a\\b", "C:x", "c:/x"])
def test_names_that_lead_elsewhere(name: str) -> None:
    assert leaves(name)


@pytest.mark.parametrize("name", ["x", "a/b", "a/.b", "a/..b", "...", "a/b:c", "-rf", "~"])
def test_names_that_stay(name: str) -> None:
    assert not leaves(name)


@pytest.mark.parametrize("name", ["a\0", "\x7f", "\x85", "a\tb", "\udcff", "a" * 256, "ä" * 128, "a/" * 512 + "b"])
def test_names_that_no_file_should_have(name: str) -> None:
    assert oddity(name)


@pytest.mark.parametrize("name", ["a" * 255, "ä", "a b", "\xa0", "a/" * 511 + "ab"])
def test_names_that_files_have(name: str) -> None:
    assert not oddity(name)


@pytest.mark.parametrize(
    ("names", "pair"),
    [
        (["a.py", "A.py"], ("A.py", "a.py")),
        (["x/A/b", "x/a/c"], ("x/A", "x/a")),
        (["é", "e\u0301"], ("e\u0301", "é")),
        (["É", "e\u0301"], ("e\u0301", "É")),
        (["a/b", "a"], ("a", "a/")),
        (["a/b/c", "a/b"], ("a/b", "a/b/")),
        (["a/b", "a/c", "ab", "a.b", "straße", "strasse"], None),
        ([], None),
    ],
)
def test_names_that_cannot_stand_side_by_side(names: list[str], pair: tuple[str, str] | None) -> None:
    assert clash(names) == clash(reversed(names)) == pair


def test_a_stream_is_read_to_its_end_or_as_far_as_wanted() -> None:
    data = os.urandom(200_000)

    assert b"".join(read_pieces(io.BytesIO(data))) == data
    assert b"".join(read_pieces(io.BytesIO(data), 150_000)) == data[:150_000]
    assert b"".join(read_pieces(io.BytesIO(data), 300_000)) == data
    assert not list(read_pieces(io.BytesIO(data), 0))


@pytest.mark.parametrize("step", [1, 7, 1000, 1 << 20])
def test_what_comes_out_is_whole_and_comes_in_small_pieces(step: int) -> None:
    data = bytes(5 << 20) + os.urandom(1000) + b"abc" * 1_000_000
    compressed = zlib.compress(data)
    inflate = zlib.decompressobj()

    pieces = list(inflated(inflate, (compressed[at : at + step] for at in range(0, len(compressed), step))))

    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 1 << 20
    assert inflate.eof


def test_it_ends_with_the_compressed_stream() -> None:
    inflate = zlib.decompressobj()

    assert b"".join(inflated(inflate, iter([zlib.compress(b"x") + b"y", b"z"]))) == b"x"
    assert inflate.unused_data == b"y"


def test_a_stream_that_is_cut_off_has_no_end() -> None:
    inflate = zlib.decompressobj()

    list(inflated(inflate, [zlib.compress(os.urandom(1000))[:500]]))

    assert not inflate.eof
