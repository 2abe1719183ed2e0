"""What a workflow refers to, looked up in a store."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from flyteidl.core.identifier_pb2 import Identifier as IdentifierMessage
from registry.entities import named, trio, workflow

from hatch_flyte.entity import Kind
from hatch_flyte.registry.control_plane import ControlPlane
from hatch_flyte.registry.required import Required
from hatch_flyte.registry.store import Store
from hatch_flyte.rules.compiler.references import LaunchPlanInterface, Lookup, TaskInterface
from hatch_flyte.rules.compiler.requirements import Requirements, requirements, workflow_index
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyteidl.core.workflow_pb2 import WorkflowTemplate


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(None)) as opened:
        for identifier, spec in trio():
            ControlPlane(opened).create(identifier.kind, from_identifier(identifier), spec)
        yield opened


def required(store: Store, *tasks: IdentifierMessage, launch_plans: tuple[IdentifierMessage, ...] = ()) -> Required:
    return Required(store, IdentifierMessage(name="w"), Requirements([*tasks], [*launch_plans], {}, []))


def changed(kind: Kind, **values: object) -> IdentifierMessage:
    message = from_identifier(named(kind))
    message.MergeFrom(IdentifierMessage(**values))
    return message


def test_tasks_and_launch_plans_are_found_with_their_interfaces(store: Store) -> None:
    task, plan = from_identifier(named(Kind.TASK)), from_identifier(named(Kind.LAUNCH_PLAN))
    found = required(store, task, launch_plans=(plan,))
    assert [one.id for one in found.tasks.values()] == [task]
    assert isinstance(found.references.task(task), TaskInterface)
    launch_plan = found.references.launch_plan(plan)
    assert isinstance(launch_plan, LaunchPlanInterface)
    assert launch_plan.expected_outputs is not None


@pytest.mark.parametrize("values", [{"resource_type": 2}, {"org": "acme"}])
def test_a_task_is_found_by_another_identifier_but_the_compiler_does_not_take_it(
    store: Store, values: dict[str, object]
) -> None:
    other = changed(Kind.TASK, **values)
    assert required(store, other).references.task(other) is Lookup.MISSING


def test_a_launch_plan_is_taken_by_whatever_identifier_it_is_found(store: Store) -> None:
    other = changed(Kind.LAUNCH_PLAN, resource_type=1)
    found = required(store, launch_plans=(other,))
    assert isinstance(found.references.launch_plan(other), LaunchPlanInterface)


def test_the_first_that_is_not_there_is_named_tasks_first(store: Store) -> None:
    ghost = changed(Kind.TASK, name="ghost")
    with pytest.raises(RefusalError, match=r'missing entity of type TASK with identifier .*name:"ghost"') as caught:
        required(store, ghost, launch_plans=(changed(Kind.LAUNCH_PLAN, name="phantom"),))
    assert caught.value.message.startswith('failed to compile workflow for [name:"w"] with err: ')


def test_a_workflow_that_does_not_compile_is_not_kept(store: Store) -> None:
    spec = workflow()
    identifier = named(Kind.WORKFLOW, "broken")
    with pytest.raises(RefusalError, match="Code: NoNodesFound"):
        ControlPlane(store).create(Kind.WORKFLOW, from_identifier(identifier), spec)
    assert store.find(identifier) is None


def test_embedded_workflows_need_identifiers_of_their_own(store: Store) -> None:
    spec = workflow(named(Kind.TASK))
    spec.sub_workflows.add()
    with pytest.raises(RefusalError, match=r"requirements with err Collected Errors: 0\n$") as caught:
        ControlPlane(store).create(Kind.WORKFLOW, from_identifier(named(Kind.WORKFLOW, "other")), spec)
    assert "with err: failed to get workflow requirements" in caught.value.message


def test_what_requirements_find_is_what_is_looked_up(store: Store) -> None:
    template: WorkflowTemplate = workflow(named(Kind.TASK), named(Kind.TASK)).template
    found = requirements(template, workflow_index([]))
    assert list(Required(store, template.id, found).tasks) == [named(Kind.TASK)]
