"""Which launch plans become active or inactive with a release: a function of values.

Knows no registry; `moving` carries out what this decides.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from hatch_flyte.distribution import Distribution
from hatch_flyte.entity import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from google.protobuf.message import Message

    from hatch_flyte.archive import Archive
    from hatch_flyte.config import Activation
    from hatch_flyte.entity import Identifier
    from hatch_flyte.entries import Entry
    from hatch_flyte.errors import HatchFlyteError


@dataclass(frozen=True, slots=True)
class Move:
    """A launch plan version that is to become active or inactive."""

    identifier: Identifier
    activate: bool
    """Whether it becomes active; else it becomes inactive."""
    before: str = ""
    """The version of its name that is active before; empty for none."""
    starts: str = ""
    """The schedule that starts with it, in words; empty for none."""
    stops: str = ""
    """The schedule that stops with it, in words; empty for none."""

    @property
    def needed(self) -> bool:
        """Whether anything changes."""
        return (self.before == self.identifier.version) is not self.activate


class MoveStatus(enum.Enum):
    """What came of a move."""

    ACTIVATED = "activated"
    DEACTIVATED = "deactivated"
    UNCHANGED = "active already"
    PLANNED = "would be moved"
    """A dry run would have carried it out."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """Never sent; the detail says why."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What came of a move, as the registry was read back."""

    move: Move
    status: MoveStatus
    detail: str = ""
    """Why, for people; empty for what is done."""
    error: HatchFlyteError | None = None

    @property
    def ok(self) -> bool:
        """Whether the launch plan is in the state that was asked for, or nothing was to be sent."""
        return self.status not in {MoveStatus.FAILED, MoveStatus.SKIPPED}


def activations(
    activation: Activation, archive: Archive, entries: Sequence[Entry], active: Mapping[str, Message]
) -> tuple[Move, ...]:
    """Return the moves that activate what `activation` says of an archive's launch plans, those done already too.

    `entries` are the archive's, filled in; `active` are the `admin.LaunchPlan` messages that are active, by name.
    """
    chosen = _chosen(activation, archive, entries)
    return tuple(
        activating(entry.identifier, entry.spec, active.get(entry.identifier.name))
        for entry in entries
        if entry.identifier in chosen
    )


def orphans(distribution: str, entries: Iterable[Entry], active: Mapping[str, Message]) -> tuple[Move, ...]:
    """Return the moves that deactivate a distribution's launch plans that its release no longer has.

    Whose a launch plan is, is said by its annotation; nobody's are left alone.
    """
    kept = {entry.identifier.name for entry in entries if entry.identifier.kind is Kind.LAUNCH_PLAN}
    return tuple(deactivating(plan) for name, plan in active.items() if owns(distribution, plan) and name not in kept)


def deactivating(plan: Message) -> Move:
    """Return the move that makes an active launch plan inactive."""
    from hatch_flyte.wire.messages import stored_identifier

    identifier = stored_identifier(Kind.LAUNCH_PLAN, plan)
    return Move(identifier, activate=False, before=identifier.version, stops=_schedule(cast("Any", plan).spec))


def owner_of(plan: Message) -> str:
    """Return the distribution that an `admin.LaunchPlan` says it belongs to; empty if it says none."""
    from hatch_flyte.wire.normal import OWNER

    return str(cast("Any", plan).spec.annotations.values.get(OWNER, ""))


def owns(distribution: str, plan: Message) -> bool:
    """Return whether an `admin.LaunchPlan` says that it belongs to `distribution`, however either spells it (PEP 503).

    Nobody (an empty name) owns anything.
    """
    owner = owner_of(plan)
    return bool(distribution and owner) and Distribution(owner).key == Distribution(distribution).key


def activating(identifier: Identifier, spec: Message, before: Message | None) -> Move:
    """Return the move that makes a launch plan version active.

    `spec` is its `admin.LaunchPlanSpec`; `before` the `admin.LaunchPlan` of its name that is active, if one is.
    """
    starts = _schedule(spec)
    if before is None:
        return Move(identifier, activate=True, starts=starts)
    version, stops = cast("Any", before).id.version, _schedule(cast("Any", before).spec)
    if version == identifier.version:
        starts = stops = ""
    return Move(identifier, activate=True, before=version, starts=starts, stops=stops)


def unknown_names(activation: Activation, archives: Iterable[Archive]) -> list[str]:
    """Return the names to activate that no archive has a launch plan for."""
    from hatch_flyte.entries import payload_name

    launch_plans = [one for archive in archives for one in archive.members if one.kind is Kind.LAUNCH_PLAN]
    known = {payload_name(member) for member in launch_plans} if activation.names else set()
    return [name for name in activation.names if name not in known]


def _chosen(activation: Activation, archive: Archive, entries: Iterable[Entry]) -> set[Identifier]:
    launch_plans = [entry for entry in entries if entry.identifier.kind is Kind.LAUNCH_PLAN]
    if activation.mode == "scheduled":
        return {entry.identifier for entry in launch_plans if _schedule(entry.spec)}
    names = set(_declared(archive) if activation.mode == "declared" else activation.names)
    return {entry.identifier for entry in launch_plans if entry.identifier.name in names}


def _declared(archive: Archive) -> Iterator[str]:
    entities = archive.manifest.entities if archive.manifest else ()
    return (one.name for one in entities if one.kind is Kind.LAUNCH_PLAN and one.activate)


def _schedule(spec: Any) -> str:
    """Return the schedule of a `LaunchPlanSpec` in words; empty if it has none."""
    from hatch_flyte.words import schedule_words

    return schedule_words(spec.entity_metadata.schedule)
