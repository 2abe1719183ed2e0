"""The use case `list`: what a registry holds of a project and domain, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_flyte.look import check_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from hatch_flyte.config import Target
    from hatch_flyte.entity import Kind
    from hatch_flyte.registry.port import Registry


COLUMNS = ("kind", "name", "version", "state", "created")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to list: some kinds, and if not empty only one name, one version."""

    kinds: Sequence[Kind]
    name: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One registered entity."""

    kind: Kind
    name: str
    version: str
    state: str
    """`active` or `inactive` for launch plans, else empty."""
    created: str
    """When it was registered: RFC 3339, UTC, to the second."""

    def to_json(self) -> dict[str, str]:
        """Return the JSON form: `COLUMNS`, in their order."""
        return {
            "kind": self.kind.value,
            "name": self.name,
            "version": self.version,
            "state": self.state,
            "created": self.created,
        }


async def listing(registry: Registry, target: Target, wanted: Wanted) -> list[Listed]:
    """Return the entities that are `wanted`, the newest first within a kind.

    Closes `registry`. Raises `RejectedError` where the target's project or domain is unknown, and whatever the registry
    raises. It may be cut off at any time: reading leaves nothing half done.
    """
    found: list[Listed] = []
    try:
        # A list of what isn't there is just empty.
        await check_place(registry, target)
        for kind in wanted.kinds:
            listed = registry.list(kind, target.project, target.domain, name=wanted.name, version=wanted.version)
            found += [_listed(kind, message) async for message in listed]
    finally:
        await registry.close()
    return found


def _listed(kind: Kind, message: Message) -> Listed:
    from flyteidl.admin.launch_plan_pb2 import LaunchPlan, LaunchPlanState

    state = ""
    if isinstance(message, LaunchPlan):
        state = LaunchPlanState.Name(message.closure.state).lower()
    created = message.closure.created_at.ToDatetime()  # type: ignore[attr-defined] # Task, Workflow and LaunchPlan have it
    identifier = message.id  # type: ignore[attr-defined] # as above
    return Listed(kind, identifier.name, identifier.version, state, created.strftime("%Y-%m-%dT%H:%M:%SZ"))
