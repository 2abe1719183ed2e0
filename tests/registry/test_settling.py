"""What was just written is looked for again where it is not found at once. A real gRPC server answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from flyteidl.admin import launch_plan_pb2, workflow_pb2
from grpc import StatusCode
from registry.support_server import Abort, ControlPlane, serving

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.errors import AlreadyExistsError, NotFoundError
from hatch_flyte.registry.client import ClusterRegistry, Connection, Patience, connect
from hatch_flyte.wire.messages import from_identifier

TASK = Identifier(Kind.TASK, "pipelines", "staging", "acme.tasks.load", "1.4.0")
WORKFLOW = Identifier(Kind.WORKFLOW, "pipelines", "staging", "acme.flows.main", "1.4.0")
PLAN = Identifier(Kind.LAUNCH_PLAN, "pipelines", "staging", "nightly", "1.4.0")
PLAN_SPEC = launch_plan_pb2.LaunchPlanSpec(workflow_id=from_identifier(WORKFLOW))
QUICK = Patience(first_pause=0.01, longest_pause=0.05, settle=0.3, read=0.3, reconnect=0.2)
THERE = Abort(StatusCode.ALREADY_EXISTS, "workflow with identical structure already exists")
MISSING = Abort(StatusCode.NOT_FOUND, "missing entity of type WORKFLOW")


def client(target: str, **fields: Any) -> ClusterRegistry:
    return connect(Connection(target, insecure=True, place="staging", **{"deadline": 5, **fields}), QUICK)


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
