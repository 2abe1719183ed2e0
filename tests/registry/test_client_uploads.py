"""Locating and storing a bundle through the client: a real gRPC server says where, a real HTTP store takes it."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

import pytest
from flyteidl.service import dataproxy_pb2
from grpc import StatusCode
from registry.support_server import LOOPBACK, Abort, ControlPlane, Store, Stored, free_port, serving, storing

from hatch_flyte.bundle import Bundle
from hatch_flyte.errors import AccessError, RegistryError, RejectedError, UnreachableError
from hatch_flyte.registry.client import ClusterRegistry, Connection, Patience, connect
from hatch_flyte.registry.port import Location

BUNDLE = Bundle("d1" * 16, b"compressed")
MD5 = hashlib.md5(BUNDLE.data, usedforsecurity=False).digest()
NATIVE = f"s3://bucket/pipelines/staging/{BUNDLE.digest}/{BUNDLE.file_name}"
SECRET = "f00dfeedf00dfeed"  # noqa: S105 # looked for, not used
THERE = Abort(
    StatusCode.ALREADY_EXISTS,
    f"file already exists at location [{NATIVE}], specify a matching hash if you wish to rewrite",
)
THERE_IN_OTHER_WORDS = Abort(StatusCode.ALREADY_EXISTS, "it is there")
QUICK = Patience(connect=0.3, first_pause=0.02, longest_pause=0.1)


def client(target: str, deadline: float = 5) -> ClusterRegistry:
    return connect(Connection(target, insecure=True, place="staging", deadline=deadline), QUICK)


def location(base: str = "") -> Any:
    return dataproxy_pb2.CreateUploadLocationResponse(
        signed_url=f"{base}/bucket/x?X-Amz-Signature={SECRET}",
        native_url=NATIVE,
        headers={"Content-Length": "24", "Content-MD5": base64.b64encode(MD5).decode(), "x-amz-meta-a": "b"},
    )


def requests(plane: ControlPlane) -> list[Any]:
    asked = plane.requests["CreateUploadLocation"]
    return [dataproxy_pb2.CreateUploadLocationRequest.FromString(one) for one in asked]


async def located(plane: ControlPlane) -> Location:
    async with serving(plane) as target:
        registry = client(target)
        try:
            return await registry.locate("pipelines", "staging", BUNDLE)
        finally:
            await registry.close()


async def uploaded(plane: ControlPlane, deadline: float = 5) -> tuple[Location, int]:
    """Return what `upload` gives, and the number of repetitions."""
    async with serving(plane) as target:
        registry = client(target, deadline)
        try:
            return await registry.upload("pipelines", "staging", BUNDLE), registry.retries
        finally:
            await registry.close()


async def test_a_bundle_that_is_not_there_is_located_by_its_digest_without_a_hash() -> None:
    plane = ControlPlane(CreateUploadLocation=location())
    assert await located(plane) == Location(NATIVE, stored=False)
    assert requests(plane) == [
        dataproxy_pb2.CreateUploadLocationRequest(
            project="pipelines", domain="staging", filename=BUNDLE.file_name, filename_root=BUNDLE.digest
        )
    ]


async def test_a_bundle_that_is_there_is_located_with_one_question() -> None:
    plane = ControlPlane(CreateUploadLocation=THERE)
    assert await located(plane) == Location(NATIVE, stored=True)
    assert plane.count("CreateUploadLocation") == 1


async def test_where_the_answer_names_no_address_the_hash_gets_it() -> None:
    plane = ControlPlane(CreateUploadLocation=[THERE_IN_OTHER_WORDS, location()])
    assert await located(plane) == Location(NATIVE, stored=True)
    assert [one.content_md5 for one in requests(plane)] == [b"", MD5]


async def test_where_other_bytes_are_stored_the_second_answer_may_name_the_address() -> None:
    assert await located(ControlPlane(CreateUploadLocation=[THERE_IN_OTHER_WORDS, THERE])) == Location(
        NATIVE, stored=True
    )


async def test_where_no_answer_names_the_address_it_is_told() -> None:
    with pytest.raises(RejectedError, match="it is there: expected the address"):
        await located(ControlPlane(CreateUploadLocation=THERE_IN_OTHER_WORDS))


async def test_an_upload_asks_with_the_hash_and_puts_the_bytes_with_the_responses_headers() -> None:
    store = Store()
    with storing(store) as base:
        plane = ControlPlane(CreateUploadLocation=location(base))
        assert await uploaded(plane) == (Location(NATIVE, stored=True), 0)
    (request,) = requests(plane)
    assert (request.content_md5, request.add_content_md5_metadata) == (MD5, True)
    assert (request.filename, request.filename_root) == (BUNDLE.file_name, BUNDLE.digest)
    (received,) = store.puts
    assert received.body == BUNDLE.data
    assert received.headers["content-length"] == "10"
    assert received.headers["x-amz-meta-a"] == "b"


async def test_what_somebody_stored_in_the_meantime_is_not_stored_again() -> None:
    assert await uploaded(ControlPlane(CreateUploadLocation=THERE)) == (Location(NATIVE, stored=True), 0)


@pytest.mark.parametrize("first", [500, 503, 429, 0], ids=["500", "503", "429", "reset"])
async def test_a_store_in_trouble_gets_the_same_bytes_again(first: int) -> None:
    store = Store(Stored(first), Stored(first), Stored(200))
    with storing(store) as base:
        assert await uploaded(ControlPlane(CreateUploadLocation=location(base))) == (Location(NATIVE, stored=True), 2)
    assert [one.body for one in store.puts] == [BUNDLE.data] * 3


async def test_a_store_that_asks_to_wait_is_waited_for() -> None:
    store = Store(Stored(503, {"Retry-After": "1"}), Stored(200))
    with storing(store) as base:
        began = time.monotonic()
        await uploaded(ControlPlane(CreateUploadLocation=location(base)))
    assert 1 <= time.monotonic() - began < 3


async def test_a_store_in_lasting_trouble_is_given_up_at_the_deadline_without_showing_the_signature() -> None:
    with storing(Store(Stored(503))) as base, pytest.raises(UnreachableError) as caught:
        await uploaded(ControlPlane(CreateUploadLocation=location(base)), deadline=0.3)
    assert "the store answered 503 (tried" in caught.value.message
    assert SECRET not in shown(caught.value)


async def test_a_refused_upload_is_not_tried_again_and_does_not_show_the_signature() -> None:
    store = Store(Stored(403, body=f"<Message>{SECRET}</Message>".encode()))
    with storing(store) as base, pytest.raises(AccessError) as caught:
        await uploaded(ControlPlane(CreateUploadLocation=location(base)))
    assert len(store.puts) == 1
    assert SECRET not in shown(caught.value)


async def test_a_store_that_cannot_be_reached_is_given_up_after_the_time_to_connect() -> None:
    began = time.monotonic()
    with pytest.raises(UnreachableError, match="nobody answers") as caught:
        await uploaded(ControlPlane(CreateUploadLocation=location(f"http://{LOOPBACK}:{free_port()}")))
    assert time.monotonic() - began < 3
    assert SECRET not in shown(caught.value)


@pytest.mark.parametrize("task", [located, uploaded])
async def test_a_control_plane_without_uploads_is_told_with_what_to_do(task: Any) -> None:
    with pytest.raises(RejectedError, match="staging: it has no CreateUploadLocation") as caught:
        await task(ControlPlane())
    assert 'code = "image"' in caught.value.hint


def shown(error: RegistryError) -> str:
    chain: list[BaseException] = [error]
    while following := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(following)
    return "".join(f"{one}{one!r}" for one in chain)
