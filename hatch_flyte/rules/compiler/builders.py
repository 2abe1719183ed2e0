"""What the compiler knows of a workflow and its nodes while it goes through them: propeller's `builders.go`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Literal, Protocol

from hatch_flyte.wire.connections import START_NODE

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from flyteidl.core.identifier_pb2 import Identifier
    from flyteidl.core.interface_pb2 import TypedInterface, VariableMap
    from flyteidl.core.types_pb2 import LiteralType
    from flyteidl.core.workflow_pb2 import Node, WorkflowTemplate

    from hatch_flyte.rules.compiler.errors import CompileError, CompileErrors
    from hatch_flyte.rules.compiler.references import LaunchPlanInterface, Lookup
    from hatch_flyte.rules.compiler.requirements import Key
    from hatch_flyte.rules.compiler.typing import Casts

Variables = dict[str, "LiteralType | None"]
"""Types of inputs or outputs by their names; None where the type isn't set, or isn't known."""


@dataclass(frozen=True, slots=True)
class Interface:
    """What a node takes and gives."""

    inputs: Variables = field(default_factory=dict)
    outputs: Variables = field(default_factory=dict)
    known: bool = True
    """Whether it is; else anything may be bound to it and promised by it."""


def typed_interface(interface: TypedInterface) -> Interface:
    """Return an interface as the compiler looks at it."""
    return Interface(variables(interface.inputs), variables(interface.outputs))


def variables(given: VariableMap) -> Variables:
    """Return variables by their names."""
    return {name: one.type if one.HasField("type") else None for name, one in given.variables.items()}


class NodeBuilder:
    """A node, and what was found out about it."""

    __slots__ = ("id", "inner", "interface", "message", "outputs")

    def __init__(self, message: Node, interface: Interface | None = None) -> None:
        self.message = message
        self.id: str = message.id
        """Its identifier, which changes for nodes inside of branches."""
        self.interface = interface
        """None until it is known, and where something is wrong with it."""
        self.inner: dict[Hashable, NodeBuilder] = {}
        self.outputs: tuple[Variables, list[CompileError]] | None = None
        """Its outputs under their aliases, and what is wrong with these, once that was asked for."""

    @property
    def prefix(self) -> str:
        """What messages put before the names of its variables."""
        return f"{self.message.metadata.name}." if self.message.HasField("metadata") else ""

    def rename(self, name: str) -> None:
        """Give it another identifier, in its message too: the next time it is compiled, it starts from there."""
        self.id = self.message.id = name

    def inside(self, place: Hashable, message: Node) -> NodeBuilder:
        """Return the node that stands at a place inside of this one, always the same (`GetOrCreateNodeBuilder`)."""
        if place not in self.inner:
            self.inner[place] = NodeBuilder(message)
        return self.inner[place]


class EdgeDirection(Enum):
    """Which edges a binding makes."""

    BIDIRECTIONAL = "bidirectional"
    UPSTREAM = "upstream"
    """For nodes inside of branches, for failure nodes, and for what a branch or a gate looks at."""


class SubWorkflows(Protocol):
    """The workflows that are embedded in the one that is compiled."""

    def interface(self, identifier: Identifier) -> Interface | Literal[Lookup.MISSING] | None:
        """Return the interface of one of them; None if it has none."""

    def compile(self, identifier: Identifier, errors: CompileErrors) -> bool:
        """Collect what is wrong with one of them; return whether there is such a one."""


@dataclass(slots=True)
class WorkflowBuilder:
    """A workflow that is being compiled."""

    template: WorkflowTemplate
    tasks: Mapping[Key, Interface | Lookup]
    launch_plans: Mapping[Key, LaunchPlanInterface | Lookup]
    sub_workflows: SubWorkflows
    casts: Casts
    nodes: dict[str, NodeBuilder] = field(default_factory=dict)
    """Nodes that promises may name, so far."""
    upstream: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    downstream: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add_edge(self, provider: str, dependent: str, direction: EdgeDirection) -> None:
        """Note that a node waits for another one; one without a name is taken for the start."""
        provider = provider or START_NODE
        self.upstream[dependent].add(provider)
        if direction is EdgeDirection.BIDIRECTIONAL:
            self.downstream[provider].add(dependent)
