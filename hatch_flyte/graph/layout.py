"""Where everything in a graph is drawn: boxes, and the curves between them.

The one place that knows pygraphviz, whose wheels bring Graphviz (the extra `graph`). Graphviz's `dot` lays out one
level at a time, from the inside out: a node with a graph inside of it is one box of that graph's size. So no edge
crosses a frame that it has no business in. Graphviz is given sizes and numbers, never a text from anywhere.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from hatch_flyte.errors import GraphError
from hatch_flyte.graph.label import STACK, Label, Line, label
from hatch_flyte.graph.model import ON_FAILURE, NodeKind
from hatch_flyte.graph.tangle import needed_edges, passed_levels
from hatch_flyte.graph.text import CODE, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_flyte.graph.model import Edge, Graph, GraphNode

MOST_NODES: Final = 500
MOST_EDGES: Final = 1000
"""Of one level. Time grows faster than they do, and nobody can read such a picture."""
MOST_PASSED: Final = 1500
MOST_PASSED_NEEDED: Final = 4000
"""Levels that edges pass together: before those are left out that follow from others, and after."""
MOST_PASSED_NAMED: Final = 400
"""The same, up to which names are written beside edges: they need room on every level."""
MARGIN: Final = 16
"""Between a frame and what is inside of it."""

MOST_BESIDE: Final = 120
"""Pixels of what is written beside an edge."""

_TREE: Final = "Look at it as a tree."
_INCH: Final = 72
"""Graphviz takes sizes in inches of 72 points; a point is a pixel here."""
_HEAD: Final = (
    "digraph {",
    f'graph [nodesep="{26 / _INCH:.4f}" ranksep="{38 / _INCH:.4f}"]',
    'node [shape="box" fixedsize="true" label=""]',
    'edge [arrowsize="0.7"]',
)
_ONE_AT_A_TIME: Final = threading.Lock()
"""Graphviz keeps what it works on in variables of the process."""
_SHAPES: Final = {NodeKind.START: "circle", NodeKind.END: "circle", NodeKind.CHOICE: "diamond"}


@dataclass(frozen=True, slots=True)
class Point:
    """A place in pixels, to the right and down from the upper left corner of its layout."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """A node with its place."""

    node: GraphNode
    label: Label
    corner: Point
    """The upper left one."""
    width: float
    height: float
    inside: Layout | None = None
    """The graph inside of it, which begins `start` to the right and down of the corner."""
    start: Point = Point(0, 0)


@dataclass(frozen=True, slots=True)
class Curve:
    """An edge with its place."""

    edge: Edge
    points: tuple[Point, ...]
    """A cubic Bézier spline: a point, then three for each piece."""
    tip: Point
    """Where its arrow points to: on the border of the target."""
    names: Line | None = None
    """What is written beside it, if there is room for it."""
    middle: Point | None = None
    """Of that text."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A graph with its place."""

    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    width: float
    height: float
    left_out: int = 0
    """How many edges are not drawn, since they follow from others and would hide all else."""


def laid_out(graph: Graph) -> Layout:
    """Return `graph` with a place for everything.

    A graph that is entangled is drawn without the edges that follow from others.
    Raises `GraphError` where it is too large to be drawn, and where pygraphviz is missing.
    """
    shown = _bounded(graph)
    boxes = [_box(node) for node in graph.nodes]
    roomy = passed_levels(shown, shown.edges) <= MOST_PASSED_NAMED
    lines = [_beside(edge) if roomy else None for edge in shown.edges]
    # Graphviz balances a picture for as long as it finds something: with many edges, for minutes.
    hurry = [] if roomy else ['graph [nslimit="2"]']
    placed = _placed(shown, boxes, lines, _dot("\n".join([*_HEAD, *hurry, *_program(shown, boxes, lines)])))
    return replace(placed, left_out=len(graph.edges) - len(shown.edges))


def _bounded(graph: Graph) -> Graph:
    """Return what is drawn of a graph: all of it, or without the edges that follow from others."""
    nodes, edges = len(graph.nodes), len(graph.edges)
    if nodes > MOST_NODES or edges > MOST_EDGES:
        got = f"at most {MOST_NODES} nodes and {MOST_EDGES} edges on one level (got {nodes} and {edges})"
        raise GraphError(f"graph: expected {got}", hint=_TREE)
    if passed_levels(graph, graph.edges) <= MOST_PASSED:
        return graph
    needed = replace(graph, edges=needed_edges(graph))
    passed = passed_levels(needed, needed.edges)
    if passed > MOST_PASSED_NEEDED:
        got = f"edges that pass at most {MOST_PASSED_NEEDED} levels together (got {passed})"
        raise GraphError(f"graph: expected {got}", hint=_TREE)
    return needed


def _box(node: GraphNode) -> Box:
    """Return the box of a node, made for its texts and for what is inside of it; it has no place yet."""
    said = label(node)
    origin = Point(0, 0)
    if node.inside is None:
        return Box(node, said, origin, said.width + STACK * node.many, said.height + STACK * node.many)
    inside = laid_out(node.inside)
    width = max(said.width, inside.width + 2 * MARGIN)
    start = Point((width - inside.width) / 2, said.height)
    more = STACK * node.many
    return Box(node, said, origin, width + more, said.height + inside.height + MARGIN + more, inside, start)


def _beside(edge: Edge) -> Line | None:
    """Return the names that are written beside an edge; None of those that are too long."""
    names = visible(", ".join(edge.names))
    return Line(names, CODE) if names and CODE.width(names) <= MOST_BESIDE else None


def _program(graph: Graph, boxes: Sequence[Box], lines: Sequence[Line | None]) -> Iterator[str]:
    """Yield the graph in Graphviz's language, after its head; a node is called by its number."""
    number = {node.id: place for place, node in enumerate(graph.nodes)}
    for place, box in enumerate(boxes):
        size = f'width="{box.width / _INCH:.4f}" height="{box.height / _INCH:.4f}"'
        yield f'{place} [{size} shape="{_SHAPES.get(box.node.kind, "box")}"]'
    for place, (edge, line) in enumerate(zip(graph.edges, lines, strict=True)):
        room = f" label={_room(line)}" if line else ""
        yield f'{number[edge.source]} -> {number[edge.target]} [id="{place}"{room}]'
    last = [place for place, node in enumerate(graph.nodes) if node.kind is NodeKind.END or node.role == ON_FAILURE]
    if len(last) > 1:
        yield f"{{ rank=max; {'; '.join(map(str, last))} }}"
    yield "}"


def _room(line: Line) -> str:
    """Return an empty label of a line's size."""
    size = f'WIDTH="{line.width + 8:.0f}" HEIGHT="{line.font.size + 5}"'
    return f'<<TABLE BORDER="0" CELLPADDING="0" CELLSPACING="0" FIXEDSIZE="TRUE" {size}><TR><TD></TD></TR></TABLE>>'


def _dot(program: str) -> dict[str, Any]:
    """Return what Graphviz makes of a program: its JSON, of form `json0`."""
    try:
        from pygraphviz import AGraph
    except ImportError as missing:
        raise GraphError(
            "graph: pygraphviz not installed", hint="Install it with: pip install 'hatch-flyte[graph]'"
        ) from missing
    with _ONE_AT_A_TIME:
        drawn = AGraph(string=program).draw(format="json0", prog="dot")
    return cast("dict[str, Any]", json.loads(drawn))


def _placed(graph: Graph, boxes: Sequence[Box], lines: Sequence[Line | None], drawn: dict[str, Any]) -> Layout:
    _, _, width, height = _numbers(drawn["bb"])

    def point(words: str) -> Point:
        x, y = _numbers(words)
        return Point(x, height - y)  # Graphviz counts upwards

    centres = {one["name"]: point(one["pos"]) for one in drawn["objects"] if "pos" in one}
    placed = [_centred(box, centres[str(place)]) for place, box in enumerate(boxes)]
    curves: dict[int, Curve] = {}
    for one in drawn.get("edges", []):
        place = int(one["id"])
        if "pos" not in one:
            # Graphviz can lose an edge between boxes that nearly touch, and says so on standard error.
            continue
        tip, *points = one["pos"].removeprefix("e,").split()
        middle = point(one["lp"]) if lines[place] else None
        curves[place] = Curve(graph.edges[place], tuple(map(point, points)), point(tip), lines[place], middle)
    by_id = {box.node.id: box for box in placed}
    found = (curves.get(place) or _straight(edge, by_id) for place, edge in enumerate(graph.edges))
    return Layout(tuple(placed), tuple(found), width, height)


def _straight(edge: Edge, boxes: dict[str, Box]) -> Curve:
    """Return a straight line from the lower border of a box to the upper one of the other."""
    source, target = boxes[edge.source], boxes[edge.target]
    start = Point(source.corner.x + source.width / 2, source.corner.y + source.height)
    tip = Point(target.corner.x + target.width / 2, target.corner.y)
    return Curve(edge, (start, start, tip, tip), tip)


def _centred(box: Box, centre: Point) -> Box:
    return replace(box, corner=Point(centre.x - box.width / 2, centre.y - box.height / 2))


def _numbers(words: str) -> list[float]:
    return [float(one) for one in words.split(",")]
