"""What a workflow refers to."""

from __future__ import annotations

from rules.compiler.support_compiler import SLEEPS, Json, embeds, identifier, launches, node, runs, template, workflow
from rules.compiler.test_branch import branch, case

from hatch_flyte.rules.compiler.requirements import Requirements, requirements, workflow_index


def required(value: Json, *embedded: Json) -> Requirements:
    return requirements(template(value), workflow_index(map(template, embedded)))


def test_tasks_and_launch_plans_wherever_they_stand_sorted_and_each_once() -> None:
    array = {"array_node": {"node": node("", runs("d"))}}
    value = workflow(
        node("n", runs("c")),
        branch(case(node("then", runs("b"))), case(node("other", launches("q"))), otherwise=node("else", array)),
        node("m", launches("p")),
        node("again", runs("c")),
        failure_node=node("fail", runs("a")),
    )
    found = required(value)
    assert [one.name for one in found.tasks] == ["a", "b", "c", "d"]
    assert [one.name for one in found.launch_plans] == ["p", "q"]
    assert not found.errors


def test_those_of_embedded_workflows_that_are_run_too() -> None:
    inner = workflow(node("n", runs("inside")), node("m", embeds("innermost")), name="inner")
    innermost = workflow(node("n", runs("deep")), name="innermost")
    unused = workflow(node("n", runs("unused")), name="unused")
    found = required(workflow(node("n", {"array_node": {"node": node("", embeds("inner"))}})), inner, innermost, unused)
    assert [one.name for one in found.tasks] == ["deep", "inside"]
    assert [(key[3], depth) for key, depth in found.sub_workflows.items()] == [("innermost", 2), ("inner", 1)]


def test_identifiers_that_differ_in_anything_are_different() -> None:
    other = {"task_node": {"reference_id": {**identifier("a"), "org": "o"}}}
    untyped = {"task_node": {"reference_id": {**identifier("a"), "resource_type": 0}}}
    assert len(required(workflow(node("n", runs("a")), node("m", other), node("o", untyped))).tasks) == 3


def test_a_node_that_runs_nothing_refers_to_nothing() -> None:
    found = required(workflow(node("n", {}), node("m", {"task_node": {}}), node("o", {"branch_node": {}})))
    assert not (found.tasks)
    assert not (found.launch_plans)
    assert not (found.errors)


def test_the_index_ends_at_the_first_workflow_without_an_identifier() -> None:
    good, nameless = workflow(node("n", SLEEPS), name="good"), {"nodes": [node("n", SLEEPS)]}
    index = workflow_index(map(template, [good, good, nameless, good]))
    assert not index.complete
    assert len(index.errors) == 1
    assert not workflow_index([template(nameless)]).errors, "of which nothing is said"
