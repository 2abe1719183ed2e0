"""A workflow's nodes as a tree: what runs, under which condition, and what it runs in turn.

Pure values, for any renderer. Embedded workflows are opened once, so that a tree is no larger than its protobuf.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hatch_flyte.wire.messages import to_bytes
from hatch_flyte.words import condition_words, node_words, reference_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyteidl.admin.workflow_pb2 import WorkflowSpec
    from flyteidl.core.workflow_pb2 import IfElseBlock, Node, WorkflowTemplate

DEEPEST: Final = 50
"""Levels of a tree. Workflows can embed each other until every stack is full."""


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A node, and those inside of it."""

    runs: str
    """What it runs: `task acme.double`, `condition`, `sleep 30s`."""
    id: str = ""
    """The node's identifier; empty for the workflow itself."""
    role: str = ""
    """When it runs, if not always: `if n0.o0 > 3`, `else`, `on failure`."""
    nodes: tuple[TreeNode, ...] = ()

    def __str__(self) -> str:
        words = f"{self.id}  {self.runs}" if self.id else self.runs
        return f"{self.role}: {words}" if self.role else words

    def to_json(self) -> dict[str, object]:
        """Return the node as JSON values: `id`, `runs`, `role` and `nodes`."""
        return {
            "id": self.id,
            "runs": self.runs,
            "role": self.role,
            "nodes": [node.to_json() for node in self.nodes],
        }


def node_tree(spec: WorkflowSpec) -> TreeNode:
    """Return the tree of a workflow; what lies deeper than `DEEPEST` is left out, and `…` stands for it."""
    grower = _Grower({to_bytes(template.id): template for template in spec.sub_workflows})
    nodes = tuple(grower.nodes(spec.template, 1))
    return TreeNode(f"workflow {reference_words(spec.template.id)}", nodes=nodes)


class _Grower:
    """Makes one tree; knows which embedded workflows it has not opened yet."""

    def __init__(self, embedded: dict[bytes, WorkflowTemplate]) -> None:
        self._embedded = embedded

    def nodes(self, template: WorkflowTemplate, depth: int) -> Iterator[TreeNode]:
        for node in template.nodes:
            yield self._node(node, depth)
        if template.HasField("failure_node"):
            yield self._node(template.failure_node, depth, "on failure")

    def _node(self, node: Node, depth: int, role: str = "") -> TreeNode:
        return TreeNode(node_words(node), node.id, role, tuple(self._inside(node, depth + 1)))

    def _inside(self, node: Node, depth: int) -> Iterator[TreeNode]:
        field = node.WhichOneof("target")
        runs = node.workflow_node.sub_workflow_ref if node.workflow_node.HasField("sub_workflow_ref") else None
        embedded = self._embedded.pop(to_bytes(runs), None) if runs is not None else None
        if depth > DEEPEST and (embedded is not None or field in {"branch_node", "array_node"}):
            yield TreeNode("…")
        elif embedded is not None:
            yield from self.nodes(embedded, depth)
        elif field == "branch_node":
            yield from self._cases(node.branch_node.if_else, depth)
        elif field == "array_node":
            yield from self._inside(node.array_node.node, depth)

    def _cases(self, block: IfElseBlock, depth: int) -> Iterator[TreeNode]:
        for word, case in [("if", block.case), *(("else if", one) for one in block.other)]:
            yield self._node(case.then_node, depth, f"{word} {condition_words(case.condition)}")
        field: Any = block.WhichOneof("default")
        if field == "else_node":
            yield self._node(block.else_node, depth, "else")
        elif field == "error":
            yield TreeNode(f"fails: {block.error.message}", role="else")
