"""Walking through workflows: every node, wherever it stands, and the reference in it.

Owns where nodes can hide (branches, array nodes, failure nodes, embedded workflows; flytectl and the control plane's
compiler go through the same places). Knows nothing of what is done with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyteidl.admin.workflow_pb2 import WorkflowSpec
    from flyteidl.core.identifier_pb2 import Identifier
    from flyteidl.core.workflow_pb2 import BranchNode, Node, WorkflowTemplate


def templates(spec: WorkflowSpec) -> Iterator[WorkflowTemplate]:
    """Yield the workflow's own template, then those embedded in it, in their order."""
    yield spec.template
    yield from spec.sub_workflows


def template_nodes(template: WorkflowTemplate) -> Iterator[Node]:
    """Yield every node of a template, each before those inside of it, the failure node's last."""
    for node in template.nodes:
        yield from nested_nodes(node)
    if template.HasField("failure_node"):
        yield from nested_nodes(template.failure_node)


def nested_nodes(node: Node) -> Iterator[Node]:
    """Yield `node` and every node inside of it, depth first."""
    yield node
    if node.HasField("branch_node"):
        for case in branch_cases(node.branch_node):
            yield from nested_nodes(case)
    elif node.HasField("array_node") and node.array_node.HasField("node"):
        yield from nested_nodes(node.array_node.node)


def branch_cases(branch: BranchNode) -> list[Node]:
    """Return the nodes that a branch chooses from: then, each else-if, else; those that are there."""
    block = branch.if_else
    blocks = [block.case, *block.other]
    cases = [one.then_node for one in blocks if one.HasField("then_node")]
    return [*cases, block.else_node] if block.HasField("else_node") else cases


def reference(node: Node) -> Identifier | None:
    """Return the identifier of the task, launch plan or embedded workflow that a node runs; None for other nodes."""
    holder, field = node.task_node, "reference_id"
    if node.HasField("workflow_node"):
        holder, field = node.workflow_node, node.workflow_node.WhichOneof("reference") or "launchplan_ref"
    return getattr(holder, field) if holder.HasField(field) else None
