from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec
from google.protobuf.json_format import ParseDict
from wire.recordings import pairs
from wire.workflows import spec, template

from hatch_flyte.entity import Kind
from hatch_flyte.wire.normal import CONTEXT, OWNER, normal_form

UPSTREAM = 'upstream_node_ids: "{}" upstream_node_ids: "{}"'


def context(root: str, *, level: int = 9, version: str = "1") -> str:
    """What flytekit writes for a task that serializes others while it runs."""
    text = json.dumps({"version": version, "source_root": root, "project": None})
    return base64.b64encode(gzip.compress(text.encode(), level, mtime=0)).decode()


def task(value: str) -> TaskSpec:
    env = [{"key": "A", "value": value}, {"key": CONTEXT, "value": value}]
    return TaskSpec(template={"container": {"env": env}})


def pod_task(value: str) -> TaskSpec:
    containers = [{"name": "primary", "env": [{"name": CONTEXT, "value": value}]}]
    return ParseDict({"template": {"k8s_pod": {"pod_spec": {"containers": containers}}}}, TaskSpec())


def workflow(one: str, other: str) -> Any:
    waits = UPSTREAM.format(one, other)
    case, other = f'id: "x" {waits}', f'id: "y" array_node {{ node {{ id: "m" {waits} }} }}'
    branch = f"branch_node {{ if_else {{ case {{ then_node {{ {case} }} }} else_node {{ {other} }} }} }}"
    nodes = [f'id: "n" {waits}', f'id: "b" {branch}']
    return spec(template("w", *nodes), template("s", *nodes, failure=f'id: "f" {waits}'))


def test_the_order_of_upstream_nodes_does_not_show_wherever_they_stand() -> None:
    assert workflow("a", "b") != workflow("b", "a")
    assert normal_form(Kind.WORKFLOW, workflow("b", "a")) == workflow("a", "b")


@pytest.mark.parametrize("make", [task, pod_task])
def test_where_and_with_which_zlib_flytekit_serialized_does_not_show(make: Any) -> None:
    one, other = make(context("/home/a/project")), make(context("/build", level=1))
    if make is task:
        one.template.container.env[0].value = other.template.container.env[0].value = "same"

    assert one != other
    assert normal_form(Kind.TASK, one) == normal_form(Kind.TASK, other)


@pytest.mark.parametrize("make", [task, pod_task])
def test_any_other_setting_of_flytekit_shows(make: Any) -> None:
    assert normal_form(Kind.TASK, make(context("/a"))) != normal_form(Kind.TASK, make(context("/a", version="2")))


def test_other_variables_are_left_alone_even_if_they_hold_the_same() -> None:
    normal: Any = normal_form(Kind.TASK, task(context("/a")))

    assert normal.template.container.env[0].value == context("/a")


@pytest.mark.parametrize(
    "value",
    ["", "not base64", "bm90IGd6aXA=", base64.b64encode(gzip.compress(b"[1]", mtime=0)).decode(), "H4sIAAAAAAAA/w=="],
)
def test_a_value_that_flytekit_did_not_write_is_left_alone(value: str) -> None:
    assert normal_form(Kind.TASK, task(value)) == task(value)


def test_the_owner_of_a_launch_plan_does_not_show_and_other_annotations_do() -> None:
    plan = LaunchPlan(spec={"annotations": {"values": {OWNER: "acme", "a": "b"}}})
    mine = LaunchPlan(spec={"annotations": {"values": {OWNER: "acme"}}})

    assert normal_form(Kind.LAUNCH_PLAN, plan) == LaunchPlan(spec={"annotations": {"values": {"a": "b"}}})
    assert normal_form(Kind.LAUNCH_PLAN, mine) == LaunchPlan(spec={"annotations": {}})
    assert normal_form(Kind.LAUNCH_PLAN, LaunchPlan()) == LaunchPlan()


def test_the_message_itself_is_not_changed() -> None:
    sent = workflow("b", "a")
    normal_form(Kind.WORKFLOW, sent)

    assert sent == workflow("b", "a")


def test_what_flytekit_serialized_holds_a_context_that_is_recognised() -> None:
    sent = [pair.sent for pair in pairs(Kind.TASK) if pair.scenario == "task-flytekit-eagerly"]
    normal: Any = normal_form(Kind.TASK, sent[0])
    values = [pair.value for pair in normal.template.container.env if pair.key == CONTEXT]

    assert [json.loads(value)["source_root"] for value in values] == [None]
