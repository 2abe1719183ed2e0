"""The methods that answer more than once: gRPC's reflection, and watching the server's health."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import grpc
import grpc.aio
from google.protobuf.message import DecodeError

from hatch_flyte.registry.methods.health import NOT_SERVING, SERVICE, SERVING, status
from hatch_flyte.registry.reflection import METHOD, PACKAGES, Reflection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    Context = grpc.aio.ServicerContext[bytes, bytes]
    Handler = grpc.RpcMethodHandler[bytes, bytes]

_WATCH: Final = f"{SERVICE}/Watch"


class Streams:
    """Handlers for the methods that stream. `services` are the full names of what the server offers."""

    def __init__(self, services: Iterable[str]) -> None:
        self._services = list(services)
        self._reflection: Reflection | None = None
        self._ended = asyncio.Event()

    def handler(self, path: str) -> Handler | None:
        """Return the handler for `SERVICE/METHOD`, if that is one of them."""
        if path == _WATCH:
            return grpc.unary_stream_rpc_method_handler(self._watch)
        if path in {f"{package}.ServerReflection/{METHOD}" for package in PACKAGES}:
            return grpc.stream_stream_rpc_method_handler(self._reflect)
        return None

    def end(self) -> None:
        """Tell those who watch that the server ends."""
        self._ended.set()

    async def _watch(self, _request: bytes, _context: Context) -> AsyncIterator[bytes]:
        yield status(SERVING).SerializeToString()
        await self._ended.wait()
        yield status(NOT_SERVING).SerializeToString()

    async def _reflect(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        self._reflection = self._reflection or Reflection(self._services)
        async for request in requests:
            try:
                yield self._reflection.answer(request)
            except DecodeError:
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{METHOD}: the request can't be read")
