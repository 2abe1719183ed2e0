"""What tasks may ask for: containers' and pods' resources, against their own limits and the platform's."""

from __future__ import annotations

from typing import Any

import pytest
from flyteidl.admin.matchable_resource_pb2 import TaskResourceSpec
from flyteidl.core.identifier_pb2 import TASK, Identifier
from flyteidl.core.tasks_pb2 import K8sPod, Resources
from google.protobuf.struct_pb2 import Struct
from registry.entities import task

from hatch_flyte.rules import catalogue
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.rules.resources import check_resources, platform_limits
from hatch_flyte.rules.tasks import check_task

PLATFORM = platform_limits(TaskResourceSpec(cpu="2", memory="1Gi", gpu="1", ephemeral_storage="many", storage="1"))


def resources(requests: dict[str, str] | None = None, limits: dict[str, str] | None = None) -> Resources:
    def entries(given: dict[str, str] | None) -> list[Resources.ResourceEntry]:
        return [
            Resources.ResourceEntry(name=Resources.ResourceName.Value(name), value=value)
            for name, value in (given or {}).items()
        ]

    return Resources(requests=entries(requests), limits=entries(limits))


def pod_task(**pod: Any) -> Any:
    spec = task()
    content = Struct()
    content.update(pod)
    spec.template.k8s_pod.CopyFrom(K8sPod(pod_spec=content))
    return spec


def container(**fields: Any) -> dict[str, Any]:
    return {"name": "a", "image": "i"} | fields


@pytest.mark.parametrize(
    ("requests", "limits"),
    [
        ({"CPU": "900m"}, {"CPU": "100m"}),  # both are one, rounded up
        ({}, {"CPU": "1000"}),  # a limit without a request is compared with nothing
        ({"STORAGE": "x", "UNKNOWN": "y"}, {}),
        ({"GPU": "1"}, {"GPU": "1000m"}),
        ({"CPU": "2", "MEMORY": "1024Mi", "EPHEMERAL_STORAGE": "1Ti"}, {}),
    ],
)
def test_what_is_within_its_limits_is_taken(requests: dict[str, str], limits: dict[str, str]) -> None:
    check_resources(None, resources(requests, limits), PLATFORM)


@pytest.mark.parametrize(
    ("requests", "limits", "message"),
    [
        ({"CPU": "2"}, {"CPU": "1"}, r"^Requested CPU default \[2\] is greater than the limit \[1\]\. Please fix"),
        ({"CPU": "3"}, {}, r"^Requested CPU default \[3\] is greater than current limit set .* configuration \[2\]\."),
        ({"CPU": "1"}, {"CPU": "5000m"}, r"^Requested CPU limit \[5\] is greater than current limit set"),
        ({"MEMORY": "2Gi"}, {}, r"^Requested MEMORY default \[2Gi\] .* configuration \[1Gi\]"),
        ({"GPU": "2"}, {"GPU": "2"}, r"^Requested GPU default \[2\] is greater than current limit"),
        ({"GPU": "1"}, {"GPU": "2"}, r"the default value must equal the limit value for task \[<nil>\]$"),
        ({"GPU": "500m"}, {}, r"^gpu for \[<nil>\] must be a whole number, got: 500m instead$"),
        ({}, {"GPU": "0.5"}, r"^gpu for \[<nil>\] must be a whole number, got: 0\.5 instead$"),
        ({}, {"CPU": "1x"}, "^Parsing of CPU request failed for value 1x - reason  quantities must match"),
    ],
)
def test_what_is_beyond_its_limits_is_refused(requests: dict[str, str], limits: dict[str, str], message: str) -> None:
    with pytest.raises(RefusalError, match=message) as caught:
        check_resources(None, resources(requests, limits), PLATFORM)
    assert caught.value.rule


def test_an_entry_stands_once_and_its_task_is_named_as_it_was_sent() -> None:
    twice = resources({"CPU": "1"})
    twice.requests.add(name=Resources.CPU, value="1")
    identifier = Identifier(resource_type=TASK, name="n")
    text = r"^can't specify CPU limit for task \[resource_type:TASK name:\"n\"\] multiple times$"
    with pytest.raises(RefusalError, match=text):
        check_resources(identifier, twice)


def test_limits_that_are_not_set_or_cannot_be_read_are_none() -> None:
    assert {Resources.ResourceName.Name(name): str(limit) for name, limit in PLATFORM.items()} == {
        "CPU": "2",
        "MEMORY": "1Gi",
        "GPU": "1",
    }
    assert not platform_limits(TaskResourceSpec(cpu="0", memory="lots"))


def test_each_container_of_a_pod_is_compared_by_the_names_of_kubernetes() -> None:
    check_task(pod_task(containers=[container(resources={"requests": {"nvidia.com/gpu": "9", "cpu": "1"}})]), PLATFORM)
    for requests, name in (({"cpu": 4}, "CPU"), ({"ephemeral-storage": "2Gi"}, "EPHEMERAL_STORAGE")):
        limits = dict.fromkeys(requests, "1")
        spec = pod_task(containers=[container(), container(resources={"requests": requests, "limits": limits})])
        with pytest.raises(RefusalError, match=rf"^Requested {name} default .* is greater than the limit \[1\]"):
            check_task(spec)
    with pytest.raises(RefusalError, match="greater than current limit set in the platform configuration"):
        check_task(pod_task(containers=[container(resources={"requests": {"memory": "2Gi"}})]), PLATFORM)


@pytest.mark.parametrize(
    ("pod", "message"),
    [
        ({"containers": "none"}, r"pod_spec\.containers: expected a list of tables \(got 'none'\)"),
        ({"containers": ["one"]}, r"pod_spec\.containers: expected a list of tables"),
        ({"containers": [{"name": 1}]}, r"pod_spec\.containers\[0\]\.name: expected a text \(got 1\.0\)"),
        ({"initContainers": [{"args": "x"}]}, r"pod_spec\.initContainers\[0\]\.args: expected a list of texts"),
        (
            {"containers": [{"resources": {"limits": {"cpu": "1x"}}}]},
            r"containers\[0\]\.resources\.limits: expected a table of quantities",
        ),
        ({"hostNetwork": "yes"}, r"pod_spec\.hostNetwork: expected a flag"),
        ({"priority": 1.5}, r"pod_spec\.priority: expected a whole number"),
        ({"nodeSelector": {"a": 1}}, r"pod_spec\.nodeSelector: expected a table of texts"),
        ({"CONTAINERS": {}}, r"pod_spec\.CONTAINERS: expected a list of tables"),
        ({"x": float("inf")}, "the pod specification can't be read"),
    ],
)
def test_a_pod_that_kubernetes_could_not_read_is_refused(pod: dict[str, Any], message: str) -> None:
    with pytest.raises(RefusalError, match=message) as caught:
        check_task(pod_task(**pod))
    assert caught.value.rule is catalogue.TASK_POD


def test_what_kubernetes_leaves_open_is_open_here() -> None:
    check_task(pod_task(containers=[container(args=None, tty=True, more={"a": 1})], priority=3, unknown=[1, "x"]))
    check_task(pod_task(containers=None))
    check_task(pod_task())
