"""Workflows as a whole: their nodes, those embedded in them, what runs in a circle."""

from __future__ import annotations

import itertools
import sys
import time

import pytest
from flyteidl.core.workflow_pb2 import WorkflowTemplate
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.compiler.support_compiler import (
    INT,
    ONE,
    REGISTERED,
    SLEEPS,
    STRING,
    STRUCT,
    WORD,
    Json,
    codes,
    embeds,
    items,
    launches,
    list_of,
    node,
    problems,
    promise,
    runs,
    signals,
    template,
    union,
    workflow,
)
from rules.compiler.test_branch import TRUE, branch, case

from hatch_flyte.rules.compiler.codes import ErrorCode
from hatch_flyte.rules.compiler.errors import collected_text
from hatch_flyte.rules.compiler.references import NOTHING_KNOWN
from hatch_flyte.rules.compiler.workflow_compiler import compile_workflow

KINDS = ("TASK", "LAUNCH_PLAN")


def after(name: str, *upstream: str) -> Json:
    return {**node(name, SLEEPS), "upstream_node_ids": list(upstream)}


def chain(length: int) -> Json:
    nodes = [node("n0", runs("number"))]
    nodes += [node(f"n{i}", runs("take_two"), a=promise(f"n{i - 1}"), b=promise("", "x")) for i in range(1, length)]
    return workflow(*nodes, inputs={"x": INT}, outputs={"o": (INT, promise(f"n{length - 1}"))})


class TestNodes:
    def test_there_are_some(self) -> None:
        name = 'resource_type:WORKFLOW project:"p" domain:"d" name:"w" version:"v"'
        assert problems(workflow()) == [f"NoNodesFound {name}: Can't find any nodes in workflow [{name}]."]
        assert problems({}) == ["NoNodesFound <nil>: Can't find any nodes in workflow [<nil>]."]

    def test_they_have_names(self) -> None:
        assert problems(workflow(node("", SLEEPS))) == ["ValueRequired <node>: Value required [Id]."]

    def test_a_second_one_of_the_same_name_is_checked_and_dropped(self) -> None:
        assert not codes(workflow(node("n", runs("number")), node("n", runs("take"))))
        assert codes(workflow(node("n", runs("number")), node("n", {}))) == ["ValueRequired n"]

    def test_those_called_start_and_end_are_not_looked_at(self) -> None:
        assert not codes(workflow(node("start-node", {}), node("end-node", {}), node("n", SLEEPS)))

    def test_variables_of_the_interface_have_names_and_types(self) -> None:
        found = problems(workflow(node("n", {}), inputs={"": INT, "x": None}))
        assert found == [
            "ValueRequired start-node: Value required [param.Type].",
            "ValueRequired start-node: Value required [paramName].",
        ]

    def test_outputs_go_by_their_aliases(self) -> None:
        alias = {"output_aliases": [{"var": "o", "alias": "renamed"}]}
        one = {**node("n", runs("number")), **alias}
        assert not codes(workflow(one, outputs={"a": (INT, promise("n", "renamed"))}))
        assert "VariableNameNotFound n" in codes(workflow(one, outputs={"a": (INT, promise("n", "o"))}))

    def test_an_alias_is_of_an_output_that_is_there_and_the_only_one(self) -> None:
        ghost = {**node("n", runs("number")), "output_aliases": [{"var": "ghost", "alias": "renamed"}]}
        assert problems(workflow(ghost)) == ["ParameterNotBound n: Parameter not bound [renamed]."]
        twice = {**node("n", runs("number")), "output_aliases": [{"var": "o", "alias": name} for name in "ab"]}
        assert problems(workflow(twice)) == [
            "DuplicateAlias n: Duplicate alias [b] found. An output alias can only be used once in the Workflow."
        ]


class TestFailureNode:
    def test_its_inputs_are_bound_as_any(self) -> None:
        good = node("fail", runs("take"), a=promise("n"))
        assert not codes(workflow(node("n", runs("number")), failure_node=good))
        assert codes(workflow(node("n", runs("number")), failure_node=node("fail", runs("take")))) == [
            "ParameterNotBound fail"
        ]

    def test_nobody_can_promise_from_it(self) -> None:
        value = workflow(node("n", runs("take"), a=promise("fail")), failure_node=node("fail", runs("number")))
        assert codes(value) == ["NodeReferenceNotFound fail", "ParameterNotBound n"]


class TestReferences:
    def test_tasks_and_launch_plans_must_be_there_before_anything_else_is_looked_at(self) -> None:
        value = workflow(node("a", runs("ghost")), node("b", launches("ghost")), node("c", {}))
        task, plan = (f'resource_type:{kind} project:"p" domain:"d" name:"ghost" version:"v"' for kind in KINDS)
        assert problems(value) == [
            f"TaskReferenceNotFound start-node: Referenced Task [{task}] not found.",
            f"WorkflowReferenceNotFound start-node: Referenced Workflow [{plan}] not found.",
        ]

    def test_what_is_not_known_takes_and_gives_anything(self) -> None:
        value = workflow(
            node("a", runs("ghost"), x=items(ONE), y=promise("", "x")),
            node("b", launches("ghost"), x=promise("a", "anything", "at", 3)),
            branch(case(node("then", runs("ghost"))), otherwise=node("else", signals(INT)), x=promise("b", "some")),
            inputs={"x": INT},
            outputs={"a": (STRING, promise("b")), "b": (union(INT, STRING), items(promise("a")))},
        )
        found = problems(value, references=NOTHING_KNOWN)
        assert [line.partition(":")[0] for line in found] == ["IncompatibleBindingUnionValue end-node"]

    def test_what_can_be_told_without_them_is_told(self) -> None:
        value = workflow(node("a", runs("ghost"), x=promise("nobody")), node("b", {}))
        assert codes(value, references=NOTHING_KNOWN) == [
            "NodeReferenceNotFound nobody",
            "ParameterNotBound a",
            "ValueRequired b",
        ]


class TestSubWorkflows:
    def test_they_are_nodes_as_any(self) -> None:
        inner = workflow(node("n", runs("take"), a=promise("", "x")), inputs={"x": INT}, name="inner")
        assert not codes(workflow(node("a", embeds("inner"), x=ONE)), inner)
        assert codes(workflow(node("a", embeds("inner"))), inner) == ["ParameterNotBound a"]

    def test_what_is_wrong_inside_is_said_once_however_often_they_run(self) -> None:
        inner = workflow(node("n", runs("take")), name="inner")
        outer = workflow(node("a", embeds("inner")), node("b", embeds("inner")))
        assert codes(outer, inner) == ["ParameterNotBound n"]

    def test_those_that_nobody_runs_are_not_looked_at(self) -> None:
        assert not codes(workflow(node("n", SLEEPS)), workflow(name="inner"))

    def test_they_are_embedded_under_exactly_that_identifier(self) -> None:
        other = workflow(node("n", SLEEPS), name="inner")
        other["id"]["version"] = "v2"
        found = problems(workflow(node("a", embeds("inner"))), other)
        text = 'resource_type:WORKFLOW project:"p" domain:"d" name:"inner" version:"v"'
        assert found == [f"WorkflowReferenceNotFound a: Referenced Workflow [{text}] not found."]

    def test_each_has_an_identifier_of_its_own(self) -> None:
        inner = workflow(node("n", SLEEPS), name="inner")
        text = 'resource_type:WORKFLOW project:"p" domain:"d" name:"inner" version:"v"'
        assert problems(workflow(node("n", SLEEPS)), inner, inner) == [
            f"DuplicateId {text}: Trying to insert two nodes with the same id."
        ]
        assert codes(workflow(node("n", SLEEPS)), {"nodes": [node("n", SLEEPS)]}) == ["ValueRequired workflow"]

    def test_they_have_an_interface(self) -> None:
        inner = workflow(node("n", SLEEPS), name="inner")
        del inner["interface"]
        first, second = node("a", embeds("inner")), node("b", embeds("inner"))
        assert problems(workflow(first, second), inner) == [
            "ValueRequired a: Value required [WorkflowNode.Template.Interface]."
        ], "after the first it has one, though an empty one"

    def test_nodes_inside_of_branches_get_longer_names_each_time(self) -> None:
        inner = workflow(branch(case(node("c", {}))), inputs={"x": INT}, name="inner")
        once = codes(workflow(node("a", embeds("inner"), x=ONE)), inner)
        twice = codes(workflow(*(node(name, embeds("inner"), x=ONE) for name in "ab")), inner)
        assert "ValueRequired b-c" in once
        assert {"ValueRequired b-c", "ValueRequired b-b-c"} <= set(twice)

    def test_two_that_run_each_other_are_a_circle(self) -> None:
        one = workflow(node("n", embeds("two")), name="one")
        two = workflow(node("n", branch(case(node("then", embeds("one"))))), name="two")
        [error] = problems(workflow(node("n", embeds("one"))), one, two)
        names = [f'resource_type:WORKFLOW project:"p" domain:"d" name:"{name}" version:"v"' for name in ("one", "two")]
        path = ">".join([*names, names[0]])
        assert error == f"CycleDetected start-node: A cycle has been detected while traversing the Workflow [{path}]."

    def test_one_that_runs_itself_is_a_circle(self) -> None:
        itself = workflow(node("n", embeds("itself")), name="itself")
        assert codes(workflow(node("n", embeds("itself"))), itself) == ["CycleDetected start-node"]

    def test_a_long_chain_of_them_compiles(self) -> None:
        length = 2 * sys.getrecursionlimit()
        inner = [workflow(node("n", embeds(f"w{i + 1}")), name=f"w{i}") for i in range(length)]
        last = workflow(node("n", runs("take")), name=f"w{length}")
        assert codes(workflow(node("n", embeds("w0"))), *inner, last) == ["ParameterNotBound n"]

    def test_many_ways_to_one_of_them_take_no_time(self) -> None:
        layers = [[f"w{layer}-{i}" for i in range(4)] for layer in range(20)]
        inner = [
            workflow(*(node(f"n{other}", embeds(other)) for other in following), name=name)
            for layer, following in itertools.pairwise(layers)
            for name in layer
        ]
        ends = [workflow(branch(case(node("c", {})), x=ONE), name=name) for name in layers[-1]]
        started = time.process_time()
        found = codes(workflow(*(node(name, embeds(name)) for name in layers[0])), *inner, *ends)
        assert "ValueRequired b-c" in found
        assert time.process_time() - started < 10


class TestReachability:
    def test_nodes_that_wait_for_each_other_cannot_be_reached(self) -> None:
        value = workflow(after("a", "b"), after("b", "a"), node("c", SLEEPS))
        assert problems(value) == ["UnreachableNodes start-node: The Workflow contain unreachable nodes [a,b]."]

    def test_a_circle_that_can_be_reached_is_one(self) -> None:
        value = workflow(after("a"), after("b", "a", "c"), after("c", "b"))
        assert problems(value) == [
            "CycleDetected start-node: A cycle has been detected while traversing the Workflow [start-node>a>b>c>b]."
        ]

    def test_waiting_for_a_node_that_is_not_there_is_waiting_for_ever(self) -> None:
        assert codes(workflow(after("a", "ghost"))) == ["UnreachableNodes start-node"]

    def test_a_node_without_a_name_is_taken_for_the_start(self) -> None:
        assert codes(workflow(after("", "end-node"))) == ["ValueRequired <node>"], "and so for no circle"

    def test_waiting_for_nobody_is_waiting_for_the_start(self) -> None:
        assert not codes(workflow(after("a", "")))

    def test_a_layered_graph_of_a_thousand_nodes_compiles(self) -> None:
        names = [[f"n{layer}-{i}" for i in range(10)] for layer in range(100)]
        layers = zip([[], *names], names, strict=False)
        value = workflow(*(after(name, *upstream) for upstream, layer in layers for name in layer))
        started = time.process_time()
        assert not codes(value)
        assert time.process_time() - started < 5


class TestDepth:
    """Whatever depth protobuf reads, Python's stack is deep enough for."""

    def read(self, value: Json) -> WorkflowTemplate:
        return WorkflowTemplate.FromString(template(value).SerializeToString())

    def test_branches_within_branches(self) -> None:
        inner = node("n", runs("take"))
        for _ in range(21):
            inner = branch(case(inner))
        errors = compile_workflow(self.read(workflow(inner, inputs={"x": INT})), (), REGISTERED)
        assert ErrorCode.PARAMETER_NOT_BOUND in {error.code for error in errors}

    def test_conditions_within_conditions(self) -> None:
        condition: Json = {}
        for _ in range(42):
            condition = {"conjunction": {"left_expression": condition, "right_expression": condition}}
            condition["conjunction"]["right_expression"] = TRUE
        value = workflow(branch(case(node("n", SLEEPS), condition)), inputs={"x": INT})
        assert [error.description for error in compile_workflow(self.read(value))] == ["Value required [Expr]."]

    def test_lists_within_lists(self) -> None:
        type_: Json = INT
        data: Json = WORD
        for _ in range(42):
            type_, data = list_of(type_), items(data)
        errors = compile_workflow(self.read(workflow(node("n", SLEEPS), outputs={"o": (type_, data)})))
        assert [error.code for error in errors] == [ErrorCode.MISMATCHING_TYPES]

    def test_arrays_within_arrays(self) -> None:
        inner = node("n", {})
        for _ in range(45):
            inner = node("n", {"array_node": {"node": inner}})
        assert [error.code for error in compile_workflow(self.read(workflow(inner)))] == [ErrorCode.VALUE_REQUIRED]


class TestTime:
    """Bounds are ten times what it takes on a slow machine; that it is linear counts."""

    @pytest.mark.parametrize(("nodes", "seconds"), [(100, 0.5), (1000, 5)])
    def test_a_chain_compiles(self, nodes: int, seconds: float) -> None:
        value = template(chain(nodes))
        started = time.process_time()
        assert compile_workflow(value, (), REGISTERED) == []
        assert time.process_time() - started < seconds


def test_errors_are_listed_by_code_and_text_and_said_in_propellers_words() -> None:
    errors = compile_workflow(template(workflow(node("", {}), node("n", runs("take"), b=ONE))), (), REGISTERED)
    assert collected_text(errors) == (
        "Collected Errors: 4\n"
        "\tError 0: Code: ParameterNotBound, Node Id: n, Description: Parameter not bound [a].\n"
        "\tError 1: Code: ValueRequired, Node Id: , Description: Value required [Target].\n"
        "\tError 2: Code: ValueRequired, Node Id: <node>, Description: Value required [Id].\n"
        "\tError 3: Code: VariableNameNotFound, Node Id: n, Description: Variable [b] not found on node [n].\n"
    )
    assert [error.code for error in errors][:2] == [ErrorCode.PARAMETER_NOT_BOUND, ErrorCode.VALUE_REQUIRED]


def test_what_is_compiled_is_not_changed() -> None:
    inner = template(workflow(branch(case(node("c", SLEEPS))), inputs={"x": INT}, name="inner"))
    outer = template(workflow(node("a", embeds("inner"), x=promise("", "x")), inputs={"x": INT}))
    before = [one.SerializeToString(deterministic=True) for one in (outer, inner)]
    assert compile_workflow(outer, [inner], REGISTERED) == []
    assert [one.SerializeToString(deterministic=True) for one in (outer, inner)] == before


SAMPLE = template(
    workflow(
        node("n", runs("take"), a=promise("", "x")),
        branch(case(node("then", embeds("w"), a=items(ONE)))),
        inputs={"x": union(INT, STRING)},
        outputs={"o": (INT, promise("n"))},
        failure_node=node("f", launches("plan"), x=ONE),
    )
).SerializeToString()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), max_size=4))
def test_whatever_is_sent_there_are_errors_or_none(changes: list[tuple[int, int]]) -> None:
    data = bytearray(SAMPLE)
    for position, value in changes:
        data[position] = value
    try:
        sent = WorkflowTemplate.FromString(bytes(data))
    except DecodeError:
        return
    embedded = WorkflowTemplate()
    embedded.CopyFrom(sent)
    assert isinstance(compile_workflow(sent, [embedded], REGISTERED), list)
    assert isinstance(compile_workflow(sent, [embedded], NOTHING_KNOWN), list)


class TestHostileMessages:
    """Small messages that would take years, or all of the memory."""

    def test_a_long_type_that_fits_nowhere_is_not_shown_for_ever(self) -> None:
        colours = {"enum_type": {"values": [f"colour-{i}" for i in range(3000)]}}
        outputs = {f"o{i}": (INT, promise("", "x")) for i in range(5000)}
        errors = compile_workflow(template(workflow(node("n", SLEEPS), inputs={"x": colours}, outputs=outputs)))
        assert sum(len(error.description) for error in errors) < 100_000_000
        assert errors[-1].description == "The Workflow is too large to be compiled."

    def test_a_long_schema_is_read_once(self) -> None:
        fields = {f"f{i}": {"type": "integer"} for i in range(5000)}
        big = {**STRUCT, "metadata": {"type": "object", "properties": fields}}
        small = {**STRUCT, "metadata": {"type": "object", "properties": {"f1": {"type": "integer"}}}}
        outputs = {f"o{i}": (small, promise("", "x")) for i in range(2000)}
        started = time.process_time()
        assert not codes(workflow(node("n", SLEEPS), inputs={"x": big}, outputs=outputs))
        assert time.process_time() - started < 10

    def test_unions_of_everything_come_to_an_end(self) -> None:
        up = union(*({"enum_type": {"values": [f"u{i}"]}} for i in range(3000)))
        down = union(*({"enum_type": {"values": [f"d{i}"]}} for i in range(3000)), INT)
        found = codes(workflow(node("n", SLEEPS), inputs={"x": up}, outputs={"o": (down, promise("", "x"))}))
        assert found in (["MismatchingTypes end-node"], ["UnrecognizedValue start-node"])
