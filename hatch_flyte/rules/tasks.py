"""Rules about the content of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatch_flyte.rules.compiler.errors import collected_text
from hatch_flyte.rules.refusal import invalid, missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyteidl.admin.task_pb2 import TaskSpec
    from flyteidl.core.tasks_pb2 import TaskTemplate

    from hatch_flyte.rules.compiler.errors import CompileError

_POD_TEXT: Final = (
    "invalid TaskSpecification, pod tasks should specify their target as a K8sPod with a defined pod spec"
)


def check_task(spec: TaskSpec | None) -> None:
    """Refuse a task whose template lacks something. An empty message counts as being there."""
    if spec is None or not spec.HasField("template"):
        raise missing("spec")
    template = spec.template
    if not template.type:
        raise missing("type")
    if not template.HasField("metadata"):
        raise missing("metadata")
    if template.metadata.HasField("runtime") and not template.metadata.runtime.version:
        raise missing("runtime version")
    if not template.HasField("interface"):
        raise missing("typed interface")
    _check_target(template)


def check_compiled(errors: Sequence[CompileError]) -> None:
    """Refuse a task that doesn't compile; `errors` are what the compiler found."""
    if errors:
        raise invalid(f"task failed compilation with {collected_text(errors)}")


def _check_target(template: TaskTemplate) -> None:
    if template.HasField("container") and not template.container.image:
        raise missing("image")
    if template.HasField("k8s_pod") and not template.k8s_pod.HasField("pod_spec"):
        raise invalid(_POD_TEXT)
