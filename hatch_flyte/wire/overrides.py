"""What is a cluster's own, written into an entity that is registered there.

What is written is part of what is compared: the same version with other overrides is a conflict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flyteidl.admin.launch_plan_pb2 import LaunchPlanSpec
from flyteidl.admin.task_pb2 import TaskSpec

from hatch_flyte.wire.nodes import template_nodes, templates
from hatch_flyte.wire.normal import OWNER
from hatch_flyte.wire.pods import rewrite_pod_images

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.admin.workflow_pb2 import WorkflowSpec
    from flyteidl.core.workflow_pb2 import Node
    from google.protobuf.message import Message

    from hatch_flyte.config.target import Overrides


def overridden(spec: Message, overrides: Overrides) -> Message:
    """Return a copy of `spec` with what `overrides` says in it."""
    result = type(spec)()
    result.CopyFrom(spec)
    if isinstance(result, LaunchPlanSpec):
        _override_launch_plan(result, overrides)
    elif isinstance(result, TaskSpec):
        _override_task(result, overrides.image_registry)
    else:
        _override_workflow(cast("WorkflowSpec", result), overrides.image_registry)
    return result


def rewritten(image: str, registries: Mapping[str, str]) -> str:
    """Return the name `image` with the longest of `registries` that fits replaced; only whole path components fit.

    A slash at the end of either side changes nothing. What follows may be a tag or a digest, but no registry's port.
    """
    named = {old.rstrip("/"): new.rstrip("/") for old, new in registries.items()}
    fitting = [old for old in named if image.startswith(old) and _is_whole(image[len(old) :])]
    longest = max(fitting, key=len, default="")
    return named[longest] + image[len(longest) :] if longest else image


def _is_whole(rest: str) -> bool:
    return rest[:1] in {"", "/", "@"} or (rest[0] == ":" and "/" not in rest)


def _override_launch_plan(spec: LaunchPlanSpec, overrides: Overrides) -> None:
    for key, value in overrides.labels.items():
        spec.labels.values[key] = value
    for key, value in overrides.annotations.items():
        if key != OWNER:
            spec.annotations.values[key] = value
    if overrides.service_account:
        _run_as(spec, overrides.service_account)
    if overrides.raw_output_prefix and not spec.raw_output_data_config.output_location_prefix:
        spec.raw_output_data_config.output_location_prefix = overrides.raw_output_prefix
    if overrides.queue and not spec.cluster_assignment.cluster_pool_name:
        spec.cluster_assignment.cluster_pool_name = overrides.queue


def _run_as(spec: LaunchPlanSpec, account: str) -> None:
    """Fill in the account in both places, as flytectl does; nothing where either names one."""
    run_as, role = spec.security_context.run_as.k8s_service_account, spec.auth_role.kubernetes_service_account
    if not run_as and not role:
        spec.security_context.run_as.k8s_service_account = account
        spec.auth_role.kubernetes_service_account = account


def _override_task(spec: TaskSpec, registries: Mapping[str, str]) -> None:
    template = spec.template
    if template.HasField("container"):
        template.container.image = rewritten(template.container.image, registries)
    elif template.HasField("k8s_pod"):
        rewrite_pod_images(template.k8s_pod.pod_spec, lambda image: rewritten(image, registries))


def _override_workflow(spec: WorkflowSpec, registries: Mapping[str, str]) -> None:
    for template in templates(spec):
        for node in template_nodes(template):
            _override_node(node, registries)


def _override_node(node: Node, registries: Mapping[str, str]) -> None:
    if not (node.HasField("task_node") and node.task_node.HasField("overrides")):
        return
    own = node.task_node.overrides
    if own.container_image:
        own.container_image = rewritten(own.container_image, registries)
    if own.HasField("pod_template"):
        rewrite_pod_images(own.pod_template.pod_spec, lambda image: rewritten(image, registries))
