"""Releases that were registered earlier, as values, and finding them in a registry. Reads only.

A release is all entities of one version whose launch plans say, by their annotation, that they are a distribution's.
A registry keeps no history of what was active: which releases there are, when each was registered and what of it is
active now is all that it can tell.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING, Any, Final, cast

from hatch_flyte.activation import owner_of, owns
from hatch_flyte.entity import Kind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping
    from datetime import datetime

    from google.protobuf.message import Message

    from hatch_flyte.config import Target
    from hatch_flyte.registry.port import Registry

SEARCHED: Final = 10_000
"""Launch plans, the newest first, among which releases are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release of a distribution in one registry."""

    distribution: str
    version: str
    launch_plans: Mapping[str, Message]
    """Its `admin.LaunchPlan` messages by name; at least one."""
    live: frozenset[str]
    """The names of those that are active."""
    workflows: frozenset[str]
    """Names of all workflows that are registered under its version, whosever they are."""

    @property
    def registered(self) -> datetime:
        """When the last of its launch plans was registered, in UTC."""
        return max(map(created, self.launch_plans.values()))

    @property
    def started(self) -> frozenset[str]:
        """Names of the workflows of its version that its launch plans start."""
        targets = [cast("Any", plan).spec.workflow_id for plan in self.launch_plans.values()]
        return frozenset(one.name for one in targets if one.version == self.version)

    @property
    def defaults(self) -> frozenset[str]:
        """Names of workflows that have their default launch plan, which bears the same name."""
        return self.started & self.launch_plans.keys()


def gaps(release: Release, defaults: Iterable[str]) -> tuple[str, ...]:
    """Return why a release is not complete, as far as a registry can tell; nothing if it seems to be.

    A launch plan needs its workflow. And a registration that was cut off leaves workflows without the launch plans that
    come after them: of the workflows `defaults` it is known from other releases that they have one of their own name.
    """
    lost = sorted(release.started - release.workflows)
    bare = sorted(release.workflows.intersection(defaults) - release.launch_plans.keys())
    return (
        *(f"workflow {name} is not there" for name in lost),
        *(f"workflow {name} has no launch plan" for name in bare),
    )


def created(plan: Message) -> datetime:
    """Return when an `admin.LaunchPlan` was registered, in UTC."""
    at: datetime = cast("Any", plan).closure.created_at.ToDatetime(tzinfo=timezone.utc)
    return at


async def versions(
    registry: Registry, target: Target, distribution: str = "", *, searched: int = SEARCHED
) -> AsyncIterator[tuple[str, str]]:
    """Yield distribution and version of each release once, the newest first: of one distribution, or of all.

    They are looked for among the newest `searched` launch plans.
    """
    told, count = set(), 0
    async for plan in registry.list(Kind.LAUNCH_PLAN, target.project, target.domain):
        release = (owner_of(plan), str(cast("Any", plan).id.version))
        if release not in told and (owns(distribution, plan) if distribution else release[0]):
            told.add(release)
            yield release
        count += 1
        if count >= searched:
            return


async def active_plans(registry: Registry, target: Target) -> dict[str, Message]:
    """Return the `admin.LaunchPlan` messages that are active in a target's project and domain, by name."""
    return {str(cast("Any", one).id.name): one async for one in registry.active(target.project, target.domain)}


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where a distribution's releases are: a registry, a target's project and domain, and what is active there."""

    registry: Registry
    target: Target
    active: Mapping[str, Message]
    """As `active_plans` returns them."""

    async def release(self, distribution: str, version: str) -> Release | None:
        """Return a release of `distribution`; None if no launch plan of that version is its own."""
        plans, workflows = await asyncio.gather(
            self._named(Kind.LAUNCH_PLAN, version), self._named(Kind.WORKFLOW, version)
        )
        own = {name: plan for name, plan in plans.items() if owns(distribution, plan)}
        if not own:
            return None
        live = {name for name in own if name in self.active and cast("Any", self.active[name]).id.version == version}
        return Release(
            distribution=distribution,
            version=version,
            launch_plans=own,
            live=frozenset(live),
            workflows=frozenset(workflows),
        )

    async def _named(self, kind: Kind, version: str) -> dict[str, Message]:
        found = self.registry.list(kind, self.target.project, self.target.domain, version=version)
        return {str(cast("Any", one).id.name): one async for one in found}
