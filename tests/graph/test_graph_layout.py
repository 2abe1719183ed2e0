from __future__ import annotations

import itertools
import math
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from graph.support_graphs import graphs, nested_workflow
from hypothesis import HealthCheck, given, settings

from hatch_flyte.errors import GraphError
from hatch_flyte.graph.layout import MOST_EDGES, MOST_NODES, Box, Layout, Point, laid_out
from hatch_flyte.graph.model import Edge, Graph, GraphNode, NodeKind
from hatch_flyte.graph.svg import every_box
from hatch_flyte.graph.workflow import workflow_graph

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("pygraphviz")

NEAR = 1.0
"""Pixels: Graphviz writes five digits, and a position is half a size away from its corner."""
slow = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


def overlap(one: Box, other: Box) -> bool:
    across = min(one.corner.x + one.width, other.corner.x + other.width) - max(one.corner.x, other.corner.x)
    down = min(one.corner.y + one.height, other.corner.y + other.height) - max(one.corner.y, other.corner.y)
    return across > NEAR and down > NEAR


def distance(point: Point, box: Box) -> float:
    """How far a point is from the border of a box, from inside or outside."""
    left, top = point.x - box.corner.x, point.y - box.corner.y
    across, down, half = left - box.width / 2, top - box.height / 2, box.width / 2
    if box.node.kind in {NodeKind.START, NodeKind.END}:
        return abs(math.hypot(across, down) - half)
    if box.node.kind is NodeKind.CHOICE:
        return abs(abs(across) + abs(down) - half)
    nearest = min(left, top, box.width - left, box.height - top)
    return nearest if nearest >= 0 else -nearest


def levels(layout: Layout) -> Iterator[Layout]:
    yield layout
    for box in layout.boxes:
        if box.inside:
            yield from levels(box.inside)


def check(layout: Layout) -> None:
    for level in levels(layout):
        assert not [pair for pair in itertools.combinations(level.boxes, 2) if overlap(*pair)]
        boxes = {box.node.id: box for box in level.boxes}
        for curve in level.curves:
            assert distance(curve.tip, boxes[curve.edge.target]) <= NEAR
            assert distance(curve.points[0], boxes[curve.edge.source]) <= NEAR
            assert len(curve.points) % 3 == 1
        for box in level.boxes:
            assert min(box.corner.x, box.corner.y) >= -NEAR
            assert box.corner.x + box.width <= level.width + NEAR
            assert box.corner.y + box.height <= level.height + NEAR
            if box.inside:
                assert box.start.y >= box.label.height
                assert box.start.x + box.inside.width <= box.width
                assert box.start.y + box.inside.height <= box.height


@slow
@given(graphs())
def test_no_boxes_overlap_edges_touch_their_boxes_and_frames_hold_what_is_inside(graph: Graph) -> None:
    layout = laid_out(graph)

    check(layout)
    assert [box.node.id for box in layout.boxes] == [node.id for node in graph.nodes]
    assert [curve.edge for curve in layout.curves] == list(graph.edges)


@slow
@given(graphs())
def test_no_label_overflows_its_box(graph: Graph) -> None:
    for box in every_box(laid_out(graph)):
        name, about, role = box.label.name, box.label.about, box.label.role
        beside = name.width + about.width if box.inside else max(name.width, about.width)
        assert max(beside, role.width) <= box.width
        assert box.label.height <= box.height


@slow
@given(graphs())
def test_the_same_graph_has_the_same_layout(graph: Graph) -> None:
    assert laid_out(graph) == laid_out(graph)


@pytest.mark.parametrize("count", [5, 30, 100])
def test_workflows_nested_twice_with_branches_are_laid_out(count: int) -> None:
    layout = laid_out(workflow_graph(nested_workflow(count)))

    check(layout)
    assert sum(1 for _ in levels(layout)) >= 3
    assert sum(box.node.kind is not NodeKind.START for box in every_box(layout)) >= count


def test_what_runs_on_failure_stands_beside_the_end() -> None:
    nodes = [GraphNode(name, NodeKind.TASK) for name in "abc"]
    failing = GraphNode("f", NodeKind.TASK, role="on failure")
    end = GraphNode("e", NodeKind.END)
    graph = Graph((*nodes, failing, end), (Edge("a", "b"), Edge("b", "c"), Edge("c", "e")))

    *_, third, beside, last = laid_out(graph).boxes

    assert third.corner.y + third.height < beside.corner.y
    assert beside.corner.y + beside.height / 2 == pytest.approx(last.corner.y + last.height / 2, abs=NEAR)


def test_names_are_written_beside_an_edge_only_where_they_are_short() -> None:
    ends = (GraphNode("a", NodeKind.TASK), GraphNode("b", NodeKind.TASK))
    edge = Edge("a", "b", names=("x", "y"))

    short = laid_out(Graph(ends, (edge,))).curves[0]
    long = laid_out(Graph(ends, (replace(edge, names=("x" * 100,)),))).curves[0]

    assert short.names is not None
    assert short.names.text == "x, y"
    assert short.middle is not None
    assert (long.names, long.middle) == (None, None)


@pytest.mark.parametrize(("nodes", "edges"), [(MOST_NODES + 1, 0), (80, MOST_EDGES + 1)])
def test_what_is_too_large_to_be_drawn_is_refused(nodes: int, edges: int) -> None:
    ids = [str(number) for number in range(nodes)]
    pairs = itertools.islice(itertools.combinations(ids, 2), edges)
    graph = Graph(tuple(GraphNode(one, NodeKind.TASK) for one in ids), tuple(Edge(*pair) for pair in pairs))

    complaint = f"at most {MOST_NODES} nodes and {MOST_EDGES} edges .*got {nodes} and {edges}"
    with pytest.raises(GraphError, match=complaint):
        laid_out(graph)


def test_an_entangled_graph_is_drawn_without_the_edges_that_follow_from_others() -> None:
    ids = [str(number) for number in range(40)]
    edges = tuple(Edge(*pair) for pair in itertools.combinations(ids, 2))

    layout = laid_out(Graph(tuple(GraphNode(one, NodeKind.TASK) for one in ids), edges))

    assert [(one.edge.source, one.edge.target) for one in layout.curves] == list(itertools.pairwise(ids))
    assert layout.left_out == len(edges) - 39


def test_a_graph_that_stays_entangled_is_refused() -> None:
    length = 150
    ids = [f"a{one}" for one in range(length)] + [f"b{one}" for one in range(length)]
    accumulated = [*itertools.pairwise(ids[:length]), *zip(ids[length:], ids[:length], strict=True)]
    graph = Graph(tuple(GraphNode(one, NodeKind.TASK) for one in ids), tuple(Edge(*one) for one in accumulated))

    with pytest.raises(GraphError, match="edges that pass at most"):
        laid_out(graph)


def test_graphviz_says_nothing_of_its_own() -> None:
    script = (
        "from hatch_flyte.graph.layout import laid_out; from hatch_flyte.graph.model import *\n"
        "nodes = (GraphNode('a', NodeKind.TASK), GraphNode('b', NodeKind.TASK))\n"
        "laid_out(Graph(nodes, (Edge('a', 'b', names=('x',)),)))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("", "")


def test_without_pygraphviz_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)

    with pytest.raises(GraphError) as missing:
        laid_out(Graph((GraphNode("a", NodeKind.TASK),)))

    assert str(missing.value) == ("graph: pygraphviz not installed\nInstall it with: pip install 'hatch-flyte[graph]'")
