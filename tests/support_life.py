"""Releases that are live, for tests of what comes after a publish: in this process, or served."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from support_doors import serving_here
from support_registries import TARGET
from support_releases import flow_of, order_of, plan_id, registered, scheduled

from hatch_flyte.errors import UnreachableError
from hatch_flyte.registry.client import Connection, connect
from hatch_flyte.registry.local import open_local

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from hatch_flyte.config import Target
    from hatch_flyte.registry.port import Registry

NAME = "acme-pipelines"
"""The distribution of `archive_of`."""
NIGHTLY, WEEKLY, DAILY = (scheduled(name) for name in ("nightly", "weekly", "daily"))
STAGING, PRODUCTION, AWAY = (replace(TARGET, cluster=name) for name in ("staging", "production", "away"))
KINDS = ("local", "grpc")


@asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[Registry]:
    """Open a registry: the local one, or the same over gRPC."""
    if kind == "local":
        registry: Registry = open_local(folder)
        yield registry
        await registry.close()
        return
    with serving_here(folder) as address:
        registry = connect(Connection(address, insecure=True, place="served"))
        yield registry
        await registry.close()


async def release(registry: Registry, version: str, *names: str, live: tuple[str, ...] = ()) -> None:
    """Register a release of one workflow with launch plans of these names, and activate some."""
    await registered(registry, order_of(*flow_of(*(scheduled(name) for name in names)), version=version), *live)


def openers(folder: Path) -> Callable[[Target], Registry]:
    """Return what opens the registry of a target in a folder of its own; nobody answers for the one that is away."""

    def opener(target: Target) -> Registry:
        if target.cluster == AWAY.cluster:
            raise UnreachableError("nobody listens")
        return open_local(folder / target.cluster)

    return opener


def activate(address: str, version: str, *names: str) -> None:
    """Activate launch plans of a version in a registry that is served, as its console would."""

    async def activating() -> None:
        registry = connect(Connection(address, insecure=True, place="served"))
        for name in names:
            await registry.activate(plan_id(name, version))
        await registry.close()

    asyncio.run(activating())
