"""What may be bound to the inputs of nodes and to the outputs of workflows."""

from __future__ import annotations

import pytest
from rules.compiler.support_compiler import (
    INT,
    NONE,
    ONE,
    STRING,
    STRUCT,
    WORD,
    Json,
    items,
    list_of,
    map_of,
    mapped,
    node,
    problems,
    promise,
    runs,
    union,
    workflow,
)

EXPECTS = "Input [a] on node [n] expects bindings of"
IN_ENUM = "Input [a] on node [n] is an Enum and expects value to be one of"


def of_input(task: str, data: Json, **inputs: Json) -> list[str]:
    """Return what is said of something bound to the input `a` of a task."""
    return problems(workflow(node("n", runs(task), a=data), inputs=inputs))


@pytest.mark.parametrize(
    ("task", "data"),
    [
        ("take", ONE),
        ("take_text", WORD),
        ("take_enum", WORD),
        ("take_list", items()),
        ("take_list", items(ONE, promise("", "x"))),
        ("take_map", mapped()),
        ("take_map", mapped(k=ONE)),
        ("take_optional", ONE),
        ("take_optional", {"scalar": {"none_type": {}}}),
        ("take_either", items(ONE)),
        ("take_either", items(WORD)),
        ("take", promise("", "x")),
        ("take", promise("start-node", "x")),
        ("take", promise("", "[3].xs")),
        ("take", promise("", "xs", 0)),
        ("take", promise("", "by_name", "k")),
        ("take", promise("", "record", "field")),
        ("take", promise("", "record", "fields", "k", 0)),
        ("take_list", promise("", "record", "fields", "k")),
    ],
)
def test_these_bindings_fit(task: str, data: Json) -> None:
    record = {**STRUCT, "structure": {"dataclass_type": {"field": INT, "fields": map_of(list_of(INT))}}}
    assert not of_input(task, data, x=INT, xs=list_of(INT), by_name=map_of(INT), record=record)


@pytest.mark.parametrize(
    ("task", "data", "expected"),
    [
        (
            "take",
            WORD,
            "MismatchingTypes n: Variable [a] (type [simple:STRING]) doesn't match expected type [simple:INTEGER].",
        ),
        (
            "take",
            promise("", "s"),
            (
                "MismatchingTypes n: The output variable 's' has type [simple:STRING], but it's assigned to the input "
                "variable 'a' which has type type [simple:INTEGER]."
            ),
        ),
        (
            "take",
            items(ONE),
            (
                f"MismatchingBindings n: {EXPECTS} type [simple:INTEGER].  "
                "Received [bindings:{scalar:{primitive:{integer:1}}}]"
            ),
        ),
        (
            "take_list",
            mapped(k=ONE),
            (
                f"MismatchingBindings n: {EXPECTS} type [collection_type:{{simple:INTEGER}}].  "
                'Received [bindings:{key:"k" value:{scalar:{primitive:{integer:1}}}}]'
            ),
        ),
        (
            "take",
            {},
            f"MismatchingBindings n: {EXPECTS} type [simple:INTEGER].  Received []",
        ),
        (
            "take_list",
            items(ONE, WORD),
            "MismatchingTypes n: Variable [a] (type [simple:STRING]) doesn't match expected type [simple:INTEGER].",
        ),
        (
            "take_either",
            items(),
            (
                f"AmbiguousBindingUnionValue n: {EXPECTS} union type "
                "[union_type:{variants:{collection_type:{simple:INTEGER}} variants:{collection_type:{simple:STRING}}}]."
                "  Received [collection:{}] which is ambiguous as both variants [collection_type:{simple:INTEGER}] and "
                "[collection_type:{simple:STRING}] match."
            ),
        ),
        (
            "take_either",
            mapped(),
            (
                f"IncompatibleBindingUnionValue n: {EXPECTS} union type "
                "[union_type:{variants:{collection_type:{simple:INTEGER}} variants:{collection_type:{simple:STRING}}}]."
                "  Received [map:{}] which does not match any of the variants."
            ),
        ),
        (
            "take_enum",
            {"scalar": {"primitive": {"string_value": "blue"}}},
            (f"IllegalEnumValue n: {IN_ENUM} [[red green]].  Received [blue]"),
        ),
        ("take", {"scalar": {"blob": {}}}, "UnrecognizedValue n: Unrecognized value [*core.Scalar_Blob]."),
        ("take", {"scalar": {}}, "UnrecognizedValue n: Unrecognized value [<nil>]."),
        (
            "take",
            {"scalar": {"structured_dataset": {}}},
            (
                "MismatchingTypes n: Variable [a] (type [structured_dataset_type:{}]) doesn't match expected type "
                "[simple:INTEGER]."
            ),
        ),
        ("take", promise("", "s-t"), "SyntaxError n: Failed to parse element [s-t]."),
        ("take", promise("", ""), "SyntaxError n: Failed to parse element []."),
        (
            "take",
            promise("", "record", "ghost"),
            (
                "FieldNotFound n: Variable [record] (type [simple:STRUCT structure:{dataclass_type:"
                '{key:"field" value:{simple:INTEGER}}}]) doesn\'t have field [ghost].'
            ),
        ),
    ],
)
def test_these_bindings_do_not(task: str, data: Json, expected: str) -> None:
    record = {**STRUCT, "structure": {"dataclass_type": {"field": INT}}}
    assert of_input(task, data, s=STRING, record=record) == [expected]


def test_the_name_of_a_node_comes_before_those_of_its_variables() -> None:
    first = {**node("n0", runs("number")), "metadata": {"name": "one"}}
    second = {**node("n1", runs("take_text"), a=promise("n0")), "metadata": {}}
    assert problems(workflow(first, second)) == [
        (
            "MismatchingTypes n1: The output variable 'one.o' has type [simple:INTEGER], but it's assigned to "
            "the input variable '.a' which has type type [simple:STRING]."
        )
    ]


def test_an_element_of_what_is_no_list_is_compared_as_the_whole() -> None:
    expected = "The output variable '[0].x' has type [simple:INTEGER], but it's assigned to the input variable 'a'"
    [error] = of_input("take", promise("", "[0].x"), x=INT)
    assert error == f"MismatchingTypes n: {expected} which has type type [simple:INTEGER]."


def test_a_promise_of_a_node_that_is_not_there_leaves_the_input_unbound() -> None:
    assert of_input("take", promise("ghost")) == [
        "NodeReferenceNotFound ghost: Referenced node [ghost] not found.",
        "ParameterNotBound n: Parameter not bound [a].",
    ]


def test_a_promise_of_an_output_that_is_not_there_leaves_the_input_unbound() -> None:
    assert of_input("take", promise("", "ghost")) == [
        "ParameterNotBound n: Parameter not bound [a].",
        "VariableNameNotFound start-node: Variable [ghost] not found on node [start-node].",
    ]


def test_every_input_is_bound_once_and_none_that_is_not_there() -> None:
    twice = {
        "id": "n",
        "inputs": [{"var": "a", "binding": ONE}] * 2 + [{"var": "z", "binding": ONE}],
        **runs("take_two"),
    }
    assert problems(workflow(twice)) == [
        "ParameterBoundMoreThanOnce n: Input [a] is bound more than once.",
        "ParameterNotBound n: Parameter not bound [b].",
        "VariableNameNotFound n: Variable [z] not found on node [n].",
    ]


def test_a_binding_binds_something() -> None:
    assert problems(workflow(node("n", runs("take_optional"), a=None))) == [
        "ValueRequired n: Value required [Binding]."
    ]


@pytest.mark.parametrize("task", ["take_optional", "take_either"])
def test_optional_inputs_may_stay_unbound(task: str) -> None:
    """Each variant of a union that isn't simple counts as none, too."""
    assert not problems(workflow(node("n", runs(task))))


def test_outputs_are_bound_as_inputs_are() -> None:
    value = workflow(
        node("n", runs("number")),
        outputs={"a": (INT, promise("n")), "b": (STRING, promise("n")), "c": (union(INT, NONE), None)},
    )
    assert problems(value) == [
        (
            "MismatchingTypes end-node: The output variable 'o' has type [simple:INTEGER], but it's assigned to "
            "the input variable 'b' which has type type [simple:STRING]."
        ),
        "ValueRequired end-node: Value required [Binding].",
    ]


def test_a_string_is_checked_against_an_enum_only_if_it_is_known() -> None:
    assert not of_input("take_enum", promise("", "s"), s=STRING)
    assert of_input("take_enum", promise("", "e"), e={"enum_type": {"values": ["other"]}})
    assert of_input("take_enum", ONE) == [
        f"IllegalEnumValue n: {IN_ENUM} [[red green]].  Received []",
        (
            "MismatchingTypes n: Variable [a] (type [simple:INTEGER]) doesn't match expected type "
            '[enum_type:{values:"red" values:"green"}].'
        ),
    ]
