"""What the client repeats, how long it waits, and when it gives up. Real gRPC servers fail, hang, go away and come."""

from __future__ import annotations

import asyncio
import math
import time

import pytest
from flyteidl.admin import task_pb2
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped] # brings no stubs
from grpc import StatusCode
from registry.support_server import Abort, ControlPlane, Hang, free_port, serving

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.errors import AlreadyExistsError, RejectedError, UnreachableError
from hatch_flyte.registry.client import ClusterRegistry, Connection, Patience, connect
from hatch_flyte.registry.status import PUSHBACK, Status
from hatch_flyte.status_code import Code

TASK = Identifier(Kind.TASK, "pipelines", "staging", "acme.tasks.load", "1.4.0")
SPEC = task_pb2.TaskSpec()
CREATED = task_pb2.TaskCreateResponse()
FOUND = task_pb2.Task(short_description="found")

QUICK = Patience(connect=1.0, read=0.3, create=0.6, first_pause=0.02, longest_pause=0.1, reconnect=0.2, handshake=0.5)


def client(target: str, *, deadline: float = 10, patience: Patience = QUICK) -> ClusterRegistry:
    return connect(Connection(target, insecure=True, place="staging", deadline=deadline), patience)


@pytest.mark.parametrize(
    "code",
    [
        StatusCode.UNAVAILABLE,
        StatusCode.RESOURCE_EXHAUSTED,
        StatusCode.ABORTED,
        StatusCode.DEADLINE_EXCEEDED,
        StatusCode.CANCELLED,
    ],
)
@pytest.mark.parametrize("failures", [1, 4])
async def test_a_transient_failure_is_repeated_until_it_passes(code: StatusCode, failures: int) -> None:
    plane = ControlPlane(CreateTask=[*[Abort(code, "not now")] * failures, CREATED])
    async with serving(plane) as target:
        registry = client(target)
        await registry.create(TASK, SPEC)
        await registry.close()
    assert plane.count("CreateTask") == failures + 1
    assert registry.retries == failures
    assert len(set(plane.requests["CreateTask"])) == 1


async def test_a_transient_failure_late_in_a_publish_is_repeated_too() -> None:
    plane = ControlPlane(GetTask=[FOUND, FOUND, Abort(StatusCode.UNAVAILABLE, "restarting"), FOUND])
    async with serving(plane) as target:
        registry = client(target)
        for _ in range(3):
            assert await registry.get(TASK) == FOUND
        await registry.close()
    assert registry.retries == 1


async def test_what_is_already_there_after_a_repetition_is_an_answer() -> None:
    plane = ControlPlane(CreateTask=[Abort(StatusCode.UNAVAILABLE), Abort(StatusCode.ALREADY_EXISTS, "it is there")])
    async with serving(plane) as target:
        registry = client(target)
        with pytest.raises(AlreadyExistsError):
            await registry.create(TASK, SPEC)
        await registry.close()


@pytest.mark.parametrize(
    "words",
    [
        "grpc: received message larger than max (5000000 vs. 4194304)",
        "SERVER: Received message larger than max (5000000 vs. 4194304)",
        "Stream removed (received metadata size exceeds hard limit)",
    ],
)
async def test_a_message_that_is_too_large_is_not_sent_again(words: str) -> None:
    plane = ControlPlane(CreateTask=Abort(StatusCode.RESOURCE_EXHAUSTED, words))
    async with serving(plane) as target:
        registry = client(target)
        with pytest.raises(RejectedError) as caught:
            await registry.create(TASK, SPEC)
        await registry.close()
    assert plane.count("CreateTask") == 1
    assert caught.value.message == words
    assert "maxMessageSizeBytes" in caught.value.hint


async def test_it_gives_up_at_the_deadline_with_the_servers_words_and_the_number_of_tries() -> None:
    plane = ControlPlane(GetTask=Abort(StatusCode.RESOURCE_EXHAUSTED, "quota of 5 a minute"))
    async with serving(plane) as target:
        registry = client(target, deadline=0.4)
        began = time.monotonic()
        with pytest.raises(UnreachableError) as caught:
            await registry.get(TASK)
        took = time.monotonic() - began
        await registry.close()
    assert 0.35 < took < 2
    assert plane.count("GetTask") > 3
    assert f"(tried {plane.count('GetTask')} times in 0.4 s)" in caught.value.message
    assert "staging: GetTask failed (RESOURCE_EXHAUSTED: quota of 5 a minute)" in caught.value.message
    assert "Publish again later" in caught.value.hint


async def test_a_publish_that_goes_well_may_take_longer_than_the_deadline() -> None:
    plane = ControlPlane(GetTask=[FOUND, FOUND, Abort(StatusCode.UNAVAILABLE, "restarting"), FOUND])
    async with serving(plane) as target:
        registry = client(target, deadline=0.05)
        await registry.get(TASK)
        await asyncio.sleep(0.06)  # the deadline passes
        await registry.get(TASK)
        with pytest.raises(UnreachableError, match="restarting"):
            await registry.get(TASK)
        await registry.close()
    assert registry.retries == 0


def retry_info(seconds: float) -> tuple[tuple[str, bytes], ...]:
    delay = duration_pb2.Duration(seconds=int(seconds), nanos=int(seconds % 1 * 1e9))
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    # Others' details may come first.
    status = status_pb2.Status(details=[any_pb2.Any(type_url="type.example/x"), detail])
    return (("grpc-status-details-bin", status.SerializeToString()),)


@pytest.mark.parametrize(
    "trailing", [((PUSHBACK, "400"),), retry_info(0.4)], ids=["grpc-retry-pushback-ms", "RetryInfo"]
)
async def test_the_pause_that_the_server_asks_for_is_kept(trailing: tuple[tuple[str, str | bytes], ...]) -> None:
    plane = ControlPlane(GetTask=[Abort(StatusCode.RESOURCE_EXHAUSTED, "slower", trailing), FOUND])
    async with serving(plane) as target:
        registry = client(target)
        began = time.monotonic()
        await registry.get(TASK)
        took = time.monotonic() - began
        await registry.close()
    assert 0.4 <= took < 2


@pytest.mark.parametrize("pushback", ["-1", "never"])
async def test_a_server_that_asks_not_to_come_back_is_left_alone(pushback: str) -> None:
    plane = ControlPlane(GetTask=Abort(StatusCode.UNAVAILABLE, "closing down", ((PUSHBACK, pushback),)))
    async with serving(plane) as target:
        registry = client(target)
        with pytest.raises(UnreachableError, match="closing down"):
            await registry.get(TASK)
        await registry.close()
    assert plane.count("GetTask") == 1


def test_a_pushback_that_cannot_be_read_asks_not_to_come_back() -> None:
    assert Status(Code.UNAVAILABLE, "away", {PUSHBACK: "never"}).pause == math.inf


async def test_a_pause_beyond_the_deadline_is_not_waited_for() -> None:
    plane = ControlPlane(GetTask=Abort(StatusCode.UNAVAILABLE, "maintenance", ((PUSHBACK, "60000"),)))
    async with serving(plane) as target:
        registry = client(target)
        with pytest.raises(UnreachableError, match=r"maintenance\) \(it asks to wait 60 s\)"):
            await registry.get(TASK)
        await registry.close()
    assert plane.count("GetTask") == 1


OTHERS = any_pb2.Any(type_url="type.example/x", value=b"google.rpc.RetryInfo")


@pytest.mark.parametrize(
    "details",
    [b"google.rpc.RetryInfo \xff", status_pb2.Status(details=[OTHERS]).SerializeToString()],
    ids=["unreadable", "about something else"],
)
async def test_status_details_without_a_retry_info_ask_for_nothing(details: bytes) -> None:
    trailing = (("grpc-status-details-bin", details),)
    async with serving(ControlPlane(GetTask=[Abort(StatusCode.UNAVAILABLE, "", trailing), FOUND])) as target:
        registry = client(target)
        assert await registry.get(TASK) == FOUND
        await registry.close()


async def test_one_call_that_hangs_is_made_again() -> None:
    plane = ControlPlane(GetTask=[FOUND, Hang(), FOUND], CreateTask=[Hang(), CREATED])
    async with serving(plane) as target:
        registry = client(target)
        await registry.get(TASK)
        await registry.get(TASK)
        await registry.create(TASK, SPEC)
        await registry.close()
    assert registry.retries == 2


async def test_a_server_that_never_answers_anything_is_given_up_after_two_reads_time() -> None:
    async with serving(ControlPlane(GetTask=Hang())) as target:
        registry = client(target)
        began = time.monotonic()
        with pytest.raises(UnreachableError, match="DEADLINE_EXCEEDED"):
            await registry.get(TASK)
        took = time.monotonic() - began
        await registry.close()
    assert 0.55 < took < 3


async def test_a_server_that_comes_within_the_time_to_connect_is_waited_for() -> None:
    port = free_port()
    registry = client(f"dns:///127.0.0.1:{port}")
    getting = asyncio.ensure_future(registry.get(TASK))
    await asyncio.sleep(0.5)  # nobody listens for so long
    async with serving(ControlPlane(GetTask=FOUND), port=port):
        assert await getting == FOUND
        await registry.close()
    assert registry.retries > 0


async def test_a_server_that_goes_away_in_the_middle_is_waited_for_longer_than_the_time_to_connect() -> None:
    port = free_port()
    async with serving(ControlPlane(GetTask=FOUND), port=port) as target:
        registry = client(target)
        await registry.get(TASK)
    getting = asyncio.gather(*(registry.get(TASK) for _ in range(40)))
    await asyncio.sleep(1.5)  # it is away for so long
    assert not getting.done()
    async with serving(ControlPlane(GetTask=FOUND), port=port):
        assert await getting == [FOUND] * 40
        await registry.close()


async def test_a_server_that_stays_away_is_given_up_at_the_deadline() -> None:
    async with serving(ControlPlane(GetTask=FOUND)) as target:
        registry = client(target, deadline=1.2)
        await registry.get(TASK)
    began = time.monotonic()
    with pytest.raises(UnreachableError) as caught:
        await registry.get(TASK)
    assert 1.0 < time.monotonic() - began < 4
    assert "went away, and was not back within the deadline of 1.2 s" in caught.value.message
    await registry.close()


async def test_calls_in_flight_when_the_server_is_killed_are_made_again() -> None:
    port = free_port()
    plane = ControlPlane(GetTask=[FOUND, Hang()], CreateTask=Hang())
    patience = Patience(first_pause=0.02, longest_pause=0.1, reconnect=0.2)
    async with serving(plane, port=port) as target:
        registry = client(target, patience=patience)
        await registry.get(TASK)
        calls = asyncio.gather(registry.get(TASK), registry.create(TASK, SPEC))
        await plane.until_in_flight(2)
    async with serving(ControlPlane(GetTask=FOUND, CreateTask=CREATED), port=port):
        await calls
        await registry.close()
    assert registry.retries >= 2
