"""gRPC's own services: health, also while it changes, and reflection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from registry.local_server import HEALTH, LARGE_METADATA, SERVICES, calling, serving

from hatch_flyte.registry.reflection import METHOD, PACKAGES

if TYPE_CHECKING:
    from pathlib import Path

CHECK = SERVICES[HEALTH].methods_by_name["Check"]
REQUEST: Any = message_factory.GetMessageClass(CHECK.input_type)
RESPONSE: Any = message_factory.GetMessageClass(CHECK.output_type)
AS_BYTES: Any = {"request_serializer": bytes, "response_deserializer": bytes}
SERVING, NOT_SERVING = 1, 2


async def test_the_server_and_flyteadmin_are_healthy_and_nothing_else(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        for name in ("", "flyteadmin"):
            data = REQUEST(service=name).SerializeToString()
            answer = await call.raw(f"/{HEALTH}/Check", data, RESPONSE.FromString)
            assert answer.status == SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call.raw(f"/{HEALTH}/Check", REQUEST(service="x").SerializeToString(), bytes)
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.NOT_FOUND, "unknown service")


async def test_who_watches_is_told_when_the_server_ends(tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as server,
        grpc.aio.insecure_channel(server.addresses.grpc, options=LARGE_METADATA) as channel,
    ):
        watch: Any = channel.unary_stream(f"/{HEALTH}/Watch", **AS_BYTES)(b"")
        assert RESPONSE.FromString(await watch.read()).status == SERVING
        server.stop.set()
        assert RESPONSE.FromString(await watch.read()).status == NOT_SERVING
        await asyncio.wait_for(server.ended, 10)


def fields(data: bytes) -> dict[int, list[Any]]:
    """Return the fields of a message by number: what is on the wire, without knowing the message."""
    found: dict[int, list[Any]] = {}
    place = 0

    def number() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = data[place]
            place, value, shift = place + 1, value | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                return value

    while place < len(data):
        tag = number()
        length = number()
        if tag & 7 == 2:
            place += length
            found.setdefault(tag >> 3, []).append(data[place - length : place])
        else:
            found.setdefault(tag >> 3, []).append(length)
    return found


def asked(number: int, text: str) -> bytes:
    """Return a ServerReflectionRequest with one text."""
    return bytes([number << 3 | 2, len(text)]) + text.encode()


def file_name(answer: dict[int, list[Any]]) -> str:
    """Return which file is described in a file_descriptor_response (4), of file_descriptor_proto (1)."""
    return FileDescriptorProto.FromString(fields(answer[4][0])[1][0]).name


@pytest.mark.parametrize("package", PACKAGES)
async def test_reflection_tells_services_and_describes_them(package: str, tmp_path: Path) -> None:
    questions = [
        asked(7, ""),  # list_services
        asked(4, "flyteidl.service.AdminService"),  # file_containing_symbol
        asked(3, "flyteidl/admin/task.proto"),  # file_by_filename
        asked(4, f"{HEALTH}.Check"),
        asked(4, f"{package}.ServerReflection"),
        asked(4, "acme.Nothing"),
        asked(6, "flyteidl.admin.Task"),  # all_extension_numbers_of_type
        b"",
    ]
    async with (
        serving(tmp_path) as server,
        grpc.aio.insecure_channel(server.addresses.grpc, options=LARGE_METADATA) as channel,
    ):
        stream = channel.stream_stream(f"/{package}.ServerReflection/{METHOD}", **AS_BYTES)
        answers = [fields(answer) async for answer in stream(iter(questions))]
    assert [one[2][0] for one in answers] == questions
    services, admin, task, health, reflection, nothing, extensions, empty = answers
    names = {fields(service)[1][0].decode() for service in fields(services[6][0])[1]}
    assert names >= {"flyteidl.service.AdminService", "flyteidl.service.DataProxyService", HEALTH}
    assert names >= {f"{one}.ServerReflection" for one in PACKAGES}
    assert [file_name(one) for one in (admin, task, health, reflection)] == [
        "flyteidl/service/admin.proto",
        "flyteidl/admin/task.proto",
        "grpc/health/v1/health.proto",
        f"{package.replace('.', '/')}/reflection.proto",
    ]
    for refused in (nothing, empty):
        assert fields(refused[7][0])[1] == [grpc.StatusCode.NOT_FOUND.value[0]]
    assert fields(extensions[5][0]) == {1: [b"flyteidl.admin.Task"]}


async def test_a_question_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, grpc.aio.insecure_channel(server.addresses.grpc) as channel:
        stream = channel.stream_stream(f"/{PACKAGES[0]}.ServerReflection/{METHOD}", **AS_BYTES)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            _ = [answer async for answer in stream(iter([b"\xff\xff"]))]
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
