"""Graphs and workflows for tests: random ones with hostile texts, and large ones nested twice with branches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from wire.workflows import runs_plan, runs_task, runs_workflow, spec, template

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.graph.model import Edge, EdgeKind, Graph, GraphNode, NodeKind

if TYPE_CHECKING:
    from flyteidl.admin.workflow_pb2 import WorkflowSpec

HOSTILE = (
    "acme.jobs.double",
    "<script>alert(1)</script>",
    "]]> & \" ' </svg><!--",
    "\u202eevil\u2066\u200b\ufeff",
    "\x00\x1b[31m\ud800\ufffe\uffff",
    "名前の長い仕事" * 20,
    "👩‍👩‍👧" * 5 + "\ufdfd",
    "W" * 10_000,
    "a." * 5_000,
    "",
)
_TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=60)
_ENTITIES = st.builds(Identifier, st.sampled_from(Kind), _TEXTS, _TEXTS, _TEXTS, _TEXTS)
_PLAIN_KINDS = [kind for kind in NodeKind if kind not in {NodeKind.START, NodeKind.END, NodeKind.CHOICE}]


@st.composite
def graphs(draw: st.DrawFn, depth: int = 2) -> Graph:
    """Any graph, its edges in any direction, with graphs inside of some nodes."""
    names = draw(st.lists(_TEXTS, min_size=1, max_size=8, unique=True))
    nodes = [GraphNode("\n start", draw(st.sampled_from([NodeKind.START, NodeKind.CHOICE])))]
    for name in names:
        node = GraphNode(
            name,
            draw(st.sampled_from(_PLAIN_KINDS)),
            draw(_TEXTS),
            draw(_TEXTS),
            draw(_TEXTS | st.just("on failure")),
            tuple(draw(st.lists(_TEXTS, max_size=3))),
            many=draw(st.booleans()),
        )
        inside = draw(graphs(depth - 1)) if depth and draw(st.integers(0, 3)) == 0 else None
        nodes.append(replace(node, entity=draw(st.none() | _ENTITIES), inside=inside))
    nodes.append(GraphNode("\n end", NodeKind.END, inputs=(draw(_TEXTS),)))
    ids = st.sampled_from([node.id for node in nodes])
    pairs = draw(st.sets(st.tuples(ids, ids), max_size=12))
    edges = [
        Edge(one, other, draw(st.sampled_from(EdgeKind)), tuple(draw(st.lists(_TEXTS, max_size=2))))
        for one, other in sorted(pairs)
        if one != other
    ]
    return Graph(tuple(nodes), tuple(edges))


def nested_workflow(count: int) -> WorkflowSpec:
    """A workflow of about `count` nodes, embedded two deep, with conditions on every level."""
    sizes = [count // 2, count // 4, count - count // 2 - count // 4]
    outer, middle, inner = (_nodes(size, level) for level, size in enumerate(sizes))
    return spec(
        template("acme.pipelines.outer", *outer, f'id: "sub" upstream_node_ids: "n0" {runs_workflow("acme.middle")}'),
        template("acme.middle", *middle, f'id: "sub" upstream_node_ids: "n0" {runs_workflow("acme.inner")}'),
        template("acme.inner", *inner),
    )


def _nodes(count: int, level: int) -> list[str]:
    found = []
    for place in range(max(1, count)):
        ups = [place - step for step in (1, 3, 4) if place - step >= 0 and (place + step) % 2]
        inputs = " ".join(
            f'inputs {{ var: "in{one}" binding {{ promise {{ node_id: "n{one}" var: "o0" }} }} }}' for one in ups
        )
        found.append(f'id: "n{place}" {inputs} {_runs(place, level)}')
    return found


def _runs(place: int, level: int) -> str:
    task = runs_task(f"acme.pipelines.level{level}.step_number_{place}")
    if place % 7 == 3:
        sides = 'left_value { var: "x" } right_value { primitive { integer: 3 } }'
        condition = f"condition {{ comparison {{ operator: GT {sides} }} }}"
        case = f'case {{ {condition} then_node {{ id: "yes" {task} }} }}'
        return f'branch_node {{ if_else {{ {case} else_node {{ id: "no" {runs_plan("acme.other")} }} }} }}'
    return f'array_node {{ node {{ id: "m" {task} }} }}' if place % 7 == 5 else task
