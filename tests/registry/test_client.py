"""What the client sends for each method of the port, and what it makes of the answers. A real gRPC server answers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.admin import common_pb2, launch_plan_pb2, project_pb2, task_pb2, workflow_pb2
from flyteidl.core import identifier_pb2
from registry.support_server import ControlPlane, Hang, serving

from hatch_flyte import __version__
from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.registry.client import ClusterRegistry, Connection, connect
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    from hatch_flyte.registry.port import Registry

TASK = Identifier(Kind.TASK, "pipelines", "staging", "acme.tasks.load", "1.4.0")
WORKFLOW = Identifier(Kind.WORKFLOW, "pipelines", "staging", "acme.flows.main", "1.4.0")
PLAN = Identifier(Kind.LAUNCH_PLAN, "pipelines", "staging", "nightly", "1.4.0")


def client(target: str) -> ClusterRegistry:
    return connect(Connection(target, insecure=True, place="staging", deadline=5))


def stored(identifier: Identifier, kind: type[Any]) -> Any:
    return kind(id=from_identifier(identifier))


async def test_it_is_a_registry_that_knows_its_place() -> None:
    registry: Registry = client("dns:///localhost:1")
    assert registry.place == "staging"
    await registry.close()


async def test_domains_are_those_of_the_project_asked_for_by_its_identifier() -> None:
    domains = [project_pb2.Domain(id="development"), project_pb2.Domain(id="staging")]
    plane = ControlPlane(
        ListProjects=project_pb2.Projects(projects=[project_pb2.Project(id="pipelines", domains=domains)])
    )
    async with serving(plane) as target:
        registry = client(target)
        assert await registry.domains("pipelines") == frozenset({"development", "staging"})
        await registry.close()
    request = project_pb2.ProjectListRequest.FromString(plane.requests["ListProjects"][0])
    assert request.filters == "eq(identifier,pipelines)"


@pytest.mark.parametrize(
    "projects",
    [
        [],
        [project_pb2.Project(id="pipelines", state=project_pb2.Project.ARCHIVED)],
        [project_pb2.Project(id="another")],
    ],
    ids=["absent", "archived", "another"],
)
async def test_there_are_no_domains_without_an_active_project_of_that_name(projects: list[Any]) -> None:
    async with serving(ControlPlane(ListProjects=project_pb2.Projects(projects=projects))) as target:
        registry = client(target)
        assert await registry.domains("pipelines") is None
        await registry.close()


async def test_a_name_that_no_filter_can_carry_is_not_put_into_one() -> None:
    plane = ControlPlane(ListProjects=project_pb2.Projects())
    async with serving(plane) as target:
        registry = client(target)
        assert await registry.domains("a,b)+ne(state,1") is None
        await registry.close()
    assert project_pb2.ProjectListRequest.FromString(plane.requests["ListProjects"][0]).filters == ""


@pytest.mark.parametrize(
    ("kind", "method", "page", "entity", "field"),
    [
        (Kind.TASK, "ListTasks", task_pb2.TaskList, task_pb2.Task, "tasks"),
        (Kind.WORKFLOW, "ListWorkflows", workflow_pb2.WorkflowList, workflow_pb2.Workflow, "workflows"),
        (
            Kind.LAUNCH_PLAN,
            "ListLaunchPlans",
            launch_plan_pb2.LaunchPlanList,
            launch_plan_pb2.LaunchPlan,
            "launch_plans",
        ),
    ],
)
async def test_a_list_is_read_page_by_page_newest_first(
    kind: Kind, method: str, page: type[Any], entity: type[Any], field: str
) -> None:
    found = [entity(id=identifier_pb2.Identifier(name=name, version="v1")) for name in "abc"]
    plane = ControlPlane(
        **{
            method: [page(**{field: found[:2]}, token="2"), page(**{field: found[2:]}, token="3"), page()]
        }  # a page's token
    )
    async with serving(plane) as target:
        registry = client(target)
        listed = [one async for one in registry.list(kind, "pipelines", "staging", name="n", version="v1")]
        await registry.close()
    assert listed == found
    requests = [common_pb2.ResourceListRequest.FromString(one) for one in plane.requests[method]]
    assert [one.token for one in requests] == ["", "2", "3"]
    assert requests[0] == common_pb2.ResourceListRequest(
        id=common_pb2.NamedEntityIdentifier(project="pipelines", domain="staging", name="n"),
        limit=1000,
        filters="eq(version,v1)",
        sort_by=common_pb2.Sort(key="created_at", direction=common_pb2.Sort.DESCENDING),
    )


async def test_a_list_without_a_version_is_not_filtered() -> None:
    plane = ControlPlane(ListTasks=task_pb2.TaskList(tasks=[task_pb2.Task()]))
    async with serving(plane) as target:
        registry = client(target)
        assert len([one async for one in registry.list(Kind.TASK, "pipelines", "staging")]) == 1
        await registry.close()
    assert common_pb2.ResourceListRequest.FromString(plane.requests["ListTasks"][0]).filters == ""


async def test_a_version_that_no_filter_can_carry_is_sifted_out_here() -> None:
    wanted, other = (task_pb2.Task(id=identifier_pb2.Identifier(version=one)) for one in ("1+a", "1"))
    async with serving(ControlPlane(ListTasks=task_pb2.TaskList(tasks=[other, wanted]))) as target:
        registry = client(target)
        assert [one async for one in registry.list(Kind.TASK, "p", "d", version="1+a")] == [wanted]
        await registry.close()


async def test_a_server_that_gives_the_same_token_again_does_not_make_an_endless_list() -> None:
    plane = ControlPlane(ListTasks=task_pb2.TaskList(tasks=[task_pb2.Task()], token="1"))  # a page's token
    async with serving(plane) as target:
        registry = client(target)
        assert len([one async for one in registry.list(Kind.TASK, "p", "d")]) == 2
        await registry.close()


@pytest.mark.parametrize(
    ("identifier", "method", "entity"),
    [
        (TASK, "GetTask", task_pb2.Task),
        (WORKFLOW, "GetWorkflow", workflow_pb2.Workflow),
        (PLAN, "GetLaunchPlan", launch_plan_pb2.LaunchPlan),
    ],
)
async def test_an_entity_is_read_by_its_whole_identifier(
    identifier: Identifier, method: str, entity: type[Any]
) -> None:
    plane = ControlPlane(**{method: stored(identifier, entity)})
    async with serving(plane) as target:
        registry = client(target)
        assert await registry.get(identifier) == stored(identifier, entity)
        await registry.close()
    request = common_pb2.ObjectGetRequest.FromString(plane.requests[method][0])
    assert request.id == from_identifier(identifier)
    assert request.id.resource_type


async def test_creating_a_task_sends_its_identifier_in_the_template_too_and_leaves_the_spec_alone() -> None:
    spec = task_pb2.TaskSpec()
    spec.template.type = "python-task"
    plane = ControlPlane(CreateTask=task_pb2.TaskCreateResponse())
    async with serving(plane) as target:
        registry = client(target)
        await registry.create(TASK, spec)
        await registry.close()
    request = task_pb2.TaskCreateRequest.FromString(plane.requests["CreateTask"][0])
    assert request.id == request.spec.template.id == from_identifier(TASK)
    assert request.spec.template.type == "python-task"
    assert not spec.template.HasField("id")


async def test_creating_a_workflow_sends_its_sub_workflows() -> None:
    spec = workflow_pb2.WorkflowSpec()
    spec.sub_workflows.add().id.name = "inner"
    plane = ControlPlane(CreateWorkflow=workflow_pb2.WorkflowCreateResponse())
    async with serving(plane) as target:
        registry = client(target)
        await registry.create(WORKFLOW, spec)
        await registry.close()
    request = workflow_pb2.WorkflowCreateRequest.FromString(plane.requests["CreateWorkflow"][0])
    assert request.id == request.spec.template.id == from_identifier(WORKFLOW)
    assert request.spec.sub_workflows[0].id.name == "inner"


@pytest.mark.parametrize("whole", [True, False], ids=["LaunchPlan", "LaunchPlanSpec"])
async def test_creating_a_launch_plan_sends_its_spec_alone(whole: bool) -> None:  # noqa: FBT001 # a parameter of the test
    spec = launch_plan_pb2.LaunchPlanSpec(workflow_id=from_identifier(WORKFLOW))
    plane = ControlPlane(CreateLaunchPlan=launch_plan_pb2.LaunchPlanCreateResponse())
    async with serving(plane) as target:
        registry = client(target)
        await registry.create(PLAN, launch_plan_pb2.LaunchPlan(spec=spec) if whole else spec)
        await registry.close()
    request = launch_plan_pb2.LaunchPlanCreateRequest.FromString(plane.requests["CreateLaunchPlan"][0])
    assert request == launch_plan_pb2.LaunchPlanCreateRequest(id=from_identifier(PLAN), spec=spec)


async def test_the_client_says_who_it_is() -> None:
    plane = ControlPlane(GetTask=task_pb2.Task())
    async with serving(plane) as target:
        registry = client(target)
        await registry.get(TASK)
        await registry.close()
    assert str(plane.metadata[0]["user-agent"]).startswith(f"hatch-flyte/{__version__} ")


async def test_no_more_calls_are_in_flight_than_the_window_allows() -> None:
    hang = Hang()
    plane = ControlPlane(GetTask=hang)
    async with serving(plane) as target:
        registry = connect(Connection(target, insecure=True, place="staging", window=3))
        calls = asyncio.gather(*(registry.get(TASK) for _ in range(20)))
        await plane.until_in_flight(3)
        await asyncio.wait({calls}, timeout=0.2)
        assert plane.in_flight == 3
        hang.until.set()
        await calls
        await registry.close()
    assert plane.count("GetTask") == 20
    assert plane.most_in_flight == 3


async def test_a_create_that_is_cancelled_is_awaited_to_its_end() -> None:
    hang = Hang()
    plane = ControlPlane(CreateWorkflow=hang)
    async with serving(plane) as target:
        registry = client(target)
        creating = asyncio.ensure_future(registry.create(WORKFLOW, workflow_pb2.WorkflowSpec()))
        await plane.begun.wait()
        creating.cancel()
        done, _ = await asyncio.wait({creating}, timeout=0.2)
        assert not done
        hang.until.set()
        with pytest.raises(asyncio.CancelledError):
            await creating
        await registry.close()
    assert (plane.in_flight, plane.cancelled) == (0, [])


async def test_a_read_that_is_cancelled_ends_at_once() -> None:
    plane = ControlPlane(GetTask=Hang())
    async with serving(plane) as target:
        registry = client(target)
        reading = asyncio.ensure_future(registry.get(TASK))
        await plane.begun.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await registry.close()
    assert registry.retries == 0


async def test_closing_awaits_a_create_in_flight() -> None:
    hang = Hang()
    plane = ControlPlane(CreateTask=hang)
    async with serving(plane) as target:
        registry = client(target)
        creating = asyncio.ensure_future(registry.create(TASK, task_pb2.TaskSpec()))
        await plane.begun.wait()
        closing = asyncio.ensure_future(registry.close())
        await asyncio.sleep(0)  # closing has begun
        hang.until.set()
        await asyncio.gather(creating, closing)
    assert plane.cancelled == []


def test_it_may_be_made_outside_of_the_event_loop_without_importing_grpc() -> None:
    program = """
import asyncio, sys
from hatch_flyte.registry.client import Connection, connect
registry = connect(Connection("dns:///localhost:1", insecure=True, place="here"))
assert "grpc" not in sys.modules
assert "urllib3" not in sys.modules
asyncio.run(registry.close())
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


async def test_the_first_call_imports_no_service_stubs_nor_what_only_failures_and_uploads_need() -> None:
    program = """
import asyncio, sys
from hatch_flyte.registry.client import Connection, connect

async def main():
    registry = connect(Connection(sys.argv[1], insecure=True, place="here"))
    await registry.domains("p")
    await registry.close()

asyncio.run(main())
print(*(name for name in ("flyteidl.service", "tenacity", "urllib3", "google.rpc") if name in sys.modules))
"""
    async with serving(ControlPlane(ListProjects=project_pb2.Projects())) as target:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "error", "-c", program, target, stdout=-1, stderr=-1
        )
        out, err = await process.communicate()
    assert (process.returncode, out, err) == (0, b"\n", b"")
