"""What the compiler refuses in a task."""

from __future__ import annotations

from typing import Any

import pytest
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.json_format import ParseDict
from rules.compiler.support_compiler import INT, interface

from hatch_flyte.rules.compiler.task_compiler import compile_task

Json = Any

CONTAINER = {"image": "i", "args": ["run"]}


def said_of(**value: Json) -> list[str]:
    said = {"id": {"name": "t"}, "interface": interface({"x": INT}, {}), **value}
    return [str(error).partition("Code: ")[2] for error in compile_task(ParseDict(said, TaskTemplate()))]


def pod(*names: str | None) -> Json:
    containers = [{} if name is None else {"name": name} for name in names]
    return {"pod_spec": {"containers": containers, "initContainers": [{"name": "Not Looked At"}]}}


@pytest.mark.parametrize(
    "value",
    [
        {"container": CONTAINER},
        {"container": {"image": "i", "command": ["run"]}},
        {"container": {"image": "i"}, "interface": {}},
        {"k8s_pod": pod("primary", "side-car")},
        {"k8s_pod": {"pod_spec": {}}},
        {"sql": {}},
        {},
    ],
)
def test_these_compile(value: Json) -> None:
    assert not said_of(**value)


@pytest.mark.parametrize("value", ["1", "500m", "1.5Gi", "1e3", "2E", "0.1", ".5", "+1", "1.", "10Ki"])
def test_these_are_amounts(value: str) -> None:
    limits = {"limits": [{"name": "STORAGE", "value": value}]}
    assert not said_of(container={**CONTAINER, "resources": limits})


@pytest.mark.parametrize("value", ["", "x", "1 Gi", "1g", "1K", "1kk", "1Mb", "1e", "\u0661"])
def test_these_are_not(value: str) -> None:
    requests = {"requests": [{"name": "STORAGE", "value": value}, {"name": "CPU", "value": "1"}]}
    expected = f"UnrecognizedValue, Node Id: resources.STORAGE, Description: Unrecognized value [{value}]."
    assert said_of(container={**CONTAINER, "resources": requests}) == [expected]


@pytest.mark.parametrize("names", [("Primary",), (None,), ("a", "under_score"), ("x" * 64,)])
def test_containers_of_a_pod_are_named_as_kubernetes_has_it(names: tuple[str | None, ...]) -> None:
    assert said_of(k8s_pod=pod(*names)) == [
        "InvalidValue, Node Id: root, Description: Invalid value [k8s pod spec container name]."
    ]


def test_all_that_is_wrong_is_said() -> None:
    assert said_of(container={}) == [
        "ValueRequired, Node Id: container, Description: Value required [command].",
        "ValueRequired, Node Id: container, Description: Value required [image].",
    ]
    assert said_of(k8s_pod={}) == ["InvalidValue, Node Id: root, Description: Invalid value [k8s pod spec]."]
    assert [str(error) for error in compile_task(TaskTemplate())] == [
        "Code: ValueRequired, Node Id: root, Description: Value required [Id]."
    ]
