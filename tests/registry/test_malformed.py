"""Ten thousand malformed requests: no crash, no traceback to a client, memory bounded, nothing outside of the folder.

What Hypothesis draws depends on its version and this code, on no clock or chance.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import grpc
import pytest
from flyteidl.service.dataproxy_pb2 import CreateUploadLocationRequest, CreateUploadLocationResponse
from registry.support_malformed import damaged, damaged_calls, http_requests, odd_calls
from registry.writer import start
from support_damage import judge_all

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from hypothesis import strategies as st

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="a process's memory is read from /proc"),
]
LEAKS = re.compile(r"Traceback|File \"|hatch_flyte|sqlite|\.py\b")
MEBIBYTE = 1 << 20
MOST_GROWTH = 64 * MEBIBYTE
SECONDS = 30


@dataclass
class Victim:
    """A server that runs in a folder of its own, and what it answered."""

    root: Path
    process: subprocess.Popen[str]
    channel: grpc.Channel
    http: tuple[str, int]
    codes: Counter[str] = field(default_factory=Counter)

    def send(self, path: str, data: bytes) -> None:
        """Make a call, and judge the answer."""
        call = self.channel.unary_unary(path, request_serializer=bytes, response_deserializer=bytes)
        try:
            call(data, timeout=SECONDS)
        except grpc.RpcError as error:
            answer: Any = error
            self.codes[answer.code().name] += 1
            assert answer.code() not in {grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNAVAILABLE}, answer
            assert not LEAKS.search(answer.details() or ""), answer
        else:
            self.codes["OK"] += 1

    def send_http(self, data: bytes) -> None:
        """Send bytes to the HTTP port, then nothing more, and judge what comes back."""
        with socket.create_connection(self.http, timeout=SECONDS) as raw:
            with contextlib.suppress(OSError):  # refused before all was read
                raw.sendall(data)
                raw.shutdown(socket.SHUT_WR)
            answer = self._received(raw).decode("latin-1")
        self.codes[answer.partition("\r\n")[0] or "closed"] += 1
        assert not answer.startswith("HTTP/1.1 5") or " 501 " in answer[:20], answer
        assert not LEAKS.search(answer), answer

    def put(self, url: str) -> int:
        """Put a body at an address as it is, be it what it may; return the status, 0 for no answer."""
        parts = urlsplit(url)
        with contextlib.closing(http.client.HTTPConnection(*self.http, timeout=SECONDS)) as connection:
            try:
                connection.putrequest("PUT", f"{parts.path}?{parts.query}", skip_host=True)
            except (http.client.InvalidURL, ValueError):
                return 0  # Python's client doesn't send control characters
            connection.putheader("Host", "localhost")
            connection.putheader("Content-Length", "1")
            connection.endheaders(b"x")
            response = connection.getresponse()
            assert not LEAKS.search(response.read().decode())
        self.codes[str(response.status)] += 1
        return response.status

    def location(self, name: str) -> str:
        """Return a signed address for a file."""
        call = self.channel.unary_unary(
            "/flyteidl.service.DataProxyService/CreateUploadLocation",
            request_serializer=CreateUploadLocationRequest.SerializeToString,
            response_deserializer=CreateUploadLocationResponse.FromString,
        )
        request = CreateUploadLocationRequest(project="p", domain="d", filename=name, filename_root="r")
        return str(call(request, timeout=SECONDS).signed_url)

    def memory(self) -> int:
        """Return the most memory that the process ever had, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        [kilobytes] = re.findall(r"VmHWM:\s*(\d+) kB", status)
        return int(kilobytes) * 1024

    def outside(self) -> list[str]:
        """Return what lies beside the data folder."""
        found = sorted(path.relative_to(self.root).as_posix() for path in self.root.rglob("*"))
        return [path for path in found if path != "data" and not path.startswith("data/")]

    def _received(self, raw: socket.socket) -> bytes:
        received = b""
        with contextlib.suppress(OSError):
            while chunk := raw.recv(1 << 16):
                received += chunk
        return received


@pytest.fixture
def victim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Victim]:
    root = tmp_path / "root"
    for name in ("data", "cwd", "home", "tmp"):
        root.joinpath(name).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(root / "home"))
    monkeypatch.setenv("TMPDIR", str(root / "tmp"))
    with tmp_path.joinpath("log").open("w") as log:
        process = start(root / "data", "serve", 0, stderr=log, cwd=root / "cwd")
        assert process.stdout
        with grpc.insecure_channel(process.stdout.readline().strip()) as channel:
            made = Victim(root, process, channel, ("", 0))
            parts = urlsplit(made.location("f"))
            made.http = (str(parts.hostname), int(parts.port or 0))
            yield made
        assert process.poll() is None
        assert made.outside() == ["cwd", "home", "tmp"]
        process.terminate()
        process.communicate(timeout=SECONDS)
    assert tmp_path.joinpath("log").read_text() == ""


def malformed(victim: Victim, cases: st.SearchStrategy[Any], send: Callable[[Any], object], count: int) -> None:
    """Send `count` cases, the same ones in every run; the server must go on as before."""
    before = victim.memory()
    judge_all(cases, send, count, victim.root.parent / "hypothesis")
    assert victim.memory() - before < MOST_GROWTH
    assert victim.location("still there")
    print(f"{count} requests, {dict(victim.codes)}, {(victim.memory() - before) >> 10} KiB more")  # noqa: T201 # asked for


def meant(url: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the path of an address and what its query says; an empty piece of a query says nothing."""
    parts = urlsplit(url)
    return parts.path, sorted(parse_qsl(parts.query, keep_blank_values=True))


def test_three_thousand_damaged_calls_are_answered(victim: Victim) -> None:
    malformed(victim, damaged_calls(), lambda case: victim.send(*case), 3000)
    assert victim.codes["OK"]
    assert victim.codes["INVALID_ARGUMENT"]


def test_three_thousand_messages_of_any_content_are_answered(victim: Victim) -> None:
    malformed(victim, odd_calls(), lambda case: victim.send(*case), 3000)
    assert victim.codes["INVALID_ARGUMENT"]


def test_two_thousand_http_requests_of_any_form_are_answered(victim: Victim) -> None:
    malformed(victim, http_requests(), victim.send_http, 2000)
    assert victim.codes["HTTP/1.1 400 Bad Request"]
    assert victim.codes["HTTP/1.1 403 Forbidden"]


def test_two_thousand_changed_addresses_open_nothing(victim: Victim) -> None:
    url = victim.location("g").encode("ascii")
    path_begins = url.index(b"/", len("http://"))

    def put(changed: bytes) -> None:
        text = changed.decode("latin-1")
        assert victim.put(text) != 200 or meant(text) == meant(url.decode()), text

    cases = damaged(url[path_begins:]).map(lambda rest: url[:path_begins] + b"/" + rest.lstrip(b"/"))
    malformed(victim, cases, put, 2000)
    assert victim.codes["403"]
    stored = [path for path in (victim.root / "data").rglob("*") if path.is_file() and path.name == "g"]
    assert len(stored) == (victim.codes["200"] > 0)
