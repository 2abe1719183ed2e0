"""The edges of a compiled workflow, and the promises that make most of them.

Knows nothing of embedded workflows or tasks.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from flyteidl.core.compiler_pb2 import ConnectionSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flyteidl.core.literals_pb2 import Binding, BindingData, OutputReference
    from flyteidl.core.workflow_pb2 import Node

START_NODE: Final = "start-node"
"""The node that stands for a workflow's inputs."""
END_NODE: Final = "end-node"
"""The node that stands for a workflow's outputs."""


class Connections:
    """Which node follows which, as propeller's compiler notes it."""

    def __init__(self) -> None:
        self._upstream: defaultdict[str, set[str]] = defaultdict(set)
        self._downstream: defaultdict[str, set[str]] = defaultdict(set)

    def bind(self, node_id: str, bindings: Iterable[Binding], *, downstream: bool = False) -> None:
        """Let every promise in `bindings` name its node, and note an edge from that node to `node_id`.

        A promise without a node is one of a workflow's input. Only top-level nodes are noted as `downstream`; nodes
        inside a branch and the failure node are not.
        """
        for binding in bindings:
            for promise in promises(binding.binding):
                promise.node_id = promise.node_id or START_NODE
                self._upstream[node_id].add(promise.node_id)
                if downstream:
                    self._downstream[promise.node_id].add(node_id)

    def add_node(self, node: Node) -> None:
        """Note the edges of a top-level node: what it waits for, known or not, and what its inputs promise."""
        for upstream in node.upstream_node_ids:
            self._add(upstream or START_NODE, node.id)
        self.bind(node.id, node.inputs, downstream=True)

    def add_orphans(self, nodes: Mapping[str, Node]) -> None:
        """Tie nodes that wait for nothing to the start-node, and those that nothing waits for to the end-node."""
        for node_id in nodes:
            if node_id not in self._upstream:
                self._add(START_NODE, node_id)
            if node_id not in self._downstream:
                self._add(node_id, END_NODE)

    def to_message(self) -> ConnectionSet:
        """Return the edges, identifiers sorted."""
        return ConnectionSet(
            downstream={one: ConnectionSet.IdList(ids=sorted(ids)) for one, ids in self._downstream.items()},
            upstream={one: ConnectionSet.IdList(ids=sorted(ids)) for one, ids in self._upstream.items()},
        )

    def _add(self, upstream: str, downstream: str) -> None:
        self._upstream[downstream].add(upstream)
        self._downstream[upstream].add(downstream)


def promises(data: BindingData) -> Iterator[OutputReference]:
    """Yield every promise in what an input is bound to, in its order."""
    value = data.WhichOneof("value")
    if value == "promise":
        yield data.promise
    elif value == "collection":
        for one in data.collection.bindings:
            yield from promises(one)
    elif value == "map":
        for one in data.map.bindings.values():
            yield from promises(one)
