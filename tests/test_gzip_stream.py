from __future__ import annotations

import gzip
import io
import random
import zlib

import pytest

from hatch_flyte.gzip_stream import GzipStream

TEXT = b"acme " * 40_000
NOISE = random.Random(1).randbytes(200_000)  # noqa: S311 # nobody guesses it


def written(*parts: bytes, level: int = 9, stored: frozenset[int] = frozenset()) -> bytes:
    stream = io.BytesIO()
    compressed = GzipStream(stream, level)
    for number, part in enumerate(parts):
        if number in stored:
            with compressed.storing():
                compressed.write(part)
        else:
            compressed.write(part)
    assert compressed.tell() == sum(map(len, parts))
    compressed.finish()
    return stream.getvalue()


@pytest.mark.parametrize("level", [6, 9])
def test_the_bytes_are_those_that_pythons_own_module_writes(level: int) -> None:
    stream = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=stream, mode="wb", compresslevel=level, mtime=0) as compressed:
        compressed.write(TEXT + NOISE)

    assert written(TEXT, NOISE, level=level) == stream.getvalue()


@pytest.mark.parametrize(
    "stored", [frozenset({0}), frozenset({1}), frozenset({1, 2}), frozenset({3}), frozenset({0, 1, 2, 3})]
)
def test_what_is_stored_stands_there_as_it_is_and_all_of_it_comes_back(stored: frozenset[int]) -> None:
    parts = (TEXT, NOISE[:60_000], NOISE, TEXT)
    data = written(*parts, stored=stored)

    assert all(parts[number][:60_000] in data for number in stored)
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    assert inflate.decompress(data) == b"".join(parts)
    assert inflate.eof
    assert not inflate.unused_data


def test_nothing_is_a_stream_too() -> None:
    assert gzip.decompress(written()) == gzip.decompress(written(b"", stored=frozenset({0}))) == b""
