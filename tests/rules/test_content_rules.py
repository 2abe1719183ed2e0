"""What a task, a workflow and a launch plan must have to be taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlanMetadata, LaunchPlanSpec
from flyteidl.admin.schedule_pb2 import CronSchedule, FixedRate, Schedule
from flyteidl.core.compiler_pb2 import CompiledWorkflow, CompiledWorkflowClosure
from flyteidl.core.interface_pb2 import Parameter, ParameterMap, TypedInterface, Variable, VariableMap
from flyteidl.core.literals_pb2 import Literal, LiteralMap, Primitive, Scalar
from flyteidl.core.tasks_pb2 import K8sPod
from flyteidl.core.types_pb2 import INTEGER, LiteralType
from flyteidl.core.workflow_pb2 import Node, WorkflowTemplate
from registry.entities import named, task, workflow

from hatch_flyte.entity import Kind
from hatch_flyte.rules.launch_plans import check_launch_plan, check_state
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.rules.schedules import schedule_type
from hatch_flyte.rules.tasks import check_task
from hatch_flyte.rules.workflows import MAX_NODES, check_size, check_workflow

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyteidl.admin.task_pb2 import TaskSpec

NUMBER = Variable(type=LiteralType(simple=INTEGER))
ONE = Literal(scalar=Scalar(primitive=Primitive(integer=1)))
INTERFACE = TypedInterface(inputs=VariableMap(variables={"x": NUMBER}))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda spec: spec.ClearField("template"), "missing spec"),
        (lambda spec: spec.template.ClearField("type"), "missing type"),
        (lambda spec: spec.template.ClearField("metadata"), "missing metadata"),
        (lambda spec: spec.template.metadata.runtime.ClearField("version"), "missing runtime version"),
        (lambda spec: spec.template.ClearField("interface"), "missing typed interface"),
        (lambda spec: spec.template.container.ClearField("image"), "missing image"),
        (lambda spec: spec.template.k8s_pod.CopyFrom(K8sPod()), "invalid TaskSpecification, pod tasks should specify"),
    ],
)
def test_a_task_that_lacks_something_is_refused(spoil: Callable[[TaskSpec], None], message: str) -> None:
    spec = task()
    check_task(spec)
    spoil(spec)
    with pytest.raises(RefusalError, match=f"^{message}"):
        check_task(spec)


def test_no_spec_is_told_as_such() -> None:
    for check in (check_task, check_workflow):
        with pytest.raises(RefusalError, match=r"^missing spec$"):
            check(None)
    with pytest.raises(RefusalError, match=r"^missing spec$"):
        check_launch_plan(None, INTERFACE)


def test_a_workflow_has_no_more_nodes_of_its_own_than_a_limit() -> None:
    check_workflow(workflow())
    names = ["start-node", "end-node", *map(str, range(MAX_NODES))]
    template = WorkflowTemplate(nodes=[Node(id=name) for name in names])
    closure = CompiledWorkflowClosure(primary=CompiledWorkflow(template=template))
    check_size(named(Kind.WORKFLOW), closure)
    closure.primary.template.nodes.add(id="one more")
    with pytest.raises(RefusalError, match=r"number of nodes in workflow \[.*\] exceeds limit \(101 > 100\)"):
        check_size(named(Kind.WORKFLOW), closure)


def plan(fixed: dict[str, Literal] | None = None, **default: Parameter) -> LaunchPlanSpec:
    return LaunchPlanSpec(
        default_inputs=ParameterMap(parameters=default), fixed_inputs=LiteralMap(literals=fixed or {})
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (plan(y=Parameter(var=NUMBER, default=ONE)), "^unexpected default_input y$"),
        (plan({"y": ONE}), "^unexpected fixed_input y$"),
        (plan({"": ONE}), "^missing key in fixed_inputs$"),
        (plan({"x": Literal()}), "^missing valid literal in fixed_inputs x$"),
        (plan(**{"": Parameter(var=NUMBER, default=ONE)}), "^missing key in default_inputs$"),
        (plan(x=Parameter(var=NUMBER)), "^Invalid variable x in default_inputs - variable has neither"),
        (plan(x=Parameter(default=ONE)), "^The Variable component of the Parameter x in default_inputs either"),
        (plan(x=Parameter(var=Variable(), default=ONE)), "^The Variable component of the Parameter x"),
    ],
)
def test_inputs_of_a_launch_plan_are_named_typed_and_have_a_value(spec: LaunchPlanSpec, message: str) -> None:
    check_launch_plan(plan({"x": ONE}, x=Parameter(var=NUMBER, required=True)), INTERFACE)
    with pytest.raises(RefusalError, match=message):
        check_launch_plan(spec, INTERFACE)


def test_a_workflow_without_inputs_takes_none() -> None:
    for spec, kind in ((plan({"x": ONE}), "fixed"), (plan(x=Parameter(var=NUMBER, default=ONE)), "default")):
        with pytest.raises(RefusalError, match=f"^invalid launch plan {kind} inputs, expected none but found 1$"):
            check_launch_plan(spec, TypedInterface())


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(), "NONE"),
        (Schedule(cron_expression="* * * * *"), "CRON"),
        (Schedule(cron_schedule=CronSchedule()), "CRON"),
        (Schedule(rate=FixedRate(value=1)), "RATE"),
    ],
)
def test_the_kind_of_a_schedule_is_noted(schedule: Schedule, expected: str) -> None:
    assert schedule_type(LaunchPlanSpec(entity_metadata=LaunchPlanMetadata(schedule=schedule))) == expected
    assert schedule_type(LaunchPlanSpec()) == "NONE"


def test_a_state_is_active_or_inactive() -> None:
    check_state(0, None)
    check_state(1, None)
    with pytest.raises(RefusalError, match=r"^Unrecognized launch plan state 2 for update for launch plan \[<nil>\]$"):
        check_state(2, None)
