"""The use case `plan`: what a publish would do to one registry, as a value. Writes nothing.

Look, then compare on the client in the form that the registry compares in: a difference that it would not see is not
reported, one that it would refuse always is.
"""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, cast

from hatch_flyte.activation import activations, orphans
from hatch_flyte.breaking import breaking_changes
from hatch_flyte.entity import Kind
from hatch_flyte.entries import asks_for_bundle, fill_entries
from hatch_flyte.look import Question, look

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from google.protobuf.message import Message

    from hatch_flyte.activation import Move
    from hatch_flyte.base import Base
    from hatch_flyte.breaking import BreakingChange
    from hatch_flyte.config import Target
    from hatch_flyte.entity import Identifier
    from hatch_flyte.entries import Entry
    from hatch_flyte.look import Seen
    from hatch_flyte.order import Order
    from hatch_flyte.registry.port import Location, Registry
    from hatch_flyte.wire.compare import Difference

DESTINATION: Final = "."
"""What `{{ .dest_dir }}` becomes in archives that leave it open, as flytectl fills it."""


class Verdict(enum.Enum):
    """What a registry would make of an entity."""

    NEW = "new"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    """The registry holds this version with other content."""
    UNRESOLVED = "unresolved"
    """It is not there, and refers to what is neither in the archive nor in the registry."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One entity of an archive, filled in for the target, and what would come of it."""

    entry: Entry
    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    """Of a conflict: where what would be sent is not what is stored."""
    unresolved: tuple[Identifier, ...] = ()
    """What it refers to in vain."""

    @property
    def identifier(self) -> Identifier:
        """The entity's identifier in the target."""
        return self.entry.identifier

    @property
    def halting(self) -> str:
        """Why nothing may be written where this stands in a plan; empty if that is no reason."""
        if self.verdict is Verdict.CONFLICT:
            return f"{self.identifier} is in conflict"
        if self.verdict is Verdict.UNRESOLVED:
            return f"{self.identifier} needs {self.unresolved[0]}, which is not there"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What publishing one archive would do to one registry."""

    target: Target
    place: str
    """Where the registry is, for people."""
    distribution: str
    """Name of the archive's distribution; empty for an archive of `pyflyte package`."""
    version: str
    entities: tuple[Planned, ...]
    """One for each entity of the archive, in the archive's order."""
    bundle: Location | None
    """Where the bundle is or would be; None if no task asks for one."""
    base: Base | None
    """The release to compare with; None if there is none, or it was not looked for."""
    activations: tuple[Move, ...] = ()
    """What would be activated, what is active already too."""
    orphans: tuple[Move, ...] = ()
    """The distribution's active launch plans that the archive no longer has, as moves that deactivate them."""
    prune: bool = False
    """Whether the orphans would be deactivated."""
    breaking: tuple[BreakingChange, ...] = ()
    """What breaks for those who use the base."""
    refused: tuple[BreakingChange, ...] = ()
    """Those of them that the target refuses."""

    @property
    def new(self) -> list[Entry]:
        """The entities that would be created."""
        return [one.entry for one in self.entities if one.verdict is Verdict.NEW]

    @property
    def content(self) -> str:
        """SHA-256 of all that would be registered, filled in: 64 hexadecimal digits."""
        from hatch_flyte.wire.messages import to_bytes

        digests = (hashlib.sha256(to_bytes(one.entry.spec)).hexdigest() for one in self.entities)
        return hashlib.sha256("\n".join(digests).encode()).hexdigest()

    @property
    def uploads(self) -> bool:
        """Whether the bundle would be uploaded."""
        return self.bundle is not None and not self.bundle.stored and bool(self.new)

    @property
    def moves(self) -> tuple[Move, ...]:
        """What a publish would activate and deactivate, in that order."""
        return (*self.activations, *(self.orphans if self.prune else ()))

    @property
    def halting(self) -> str:
        """Why nothing may be written; empty if everything may."""
        broken = "breaking changes are refused" if self.refused else ""
        return next(filter(None, (one.halting for one in self.entities)), broken)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do and nothing in the way."""
        return all(one.verdict is Verdict.UNCHANGED for one in self.entities) and not any(
            move.needed for move in self.moves
        )


async def make_plan(
    order: Order, target: Target, registry: Registry, promised: Collection[Identifier] = frozenset()
) -> Plan:
    """Return what publishing `order` to `registry` would do. Writes and uploads nothing.

    `promised` are entities that archives registered before this one bring. Raises `ArchiveError` for an archive that
    cannot be registered anywhere, `RejectedError` for an unknown project or domain, and whatever the registry raises.
    """
    entries = filled(order, target, "")
    seen = await look(registry, target, _question(order, target, entries))
    if seen.bundle:
        entries = filled(order, target, seen.bundle.url)
    breaking = breaking_changes(seen.base.stored, entries) if seen.base else ()
    return Plan(
        target=target,
        place=registry.place,
        distribution=order.distribution,
        version=order.version,
        entities=_judged(entries, seen, seen.absent.difference(promised)),
        bundle=seen.bundle,
        base=seen.base,
        activations=activations(target.activation, order.archive, entries, seen.active),
        orphans=orphans(order.distribution, entries, seen.active),
        prune=order.prune,
        breaking=breaking if target.breaking_changes != "allow" or order.dry_run else (),
        refused=_refused(breaking, order, target),
    )


def filled(order: Order, target: Target, bundle_url: str) -> list[Entry]:
    """Return the entities of an order's archive, filled in for a target. Raises `ArchiveError`."""
    from hatch_flyte.wire.identifiers import Fill

    place = Fill(target.project, target.domain, order.version, bundle_url, DESTINATION)
    return fill_entries(order.archive, place, target.overrides)


def judged(entry: Entry, stored: Message, workflows: Mapping[Identifier, Message]) -> Planned:
    """Compare what would be sent with what is there; `workflows` are the archive's `WorkflowSpec`s."""
    from hatch_flyte.wire.compare import differences

    kind = entry.identifier.kind
    started = entry.needs[0] if kind is Kind.LAUNCH_PLAN and entry.needs else None
    workflow = cast("Any", workflows.get(started)) if started else None
    interface = workflow.template.interface if workflow else None
    found = tuple(differences(kind, entry.spec, stored, interface=interface))
    return Planned(entry, Verdict.CONFLICT if found else Verdict.UNCHANGED, found)


def workflows_of(entries: Sequence[Entry]) -> dict[Identifier, Message]:
    """Return the `WorkflowSpec`s among `entries`."""
    return {entry.identifier: entry.spec for entry in entries if entry.identifier.kind is Kind.WORKFLOW}


def _refused(breaking: Sequence[BreakingChange], order: Order, target: Target) -> tuple[BreakingChange, ...]:
    if target.breaking_changes != "refuse":
        return ()
    allowed = order.allow_breaking
    return tuple(one for one in breaking if not any(fnmatchcase(one.name, pattern) for pattern in allowed))


def _question(order: Order, target: Target, entries: Sequence[Entry]) -> Question:
    own = {entry.identifier: None for entry in entries}
    question = Question(
        identifiers=own.keys(),
        references={need: None for entry in entries for need in entry.needs if need not in own}.keys(),
        bundle=order.archive.bundle if order.archive.bundle and asks_for_bundle(order.archive) else None,
        distribution=order.distribution,
        version=order.version,
    )
    # Where nobody asks what changed since, nothing is read for it.
    compared = order.dry_run or target.breaking_changes != "allow"
    return question if compared else replace(question, distribution="")


def _judged(entries: Sequence[Entry], seen: Seen, absent: Collection[Identifier]) -> tuple[Planned, ...]:
    workflows = workflows_of(entries)
    return tuple(
        judged(entry, stored, workflows) if (stored := seen.stored.get(entry.identifier)) else _missing(entry, absent)
        for entry in entries
    )


def _missing(entry: Entry, absent: Collection[Identifier]) -> Planned:
    unresolved = tuple(need for need in entry.needs if need in absent)
    return Planned(entry, Verdict.UNRESOLVED if unresolved else Verdict.NEW, unresolved=unresolved)
