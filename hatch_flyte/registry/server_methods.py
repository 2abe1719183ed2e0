"""The methods of Flyte's services that the local registry has, and what it says of those that it has not.

Owns the way from a request's fields to the control plane and back. Knows no grpc: a method takes a message and returns
one, or raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flyteidl.admin.common_pb2 import NamedEntityIdentifier, ObjectGetRequest, ResourceListRequest
from flyteidl.admin.launch_plan_pb2 import (
    ActiveLaunchPlanRequest,
    LaunchPlanCreateRequest,
    LaunchPlanCreateResponse,
    LaunchPlanUpdateRequest,
    LaunchPlanUpdateResponse,
)
from flyteidl.admin.project_pb2 import (
    GetDomainRequest,
    GetDomainsResponse,
    Project,
    ProjectListRequest,
    ProjectRegisterRequest,
    ProjectRegisterResponse,
    ProjectUpdateResponse,
)
from flyteidl.admin.task_pb2 import TaskCreateRequest, TaskCreateResponse
from flyteidl.admin.version_pb2 import GetVersionRequest, GetVersionResponse, Version
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest, WorkflowCreateResponse
from flyteidl.service import admin_pb2, dataproxy_pb2

from hatch_flyte import __version__
from hatch_flyte.entity import Kind
from hatch_flyte.rules.projects import domains

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

    from hatch_flyte.registry.control_plane import ControlPlane
    from hatch_flyte.registry.project_office import ProjectOffice
    from hatch_flyte.registry.upload_locations import UploadLocations

    Answer = Callable[[Any], Message]

_ELSEWHERE: Final = "use a Flyte cluster for that"
_NOTHING_RUNS: Final = "the local registry runs nothing: register the entities in a Flyte cluster and run them there"
_ENTITY_LISTS: Final = "ListTasks, ListWorkflows and ListLaunchPlans"
ABSENT: Final[dict[str, str]] = {
    "Execution": _NOTHING_RUNS,
    "DynamicNode": _NOTHING_RUNS,
    "Event": _NOTHING_RUNS,
    "Attributes": f"the local registry keeps no attributes of projects, domains and workflows: {_ELSEWHERE}",
    "DescriptionEntit": "the local registry keeps short descriptions only: GetTask and GetWorkflow give them",
    "NamedEntit": f"the local registry keeps nothing about names: {_ENTITY_LISTS} give every version",
    "Ids": f"the local registry lists no bare names: {_ENTITY_LISTS} give every version",
    "ListActiveLaunchPlans": "the local registry has no list of them: ask ListLaunchPlans for eq(state,1)",
    "GetProject": "the local registry gives no single project: ask ListProjects for eq(identifier,ID)",
    "Data": "the local registry gives no data: what was uploaded lies in the file that the upload location names",
    "Download": "the local registry gives no data: what was uploaded lies in the file that the upload location names",
}
"""What is said of a method whose name has the word, in this order: what the local registry doesn't do, what to do."""

OTHERWISE: Final = f"the local registry doesn't have this method: {_ELSEWHERE}"


@dataclass(frozen=True, slots=True)
class Method:
    """A method that the local registry has."""

    request: type[Message]
    answer: Answer


def services() -> dict[str, frozenset[str]]:
    """Return the names of the methods of each service that the local registry knows."""
    known = [*admin_pb2.DESCRIPTOR.services_by_name.values(), *dataproxy_pb2.DESCRIPTOR.services_by_name.values()]
    return {service.full_name: frozenset(method.name for method in service.methods) for service in known}


def absent_text(name: str) -> str:
    """Return what is said of a method that Flyte has and the local registry hasn't."""
    return next((sentence for word, sentence in ABSENT.items() if word in name), OTHERWISE)


def methods(plane: ControlPlane, office: ProjectOffice, locations: UploadLocations) -> dict[str, Method]:
    """Return the methods by name; no two services share one."""
    return {
        "CreateTask": Method(TaskCreateRequest, _create(plane, Kind.TASK, TaskCreateResponse)),
        "CreateWorkflow": Method(WorkflowCreateRequest, _create(plane, Kind.WORKFLOW, WorkflowCreateResponse)),
        "CreateLaunchPlan": Method(LaunchPlanCreateRequest, _create(plane, Kind.LAUNCH_PLAN, LaunchPlanCreateResponse)),
        "GetTask": Method(ObjectGetRequest, lambda request: plane.get(Kind.TASK, _field(request, "id"))),
        "GetWorkflow": Method(ObjectGetRequest, lambda request: plane.get(Kind.WORKFLOW, _field(request, "id"))),
        "GetLaunchPlan": Method(ObjectGetRequest, lambda request: plane.get(Kind.LAUNCH_PLAN, _field(request, "id"))),
        "ListTasks": Method(ResourceListRequest, lambda request: plane.page(Kind.TASK, request)),
        "ListWorkflows": Method(ResourceListRequest, lambda request: plane.page(Kind.WORKFLOW, request)),
        "ListLaunchPlans": Method(ResourceListRequest, lambda request: plane.page(Kind.LAUNCH_PLAN, request)),
        "UpdateLaunchPlan": Method(LaunchPlanUpdateRequest, _update_launch_plan(plane)),
        "GetActiveLaunchPlan": Method(
            ActiveLaunchPlanRequest,
            lambda request: plane.active_launch_plan(_field(request, "id") or NamedEntityIdentifier()),
        ),
        "RegisterProject": Method(ProjectRegisterRequest, _register_project(office)),
        "UpdateProject": Method(Project, _update_project(office)),
        "ListProjects": Method(ProjectListRequest, office.page),
        "GetDomains": Method(GetDomainRequest, lambda _request: GetDomainsResponse(domains=domains())),
        "GetVersion": Method(GetVersionRequest, _version),
        "CreateUploadLocation": Method(dataproxy_pb2.CreateUploadLocationRequest, locations.create),
    }


def _field(request: Any, name: str) -> Any:
    """Return a field of a request, None where it isn't there: an empty one is not the same."""
    return getattr(request, name) if request.HasField(name) else None


def _create(plane: ControlPlane, kind: Kind, response: type[Message]) -> Answer:
    def create(request: Any) -> Any:
        plane.create(kind, _field(request, "id"), _field(request, "spec"))
        return response()

    return create


def _update_launch_plan(plane: ControlPlane) -> Answer:
    def update(request: Any) -> Any:
        plane.update_launch_plan(_field(request, "id"), request.state)
        return LaunchPlanUpdateResponse()

    return update


def _register_project(office: ProjectOffice) -> Answer:
    def register(request: Any) -> Any:
        office.register(_field(request, "project"))
        return ProjectRegisterResponse()

    return register


def _update_project(office: ProjectOffice) -> Answer:
    def update(request: Any) -> Any:
        office.update(request)
        return ProjectUpdateResponse()

    return update


def _version(_request: Message) -> Any:
    version = Version(Build="hatch-flyte", Version=__version__, BuildTime="unknown")
    return GetVersionResponse(control_plane_version=version)
