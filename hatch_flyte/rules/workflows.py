"""Rules about the content of a workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatch_flyte.rules import catalogue
from hatch_flyte.rules.compiler.errors import collected_text
from hatch_flyte.rules.identifiers import identifier_text, missing_text
from hatch_flyte.rules.refusal import RefusalError, invalid, missing
from hatch_flyte.wire.connections import END_NODE, START_NODE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyteidl.admin.workflow_pb2 import WorkflowSpec
    from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
    from flyteidl.core.identifier_pb2 import Identifier as IdentifierMessage

    from hatch_flyte.entity import Identifier
    from hatch_flyte.rules.compiler.errors import CompileError
    from hatch_flyte.rules.compiler.requirements import WorkflowIndex
    from hatch_flyte.rules.rule import Rule

MAX_NODES: Final = 100
"""The most nodes that a workflow may have: flyteadmin's `registration.maxWorkflowNodes`, unless configured."""


def check_workflow(spec: WorkflowSpec | None) -> None:
    """Refuse a workflow without a template."""
    if spec is None or not spec.HasField("template"):
        raise missing("spec", rule=catalogue.WORKFLOW_TEMPLATE)


def missing_reference(identifier: IdentifierMessage, reference: Identifier) -> RefusalError:
    """Return the refusal of a workflow that runs something that isn't registered; `identifier` as it was sent."""
    return _not_compiled(identifier, missing_text(reference), catalogue.WORKFLOW_REFERENCE)


def check_index(identifier: IdentifierMessage, index: WorkflowIndex) -> None:
    """Refuse a workflow beside which others are embedded without identifiers of their own."""
    if not index.complete:
        reason = f"failed to get workflow requirements with err {collected_text(index.errors)}"
        raise _not_compiled(identifier, reason, catalogue.WORKFLOW_COMPILES)


def check_compiled(identifier: IdentifierMessage, errors: Sequence[CompileError]) -> None:
    """Refuse a workflow that doesn't compile; `errors` are what the compiler found."""
    if errors:
        raise _not_compiled(identifier, collected_text(errors), catalogue.WORKFLOW_COMPILES)


def check_size(identifier: Identifier, closure: CompiledWorkflowClosure) -> None:
    """Refuse a workflow with too many nodes of its own; those inside branches and embedded workflows don't count."""
    count = sum(node.id not in {START_NODE, END_NODE} for node in closure.primary.template.nodes)
    if count > MAX_NODES:
        name = identifier_text(identifier)
        text = f"number of nodes in workflow [{name}] exceeds limit ({count} > {MAX_NODES})"
        raise invalid(text, rule=catalogue.WORKFLOW_SIZE)


def _not_compiled(identifier: IdentifierMessage, reason: str, rule: Rule) -> RefusalError:
    text = f"failed to compile workflow for [{identifier_text(identifier)}] with err: {reason}"
    return invalid(text, rule=rule)
