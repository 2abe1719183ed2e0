"""A node, whatever it runs: propeller's `validators/node.go`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_flyte.rules.compiler.bindings import add_edges
from hatch_flyte.rules.compiler.branch import blocks, cases
from hatch_flyte.rules.compiler.builders import EdgeDirection
from hatch_flyte.rules.compiler.codes import ErrorCode
from hatch_flyte.rules.compiler.condition import validate_boolean_expression
from hatch_flyte.rules.compiler.interface import underlying_interface
from hatch_flyte.rules.compiler.vars import effective_outputs
from hatch_flyte.wire.connections import END_NODE, START_NODE

if TYPE_CHECKING:
    from hatch_flyte.rules.compiler.builders import NodeBuilder, WorkflowBuilder
    from hatch_flyte.rules.compiler.errors import CompileErrors


def validate_node(workflow: WorkflowBuilder, node: NodeBuilder, errors: CompileErrors) -> None:
    """Check a node but for its bindings, unless it is inside of a branch (`ValidateNode`)."""
    if not node.id:
        errors.value_required("<node>", "Id")
    if node.id in {START_NODE, END_NODE}:
        return
    if underlying_interface(workflow, node, errors.scope()) is not None:
        effective_outputs(node, errors.scope())
    target = node.message
    if target.HasField("branch_node"):
        inside = errors.scope()
        _branch_node(workflow, node, inside)
        for case in cases(node) if not inside.has_errors else ():
            add_edges(workflow, case, EdgeDirection.UPSTREAM, errors.scope())
    elif target.workflow_node.HasField("sub_workflow_ref"):
        workflow.sub_workflows.compile(target.workflow_node.sub_workflow_ref, errors.scope())


def _branch_node(workflow: WorkflowBuilder, node: NodeBuilder, errors: CompileErrors) -> None:
    """Check a branch's conditions, then the nodes that it chooses from (`ValidateBranchNode`)."""
    block = node.message.branch_node.if_else
    if not block.HasField("case"):
        validate_boolean_expression(node, None, errors)
    for one in blocks(node):
        validate_boolean_expression(node, one.condition if one.HasField("condition") else None, errors.scope())
        if not one.HasField("then_node"):
            errors.collect(ErrorCode.BRANCH_NODE_ID_NOT_FOUND, node.id, "BranchNode not assigned")
    if not (block.HasField("else_node") or block.HasField("error")):
        text = "Branch Node must have either the else case set or a default error."
        errors.collect(ErrorCode.BRANCH_NODE_HAS_NO_DEFAULT, node.id, text)
    for case in cases(node):
        validate_node(workflow, case, errors.scope())
