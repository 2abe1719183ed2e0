"""What a server doesn't take: other hosts' names, too much, too many, too slow; and TLS. Real servers and clients."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import sqlite3
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import grpc
import grpc.aio
import pytest
from flyteidl.admin.version_pb2 import GetVersionRequest
from flyteidl.service.dataproxy_pb2 import CreateUploadLocationRequest
from registry.entities import create_task
from registry.local_server import Caller, calling, serving
from registry.support_server import make_certificate

from hatch_flyte.errors import ConfigError
from hatch_flyte.registry.http_bounds import is_own, public_host
from hatch_flyte.registry.serve_options import ServeOptions, Tls
from hatch_flyte.registry.store import FILE_NAME

if TYPE_CHECKING:
    from pathlib import Path


EVERYWHERE = "0.0.0.0"  # noqa: S104 # what a test of it needs


def request(address: str, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
    with contextlib.closing(http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)) as connection:
        connection.putrequest(method, path, skip_host="host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return response.status, response.read().decode()


def files(folder: Path) -> list[str]:
    """Return the names of what was uploaded, whole or not."""
    return [path.name for path in (*folder.glob("blobs/**/*"), *folder.glob("arriving/*")) if path.is_file()]


async def location(call: Caller) -> str:
    asked = CreateUploadLocationRequest(project="p", domain="d", filename="f", filename_root="r")
    return str((await call("CreateUploadLocation", asked, "DataProxyService")).signed_url)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "localhost.evil"])
async def test_a_page_that_has_its_name_resolved_to_this_machine_gets_nothing(tmp_path: Path, host: str) -> None:
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        parts = urlsplit(await location(call))
        path = f"{parts.path}?{parts.query}"
        for method in ("PUT", "GET", "OPTIONS"):
            got = await asyncio.to_thread(request, server.addresses.http, method, path, b"x", host=host)
            assert got == (421, "this is not the host that the request is for\n")
        own = f"localhost:{parts.port}"
        assert await asyncio.to_thread(request, server.addresses.http, "PUT", path, b"x", host=own) == (200, "")
    assert files(tmp_path) == ["f"]


@pytest.mark.parametrize(
    ("header", "own"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:80", True),
        ("[::1]:80", True),
        ("[::1]", True),
        ("LOCALHOST:80", True),
        ("localhost.", True),
        ("192.0.2.7:80", True),
        ("registry.acme.io:80", True),
        ("Registry.Acme.io", True),
        ("registry.acme.io.evil.example", False),
        ("evil.example:80", False),
        ("", False),
        (":80", False),
        ("1.evil.example", False),
    ],
)
def test_a_host_is_ours_by_name_or_in_numbers(header: str, own: bool) -> None:  # noqa: FBT001 # a parameter
    assert is_own(header, "registry.acme.io") is own


@pytest.mark.parametrize(
    ("host", "named", "public"),
    [
        ("127.0.0.1", "", "127.0.0.1"),
        ("localhost", "", "localhost"),
        (EVERYWHERE, "", socket.gethostname()),
        ("::", "", socket.gethostname()),
        (EVERYWHERE, "flyte.acme.io", "flyte.acme.io"),
    ],
)
def test_an_upload_address_has_a_host_that_clients_can_reach(host: str, named: str, public: str) -> None:
    assert public_host(host, named) == public


async def test_a_message_that_is_too_long_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path, max_message_bytes=1000) as server, calling(server.addresses.grpc) as call:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call("CreateTask", create_task(image="x" * 1000))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        await call("CreateTask", create_task())
    assert ServeOptions().max_message_bytes == 4 * 1024 * 1024


async def test_connections_over_the_limit_are_refused_and_others_go_on(tmp_path: Path) -> None:
    own = (("grpc.use_local_subchannel_pool", 1),)
    async with serving(tmp_path, max_connections=2) as server, contextlib.AsyncExitStack() as stack:
        codes = []
        for _ in range(4):
            call = await stack.enter_async_context(calling(server.addresses.grpc, own))
            try:
                await call("GetVersion", GetVersionRequest())
            except grpc.aio.AioRpcError as error:
                codes.append(error.code())
            else:
                codes.append(grpc.StatusCode.OK)
    assert codes == 2 * [grpc.StatusCode.OK] + 2 * [grpc.StatusCode.UNAVAILABLE]


async def test_calls_over_the_limit_are_refused_and_may_be_repeated(tmp_path: Path) -> None:
    async with serving(tmp_path, max_calls=2) as server, calling(server.addresses.grpc) as call:
        with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = [asyncio.ensure_future(call("CreateTask", create_task(str(number)))) for number in range(5)]
            done, pending = await asyncio.wait(waiting, timeout=0.5)
            other.execute("ROLLBACK")
        codes = {one.exception().code() for one in done}  # type: ignore[union-attr] # each has failed
        assert (codes, len(pending)) == ({grpc.StatusCode.RESOURCE_EXHAUSTED}, 2)
        await asyncio.gather(*pending)
        await call("CreateTask", create_task("7"))


async def test_http_connections_over_the_limit_are_told_so_until_others_end(tmp_path: Path) -> None:
    async with serving(tmp_path, max_connections=3, head_seconds=0.3) as server:
        address = server.addresses.http
        assert (await asyncio.to_thread(request, address, "GET", "/"))[0] == 403
        parts = urlsplit(address)
        place = (str(parts.hostname), int(parts.port or 0))
        with contextlib.ExitStack() as stack:
            idle = [stack.enter_context(socket.create_connection(place, timeout=10)) for _ in range(3)]
            idle[0].sendall(b"GET / HTTP/1.1\r\nHost: ")
            assert (await asyncio.to_thread(request, address, "GET", "/"))[0] == 503
            assert [await asyncio.to_thread(one.recv, 1) for one in idle] == [b"", b"", b""]
            assert (await asyncio.to_thread(request, address, "GET", "/"))[0] == 403


async def test_an_upload_that_stops_to_send_is_given_up(tmp_path: Path) -> None:
    lines: list[str] = []
    async with serving(tmp_path, idle_seconds=0.2, on_call=lines.append) as server:
        async with calling(server.addresses.grpc) as call:
            parts = urlsplit(await location(call))
        with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=10) as raw:
            head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
            raw.sendall(head.encode() + b"con")
            assert (await asyncio.to_thread(raw.recv, 12)).startswith(b"HTTP/1.1 499")
    assert files(tmp_path) == []
    assert "/p/d/r/f 499 " in lines[-1]


async def test_each_call_and_each_upload_is_a_line_without_secrets(tmp_path: Path) -> None:
    lines: list[str] = []
    async with serving(tmp_path, on_call=lines.append) as server, calling(server.addresses.grpc) as call:
        await call("GetVersion", GetVersionRequest())
        for image in ("a", "b\n"):
            with contextlib.suppress(grpc.aio.AioRpcError):
                await call("CreateTask", create_task(image=image))
        parts = urlsplit(await location(call))
        await asyncio.to_thread(request, server.addresses.http, "PUT", f"{parts.path}?{parts.query}", b"x")
    words = [line.split()[:2] for line in lines]
    assert words == [["GetVersion", "OK"], ["CreateTask", "OK"], ["CreateTask", "INVALID_ARGUMENT"],
                     ["CreateUploadLocation", "OK"], ["PUT", "/p/d/r/f"]]  # fmt: skip
    assert "ms ipv4:127.0.0.1:" in lines[0]
    assert "load task with different structure already exists." in lines[2]
    assert not [line for line in lines if "\n" in line or "signature" in line]


class TestTls:
    @pytest.fixture
    def tls(self, tmp_path: Path) -> Tls:
        make_certificate(tmp_path, "localhost")
        return Tls(tmp_path / "localhost.crt", tmp_path / "localhost.key")

    async def test_calls_and_uploads_go_over_tls(self, tmp_path: Path, tls: Tls) -> None:
        async with serving(tmp_path / "data", host="localhost", tls=tls) as server:
            assert server.addresses.http.startswith("https://localhost:")
            credentials = grpc.ssl_channel_credentials(tls.certificate.read_bytes())  # a small file
            async with grpc.aio.secure_channel(server.addresses.grpc, credentials) as channel:
                url = await location(Caller(channel))
            assert await asyncio.to_thread(put_with_tls, url, tls) == 200
            async with calling(server.addresses.grpc) as call:
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await call("GetVersion", GetVersionRequest())
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert list((tmp_path / "data").glob("blobs/**/f"))  # same

    def test_files_that_are_none_are_told(self, tmp_path: Path, tls: Tls) -> None:
        (tmp_path / "other").mkdir()
        make_certificate(tmp_path / "other", "localhost")
        other = tmp_path / "other" / "localhost.key"
        for wrong, match in (
            (Tls(tmp_path / "nowhere", tls.key), r"--tls-cert: .*nowhere cannot be read \(No such file"),
            (Tls(tls.certificate, tmp_path / "nowhere"), r"--tls-key: .*nowhere cannot be read \(No such file"),
            (Tls(tls.key, tls.certificate), "expected a certificate and its unencrypted key, in PEM"),
            (Tls(tls.certificate, other), "expected a certificate and its unencrypted key, in PEM"),
        ):
            with pytest.raises(ConfigError, match=match):
                ServeOptions(tls=wrong).check()
        ServeOptions(tls=tls).check()


def put_with_tls(url: str, tls: Tls) -> int:
    context = ssl.create_default_context(cafile=str(tls.certificate))
    parts = urlsplit(url)
    connection = http.client.HTTPSConnection(parts.netloc, context=context, timeout=10)
    with contextlib.closing(connection):
        connection.request("PUT", f"{parts.path}?{parts.query}", b"x")
        return connection.getresponse().status


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "192.0.2.7", "flyte.acme.io", ""])
async def test_others_can_connect_only_where_that_is_wanted(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigError, match="expected a loopback address, --token-env or --allow-anyone"):
        async with serving(tmp_path, host=host):
            pass
    assert not list(tmp_path.iterdir())  # noqa: ASYNC240 # nothing was made
    ServeOptions(host=host, allow_anyone=True).check()
    ServeOptions(host=host, token="t").check()


def test_what_to_know_of_an_address_is_said() -> None:
    tls: Any = object()
    assert [ServeOptions(host=host).caution() for host in ("127.0.0.1", "127.1.2.3", "localhost", "::1")] == 4 * [""]
    assert ServeOptions(host="h", allow_anyone=True).caution() == "everyone who can connect to h can register"
    assert ServeOptions(host="h", token="t").caution().endswith("h; without --tls-cert it can be read on the way")
    assert ServeOptions(host="h", token="t", tls=tls).caution() == "whoever has the token can register at h"
