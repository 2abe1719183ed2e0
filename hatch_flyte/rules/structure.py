"""The rule about a version that is there already: identical or different, and how flyteadmin says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flyteidl.admin.launch_plan_pb2 import LaunchPlan, LaunchPlanClosure
from flyteidl.admin.workflow_pb2 import (
    CreateWorkflowFailureReason,
    WorkflowErrorExistsDifferentStructure,
    WorkflowErrorExistsIdenticalStructure,
)
from flyteidl.core.compiler_pb2 import CompiledWorkflow, CompiledWorkflowClosure
from flyteidl.core.workflow_pb2 import WorkflowTemplate

from hatch_flyte.entity import Kind
from hatch_flyte.rules import catalogue
from hatch_flyte.rules.go_json import difference_text, go_json
from hatch_flyte.rules.refusal import DIFFERENT_STRUCTURE, RefusalError, invalid
from hatch_flyte.status_code import Code
from hatch_flyte.wire.difference import message_differences
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    from hatch_flyte.entity import Identifier

_MAX_DIFFERENCE: Final = 3 << 20
"""Characters of differences that are told (flyteadmin 1.16.8)."""


def already_there(identifier: Identifier, stored: Any, sent: Any) -> RefusalError:
    """Return the answer to a request to create `sent` where `stored` has the same identifier.

    Both are `admin.Task`, `admin.Workflow` or `admin.LaunchPlan`. Structures are equal if their proto3-JSON forms
    are: that is what flyteadmin's digests are of.
    """
    if not any(message_differences("", _structure(identifier.kind, sent), _structure(identifier.kind, stored))):
        return _identical(identifier)
    old, new = _shown(identifier.kind, stored, sent)
    return _different(identifier, difference_text(go_json(old), go_json(new)))


def _identical(identifier: Identifier) -> RefusalError:
    message = f"{identifier.kind.value} with identical structure already exists"
    if identifier.kind is not Kind.WORKFLOW:
        return RefusalError(Code.ALREADY_EXISTS, message, rule=catalogue.SAME_VERSION)
    reason = WorkflowErrorExistsIdenticalStructure(id=from_identifier(identifier))
    detail = CreateWorkflowFailureReason(exists_identical_structure=reason)
    return RefusalError(Code.ALREADY_EXISTS, message, detail, rule=catalogue.SAME_VERSION)


def _different(identifier: Identifier, differences: str) -> RefusalError:
    kind = identifier.kind.value
    message = (
        f"{identifier.name} {kind} {DIFFERENT_STRUCTURE}. (Please register a new version of the {kind}):\n"
        f"{differences[:_MAX_DIFFERENCE]}"
    )
    if identifier.kind is not Kind.WORKFLOW:
        return invalid(message, rule=catalogue.SAME_VERSION)
    reason = WorkflowErrorExistsDifferentStructure(id=from_identifier(identifier))
    detail = CreateWorkflowFailureReason(exists_different_structure=reason)
    return invalid(message, detail, rule=catalogue.SAME_VERSION)


def _structure(kind: Kind, entity: Any) -> Any:
    """Return the part of an entity that makes two of them the same."""
    if kind is Kind.TASK:
        return entity.closure.compiled_task
    if kind is Kind.WORKFLOW:
        return entity.closure.compiled_workflow
    expected = LaunchPlanClosure()
    expected.CopyFrom(entity.closure)
    for field in ("state", "created_at", "updated_at"):
        expected.ClearField(field)
    return LaunchPlan(id=entity.id, spec=entity.spec, closure=expected)


def _shown(kind: Kind, stored: Any, sent: Any) -> tuple[Any, Any]:
    """Return what is compared for people; of a stored workflow flyteadmin has only the interface at hand."""
    if kind is Kind.LAUNCH_PLAN:
        return stored.spec, sent.spec
    if kind is Kind.TASK:
        return stored.closure.compiled_task, sent.closure.compiled_task
    interface = stored.closure.compiled_workflow.primary.template.interface
    known = CompiledWorkflow(template=WorkflowTemplate(interface=interface))
    return CompiledWorkflowClosure(primary=known), sent.closure.compiled_workflow
