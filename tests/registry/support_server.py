"""A control plane and a file store that answer what a test tells them, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import socket
import subprocess
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from google.protobuf.message import Message

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Abort:
    """An answer that is a status."""

    code: grpc.StatusCode
    words: str = ""
    trailing: tuple[tuple[str, str | bytes], ...] = ()


@dataclass(frozen=True)
class Hang:
    """No answer, until the client gives up or `until` is set; then an empty one."""

    until: asyncio.Event = field(default_factory=asyncio.Event)


Step = Any
"""A message, raw bytes, an `Abort` or a `Hang`."""


class ControlPlane(grpc.GenericRpcHandler):  # type: ignore[type-arg] # it takes arguments in its stubs alone
    """Answers each method's calls with its steps in turn, the last one for ever; records what was asked."""

    def __init__(self, **steps: Step) -> None:
        """Take steps by method name: `GetTask=[Abort(…), task]`, or one step alone."""
        self.steps = {name: step if isinstance(step, list) else [step] for name, step in steps.items()}
        self.requests: dict[str, list[bytes]] = defaultdict(list)
        self.metadata: list[dict[str, str | bytes]] = []
        self.cancelled: list[str] = []
        self.begun = asyncio.Event()
        self.in_flight = self.most_in_flight = 0

    def count(self, method: str) -> int:
        return len(self.requests[method])

    async def until_in_flight(self, calls: int) -> None:
        while self.in_flight < calls:
            self.begun.clear()
            await self.begun.wait()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        method = handler_call_details.method.rpartition("/")[2]
        if method not in self.steps:
            return None

        async def answer(request: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
            self.metadata.append(dict(handler_call_details.invocation_metadata))
            self.requests[method].append(request)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            self.begun.set()
            try:
                steps = self.steps[method]
                return await self._step(steps[min(self.count(method), len(steps)) - 1], context)
            except asyncio.CancelledError:
                self.cancelled.append(method)
                raise
            finally:
                self.in_flight -= 1

        handler: grpc.RpcMethodHandler[Any, Any] = grpc.unary_unary_rpc_method_handler(answer)
        return handler

    async def _step(self, step: Step, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
        if isinstance(step, Abort):
            await context.abort(step.code, step.words, step.trailing)
        if isinstance(step, Hang):
            await step.until.wait()
            return b""
        return step if isinstance(step, bytes) else _bytes(step)


def _bytes(message: Message) -> bytes:
    return message.SerializeToString()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def serving(
    plane: ControlPlane, *, port: int = 0, credentials: grpc.ServerCredentials | None = None
) -> AsyncIterator[str]:
    """Serve `plane`; the target is the value."""
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", -1), ("grpc.max_metadata_size", 1 << 20)])
    server.add_generic_rpc_handlers((plane,))
    address = f"{LOOPBACK}:{port}"
    bound = server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
    await server.start()
    try:
        yield f"dns:///localhost:{bound}" if credentials else f"dns:///{LOOPBACK}:{bound}"
    finally:
        await server.stop(None)


def make_certificate(folder: Path, name: str) -> tuple[bytes, bytes]:
    """Return key and certificate, self-signed, for host `name`, in PEM."""
    key, certificate = folder / f"{name}.key", folder / f"{name}.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
         "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return key.read_bytes(), certificate.read_bytes()


@dataclass
class Put:
    """One PUT as a store received it."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Stored:
    """What a store answers; status 0 cuts the connection instead."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class QuietServer(http.server.ThreadingHTTPServer):
    """Says nothing of connections that break."""

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class Store:
    """A file store: answers PUTs with `answers` in turn, the last one for ever; records them."""

    def __init__(self, *answers: Stored) -> None:
        self.answers = answers or (Stored(),)
        self.puts: list[Put] = []
        self.url = ""


@contextlib.contextmanager
def storing(store: Store, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve `store`; its address, without a path, is the value."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            store.puts.append(Put(self.path, {key.lower(): value for key, value in self.headers.items()}, body))
            answer = store.answers[min(len(store.puts), len(store.answers)) - 1]
            if not answer.status:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self.send_response(answer.status)
            for key, value in answer.headers.items():
                self.send_header(key, value)
            if answer.status != http.HTTPStatus.NO_CONTENT:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # its base class names it so
            pass

    with QuietServer((LOOPBACK, 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        store.url = f"https://localhost:{server.server_port}" if tls else f"http://{LOOPBACK}:{server.server_port}"
        try:
            yield store.url
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def listening(on_connection: Callable[[socket.socket], None]) -> Iterator[int]:
    """Do `on_connection` with each TCP connection, in a thread; the port is the value. At the end all are closed."""
    connections: list[socket.socket] = []

    def accept(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # of the listener that is shut down, at the end
            while True:
                connections.append(listener.accept()[0])
                with contextlib.suppress(OSError):
                    on_connection(connections[-1])

    with socket.create_server((LOOPBACK, 0)) as listener:
        thread = threading.Thread(target=accept, args=(listener,))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for connection in connections:
                connection.close()
            thread.join()
            for connection in connections:
                connection.close()
