"""The graph of a workflow's protobuf.

Owns which nodes a workflow is shown with, and what becomes of workflows that embed each other. Never fails, whatever
the workflow: one that no control plane takes has a graph too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from hatch_flyte.entity import Kind
from hatch_flyte.graph.connect import connected
from hatch_flyte.graph.model import ON_FAILURE, Edge, EdgeKind, Graph, GraphNode, NodeKind
from hatch_flyte.wire.connections import END_NODE, START_NODE
from hatch_flyte.wire.messages import to_bytes
from hatch_flyte.wire.nodes import reference
from hatch_flyte.wire.references import of_kind
from hatch_flyte.words import array_words, binding_words, condition_words, duration_words, type_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flyteidl.admin.workflow_pb2 import WorkflowSpec
    from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
    from flyteidl.core.workflow_pb2 import BranchNode, GateNode, Node, WorkflowTemplate

DEEPEST: Final = 6
"""Levels of graphs inside of nodes. What lies deeper is a node that says it is not opened."""
MOST_OPENED: Final = 400
"""Nodes of a graph, beyond which no more embedded workflows are opened: they can double with each level."""
MOST_INPUTS: Final = 40
"""Inputs of a node that are said."""
NOT_OPENED: Final = "not opened"


def workflow_graph(spec: WorkflowSpec) -> Graph:
    """Return the graph of a workflow as it was sent."""
    return _Opener(spec.sub_workflows).workflow(spec.template)


def closure_graph(closure: CompiledWorkflowClosure) -> Graph:
    """Return the graph of a workflow as the control plane answers with it: compiled."""
    return _Opener(one.template for one in closure.sub_workflows).workflow(closure.primary.template)


class _Opener:
    """Makes one graph; counts its nodes, and knows which workflows it is inside of."""

    def __init__(self, embedded: Iterable[WorkflowTemplate]) -> None:
        self._embedded = {to_bytes(template.id): template for template in embedded}
        self._count = 0
        self._around: list[bytes] = []

    def workflow(self, template: WorkflowTemplate) -> Graph:
        """Return the graph of a template, from its start to its end."""
        sent: dict[str, Node] = {}
        for node in template.nodes:
            if node.id not in {START_NODE, END_NODE}:
                # A second node of the same identifier is dropped by the control plane.
                sent.setdefault(node.id, node)
        self._count += len(sent)
        nodes = [self._node(node) for node in sent.values()]
        if template.HasField("failure_node") and template.failure_node.id not in sent:
            nodes.append(replace(self._node(template.failure_node), role=ON_FAILURE))
        start = GraphNode(START_NODE, NodeKind.START)
        end = GraphNode(END_NODE, NodeKind.END, inputs=_bound(template.outputs))
        return Graph((start, *nodes, end), tuple(connected(sent, template.outputs)))

    def _node(self, node: Node) -> GraphNode:
        bare = GraphNode(node.id, *_kind_and_name(node), inputs=_bound(node.inputs))
        field = node.WhichOneof("target")
        if field == "array_node":
            inner = self._node(node.array_node.node)
            return replace(inner, id=node.id, inputs=bare.inputs, many=True, note=array_words(node.array_node))
        if field == "branch_node":
            return self._opened(bare, None, lambda: self._cases(node.branch_node))
        if field == "gate_node":
            return _gate(node.gate_node, bare)
        return self._running(node, bare)

    def _running(self, node: Node, bare: GraphNode) -> GraphNode:
        """Return `bare` with the entity that `node` runs, and the graph of that if it is an embedded workflow."""
        runs = reference(node)
        if runs is None:
            return bare
        if bare.kind is not NodeKind.WORKFLOW:
            return replace(bare, entity=of_kind(Kind(bare.kind.value), runs))
        key = to_bytes(runs)
        named = replace(bare, entity=of_kind(Kind.WORKFLOW, runs))
        if key not in self._embedded:
            return named
        template = self._embedded[key]
        if key in self._around or self._count + len(template.nodes) > MOST_OPENED:
            return replace(named, note=NOT_OPENED)
        return self._opened(named, key, lambda: self.workflow(template))

    def _opened(self, node: GraphNode, key: bytes | None, inside: Any) -> GraphNode:
        if len(self._around) >= DEEPEST:
            return replace(node, note=NOT_OPENED)
        self._around.append(key or b"")
        try:
            return replace(node, inside=inside())
        finally:
            self._around.pop()

    def _cases(self, branch: BranchNode) -> Graph:
        choice = GraphNode(START_NODE, NodeKind.CHOICE)
        nodes = {choice.id: choice}
        for place, case in enumerate(self._each_case(branch)):
            # Nothing keeps the nodes of two cases from having one identifier.
            key = case.id if case.id and case.id not in nodes else f"{case.id} #{place}".lstrip()
            nodes[key] = replace(case, id=key)
        return Graph(
            tuple(nodes.values()), tuple(Edge(choice.id, one, EdgeKind.CASE) for one in nodes if one != choice.id)
        )

    def _each_case(self, branch: BranchNode) -> Iterator[GraphNode]:
        block = branch.if_else
        field: Any = block.WhichOneof("default")
        cases = [("if", block.case), *(("else if", one) for one in block.other)]
        self._count += len(cases) + bool(field)
        for word, case in cases:
            yield replace(self._node(case.then_node), role=f"{word} {condition_words(case.condition)}")
        if field == "else_node":
            yield replace(self._node(block.else_node), role="else")
        elif field == "error":
            yield GraphNode("", NodeKind.ERROR, block.error.message, role="else")


def _bound(bindings: Iterable[Any]) -> tuple[str, ...]:
    """Return what inputs are bound to, the first `MOST_INPUTS`."""
    words: list[str] = []
    for one in bindings:
        if len(words) == MOST_INPUTS:
            return (*words, "…")
        words.append(f"{one.var} = {binding_words(one.binding)}")
    return tuple(words)


def _gate(gate: GateNode, bare: GraphNode) -> GraphNode:
    condition = gate.WhichOneof("condition")
    if condition == "sleep":
        return replace(bare, kind=NodeKind.SLEEP, name=duration_words(gate.sleep.duration))
    if condition == "approve":
        return replace(bare, kind=NodeKind.APPROVAL, name=gate.approve.signal_id)
    if condition == "signal":
        return replace(bare, kind=NodeKind.INPUT, name=gate.signal.signal_id, note=type_words(gate.signal.type))
    return bare


def _kind_and_name(node: Node) -> tuple[NodeKind, str]:
    runs = reference(node)
    if runs is None:
        return NodeKind.CONDITION if node.HasField("branch_node") else NodeKind.OTHER, node.metadata.name
    if node.HasField("task_node"):
        return NodeKind.TASK, runs.name
    return NodeKind.WORKFLOW if node.workflow_node.HasField("sub_workflow_ref") else NodeKind.LAUNCH_PLAN, runs.name
