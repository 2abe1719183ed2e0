"""What stands between a client and a control plane: authorities that sign certificates, and a proxy."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import grpc
import pytest
from registry.support_server import LOOPBACK

from hatch_flyte.config import Target
from hatch_flyte.config.endpoint import parse_endpoint
from hatch_flyte.errors import RegistryError, UnreachableError
from hatch_flyte.registry.connect import Surroundings, open_registry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from hatch_flyte.config.target import Transport

needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="the openssl command makes the certificates")


@dataclass(frozen=True)
class Authority:
    """Signs certificates in a folder of its own; its own one is `ca.crt`."""

    folder: Path

    def __post_init__(self) -> None:
        self.openssl(
            "req", "-x509", *_NEW_KEY, "-days", "2", "-subj", "/CN=house", "-keyout", "ca.key", "-out", "ca.crt"
        )

    @property
    def file(self) -> Path:
        return self.folder / "ca.crt"

    def sign(self, name: str, extension: str, *, dates: tuple[str, str] | None = None) -> tuple[Path, Path]:
        """Return the files of a certificate for `/CN=name`, with one extension, and of its key.

        `dates` are its first and its last moment, `YYYYMMDDHHMMSSZ`; by default it is valid now.
        """
        stem = name.replace(" ", "_")
        key, request, certificate = (f"{stem}.{ending}" for ending in ("key", "csr", "crt"))
        (self.folder / "extensions").write_text(f"[x]\n{extension}\n")
        self.openssl("req", *_NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        (self.folder / "index.txt").write_text("")
        (self.folder / "ca.cnf").write_text(_CONFIGURATION)
        first, last = dates or ("", "")
        valid = ["-startdate", first, "-enddate", last] if dates else ["-days", "2"]
        signed = ["-in", request, "-out", certificate, "-extfile", "extensions", "-extensions", "x"]
        self.openssl("ca", "-batch", "-notext", "-config", "ca.cnf", *valid, *signed)
        return self.folder / certificate, self.folder / key

    def openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_CONFIGURATION = """
[ca]
default_ca = house
[house]
certificate = ca.crt
private_key = ca.key
database = index.txt
rand_serial = yes
new_certs_dir = .
default_md = sha256
policy = any
[any]
commonName = supplied
"""


def server_credentials(signed: tuple[Path, Path], clients: Path | None = None) -> grpc.ServerCredentials:
    """Return credentials of a server; with `clients` those whom that authority signed for alone are let in."""
    certificate, key = signed
    pair = (key.read_bytes(), certificate.read_bytes())
    return grpc.ssl_server_credentials([pair], clients.read_bytes() if clients else None, clients is not None)


@dataclass
class ConnectProxy:
    """An HTTP proxy as a test sees it: what it was asked for, and what it answers."""

    hosts: dict[str, str] = field(default_factory=dict)
    """Where names lead that only the proxy knows."""
    refusal: bytes = b""
    """The status of its answer, if it lets nobody through."""
    requests: list[str] = field(default_factory=list)
    """Line and headers of each request."""
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head.decode())
        method, target, _ = head.split(b"\r\n")[0].decode().split()
        if self.refusal:
            writer.write(b"HTTP/1.1 " + self.refusal + b"\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        authority = target if method == "CONNECT" else target.split("/")[2]
        host, _, port = authority.rpartition(":")
        upstream, up = await asyncio.open_connection(self.hosts.get(host, host), int(port))
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            up.write(head)
        try:
            await asyncio.gather(_pump(reader, up), _pump(upstream, writer))
        finally:
            up.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


@contextlib.asynccontextmanager
async def accepting(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """Serve connections; the port is the value. At the end all are cut off."""
    connections: set[asyncio.Future[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(serve(reader, writer))
        connections.add(task)
        with contextlib.suppress(asyncio.CancelledError, asyncio.IncompleteReadError, OSError):
            await task
        connections.discard(task)
        writer.close()

    server = await asyncio.start_server(connected, LOOPBACK, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await server.wait_closed()


@contextlib.asynccontextmanager
async def proxying(proxy: ConnectProxy) -> AsyncIterator[ConnectProxy]:
    """Serve `proxy`, whose `url` is filled in."""
    async with accepting(proxy.serve) as port:
        proxy.url = f"http://{LOOPBACK}:{port}"
        yield proxy


def cluster(target: str, transport: Transport) -> Target:
    endpoint, _ = parse_endpoint(target, insecure=False)
    return Target("staging", endpoint, insecure=False, project="p", domain="d", transport=transport)


async def domains(target: str, transport: Transport) -> frozenset[str] | None:
    """Return what a cluster of such a table answers to the first call."""
    registry = open_registry(cluster(target, transport), Surroundings())
    try:
        return await registry.domains("p")
    finally:
        await registry.close()


async def refusal(target: str, transport: Transport) -> RegistryError:
    with pytest.raises(UnreachableError) as caught:
        await domains(target, transport)
    assert "\n" not in caught.value.message
    return caught.value
