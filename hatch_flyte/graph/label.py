"""What is written on a node, and the room that it takes.

All lengths are pixels. Every text is measured before anything has its place, so that boxes are made for their texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hatch_flyte.graph.model import NodeKind
from hatch_flyte.graph.text import CODE, NAME, PLAIN, Font, fitted, visible

if TYPE_CHECKING:
    from hatch_flyte.graph.model import GraphNode

WIDEST: Final = 260
"""Of a node's text; what is longer is shortened in its middle."""
NARROWEST: Final = 110
PADDING: Final = 12
ICON: Final = 28
ROLE: Final = 22
"""Height of the strip that says when a node runs."""
NODE: Final = 50
HEADER: Final = 38
"""Height of the head of a node with a graph inside."""
STACK: Final = 5
"""How far the second sheet of a node that runs many times stands out."""
DOT: Final = 14
CHOICE: Final = 22

_BETWEEN: Final = " · "
_LEAST_MODULE: Final = 60
"""Pixels of a module's name below which it says nothing."""
_ENDS: Final = {NodeKind.START: DOT, NodeKind.END: DOT, NodeKind.CHOICE: CHOICE}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, fitted."""

    text: str
    font: Font

    @property
    def width(self) -> float:
        """The most pixels that it needs."""
        return self.font.width(self.text)


NOTHING: Final = Line("", PLAIN)


@dataclass(frozen=True, slots=True)
class Label:
    """A node's texts, and the least size of its box."""

    name: Line
    about: Line
    role: Line
    width: float
    height: float


def label(node: GraphNode) -> Label:
    """Return what is written on a node."""
    if size := _ENDS.get(node.kind):
        return Label(NOTHING, NOTHING, NOTHING, size, size)
    name = _line(short_name(node) or node.kind.value, NAME)
    about = _about(node)
    role = _line(node.role, CODE, WIDEST + ICON) if node.role else NOTHING
    beside = ICON + PADDING * 3 - 4
    width = max(NARROWEST, name.width + beside, about.width + beside, role.width + PADDING * 2)
    if node.inside is not None:
        width = max(width, name.width + about.width + beside + PADDING)
    height = (ROLE if node.role else 0) + (HEADER if node.inside is not None else NODE)
    return Label(name, about, role, width, height)


def short_name(node: GraphNode) -> str:
    """Return a name without the module that it is in: Flyte's names of entities have both."""
    return node.name.rpartition(".")[2] if node.entity is not None else node.name


def words(node: GraphNode) -> str:
    """Return all that a picture can tell of a node, on lines: for those who point at it, or hear it read."""
    kind = f"map over {node.kind.value}" if node.many else node.kind.value
    facts = [f"{kind} {node.name}".rstrip(), node.note, f"node {node.id}", node.role]
    return "\n".join(visible(one) for one in (*facts, *node.inputs) if one)


def _about(node: GraphNode) -> Line:
    """Return the second line: identifier, kind, note, and of the module as much as there is room for."""
    kind = f"map of {node.kind.value}" if node.many else node.kind.value
    named = kind if short_name(node) else ""
    start = _line(
        _BETWEEN.join(filter(None, ("" if node.kind is NodeKind.ERROR else node.id, named, node.note))), PLAIN
    )
    module = node.name.rpartition(".")[0] if node.entity is not None else ""
    left = WIDEST - start.width - PLAIN.width(_BETWEEN)
    if not module or left < _LEAST_MODULE:
        return start
    return Line(f"{start.text}{_BETWEEN}{fitted(visible(module), PLAIN, left)}", PLAIN)


def _line(text: str, font: Font, width: float = WIDEST) -> Line:
    return Line(fitted(visible(text), font, width), font)
