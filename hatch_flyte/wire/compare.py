"""Whether a registry stores what would be sent: an entity's spec against the answer to a Get.

Owns what flyteadmin makes of an entity before it stores it, as far as two versions of the entity can differ in it: a
difference that flyteadmin would not see is not reported, one that it would refuse is. flyteadmin compares digests of
proto3-JSON forms (its `pkg/manager/impl/util/digests.go`); this compares what goes into them, field by field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from flyteidl.admin.launch_plan_pb2 import LaunchPlan, LaunchPlanSpec
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core.interface_pb2 import TypedInterface
from flyteidl.core.workflow_pb2 import WorkflowTemplate

from hatch_flyte.entity import Kind
from hatch_flyte.wire.compiled import augmented_launch_plan, compiled_workflows
from hatch_flyte.wire.connections import END_NODE, START_NODE
from hatch_flyte.wire.difference import Difference, message_differences
from hatch_flyte.wire.nodes import branch_cases, template_nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyteidl.admin.task_pb2 import Task
    from flyteidl.admin.workflow_pb2 import Workflow
    from flyteidl.core.interface_pb2 import Parameter
    from flyteidl.core.tasks_pb2 import TaskTemplate
    from google.protobuf.message import Message

    Template = TypeVar("Template", TaskTemplate, WorkflowTemplate)

__all__ = ["Difference", "comparable", "differences"]


def differences(
    kind: Kind, spec: Message, stored: Message, *, interface: TypedInterface | None = None
) -> list[Difference]:
    """Return where `spec` is not what the registry stores; an empty list if the registry would call it identical.

    `spec` is what would be sent, filled in: a `TaskSpec`, `WorkflowSpec`, `LaunchPlan` or `LaunchPlanSpec`; its own
    identifier is the request's. A spec without one is compared without. `stored` is the `admin.Task`,
    `admin.Workflow` or `admin.LaunchPlan` that the registry answers to a Get. Fields are named as `spec` has them.

    `interface` is that of a launch plan's workflow, as it was sent. Without it, a required parameter that is stored but
    not in `spec` is taken for one that the registry added, although its description may once have been sent.
    """
    if kind is Kind.TASK:
        return _task_differences(cast("TaskSpec", spec), cast("Task", stored))
    if kind is Kind.WORKFLOW:
        return _workflow_differences(cast("WorkflowSpec", spec), cast("Workflow", stored))
    return _launch_plan_differences(spec, cast("LaunchPlan", stored), interface)


def comparable(
    kind: Kind, spec: Message, stored: Message, *, interface: TypedInterface | None = None
) -> tuple[Message, Message]:
    """Return `spec` and what is stored of an entity of that kind in one form, as a registry makes it of a spec.

    Both are a `TaskSpec`, a `WorkflowSpec` or a `LaunchPlanSpec`, for telling what changed between two versions. The
    arguments are those of `differences`.
    """
    if kind is Kind.TASK:
        return spec, TaskSpec(template=cast("Task", stored).closure.compiled_task.template)
    if kind is Kind.WORKFLOW:
        sent, there = _compiled(cast("WorkflowSpec", spec), cast("Workflow", stored))
        return _as_sent(sent), _as_sent(there)
    return _augmented(_launch_plan(spec), cast("LaunchPlan", stored), interface)


def _task_differences(spec: TaskSpec, stored: Task) -> list[Difference]:
    there = stored.closure.compiled_task.template
    return list(message_differences("template", _with_identifier(spec.template, there), there))


def _workflow_differences(spec: WorkflowSpec, stored: Workflow) -> list[Difference]:
    """Compare what `spec` compiles to. The templates of tasks in the closure are those tasks' own affair."""
    sent, theirs = _compiled(spec, stored)
    return [] if sent == theirs else list(message_differences("", _as_sent(sent), _as_sent(theirs)))


def _compiled(spec: WorkflowSpec, stored: Workflow) -> tuple[list[WorkflowTemplate], list[WorkflowTemplate]]:
    """Return the compiled templates of both, the workflow's own first, then those embedded in it."""
    compiled, there = compiled_workflows(spec), stored.closure.compiled_workflow
    sent = [_with_identifier(compiled.primary.template, there.primary.template)]
    sent += [one.template for one in compiled.sub_workflows]
    return sent, [there.primary.template, *(one.template for one in there.sub_workflows)]


def _launch_plan_differences(spec: Message, stored: LaunchPlan, interface: TypedInterface | None) -> list[Difference]:
    """Compare what the registry makes of `spec`: inputs of which nothing is said become required parameters."""
    plan = _launch_plan(spec)
    sent, there = _augmented(plan, stored, interface)
    return [*_place_differences(plan, stored), *message_differences("spec" if plan is spec else "", sent, there)]


def _launch_plan(spec: Message) -> LaunchPlan:
    return spec if isinstance(spec, LaunchPlan) else LaunchPlan(spec=cast(LaunchPlanSpec, spec))


def _augmented(
    plan: LaunchPlan, stored: LaunchPlan, interface: TypedInterface | None
) -> tuple[LaunchPlanSpec, LaunchPlanSpec]:
    there = LaunchPlanSpec()
    there.CopyFrom(stored.spec)
    there.default_inputs.SetInParent()
    sent = augmented_launch_plan(plan.spec, interface or _interface_of(stored.spec))[0]
    sent.default_inputs.MergeFrom(plan.spec.default_inputs)  # those too that the workflow doesn't have
    return sent, there


def _interface_of(spec: LaunchPlanSpec) -> TypedInterface:
    """Return the inputs that a stored launch plan's workflow must have, as far as the launch plan shows them."""
    parameters = spec.default_inputs.parameters
    return TypedInterface(
        inputs={"variables": {name: one.var for name, one in parameters.items() if _is_augmented(one)}}
    )


def _place_differences(plan: LaunchPlan, stored: LaunchPlan) -> Iterator[Difference]:
    """Compare the four strings of the identifier; unlike a template's, this one comes back without its `org`."""
    for field in ("project", "domain", "name", "version") if plan.HasField("id") else ():
        ours, theirs = getattr(plan.id, field), getattr(stored.id, field)
        if ours != theirs:
            yield Difference(f"id.{field}", ours, theirs)


def _is_augmented(parameter: Parameter) -> bool:
    """Return whether a parameter says no more than what follows from the workflow's interface."""
    said = {field.name for field, _ in parameter.var.ListFields()}
    return parameter.required and said <= {"type", "description"}


def _with_identifier(template: Template, stored: Template) -> Template:
    """Return `template`, with the stored identifier if it has none of its own."""
    if template.HasField("id"):
        return template
    copy = type(template)()
    copy.CopyFrom(template)
    copy.id.CopyFrom(stored.id)
    return copy


def _as_sent(templates: list[WorkflowTemplate]) -> WorkflowSpec:
    """Return compiled templates in the shape of a spec: without start-node and end-node, cases called as they were."""
    spec = WorkflowSpec(template=templates[0], sub_workflows=templates[1:])
    for template in (spec.template, *spec.sub_workflows):
        nodes = [node for node in template.nodes if node.id not in {START_NODE, END_NODE}]
        replacement = WorkflowTemplate(nodes=nodes)
        template.ClearField("nodes")
        template.MergeFrom(replacement)
        for node in reversed(list(template_nodes(template))):
            for case in branch_cases(node.branch_node):
                case.id = case.id.removeprefix(f"{node.id}-")
    return spec
