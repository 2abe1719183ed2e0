from __future__ import annotations

import itertools

from wire.workflows import every_place, runs_task, runs_workflow, spec, template

from hatch_flyte.node_tree import DEEPEST, TreeNode, node_tree


def lines(tree: TreeNode, indent: str = "") -> list[str]:
    return [f"{indent}{tree}", *(line for node in tree.nodes for line in lines(node, f"{indent}  "))]


def test_every_node_stands_where_it_runs() -> None:
    assert lines(node_tree(every_place())) == [
        "workflow outer",
        "  n0  task a",
        "  n1  condition",
        "    if no value == no value: x  task b",
        "    else if no value == no value: y  launch plan p",
        "    else: z  condition",
        "      if no value == no value: w  task c",
        "  n2  map over task d",
        "  n3  sleep 0s",
        "  n4  workflow inner",
        "    n0  task f",
        "    n1  launch plan q",
        "    on failure: g  task g",
        "  n5  task a",
        "  on failure: fail  task e",
    ]


def test_a_condition_that_nothing_meets_says_why_it_fails() -> None:
    branch = f'if_else {{ case {{ then_node {{ id: "t" {runs_task("a")} }} }} error {{ message: "too small" }} }}'
    tree = node_tree(spec(template("w", f'id: "n" branch_node {{ {branch} }}')))

    assert lines(tree)[-1] == "    else: fails: too small"


def test_an_array_of_conditions_shows_them() -> None:
    branch = f'branch_node {{ if_else {{ case {{ then_node {{ id: "t" {runs_task("a")} }} }} }} }}'
    tree = node_tree(spec(template("w", f'id: "n" array_node {{ node {{ id: "m" {branch} }} }}')))

    assert lines(tree)[1:] == ["  n  map over condition", "    if no value == no value: t  task a"]


def test_an_embedded_workflow_is_opened_once_even_if_it_embeds_itself() -> None:
    tree = node_tree(
        spec(
            template("w", f'id: "a" {runs_workflow("x")}', f'id: "b" {runs_workflow("x")}'),
            template("x", f'id: "n" {runs_workflow("x")}', f'id: "m" {runs_workflow("elsewhere")}'),
        )
    )

    assert lines(tree)[1:] == ["  a  workflow x", "    n  workflow x", "    m  workflow elsewhere", "  b  workflow x"]


def test_a_tree_has_a_deepest_level() -> None:
    names = [str(number) for number in range(2000)]
    chain = [template(one, f'id: "n" {runs_workflow(other)}') for one, other in itertools.pairwise(names)]
    said = lines(node_tree(spec(*chain)))

    assert len(said) == DEEPEST + 2
    assert said[-1].strip() == "…"


def test_json_has_the_same_tree() -> None:
    branch = f'if_else {{ case {{ then_node {{ id: "t" {runs_task("a")} }} }} }}'

    assert node_tree(spec(template("w", f'id: "n" branch_node {{ {branch} }}'))).to_json() == {
        "id": "",
        "runs": "workflow w",
        "role": "",
        "nodes": [
            {
                "id": "n",
                "runs": "condition",
                "role": "",
                "nodes": [{"id": "t", "runs": "task a", "role": "if no value == no value", "nodes": []}],
            }
        ],
    }
