"""What the client says when it finds nobody who speaks gRPC at an endpoint: one line each, with a hint, soon."""

from __future__ import annotations

import asyncio
import http.server
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import grpc
import pytest
from flyteidl.admin import project_pb2
from registry.support_server import (
    LOOPBACK,
    ControlPlane,
    free_port,
    listening,
    make_certificate,
    serving,
)

from hatch_flyte.errors import UnreachableError
from hatch_flyte.registry.client import ClusterRegistry, Connection, Patience, connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUICK = Patience(connect=1.0, first_pause=0.02, longest_pause=0.1, reconnect=0.2, handshake=0.5)
SOON = 0.7
"""Seconds; less than the time to connect, so that an answer within them was not waited for."""

needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="the openssl command makes the certificates")


def client(target: str, *, insecure: bool) -> ClusterRegistry:
    return connect(Connection(target, insecure=insecure, place="staging"), QUICK)


async def failure(target: str, *, insecure: bool) -> tuple[UnreachableError, float]:
    """Return what the first call to `target` fails with, and after how many seconds."""
    registry = client(target, insecure=insecure)
    began = time.monotonic()
    with pytest.raises(UnreachableError) as caught:
        await registry.domains("pipelines")
    took = time.monotonic() - began
    await registry.close()
    assert "\n" not in caught.value.message
    assert caught.value.message.startswith("staging: ")
    return caught.value, took


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    return make_certificate(tmp_path_factory.mktemp("certificates"), "localhost")


def credentials(certificate: tuple[bytes, bytes]) -> grpc.ServerCredentials:
    return grpc.ssl_server_credentials([certificate])


async def test_a_port_that_nobody_listens_on_is_tried_for_the_time_to_connect() -> None:
    error, took = await failure(f"dns:///{LOOPBACK}:{free_port()}", insecure=True)
    assert "nobody listens (failed to connect to all addresses" in error.message
    assert "Connection refused" in error.message
    assert "host and port in `endpoint`" in error.hint
    assert 0.9 < took < 2


@pytest.mark.parametrize("insecure", [True, False])
async def test_an_unknown_host_is_named_at_once(insecure: bool) -> None:  # noqa: FBT001 # a parameter of the test
    error, took = await failure("dns:///no-such-host.invalid:443", insecure=insecure)
    assert "there is no such host" in error.message
    assert "no-such-host.invalid" in error.message
    assert "`endpoint`" in error.hint
    assert took < SOON


@pytest.mark.parametrize("target", ["dns:///a b:1", "dns://localhost:1", "http://localhost:1", "foo:///x"])
async def test_what_is_no_address_is_refused_at_once(target: str) -> None:
    error, took = await failure(target, insecure=True)
    assert "no address" in error.message or "no such host" in error.message
    assert "dns:///HOST:PORT" in error.hint
    assert took < SOON


async def test_tls_against_a_plain_port_names_the_key_at_once() -> None:
    async with serving(ControlPlane()) as target:
        error, took = await failure(target, insecure=False)
    assert "it speaks no TLS" in error.message
    assert "WRONG_VERSION_NUMBER" in error.message
    assert "`insecure = true`" in error.hint
    assert took < SOON


@needs_openssl
async def test_plain_text_against_a_tls_port_names_the_key_at_once(certificate: tuple[bytes, bytes]) -> None:
    async with serving(ControlPlane(), credentials=credentials(certificate)) as target:
        error, took = await failure(target, insecure=True)
    assert "it speaks TLS" in error.message
    assert "Remove `insecure = true`" in error.hint
    assert took < SOON


@needs_openssl
async def test_a_certificate_that_nobody_trusts_is_told_at_once(certificate: tuple[bytes, bytes]) -> None:
    async with serving(ControlPlane(), credentials=credentials(certificate)) as target:
        error, took = await failure(target, insecure=False)
    assert "its certificate is not trusted" in error.message
    assert "SSL_CERT_FILE" in error.hint
    assert took < SOON


@needs_openssl
@pytest.mark.usefixtures("trusted")
async def test_a_certificate_for_another_host_is_told_at_once(certificate: tuple[bytes, bytes]) -> None:
    async with serving(ControlPlane(), credentials=credentials(certificate)) as target:
        error, took = await failure(target.replace("localhost", LOOPBACK), insecure=False)
    assert "its certificate is for another host" in error.message
    assert "`endpoint`" in error.hint
    assert took < SOON


@needs_openssl
@pytest.mark.usefixtures("trusted")
async def test_a_certificate_that_this_machine_trusts_is_taken(certificate: tuple[bytes, bytes]) -> None:
    plane = ControlPlane(ListProjects=project_pb2.Projects())
    async with serving(plane, credentials=credentials(certificate)) as target:
        registry = client(target, insecure=False)
        assert await registry.domains("pipelines") is None
        await registry.close()


@pytest.fixture
def trusted(certificate: tuple[bytes, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make this machine trust the certificate."""
    file = tmp_path / "authorities.pem"
    file.write_bytes(certificate[1])
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


@needs_openssl
async def test_without_a_file_of_authorities_those_in_the_folder_or_of_grpc_count(
    certificate: tuple[bytes, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    async with serving(ControlPlane(), credentials=credentials(certificate)) as target:
        error, _ = await failure(target, insecure=False)
    assert "its certificate is not trusted" in error.message


class Quiet(http.server.BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # its base class names it so
        pass


@pytest.fixture
def web_server() -> Iterator[http.server.HTTPServer]:
    with http.server.ThreadingHTTPServer((LOOPBACK, 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def test_a_web_server_is_told_from_a_grpc_server_at_once(web_server: http.server.HTTPServer) -> None:
    error, took = await failure(f"dns:///{LOOPBACK}:{web_server.server_port}", insecure=True)
    assert "it does not speak gRPC" in error.message
    assert "console" in error.hint
    assert took < SOON


@pytest.fixture
def tls(certificate: tuple[bytes, bytes], trusted: Path, tmp_path: Path) -> ssl.SSLContext:
    (tmp_path / "key.pem").write_bytes(certificate[0])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, tmp_path / "key.pem")
    return context


@needs_openssl
async def test_a_web_server_with_tls_is_told_from_a_grpc_server_at_once(tls: ssl.SSLContext) -> None:
    with listening(lambda connection: tls.wrap_socket(connection, server_side=True).close()) as port:
        error, took = await failure(f"dns:///localhost:{port}", insecure=False)
    assert "it speaks TLS, but not HTTP/2" in error.message
    assert took < SOON


async def test_a_tls_handshake_that_the_peer_breaks_off_is_told_at_once() -> None:
    def alert(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        connection.sendall(bytes.fromhex("15 0303 0002 02 28"))  # TLS: fatal, handshake_failure

    with listening(alert) as port:
        error, took = await failure(f"dns:///localhost:{port}", insecure=False)
    assert "the TLS handshake failed" in error.message
    assert "HANDSHAKE_FAILURE" in error.message
    assert took < SOON


async def test_a_peer_that_closes_each_connection_may_be_starting_and_is_waited_for() -> None:
    with listening(socket.socket.close) as port:
        error, took = await failure(f"dns:///{LOOPBACK}:{port}", insecure=True)
    assert "it closes the connection" in error.message
    assert took > 0.9


def say_nothing(_connection: socket.socket) -> None:
    pass


@pytest.mark.parametrize("insecure", [True, False])
async def test_a_peer_that_never_speaks_is_given_up_after_the_time_to_connect(insecure: bool) -> None:  # noqa: FBT001 # a parameter of the test
    with listening(say_nothing) as port:
        error, took = await failure(f"dns:///{LOOPBACK}:{port}", insecure=insecure)
    assert "nobody answers (failed to connect to all addresses" in error.message
    assert 0.4 < took < 2


@pytest.mark.parametrize("insecure", [True, False])
async def test_a_peer_that_never_speaks_is_not_taken_for_the_one_that_refuses(insecure: bool) -> None:  # noqa: FBT001 # a parameter of the test
    # gRPC tries both addresses of this name, and tells of the one that it tried last.
    with listening(say_nothing) as port:
        error, took = await failure(f"dns:///localhost:{port}", insecure=insecure)
    assert "nobody answers (failed to connect to all addresses" in error.message
    assert took < 2


async def test_a_handshake_slower_than_the_time_to_connect_is_given_up_then() -> None:
    with listening(say_nothing) as port:
        connection = Connection(f"dns:///{LOOPBACK}:{port}", insecure=True, place="staging")
        registry = connect(connection, Patience(connect=0.3, handshake=5))
        began = time.monotonic()
        with pytest.raises(UnreachableError, match=r"nobody answers within 0\.3 s"):
            await registry.domains("pipelines")
        took = time.monotonic() - began
        await registry.close()
    assert took < 1


async def test_a_proxy_of_the_environment_is_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(name, f"http://{LOOPBACK}:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("no_grpc_proxy", raising=False)
    async with serving(ControlPlane(ListProjects=project_pb2.Projects())) as target:
        registry = client(target, insecure=True)
        assert await registry.domains("pipelines") is None
        await registry.close()


@pytest.mark.parametrize("verbosity", [None, "ERROR"])
async def test_grpcs_core_is_silent_unless_asked_and_the_environment_stays_as_it_was(
    verbosity: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = """
import asyncio, os, sys
from hatch_flyte.errors import UnreachableError
from hatch_flyte.registry.client import Connection, connect

async def main():
    before = dict(os.environ)
    registry = connect(Connection("dns://localhost:1", insecure=False, place="staging"))
    try:
        await registry.domains("p")
    except UnreachableError as error:
        print(error.message)
    await registry.close()
    assert os.environ == before

asyncio.run(main())
"""
    if verbosity:
        monkeypatch.setenv("GRPC_VERBOSITY", verbosity)
    else:
        monkeypatch.delenv("GRPC_VERBOSITY", raising=False)
    process = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "this is no address" in process.stdout
    assert bool(process.stderr) is bool(verbosity)
