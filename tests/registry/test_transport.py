"""What a cluster's table makes of calls: metadata, probes, how many at once, what is counted, what errors may show."""

from __future__ import annotations

import asyncio
import traceback
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.admin import launch_plan_pb2, project_pb2, task_pb2
from flyteidl.service import dataproxy_pb2
from grpc import StatusCode
from registry.support_server import Abort, ControlPlane, Hang, Store, Stored, serving, storing

from hatch_flyte.bundle import Bundle
from hatch_flyte.config import Target
from hatch_flyte.config.endpoint import parse_endpoint
from hatch_flyte.config.target import Transport
from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.errors import AccessError, RegistryError
from hatch_flyte.registry.authenticator import VariableToken
from hatch_flyte.registry.client import ClusterRegistry, Connection, Patience, connect
from hatch_flyte.registry.connect import Surroundings, open_registry
from hatch_flyte.registry.port import Traffic

if TYPE_CHECKING:
    import grpc.aio

TASK = Identifier(Kind.TASK, "pipelines", "staging", "acme.tasks.load", "1.4.0")
WORKFLOW = Identifier(Kind.WORKFLOW, "pipelines", "staging", "acme.flows.main", "1.4.0")
PLAN = Identifier(Kind.LAUNCH_PLAN, "pipelines", "staging", "nightly", "1.4.0")
BUNDLE = Bundle("0" * 32, b"bundle")
CANARY = "canary-58b1"
QUICK = Patience(first_pause=0.01, longest_pause=0.05, settle=0.3, read=0.3, reconnect=0.2)
BUSY = Abort(StatusCode.RESOURCE_EXHAUSTED, "busy")


def client(target: str, **fields: Any) -> ClusterRegistry:
    return connect(Connection(target, insecure=True, place="staging", **{"deadline": 5, **fields}), QUICK)


def opened(target: str, transport: Transport) -> Any:
    endpoint, insecure = parse_endpoint(target)
    return open_registry(Target("staging", endpoint, insecure, "p", "d", transport=transport), Surroundings())


class TestMetadata:
    async def test_it_goes_with_every_call_beside_the_token_and_not_with_uploads(self) -> None:
        store = Store()
        with storing(store) as base:
            answer = dataproxy_pb2.CreateUploadLocationResponse(signed_url=f"{base}/f?sig=1", native_url="s3://b/f")
            plane = ControlPlane(CreateTask=task_pb2.TaskCreateResponse(), CreateUploadLocation=answer)
            async with serving(plane) as target:
                token = VariableToken("TOKEN", {"TOKEN": "t0ken-of-ours"})
                registry = client(
                    target, metadata={"x-tenant": CANARY, "authorization": "Basic x"}, authenticator=token
                )
                await registry.create(TASK, task_pb2.TaskSpec())
                await registry.upload("p", "d", BUNDLE)
                await registry.close()
        for metadata in plane.metadata:
            assert metadata["x-tenant"] == CANARY
            assert metadata["authorization"] == "Bearer t0ken-of-ours"
        assert CANARY not in str(store.puts)
        assert "t0ken" not in str(store.puts)

    async def test_it_comes_from_the_clusters_table_with_names_in_lower_case(self) -> None:
        plane = ControlPlane(ListProjects=project_pb2.Projects())
        async with serving(plane) as target:
            registry = opened(target, Transport(metadata={"X-Tenant": CANARY, "authorization": "Basic xyz"}))
            await registry.domains("p")
            await registry.close()
        assert plane.metadata[0]["x-tenant"] == CANARY
        assert plane.metadata[0]["authorization"] == "Basic xyz"


class TestSecrets:
    async def error(self, registry: ClusterRegistry) -> RegistryError:
        with pytest.raises(RegistryError) as caught:
            await registry.get(TASK)
        await registry.close()
        return caught.value

    @pytest.mark.parametrize(
        "step",
        [
            Abort(StatusCode.PERMISSION_DENIED, f"no rights for 'Bearer {CANARY}'"),
            Abort(StatusCode.UNAUTHENTICATED, f"{CANARY} has expired", (("x-debug-bin", CANARY.encode()),)),
            Abort(StatusCode.INTERNAL, f"headers: {{authorization: Bearer {CANARY}, x-key: metadata-{CANARY}}}"),
            Abort(StatusCode.RESOURCE_EXHAUSTED, f"quota of {CANARY}"),
            Abort(StatusCode.UNIMPLEMENTED, f"no such thing for {CANARY}"),
        ],
    )
    async def test_a_server_that_repeats_them_does_not_bring_them_into_an_error(self, step: Abort) -> None:
        async with serving(ControlPlane(GetTask=step)) as target:
            token = VariableToken("TOKEN", {"TOKEN": CANARY})
            registry = client(target, authenticator=token, metadata={"x-key": f"metadata-{CANARY}"}, deadline=0.2)
            error = await self.error(registry)
        assert "•••" in error.message
        problem: BaseException | None = error
        while problem is not None:
            assert CANARY not in f"{problem} {problem!r}"
            problem = problem.__cause__ or problem.__context__
        assert CANARY not in "".join(traceback.format_exception(error))

    async def test_the_rest_of_the_servers_words_is_kept(self) -> None:
        async with serving(ControlPlane(GetTask=Abort(StatusCode.PERMISSION_DENIED, f"{CANARY} may not"))) as target:
            error = await self.error(client(target, metadata={"x-key": CANARY}))
        assert isinstance(error, AccessError)
        assert error.message == "••• may not"
        assert error.identifier == TASK

    async def test_a_signed_address_is_in_no_error_of_an_upload(self) -> None:
        with storing(Store(Stored(403, body=f"<Message>{CANARY} sig=s1gned-away</Message>".encode()))) as base:
            url = f"{base}/f?X-Sig=s1gned-away"
            answer = dataproxy_pb2.CreateUploadLocationResponse(signed_url=url, native_url="s3://b/f")
            async with serving(ControlPlane(CreateUploadLocation=answer)) as target:
                registry = client(target, metadata={"x-key": CANARY})
                with pytest.raises(AccessError) as caught:
                    await registry.upload("p", "d", BUNDLE)
                await registry.close()
        shown = f"{caught.value!r} {''.join(traceback.format_exception(caught.value))}"
        assert "s1gned-away" not in shown
        assert CANARY not in shown


class TestWindow:
    async def most_in_flight(self, plane: ControlPlane, calls: int, **fields: Any) -> int:
        async with serving(plane) as target:
            # patient: on a busy machine an answer may take long, and one that is not waited for says "too many"
            registry = connect(Connection(target, insecure=True, place="staging", deadline=60, **fields), Patience())
            await asyncio.gather(*(registry.get(TASK) for _ in range(calls)))
            await registry.close()
        return plane.most_in_flight

    async def test_at_a_server_that_works_on_all_at_once_64_are_in_flight_and_never_more(self) -> None:
        assert await self.most_in_flight(Slow(0.15), 500) == 64

    async def test_at_one_that_answers_one_at_a_time_it_stays_narrow(self) -> None:
        plane = Slow(0.005, at_once=1)
        await self.most_in_flight(plane, 400)
        assert plane.lately() <= 16

    async def test_reads_and_writes_share_it(self) -> None:
        plane = Slow(0.05)
        async with serving(plane) as target:
            registry = client(target, window=5)
            writes = (registry.create(TASK, task_pb2.TaskSpec()) for _ in range(20))
            await asyncio.gather(*writes, *(registry.get(TASK) for _ in range(20)))
            await registry.close()
        assert plane.most_in_flight == 5

    async def test_a_server_without_room_gets_less_at_once_and_everything_in_the_end(self) -> None:
        plane = Slow(0.02, room=10)
        assert await self.most_in_flight(plane, 100) <= 16
        assert plane.lately() <= 12


class Slow(ControlPlane):
    """Sleeps before each answer: `at_once` calls at a time, if given; says that it is busy to more than `room`."""

    def __init__(self, seconds: float, at_once: int = 1000, room: int = 1000) -> None:
        super().__init__(GetTask=task_pb2.Task(), CreateTask=task_pb2.TaskCreateResponse())
        self._seconds, self._turn, self._room = seconds, asyncio.Semaphore(at_once), room
        self._history: list[int] = []

    def lately(self) -> int:
        """Return how many calls were in flight when one of the later half began: the median, since some are tried."""
        return int(median(self._history[len(self._history) // 2 :]))

    async def _step(self, step: Any, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
        self._history.append(self.in_flight)
        if self.in_flight > self._room:
            return await super()._step(BUSY, context)
        async with self._turn:
            await asyncio.sleep(self._seconds)
        return await super()._step(step, context)


class TestTraffic:
    async def test_reads_writes_and_what_repeats_a_failed_one_are_counted(self) -> None:
        store = Store(Stored(503), Stored())
        with storing(store) as base:
            answer = dataproxy_pb2.CreateUploadLocationResponse(signed_url=f"{base}/f?sig=1", native_url="s3://b/f")
            plane = ControlPlane(
                GetTask=[BUSY, task_pb2.Task()],
                CreateTask=[BUSY, task_pb2.TaskCreateResponse()],
                UpdateLaunchPlan=launch_plan_pb2.LaunchPlanUpdateResponse(),
                CreateUploadLocation=answer,
            )
            async with serving(plane) as target:
                registry = client(target)
                assert registry.traffic == Traffic(0, 0, 0)
                await registry.get(TASK)
                await registry.create(TASK, task_pb2.TaskSpec())
                await registry.activate(PLAN)
                await registry.upload("p", "d", BUNDLE)
                await registry.close()
        assert registry.traffic == Traffic(reads=2 + 1, writes=2 + 1 + 2, repeated=3)


@pytest.mark.parametrize("verb", ["activate", "deactivate"])
async def test_an_update_is_not_cut_off_once_it_is_sent(verb: str) -> None:
    hang = Hang()
    plane = ControlPlane(UpdateLaunchPlan=hang)
    async with serving(plane) as target:
        registry = client(target)
        updating = asyncio.ensure_future(getattr(registry, verb)(PLAN))
        await plane.begun.wait()
        updating.cancel()
        done, _ = await asyncio.wait({updating}, timeout=0.2)
        assert not done
        hang.until.set()
        with pytest.raises(asyncio.CancelledError):
            await updating
        await registry.close()
    assert plane.cancelled == []


async def test_the_deadline_is_the_tables() -> None:
    async with serving(ControlPlane(GetTask=BUSY)) as target:
        registry = opened(target, Transport(deadline=1))
        with pytest.raises(RegistryError, match=r"tried \d+ times in 1\.0 s"):
            await registry.get(TASK)
        await registry.close()
