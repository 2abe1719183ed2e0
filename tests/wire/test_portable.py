"""What is the same of an entity wherever it is registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import Task, TaskSpec
from flyteidl.admin.workflow_pb2 import Workflow
from google.protobuf import json_format
from support_archives import launch_plan, task, workflow

from hatch_flyte.entity import Kind
from hatch_flyte.wire.identifiers import Fill, fill
from hatch_flyte.wire.portable import Home, portable_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

ONE, TWO = Home("p", "staging"), Home("q", "production")
BUNDLE = f"fast{'0' * 32}.tar.gz"


def stored(kind: Kind, message: Message, home: Home, version: str = "1") -> Any:
    """What a registry answers of a message that was registered at a home."""
    filled: Any = fill(kind, message, Fill(home.project, home.domain, version, f"s3://{home.project}/x/{BUNDLE}"))
    if kind is Kind.TASK:
        task = Task(id=filled.template.id)
        task.closure.compiled_task.template.CopyFrom(filled.template)
        return task
    if kind is Kind.WORKFLOW:
        flow = Workflow(id=filled.template.id)
        flow.closure.compiled_workflow.primary.template.CopyFrom(filled.template)
        for embedded in filled.sub_workflows:
            flow.closure.compiled_workflow.sub_workflows.add().template.CopyFrom(embedded)
        return flow
    return filled


def digests(kind: Kind, message: Message) -> list[str]:
    return [portable_digest(kind, stored(kind, message, home), home) for home in (ONE, TWO)]


def in_pod(image: str) -> TaskSpec:
    spec = task()
    pod = {"containers": [{"name": "primary", "image": image, "args": ["{{ .remote_package_path }}"]}]}
    spec.template.ClearField("container")
    json_format.ParseDict(pod, spec.template.k8s_pod.pod_spec)
    return spec


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Kind.TASK, task(arguments="pyflyte-fast-execute --additional-distribution {{ .remote_package_path }}")),
        (Kind.TASK, in_pod("ghcr.io/acme/p:1")),
        (Kind.WORKFLOW, workflow()),
        (Kind.LAUNCH_PLAN, launch_plan()),
    ],
    ids=["task", "task in a pod", "workflow", "launch plan"],
)
def test_project_domain_and_the_bundles_bucket_are_no_difference(kind: Kind, message: Message) -> None:
    one, two = digests(kind, message)

    assert one == two


def test_embedded_workflows_count_too() -> None:
    spec, other = workflow(), workflow()
    spec.sub_workflows.add().CopyFrom(workflow("acme.inner").template)
    other.sub_workflows.add().CopyFrom(workflow("acme.another").template)

    assert digests(Kind.WORKFLOW, spec) == digests(Kind.WORKFLOW, spec)
    assert digests(Kind.WORKFLOW, spec)[0] == digests(Kind.WORKFLOW, spec)[1]
    assert digests(Kind.WORKFLOW, spec) != digests(Kind.WORKFLOW, other)


def test_a_pin_to_somewhere_else_is_one() -> None:
    spec = workflow()
    reference = spec.template.nodes[0].task_node.reference_id
    reference.project, reference.domain, reference.version = "p", "staging", "7"

    one, two = digests(Kind.WORKFLOW, spec)

    assert one != two


def test_another_version_another_image_and_another_bundle_are_differences() -> None:
    first = portable_digest(Kind.TASK, stored(Kind.TASK, task(), ONE), ONE)

    assert first != portable_digest(Kind.TASK, stored(Kind.TASK, task(), ONE, "2"), ONE)
    assert first != portable_digest(Kind.TASK, stored(Kind.TASK, task(image="ghcr.io/acme/p:2"), ONE), ONE)


@pytest.mark.parametrize("of", [lambda image: task(image=image), in_pod], ids=["container", "pod"])
def test_the_registry_of_images_counts_unless_it_is_the_clusters_own(of: Callable[[str], TaskSpec]) -> None:
    here, there = (stored(Kind.TASK, of(image), ONE) for image in ("ghcr.io/acme/p:1", "mirror.corp/p:1"))
    own = Home("p", "staging", own_images=True)

    assert portable_digest(Kind.TASK, here, ONE) != portable_digest(Kind.TASK, there, ONE)
    assert portable_digest(Kind.TASK, here, own) == portable_digest(Kind.TASK, there, own)


def test_what_may_be_said_for_each_cluster_is_no_difference_and_the_schedule_is() -> None:
    plain, own, scheduled = (LaunchPlan(), LaunchPlan(), LaunchPlan())
    for one in (plain, own, scheduled):
        one.CopyFrom(launch_plan())
    own.spec.labels.values["team"] = "harbour"
    own.spec.annotations.values["a"] = "b"
    own.spec.security_context.run_as.k8s_service_account = "runner"
    own.spec.raw_output_data_config.output_location_prefix = "s3://here"
    own.spec.cluster_assignment.cluster_pool_name = "gpu"
    scheduled.spec.entity_metadata.schedule.cron_schedule.schedule = "0 6 * * *"

    assert digests(Kind.LAUNCH_PLAN, own) == digests(Kind.LAUNCH_PLAN, plain)
    assert digests(Kind.LAUNCH_PLAN, scheduled) != digests(Kind.LAUNCH_PLAN, plain)


def test_what_is_asked_about_is_left_as_it_is() -> None:
    message = stored(Kind.LAUNCH_PLAN, launch_plan(), ONE)
    before = message.SerializeToString(deterministic=True)

    portable_digest(Kind.LAUNCH_PLAN, message, ONE)

    assert message.SerializeToString(deterministic=True) == before
