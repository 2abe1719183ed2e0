from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlanClosure, LaunchPlanSpec
from flyteidl.core.interface_pb2 import TypedInterface
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf import text_format
from wire.recordings import Pair, pairs
from wire.workflows import runs_task, runs_workflow, spec, template

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.wire.compiled import augmented_launch_plan, compiled_closure, compiled_template
from hatch_flyte.wire.messages import to_bytes, to_identifier

if TYPE_CHECKING:
    from flyteidl.core.compiler_pb2 import CompiledWorkflow

BRANCH = 'branch_node {{ if_else {{ case {{ then_node {{ id: "then" {} }} }} error {{ message: "neither" }} }} }}'


def name_of(pair: Pair) -> str:
    return pair.scenario


def ids(workflow: CompiledWorkflow) -> list[str]:
    return [node.id for node in workflow.template.nodes]


def edges(workflow: CompiledWorkflow) -> dict[str, list[str]]:
    return {node_id: list(found.ids) for node_id, found in workflow.connections.upstream.items()}


def tasks(*texts: str) -> dict[Identifier, TaskTemplate]:
    found = [text_format.Parse(f"id {{ resource_type: TASK {text} }}", TaskTemplate()) for text in texts]
    return {to_identifier(one.id): one for one in found}


@pytest.mark.parametrize("pair", pairs(Kind.WORKFLOW), ids=name_of)
def test_a_workflow_compiles_to_what_the_control_plane_answered(pair: Pair) -> None:
    before = to_bytes(pair.sent)

    assert compiled_closure(pair.sent, pair.tasks) == pair.stored.closure.compiled_workflow
    assert to_bytes(pair.sent) == before


@pytest.mark.parametrize("pair", pairs(Kind.LAUNCH_PLAN), ids=name_of)
def test_a_launch_plan_is_augmented_to_what_the_control_plane_answered(pair: Pair) -> None:
    before = to_bytes(pair.sent)
    answered = LaunchPlanClosure()
    answered.CopyFrom(pair.stored.closure)
    for field in ("state", "created_at", "updated_at"):
        answered.ClearField(field)

    assert augmented_launch_plan(pair.sent.spec, pair.interface) == (pair.stored.spec, answered)
    assert to_bytes(pair.sent) == before


@pytest.mark.parametrize("pair", pairs(Kind.WORKFLOW), ids=name_of)
def test_a_template_of_its_own_compiles_as_the_primary_one_does(pair: Pair) -> None:
    assert compiled_template(pair.sent.template) == pair.stored.closure.compiled_workflow.primary.template


def test_a_task_that_is_not_there_is_left_out_and_one_that_nobody_runs_is_not_added() -> None:
    workflow = spec(template("w", f'id: "n" {runs_task("a")}', f'id: "m" {runs_task("b")}'))
    closure = compiled_closure(workflow, tasks('name: "a"', 'name: "c"'))

    assert [one.template.id.name for one in closure.tasks] == ["a"]


def test_tasks_are_those_that_can_come_to_run_sorted_as_their_identifiers_print() -> None:
    names = ["b", "a b", "a", "c", "d"]
    workflow = spec(
        template("w", f'id: "n" {runs_task("b")}', f'id: "s" {runs_workflow("s")}', f'id: "n2" {runs_task("a b")}'),
        template(
            "s", f'id: "n" {runs_task("a")}', f'id: "m" {runs_workflow("s")}', failure=f'id: "f" {runs_task("c")}'
        ),
        template("nobody runs it", f'id: "n" {runs_task("d")}'),
    )
    closure = compiled_closure(workflow, tasks(*(f'name: "{name}"' for name in names)))

    assert [one.template.id.name for one in closure.tasks] == ["a b", "a", "b", "c"]


def test_a_task_in_the_closure_gets_both_halves_of_its_interface_if_it_has_one() -> None:
    workflow = spec(template("w", f'id: "n" {runs_task("t")}', f'id: "m" {runs_task("u")}'))
    there = tasks('name: "t"', 'name: "u"')
    for one in there.values():
        if one.id.name == "t":
            one.interface.SetInParent()
    found = [one.template for one in compiled_closure(workflow, there).tasks]

    assert found[0].interface.HasField("inputs")
    assert found[0].interface.HasField("outputs")
    assert not found[1].HasField("interface")
    assert not next(iter(there.values())).interface.HasField("inputs")


def test_of_nodes_with_one_identifier_the_first_stays_in_its_place() -> None:
    workflow = spec(
        template("w", f'id: "a" {runs_task("x")}', f'id: "b" {runs_task("y")}', f'id: "a" {runs_task("z")}')
    )
    primary = compiled_closure(workflow, {}).primary

    assert ids(primary) == ["start-node", "end-node", "a", "b"]
    assert primary.template.nodes[2].task_node.reference_id.name == "x"


def test_nodes_inside_branches_inside_branches_carry_the_names_of_all_of_them() -> None:
    inner = BRANCH.format(runs_task("t"))
    primary = compiled_closure(spec(template("w", f'id: "n0" {BRANCH.format(inner)}')), {}).primary
    outer = primary.template.nodes[2].branch_node.if_else.case.then_node

    assert outer.id == "n0-then"
    assert outer.branch_node.if_else.case.then_node.id == "n0-then-then"


def test_array_nodes_are_looked_into_for_branches_but_their_node_is_not_compiled() -> None:
    waits = 'upstream_node_ids: "b" upstream_node_ids: "a"'
    inner = f'id: "inner" {waits} {BRANCH.format(runs_task("t"))}'
    found = compiled_template(template("w", f'id: "n" {waits} array_node {{ node {{ {inner} }} }}')).nodes[2]

    assert list(found.upstream_node_ids) == ["a", "b"]
    assert list(found.array_node.node.upstream_node_ids) == ["b", "a"]
    assert found.array_node.node.branch_node.if_else.case.then_node.id == "inner-then"


def test_an_approval_inside_an_array_node_has_its_promises_named() -> None:
    promise = 'inputs { var: "a" binding { promise { var: "x" } } }'
    gate = f'id: "gate" {promise} gate_node {{ approve {{ signal_id: "s" }} }}'
    found = compiled_template(template("w", f'id: "n" array_node {{ node {{ {gate} }} }}')).nodes[2]

    assert found.array_node.node.inputs[0].binding.promise.node_id == "start-node"


def test_a_failure_node_waits_but_nothing_waits_for_it() -> None:
    promise = 'inputs { var: "a" binding { promise { node_id: "n" var: "o0" } } }'
    workflow = spec(template("w", f'id: "n" {runs_task("t")}', failure=f'id: "fail" {promise} {runs_task("t")}'))
    primary = compiled_closure(workflow, {}).primary

    assert edges(primary) == {"n": ["start-node"], "fail": ["n"], "end-node": ["n"]}
    assert "fail" not in {one for found in primary.connections.downstream.values() for one in found.ids}


def test_a_workflow_that_two_others_run_is_compiled_for_each_of_them() -> None:
    """The second time finds what the first left, so that nodes in branches get their branch's name twice."""
    workflow = spec(
        template("w", f'id: "a" {runs_workflow("one")}', f'id: "b" {runs_workflow("other")}'),
        template("one", f'id: "n" {runs_workflow("shared")}', f'id: "m" {runs_workflow("shared")}'),
        template("other", failure=f'id: "n" {runs_workflow("shared")}'),
        template("shared", f'id: "n" {BRANCH.format(runs_task("t"))}'),
    )
    shared = compiled_closure(workflow, {}).sub_workflows[2]

    assert ids(shared) == ["start-node", "end-node", "n"]
    assert shared.template.nodes[2].branch_node.if_else.case.then_node.id == "n-n-then"


def test_a_workflow_that_a_branch_runs_is_compiled() -> None:
    workflow = spec(template("w", f'id: "n" {BRANCH.format(runs_workflow("s"))}'), template("s", 'id: "n"'))

    assert ids(compiled_closure(workflow, {}).sub_workflows[0]) == ["start-node", "end-node", "n"]


def test_an_empty_workflow_and_nodes_without_anything_compile_to_something() -> None:
    assert ids(compiled_closure(spec(template("w")), {}).primary) == ["start-node", "end-node"]
    empty = template("w", "", "array_node {}", 'id: "b" branch_node {}', failure="")
    assert ids(compiled_closure(spec(empty, template("")), {}).primary) == ["start-node", "end-node", "", "b"]


def test_nodes_that_wait_for_each_other_and_for_strangers_compile_to_something() -> None:
    workflow = spec(
        template(
            "w", 'id: "a" upstream_node_ids: "b"', 'id: "b" upstream_node_ids: "a"', 'id: "c" upstream_node_ids: "x"'
        )
    )

    assert edges(compiled_closure(workflow, {}).primary) == {"a": ["b"], "b": ["a"], "c": ["x"], "end-node": ["c"]}


def test_workflows_that_run_each_other_come_to_an_end() -> None:
    workflow = spec(
        template("w", f'id: "n" {runs_workflow("a")}'),
        template("a", f'id: "n" {runs_workflow("b")}'),
        template("b", f'id: "n" {runs_workflow("a")}'),
    )
    closure = compiled_closure(workflow, {})

    assert [ids(one) for one in closure.sub_workflows] == [["start-node", "end-node", "n"]] * 2


def test_many_workflows_that_run_all_later_ones_come_to_an_end() -> None:
    names = [f"s{number}" for number in range(30)]
    later = [
        template(
            name, *(f'id: "{other}" {runs_workflow(other)}' for other in names[at + 1 :]), rest='outputs { var: "o" }'
        )
        for at, name in enumerate(names)
    ]
    closure = compiled_closure(spec(template("w", f'id: "n" {runs_workflow("s0")}'), *later), {})

    assert len(closure.sub_workflows) == len(names)
    assert all(ids(one)[:2] == ["start-node", "end-node"] for one in closure.sub_workflows)


def test_inputs_become_parameters_unless_they_are_fixed() -> None:
    interface = text_format.Parse(
        """inputs {
            variables { key: "free" value { type { simple: INTEGER } description: "d" artifact_tag { } } }
            variables { key: "given" value { type { simple: INTEGER } } }
            variables { key: "fixed" value { type { simple: INTEGER } } }
        }""",
        TypedInterface(),
    )
    sent = text_format.Parse(
        """default_inputs { parameters { key: "given" value { default { scalar { primitive { integer: 1 } } } } } }
        fixed_inputs { literals { key: "fixed" value { scalar { primitive { integer: 2 } } } } }""",
        LaunchPlanSpec(),
    )
    augmented, closure = augmented_launch_plan(sent, interface)
    parameters = augmented.default_inputs.parameters

    assert set(parameters) == {"free", "given"}
    assert parameters["given"] == sent.default_inputs.parameters["given"]
    assert parameters["free"].required
    assert not parameters["free"].var.HasField("artifact_tag")
    assert parameters["free"].var.description == "d"
    assert closure == LaunchPlanClosure(expected_inputs=augmented.default_inputs)
