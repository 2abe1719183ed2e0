"""An entity's interface, as those see it who call it: from what a registry stores, or from what would be registered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from hatch_flyte.entity import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType
    from google.protobuf.message import Message

    from hatch_flyte.entity import Identifier
    from hatch_flyte.entries import Entry

    Key = tuple[Kind, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """What one entity takes and gives."""

    inputs: Mapping[str, LiteralType]
    required: frozenset[str]
    """The inputs that have to be given."""
    outputs: Mapping[str, LiteralType]
    fixed: Mapping[str, Literal] = field(default_factory=dict)
    """Inputs that a launch plan fixes."""
    scheduled: bool = False


def stored_interfaces(stored: Mapping[Identifier, Message]) -> dict[Key, Interface]:
    """Return the interfaces of `admin.Task`, `admin.Workflow` and `admin.LaunchPlan` messages by kind and name."""
    found: dict[Key, Interface] = {}
    for identifier, message in stored.items():
        closure = cast("Any", message).closure
        if identifier.kind is Kind.TASK:
            found[Kind.TASK, identifier.name] = _typed(closure.compiled_task.template.interface)
        elif identifier.kind is Kind.WORKFLOW:
            found[Kind.WORKFLOW, identifier.name] = _typed(closure.compiled_workflow.primary.template.interface)
        else:
            found[Kind.LAUNCH_PLAN, identifier.name] = _launch_plan(cast("Any", message).spec, closure)
    return found


def sent_interfaces(entries: Iterable[Entry]) -> dict[Key, Interface]:
    """Return the interfaces of an archive's entities by kind and name.

    A launch plan of a workflow that is not in the archive has the inputs alone that it speaks of itself.
    """
    from flyteidl.core.interface_pb2 import TypedInterface

    from hatch_flyte.wire.compiled import augmented_launch_plan

    entries = list(entries)
    specs: dict[Identifier, Any] = {entry.identifier: entry.spec for entry in entries}
    found: dict[Key, Interface] = {}
    for entry in entries:
        kind, name, spec = entry.identifier.kind, entry.identifier.name, cast("Any", entry.spec)
        if kind is not Kind.LAUNCH_PLAN:
            found[kind, name] = _typed(spec.template.interface)
            continue
        workflow = specs.get(entry.needs[0]) if entry.needs else None
        own = TypedInterface(inputs={"variables": {key: one.var for key, one in _parameters(spec.default_inputs)}})
        interface = workflow.template.interface if workflow is not None else own
        found[kind, name] = _launch_plan(spec, augmented_launch_plan(spec, interface)[1])
    return found


def _typed(interface: Any) -> Interface:
    inputs = _types(interface.inputs)
    return Interface(inputs=inputs, required=frozenset(inputs), outputs=_types(interface.outputs))


def _launch_plan(spec: Any, closure: Any) -> Interface:
    parameters = dict(_parameters(closure.expected_inputs))
    return Interface(
        inputs={name: one.var.type for name, one in parameters.items()},
        required=frozenset(name for name, one in parameters.items() if one.required),
        outputs=_types(closure.expected_outputs),
        fixed=dict(spec.fixed_inputs.literals),
        scheduled=spec.entity_metadata.schedule.WhichOneof("ScheduleExpression") is not None,
    )


def _parameters(message: Any) -> Iterable[tuple[str, Any]]:
    return sorted(message.parameters.items())


def _types(message: Any) -> dict[str, Any]:
    return {name: one.type for name, one in sorted(message.variables.items())}
