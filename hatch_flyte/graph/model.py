"""What a graph is: nodes, the edges between them, and graphs inside of nodes.

Frozen values, which know neither protobufs nor pictures. Texts stand in them as they came: untrusted, of any length.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_flyte.entity import Identifier

ON_FAILURE: Final = "on failure"
"""The role of the node that runs when its workflow fails."""


class NodeKind(enum.Enum):
    """What a node is; the value is the word that a picture shows."""

    START = "start"
    END = "end"
    TASK = "task"
    WORKFLOW = "workflow"
    LAUNCH_PLAN = "launch plan"
    CONDITION = "condition"
    CHOICE = "choice"
    """Inside a condition: where its cases begin."""
    APPROVAL = "approval"
    INPUT = "wait for input"
    SLEEP = "sleep"
    ERROR = "fails"
    """The case of a condition that fails with a message."""
    OTHER = "node"
    """A node that says not what it runs, or in a way that is not known here."""


class EdgeKind(enum.Enum):
    """Why one node comes after another."""

    DATA = "data"
    ORDER = "order"
    """Nothing is passed: it only has to wait."""
    TIE = "tie"
    """From the start to a node that waits for no other, or to the end from one that no other waits for."""
    CASE = "case"
    """From a condition's beginning to what it chooses from."""


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node of a graph, and the graph inside of it."""

    id: str
    """Its identifier in the workflow; unique among the nodes of one graph."""
    kind: NodeKind
    name: str = ""
    """What it runs: an entity's name, a condition's, a signal's, `30s` of a sleep."""
    note: str = ""
    """What else is to be said of it in a few words: `2 at once`, `not opened`, the type of a signal."""
    role: str = ""
    """When it runs, if not always: `if n0.o0 > 3`, `else`, `on failure`."""
    inputs: tuple[str, ...] = ()
    """What its inputs are bound to: `a = n0.o0`."""
    many: bool = False
    """Whether it runs once for each element of a list."""
    entity: Identifier | None = None
    """The entity that it runs, as far as the protobuf names it; None for nodes that run none."""
    inside: Graph | None = None
    """What it runs in turn, if that is shown."""


@dataclass(frozen=True, slots=True)
class Edge:
    """That a node comes after another one."""

    source: str
    target: str
    kind: EdgeKind = EdgeKind.DATA
    names: tuple[str, ...] = ()
    """The inputs that are passed, by the target's names; those of the workflow's outputs where it ends."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges of one level; every edge's ends are among the nodes."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[Edge, ...] = ()

    def all_nodes(self) -> Iterator[GraphNode]:
        """Yield every node, each before those inside of it."""
        for node in self.nodes:
            yield node
            if node.inside is not None:
                yield from node.inside.all_nodes()
