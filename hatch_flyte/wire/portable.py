"""The form in which what one archive was registered as is the same in every cluster: a stored entity's, as a digest.

Owns the closed list of what is a cluster's own in a stored entity:

1. Project and domain of every identifier, where they are those that it is registered in.
2. The folder of the code bundle in a task's arguments: each cluster has its own bucket; the file's name is kept.
3. Of a launch plan what may be set for each cluster: labels, annotations, service account, where outputs go, the pool.
4. Where a cluster takes images from another registry, all of an image but the last part of its name.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec

from hatch_flyte.entity import Kind
from hatch_flyte.wire.identifiers import container_arguments, identifiers, pod_argument_values
from hatch_flyte.wire.messages import to_bytes
from hatch_flyte.wire.pods import pod_image_values

if TYPE_CHECKING:
    from google.protobuf.message import Message

_BUNDLE: Final = re.compile(r".*/(fast[0-9a-f]{32}\.tar\.gz)", re.DOTALL)
_CLUSTERS_OWN: Final = (
    *("labels", "annotations", "security_context", "auth_role", "auth", "role"),
    *("raw_output_data_config", "cluster_assignment"),
)
"""Fields of a `LaunchPlanSpec`."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where an entity is registered, and what of it is only true there."""

    project: str
    domain: str
    own_images: bool = False
    """Whether images are taken from another registry there."""


def portable_digest(kind: Kind, stored: Message, home: Home) -> str:
    """Return the digest (SHA-256, hex) of an `admin.Task`, `admin.Workflow` or `admin.LaunchPlan` without its home."""
    message = _payload(kind, cast("Any", stored))
    for identifier in identifiers(kind, message):
        if (identifier.project, identifier.domain) == (home.project, home.domain):
            identifier.project = identifier.domain = ""
    arguments = container_arguments(kind, message)
    for index, argument in enumerate(arguments):
        arguments[index] = _BUNDLE.sub(r"\1", argument)
    for value in pod_argument_values(kind, message):
        value.string_value = _BUNDLE.sub(r"\1", value.string_value)
    if kind is Kind.TASK and home.own_images:
        _shorten_images(cast("Any", message).template)
    return hashlib.sha256(to_bytes(message)).hexdigest()


def _payload(kind: Kind, stored: Any) -> Message:
    """Return a copy of what was registered, as far as a registry answers it."""
    if kind is Kind.TASK:
        return cast("Message", TaskSpec(template=stored.closure.compiled_task.template))
    if kind is Kind.WORKFLOW:
        compiled = stored.closure.compiled_workflow
        embedded = [one.template for one in compiled.sub_workflows]
        return cast("Message", WorkflowSpec(template=compiled.primary.template, sub_workflows=embedded))
    plan: Any = LaunchPlan(id=stored.id, spec=stored.spec)
    for field in _CLUSTERS_OWN:
        plan.spec.ClearField(field)
    return cast("Message", plan)


def _shorten_images(template: Any) -> None:
    if template.container.image:
        template.container.image = _last_part(template.container.image)
    for value in pod_image_values(template.k8s_pod.pod_spec):
        value.string_value = _last_part(value.string_value)


def _last_part(image: str) -> str:
    return image.rpartition("/")[2]
