"""Our own rules, each broken and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlanSpec
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core.interface_pb2 import ParameterMap
from google.protobuf import text_format

from hatch_flyte.rules.cron import CronError, never_comes
from hatch_flyte.rules.lints import launch_plan_lints, moves, task_lints, workflow_lints

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hatch_flyte.rules.rule import Breach

DIGEST = "ghcr.io/acme/p@sha256:0123"


def said(breaches: Iterable[Breach]) -> list[tuple[str, str]]:
    return [(breach.rule.id, breach.message) for breach in breaches]


def of_task(text: str) -> list[tuple[str, str]]:
    return said(task_lints(text_format.Parse(f"template {{ {text} }}", TaskSpec())))


def of_node(text: str) -> list[Breach]:
    nodes = f'nodes {{ id: "n7" task_node {{ overrides {{ {text} }} }} }}'
    return list(workflow_lints(text_format.Parse(f"template {{ {nodes} }}", WorkflowSpec())))


def of_plan(text: str, expected: str | None = "") -> list[tuple[str, str]]:
    inputs = None if expected is None else text_format.Parse(expected, ParameterMap())
    return said(launch_plan_lints(text_format.Parse(text, LaunchPlanSpec()), inputs))


def resources(requests: str, limits: str, name: str = "CPU") -> str:
    return (
        f'resources {{ requests {{ name: {name} value: "{requests}" }} limits {{ name: {name} value: "{limits}" }} }}'
    )


def container(name: str, requests: str, limits: str) -> str:
    """A container of a pod's specification, as a protobuf Struct."""
    amounts = "".join(
        f'fields {{ key: "{what}" value {{ struct_value {{ fields {{ key: "cpu" value {{ {value} }} }} }} }} }}'
        for what, value in (("requests", requests), ("limits", limits))
    )
    fields = (
        f'fields {{ key: "name" value {{ string_value: "{name}" }} }}'
        f'fields {{ key: "resources" value {{ struct_value {{ {amounts} }} }} }}'
    )
    values = f"list_value {{ values {{ struct_value {{ {fields} }} }} }}"
    return f'pod_spec {{ fields {{ key: "containers" value {{ {values} }} }} }}'


class TestImages:
    @pytest.mark.parametrize("image", ["python", "ghcr.io/acme/p:latest", "localhost:5000/p"])
    def test_one_without_tag_or_with_latest_moves(self, image: str) -> None:
        assert moves(image)
        assert of_task(f'container {{ image: "{image}" }}') == [
            ("image-tag", f"expected an image that stays the same (got `{image}`)")
        ]

    @pytest.mark.parametrize("image", ["alpine:3", DIGEST, "localhost:5000/p:1", "ghcr.io/acme/p:latest@sha256:01"])
    def test_one_with_tag_or_digest_stays(self, image: str) -> None:
        assert of_task(f'container {{ image: "{image}" }}') == []

    def test_that_of_a_node_is_told_with_the_node(self) -> None:
        [breach] = of_node('container_image: "p"')

        assert (breach.rule.id, breach.node) == ("image-tag", "n7")


class TestRequests:
    @pytest.mark.parametrize(
        ("request_", "limit"), [("4", "2"), ("1.2", "1.1"), ("1100m", "1"), ("1e9", "999M"), ("1Gi", "1G")]
    )
    def test_one_over_its_limit_is_told_exactly(self, request_: str, limit: str) -> None:
        assert [rule for rule, _ in of_task(f"container {{ {resources(request_, limit)} }}")] == ["request-over-limit"]

    @pytest.mark.parametrize(
        ("request_", "limit"), [("2", "2"), ("1000m", "1"), ("0", "0"), ("1", "1e999999999"), ("-1", "1"), ("x", "1")]
    )
    def test_one_within_it_is_not(self, request_: str, limit: str) -> None:
        assert of_task(f"container {{ {resources(request_, limit)} }}") == []

    def test_that_of_a_resource_which_flyteadmin_does_not_look_at_too(self) -> None:
        assert of_task(f"container {{ {resources('2Gi', '1Gi', 'STORAGE')} }}") == [
            ("request-over-limit", "storage: the request, 2Gi, is greater than the limit, 1Gi")
        ]

    def test_those_of_nodes_and_of_pods_too(self) -> None:
        pod = container("main", 'string_value: "3"', "number_value: 2")

        assert [breach.message for breach in of_node(resources("4", "2"))] == [
            "cpu: the request, 4, is greater than the limit, 2"
        ]
        assert of_task(f"k8s_pod {{ {pod} }}") == [
            ("request-over-limit", "container main, cpu: the request, 3, is greater than the limit, 2")
        ]

    def test_a_pod_that_cannot_be_read_is_left_to_the_control_planes_rule(self) -> None:
        assert of_task('k8s_pod { pod_spec { fields { key: "containers" value { number_value: 1 } } } }') == []


def test_what_is_cached_has_a_version() -> None:
    [(rule, _)] = of_task("metadata { discoverable: true }")

    assert rule == "cache-version"
    assert of_task('metadata { discoverable: true discovery_version: "1" }') == []


class TestNames:
    @pytest.mark.parametrize(
        "text",
        [
            'container { env { key: "A B" } }',
            'container { env { key: "1A" } }',
            'metadata { pod_template_name: "Upper" }',
            'metadata { metadata { labels { key: "a b" value: "" } } }',
            'k8s_pod { metadata { labels { key: "a" value: "b c" } } }',
            'k8s_pod { metadata { annotations { key: "/a" value: "b c" } } }',
            'security_context { run_as { k8s_service_account: "a_b" } }',
        ],
    )
    def test_of_a_task_are_kubernetes(self, text: str) -> None:
        assert {rule for rule, _ in of_task(text)} == {"kubernetes-name"}

    @pytest.mark.parametrize(
        "text",
        [
            'annotations { values { key: "a b" value: "x" } }',
            'envs { values { key: "" value: "x" } }',
            'security_context { run_as { k8s_service_account: "A" } }',
            'auth_role { kubernetes_service_account: "A" }',
        ],
    )
    def test_of_a_launch_plan_are_too(self, text: str) -> None:
        assert {rule for rule, _ in of_plan(text)} == {"kubernetes-name"}

    def test_what_kubernetes_takes_is_nothing_to_tell(self) -> None:
        assert of_plan('annotations { values { key: "Example.com/A_b.c" value: "any thing" } }') == []
        assert of_task('container { env { key: "_A.b-C1" } } metadata { pod_template_name: "a.b-c" }') == []


class TestNeverStarted:
    ENUM = 'parameters { key: "x" value { required: true var { type { enum_type { } } } } }'

    def test_a_required_input_without_values(self) -> None:
        assert of_plan("", self.ENUM) == [("never-started", "input x is required, and no value is of its type")]
        assert of_plan("", self.ENUM.replace("enum_type { }", "union_type { variants { union_type { } } }"))
        assert of_plan("", self.ENUM.replace("required: true", "default { }")) == []
        assert of_plan("", self.ENUM.replace("enum_type { }", 'enum_type { values: "a" }')) == []

    def test_inputs_that_are_not_known_are_not_judged(self) -> None:
        assert of_plan("", None) == []

    def test_a_schedule_that_never_comes(self) -> None:
        told = [("never-started", "its schedule never starts it")]

        assert of_plan('entity_metadata { schedule { cron_schedule { schedule: "0 0 30 2 *" } } }') == told
        assert of_plan("entity_metadata { schedule { rate { value: 0 } } }") == told
        assert of_plan("entity_metadata { schedule { rate { value: 1 } } }") == []
        assert of_plan('entity_metadata { schedule { cron_schedule { schedule: "no cron" } } }') == []

    @pytest.mark.parametrize("text", ["0 0 31 2,4,6,9,11 *", "0 0 30-31 feb *", "TZ=UTC 0 0 31/2 4 *"])
    def test_dates_that_no_calendar_has(self, text: str) -> None:
        assert never_comes(text)

    @pytest.mark.parametrize(
        "text",
        ["0 0 29 2 *", "0 0 31 2,3 *", "0 0 31 2 1", "0 0 * 2 *", "0 0 31 2/5 *", "@daily", "@every 1h", "0 0 , * *"],
    )
    def test_dates_that_come(self, text: str) -> None:
        assert not never_comes(text)

    def test_numbers_out_of_all_bounds_are_no_expression(self) -> None:
        with pytest.raises(CronError):
            never_comes("0 0 1-9223372036854775807 2 *")
