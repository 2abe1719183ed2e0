"""What the client makes of refusals, of large answers and of unreadable ones. A real gRPC server answers."""

from __future__ import annotations

import pytest
from flyteidl.admin import task_pb2
from grpc import StatusCode
from registry.support_server import Abort, ControlPlane, serving

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.errors import (
    AccessError,
    AlreadyExistsError,
    ConflictError,
    NotFoundError,
    RegistryError,
    RejectedError,
)
from hatch_flyte.registry.client import ClusterRegistry, Connection, connect

TASK = Identifier(Kind.TASK, "pipelines", "staging", "acme.tasks.load", "1.4.0")


def client(target: str) -> ClusterRegistry:
    return connect(Connection(target, insecure=True, place="staging", deadline=5))


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        (StatusCode.ALREADY_EXISTS, "it is there", AlreadyExistsError),
        (StatusCode.INVALID_ARGUMENT, "x task with different structure already exists. - a\n+ b", ConflictError),
        (StatusCode.INVALID_ARGUMENT, "missing name", RejectedError),
        (StatusCode.NOT_FOUND, "missing entity of type TASK", NotFoundError),
        (StatusCode.FAILED_PRECONDITION, "no", RejectedError),
        (StatusCode.INTERNAL, "failed to compile", RejectedError),
        (StatusCode.UNKNOWN, "pq: it hurts", RejectedError),
        (StatusCode.PERMISSION_DENIED, "not you", AccessError),
        (StatusCode.UNAUTHENTICATED, "who?", AccessError),
    ],
)
async def test_a_refusal_is_sent_once_and_keeps_the_servers_own_words(
    code: StatusCode, words: str, kind: type[RegistryError]
) -> None:
    plane = ControlPlane(CreateTask=Abort(code, words))
    async with serving(plane) as target:
        registry = client(target)
        with pytest.raises(RegistryError) as caught:
            await registry.create(TASK, task_pb2.TaskSpec())
        await registry.close()
    assert type(caught.value) is kind
    assert caught.value.message == words
    assert caught.value.identifier == TASK
    assert caught.value.__cause__ is not None
    assert (plane.count("CreateTask"), registry.retries) == (1, 0)


async def test_a_refusal_without_words_is_named_by_its_code() -> None:
    async with serving(ControlPlane(GetTask=Abort(StatusCode.INTERNAL))) as target:
        registry = client(target)
        with pytest.raises(RejectedError, match="INTERNAL without a message"):
            await registry.get(TASK)
        await registry.close()


async def test_a_login_that_is_wanted_is_explained() -> None:
    async with serving(ControlPlane(GetTask=Abort(StatusCode.UNAUTHENTICATED, "token?"))) as target:
        registry = client(target)
        with pytest.raises(AccessError, match="set `auth` of this cluster"):
            await registry.get(TASK)
        await registry.close()


async def test_the_longest_message_of_flyteadmin_arrives_with_its_details() -> None:
    words = "ä\n" * 10_666  # 32,000 bytes, each of which is percent-encoded
    trailing = (("grpc-status-details-bin", b"x" * 32_000),)
    async with serving(ControlPlane(GetTask=Abort(StatusCode.INVALID_ARGUMENT, words, trailing))) as target:
        registry = client(target)
        with pytest.raises(RejectedError) as caught:
            await registry.get(TASK)
        await registry.close()
    assert caught.value.message == words


async def test_an_answer_of_tens_of_megabytes_is_taken() -> None:
    task = task_pb2.Task(short_description="x" * 30_000_000)
    async with serving(ControlPlane(GetTask=task)) as target:
        registry = client(target)
        assert await registry.get(TASK) == task
        await registry.close()


async def test_an_answer_over_the_limit_is_refused_without_asking_again() -> None:
    plane = ControlPlane(GetTask=b"x" * (64 * 1024 * 1024 + 1))
    async with serving(plane) as target:
        registry = client(target)
        with pytest.raises(RejectedError, match="larger than max"):
            await registry.get(TASK)
        await registry.close()
    assert plane.count("GetTask") == 1


async def test_an_answer_that_is_no_such_message_is_refused() -> None:
    async with serving(ControlPlane(GetTask=b"\xff\xff\xff")) as target:
        registry = client(target)
        with pytest.raises(RejectedError, match="GetTask answered with 3 bytes that are not its answer"):
            await registry.get(TASK)
        await registry.close()


async def test_a_server_that_is_no_control_plane_is_refused_with_a_hint() -> None:
    async with serving(ControlPlane()) as target:
        registry = client(target)
        with pytest.raises(RejectedError, match="staging: it has no ListProjects") as caught:
            await registry.domains("pipelines")
        await registry.close()
    assert "`endpoint`" in caught.value.hint
