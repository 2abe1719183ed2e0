"""Reading the containers of a pod's spec, which is a `google.protobuf.Struct`: anything may stand anywhere in it.

Never turns a spec into an object model of Kubernetes and back: what isn't looked at stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from google.protobuf.struct_pb2 import Struct, Value


def pod_arguments(pod_spec: Struct) -> Iterator[Value]:
    """Yield the text arguments of every container, to be read or changed in place."""
    for container in _items(pod_spec, "containers"):
        yield from (one for one in _items(container.struct_value, "args") if one.HasField("string_value"))


def pod_variables(pod_spec: Struct, name: str) -> Iterator[Value]:
    """Yield the value of the environment variable `name` in every container that has it, to be changed in place."""
    for container in _items(pod_spec, "containers"):
        for variable in _items(container.struct_value, "env"):
            fields = variable.struct_value.fields
            if "name" in fields and fields["name"].string_value == name and "value" in fields:
                yield fields["value"]


def pod_images(pod_spec: Struct) -> Iterator[str]:
    """Yield the image of every container that names one, those that run first included."""
    return (value.string_value for value in pod_image_values(pod_spec))


def pod_image_values(pod_spec: Struct) -> Iterator[Value]:
    """Yield the same, to be read or changed in place."""
    for key in ("initContainers", "containers"):
        for container in _items(pod_spec, key):
            if "image" in container.struct_value.fields:
                yield container.struct_value.fields["image"]


def rewrite_pod_images(pod_spec: Struct, change: Callable[[str], str]) -> None:
    """Change the image of every container that names one, those that run first included, in place."""
    for key in ("initContainers", "containers"):
        for container in _items(pod_spec, key):
            fields = container.struct_value.fields
            if "image" in fields and fields["image"].HasField("string_value"):
                fields["image"].string_value = change(fields["image"].string_value)


def pod_container_names(pod_spec: Struct) -> Iterator[str]:
    """Yield the name of every container, but for those that run first; without a name it is empty."""
    for container in _items(pod_spec, "containers"):
        fields = container.struct_value.fields
        yield fields["name"].string_value if "name" in fields else ""


def _items(struct: Struct, key: str) -> Sequence[Value]:
    return struct.fields[key].list_value.values if key in struct.fields else []
