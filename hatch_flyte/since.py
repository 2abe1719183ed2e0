"""What changes with a release against the one that is live, or the latest before: in the terms that `diff` has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from hatch_flyte.changes import ArchiveChanges, EntityChange, changes_of
from hatch_flyte.entity import Kind
from hatch_flyte.plan import workflows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.message import Message

    from hatch_flyte.changes import Change
    from hatch_flyte.entity import Identifier
    from hatch_flyte.entries import Entry
    from hatch_flyte.plan import Plan


def changes_since(plan: Plan) -> ArchiveChanges | None:
    """Return what `plan` changes against its base; None where there is none, or it is the same version.

    Removed are the base's own entities that the archive no longer has.
    """
    if plan.base is None or not plan.base.stored:
        return None
    before = {(identifier.kind, identifier.name): message for identifier, message in plan.base.stored.items()}
    entries = [one.entry for one in plan.entities]
    now = {(entry.identifier.kind, entry.identifier.name): entry for entry in entries}
    workflows = workflows_of(entries)
    both = [EntityChange(*key, _changes(entry, before[key], workflows)) for key, entry in now.items() if key in before]
    return ArchiveChanges(
        added=tuple(EntityChange(*key) for key in now if key not in before),
        removed=tuple(EntityChange(*key) for key in before if key not in now),
        changed=tuple(one for one in both if one.changes),
        archive=(),
        manifests=False,
    )


def _changes(entry: Entry, stored: Message, workflows: Mapping[Identifier, Message]) -> tuple[Change, ...]:
    from hatch_flyte.wire.compare import comparable

    kind = entry.identifier.kind
    workflow = cast("Any", workflows.get(entry.needs[0])) if kind is Kind.LAUNCH_PLAN and entry.needs else None
    interface = workflow.template.interface if workflow else None
    sent, there = comparable(kind, entry.spec, stored, interface=interface)
    if kind is Kind.LAUNCH_PLAN:
        from flyteidl.admin.launch_plan_pb2 import LaunchPlan

        from hatch_flyte.wire.messages import from_identifier

        # With the identifiers, references to what is registered beside them are told from pins.
        there = LaunchPlan(id=cast("Any", stored).id, spec=cast("Any", there))
        sent = LaunchPlan(id=from_identifier(entry.identifier), spec=cast("Any", sent))
    return changes_of(there, sent)
