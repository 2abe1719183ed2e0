"""The local registry over gRPC, for unmodified Flyte clients: what `hatch-flyte serve` runs.

Owns the gRPC server: which method answers which call, options that keep clients connected, starting and draining.
What a call does is `methods`, what a failure tells is `server_status`, uploads are `upload_listener`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import grpc
import grpc.aio
from google.protobuf.message import DecodeError

from hatch_flyte.errors import RegistryError
from hatch_flyte.registry.attribute_office import AttributeOffice
from hatch_flyte.registry.blobs import Blobs
from hatch_flyte.registry.control_plane import ControlPlane
from hatch_flyte.registry.execution_office import ExecutionOffice
from hatch_flyte.registry.methods import Method, Offices, absent_text, methods, services
from hatch_flyte.registry.methods.health import METHODS as HEALTH_METHODS
from hatch_flyte.registry.methods.health import SERVICE as HEALTH
from hatch_flyte.registry.name_office import NameOffice
from hatch_flyte.registry.project_office import ProjectOffice
from hatch_flyte.registry.server_status import DETAILS_KEY, failure_status, refusal_status
from hatch_flyte.registry.server_streams import Streams
from hatch_flyte.registry.store import Store
from hatch_flyte.registry.upload_listener import UploadListener, host_text, listening_socket
from hatch_flyte.registry.upload_locations import UploadLocations
from hatch_flyte.rules.refusal import RefusalError, invalid
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Context = grpc.aio.ServicerContext[bytes, bytes]

LOOPBACK: Final = "127.0.0.1"
OPTIONS: Final = (
    # flytekit pings each 30 s, also without calls; grpc would answer that with GOAWAY "too_many_pings".
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.keepalive_permit_without_calls", 1),
    # A port that somebody has is an error, not one to share.
    ("grpc.so_reuseport", 0),
)

_STOP_SECONDS: Final = 1.0
"""How long answers may take to leave after the calls have ended."""

_CODES: Final = {Code(status.value[0]): status for status in grpc.StatusCode}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """How to serve. There is no authentication and no TLS, so a host other than loopback is for closed networks."""

    host: str = LOOPBACK
    port: int = 0
    """gRPC's; 0 is any that is free."""
    http_port: int = 0
    """That of uploads; 0 is any that is free."""
    grace_seconds: float = 5.0
    """How long calls and uploads may take to end when the server stops."""
    max_upload_bytes: int = 1 << 30


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a server is to be found."""

    grpc: str
    """`HOST:PORT`."""
    http: str
    """`http://HOST:PORT`."""
    place: str
    """The registry's file."""


async def serve(folder: Path, options: ServeOptions, ready: Callable[[Addresses], None], stop: asyncio.Event) -> None:
    """Serve the local registry in `folder` until `stop` is set, then let what is in flight end.

    `ready` is called once clients can connect. Raises `RegistryError` if the file cannot be opened, a port cannot be
    had, or the extra `server` isn't installed.
    """
    listener = UploadListener(
        options.host, options.http_port, grace=options.grace_seconds, max_bytes=options.max_upload_bytes
    )
    with contextlib.ExitStack() as opened:
        opened.callback(listener.close)
        # No statement waits for another process longer than a stop may take.
        store = opened.enter_context(contextlib.closing(Store(folder, busy_seconds=options.grace_seconds)))
        thread = opened.enter_context(ThreadPoolExecutor(1))
        locations = UploadLocations(Blobs(folder), listener.address)
        router = _Router(methods(_offices(store, locations)), thread)
        server = grpc.aio.server(handlers=(router,), options=OPTIONS)
        port = _add_port(server, options)
        await server.start()
        try:
            ready(Addresses(f"{host_text(options.host)}:{port}", listener.address, store.place))
            listener.start(locations)
            await stop.wait()
        finally:
            closed = asyncio.get_running_loop().run_in_executor(None, listener.close)
            await asyncio.gather(router.drain(options.grace_seconds), closed)
            await server.stop(_STOP_SECONDS)


def _offices(store: Store, locations: UploadLocations) -> Offices:
    return Offices(
        plane=ControlPlane(store),
        names=NameOffice(store),
        projects=ProjectOffice(store),
        attributes=AttributeOffice(store),
        executions=ExecutionOffice(store),
        locations=locations,
    )


def _add_port(server: grpc.aio.Server, options: ServeOptions) -> int:
    """Let the server listen. gRPC tells little of why it cannot, so a socket of our own asks for a given port first."""
    if options.port:
        listening_socket(options.host, options.port).close()
    try:
        return server.add_insecure_port(f"{host_text(options.host)}:{options.port}")
    except RuntimeError as error:
        raise RegistryError(f"serve: cannot listen at {options.host}:{options.port} ({error})") from error


class _Router(grpc.GenericRpcHandler):  # type: ignore[type-arg] # it takes arguments in its stubs alone
    """Leads each call to what answers it; there is always something."""

    def __init__(self, table: dict[str, Method], thread: ThreadPoolExecutor) -> None:
        self._services = {name: frozenset(service.methods_by_name) for name, service in services().items()}
        self._services[HEALTH] = HEALTH_METHODS
        self._streams = Streams(self._services)
        self._table = table
        self._thread = thread
        self._in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._draining = False

    async def drain(self, seconds: float) -> None:
        """Begin nothing new, and wait until what is in flight has ended, at most so long.

        gRPC would end calls that arrive while it stops with CANCELLED, which tells a client nothing; UNAVAILABLE does.
        """
        self._draining = True
        self._streams.end()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Return the handler for `/SERVICE/METHOD`, from bytes to bytes."""
        path = handler_call_details.method.lstrip("/")
        if stream := self._streams.handler(path):
            return stream
        service, _, name = path.partition("/")
        if path in self._table:
            answer: Callable[[bytes], bytes] = partial(_answer, name, self._table[path])
        elif service not in self._services:
            answer = _refuse(f"unknown service {service}")
        elif name not in self._services[service]:
            answer = _refuse(f"unknown method {name} for service {service}")
        else:
            answer = _refuse(absent_text(name))
        return grpc.unary_unary_rpc_method_handler(partial(self._behave, name, answer))

    async def _behave(self, name: str, answer: Callable[[bytes], bytes], request: bytes, context: Context) -> bytes:
        """Answer a call beside the event loop, and never with an exception."""
        try:
            return await self._in_thread(answer, request)
        except RefusalError as refusal:
            status = refusal_status(refusal)
        except RegistryError as error:
            status = failure_status(name, error)
        except Exception as error:  # noqa: BLE001 # a servicer's exception would be UNKNOWN
            _log.exception("%s failed", name)
            status = failure_status(name, error)
        metadata = ((DETAILS_KEY, status.details),) if status.details else ()
        return await context.abort(_CODES[status.code], status.message, metadata)

    async def _in_thread(self, answer: Callable[[bytes], bytes], request: bytes) -> bytes:
        if self._draining:
            raise RefusalError(Code.UNAVAILABLE, "the local registry is being stopped")
        self._in_flight += 1
        self._idle.clear()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, answer, request)
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._idle.set()


def _answer(name: str, method: Method, request: bytes) -> bytes:
    try:
        message = method.request.FromString(request)
    except DecodeError as error:
        raise invalid(f"{name}: expected a {method.request.DESCRIPTOR.full_name} (got bytes that are none)") from error
    found = method.answer(message)
    return (method.response() if found is None else found).SerializeToString()


def _refuse(text: str) -> Callable[[bytes], bytes]:
    def refuse(_request: bytes) -> bytes:
        raise RefusalError(Code.UNIMPLEMENTED, text)

    return refuse
