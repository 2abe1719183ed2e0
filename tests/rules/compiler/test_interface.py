"""What nodes take and give, by what they run."""

from __future__ import annotations

import pytest
from rules.compiler.support_compiler import (
    APPROVES,
    INT,
    ONE,
    SLEEPS,
    STRING,
    Json,
    codes,
    identifier,
    items,
    launches,
    list_of,
    node,
    problems,
    promise,
    runs,
    signals,
    workflow,
)


def array_of(inner: Json) -> Json:
    return {"array_node": {"node": inner}}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, "ValueRequired n: Value required [Target]."),
        ({"task_node": {}}, "ValueRequired n: Value required [TaskNode.ReferenceId]."),
        ({"workflow_node": {}}, "WorkflowReferenceNotFound n: Referenced Workflow [<nil>/<nil>] not found."),
        ({"gate_node": {}}, "NoConditionFound n: Can't find any condition in gate node [n]."),
        ({"gate_node": {"signal": {}}}, "ValueRequired n: Value required [GateNode.Signal.Type]."),
        (
            {"gate_node": {"signal": {"type": INT}}},
            "ValueRequired n: Value required [GateNode.Signal.OutputVariableName].",
        ),
        (array_of({}), "ValueRequired : Value required [Target]."),
        ({"array_node": {}}, "ValueRequired : Value required [Target]."),
        (launches("plan_without_outputs"), "ValueRequired n: Value required [WorkflowNode.ExpectedOutputs]."),
        (runs("untyped"), "ValueRequired n: Value required [param.Type]."),
    ],
)
def test_these_nodes_run_nothing_that_can_be_run(target: Json, expected: str) -> None:
    assert problems(workflow(node("n", target))) == [expected]


def test_a_task_without_an_interface_takes_nothing() -> None:
    assert not codes(workflow(node("n", runs("nothing"))))
    assert codes(workflow(node("n", runs("nothing"), a=ONE))) == ["VariableNameNotFound n"]


def test_a_launch_plan_takes_what_it_needs_and_of_the_rest_what_is_bound() -> None:
    assert not codes(workflow(node("n", launches("plan"), x=ONE)))
    assert not codes(workflow(node("n", launches("plan"), x=ONE, y=ONE)))
    assert codes(workflow(node("n", launches("plan"), y=ONE))) == ["ParameterNotBound n"]
    assert codes(workflow(node("n", launches("plan"), x=ONE, z=ONE))) == ["VariableNameNotFound n"]
    assert codes(workflow(node("n", launches("plan"), x=ONE, y=items()))) == ["MismatchingBindings n"]


def test_a_launch_plan_gives_what_its_closure_says() -> None:
    value = workflow(node("n", launches("plan"), x=ONE), outputs={"a": (INT, promise("n"))})
    assert not codes(value)


def test_an_approval_hands_on_what_is_bound_to_it() -> None:
    gate = node("gate", APPROVES, given=promise("", "x"))
    fits = workflow(gate, node("n", runs("take"), a=promise("gate", "given")), inputs={"x": INT})
    differs = workflow(gate, node("n", runs("take"), a=promise("gate", "given")), inputs={"x": STRING})
    assert not codes(fits)
    assert codes(differs) == ["MismatchingTypes n"]


def test_an_approval_sees_only_the_nodes_before_it() -> None:
    gate, number = node("gate", APPROVES, given=promise("number")), node("number", runs("number"))
    assert not codes(workflow(number, gate))
    assert codes(workflow(gate, number)) == ["NodeReferenceNotFound number", "ParameterNotBound gate"]


def test_an_approval_takes_no_lists() -> None:
    assert "MismatchingBindings gate" in codes(workflow(node("gate", APPROVES, given=items(ONE))))


def test_a_scalar_that_does_not_say_its_type_fits_not_even_the_input_that_it_made() -> None:
    assert problems(workflow(node("gate", APPROVES, given={"scalar": {"schema": {}}}))) == [
        "MismatchingTypes gate: Variable [given] (type [schema:{}]) doesn't match expected type [schema:{}]."
    ]


def test_a_signal_comes_out_and_a_time_gives_nothing() -> None:
    assert not codes(workflow(node("s", signals(INT)), outputs={"a": (INT, promise("s"))}))
    assert not codes(workflow(node("s", SLEEPS)))
    assert codes(workflow(node("s", SLEEPS), outputs={"a": (INT, promise("s"))})) == [
        "ParameterNotBound end-node",
        "VariableNameNotFound s",
    ]


def test_an_array_takes_and_gives_what_its_node_does_as_it_is() -> None:
    array = node("array", array_of(node("", runs("take_list"))), a=promise("", "xs"))
    outputs = {"a": (list_of(INT), promise("array"))}
    assert not codes(workflow(array, inputs={"xs": list_of(INT)}, outputs=outputs))
    of_numbers = node("array", array_of(node("", runs("take"))), a=promise("", "xs"))
    assert codes(workflow(of_numbers, inputs={"xs": list_of(INT)})) == ["MismatchingTypes array"]


def test_the_node_inside_an_array_is_not_looked_at_further() -> None:
    inner = node("", runs("number"), z=ONE)
    assert not codes(workflow(node("array", array_of(inner))))


def test_a_reference_to_a_launch_plan_under_the_workflows_own_identifier_is_the_workflow() -> None:
    own = {"workflow_node": {"launchplan_ref": identifier("w", "WORKFLOW")}}
    value = workflow(node("n", own, x=promise("", "x")), inputs={"x": INT})
    assert codes(value) == ["WorkflowReferenceNotFound start-node"], "but it must be there first"
