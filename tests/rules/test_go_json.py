"""Messages as Go's encoding/json writes them, and differences as flyteadmin words them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from flyteidl.core.literals_pb2 import Literal, Primitive, Scalar
from flyteidl.core.tasks_pb2 import Container, K8sPod, Resources, TaskMetadata, TaskTemplate
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct

from hatch_flyte.rules.go_json import difference_text, go_json, go_text


def struct(**values: Any) -> Struct:
    result = Struct()
    result.update(values)
    return result


def test_fields_have_their_own_names_and_oneofs_gos() -> None:
    pod = K8sPod(pod_spec=struct(containers=[{"name": "main"}], count=2))
    assert go_json(TaskTemplate(type="t", k8s_pod=pod, config={"a": "b"})) == {
        "Target": {"K8SPod": {"pod_spec": {"containers": [{"name": "main"}], "count": 2}}},
        "type": "t",
        "config": {"a": "b"},
    }


def test_a_oneof_without_a_member_is_null_and_other_defaults_are_left_out() -> None:
    assert go_json(TaskMetadata(discoverable=False, timeout=Duration(seconds=60))) == {
        "InterruptibleValue": None,
        "timeout": {"seconds": 60},
    }
    assert go_json(TaskMetadata(interruptible=False)) == {"InterruptibleValue": {"Interruptible": False}}


def test_enums_are_numbers_and_lists_keep_their_order() -> None:
    entry = Resources.ResourceEntry(name=Resources.MEMORY, value="1Gi")
    container = Container(resources=Resources(requests=[entry]), args=["b", "a"])
    assert go_json(container) == {"resources": {"requests": [{"name": 3, "value": "1Gi"}]}, "args": ["b", "a"]}


def test_bytes_are_base64() -> None:
    literal = Literal(scalar=Scalar())
    literal.scalar.binary.value = b"\x00\x01"
    assert go_json(literal)["Value"] == {"Scalar": {"Value": {"Binary": {"value": "AAE="}}}}


def test_a_number_that_json_has_not_is_null() -> None:
    assert go_json(TaskTemplate(custom=struct(x=math.nan)))["custom"] is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "<nil>"),
        (True, "true"),
        ({"b": [1, "two"], "a": {}}, "map[a:map[] b:[1 two]]"),
        (60, "60"),
        (-1.5, "-1.5"),
        (123456, "123456"),
        (1_000_000, "1e+06"),
        (123456789, "1.23456789e+08"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (-2.5e-7, "-2.5e-07"),
        (0, "0"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_values_are_written_as_go_prints_them(value: object, text: str) -> None:
    assert go_text(value) == text


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ({"a": 1}, {"a": 1}, ""),
        ({"a": 1, "b": {"c": 2}}, {"a": 2, "b": {"c": 3}}, "/a:\n\t- 1 \n\t+ 2\n/b/c:\n\t- 2 \n\t+ 3"),
        ({"a": 1}, {}, "/a:\n\t- 1 \n\t+ <nil>"),
        ({}, {"a": 1}, "/a:\n\t- <nil> \n\t+ 1"),
        ({"a": None}, {"a": {}}, "/a:\n\t- <nil> \n\t+ map[]"),
        ({"a": [1, 2]}, {"a": [1, 3]}, "/a/1:\n\t- 2 \n\t+ 3"),
        ({"a": [1]}, {"a": [2, 3]}, "/a/0:\n\t- 1 \n\t+ 2"),
        ({"a": [1, 2]}, {"a": [1]}, ""),
        ({"a": True}, {"a": 1}, "/a:\n\t- true \n\t+ 1"),
        ({"x/y": 1, "x~y": 1}, {"x/y": 2, "x~y": 2}, "/x~1y:\n\t- 1 \n\t+ 2\n/x~0y:\n\t- 1 \n\t+ 2"),
    ],
)
def test_differences_are_those_that_one_path_names_on_both_sides(old: object, new: object, text: str) -> None:
    assert difference_text(old, new) == text


def test_a_value_inside_a_oneof_is_reached_by_gos_names() -> None:
    one, two = (go_json(Literal(scalar=Scalar(primitive=Primitive(integer=number)))) for number in (1, 2))
    assert difference_text(one, two) == "/Value/Scalar/Value/Primitive/Value/Integer:\n\t- 1 \n\t+ 2"
