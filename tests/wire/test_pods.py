from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct

from hatch_flyte.wire.pods import pod_arguments, pod_variables


def pod(value: Any) -> Struct:
    return ParseDict(value, Struct())


def test_arguments_of_all_containers_are_found_and_can_be_changed() -> None:
    spec = pod({"containers": [{"args": ["a", "b"]}, {"name": "x"}, {"args": ["c", 7]}]})
    for argument in pod_arguments(spec):
        argument.string_value += "!"

    assert spec == pod({"containers": [{"args": ["a!", "b!"]}, {"name": "x"}, {"args": ["c!", 7]}]})


def test_init_containers_and_commands_are_left_alone() -> None:
    spec = pod({"initContainers": [{"args": ["a"]}], "containers": [{"command": ["a"], "env": [{"name": "a"}]}]})

    assert list(pod_arguments(spec)) == []


@pytest.mark.parametrize("value", [{}, {"containers": 1}, {"containers": [3, None]}, {"containers": [{"args": "a"}]}])
def test_a_spec_of_any_shape_is_read_without_an_error(value: Any) -> None:
    spec = pod(value)

    assert list(pod_arguments(spec)) == []
    assert list(pod_variables(spec, "A")) == []
    assert spec == pod(value)


def test_a_variable_is_found_by_its_name_in_all_containers() -> None:
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "A", "valueFrom": {}}, {}]
    spec = pod({"containers": [{"env": env}, {"env": [{"name": "A", "value": "3"}]}]})

    assert [value.string_value for value in pod_variables(spec, "A")] == ["1", "3"]
