"""Rules about what is set for projects, domains and workflows: `MatchingAttributes`, one set of a kind each.

Source: attributes_validator.go, resource_manager.go, resource_repo.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flyteidl.admin.matchable_resource_pb2 import MatchableResource, MatchingAttributes
from flyteidl.admin.project_pb2 import Project

from hatch_flyte.rules import catalogue
from hatch_flyte.rules.prototext import enum_name
from hatch_flyte.rules.refusal import RefusalError, invalid, invalid_value, missing, not_found
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from flyteidl.admin.matchable_resource_pb2 import WorkflowExecutionConfig

TARGETS: Final = {
    "task_resource_attributes": MatchableResource.TASK_RESOURCE,
    "cluster_resource_attributes": MatchableResource.CLUSTER_RESOURCE,
    "execution_queue_attributes": MatchableResource.EXECUTION_QUEUE,
    "execution_cluster_label": MatchableResource.EXECUTION_CLUSTER_LABEL,
    "plugin_overrides": MatchableResource.PLUGIN_OVERRIDE,
    "workflow_execution_config": MatchableResource.WORKFLOW_EXECUTION_CONFIG,
    "cluster_assignment": MatchableResource.CLUSTER_ASSIGNMENT,
}
"""The kinds of attributes by the field that holds them."""

MAX_PARALLELISM: Final = 25
"""What flyteadmin sets for executions unless it is configured otherwise."""


@dataclass(frozen=True, slots=True)
class Place:
    """What attributes of a kind are set for; empty fields stand for all."""

    resource: int
    """A `MatchableResource`."""
    project: str
    domain: str = ""
    workflow: str = ""

    def __str__(self) -> str:
        """Return it as Go prints flyteadmin's own struct, with the names of its fields."""
        resource = resource_name(self.resource)
        names = f"Project:{self.project} Domain:{self.domain} Workflow:{self.workflow}"
        return f"{{{names} LaunchPlan: ResourceType:{resource}}}"


def resource_name(resource: int) -> str:
    """Return the name of a `MatchableResource`; of an unknown one its number."""
    return enum_name(MatchableResource.DESCRIPTOR, resource)


def not_given() -> RefusalError:
    """Return the refusal of an update without attributes."""
    return missing("attributes", rule=catalogue.ATTRIBUTES)


def kind_of(attributes: MatchingAttributes | None, label: str) -> int:
    """Return which `MatchableResource` attributes are; `label` names their place in messages."""
    if attributes is None:
        raise missing("matching_attributes", rule=catalogue.ATTRIBUTES)
    target = attributes.WhichOneof("target")
    if target is None:
        raise invalid(f"Unrecognized matching attributes type for request {label}", rule=catalogue.ATTRIBUTES)
    return int(TARGETS[target])


def check_workflow_name(name: str) -> None:
    """Refuse a workflow without a name."""
    if not name:
        raise missing("name", rule=catalogue.ATTRIBUTES)


def check_project_for_update(identifier: str, project: Project | None) -> None:
    """Refuse to set attributes of a project that isn't there or not active. Source: ValidateProjectForUpdate."""
    if project is None:
        text = f"failed to validate that project [{identifier}] is registered, err: [project [{identifier}] not found]"
        raise invalid(text, rule=catalogue.PLACE)
    if project.state != Project.ACTIVE:
        raise invalid(f"project [{identifier}] is not active", rule=catalogue.PLACE)


def check_project_exists(identifier: str, project: Project | None) -> None:
    """Refuse to read attributes of a project that isn't there. Source: ValidateProjectExists."""
    if project is None:
        text = f"failed to validate that project [{identifier}] exists, err: [project [{identifier}] not found]"
        raise invalid(text, rule=catalogue.PLACE)


def check_resource(resource: int) -> None:
    """Refuse to list attributes of a kind that there isn't."""
    if resource not in MatchableResource.values():
        raise invalid_value("resource_type", rule=catalogue.ATTRIBUTES)


def none_set(place: Place) -> RefusalError:
    """Return the refusal of a request for attributes that nobody set."""
    return not_found(f"Resource [{place}] not found")


def check_overrides_place(place: Place) -> None:
    """Refuse plugins' overrides of a whole project: flyteadmin fails at them, and so must what stands in for it."""
    if place.resource == MatchableResource.PLUGIN_OVERRIDE and not place.domain:
        parts = f"{{{place.project}    {resource_name(place.resource)}}}"
        text = f"unexpected error type for: missing and/or invalid parameters: {parts}"
        raise RefusalError(Code.INTERNAL, text, rule=catalogue.ATTRIBUTES)


def merged(old: MatchingAttributes | None, new: MatchingAttributes) -> MatchingAttributes:
    """Return what is kept of an update: overrides of plugins join the old ones, all else replaces them."""
    if old is None or not new.HasField("plugin_overrides"):
        return new
    overrides = {one.task_type: one for attributes in (old, new) for one in attributes.plugin_overrides.overrides}
    result = MatchingAttributes()
    result.plugin_overrides.overrides.extend(overrides.values())
    result.plugin_overrides.SetInParent()
    return result


def execution_config(found: WorkflowExecutionConfig | None) -> MatchingAttributes:
    """Return the configuration of a project's executions: what is set, filled up from flyteadmin's own."""
    result = MatchingAttributes()
    if found is not None:
        result.workflow_execution_config.CopyFrom(found)
    config = result.workflow_execution_config
    config.max_parallelism = config.max_parallelism or MAX_PARALLELISM
    return result
