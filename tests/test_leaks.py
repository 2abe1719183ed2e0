from __future__ import annotations

import base64
import gzip

import pytest

from hatch_flyte.leaks import Machine, leak_in

MACHINE = Machine(("/home/ann/src/acme", "/home/ann", "/srv/builds/7", "/root", "/app", "/tmp"), "build-7.acme.io")  # noqa: S108 # such as it is


@pytest.mark.parametrize(
    ("data", "leak"),
    [
        (b"x /home/ann/src/acme/data.csv y", "/home/ann/src/acme/data.csv"),
        (b"/home/ann", "/home/ann"),
        (b"file:///home/ann/x", "/home/ann/x"),
        (b"\n\x12/srv/builds/7/x\x00", "/srv/builds/7/x"),
        (b"on build-7.acme.io!", "build-7.acme.io"),
    ],
)
def test_what_belongs_to_the_machine_is_found(data: bytes, leak: str) -> None:
    assert leak_in(data, MACHINE) == leak


@pytest.mark.parametrize(
    "data",
    [
        b"/home/anna/x",
        b"/srv/builds/77",
        b"--dest-dir /root --",
        b"/app/run.sh",
        b"/tmp/x",
        b"rebuild-7.acme.io",
        b"build-7.acme.io.example",
        b"ghcr.io/acme/p:1",
        b"",
    ],
)
def test_what_any_machine_has_is_none(data: bytes) -> None:
    assert leak_in(data, MACHINE) == ""


@pytest.mark.parametrize("host", ["builder", "localhost", ""])
def test_a_host_that_is_a_word_is_not_looked_for(host: str) -> None:
    assert leak_in(b"the builder on localhost", Machine(host=host)) == ""


def test_it_looks_into_what_flytekit_has_packed() -> None:
    packed = base64.b64encode(gzip.compress(b'{"source_root": "/home/ann/src/acme/x"}', mtime=0))

    assert leak_in(b"_F_SS_C\x00" + packed + b"\x01", MACHINE) == "/home/ann/src/acme/x"
    assert leak_in(b"_F_SS_C\x00" + packed[:-8] + b"\x01", Machine()) == ""
    assert leak_in(b"H4sI" + b"A" * 20, MACHINE) == ""
