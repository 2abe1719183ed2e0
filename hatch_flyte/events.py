"""What happens while archives are published: a stream of frozen values that every renderer is told.

Each is told once, in the order in which things happen in its cluster; those of several clusters are mixed. Their words
and their JSON form are `event_text`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hatch_flyte.activation import Moved
    from hatch_flyte.archive import Archive
    from hatch_flyte.config import Target
    from hatch_flyte.outcome import Outcome, Report
    from hatch_flyte.plan import Plan
    from hatch_flyte.registry.port import Location


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened on the way to a target."""

    target: Target


@dataclass(frozen=True, slots=True)
class Looking(Event):
    """What the registry holds is being read; a cluster's first event."""


@dataclass(frozen=True, slots=True)
class PlanMade(Event):
    """It is known what would be done with one archive."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Uploading(Event):
    """The bundle is being uploaded."""

    bundle: Location


@dataclass(frozen=True, slots=True)
class Registering(Event):
    """Entities are being created."""

    count: int
    """How many are to be."""


@dataclass(frozen=True, slots=True)
class EntityDone(Event):
    """It is known what came of an entity."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Activating(Event):
    """Launch plans are becoming active or inactive."""

    activations: int
    deactivations: int


@dataclass(frozen=True, slots=True)
class LaunchPlanMoved(Event):
    """It was read back what came of a launch plan that was to become active or inactive."""

    moved: Moved


@dataclass(frozen=True, slots=True)
class Stopping(Event):
    """Somebody asked to stop: nothing new is sent, what is in flight is awaited."""


@dataclass(frozen=True, slots=True)
class ArchiveDone(Event):
    """All that came of one archive in one cluster; its last event. Told once all clusters are done, in their order."""

    archive: Archive
    report: Report
