"""Rules about the content of a task. Source: task_validator.go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatch_flyte.rules import catalogue
from hatch_flyte.rules.compiler.errors import collected_text
from hatch_flyte.rules.identifiers import identifier_text
from hatch_flyte.rules.pods import container_quantities, pod_containers
from hatch_flyte.rules.refusal import invalid, missing
from hatch_flyte.rules.resources import check_quantities, check_resources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyteidl.admin.task_pb2 import TaskSpec
    from flyteidl.core.tasks_pb2 import TaskTemplate

    from hatch_flyte.rules.compiler.errors import CompileError
    from hatch_flyte.rules.resources import Quantities

_POD_TEXT: Final = (
    "invalid TaskSpecification, pod tasks should specify their target as a K8sPod with a defined pod spec"
)


def check_task(spec: TaskSpec | None, platform: Quantities | None = None) -> None:
    """Refuse a task whose template lacks something, or asks for more than it may. An empty message is one.

    `platform` are the limits of its project and domain (`resources.platform_limits`); None for none. Its compilation
    comes after this.
    """
    if spec is None or not spec.HasField("template"):
        raise missing("spec", rule=catalogue.TASK_TEMPLATE)
    template = spec.template
    if not template.type:
        raise missing("type", rule=catalogue.TASK_TYPE)
    if not template.HasField("metadata"):
        raise missing("metadata", rule=catalogue.TASK_METADATA)
    if template.metadata.HasField("runtime") and not template.metadata.runtime.version:
        raise missing("runtime version", rule=catalogue.TASK_RUNTIME)
    if not template.HasField("interface"):
        raise missing("typed interface", rule=catalogue.TASK_INTERFACE)
    if template.HasField("container"):
        _check_container(template, platform)
    if template.HasField("k8s_pod"):
        _check_pod(template, platform)


def check_compiled(errors: Sequence[CompileError]) -> None:
    """Refuse a task that doesn't compile; `errors` are what the compiler found."""
    if errors:
        raise invalid(f"task failed compilation with {collected_text(errors)}", rule=catalogue.TASK_COMPILES)


def _check_container(template: TaskTemplate, platform: Quantities | None) -> None:
    if not template.container.image:
        raise missing("image", rule=catalogue.TASK_IMAGE)
    identifier = template.id if template.HasField("id") else None
    check_resources(identifier, template.container.resources, platform)


def _check_pod(template: TaskTemplate, platform: Quantities | None) -> None:
    if not template.k8s_pod.HasField("pod_spec"):
        raise invalid(_POD_TEXT, rule=catalogue.TASK_POD)
    name = identifier_text(template.id if template.HasField("id") else None)
    for container in pod_containers(template.k8s_pod.pod_spec):
        requests, limits = (container_quantities(container, what) for what in ("requests", "limits"))
        check_quantities(name, requests, limits, platform)
