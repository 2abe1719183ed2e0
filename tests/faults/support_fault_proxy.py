"""A gRPC proxy that misbehaves as a fault plan says, in front of a server that does not.

Passes bytes on: it knows Flyte's messages as little as it can. Everything runs in the test's event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
from faults.support_fault_plan import (
    Abort,
    Call,
    Delay,
    FaultPlan,
    Garbage,
    GoDeaf,
    Hang,
    Happen,
    Lose,
    Restart,
    entity_of,
)
from flyteidl.service.dataproxy_pb2 import CreateUploadLocationResponse
from registry.support_server import LOOPBACK
from registry.support_transport import accepting
from support_machine import port_to_keep

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from faults.support_fault_plan import Act

    Context = grpc.aio.ServicerContext[bytes, bytes]

UNLIMITED = (("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0))


@dataclass
class Seen:
    """What arrived at the proxies, and what was done on the way."""

    calls: list[Call] = field(default_factory=list)
    cancelled: list[Call] = field(default_factory=list)
    """Calls whose client did not wait for the answer."""
    happened: list[Call] = field(default_factory=list)
    """Calls that a fault met."""
    on_happen: Callable[[str], None] = lambda _what: None
    """Told of each `Happen`, by its name."""
    _attempts: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def writes(self) -> int:
        """How many calls and uploads came to change something."""
        return sum(call.writes for call in self.calls)

    def arrived(self, method: str, entity: str, bearer: str = "") -> Call:
        """Put a call down and return it, with the number of its attempt."""
        self._attempts[method, entity] += 1
        call = Call(method, entity, self._attempts[method, entity], bearer)
        self.calls.append(call)
        return call


class FaultProxy(grpc.GenericRpcHandler):  # type: ignore[type-arg] # it takes arguments in its stubs alone
    """Passes each call on to `upstream`, or does to it what the plan says."""

    def __init__(self, upstream: str, plan: FaultPlan, seen: Seen, uploads: str = "") -> None:
        """`uploads` is the address, without a path, that stands in upload locations instead of the server's own."""
        self._channel = grpc.aio.insecure_channel(upstream, options=UNLIMITED)
        self._plan, self._seen, self._uploads = plan, seen, uploads
        self.restart: Callable[[float], None] = lambda _seconds: None
        self.go_deaf: Callable[[], None] = lambda: None

    async def close(self) -> None:
        await self._channel.close(None)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any]:
        path = handler_call_details.method
        shown = dict(iter(handler_call_details.invocation_metadata)).get("authorization", "")

        async def answer(request: bytes, context: Context) -> bytes:
            method = path.rpartition("/")[2]
            call = self._seen.arrived(method, entity_of(method, request), str(shown).removeprefix("Bearer "))
            try:
                return await self._answered(path, request, context, self._decided(call))
            except asyncio.CancelledError:
                self._seen.cancelled.append(call)
                raise

        handler: grpc.RpcMethodHandler[Any, Any] = grpc.unary_unary_rpc_method_handler(answer)
        return handler

    def _decided(self, call: Call) -> Act | None:
        act = self._plan.act(call)
        if act is not None:
            self._seen.happened.append(call)
        return act

    async def _answered(self, path: str, request: bytes, context: Context, act: Act | None) -> bytes:
        if isinstance(act, Abort):
            await context.abort(act.code, act.words, act.trailing)
        if isinstance(act, Garbage):
            return act.data
        if isinstance(act, Happen):
            self._seen.on_happen(act.what)
        await self._delayed(act)
        answer = await self._passed_on(path, request, context)
        if isinstance(act, Lose):
            await context.abort(act.code, "lost on purpose")
        if isinstance(act, Hang):
            await asyncio.Event().wait()
        return answer

    async def _delayed(self, act: Act | None) -> None:
        """Let happen what keeps a call from being passed on, now or for ever."""
        if isinstance(act, Delay):
            await asyncio.sleep(act.seconds)
        if isinstance(act, Restart):
            self.restart(act.seconds)
        if isinstance(act, GoDeaf):
            self.go_deaf()
        if isinstance(act, Restart | GoDeaf) or act == Hang():
            await asyncio.Event().wait()

    async def _passed_on(self, path: str, request: bytes, context: Context) -> bytes:
        # Not cut off by a client that goes away: a server does not notice either, once it has begun.
        sent = asyncio.ensure_future(_sent(self._channel, path, request))
        try:
            answer = await asyncio.shield(sent)
        except grpc.aio.AioRpcError as problem:
            trailing: Any = tuple(iter(problem.trailing_metadata() or ()))
            await context.abort(problem.code(), problem.details() or "", trailing)
        return self._rewritten(path, answer)

    def _rewritten(self, path: str, answer: bytes) -> bytes:
        if not (self._uploads and path.endswith("/CreateUploadLocation")):
            return answer
        location = CreateUploadLocationResponse.FromString(answer)
        _, _, rest = location.signed_url.partition("://")
        location.signed_url = f"{self._uploads}/{rest.partition('/')[2]}"
        rewritten: bytes = location.SerializeToString()
        return rewritten


async def _sent(channel: grpc.aio.Channel, path: str, request: bytes) -> bytes:
    answer: bytes = await channel.unary_unary(path, bytes, bytes)(request)
    return answer


class _Listener:
    """A server that can go away and come back at its port."""

    def __init__(self, proxy: FaultProxy, options: Sequence[tuple[str, int]], credentials: Any) -> None:
        self._proxy, self._credentials = proxy, credentials
        self._options = tuple((dict(UNLIMITED) | dict(options)).items())
        self.port = port_to_keep()
        self._server: grpc.aio.Server | None = None
        self._restarting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._server = grpc.aio.server(options=self._options)
        self._server.add_generic_rpc_handlers((self._proxy,))
        address = f"{LOOPBACK}:{self.port}"
        if self._credentials:
            self._server.add_secure_port(address, self._credentials)
        else:
            self._server.add_insecure_port(address)
        await self._server.start()

    async def stop(self) -> None:
        if self._restarting:
            await self._restarting
        if self._server:
            await self._server.stop(None)

    def restart(self, seconds: float) -> None:
        """Begin to be away for so long; a second time while it is away changes nothing."""
        if self._restarting is None or self._restarting.done():
            self._restarting = asyncio.ensure_future(self._away(seconds))

    async def _away(self, seconds: float) -> None:
        if self._server:
            await self._server.stop(None)
            self._server = None
        await asyncio.sleep(seconds)
        await self.start()


class _Relay:
    """Passes TCP on until it is told to swallow what comes over the connections that it has."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connections = 0
        self._deaf = 0

    def go_deaf(self) -> None:
        self._deaf = self._connections

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        number = self._connections
        with contextlib.suppress(ConnectionError):
            upstream, up = await asyncio.open_connection(LOOPBACK, self._port)
            try:
                await asyncio.gather(self._pump(reader, up, number), self._pump(upstream, writer, number))
            finally:
                up.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                if number > self._deaf:
                    writer.write(data)
        writer.close()


@contextlib.asynccontextmanager
async def proxied(
    proxy: FaultProxy, options: Sequence[tuple[str, int]] = (), credentials: grpc.ServerCredentials | None = None
) -> AsyncIterator[str]:
    """Serve `proxy`, with gRPC's `options` for servers; give `HOST:PORT`."""
    listener = _Listener(proxy, options, credentials)
    relay = _Relay(listener.port)
    proxy.restart, proxy.go_deaf = listener.restart, relay.go_deaf
    await listener.start()
    try:
        async with accepting(relay.serve) as port:
            yield f"{LOOPBACK}:{port}"
    finally:
        await listener.stop()
        await proxy.close()
