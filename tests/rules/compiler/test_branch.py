"""Branches: what they take and give, and their conditions."""

from __future__ import annotations

import pytest
from rules.compiler.support_compiler import (
    APPROVES,
    INT,
    ONE,
    SLEEPS,
    STRING,
    STRUCT,
    Json,
    codes,
    items,
    node,
    problems,
    promise,
    runs,
    signals,
    union,
    workflow,
)

VAR, NUMBER, TEXT = {"var": "x"}, {"primitive": {"integer": 1}}, {"primitive": {"string_value": "a"}}


def comparison(left: Json, right: Json) -> Json:
    sides = {"left_value": left, "right_value": right}
    return {"comparison": {side: value for side, value in sides.items() if value is not None}}


def both(left: Json, right: Json) -> Json:
    return {"conjunction": {"left_expression": left, "right_expression": right}}


TRUE = comparison(VAR, NUMBER)
ERROR = {"error": {"message": "none is true"}}


def case(then: Json, condition: Json = TRUE) -> Json:
    return {"then_node": then, "condition": condition}


def branch(first: Json, *others: Json, otherwise: Json = None, name: str = "b", **inputs: Json) -> Json:
    end = ERROR if otherwise is None else {"else_node": otherwise}
    block = {"case": first, "other": list(others), **end}
    return node(name, {"branch_node": {"if_else": block}}, **(inputs or {"x": promise("", "x")}))


def of_condition(condition: Json, type_: Json = INT) -> list[str]:
    """Return what is said of a condition in which the branch's input `x` may be used."""
    return problems(workflow(branch(case(node("then", SLEEPS), condition)), inputs={"x": type_}))


class TestInterface:
    def test_a_branch_gives_what_all_its_cases_give(self) -> None:
        value = branch(case(node("then", signals(INT))), case(node("other", runs("take"), a=ONE)))
        assert not codes(workflow(value, inputs={"x": INT}, outputs={"a": (INT, promise("b"))}))
        less = branch(case(node("then", signals(INT))), otherwise=node("else", SLEEPS))
        assert codes(workflow(less, inputs={"x": INT}, outputs={"a": (INT, promise("b"))})) == [
            "ParameterNotBound end-node",
            "VariableNameNotFound b",
        ]

    def test_what_they_give_is_of_the_very_same_type(self) -> None:
        value = branch(
            case(node("then", signals(INT))), otherwise=node("else", signals({**INT, "structure": {"tag": "t"}}))
        )
        assert problems(workflow(value, inputs={"x": INT}))[0] == (
            "MismatchingTypes b-else: Variable [o] (type [simple:INTEGER]) doesn't match expected type "
            '[simple:INTEGER structure:{tag:"t"}].'
        )

    def test_nodes_inside_are_called_after_the_branch(self) -> None:
        inner = branch(case(node("c", runs("take"), a=promise("ghost"))), name="i")
        assert "ParameterNotBound b-i-c" in codes(workflow(branch(case(inner)), inputs={"x": INT}))

    def test_nobody_outside_sees_the_nodes_inside(self) -> None:
        value = workflow(
            branch(case(node("then", runs("number")))), inputs={"x": INT}, outputs={"a": (INT, promise("b-then"))}
        )
        assert codes(value) == ["NodeReferenceNotFound b-then", "ParameterNotBound end-node"]

    def test_nodes_inside_see_only_the_nodes_before_the_branch(self) -> None:
        inside = branch(case(node("then", runs("take"), a=promise("number"))))
        number = node("number", runs("number"))
        assert not codes(workflow(number, inside, inputs={"x": INT}))
        assert codes(workflow(inside, number, inputs={"x": INT})) == [
            "NodeReferenceNotFound number",
            "ParameterNotBound b-then",
        ]

    def test_a_branch_takes_whatever_is_bound_but_no_lists(self) -> None:
        assert not codes(workflow(branch(case(node("then", SLEEPS)), x=ONE, y=promise("", "s")), inputs={"s": STRUCT}))
        assert "MismatchingBindings b" in codes(workflow(branch(case(node("then", SLEEPS)), x=items(ONE))))

    def test_a_field_cannot_be_bound_for_the_input_is_of_the_type_of_the_whole(self) -> None:
        record = {**STRUCT, "structure": {"dataclass_type": {"n": INT}}}
        value = branch(case(node("then", SLEEPS)), x=promise("", "r", "n"))
        assert codes(workflow(value, inputs={"r": record})) == [
            "MismatchingTypes b",
            "MismatchingTypes b",
            "UnreachableNodes start-node",
        ]

    @pytest.mark.parametrize(
        ("target", "missing"),
        [
            ({}, "Branch.IfElse"),
            ({"if_else": {}}, "Branch.IfElse.Case"),
            ({"if_else": {"case": {}}}, "Branch.IfElse.Case.ThenNode"),
        ],
    )
    def test_it_has_a_case_with_a_node(self, target: Json, missing: str) -> None:
        assert f"ValueRequired b: Value required [{missing}]." in problems(workflow(node("b", {"branch_node": target})))

    def test_all_that_is_wrong_in_it_is_said(self) -> None:
        block = {"case": {"condition": TRUE}}
        assert codes(workflow(node("b", {"branch_node": {"if_else": block}}, x=ONE))) == [
            "BranchNodeHasNoDefault b",
            "BranchNodeIdNotFound b",
            "ValueRequired b",
            "ValueRequired b",
        ]

    def test_what_is_wrong_inside_keeps_the_branch_from_being_reached(self) -> None:
        found = codes(workflow(branch(case(node("then", {}))), inputs={"x": INT}))
        assert found == ["UnreachableNodes start-node", "ValueRequired b", "ValueRequired b-then"]

    def test_an_approval_inside_of_one_works(self) -> None:
        gate = node("then", APPROVES, o=promise("", "x"))
        assert not codes(workflow(branch(case(gate)), inputs={"x": INT}, outputs={"a": (INT, promise("b", "o"))}))


class TestCondition:
    @pytest.mark.parametrize(
        "condition",
        [
            TRUE,
            comparison(NUMBER, VAR),
            comparison(VAR, VAR),
            both(TRUE, both(TRUE, TRUE)),
        ],
    )
    def test_these_hold(self, condition: Json) -> None:
        assert not of_condition(condition)

    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            ({}, "ValueRequired b: Value required [Expr]."),
            (comparison(VAR, None), "ValueRequired b: Value required [RightValue]."),
            (comparison(None, NUMBER), "ValueRequired b: Value required [LeftValue]."),
            (comparison(VAR, {}), "ValueRequired b: Value required [RightValue.Val]."),
            (
                comparison(VAR, {"scalar": {"primitive": {"integer": 1}}}),
                "ValueRequired b: Value required [RightValue.Val].",
            ),
            (
                comparison({"var": "ghost"}, NUMBER),
                "VariableNameNotFound b: Variable [ghost] not found on node [b].",
            ),
            (
                comparison(VAR, TEXT),
                (
                    "MismatchingTypes b: Variable [RightValue] (type [simple:STRING]) doesn't match expected type "
                    "[simple:INTEGER]."
                ),
            ),
            (
                both(TRUE, comparison(VAR, TEXT)),
                (
                    "MismatchingTypes b: Variable [RightValue] (type [simple:STRING]) doesn't match expected type "
                    "[simple:INTEGER]."
                ),
            ),
            (
                {"conjunction": {"left_expression": TRUE}},
                "BranchNodeHasNoCondition b: One of the branches on the node doesn't have a condition.",
            ),
        ],
    )
    def test_these_do_not(self, condition: Json, expected: str) -> None:
        assert of_condition(condition) == [expected]

    def test_both_sides_are_of_the_very_same_type(self) -> None:
        assert of_condition(TRUE, union(INT)) == [
            (
                "MismatchingTypes b: Variable [RightValue] (type [simple:INTEGER]) doesn't match expected type "
                "[union_type:{variants:{simple:INTEGER}}]."
            )
        ]
        assert of_condition(TRUE, STRING)

    def test_there_is_one(self) -> None:
        block = {"case": {"then_node": node("then", SLEEPS)}, **ERROR}
        assert codes(workflow(node("b", {"branch_node": {"if_else": block}}))) == ["BranchNodeHasNoCondition b"]
