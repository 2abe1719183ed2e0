"""What a cluster's table makes of calls: metadata, probes, how many at once, what is counted, what errors may show."""

from __future__ import annotations

import asyncio
import traceback
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.admin import launch_plan_pb2, project_pb2, task_pb2, workflow_pb2
from flyteidl.service import dataproxy_pb2
from grpc import StatusCode
from registry.support_server import LOOPBACK, Abort, ControlPlane, Hang, Store, Stored, serving, storing
from registry.support_transport import accepting

from hatch_flyte.bundle import Bundle
from hatch_flyte.config import Target
from hatch_flyte.config.endpoint import parse_endpoint
from hatch_flyte.config.target import Transport
from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.errors import AccessError, AlreadyExistsError, NotFoundError, RegistryError
from hatch_flyte.registry.authenticator import VariableToken
from hatch_flyte.registry.client import ClusterRegistry, Connection, Patience, connect
from hatch_flyte.registry.connect import Surroundings, open_registry
from hatch_flyte.registry.dial import _options
from hatch_flyte.registry.port import Traffic
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    import grpc.aio

TASK = Identifier(Kind.TASK, "pipelines", "staging", "acme.tasks.load", "1.4.0")
WORKFLOW = Identifier(Kind.WORKFLOW, "pipelines", "staging", "acme.flows.main", "1.4.0")
PLAN = Identifier(Kind.LAUNCH_PLAN, "pipelines", "staging", "nightly", "1.4.0")
PLAN_SPEC = launch_plan_pb2.LaunchPlanSpec(workflow_id=from_identifier(WORKFLOW))
BUNDLE = Bundle("0" * 32, b"bundle")
CANARY = "canary-58b1"
QUICK = Patience(first_pause=0.01, longest_pause=0.05, settle=0.3, read=0.3, reconnect=0.2)
BUSY = Abort(StatusCode.RESOURCE_EXHAUSTED, "busy")
THERE = Abort(StatusCode.ALREADY_EXISTS, "workflow with identical structure already exists")
MISSING = Abort(StatusCode.NOT_FOUND, "missing entity of type WORKFLOW")


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
            registry = client(target, **fields)
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


class TestSettling:
    """flyteadmin says ALREADY_EXISTS of a workflow that another client creates, a moment before it can be found."""

    async def already(self, registry: ClusterRegistry) -> None:
        with pytest.raises(AlreadyExistsError):
            await registry.create(WORKFLOW, workflow_pb2.WorkflowSpec())

    async def test_a_read_that_follows_is_repeated_until_it_is_there(self) -> None:
        plane = ControlPlane(CreateWorkflow=THERE, GetWorkflow=[MISSING, MISSING, workflow_pb2.Workflow()])
        async with serving(plane) as target:
            registry = client(target)
            await self.already(registry)
            assert await registry.get(WORKFLOW) == workflow_pb2.Workflow()
            await registry.close()

    async def test_so_is_a_launch_plan_that_needs_it(self) -> None:
        created = launch_plan_pb2.LaunchPlanCreateResponse()
        plane = ControlPlane(CreateWorkflow=THERE, CreateLaunchPlan=[MISSING, created])
        async with serving(plane) as target:
            registry = client(target)
            await self.already(registry)
            await registry.create(PLAN, PLAN_SPEC)
            await registry.close()
        assert plane.count("CreateLaunchPlan") == 2

    async def test_so_is_an_activation_right_after_the_creation(self) -> None:
        plane = ControlPlane(
            CreateLaunchPlan=launch_plan_pb2.LaunchPlanCreateResponse(),
            UpdateLaunchPlan=[MISSING, launch_plan_pb2.LaunchPlanUpdateResponse()],
        )
        async with serving(plane) as target:
            registry = client(target)
            await registry.create(PLAN, PLAN_SPEC)
            await registry.activate(PLAN)
            await registry.close()

    async def test_a_version_that_a_cut_off_creation_spoiled_is_given_up_soon(self) -> None:
        plane = ControlPlane(CreateWorkflow=THERE, GetWorkflow=MISSING)
        async with serving(plane) as target:
            registry = client(target)
            await self.already(registry)
            with pytest.raises(NotFoundError, match="missing entity of type WORKFLOW"):
                await registry.get(WORKFLOW)
            assert plane.count("GetWorkflow") > 1
            await asyncio.sleep(QUICK.settle)  # until it is no longer a moment ago
            before = plane.count("GetWorkflow")
            with pytest.raises(NotFoundError):
                await registry.get(WORKFLOW)
            assert plane.count("GetWorkflow") == before + 1
            await registry.close()

    async def test_what_nobody_wrote_is_not_asked_for_twice(self) -> None:
        plane = ControlPlane(GetWorkflow=MISSING, CreateLaunchPlan=MISSING)
        async with serving(plane) as target:
            registry = client(target)
            with pytest.raises(NotFoundError):
                await registry.get(WORKFLOW)
            with pytest.raises(NotFoundError):
                await registry.create(PLAN, PLAN_SPEC)
            await registry.close()
        assert (plane.count("GetWorkflow"), plane.count("CreateLaunchPlan")) == (1, 1)


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


class HalfOpen:
    """Passes bytes on to a server until it is told to swallow those of the connections that it has."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.connections = 0
        self._deaf: set[int] = set()

    def go_deaf(self) -> None:
        self._deaf |= set(range(1, self.connections + 1))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        upstream, up = await asyncio.open_connection(LOOPBACK, self._port)
        try:
            await asyncio.gather(self._pump(reader, up, number), self._pump(upstream, writer, number))
        finally:
            up.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while data := await reader.read(1 << 16):
            if number not in self._deaf:
                writer.write(data)
        writer.close()


async def test_a_connection_that_leads_nowhere_any_more_is_left_for_another() -> None:
    async with serving(ControlPlane(GetTask=task_pb2.Task())) as target:
        middle = HalfOpen(int(target.rpartition(":")[2]))
        async with accepting(middle.serve) as port:
            registry = client(f"dns:///{LOOPBACK}:{port}")
            await registry.get(TASK)
            middle.go_deaf()
            assert await registry.get(TASK) == task_pb2.Task()
            assert middle.connections == 2
            await registry.close()


def test_probes_are_sent_as_often_as_the_table_says_while_calls_are_in_flight_alone() -> None:
    connection = Connection("dns:///x", insecure=True, place="x", keep_alive=400)
    options = dict(_options(connection, Patience()))
    assert options["grpc.keepalive_time_ms"] == 400_000
    assert options["grpc.keepalive_timeout_ms"] == 20_000
    assert options["grpc.keepalive_permit_without_calls"] == 0
    never = dict(_options(Connection("dns:///x", insecure=True, place="x"), Patience()))
    assert not any("keepalive" in name for name in never)


async def test_a_connection_is_found_dead_by_probes_before_a_call_has_had_its_time() -> None:
    async with serving(ControlPlane(GetTask=task_pb2.Task())) as target:
        middle = HalfOpen(int(target.rpartition(":")[2]))
        async with accepting(middle.serve) as port:
            connection = Connection(f"dns:///{LOOPBACK}:{port}", insecure=True, place="staging", keep_alive=1)
            registry = connect(connection, Patience(probe=0.5, read=60, first_pause=0.01))
            await registry.get(TASK)
            middle.go_deaf()
            assert await asyncio.wait_for(registry.get(TASK), 15) == task_pb2.Task()
            await registry.close()


async def test_the_deadline_is_the_tables() -> None:
    async with serving(ControlPlane(GetTask=BUSY)) as target:
        registry = opened(target, Transport(deadline=1))
        with pytest.raises(RegistryError, match=r"tried \d+ times in 1\.0 s"):
            await registry.get(TASK)
        await registry.close()
