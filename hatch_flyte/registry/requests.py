"""The calls that the client makes: paths, request messages, and which message answers.

Values only: nothing here sends. Paths stand here in full because the generated stubs (`flyteidl.service.*_pb2_grpc`)
import every service there is.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from flyteidl.admin import common_pb2, launch_plan_pb2, project_pb2, task_pb2, workflow_pb2

from hatch_flyte.entity import Kind
from hatch_flyte.wire.messages import from_identifier, own_identifier, to_identifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

    from hatch_flyte.bundle import Bundle
    from hatch_flyte.entity import Identifier

ADMIN: Final = "/flyteidl.service.AdminService/"
DATA_PROXY: Final = "/flyteidl.service.DataProxyService/"

PAGE: Final = 1000
"""Entities asked for at once. flyteadmin has no upper limit; this many task templates are about half a megabyte."""

NO_ADMIN: Final = "`endpoint` must be the gRPC port of a Flyte 1 control plane."
NO_DATA_PROXY: Final = 'This control plane takes no uploads: register with `code = "image"` there.'

_NAMES: Final = {Kind.TASK: "Task", Kind.WORKFLOW: "Workflow", Kind.LAUNCH_PLAN: "LaunchPlan"}
_MODULES: Final = {Kind.TASK: task_pb2, Kind.WORKFLOW: workflow_pb2, Kind.LAUNCH_PLAN: launch_plan_pb2}
_ITEMS: Final = {Kind.TASK: "tasks", Kind.WORKFLOW: "workflows", Kind.LAUNCH_PLAN: "launch_plans"}

_FILTERABLE: Final = re.compile(r"[A-Za-z0-9._-]+")
"""What a filter can carry: `+`, `;`, brackets and commas are its own syntax and cannot be escaped."""

_STORED_AT: Final = re.compile(r"file already exists at location \[(.+)\], ")


@dataclass(frozen=True, slots=True)
class Call:
    """One unary call."""

    path: str
    request: Message
    parse: Callable[[bytes], Any]
    """Makes the answer's message from its bytes; raises `DecodeError`."""
    identifier: Identifier | None = None
    needs: Identifier | None = None
    """What must be there, besides what is called by its identifier: a launch plan's workflow."""
    writes: bool = False
    """It must not be cut off once it is sent."""
    missing: str = NO_ADMIN
    """The hint for a registry that has no such method."""

    @property
    def method(self) -> str:
        """The method's own name: `CreateTask`."""
        return self.path.rpartition("/")[2]


def get_call(identifier: Identifier) -> Call:
    """Return the call that reads one entity."""
    name = _NAMES[identifier.kind]
    request = common_pb2.ObjectGetRequest(id=from_identifier(identifier))
    return Call(f"{ADMIN}Get{name}", request, _parser(identifier.kind, name), identifier)


def create_call(identifier: Identifier, spec: Message) -> Call:
    """Return the call that creates one entity from a `TaskSpec`, `WorkflowSpec`, `LaunchPlan` or `LaunchPlanSpec`.

    The template carries the same identifier as the request, with its resource type: flyteadmin fills it in when it
    reads, but not when it creates. Of a launch plan only its spec is sent.
    """
    kind, name, needs = identifier.kind, _NAMES[identifier.kind], None
    request = getattr(_MODULES[kind], f"{name}CreateRequest")(id=from_identifier(identifier))
    if kind is Kind.LAUNCH_PLAN:
        request.spec.CopyFrom(spec.spec if isinstance(spec, launch_plan_pb2.LaunchPlan) else spec)
        needs = replace(to_identifier(request.spec.workflow_id), kind=Kind.WORKFLOW)
    else:
        request.spec.CopyFrom(spec)
        own_identifier(kind, request.spec).CopyFrom(request.id)
    parse = _parser(kind, f"{name}CreateResponse")
    return Call(f"{ADMIN}Create{name}", request, parse, identifier, needs, writes=True)


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed: entities of one kind, newest first."""

    kind: Kind
    project: str
    domain: str
    name: str = ""
    version: str = ""

    def call(self, token: str) -> Call:
        """Return the call for the page that begins at `token`."""
        name = _NAMES[self.kind]
        request = common_pb2.ResourceListRequest(
            id=common_pb2.NamedEntityIdentifier(project=self.project, domain=self.domain, name=self.name),
            limit=PAGE,
            token=token,
            filters=_equals("version", self.version) if self.version else "",
            sort_by=common_pb2.Sort(key="created_at", direction=common_pb2.Sort.DESCENDING),
        )
        return Call(f"{ADMIN}List{name}s", request, _parser(self.kind, f"{name}List"))

    def items(self, answer: Message) -> list[Message]:
        """Return the entities of one page that are asked for."""
        entities = getattr(answer, _ITEMS[self.kind])
        return [one for one in entities if not self.version or one.id.version == self.version]


def active_call(project: str, domain: str, token: str) -> Call:
    """Return the call for the page of a project's and domain's active launch plans that begins at `token`."""
    request = launch_plan_pb2.ActiveLaunchPlanListRequest(project=project, domain=domain, limit=PAGE, token=token)
    return Call(f"{ADMIN}ListActiveLaunchPlans", request, launch_plan_pb2.LaunchPlanList.FromString)


def update_call(identifier: Identifier, *, active: bool) -> Call:
    """Return the call that makes a launch plan version active or inactive."""
    state = launch_plan_pb2.ACTIVE if active else launch_plan_pb2.INACTIVE
    request = launch_plan_pb2.LaunchPlanUpdateRequest(id=from_identifier(identifier), state=state)
    parse = launch_plan_pb2.LaunchPlanUpdateResponse.FromString
    return Call(f"{ADMIN}UpdateLaunchPlan", request, parse, identifier, writes=True)


def project_call(project: str) -> Call:
    """Return the call that lists `project` alone, active or not."""
    request = project_pb2.ProjectListRequest(limit=1, filters=_equals("identifier", project))
    return Call(f"{ADMIN}ListProjects", request, project_pb2.Projects.FromString)


def domains_of(answer: Message, project: str) -> frozenset[str] | None:
    """Return the domains of `project` in a `Projects` answer; None if it isn't there or not active."""
    for one in cast("Any", answer).projects:
        if one.id == project and one.state == project_pb2.Project.ACTIVE:
            return frozenset(domain.id for domain in one.domains)
    return None


def location_call(project: str, domain: str, bundle: Bundle, *, with_hash: bool) -> Call:
    """Return the call that asks where `bundle` is kept, and for a signed address to put it there.

    Without the hash of its bytes the registry says ALREADY_EXISTS where anything is stored under the bundle's digest.
    """
    from flyteidl.service import dataproxy_pb2

    request = dataproxy_pb2.CreateUploadLocationRequest(
        project=project, domain=domain, filename=bundle.file_name, filename_root=bundle.digest
    )
    if with_hash:
        request.content_md5 = hashlib.md5(bundle.data, usedforsecurity=False).digest()
        request.add_content_md5_metadata = True
    parse = dataproxy_pb2.CreateUploadLocationResponse.FromString
    return Call(f"{DATA_PROXY}CreateUploadLocation", request, parse, missing=NO_DATA_PROXY)


def stored_at(message: str) -> str:
    """Return the address in flyteadmin's `file already exists at location [ADDRESS], …`; empty if there is none."""
    found = _STORED_AT.search(message)
    return found[1] if found else ""


def _parser(kind: Kind, name: str) -> Callable[[bytes], Any]:
    return cast("Callable[[bytes], Any]", getattr(_MODULES[kind], name).FromString)


def _equals(field: str, value: str) -> str:
    """Return the filter for `value`, or none where a filter cannot carry it: then everything comes and is sifted."""
    return f"eq({field},{value})" if _FILTERABLE.fullmatch(value) else ""
