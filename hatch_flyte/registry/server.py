"""The local registry over gRPC, for unmodified Flyte clients: what `hatch-flyte serve` runs.

Owns the gRPC server: which method answers which call, options that keep clients connected, starting and draining.
What a call does is `methods`, what a failure tells is `server_status`, uploads are `upload_listener`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import grpc
import grpc.aio
from google.protobuf.message import DecodeError

from hatch_flyte.errors import RegistryError
from hatch_flyte.registry.attribute_office import AttributeOffice
from hatch_flyte.registry.backing import Backing
from hatch_flyte.registry.control_plane import ControlPlane
from hatch_flyte.registry.execution_office import ExecutionOffice
from hatch_flyte.registry.guard import Guard
from hatch_flyte.registry.http_bounds import HttpOptions
from hatch_flyte.registry.methods import Method, Offices, absent_text, methods, services
from hatch_flyte.registry.methods.auth import auth_methods, auth_services
from hatch_flyte.registry.methods.health import METHODS as HEALTH_METHODS
from hatch_flyte.registry.methods.health import SERVICE as HEALTH
from hatch_flyte.registry.name_office import NameOffice
from hatch_flyte.registry.page_door import PageDoor
from hatch_flyte.registry.project_office import ProjectOffice
from hatch_flyte.registry.serve_options import LOOPBACK, Addresses, ServeOptions
from hatch_flyte.registry.server_bounds import add_port, channel_options
from hatch_flyte.registry.server_calls import call_line
from hatch_flyte.registry.server_status import DETAILS_KEY, failure_status, refusal_status
from hatch_flyte.registry.server_streams import Streams
from hatch_flyte.registry.store_file import LockedError
from hatch_flyte.registry.upload_listener import UploadListener, host_text
from hatch_flyte.registry.upload_locations import UploadLocations
from hatch_flyte.rules.refusal import RefusalError, invalid
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hatch_flyte.registry.server_status import Status
    from hatch_flyte.registry.store import Store

    Context = grpc.aio.ServicerContext[bytes, bytes]

__all__ = ["LOOPBACK", "Addresses", "ServeOptions", "serve", "serve_backing"]

_STOP_SECONDS: Final = 1.0
"""How long answers may take to leave after the calls have ended."""

_SHORT: Final = 16 * 1024
"""Requests up to this many bytes are answered in the event loop: tasks, and workflows of some dozens of nodes.

A few of them take long (a list of thousands, an upload whose file is there); calls are answered in turn either way."""

_CODES: Final = {Code(status.value[0]): status for status in grpc.StatusCode}
_log = logging.getLogger(__name__)


async def serve(folder: Path, options: ServeOptions, ready: Callable[[Addresses], None], stop: asyncio.Event) -> None:
    """Serve the local registry in `folder` until `stop` is set, then let what is in flight end.

    `ready` is called once clients can connect. Raises `RegistryError` if the file cannot be opened, a port cannot be
    had, or the extra `server` isn't installed.
    """
    with contextlib.ExitStack() as opened:

        def opening() -> Backing:
            # No statement waits for another process longer than a stop may take.
            backing = Backing.open(folder, options.grace_seconds)
            opened.callback(backing.close)
            return backing

        await serve_backing(opening, options, ready, stop)


async def serve_backing(
    opening: Callable[[], Backing], options: ServeOptions, ready: Callable[[Addresses], None], stop: asyncio.Event
) -> None:
    """Do the same with what `opening` gives, which is called once the ports are there, and whose caller closes it."""
    options.check()
    listener = UploadListener(
        options.host,
        options.http_port,
        grace=options.grace_seconds,
        max_bytes=options.max_upload_bytes,
        options=HttpOptions.of(options),
    )
    with contextlib.closing(listener):
        backing = opening()
        locations = UploadLocations(backing.blobs, listener.address)
        offices = _offices(backing.store, locations)
        router = _Router(methods(offices), backing, options.on_call)
        guard = Guard(options.token) if options.token else None
        if guard:
            router.add_guard(guard, auth_methods(listener.address))
        pages = PageDoor(partial(options.pages, offices, backing.thread), guard) if options.pages else None
        server = grpc.aio.server(
            handlers=(router,), options=channel_options(options), maximum_concurrent_rpcs=options.max_calls
        )
        port = add_port(server, options)
        await server.start()
        try:
            ready(Addresses(f"{host_text(options.host)}:{port}", listener.address, backing.store.place))
            listener.start(locations, pages)
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


class _Router(grpc.GenericRpcHandler):  # type: ignore[type-arg] # it takes arguments in its stubs alone
    """Leads each call to what answers it; there is always something."""

    def __init__(self, table: dict[str, Method], backing: Backing, on_call: Callable[[str], None] | None) -> None:
        self._services = {name: frozenset(service.methods_by_name) for name, service in services().items()}
        self._services[HEALTH] = HEALTH_METHODS
        self._streams = Streams(self._services)
        self._table = table
        self._backing = backing
        self._guard: Guard | None = None
        self._on_call = on_call
        self._in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._draining = False

    def add_guard(self, guard: Guard, table: dict[str, Method]) -> None:
        """Have `guard` look at every call, and have the methods that there are only then."""
        self._guard = guard
        self._services |= {name: frozenset(service.methods_by_name) for name, service in auth_services().items()}
        self._streams = Streams(self._services)
        self._table = {**self._table, **table}

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
        service, _, name = path.partition("/")
        metadata: Any = handler_call_details.invocation_metadata
        if self._guard and (why := self._guard.refusal(path, metadata)):
            return self._handler(name, _refuse(why, Code.UNAUTHENTICATED))
        if stream := self._streams.handler(path):
            if self._on_call:
                self._on_call(f"{name} begins")
            return stream
        if path in self._table:
            answer: Callable[[bytes], bytes] = partial(_answer, name, self._table[path])
        elif service not in self._services:
            answer = _refuse(f"unknown service {service}")
        elif name not in self._services[service]:
            answer = _refuse(f"unknown method {name} for service {service}")
        else:
            answer = _refuse(absent_text(name))
        return self._handler(name, answer)

    def _handler(self, name: str, answer: Callable[[bytes], bytes]) -> grpc.RpcMethodHandler[bytes, bytes]:
        return grpc.unary_unary_rpc_method_handler(partial(self._behave, name, answer))

    async def _behave(self, name: str, answer: Callable[[bytes], bytes], request: bytes, context: Context) -> bytes:
        """Answer a call, and never with an exception."""
        begun = time.monotonic()
        outcome = await self._outcome(name, answer, request)
        status = None if isinstance(outcome, bytes) else outcome
        if self._on_call:
            self._on_call(call_line(name, status, time.monotonic() - begun, context.peer()))
        if isinstance(outcome, bytes):
            return outcome
        metadata = ((DETAILS_KEY, outcome.details),) if outcome.details else ()
        return await context.abort(_CODES[outcome.code], outcome.message, metadata)

    async def _outcome(self, name: str, answer: Callable[[bytes], bytes], request: bytes) -> bytes | Status:
        try:
            return await self._answered(answer, request)
        except RefusalError as refusal:
            return refusal_status(refusal)
        except RegistryError as error:
            return failure_status(name, error)
        except Exception as error:  # noqa: BLE001 # a servicer's exception would be UNKNOWN
            _log.exception("%s failed", name)
            return failure_status(name, error)

    async def _answered(self, answer: Callable[[bytes], bytes], request: bytes) -> bytes:
        """Answer at once, which costs the least; beside the loop what may take long or has to wait."""
        if self._draining:
            raise RefusalError(Code.UNAVAILABLE, "the local registry is being stopped")
        if len(request) <= _SHORT:
            with contextlib.suppress(LockedError):
                return self._backing.at_once(answer, request)
        return await self._in_thread(answer, request)

    async def _in_thread(self, answer: Callable[[bytes], bytes], request: bytes) -> bytes:
        self._in_flight += 1
        self._idle.clear()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._backing.thread, answer, request)
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


def _refuse(text: str, code: Code = Code.UNIMPLEMENTED) -> Callable[[bytes], bytes]:
    def refuse(_request: bytes) -> bytes:
        raise RefusalError(code, text)

    return refuse
