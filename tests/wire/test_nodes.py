from __future__ import annotations

from wire.workflows import every_place, node, runs_plan, runs_task, runs_workflow

from hatch_flyte.wire.nodes import branch_cases, nested_nodes, reference, template_nodes, templates


def test_templates_are_the_workflows_own_and_then_the_embedded_ones() -> None:
    assert [one.id.name for one in templates(every_place())] == ["outer", "inner"]


def test_nodes_are_found_in_branches_array_nodes_and_as_failure_node() -> None:
    found = [one.id for one in template_nodes(every_place().template)]

    assert found == ["n0", "n1", "x", "y", "z", "w", "n2", "m", "n3", "n4", "n5", "fail"]


def test_an_array_node_and_a_branch_without_nodes_hold_none() -> None:
    assert len(list(nested_nodes(node('id: "n" array_node {}')))) == 1
    assert branch_cases(node('id: "n" branch_node { if_else { other {} } }').branch_node) == []


def test_looking_for_nodes_adds_nothing_to_a_message() -> None:
    spec = every_place()
    before = spec.SerializeToString(deterministic=True)
    for template in templates(spec):
        for one in template_nodes(template):
            reference(one)

    assert spec.SerializeToString(deterministic=True) == before


def test_a_reference_is_what_a_node_runs() -> None:
    for text, name in ((runs_task("t"), "t"), (runs_plan("p"), "p"), (runs_workflow("w"), "w")):
        found = reference(node(text))
        assert found is not None
        assert found.name == name


def test_gates_and_nodes_without_a_target_refer_to_nothing() -> None:
    for text in ("gate_node { sleep {} }", "task_node {}", "workflow_node {}", ""):
        assert reference(node(text)) is None
