"""Methods about projects, domains, and what is set for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyteidl.admin.project_attributes_pb2 import ProjectAttributesGetResponse
from flyteidl.admin.project_domain_attributes_pb2 import ProjectDomainAttributesGetResponse
from flyteidl.admin.project_pb2 import GetDomainsResponse
from flyteidl.admin.workflow_attributes_pb2 import WorkflowAttributesGetResponse

from hatch_flyte.registry.methods.method import given
from hatch_flyte.rules.projects import domains

if TYPE_CHECKING:
    from hatch_flyte.registry.attribute_office import AttributeOffice
    from hatch_flyte.registry.methods.method import Answers
    from hatch_flyte.registry.project_office import ProjectOffice


def project_answers(office: ProjectOffice) -> Answers:
    """Return what is answered about projects."""
    return {
        "RegisterProject": lambda request: office.register(given(request, "project")),
        "UpdateProject": office.update,
        "GetProject": lambda request: office.get(request.id),
        "ListProjects": office.page,
        "GetDomains": lambda _request: GetDomainsResponse(domains=domains()),
    }


def attribute_answers(office: AttributeOffice) -> Answers:
    """Return what is answered about attributes."""
    return {
        "UpdateProjectAttributes": office.update,
        "UpdateProjectDomainAttributes": office.update,
        "UpdateWorkflowAttributes": office.update,
        "DeleteProjectAttributes": office.remove,
        "DeleteProjectDomainAttributes": office.remove,
        "DeleteWorkflowAttributes": office.remove,
        "GetProjectAttributes": lambda request: ProjectAttributesGetResponse(attributes=office.of_project(request)),
        "GetProjectDomainAttributes": lambda request: ProjectDomainAttributesGetResponse(
            attributes=office.of_domain(request)
        ),
        "GetWorkflowAttributes": lambda request: WorkflowAttributesGetResponse(attributes=office.of_workflow(request)),
        "ListMatchableAttributes": lambda request: office.all(request.resource_type),
    }
