from __future__ import annotations

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlanSpec
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec

from hatch_flyte.config.target import Overrides
from hatch_flyte.wire.normal import OWNER
from hatch_flyte.wire.overrides import overridden, rewritten

ALL = Overrides(
    labels={"team": "b"},
    annotations={OWNER: "other", "note": "x"},
    service_account="sa",
    raw_output_prefix="s3://b/",
    image_registry={"ghcr.io/acme": "eu.example/acme"},
    queue="gpu",
)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("ghcr.io/acme/x:1", "m/x:1"),
        ("ghcr.io/acme/in/x@sha256:0", "n/x@sha256:0"),
        ("ghcr.io/acmex/x:1", "ghcr.io/acmex/x:1"),
    ],
)
def test_the_longest_beginning_of_whole_components_is_replaced(image: str, expected: str) -> None:
    assert rewritten(image, {"ghcr.io/acme": "m", "ghcr.io/acme/in": "n"}) == expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [("localhost:5000/x:1", "localhost:5000/x:1"), ("localhost/x:1", "r.io/x:1"), ("localhost:1", "r.io:1")],
)
def test_a_port_is_no_tag_and_a_slash_at_the_end_counts_for_nothing(image: str, expected: str) -> None:
    assert rewritten(image, {"localhost/": "r.io/"}) == expected


def test_a_launch_plan_takes_the_clusters_own_but_keeps_its_owner() -> None:
    plan = LaunchPlanSpec()
    plan.labels.values["team"] = "a"
    plan.annotations.values[OWNER] = "mine"
    result = overridden(plan, ALL)
    assert isinstance(result, LaunchPlanSpec)
    assert dict(result.labels.values) == {"team": "b"}
    assert dict(result.annotations.values) == {OWNER: "mine", "note": "x"}
    assert result.security_context.run_as.k8s_service_account == "sa"
    assert result.auth_role.kubernetes_service_account == "sa"
    assert result.raw_output_data_config.output_location_prefix == "s3://b/"
    assert result.cluster_assignment.cluster_pool_name == "gpu"


def test_no_overrides_change_nothing() -> None:
    assert overridden(LaunchPlanSpec(), Overrides()) == LaunchPlanSpec()


def test_images_of_containers_pods_and_nodes_are_rewritten() -> None:
    task, pod, flow = TaskSpec(), TaskSpec(), WorkflowSpec()
    task.template.container.image = "ghcr.io/acme/x:1"
    pod.template.k8s_pod.pod_spec.update({k: [{"image": "ghcr.io/acme/x:1"}] for k in ("initContainers", "containers")})
    node = flow.template.nodes.add()
    node.task_node.overrides.container_image = "ghcr.io/acme/x:1"
    node.task_node.overrides.pod_template.pod_spec.update({"containers": [{"image": "ghcr.io/acme/x:1"}]})
    for spec, count in ((task, 1), (pod, 2), (flow, 2)):
        assert str(overridden(spec, ALL)).count("eu.example/acme/x:1") == count
