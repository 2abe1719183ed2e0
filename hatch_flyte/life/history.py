"""The use case `history`: the releases of a distribution in a cluster, the newest first."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_flyte.releases import Shelf, active_plans, gaps, versions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hatch_flyte.config import Target
    from hatch_flyte.registry.port import Registry
    from hatch_flyte.releases import Release


@dataclass(frozen=True, slots=True)
class Past:
    """A release, and why it is not complete; nothing if it seems to be."""

    release: Release
    gaps: tuple[str, ...]


def history(distribution: str, limit: int) -> Callable[[Registry, Target], Awaitable[tuple[Past, ...]]]:
    """Return the question for a distribution's releases, the newest first: `limit` of them, or all if that is 0.

    Asked, it writes nothing, and raises what the registry raises.
    """

    async def question(registry: Registry, target: Target) -> tuple[Past, ...]:
        shelf = Shelf(registry, target, await active_plans(registry, target))
        found = []
        async for _, version in versions(registry, target, distribution):
            found.append(version)
            if len(found) == limit:
                break
        read = await asyncio.gather(*(shelf.release(distribution, version) for version in dict.fromkeys(found)))
        releases = [release for release in read if release]
        defaults = frozenset[str]().union(*(release.defaults for release in releases))
        return tuple(Past(release, gaps(release, defaults)) for release in releases)

    return question
