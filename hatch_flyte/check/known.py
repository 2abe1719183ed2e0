"""An archive's entities as a control plane would find them once they are registered: what the rules look up.

What the archive leaves open (project, domain, version) stays open: it is filled with the very templates for it, which
no registered entity can have. So what refers to an open identifier refers to the archive, and what refers to another
one refers to something that can't be known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.rules.compiler.references import LaunchPlanInterface, Lookup, References, TaskInterface
from hatch_flyte.rules.compiler.requirements import key_of
from hatch_flyte.wire.compiled import augmented_launch_plan
from hatch_flyte.wire.identifiers import BUNDLE_URL, DESTINATION, DOMAIN, PROJECT, VERSION, Fill, fill
from hatch_flyte.wire.messages import own_identifier, to_identifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flyteidl.core.identifier_pb2 import Identifier as IdentifierMessage
    from flyteidl.core.interface_pb2 import ParameterMap, TypedInterface

    from hatch_flyte.contents import Content

_OPEN: Final = Fill(project=PROJECT, domain=DOMAIN, version=VERSION, bundle_url=BUNDLE_URL, destination=DESTINATION)
_OPEN_TEXTS: Final = (f' project:"{PROJECT}"', f' domain:"{DOMAIN}"', f' version:"{VERSION}"')


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity of the archive."""

    content: Content
    message: Any
    """`admin.TaskSpec`, `admin.WorkflowSpec` or `admin.LaunchPlan`, filled in."""
    identifier: Identifier


def entity_of(content: Content) -> Entity:
    """Return an entity of an archive, filled in."""
    message = fill(content.kind, content.message, _OPEN)
    return Entity(content, message, to_identifier(own_identifier(content.kind, message)))


def without_open(message: str) -> str:
    """Return a message without the parts of identifiers that the archive leaves open."""
    for text in _OPEN_TEXTS:
        message = message.replace(text, "").replace(text.lstrip(), "")
    return message


class Known:
    """The entities of an archive, by their identifiers."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._entities = {entity.identifier: entity.message for entity in entities}

    def is_missing(self, wanted: Identifier, by: Identifier) -> bool:
        """Return whether `by` refers to the archive's own `wanted`, which isn't there."""
        same = (wanted.project, wanted.domain, wanted.version) == (by.project, by.domain, by.version)
        return same and wanted not in self._entities

    def workflow_interface(self, identifier: Identifier) -> TypedInterface | None:
        """Return the interface of a workflow; None if that can't be known."""
        found = self._entities.get(identifier)
        return None if found is None else found.template.interface

    def expected_inputs(self, launch_plan: Any) -> ParameterMap | None:
        """Return the inputs that an `admin.LaunchPlan` leaves open; None if that can't be known."""
        interface = self.workflow_interface(of_kind(Kind.WORKFLOW, launch_plan.spec.workflow_id))
        return None if interface is None else augmented_launch_plan(launch_plan.spec, interface)[1].expected_inputs

    @property
    def references(self) -> References:
        """The same for the compiler, which doesn't take a task for another one's resource type or organisation."""
        return References(self._task, self._launch_plan)

    def _task(self, identifier: IdentifierMessage) -> TaskInterface | Lookup:
        found = self._entities.get(of_kind(Kind.TASK, identifier))
        if found is None:
            return Lookup.UNKNOWN
        template = found.template
        if key_of(template.id) != key_of(identifier):
            return Lookup.MISSING
        return TaskInterface(template.interface if template.HasField("interface") else None)

    def _launch_plan(self, identifier: IdentifierMessage) -> LaunchPlanInterface | Lookup:
        found = self._entities.get(of_kind(Kind.LAUNCH_PLAN, identifier))
        if found is None:
            return Lookup.UNKNOWN
        interface = self.workflow_interface(of_kind(Kind.WORKFLOW, found.spec.workflow_id))
        if interface is None:
            return Lookup.UNKNOWN
        closure = augmented_launch_plan(found.spec, interface)[1]
        outputs = closure.expected_outputs if closure.HasField("expected_outputs") else None
        return LaunchPlanInterface(closure.expected_inputs, outputs)


def of_kind(kind: Kind, message: IdentifierMessage) -> Identifier:
    """Return the identifier with the kind that its place asks for, whatever its resource type says."""
    return Identifier(kind, message.project, message.domain, message.name, message.version)
