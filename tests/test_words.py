from __future__ import annotations

from typing import Any

import pytest
from flyteidl.admin.schedule_pb2 import Schedule
from flyteidl.core.condition_pb2 import BooleanExpression
from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.interface_pb2 import Parameter
from flyteidl.core.literals_pb2 import BindingData, Literal
from flyteidl.core.types_pb2 import LiteralType
from flyteidl.core.workflow_pb2 import Node
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import ParseDict

from hatch_flyte.words import (
    binding_words,
    condition_words,
    duration_words,
    literal_words,
    node_words,
    parameter_words,
    reference_words,
    schedule_words,
    type_words,
)

STRING, NONE = {"simple": "STRING"}, {"simple": "NONE"}
UNION = {"union_type": {"variants": [STRING, NONE]}}


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"simple": "INTEGER"}, "integer"),
        ({"simple": "STRUCT"}, "struct"),
        ({"simple": "STRUCT", "metadata": {"title": "Limits"}}, "struct Limits"),
        ({"simple": "STRING", "metadata": {"title": "Limits"}}, "string"),
        ({"simple": 99}, "simple 99"),
        ({"collection_type": {"map_value_type": STRING}}, "list of map of string"),
        ({"blob": {}}, "file"),
        ({"blob": {"format": "csv", "dimensionality": "MULTIPART"}}, "folder (csv)"),
        ({"schema": {}}, "schema"),
        ({"structured_dataset_type": {"format": "parquet"}}, "dataset (parquet)"),
        ({"structured_dataset_type": {}}, "dataset"),
        ({"enum_type": {"values": ["a", "b"]}}, "enum (a, b)"),
        (UNION, "string or none"),
        ({"collection_type": UNION}, "list of (string or none)"),
        ({"union_type": {}}, "union of nothing"),
        ({}, "no type"),
    ],
)
def test_a_type(table: dict[str, Any], expected: str) -> None:
    assert type_words(ParseDict(table, LiteralType())) == expected


def primitive(**value: Any) -> dict[str, Any]:
    return {"scalar": {"primitive": value}}


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (primitive(integer=3), "3"),
        (primitive(float_value=0.5), "0.5"),
        (primitive(string_value='a"ü\n'), '"a\\"ü\\n"'),
        (primitive(boolean=False), "false"),
        (primitive(datetime="2024-02-29T12:00:00Z"), "2024-02-29T12:00:00Z"),
        (primitive(duration="90s"), "90s"),
        (primitive(), "no value"),
        ({"scalar": {"none_type": {}}}, "none"),
        ({"scalar": {"blob": {"uri": "s3://a", "metadata": {"type": {"format": "csv"}}}}}, "file (csv) at s3://a"),
        ({"scalar": {"binary": {"value": "AAAA", "tag": "msgpack"}}}, "msgpack of 3 bytes"),
        ({"scalar": {"binary": {}}}, "binary of 0 bytes"),
        ({"scalar": {"schema": {"uri": "s3://a"}}}, "schema at s3://a"),
        ({"scalar": {"structured_dataset": {"uri": "s3://a"}}}, "dataset at s3://a"),
        ({"scalar": {"error": {"message": "no"}}}, 'error "no"'),
        ({"scalar": {"generic": {"a": [1, None]}}}, '{"a": [1.0, null]}'),
        ({"scalar": {"union": {"value": primitive(integer=3), "type": STRING}}}, "3"),
        ({"scalar": {}}, "no value"),
        ({"collection": {"literals": [primitive(integer=1), {}]}}, "[1, no value]"),
        ({"map": {"literals": {"b": primitive(integer=1), "a": {}}}}, '{"a": no value, "b": 1}'),
        ({"offloaded_metadata": {"uri": "s3://a"}}, "value at s3://a"),
    ],
)
def test_a_value(table: dict[str, Any], expected: str) -> None:
    assert literal_words(ParseDict(table, Literal())) == expected


def test_a_time_that_json_cannot_hold_is_a_value_too() -> None:
    literal = Literal(scalar={"primitive": {"datetime": {"seconds": 1 << 60}}})

    assert literal_words(literal) == "timestamp of 10 bytes"


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (Duration(seconds=90), "90s"),
        (Duration(nanos=500_000_000), "0.5s"),
        (Duration(seconds=600), "600s"),
        (Duration(seconds=1 << 50), "1125899906842624s"),
    ],
)
def test_a_duration(duration: Duration, expected: str) -> None:
    assert duration_words(duration) == expected


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"promise": {"node_id": "n0", "var": "o0"}}, "n0.o0"),
        ({"promise": {"var": "a"}}, "input a"),
        (
            {"promise": {"node_id": "n0", "var": "o0", "attr_path": [{"string_value": "b"}, {"int_value": 2}]}},
            "n0.o0.b[2]",
        ),
        (primitive(integer=3), "3"),
        ({"collection": {"bindings": [primitive(integer=1), {"promise": {"var": "a"}}]}}, "[1, input a]"),
        ({"map": {"bindings": {"k": primitive(integer=1)}}}, '{"k": 1}'),
        ({"offloaded_metadata": {"uri": "s3://a"}}, "value at s3://a"),
        ({}, "nothing"),
    ],
)
def test_what_an_input_is_bound_to(table: dict[str, Any], expected: str) -> None:
    assert binding_words(ParseDict(table, BindingData())) == expected


def compared(sign: str, right: dict[str, Any]) -> dict[str, Any]:
    return {"comparison": {"operator": sign, "left_value": {"var": "a"}, "right_value": right}}


def joined(word: str, *sides: dict[str, Any]) -> dict[str, Any]:
    return {"conjunction": {"operator": word, "left_expression": sides[0], "right_expression": sides[1]}}


GREATER, NOT = compared("GT", {"primitive": {"integer": 3}}), compared("NEQ", {"scalar": {"none_type": {}}})


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (GREATER, "a > 3"),
        (compared("EQ", {"var": "b"}), "a == b"),
        (NOT, "a != none"),
        (joined("AND", GREATER, NOT), "a > 3 and a != none"),
        (joined("OR", GREATER, joined("AND", GREATER, NOT)), "a > 3 or (a > 3 and a != none)"),
        ({}, "no value == no value"),
    ],
)
def test_a_condition(table: dict[str, Any], expected: str) -> None:
    assert condition_words(ParseDict(table, BooleanExpression())) == expected


def test_a_sign_that_nobody_knows_is_its_number() -> None:
    assert condition_words(BooleanExpression(comparison={"operator": 9})) == "no value (9) no value"


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"cron_schedule": {"schedule": "0 6 * * *"}}, "cron 0 6 * * *"),
        ({"cron_schedule": {"schedule": "@daily", "offset": "PT1H"}}, "cron @daily, offset PT1H"),
        ({"cron_expression": "0 6 * * ? *"}, "cron 0 6 * * ? *"),
        ({"rate": {"value": 10, "unit": "MINUTE"}}, "every 10 minutes"),
        ({"rate": {"value": 1, "unit": "DAY"}, "kickoff_time_input_arg": "t"}, "every day, its time in input t"),
        ({}, ""),
    ],
)
def test_a_schedule(table: dict[str, Any], expected: str) -> None:
    assert schedule_words(ParseDict(table, Schedule())) == expected


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"var": {"type": STRING}, "default": primitive(string_value="a")}, 'string, default "a"'),
        ({"var": {"type": STRING}, "required": True}, "string, required"),
        ({"var": {"type": STRING}, "required": False}, "string"),
        ({"var": {"type": STRING}}, "string"),
        ({"var": {"type": STRING}, "artifact_query": {}}, "string, from an artifact"),
    ],
)
def test_an_input_of_a_launch_plan(table: dict[str, Any], expected: str) -> None:
    assert parameter_words(ParseDict(table, Parameter())) == expected


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        (Identifier(name="a"), "a"),
        (Identifier(name="a", version="7"), "a 7"),
        (Identifier(name="a", version="7", project="p", domain="d"), "a 7 in p/d"),
        (Identifier(name="a", domain="d"), "a in d"),
    ],
)
def test_a_reference(identifier: Identifier, expected: str) -> None:
    assert reference_words(identifier) == expected


RUNS = {"task_node": {"reference_id": {"name": "a"}}}


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (RUNS, "task a"),
        ({"workflow_node": {"launchplan_ref": {"name": "a"}}}, "launch plan a"),
        ({"workflow_node": {"sub_workflow_ref": {"name": "a"}}}, "workflow a"),
        ({"branch_node": {}}, "condition"),
        ({"branch_node": {}, "metadata": {"name": "size"}}, "condition size"),
        ({"gate_node": {"sleep": {"duration": "5s"}}}, "sleep 5s"),
        ({"gate_node": {"approve": {"signal_id": "fine"}}}, 'approve "fine"'),
        ({"gate_node": {"signal": {"signal_id": "n", "type": STRING}}}, 'wait for input "n", string'),
        ({"gate_node": {}}, "gate"),
        ({"array_node": {"node": RUNS}}, "map over task a"),
        (
            {"array_node": {"node": RUNS, "parallelism": 3, "min_success_ratio": 0.5}},
            "map over task a, 3 at once, at least 50% must succeed",
        ),
        ({"array_node": {"node": RUNS, "min_successes": 2}}, "map over task a, at least 2 must succeed"),
        ({"array_node": {"node": RUNS, "min_success_ratio": 1}}, "map over task a"),
        ({}, "nothing"),
    ],
)
def test_what_a_node_runs(table: dict[str, Any], expected: str) -> None:
    assert node_words(ParseDict(table, Node())) == expected
