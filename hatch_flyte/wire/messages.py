"""The three messages that stand for an entity, to and from bytes, and Flyte's identifiers to and from ours.

Owns which message a kind is. Knows nothing of what is in a template.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core import identifier_pb2
from google.protobuf import message_factory, symbol_database
from google.protobuf.message import DecodeError

from hatch_flyte.entity import Identifier, Kind

if TYPE_CHECKING:
    from google.protobuf.message import Message

SPECS: Final[dict[Kind, type[Message]]] = {
    Kind.TASK: TaskSpec,
    Kind.WORKFLOW: WorkflowSpec,
    Kind.LAUNCH_PLAN: LaunchPlan,
}
"""The message that an archive holds for each kind, as flytectl reads them: a launch plan comes with its identifier."""

RESOURCE_TYPES: Final[dict[Kind, int]] = {
    Kind.TASK: identifier_pb2.TASK,
    Kind.WORKFLOW: identifier_pb2.WORKFLOW,
    Kind.LAUNCH_PLAN: identifier_pb2.LAUNCH_PLAN,
}
"""`flyteidl.core.ResourceType` of each kind."""

_KINDS: Final[dict[int, Kind]] = {number: kind for kind, number in RESOURCE_TYPES.items()}


def parse(kind: Kind, data: bytes) -> Message:
    """Return the `TaskSpec`, `WorkflowSpec` or `LaunchPlan` that `data` holds.

    Raises `ValueError`, with a text for people, on bytes that are no such message and on an entity without a name.
    """
    spec = SPECS[kind]
    message = spec()
    try:
        message.ParseFromString(data)
    except DecodeError as problem:
        raise ValueError(f"its {len(data)} bytes are not a {spec.DESCRIPTOR.full_name}") from problem
    if not own_identifier(kind, message).name:
        raise ValueError(f"the {spec.DESCRIPTOR.full_name} in it has no name")
    return message


def to_bytes(message: Message) -> bytes:
    """Return the same bytes for equal messages: maps are written in the order of their keys."""
    return message.SerializeToString(deterministic=True)


def own_identifier(kind: Kind, message: Message) -> identifier_pb2.Identifier:
    """Return the identifier message inside an archive's payload: a template's, or a launch plan's own."""
    holder = cast("Any", message)
    return holder.id if kind is Kind.LAUNCH_PLAN else holder.template.id


def to_identifier(message: identifier_pb2.Identifier) -> Identifier:
    """Return our value for a `flyteidl.core.Identifier`, without its `org`.

    Raises `ValueError` for a resource type that is no `Kind`; an unspecified one is a task, as protobuf's zero is.
    """
    kind = _KINDS.get(message.resource_type, Kind.TASK if not message.resource_type else None)
    if kind is None:
        raise ValueError(f"expected a task, workflow or launch plan (got resource type {message.resource_type})")
    return Identifier(kind, message.project, message.domain, message.name, message.version)


def stored_identifier(kind: Kind, message: Message) -> Identifier:
    """Return the identifier of an `admin.Task`, `admin.Workflow` or `admin.LaunchPlan`; lists may leave it untyped."""
    one = cast("Any", message).id
    return Identifier(kind, one.project, one.domain, one.name, one.version)


def from_identifier(identifier: Identifier) -> identifier_pb2.Identifier:
    """Return the `flyteidl.core.Identifier` for our value, with its resource type and no `org`."""
    return identifier_pb2.Identifier(
        resource_type=RESOURCE_TYPES[identifier.kind],
        project=identifier.project,
        domain=identifier.domain,
        name=identifier.name,
        version=identifier.version,
    )


def message_class(descriptor: Any) -> Any:
    """Return the generated class of a message, with every release of protobuf that is supported."""
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    known: Any = symbol_database.Default()  # protobuf before 4.22
    return known.GetPrototype(descriptor)
