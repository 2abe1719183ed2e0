"""The local registry's server, running for a test in its own event loop, and a plain client for it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc.aio
from flyteidl.service import admin_pb2, dataproxy_pb2, signal_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from hatch_flyte.registry.server import Addresses, ServeOptions, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from google.protobuf.message import Message

HEALTH = "grpc.health.v1.Health"


def health_service() -> Any:
    """Return gRPC's health service as its proto file has it."""
    field = descriptor_pb2.FieldDescriptorProto
    package = "grpc.health.v1"
    file = descriptor_pb2.FileDescriptorProto(name="health.proto", package=package, syntax="proto3")
    file.message_type.add(name="HealthCheckRequest").field.add(
        name="service", number=1, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL
    )
    response = file.message_type.add(name="HealthCheckResponse")
    statuses = response.enum_type.add(name="ServingStatus").value
    for number, status in enumerate(("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")):
        statuses.add(name=status, number=number)
    name = f".{package}.HealthCheckResponse.ServingStatus"
    response.field.add(name="status", number=1, type=field.TYPE_ENUM, label=field.LABEL_OPTIONAL, type_name=name)
    types = {
        f"{way}_type": f".{package}.HealthCheck{word}" for way, word in (("input", "Request"), ("output", "Response"))
    }
    file.service.add(name="Health").method.add(name="Check", **types)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool.FindServiceByName(HEALTH)


SERVICES = {
    name: service
    for module in (admin_pb2, dataproxy_pb2, signal_pb2)
    for name, service in module.DESCRIPTOR.services_by_name.items()
} | {HEALTH: health_service()}
LARGE_METADATA = (("grpc.max_metadata_size", 1 << 20),)


@dataclass(frozen=True)
class Serving:
    """A server that runs."""

    addresses: Addresses
    stop: asyncio.Event
    ended: asyncio.Task[None]


@asynccontextmanager
async def serving(folder: Path, **options: Any) -> AsyncIterator[Serving]:
    """Run the server over `folder` on free ports of loopback; stop it at the end."""
    ready: asyncio.Future[Addresses] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    ended = asyncio.ensure_future(serve(folder, ServeOptions(**options), ready.set_result, stop))
    both: set[asyncio.Future[Any]] = {ready, ended}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    if ended.done():
        await ended
    try:
        yield Serving(ready.result(), stop, ended)
    finally:
        stop.set()
        await ended


@asynccontextmanager
async def calling(address: str, options: tuple[tuple[str, Any], ...] = LARGE_METADATA) -> AsyncIterator[Caller]:
    """Open a channel."""
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        yield Caller(channel)


class Caller:
    """Calls methods by name."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    async def __call__(self, method: str, request: Message, service: str = "AdminService") -> Any:
        """Return the answer to `request`; raises `grpc.aio.AioRpcError`."""
        output = SERVICES[service].methods_by_name[method].output_type
        return await self.raw(f"/flyteidl.service.{service}/{method}", request.SerializeToString(), answer(output))

    async def raw(self, path: str, request: bytes, deserializer: Callable[[bytes], Any]) -> Any:
        """Return the answer to a request that is bytes already."""
        call = self._channel.unary_unary(path, request_serializer=bytes, response_deserializer=deserializer)
        return await call(request)


def answer(descriptor: Any) -> Callable[[bytes], Any]:
    return message_factory.GetMessageClass(descriptor).FromString
