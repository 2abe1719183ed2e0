"""Compiling a task: propeller's `task_compiler.go`. It looks at containers and pods only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyteidl.core.tasks_pb2 import Resources

from hatch_flyte.rules.compiler.codes import ErrorCode
from hatch_flyte.rules.compiler.errors import CompileErrors
from hatch_flyte.rules.labels import label_problems
from hatch_flyte.rules.quantities import is_quantity
from hatch_flyte.wire.pods import pod_container_names

if TYPE_CHECKING:
    from flyteidl.core.tasks_pb2 import K8sPod, TaskTemplate

    from hatch_flyte.rules.compiler.errors import CompileError


def compile_task(template: TaskTemplate) -> list[CompileError]:
    """Return what is wrong with a task (`CompileTask`), sorted as propeller lists it; nothing if it compiles."""
    errors = CompileErrors()
    if not template.HasField("id"):
        errors.value_required("root", "Id")
    if template.HasField("container"):
        _validate_container(template, errors)
    elif template.HasField("k8s_pod"):
        _validate_pod(template.k8s_pod, errors)
    return errors.sorted()


def _validate_container(template: TaskTemplate, errors: CompileErrors) -> None:
    container, interface = template.container, template.interface
    has_variables = bool(interface.inputs.variables or interface.outputs.variables)
    if has_variables and not (container.command or container.args):
        errors.value_required("container", "command")
    if not container.image:
        errors.value_required("container", "image")
    for entry in (*container.resources.requests, *container.resources.limits):
        if not is_quantity(entry.value):
            text = f"Unrecognized value [{entry.value}]."
            errors.collect(ErrorCode.UNRECOGNIZED_VALUE, f"resources.{_resource_name(entry.name)}", text)


def _validate_pod(pod: K8sPod, errors: CompileErrors) -> None:
    if not pod.HasField("pod_spec"):
        errors.collect(ErrorCode.INVALID_VALUE, "root", "Invalid value [k8s pod spec].")
    elif any(label_problems(name) for name in pod_container_names(pod.pod_spec)):
        errors.collect(ErrorCode.INVALID_VALUE, "root", "Invalid value [k8s pod spec container name].")


def _resource_name(number: int) -> str:
    known = Resources.ResourceName.DESCRIPTOR.values_by_number.get(number)
    return str(number) if known is None else str(known.name)
