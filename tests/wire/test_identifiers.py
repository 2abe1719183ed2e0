from __future__ import annotations

from typing import Any

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core import identifier_pb2
from google.protobuf.json_format import ParseDict
from wire.workflows import every_place, node, runs_plan, runs_task, runs_workflow, spec, template

from hatch_flyte.entity import Kind
from hatch_flyte.wire.identifiers import Fill, fill, needs_bundle
from hatch_flyte.wire.nodes import reference, template_nodes, templates

HERE = Fill("pipelines", "staging", "1.0", "s3://bucket/fast.tar.gz", "/root")
FAST = ["run", "--additional-distribution", "{{ .remote_package_path }}", "--dest-dir", "{{ .dest_dir }}", "{{.input}}"]
FILLED = ["run", "--additional-distribution", "s3://bucket/fast.tar.gz", "--dest-dir", "/root", "{{.input}}"]


def where(identifier: identifier_pb2.Identifier) -> tuple[str, str, str]:
    return identifier.project, identifier.domain, identifier.version


def test_every_identifier_of_a_workflow_is_filled() -> None:
    filled: Any = fill(Kind.WORKFLOW, every_place(), HERE)
    found = [one for part in templates(filled) for one in map(reference, template_nodes(part)) if one is not None]

    assert len(found) == 11
    assert {where(one) for one in found} == {("pipelines", "staging", "1.0")}
    assert [where(one.id) for one in templates(filled)] == [("pipelines", "staging", "1.0")] * 2


def test_a_launch_plan_and_its_workflow_are_filled() -> None:
    filled: Any = fill(Kind.LAUNCH_PLAN, LaunchPlan(id={"name": "p"}, spec={"workflow_id": {"name": "w"}}), HERE)

    assert where(filled.id) == where(filled.spec.workflow_id) == ("pipelines", "staging", "1.0")


def test_the_own_identifier_gets_its_type_and_loses_its_organisation() -> None:
    filled: Any = fill(Kind.LAUNCH_PLAN, LaunchPlan(id={"name": "p", "org": "acme"}), HERE)

    assert filled.id.resource_type == identifier_pb2.LAUNCH_PLAN
    assert filled.id.org == ""


def test_flytectls_templates_are_filled_and_anything_that_only_looks_like_one_is_kept() -> None:
    task = TaskSpec()
    task.template.id.project = "{{ registration.project }}"
    task.template.id.domain = "{{ registration.domain }}"
    task.template.id.version = "{{ registration.version }}"
    filled: Any = fill(Kind.TASK, task, HERE)
    assert where(filled.template.id) == ("pipelines", "staging", "1.0")

    task.template.id.project = "{{registration.project}}"
    task.template.id.domain = "a-{{ registration.domain }}"
    task.template.id.version = "{{ registration.project }}"
    filled = fill(Kind.TASK, task, HERE)
    assert where(filled.template.id) == (
        "{{registration.project}}",
        "a-{{ registration.domain }}",
        "{{ registration.project }}",
    )


@pytest.mark.parametrize("runs", [runs_task, runs_plan, runs_workflow])
def test_pinned_references_are_kept_part_by_part(runs: Any) -> None:
    workflow = spec(template("w", f'id: "n" {runs("x", project="other", version="7")}'))
    filled: Any = fill(Kind.WORKFLOW, workflow, HERE)
    found = reference(filled.template.nodes[0])

    assert found is not None
    assert where(found) == ("other", "staging", "7")
    assert found.name == "x"


def test_filling_leaves_the_message_it_was_given_as_it_was() -> None:
    workflow = every_place()
    fill(Kind.WORKFLOW, workflow, HERE)

    assert workflow == every_place()


def test_filling_makes_nothing_that_was_not_there() -> None:
    filled: Any = fill(Kind.LAUNCH_PLAN, LaunchPlan(id={"name": "p"}), HERE)
    assert not filled.HasField("spec")

    task: Any = fill(Kind.TASK, TaskSpec(template={"id": {"name": "t"}}), HERE)
    assert task.template.WhichOneof("target") is None

    workflow: Any = fill(Kind.WORKFLOW, spec(template("w", 'id: "n"'), template("x")), HERE)
    assert workflow.template.nodes[0] == node('id: "n"')


def test_bundle_address_and_destination_are_filled_in_a_containers_arguments_only() -> None:
    task = TaskSpec(template={"container": {"args": FAST, "command": FAST, "image": "{{ .dest_dir }}"}})
    filled: Any = fill(Kind.TASK, task, HERE)

    assert list(filled.template.container.args) == FILLED
    assert list(filled.template.container.command) == FAST
    assert filled.template.container.image == "{{ .dest_dir }}"


def test_a_destination_that_nobody_gave_is_the_working_folder() -> None:
    task = TaskSpec(template={"container": {"args": ["{{ .dest_dir }}"]}})
    filled: Any = fill(Kind.TASK, task, Fill("p", "d", "v", None))

    assert list(filled.template.container.args) == ["."]


def test_a_pods_containers_are_filled_and_everything_else_in_it_is_kept() -> None:
    pod = {
        "initContainers": [{"args": FAST}],
        "containers": [{"name": "primary", "args": FAST, "resources": {"limits": {"cpu": "1000m"}}}, {"args": FAST}],
        "unknownToKubernetes": 3,
    }
    task = ParseDict({"template": {"k8s_pod": {"pod_spec": pod, "primary_container_name": "primary"}}}, TaskSpec())
    filled = fill(Kind.TASK, task, HERE)

    pod["containers"] = [
        {"name": "primary", "args": FILLED, "resources": {"limits": {"cpu": "1000m"}}},
        {"args": FILLED},
    ]
    expected = {
        "template": {
            "id": {"resource_type": "TASK", "project": "pipelines", "domain": "staging", "version": "1.0"},
            "k8s_pod": {"pod_spec": pod, "primary_container_name": "primary"},
        }
    }
    assert filled == ParseDict(expected, TaskSpec())


def workflow_with_overridden_pod() -> Any:
    workflow = spec(template("w", f'id: "n" array_node {{ node {{ id: "m" {runs_task("t")} }} }}'))
    inner = workflow.template.nodes[0].array_node.node.task_node
    ParseDict({"pod_template": {"pod_spec": {"containers": [{"args": FAST}]}}}, inner.overrides)
    return workflow


def test_the_pod_that_a_node_overrides_is_filled_inside_array_nodes_too() -> None:
    filled: Any = fill(Kind.WORKFLOW, workflow_with_overridden_pod(), HERE)
    pod = filled.template.nodes[0].array_node.node.task_node.overrides.pod_template.pod_spec

    assert [value.string_value for value in pod["containers"].values[0].struct_value["args"].values] == FILLED


def test_what_asks_for_a_bundle_is_told() -> None:
    pod = ParseDict({"template": {"k8s_pod": {"pod_spec": {"containers": [{"args": FAST}]}}}}, TaskSpec())

    assert needs_bundle(Kind.TASK, TaskSpec(template={"container": {"args": FAST}}))
    assert needs_bundle(Kind.TASK, pod)
    assert needs_bundle(Kind.WORKFLOW, workflow_with_overridden_pod())


def test_what_asks_for_none_is_told() -> None:
    assert not needs_bundle(Kind.TASK, TaskSpec(template={"container": {"args": ["{{ .dest_dir }}"]}}))
    assert not needs_bundle(Kind.TASK, TaskSpec(template={"container": {"args": ["a{{ .remote_package_path }}"]}}))
    assert not needs_bundle(Kind.WORKFLOW, every_place())
    assert not needs_bundle(Kind.LAUNCH_PLAN, LaunchPlan())


def test_an_argument_that_asks_for_a_bundle_where_there_is_none_is_refused() -> None:
    task = TaskSpec(template={"container": {"args": FAST}})

    with pytest.raises(ValueError, match=r"^expected a bundle for its argument \{\{ \.remote_package_path \}\}"):
        fill(Kind.TASK, task, Fill("p", "d", "v", None))
