"""How a pod loads a task: the arguments that flytekit's entry points get, read from the protobuf."""

from __future__ import annotations

import base64
from typing import Any

_ENTRY_POINTS = {"pyflyte-execute": False, "pyflyte-map-execute": True}
"""Commands that load a task by a resolver, and whether that task is mapped (flytekit/bin/entrypoint.py)."""

_TEMPLATE = "{{.taskTemplatePath}}"
"""What stands for the task's protobuf, which is all that some tasks are loaded from; Flyte fills it in at run time."""

_STAND_IN = "_dummy_task_func"
"""flytekit's function in the inner tasks of shell tasks and notebooks, which are registered, and nothing runs."""

_CLEANING_UP = ["eager", "failure", "handler"]
"""The arguments of what cleans up after an eager task: flytekit loads one task for all of them."""


def loader_of(message: Any) -> dict[str, Any] | None:
    """Return what loading the task of a `TaskSpec` takes, and what it is checked against; None if nothing is loaded."""
    template = message.template
    for arguments, image in _commands(template):
        entry = next((word for word in arguments if word in _ENTRY_POINTS), "")
        if entry and "--resolver" in arguments:
            at = arguments.index("--resolver")
            own = arguments[at + 2 :]
            own = own[1:] if own[:1] == ["--"] else own
            if _TEMPLATE in own or own[-1:] == [_STAND_IN] or own == _CLEANING_UP:
                return None
            return {
                "name": template.id.name,
                "resolver": arguments[at + 1],
                "arguments": own,
                "mapped": _ENTRY_POINTS[entry],
                "type": template.type,
                "interface": base64.b64encode(template.interface.SerializeToString(deterministic=True)).decode(),
                "image": image,
            }
    return None


def image_of(message: Any) -> str:
    """Return the image of a `TaskSpec`'s first container, or nothing."""
    return next((image for _, image in _commands(message.template)), "")


def _commands(template: Any) -> list[tuple[list[str], str]]:
    """Return arguments and image of each container."""
    if template.HasField("container"):
        return [(list(template.container.args), template.container.image)]
    if not template.HasField("k8s_pod"):
        return []
    found = []
    for item in template.k8s_pod.pod_spec.fields["containers"].list_value.values:
        fields = item.struct_value.fields
        arguments = [one.string_value for one in fields["args"].list_value.values] if "args" in fields else []
        found.append((arguments, fields["image"].string_value if "image" in fields else ""))
    return found
