from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from wire.workflows import runs_plan, runs_task, runs_workflow, spec, template

from hatch_flyte.changes import Change, Group, changes_of

if TYPE_CHECKING:
    from flyteidl.admin.workflow_pb2 import WorkflowSpec

A, B = f'id: "n0" {runs_task("a")}', f'id: "n1" {runs_task("b")}'
OTHER = f'id: "n0" {runs_task("b")}'


def flow(*nodes: str, rest: str = "", failure: str = "") -> WorkflowSpec:
    return spec(template("acme.flow", *nodes, rest=rest, failure=failure))


def bound(name: str, node: str) -> str:
    return f'{{ var: "{name}" binding {{ promise {{ node_id: "{node}" var: "o0" }} }} }}'


def mapped(task: str) -> str:
    return f'id: "n" array_node {{ node {{ id: "m" {runs_task(task)} }} }}'


def told(old: WorkflowSpec, new: WorkflowSpec) -> list[tuple[str, object, object]]:
    changes = changes_of(old, new)
    assert {one.group for one in changes} == {Group.NODES}
    return [(one.subject, one.old, one.new) for one in changes]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (flow(A), flow(A, B), ("node n1", None, "task b")),
        (flow(A, f'id: "n1" {runs_plan("p")}'), flow(A), ("node n1", "launch plan p", None)),
        (flow(A, B), flow(B, A), ("order of nodes", ["n0", "n1"], ["n1", "n0"])),
        (flow(A), flow(OTHER), ("node n0 (task b), runs", "a", "b")),
        (flow(A), flow(f'id: "n0" {runs_task("a", version="7")}'), ("node n0 (task a 7), runs", "a", "a 7")),
        (flow(A), flow(f'id: "n0" {runs_plan("a")}'), ("node n0 (launch plan a)", "task a", "launch plan a")),
        (
            flow(f"{B} inputs {bound('x', 'n0')}"),
            flow(f"{B} inputs {bound('x', 'n2')}"),
            ("node n1 (task b), input x", "n0.o0", "n2.o0"),
        ),
        (flow(B), flow(f"{B} inputs {bound('x', 'n0')}"), ("node n1 (task b), input x", None, "n0.o0")),
        (flow(B), flow(f'{B} upstream_node_ids: "n0"'), ("node n1 (task b), waits for", None, ["n0"])),
        (flow(B), flow(f"{B} metadata {{ retries {{ retries: 3 }} }}"), ("node n1 (task b), retries", None, 3)),
        (
            flow(B),
            flow(f'{B} output_aliases {{ var: "o0" alias: "x" }}'),
            ("node n1 (task b), output_aliases[o0]", None, "x"),
        ),
        (
            flow('id: "n" gate_node { sleep { duration { seconds: 5 } } }'),
            flow('id: "n" gate_node { sleep { duration { seconds: 6 } } }'),
            ("node n (sleep 6s), sleeps", "5s", "6s"),
        ),
        (flow(mapped("a")), flow(mapped("b")), ("node n (map over task b), each (task b), runs", "a", "b")),
        (flow(A), flow(A, failure=B), ("failure node", None, "task b")),
        (
            flow(A, rest=f"outputs {bound('o', 'n0')}"),
            flow(A, rest=f"outputs {bound('o', 'n1')}"),
            ("output o", "n0.o0", "n1.o0"),
        ),
    ],
)
def test_a_change_names_the_node_and_what_it_runs(old: Any, new: Any, expected: Any) -> None:
    assert told(old, new) == [expected]


def test_a_resource_that_a_node_overrides_is_named() -> None:
    cpu = 'overrides {{ resources {{ requests {{ name: CPU value: "{}" }} }} }}'
    old, new = (flow(f'id: "n" task_node {{ reference_id {{ name: "a" }} {cpu.format(n)} }}') for n in "12")

    assert told(old, new) == [("node n (task a), request CPU", "1", "2")]


def branch(limit: int, task: str, rest: str = "") -> WorkflowSpec:
    sides = f'left_value {{ var: ".a" }} right_value {{ primitive {{ integer: {limit} }} }}'
    case = f'condition {{ comparison {{ operator: GT {sides} }} }} then_node {{ id: "t" {runs_task(task)} }}'
    return flow(f'id: "n" metadata {{ name: "size" }} branch_node {{ if_else {{ case {{ {case} }} {rest} }} }}')


def test_a_condition_and_the_nodes_it_chooses_from_are_named() -> None:
    assert told(branch(3, "a"), branch(4, "b")) == [
        ("node n (condition size), condition", ".a > 3", ".a > 4"),
        ("node n (condition size), node t (task b), runs", "a", "b"),
    ]


def test_a_case_that_is_new_is_named() -> None:
    assert told(branch(3, "a"), branch(3, "a", f"else_node {{ {OTHER} }}")) == [
        ("node n (condition size), node n0", None, "task b")
    ]


def test_nodes_of_one_identifier_are_compared_by_their_place() -> None:
    [change] = changes_of(flow(A, A), flow(A, OTHER))

    assert change.field == "template.nodes[1].task_node.reference_id"


def test_a_node_that_runs_something_of_another_kind_keeps_what_else_changed() -> None:
    assert told(flow(A), flow(f'id: "n0" {runs_plan("p")} upstream_node_ids: "x"')) == [
        ("node n0 (launch plan p)", "task a", "launch plan p"),
        ("node n0 (launch plan p), waits for", None, ["x"]),
    ]


def test_a_change_in_an_embedded_workflow_is_named_as_such() -> None:
    old, new = (
        spec(template("acme.flow", f'id: "n0" {runs_workflow("acme.leaf")}'), template("acme.leaf", one))
        for one in (A, OTHER)
    )

    assert changes_of(old, new) == (
        Change(
            Group.NODES,
            "workflow acme.leaf, node n0 (task b), runs",
            "sub_workflows[acme.leaf].nodes[n0].task_node.reference_id",
            "a",
            "b",
        ),
    )


def test_an_embedded_workflow_that_is_new_is_one_change() -> None:
    assert told(flow(A), spec(template("acme.flow", A), template("acme.leaf", A, B))) == [
        ("workflow acme.leaf", None, "2 nodes")
    ]
