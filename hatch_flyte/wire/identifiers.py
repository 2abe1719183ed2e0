"""Filling in what an archive leaves open: where an entity is registered, and where its code bundle lies.

Follows flytectl's rules (its `register files` and ours register the same content), but never overwrites what is
pinned, and leaves pod specs as they are. Knows nothing of registries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from hatch_flyte.entity import Kind
from hatch_flyte.wire.messages import RESOURCE_TYPES, own_identifier
from hatch_flyte.wire.nodes import reference, template_nodes, templates
from hatch_flyte.wire.pods import pod_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableSequence

    from flyteidl.admin.workflow_pb2 import WorkflowSpec
    from flyteidl.core import identifier_pb2
    from flyteidl.core.workflow_pb2 import Node
    from google.protobuf.message import Message
    from google.protobuf.struct_pb2 import Value

PROJECT: Final = "{{ registration.project }}"
DOMAIN: Final = "{{ registration.domain }}"
VERSION: Final = "{{ registration.version }}"
BUNDLE_URL: Final = "{{ .remote_package_path }}"
"""The argument that becomes the bundle's address."""
DESTINATION: Final = "{{ .dest_dir }}"
"""The argument that becomes the folder a bundle is unpacked in."""


@dataclass(frozen=True, slots=True)
class Fill:
    """What an archive's entities are filled in with."""

    project: str
    domain: str
    version: str
    bundle_url: str | None
    """Where the registry keeps the bundle; None if there is none."""
    destination: str = "."
    """The folder that a task unpacks the bundle in, where the archive leaves it open."""


def fill(kind: Kind, message: Message, fill: Fill) -> Message:
    """Return a copy of an archive's payload with everything that was open filled in.

    Project, domain and version of the entity's own identifier, of embedded workflows and of all references are filled
    where they are empty or exactly flytectl's template for them. The own identifier also gets its resource type and
    loses its `org`, as a registry is asked for it. Arguments of containers that are exactly a template for the bundle's
    address or destination are filled too.

    Raises `ValueError` where an argument asks for the bundle's address and `fill` has none.
    """
    filled = type(message)()
    filled.CopyFrom(message)
    own = own_identifier(kind, filled)
    own.resource_type = cast("Any", RESOURCE_TYPES[kind])
    own.ClearField("org")
    for identifier in identifiers(kind, filled):
        _fill_identifier(identifier, fill)
    arguments = container_arguments(kind, filled)
    for index, argument in enumerate(arguments):
        arguments[index] = _filled_argument(argument, fill)
    for value in pod_argument_values(kind, filled):
        value.string_value = _filled_argument(value.string_value, fill)
    return filled


def needs_bundle(kind: Kind, message: Message) -> bool:
    """Return whether a container's arguments ask for the bundle's address."""
    return BUNDLE_URL in container_arguments(kind, message) or any(
        value.string_value == BUNDLE_URL for value in pod_argument_values(kind, message)
    )


def _fill_identifier(identifier: identifier_pb2.Identifier, fill: Fill) -> None:
    if identifier.project in {"", PROJECT}:
        identifier.project = fill.project
    if identifier.domain in {"", DOMAIN}:
        identifier.domain = fill.domain
    if identifier.version in {"", VERSION}:
        identifier.version = fill.version


def _filled_argument(argument: str, fill: Fill) -> str:
    if argument == DESTINATION:
        return fill.destination
    if argument != BUNDLE_URL:
        return argument
    if fill.bundle_url is None:
        raise ValueError(f"expected a bundle for its argument {BUNDLE_URL} (got none)")
    return fill.bundle_url


def identifiers(kind: Kind, message: Message) -> Iterator[identifier_pb2.Identifier]:
    """Yield all identifiers of a payload that name entities: its own, embedded workflows', references."""
    yield own_identifier(kind, message)
    holder = cast("Any", message)
    if kind is Kind.LAUNCH_PLAN and holder.spec.HasField("workflow_id"):
        yield holder.spec.workflow_id
    elif kind is Kind.WORKFLOW:
        yield from (template.id for template in holder.sub_workflows if template.HasField("id"))
        yield from filter(None, map(reference, _nodes(holder)))


def container_arguments(kind: Kind, message: Message) -> MutableSequence[str]:
    """Return the arguments of a task's container, to be changed in place; an empty list if there is none."""
    return cast("Any", message).template.container.args if kind is Kind.TASK else []


def pod_argument_values(kind: Kind, message: Message) -> Iterator[Value]:
    """Yield the text arguments of every container of every pod in a payload, to be changed in place."""
    holder = cast("Any", message)
    if kind is Kind.TASK:
        yield from pod_arguments(holder.template.k8s_pod.pod_spec)
    elif kind is Kind.WORKFLOW:
        for node in _nodes(holder):
            yield from pod_arguments(node.task_node.overrides.pod_template.pod_spec)


def _nodes(spec: WorkflowSpec) -> Iterator[Node]:
    for template in templates(spec):
        yield from template_nodes(template)
