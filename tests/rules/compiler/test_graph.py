"""Circles, and what can be reached."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from hatch_flyte.rules.compiler.graph import detect_cycle

Graph = dict[int, list[int]]

graphs = st.dictionaries(st.integers(0, 8), st.lists(st.integers(0, 8), max_size=4), max_size=9)


def reachable(graph: Graph, start: int) -> set[int]:
    found, waiting = {start}, [start]
    while waiting:
        following = set(graph.get(waiting.pop(), [])) - found
        found |= following
        waiting.extend(following)
    return found


@given(graphs)
def test_the_path_leads_along_edges_into_a_circle_or_there_is_none(graph: Graph) -> None:
    circle, left = detect_cycle(0, lambda name: graph.get(name, []))
    in_circle = [
        name for name in reachable(graph, 0) if name in {f for n in graph.get(name, []) for f in reachable(graph, n)}
    ]
    assert bool(circle) == bool(in_circle)
    if circle:
        assert circle[0] == 0
        assert circle[-1] in circle[:-1]
        assert all(after in graph[before] for before, after in itertools.pairwise(circle))
    else:
        assert set(left) == reachable(graph, 0)
        assert all(left.index(following) < left.index(name) for name in left for following in graph.get(name, []))


def test_a_long_path_is_no_depth() -> None:
    circle, left = detect_cycle(0, lambda name: [name + 1] if name < 100_000 else [])
    assert (circle, len(left)) == ([], 100_001)


def test_many_paths_are_no_time() -> None:
    circle, left = detect_cycle(
        0, lambda name: [*range((name // 50 + 1) * 50, (name // 50 + 2) * 50)] if name < 5000 else []
    )
    assert not circle
    assert len(left) > 4950
