"""How a distribution stands in one cluster: which of its releases are live there, the latest, what is scheduled."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from hatch_flyte.activation import owner_of, owns
from hatch_flyte.distribution import Distribution
from hatch_flyte.releases import Shelf, active_plans, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.message import Message

    from hatch_flyte.config import Target
    from hatch_flyte.registry.port import Registry
    from hatch_flyte.releases import Release


@dataclass(frozen=True, slots=True)
class Scheduled:
    """An active launch plan with a schedule."""

    launch_plan: str
    schedule: str
    """In words: `cron 0 6 * * *`."""
    version: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How one distribution stands in one cluster."""

    distribution: str
    live: tuple[Release, ...]
    """The releases of which launch plans are active, that of the most first, and of these the newest."""
    latest: Release | None
    """The release that was registered last; None if none was found."""
    scheduled: tuple[Scheduled, ...]

    @property
    def version(self) -> str:
        """The version that is live, of several the one of most launch plans; empty if none is."""
        return self.live[0].version if self.live else ""


async def standings(registry: Registry, target: Target, distribution: str) -> tuple[Standing, ...]:
    """Return how `distribution` stands in a cluster; with an empty name, each that a launch plan there belongs to.

    Writes nothing. Raises what the registry raises.
    """
    shelf = Shelf(registry, target, await active_plans(registry, target))
    latest: dict[str, str] = {}
    async for owner, version in versions(registry, target, distribution):
        latest.setdefault(Distribution(owner).key, version)
        if distribution:
            break
    owners = {} if distribution else {Distribution(one).key: one for one in map(owner_of, shelf.active.values()) if one}
    names = [distribution] if distribution else sorted({**{key: key for key in latest}, **owners}.values())
    stood = (_standing(shelf, name, latest.get(Distribution(name).key, "")) for name in names)
    return tuple(await asyncio.gather(*stood))


async def _standing(shelf: Shelf, distribution: str, latest: str) -> Standing:
    own = {name: plan for name, plan in shelf.active.items() if owns(distribution, plan)}
    wanted = {str(cast("Any", plan).id.version) for plan in own.values()} | ({latest} if latest else set())
    found = await asyncio.gather(*(shelf.release(distribution, version) for version in sorted(wanted)))
    releases = [release for release in found if release]
    live = sorted((one for one in releases if one.live), key=lambda one: (len(one.live), one.registered), reverse=True)
    newest = next((one for one in releases if one.version == latest), None)
    return Standing(distribution, tuple(live), newest, _scheduled(own))


def _scheduled(active: Mapping[str, Message]) -> tuple[Scheduled, ...]:
    from hatch_flyte.words import schedule_words

    found = [
        Scheduled(name, schedule_words(cast("Any", plan).spec.entity_metadata.schedule), cast("Any", plan).id.version)
        for name, plan in sorted(active.items())
    ]
    return tuple(one for one in found if one.schedule)
