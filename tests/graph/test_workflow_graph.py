from __future__ import annotations

import itertools

import pytest
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from graph.support_graphs import nested_workflow
from wire.workflows import every_place, runs_plan, runs_task, runs_workflow, spec, template

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.graph.model import Edge, EdgeKind, Graph, GraphNode, NodeKind
from hatch_flyte.graph.workflow import DEEPEST, MOST_INPUTS, MOST_OPENED, closure_graph, workflow_graph
from hatch_flyte.wire.compiled import compiled_workflows

DATA, ORDER, TIE = EdgeKind.DATA, EdgeKind.ORDER, EdgeKind.TIE


def bound(var: str, node: str, output: str = "o0") -> str:
    return f'inputs {{ var: "{var}" binding {{ promise {{ node_id: "{node}" var: "{output}" }} }} }}'


def lines(graph: Graph, indent: str = "") -> list[str]:
    found = []
    for node in graph.nodes:
        words = [node.role and f"{node.role}:", node.id, "many" if node.many else "", node.kind.value, node.name]
        found.append(indent + " ".join(filter(None, [*words, node.note])))
        found += lines(node.inside, f"{indent}  ") if node.inside else []
    return found


def edges(*nodes: str, rest: str = "") -> list[tuple[object, ...]]:
    graph = workflow_graph(spec(template("w", *nodes, rest=rest)))
    return [(one.source, one.target, one.kind, *one.names) for one in graph.edges]


def test_every_node_stands_in_the_graph_that_it_runs_in() -> None:
    assert lines(workflow_graph(every_place())) == [
        "start-node start",
        "n0 task a",
        "n1 condition",
        "  start-node choice",
        "  if no value == no value: x task b",
        "  else if no value == no value: y launch plan p",
        "  else: z condition",
        "    start-node choice",
        "    if no value == no value: w task c",
        "n2 many task d",
        "n3 sleep 0s",
        "n4 workflow inner",
        "  start-node start",
        "  n0 task f",
        "  n1 launch plan q",
        "  on failure: g task g",
        "  end-node end",
        "n5 task a",
        "on failure: fail task e",
        "end-node end",
    ]


def test_a_compiled_workflow_has_the_graph_of_what_was_sent() -> None:
    sent = nested_workflow(40)
    closure = CompiledWorkflowClosure.FromString(compiled_workflows(sent).SerializeToString())

    one, other = workflow_graph(sent), closure_graph(closure)

    assert {(edge.source, edge.target) for edge in one.edges} == {(edge.source, edge.target) for edge in other.edges}
    assert len(list(one.all_nodes())) == len(list(other.all_nodes()))


def test_gates_say_what_they_wait_for() -> None:
    gates = workflow_graph(
        spec(
            template(
                "w",
                'id: "a" gate_node { sleep { duration { seconds: 90 } } }',
                'id: "b" gate_node { approve { signal_id: "go" } }',
                'id: "c" gate_node { signal { signal_id: "size" type { simple: INTEGER } } }',
                'id: "d" gate_node {}',
                'id: "e"',
            )
        )
    )

    assert lines(gates)[1:-1] == ["a sleep 90s", "b approval go", "c wait for input size integer", "d node", "e node"]


def test_a_map_runs_many_and_says_how() -> None:
    graph = workflow_graph(
        spec(
            template(
                "w", f'id: "n" array_node {{ parallelism: 2 min_successes: 3 node {{ id: "m" {runs_task("t")} }} }}'
            )
        )
    )

    assert lines(graph)[1] == "n many task t 2 at once, at least 3 must succeed"


def test_a_condition_that_nothing_meets_says_why_it_fails() -> None:
    branch = f'if_else {{ case {{ then_node {{ id: "t" {runs_task("a")} }} }} error {{ message: "too small" }} }}'
    graph = workflow_graph(spec(template("w", f'id: "n" metadata {{ name: "size" }} branch_node {{ {branch} }}')))

    assert lines(graph)[1:-1] == [
        "n condition size",
        "  start-node choice",
        "  if no value == no value: t task a",
        "  else: #1 fails too small",
    ]


def test_cases_of_one_identifier_are_kept_apart() -> None:
    case = f'then_node {{ id: "t" {runs_task("a")} }}'
    graph = workflow_graph(
        spec(template("w", f'id: "n" branch_node {{ if_else {{ case {{ {case} }} other {{ {case} }} }} }}'))
    )

    inside = graph.nodes[1].inside
    assert inside is not None
    assert [node.id for node in inside.nodes] == ["start-node", "t", "t #1"]
    assert [edge.target for edge in inside.edges] == ["t", "t #1"]


def test_data_and_order_make_edges_and_the_start_is_tied_to_what_waits_for_nothing() -> None:
    assert edges(
        f'id: "a" {bound("x", "", "day")} {runs_task("t")}',
        f'id: "b" {bound("y", "a")} {bound("z", "a")} {bound("x", "", "day")} {runs_task("t")}',
        f'id: "c" upstream_node_ids: "a" upstream_node_ids: "b" {bound("y", "b")} {runs_task("t")}',
        f'id: "d" {runs_task("t")}',
        rest='outputs { var: "o0" binding { promise { node_id: "b" var: "o0" } } }',
    ) == [
        ("start-node", "a", DATA, "x"),
        ("a", "b", DATA, "y", "z"),
        ("b", "c", DATA, "y"),
        ("a", "c", ORDER),
        ("start-node", "d", TIE),
        ("b", "end-node", DATA, "o0"),
        ("c", "end-node", TIE),
        ("d", "end-node", TIE),
    ]


def test_what_a_case_takes_makes_an_edge_to_its_condition() -> None:
    case = f'case {{ then_node {{ id: "t" {bound("x", "a")} {runs_task("t")} }} }}'

    assert edges(f'id: "a" {runs_task("t")}', f'id: "n" branch_node {{ if_else {{ {case} }} }}')[1] == (
        "a",
        "n",
        DATA,
        "x",
    )


def test_nodes_that_are_not_there_or_wait_for_themselves_make_no_edge() -> None:
    assert edges(
        f'id: "a" upstream_node_ids: "a" {bound("x", "nowhere")} {runs_task("t")}', f'id: "a" {runs_task("u")}'
    ) == [("start-node", "a", TIE), ("a", "end-node", TIE)]


def test_a_circle_has_a_graph() -> None:
    found = edges(
        f'id: "a" upstream_node_ids: "b" {runs_task("t")}', f'id: "b" upstream_node_ids: "a" {runs_task("t")}'
    )

    assert found == [("b", "a", ORDER), ("a", "b", ORDER)]


def test_a_workflow_without_nodes_goes_from_start_to_end() -> None:
    assert edges() == [("start-node", "end-node", TIE)]


def test_nodes_name_their_entities_and_say_what_their_inputs_are_bound_to() -> None:
    many = " ".join(bound(f"i{number}", "") for number in range(MOST_INPUTS + 5))
    graph = workflow_graph(
        spec(
            template(
                "w",
                f'id: "a" {many} {runs_task("t", version="1", project="p", domain="d")}',
                f'id: "b" {runs_plan("q")}',
            )
        )
    )

    task, plan = graph.nodes[1:3]
    assert task.entity == Identifier(Kind.TASK, "p", "d", "t", "1")
    assert plan.entity == Identifier(Kind.LAUNCH_PLAN, "", "", "q", "")
    assert task.inputs[:2] == ("i0 = input o0", "i1 = input o0")
    assert task.inputs[MOST_INPUTS:] == ("…",)


@pytest.mark.parametrize("inner", ["x", "elsewhere"])
def test_a_workflow_inside_of_itself_or_elsewhere_is_not_opened(inner: str) -> None:
    graph = workflow_graph(
        spec(template("w", f'id: "a" {runs_workflow("x")}'), template("x", f'id: "n" {runs_workflow(inner)}'))
    )

    note = " not opened" if inner == "x" else ""
    assert lines(graph)[1:5] == ["a workflow x", "  start-node start", f"  n workflow {inner}{note}", "  end-node end"]


def test_what_lies_too_deep_is_not_opened() -> None:
    names = [str(number) for number in range(DEEPEST + 5)]
    chain = [template(one, f'id: "n" {runs_workflow(inner)}') for one, inner in itertools.pairwise(names)]

    found = lines(workflow_graph(spec(*chain)))

    assert sum(" workflow " in line for line in found) == DEEPEST + 1
    assert [line.strip() for line in found if "not opened" in line] == [f"n workflow {DEEPEST + 1} not opened"]


def test_workflows_that_double_with_each_level_have_a_bounded_graph() -> None:
    names = [str(number) for number in range(12)]
    doubling = [
        template(one, *(f'id: "n{place}" {runs_workflow(inner)}' for place in range(8)))
        for one, inner in itertools.pairwise(names)
    ]

    graph = workflow_graph(spec(*doubling))

    kinds = [node.kind for node in graph.all_nodes()]
    assert kinds.count(NodeKind.WORKFLOW) <= MOST_OPENED


def test_values_are_equal_when_the_workflow_is() -> None:
    assert workflow_graph(every_place()) == workflow_graph(every_place())
    assert Edge("a", "b") != Edge("a", "b", ORDER)
    assert hash(GraphNode("a", NodeKind.TASK)) == hash(GraphNode("a", NodeKind.TASK))
