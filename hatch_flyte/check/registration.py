"""What a control plane would refuse of an entity, with the rule that it refuses it by.

Asks the control plane's rules in its order, and goes on where it would stop: after a reference that isn't there, to
what else is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from hatch_flyte.check.known import of_kind
from hatch_flyte.entity import Kind
from hatch_flyte.rules import catalogue, identifiers, launch_plans, tasks, workflows
from hatch_flyte.rules.compiler.codes import RULES, ErrorCode
from hatch_flyte.rules.compiler.requirements import requirements, workflow_index
from hatch_flyte.rules.compiler.task_compiler import compile_task
from hatch_flyte.rules.compiler.workflow_compiler import compile_required, compile_workflow
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.rules.rule import Breach
from hatch_flyte.wire.compiled import compiled_workflows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hatch_flyte.check.known import Entity, Known
    from hatch_flyte.entity import Identifier
    from hatch_flyte.rules.compiler.errors import CompileError
    from hatch_flyte.rules.rule import Rule

_OF_WORKFLOWS: Final = frozenset({ErrorCode.DUPLICATE_ID, ErrorCode.NO_NODES_FOUND})
"""What is said of a workflow as a whole; its identifier stands in the node's place."""


def refused(entity: Entity, known: Known) -> Iterator[Breach]:
    """Yield what a control plane would refuse an entity for, once the rest of its archive is registered."""
    check = {Kind.TASK: _task, Kind.WORKFLOW: _workflow, Kind.LAUNCH_PLAN: _launch_plan}[entity.identifier.kind]
    try:
        yield from check(entity, known)
    except RefusalError as refusal:
        yield Breach(cast("Rule", refusal.rule), refusal.message)  # without one it says that something isn't there


def _task(entity: Entity, _: Known) -> Iterator[Breach]:
    tasks.check_task(entity.message)
    for error in compile_task(entity.message.template):
        yield Breach(RULES[error.code], f"{error.node_id}: {error.description}")  # a part of the task, not a node


def _workflow(entity: Entity, known: Known) -> Iterator[Breach]:
    spec = entity.message
    workflows.check_workflow(spec)
    index = workflow_index(spec.sub_workflows)
    if not index.complete:
        yield from _compiled(compile_workflow(spec.template, spec.sub_workflows))
        return
    required = requirements(spec.template, index)
    wanted = [of_kind(Kind.TASK, one) for one in required.tasks]
    wanted += [of_kind(Kind.LAUNCH_PLAN, one) for one in required.launch_plans]
    yield from _not_there(wanted, entity, known, catalogue.WORKFLOW_REFERENCE)
    errors = compile_required(spec.template, index, required, known.references)
    yield from _compiled(errors)
    if not errors:
        workflows.check_size(entity.identifier, compiled_workflows(spec))


def _launch_plan(entity: Entity, known: Known) -> Iterator[Breach]:
    spec = entity.message.spec
    workflow = identifiers.checked(spec.workflow_id if spec.HasField("workflow_id") else None, Kind.WORKFLOW)
    yield from _not_there([workflow], entity, known, catalogue.PLAN_WORKFLOW)
    launch_plans.check_launch_plan(spec, known.workflow_interface(workflow))


def _not_there(wanted: Iterable[Identifier], entity: Entity, known: Known, rule: Rule) -> Iterator[Breach]:
    for identifier in wanted:
        if known.is_missing(identifier, entity.identifier):
            yield Breach(rule, identifiers.missing_text(identifier))


def _compiled(errors: Iterable[CompileError]) -> Iterator[Breach]:
    for error in errors:
        yield Breach(RULES[error.code], error.description, "" if error.code in _OF_WORKFLOWS else error.node_id)
