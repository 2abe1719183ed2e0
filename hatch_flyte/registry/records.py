"""How the control plane keeps an entity, and answers with it: `admin.Task`, `admin.Workflow`, `admin.LaunchPlan`.

A record is the answer without its times and state, which the store adds when it is read. Knows no rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flyteidl.admin.launch_plan_pb2 import ACTIVE, LaunchPlan
from flyteidl.admin.task_pb2 import Task
from flyteidl.admin.workflow_pb2 import Workflow

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.registry.store import Description, Entity, Stored
from hatch_flyte.rules.schedules import schedule_type
from hatch_flyte.wire.compiled import augmented_launch_plan
from hatch_flyte.wire.messages import from_identifier, to_bytes, to_identifier

if TYPE_CHECKING:
    from flyteidl.admin.launch_plan_pb2 import LaunchPlanSpec
    from flyteidl.admin.task_pb2 import TaskSpec
    from flyteidl.admin.workflow_pb2 import WorkflowSpec
    from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
    from flyteidl.core.interface_pb2 import TypedInterface

ANSWERS: Final[dict[Kind, Any]] = {Kind.TASK: Task, Kind.WORKFLOW: Workflow, Kind.LAUNCH_PLAN: LaunchPlan}
"""The message that a Get of each kind answers."""

_MICROSECONDS: Final = 1_000_000


def task_record(identifier: Identifier, spec: TaskSpec) -> Entity:
    """Return the record of a task, whose template has the identifier of the request."""
    task = Task(id=from_identifier(identifier), short_description=spec.description.short_description)
    task.closure.compiled_task.template.CopyFrom(spec.template)
    return Entity(
        identifier,
        to_bytes(task),
        type=spec.template.type,
        short_description=task.short_description,
        description=_description(identifier, spec),
    )


def workflow_record(identifier: Identifier, spec: WorkflowSpec, closure: CompiledWorkflowClosure) -> Entity:
    """Return the record of a workflow and of what it compiles to; lists show its interface as it was sent."""
    whole = Workflow(id=from_identifier(identifier), short_description=spec.description.short_description)
    brief = Workflow()
    brief.CopyFrom(whole)
    brief.closure.compiled_workflow.primary.template.interface.CopyFrom(spec.template.interface)
    whole.closure.compiled_workflow.CopyFrom(closure)
    return Entity(
        identifier,
        to_bytes(brief),
        to_bytes(whole),
        short_description=whole.short_description,
        description=_description(identifier, spec),
    )


def launch_plan_record(identifier: Identifier, spec: LaunchPlanSpec, interface: TypedInterface) -> Entity:
    """Return the record of a launch plan, its inputs filled up from `interface`, its workflow's."""
    augmented, closure = augmented_launch_plan(spec, interface)
    plan = LaunchPlan(id=from_identifier(identifier), spec=augmented, closure=closure)
    return Entity(
        identifier,
        to_bytes(plan),
        schedule_type=schedule_type(spec),
        workflow=to_identifier(spec.workflow_id),
    )


def content(record: Entity | Stored, kind: Kind) -> Any:
    """Return what a record holds, as the kind's message without times and state."""
    return ANSWERS[kind].FromString(record.brief if record.whole is None else record.whole)


def brief(record: Stored, kind: Kind) -> Any:
    """Return what a list shows of a record, without times and state."""
    return ANSWERS[kind].FromString(record.brief)


def answer(message: Any, stored: Stored) -> Any:
    """Return `message`, a record's content, with its times and, for a launch plan, its state."""
    closure = message.closure
    closure.created_at.seconds = stored.created_at // _MICROSECONDS
    closure.created_at.nanos = stored.created_at % _MICROSECONDS * 1000
    if isinstance(message, LaunchPlan):
        closure.updated_at.CopyFrom(closure.created_at)
        if stored.active:
            closure.state = ACTIVE
    return message


def _description(identifier: Identifier, spec: TaskSpec | WorkflowSpec) -> Description | None:
    """Return what a specification says of its entity; tags are not kept."""
    if not spec.HasField("description"):
        return None
    said = spec.description
    long = to_bytes(said.long_description)
    return Description(identifier.kind.suffix, identifier.version, said.short_description, long, said.source_code.link)
