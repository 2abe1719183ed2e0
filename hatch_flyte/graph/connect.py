"""Which node of a workflow comes after which.

As the control plane's compiler has it: by promises, by what a node is told to wait for, and by what nothing waits for.
Two things are left out, since they would hide the rest: a tie to the start for nodes that wait for another node, and
what lies inside of a node, which is that node's own business.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hatch_flyte.graph.model import Edge, EdgeKind
from hatch_flyte.wire.connections import END_NODE, START_NODE, promises
from hatch_flyte.wire.nodes import nested_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flyteidl.core.literals_pb2 import Binding
    from flyteidl.core.workflow_pb2 import Node


def connected(nodes: Mapping[str, Node], outputs: Iterable[Binding]) -> Iterator[Edge]:
    """Yield the edges among `nodes`, by identifier, from the start and to the end, which `outputs` are bound to.

    What names a node that is not there gives no edge, and no node waits for itself.
    """
    followed: set[str] = set()
    for target, node in nodes.items():
        passed = _passed(one for inner in nested_nodes(node) for one in inner.inputs)
        sources = {one: passed.get(one, ()) for one in (*passed, *node.upstream_node_ids) if one != target}
        sources = {one: names for one, names in sources.items() if one in nodes}
        followed.update(sources)
        for source, names in sources.items():
            yield Edge(source, target, EdgeKind.DATA if names else EdgeKind.ORDER, names)
        if not sources:
            names = passed.get(START_NODE, ())
            yield Edge(START_NODE, target, EdgeKind.DATA if names else EdgeKind.TIE, names)
    passed = _passed(outputs)
    for source in nodes:
        if source in passed:
            yield Edge(source, END_NODE, EdgeKind.DATA, passed[source])
        elif source not in followed:
            yield Edge(source, END_NODE, EdgeKind.TIE)
    if not nodes:
        yield Edge(START_NODE, END_NODE, EdgeKind.TIE)


def _passed(bindings: Iterable[Binding]) -> dict[str, tuple[str, ...]]:
    """Return the names that are bound to each node's outputs, in their order, each once."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for binding in bindings:
        for promise in promises(binding.binding):
            found[promise.node_id or START_NODE][binding.var] = None
    return {source: tuple(names) for source, names in found.items()}
