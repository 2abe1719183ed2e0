"""What tests ask of a store: functions to be called where all is done with it. Refusals become the port's errors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flyteidl.admin.common_pb2 import NamedEntityIdentifier

from hatch_flyte.registry.control_plane import ControlPlane
from hatch_flyte.registry.local import refusals_translated
from hatch_flyte.registry.project_office import ProjectOffice
from hatch_flyte.rules.filters import Condition
from hatch_flyte.rules.identifiers import missing_entity
from hatch_flyte.rules.listing import Query
from hatch_flyte.wire.messages import to_identifier

if TYPE_CHECKING:
    from hatch_flyte.entity import Identifier, Kind
    from hatch_flyte.registry.store import Store


def identifiers(store: Store, kind: Kind) -> list[Identifier]:
    """Return what is registered of a kind, the oldest first."""
    return [to_identifier(one.id) for one in ControlPlane(store).listed(Query(kind, sort_by="created_at"), kind)]


def found(store: Store, identifier: Identifier) -> Any:
    """Return an entity; without a version, the newest of its name."""
    with refusals_translated(identifier):
        plane = ControlPlane(store)
        return plane.found(identifier if identifier.version else _newest(plane, identifier))


def _newest(plane: ControlPlane, identifier: Identifier) -> Identifier:
    wanted = {"project": identifier.project, "domain": identifier.domain, "name": identifier.name}
    conditions = tuple(Condition(column, "eq", (value,)) for column, value in wanted.items())
    query = Query(identifier.kind, conditions, sort_by="created_at", descending=True, limit=1)
    for entity in plane.listed(query, identifier.kind):
        return replace(identifier, version=entity.id.version)
    raise missing_entity(identifier)


def active(store: Store, identifier: Identifier) -> Any:
    """Return the active version of a launch plan's name."""
    with refusals_translated(identifier):
        place = NamedEntityIdentifier(project=identifier.project, domain=identifier.domain, name=identifier.name)
        return ControlPlane(store).active_launch_plan(place)


def create_project(store: Store, project: str) -> None:
    """Make a project if there is none of that name."""
    with refusals_translated(None):
        ProjectOffice(store).ensure(project)


def clear(store: Store) -> None:
    """Forget everything that is registered."""
    store.clear()
