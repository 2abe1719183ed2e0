"""An archive's entities, filled in for one target, and the order in which a registry takes them.

A registry takes an entity only when all that it refers to is there: a workflow's tasks and launch plans, a launch
plan's workflow.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hatch_flyte.entity import Kind
from hatch_flyte.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from hatch_flyte.archive import Archive, Member
    from hatch_flyte.config.target import Overrides
    from hatch_flyte.entity import Identifier
    from hatch_flyte.wire.identifiers import Fill


@dataclass(frozen=True, slots=True)
class Entry:
    """An archive's entity, filled in for one target."""

    identifier: Identifier
    spec: Message
    """`admin.TaskSpec`, `admin.WorkflowSpec` or `admin.LaunchPlanSpec`: what a create takes."""
    needs: tuple[Identifier, ...]
    """What it refers to, in the archive or elsewhere."""


def fill_entries(archive: Archive, fill: Fill, overrides: Overrides | None = None) -> list[Entry]:
    """Return the entities of `archive`, in its order, with identifiers, bundle address and `overrides` filled in.

    Raises `ArchiveError` for a member that isn't the protobuf its name says, for an identifier that stands there
    twice, and for a bundle address to fill in where the archive has no bundle.
    """
    entries = [_entry(archive, member, fill) for member in archive.members]
    if overrides:
        entries = [_overridden(entry, overrides) for entry in entries]
    counted = Counter(entry.identifier for entry in entries)
    twice = [str(identifier) for identifier, count in counted.items() if count > 1]
    if twice:
        raise ArchiveError(f"archive: expected each entity once (got {', '.join(twice)} more than once)")
    return entries


def asks_for_bundle(archive: Archive) -> bool:
    """Return whether an entity of `archive` downloads a bundle."""
    from hatch_flyte.wire.identifiers import needs_bundle

    return any(needs_bundle(member.kind, parse_member(member)) for member in archive.members)


def _entry(archive: Archive, member: Member, fill: Fill) -> Entry:
    from hatch_flyte.wire.identifiers import fill as filled
    from hatch_flyte.wire.identifiers import needs_bundle
    from hatch_flyte.wire.messages import own_identifier, to_identifier
    from hatch_flyte.wire.references import references

    message = parse_member(member)
    if archive.bundle is None and needs_bundle(member.kind, message):
        raise ArchiveError(
            f"{member.file}: its task downloads a bundle, and the archive has none",
            hint='Build it again with `code = "wheel"` (or `pyflyte package --copy all`).',
        )
    payload = filled(member.kind, message, fill)
    identifier = to_identifier(own_identifier(member.kind, payload))
    spec = payload.spec if member.kind is Kind.LAUNCH_PLAN else payload  # type: ignore[attr-defined] # a LaunchPlan
    return Entry(identifier, spec, tuple(references(member.kind, spec)))


def _overridden(entry: Entry, overrides: Overrides) -> Entry:
    from hatch_flyte.wire.overrides import overridden

    return replace(entry, spec=overridden(entry.spec, overrides))


def parse_member(member: Member) -> Message:
    """Return the protobuf of `member`: `admin.TaskSpec`, `admin.WorkflowSpec` or `admin.LaunchPlan`."""
    from hatch_flyte.wire.messages import parse

    try:
        return parse(member.kind, member.data)
    except ValueError as problem:
        raise ArchiveError(f"{member.file}: expected a {member.kind.value} ({problem})") from problem


def payload_name(member: Member) -> str:
    """Return the name of the entity in `member`."""
    from hatch_flyte.wire.messages import own_identifier

    return str(own_identifier(member.kind, parse_member(member)).name)


def levels(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Return `entries` level by level: each needs only what stands in earlier levels or outside of `entries`.

    The order within a level is that of `entries`. Raises `ArchiveError` for entities that need each other in a circle.
    """
    left = {entry.identifier: entry for entry in entries}
    result = []
    while left:
        level = [entry for entry in left.values() if not any(need in left for need in entry.needs)]
        if not level:
            names = ", ".join(sorted(str(identifier) for identifier in left))
            raise ArchiveError(f"archive: expected entities that can be ordered (got a circle among {names})")
        result.append(level)
        for entry in level:
            del left[entry.identifier]
    return result
