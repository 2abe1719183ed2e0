"""How entangled a graph is, and the same graph with fewer edges.

An edge takes room on every level that it passes: laying out grows faster than the levels that all edges pass together,
far faster than nodes or edges. What no picture can show is found here, before it costs minutes.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hatch_flyte.graph.model import Edge, Graph


def passed_levels(graph: Graph, edges: Iterable[Edge]) -> int:
    """Return how many levels `edges` pass together, where each node is as high up as it can be."""
    place = _places(graph)
    level: defaultdict[int, int] = defaultdict(int)
    pairs = sorted(_forward(edge, place) for edge in edges)
    for one, other in pairs:
        level[other] = max(level[other], level[one] + 1)
    return sum(level[other] - level[one] for one, other in pairs)


def needed_edges(graph: Graph) -> tuple[Edge, ...]:
    """Return the edges without those that follow from others: from `a` to `c` where there are `a` to `b` to `c`."""
    place = _places(graph)
    following: defaultdict[int, list[tuple[int, Edge]]] = defaultdict(list)
    for edge in graph.edges:
        one, other = _forward(edge, place)
        following[one].append((other, edge))
    reached: defaultdict[int, int] = defaultdict(int)  # bits of the places after each place
    dropped = set()
    for one in sorted(following, reverse=True):
        for other, edge in sorted(following[one], key=lambda pair: pair[0]):
            if reached[one] >> other & 1:
                dropped.add(edge)
            reached[one] |= reached[other] | 1 << other
    return tuple(edge for edge in graph.edges if edge not in dropped)


def _places(graph: Graph) -> dict[str, int]:
    """Return the nodes' places in an order that the edges follow, or in the graph's own where they go in circles."""
    order: Sequence[str] = [node.id for node in graph.nodes]
    sorter: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(order, ()))
    for edge in graph.edges:
        sorter.add(edge.target, edge.source)
    with suppress(CycleError):
        order = list(sorter.static_order())
    return {one: place for place, one in enumerate(order)}


def _forward(edge: Edge, place: dict[str, int]) -> tuple[int, int]:
    one, other = place[edge.source], place[edge.target]
    return min(one, other), max(one, other)
