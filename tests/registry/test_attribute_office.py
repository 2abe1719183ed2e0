"""Attributes: where they are set, where they hold, and what tasks may ask for by them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.admin.matchable_resource_pb2 import (
    MatchableResource,
    MatchingAttributes,
    PluginOverride,
    PluginOverrides,
    TaskResourceAttributes,
    TaskResourceSpec,
    WorkflowExecutionConfig,
)
from flyteidl.admin.project_attributes_pb2 import (
    ProjectAttributes,
    ProjectAttributesDeleteRequest,
    ProjectAttributesGetRequest,
    ProjectAttributesUpdateRequest,
)
from flyteidl.admin.project_domain_attributes_pb2 import (
    ProjectDomainAttributes,
    ProjectDomainAttributesDeleteRequest,
    ProjectDomainAttributesGetRequest,
    ProjectDomainAttributesUpdateRequest,
)
from flyteidl.admin.project_pb2 import Project
from flyteidl.admin.workflow_attributes_pb2 import (
    WorkflowAttributes,
    WorkflowAttributesGetRequest,
    WorkflowAttributesUpdateRequest,
)
from flyteidl.core.tasks_pb2 import Resources
from registry.entities import DOMAIN, PROJECT, named, task

from hatch_flyte.entity import Kind
from hatch_flyte.registry.attribute_office import AttributeOffice
from hatch_flyte.registry.control_plane import ControlPlane
from hatch_flyte.registry.store import Store
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.status_code import Code
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = {"project": PROJECT, "domain": DOMAIN}
PLUGINS = MatchableResource.PLUGIN_OVERRIDE


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(None)) as opened:
        yield opened


@pytest.fixture
def office(store: Store) -> AttributeOffice:
    return AttributeOffice(store)


def limits(**most: str) -> MatchingAttributes:
    return MatchingAttributes(task_resource_attributes=TaskResourceAttributes(limits=TaskResourceSpec(**most)))


def plugins(*task_types: str, plugin: str = "p") -> MatchingAttributes:
    overrides = [PluginOverride(task_type=one, plugin_id=[plugin]) for one in task_types]
    return MatchingAttributes(plugin_overrides=PluginOverrides(overrides=overrides))


def set_project(office: AttributeOffice, attributes: MatchingAttributes) -> None:
    given = ProjectAttributes(project=PROJECT, matching_attributes=attributes)
    office.update(ProjectAttributesUpdateRequest(attributes=given))


def set_domain(office: AttributeOffice, attributes: MatchingAttributes) -> None:
    given = ProjectDomainAttributes(**PLACE, matching_attributes=attributes)
    office.update(ProjectDomainAttributesUpdateRequest(attributes=given))


def set_workflow(office: AttributeOffice, attributes: MatchingAttributes) -> None:
    given = WorkflowAttributes(**PLACE, workflow="w", matching_attributes=attributes)
    office.update(WorkflowAttributesUpdateRequest(attributes=given))


def of_domain(office: AttributeOffice, resource: int = 0, **place: str) -> ProjectDomainAttributes:
    return office.of_domain(ProjectDomainAttributesGetRequest(**PLACE | place, resource_type=resource))


def test_what_is_set_for_less_goes_before_what_is_set_for_more(office: AttributeOffice) -> None:
    set_project(office, limits(cpu="1"))
    found = of_domain(office)
    assert (found.project, found.domain, found.matching_attributes) == (PROJECT, "", limits(cpu="1"))
    set_domain(office, limits(cpu="2"))
    assert of_domain(office).matching_attributes == limits(cpu="2")
    assert of_domain(office, domain="staging").matching_attributes == limits(cpu="1")
    set_workflow(office, limits(cpu="3"))
    workflow = office.of_workflow(WorkflowAttributesGetRequest(**PLACE, workflow="w"))
    assert (workflow.workflow, workflow.matching_attributes) == ("w", limits(cpu="3"))
    assert office.of_workflow(WorkflowAttributesGetRequest(**PLACE, workflow="v")).domain == DOMAIN
    project = office.of_project(ProjectAttributesGetRequest(project=PROJECT))
    assert project.matching_attributes == limits(cpu="1")


def test_nothing_that_is_set_is_told_with_its_place(office: AttributeOffice) -> None:
    text = r"^Resource \[\{Project:flytesnacks Domain:development Workflow: LaunchPlan: ResourceType:TASK_RESOURCE\}\]"
    with pytest.raises(RefusalError, match=text) as caught:
        of_domain(office)
    assert caught.value.code is Code.NOT_FOUND
    with pytest.raises(RefusalError, match=r"Workflow:w LaunchPlan: ResourceType:77\}\] not found$"):
        office.of_workflow(WorkflowAttributesGetRequest(**PLACE, workflow="w", resource_type=77))


def test_kinds_are_apart_and_overrides_of_plugins_join(office: AttributeOffice) -> None:
    set_domain(office, limits(cpu="1"))
    set_domain(office, plugins("a", "b"))
    set_domain(office, plugins("b", "c", plugin="q"))
    assert of_domain(office).matching_attributes == limits(cpu="1")
    overrides = of_domain(office, PLUGINS).matching_attributes.plugin_overrides.overrides
    assert {one.task_type: list(one.plugin_id) for one in overrides} == {"a": ["p"], "b": ["q"], "c": ["q"]}
    set_domain(office, limits(memory="1Gi"))
    assert of_domain(office).matching_attributes == limits(memory="1Gi")


def test_overrides_of_a_whole_project_fail_as_there(office: AttributeOffice) -> None:
    with pytest.raises(
        RefusalError, match=r"missing and/or invalid parameters: {flytesnacks +PLUGIN_OVERRIDE}$"
    ) as caught:
        set_project(office, plugins("a"))
    assert caught.value.code is Code.INTERNAL


def test_a_projects_configuration_of_executions_is_filled_up(office: AttributeOffice) -> None:
    request = ProjectAttributesGetRequest(project=PROJECT, resource_type=MatchableResource.WORKFLOW_EXECUTION_CONFIG)

    def config() -> WorkflowExecutionConfig:
        return office.of_project(request).matching_attributes.workflow_execution_config

    assert config() == WorkflowExecutionConfig(max_parallelism=25)
    set_project(office, MatchingAttributes(workflow_execution_config=WorkflowExecutionConfig(overwrite_cache=True)))
    assert config() == WorkflowExecutionConfig(max_parallelism=25, overwrite_cache=True)
    set_project(office, MatchingAttributes(workflow_execution_config=WorkflowExecutionConfig(max_parallelism=3)))
    assert config() == WorkflowExecutionConfig(max_parallelism=3)


def test_removing_takes_what_is_set_for_the_parts_along(office: AttributeOffice) -> None:
    for set_ in (set_project, set_domain, set_workflow):
        set_(office, limits(cpu="1"))
    office.remove(ProjectDomainAttributesDeleteRequest(**PLACE))
    assert [one.domain for one in office.all(0).configurations] == [""]
    office.remove(ProjectAttributesDeleteRequest(project=PROJECT))
    office.remove(ProjectAttributesDeleteRequest(project=PROJECT))
    assert not office.all(0).configurations


def test_every_set_of_a_kind_is_listed_the_nearest_first(office: AttributeOffice) -> None:
    for set_ in (set_project, set_workflow, set_domain):
        set_(office, limits(cpu="1"))
    found = [(one.project, one.domain, one.workflow) for one in office.all(0).configurations]
    assert found == [(PROJECT, DOMAIN, "w"), (PROJECT, DOMAIN, ""), (PROJECT, "", "")]
    with pytest.raises(RefusalError, match=r"^invalid value for resource_type$"):
        office.all(77)


def test_places_that_are_not_there_are_refused(office: AttributeOffice, store: Store) -> None:
    store.insert_project(Project(id="old", state=Project.ARCHIVED))
    update = ProjectAttributesUpdateRequest
    for ask, message in (
        (lambda: office.update(update()), "^missing attributes$"),
        (lambda: office.update(update(attributes=ProjectAttributes(project="x"))), r"project \[x\] is registered, err"),
        (
            lambda: office.update(update(attributes=ProjectAttributes(project="old"))),
            r"^project \[old\] is not active$",
        ),
        (lambda: office.update(update(attributes=ProjectAttributes(project=PROJECT))), "^missing matching_attributes$"),
        (lambda: set_domain(office, MatchingAttributes()), "type for request flytesnacks-development$"),
        (lambda: of_domain(office, domain="moon"), r"^domain \[moon\] is unrecognized by system$"),
        (lambda: office.of_project(ProjectAttributesGetRequest(project="x")), r"project \[x\] exists, err"),
        (lambda: office.of_project(ProjectAttributesGetRequest(project="old")), r"Project:old .* not found$"),
        (lambda: office.of_workflow(WorkflowAttributesGetRequest(**PLACE)), "^missing name$"),
    ):
        with pytest.raises(RefusalError, match=message):
            ask()


def asking(cpu: str) -> Any:
    spec = task()
    spec.template.container.resources.requests.add(name=Resources.CPU, value=cpu)
    return spec


def test_a_task_may_ask_for_what_its_project_and_domain_allow(office: AttributeOffice, store: Store) -> None:
    plane = ControlPlane(store)

    def create(version: str) -> None:
        plane.create(Kind.TASK, from_identifier(named(Kind.TASK, version=version)), asking("2"))

    create("without limits")
    set_project(office, limits(cpu="1"))
    with pytest.raises(RefusalError, match=r"limit set in the platform configuration \[1\]"):
        create("project's limit")
    set_domain(office, limits(memory="1Gi"))  # taken whole: what it doesn't set is no limit
    create("domain's limit")
    set_workflow(office, limits(cpu="1"))
    create("workflow's limit")
