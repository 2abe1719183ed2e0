from __future__ import annotations

from typing import TYPE_CHECKING

from flyteidl.core.literals_pb2 import Binding
from google.protobuf import text_format
from wire.workflows import node, runs_task

from hatch_flyte.wire.connections import Connections

if TYPE_CHECKING:
    from flyteidl.core.compiler_pb2 import ConnectionSet


def binding(text: str) -> Binding:
    return text_format.Parse(f'var: "a" binding {{ {text} }}', Binding())


def edges(message: ConnectionSet) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    up = {key: list(value.ids) for key, value in message.upstream.items()}
    return up, {key: list(value.ids) for key, value in message.downstream.items()}


def test_a_promise_without_a_node_is_one_of_the_start_node() -> None:
    connections, bound = Connections(), binding('promise { var: "x" }')
    connections.bind("n0", [bound], downstream=True)

    assert bound == binding('promise { node_id: "start-node" var: "x" }')
    assert edges(connections.to_message()) == ({"n0": ["start-node"]}, {"start-node": ["n0"]})


def test_promises_inside_lists_and_maps_make_edges_and_constants_do_not() -> None:
    inner = 'collection { bindings { promise { node_id: "b" } } bindings { promise { node_id: "a" } } }'
    bound = binding(f'map {{ bindings {{ key: "k" value {{ {inner} }} }} }}')
    connections = Connections()
    connections.bind("n0", [bound, binding("scalar { primitive { integer: 1 } }"), binding("")])

    assert edges(connections.to_message()) == ({"n0": ["a", "b"]}, {})


def test_what_a_node_waits_for_makes_edges_even_if_nobody_knows_it() -> None:
    connections = Connections()
    connections.add_node(node(f'id: "n1" upstream_node_ids: "ghost" upstream_node_ids: "" {runs_task("t")}'))

    up, down = edges(connections.to_message())
    assert up == {"n1": ["ghost", "start-node"]}
    assert down == {"ghost": ["n1"], "start-node": ["n1"]}


def test_nodes_without_edges_are_tied_to_start_and_end() -> None:
    first, second = node('id: "n0"'), node('id: "n1" upstream_node_ids: "n0"')
    connections = Connections()
    connections.add_node(first)
    connections.add_node(second)
    connections.add_orphans({"n0": first, "n1": second})

    up, down = edges(connections.to_message())
    assert up == {"n0": ["start-node"], "n1": ["n0"], "end-node": ["n1"]}
    assert down == {"start-node": ["n0"], "n0": ["n1"], "n1": ["end-node"]}
