"""What the local registry does with attributes of projects, domains and workflows.

May raise `RefusalError` or `StoreError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.admin.matchable_resource_pb2 import (
    ListMatchableAttributesResponse,
    MatchableAttributesConfiguration,
    MatchableResource,
    MatchingAttributes,
)
from flyteidl.admin.project_attributes_pb2 import ProjectAttributes
from flyteidl.admin.project_domain_attributes_pb2 import ProjectDomainAttributes
from flyteidl.admin.workflow_attributes_pb2 import WorkflowAttributes

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.rules import attributes, projects
from hatch_flyte.rules.attributes import Place

if TYPE_CHECKING:
    from hatch_flyte.registry.store import Store


class AttributeOffice:
    """The attributes of a store, as the control plane lets one read and change them.

    What a request is about shows in its fields: a project, a project and domain, or these and a workflow.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def update(self, request: Any) -> None:
        """Set attributes."""
        if not request.HasField("attributes"):
            raise attributes.not_given()
        given = request.attributes
        self._check(given, update=True)
        matching = given.matching_attributes if given.HasField("matching_attributes") else None
        place = self._place(given, attributes.kind_of(matching, _label(given)))
        attributes.check_overrides_place(place)

        def change(old: bytes | None) -> bytes:
            before = None if old is None else MatchingAttributes.FromString(old)
            return bytes(attributes.merged(before, matching).SerializeToString())

        self._store.attributes.set(place, change)

    def of_workflow(self, request: Any) -> WorkflowAttributes:
        """Return what is set for a workflow, or for what it is part of."""
        self._check(request)
        place, found = self._nearest(self._place(request, request.resource_type))
        fields = {"project": place.project, "domain": place.domain, "workflow": place.workflow}
        return WorkflowAttributes(**fields, matching_attributes=found)

    def of_domain(self, request: Any) -> ProjectDomainAttributes:
        """Return what is set for a project and domain, or for the project."""
        self._check(request)
        place, found = self._nearest(self._place(request, request.resource_type))
        return ProjectDomainAttributes(project=place.project, domain=place.domain, matching_attributes=found)

    def of_project(self, request: Any) -> ProjectAttributes:
        """Return what is set for a project."""
        attributes.check_project_exists(request.project, self._store.find_project(request.project))
        place = self._place(request, request.resource_type)
        content = self._store.attributes.find(place)
        found = None if content is None else MatchingAttributes.FromString(content)
        if place.resource == MatchableResource.WORKFLOW_EXECUTION_CONFIG:
            found = attributes.execution_config(found and found.workflow_execution_config)
        if found is None:
            raise attributes.none_set(place)
        return ProjectAttributes(project=request.project, matching_attributes=found)

    def remove(self, request: Any) -> None:
        """Remove what is set for a place, if anything is."""
        self._check(request, update=True)
        self._store.attributes.remove(self._place(request, request.resource_type))

    def all(self, resource: int) -> ListMatchableAttributesResponse:
        """Return every set of attributes of a kind."""
        attributes.check_resource(resource)
        found = [
            MatchableAttributesConfiguration(
                attributes=MatchingAttributes.FromString(content),
                project=place.project,
                domain=place.domain,
                workflow=place.workflow,
            )
            for place, content in self._store.attributes.select(resource)
        ]
        return ListMatchableAttributesResponse(configurations=found)

    def _check(self, given: Any, *, update: bool = False) -> None:
        """Refuse a place that isn't there."""
        project = self._store.find_project(given.project)
        if not _has(given, "domain"):
            if update:
                attributes.check_project_for_update(given.project, project)
            return
        projects.check_place(Identifier(Kind.WORKFLOW, given.project, given.domain, "", ""), project)
        if _has(given, "workflow"):
            attributes.check_workflow_name(given.workflow)

    def _place(self, given: Any, resource: int) -> Place:
        return Place(resource, given.project, getattr(given, "domain", ""), getattr(given, "workflow", ""))

    def _nearest(self, place: Place) -> tuple[Place, MatchingAttributes]:
        found = self._store.attributes.find_nearest(place)
        if found is None:
            raise attributes.none_set(place)
        return found[0], MatchingAttributes.FromString(found[1])


def _has(message: Any, field: str) -> bool:
    return field in message.DESCRIPTOR.fields_by_name


def _label(given: Any) -> str:
    """Return how messages name a place."""
    return "-".join(getattr(given, field) for field in ("project", "domain", "workflow") if _has(given, field))
