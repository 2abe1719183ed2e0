"""Activating and asking what is active, the same through both adapters of the port: in this process, and over gRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support_archives import archive_of, launch_plan, task, workflow
from support_doors import serving_here
from support_registries import TARGET

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.errors import NotFoundError
from hatch_flyte.order import Order
from hatch_flyte.register import register
from hatch_flyte.registry.client import Connection, connect
from hatch_flyte.registry.local import open_local
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from hatch_flyte.registry.port import Registry

PLACE = (TARGET.project, TARGET.domain)


def plan(version: str, name: str = "acme.flow") -> Identifier:
    return Identifier(Kind.LAUNCH_PLAN, *PLACE, name, version)


@pytest.fixture(params=["local", "grpc"])
async def registry(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Registry]:
    """A registry in which two versions of a launch plan, and one of another, are registered."""
    local = open_local(tmp_path)
    for version in ("1.0", "2.0"):
        archive = archive_of(task(), workflow(), launch_plan(), launch_plan("acme.nightly", of="acme.flow"))
        assert (await register(Order(archive=archive, version=version), TARGET, local, Watch())).ok
    if request.param == "local":
        yield local
        await local.close()
        return
    await local.close()
    with serving_here(tmp_path) as address:
        cluster = connect(Connection(address, insecure=True, place="served"))
        yield cluster
        await cluster.close()


async def active(registry: Registry) -> dict[str, str]:
    return {one.id.name: one.id.version async for one in registry.active(*PLACE)}  # type: ignore[attr-defined] # LaunchPlan


async def test_nothing_is_active_that_was_only_registered(registry: Registry) -> None:
    assert await active(registry) == {}


async def test_activating_a_version_takes_the_place_of_the_one_before(registry: Registry) -> None:
    for version in ("1.0", "2.0", "2.0"):
        await registry.activate(plan(version))
        await registry.activate(plan("1.0", "acme.nightly"))

        assert await active(registry) == {"acme.flow": version, "acme.nightly": "1.0"}


async def test_what_is_deactivated_is_active_no_more_and_may_be_deactivated_again(registry: Registry) -> None:
    await registry.activate(plan("1.0"))

    await registry.deactivate(plan("1.0"))
    await registry.deactivate(plan("1.0"))

    assert await active(registry) == {}


async def test_what_is_not_there_is_not_found(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match=r"acme\.flow"):
        await registry.activate(plan("3.0"))
    with pytest.raises(NotFoundError, match=r"acme\.flow"):
        await registry.deactivate(plan("3.0"))


async def test_another_place_has_none_active(registry: Registry) -> None:
    await registry.activate(plan("1.0"))

    assert [one async for one in registry.active(TARGET.project, "production")] == []
