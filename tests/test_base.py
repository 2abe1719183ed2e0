"""Which release a new one is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support_archives import launch_plan, task, workflow
from support_registries import TARGET
from support_releases import active, flow_of, order_of, plan_id, registered, scheduled

from hatch_flyte.base import Base, Own, find_base
from hatch_flyte.entity import Kind
from hatch_flyte.registry.local import open_local

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from hatch_flyte.registry.port import Registry

NIGHTLY, WEEKLY, DAILY = (scheduled(name) for name in ("nightly", "weekly", "daily"))


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    registry = open_local(tmp_path)
    yield registry
    await registry.close()


async def found(registry: Registry, version: str = "9.0", *, distribution: str = "acme-pipelines") -> Base | None:
    own = Own(distribution=distribution, version=version, names=frozenset({(Kind.TASK, "acme.double")}))
    live = {one.id.name: one async for one in registry.active(TARGET.project, TARGET.domain)}  # type: ignore[attr-defined] # LaunchPlan
    return await find_base(registry, TARGET, own, live)


def names(base: Base | None) -> list[tuple[str, str]]:
    assert base
    return sorted((identifier.kind.value, identifier.name) for identifier in base.stored)


async def test_where_nothing_was_registered_there_is_none(registry: Registry) -> None:
    assert await found(registry) is None


async def test_it_is_the_release_that_is_live(registry: Registry) -> None:
    await registered(registry, order_of(*flow_of(NIGHTLY)), "nightly")
    await registered(registry, order_of(*flow_of(NIGHTLY), version="2.0"))

    base = await found(registry)

    assert base
    assert (base.version, base.live) == ("1.0", True)
    assert names(base) == [("launch plan", "nightly"), ("task", "acme.double"), ("workflow", "acme.flow")]


async def test_of_several_live_versions_it_is_the_one_of_most_launch_plans_and_of_these_the_newest(
    registry: Registry,
) -> None:
    plans = (NIGHTLY, WEEKLY, DAILY)
    await registered(registry, order_of(*flow_of(*plans)), "nightly", "weekly", "daily")
    await registered(registry, order_of(*flow_of(*plans), version="2.0"), "nightly")
    assert await active(registry) == {"nightly": "2.0", "weekly": "1.0", "daily": "1.0"}

    most = await found(registry)
    await registry.deactivate(plan_id("daily", "1.0"))
    newest = await found(registry)

    assert most
    assert newest
    assert (most.version, newest.version) == ("1.0", "2.0")


async def test_with_nothing_live_it_is_the_latest_before(registry: Registry) -> None:
    for version in ("1.0", "2.0", "3.0"):
        await registered(registry, order_of(*flow_of(NIGHTLY), version=version))

    base = await found(registry, "3.0")

    assert base
    assert (base.version, base.live) == ("2.0", False)


async def test_its_own_version_has_nothing_to_compare(registry: Registry) -> None:
    await registered(registry, order_of(*flow_of(NIGHTLY)), "nightly")

    base = await found(registry, "1.0")

    assert base == Base("1.0", live=True, stored={})


async def test_another_distributions_entities_of_the_same_version_are_not_its_own(registry: Registry) -> None:
    theirs = launch_plan("other.flow", of="other.flow")
    theirs.spec.annotations.values["hatch-flyte/distribution"] = "another"
    await registered(registry, order_of(task("other.job"), workflow("other.flow", of="other.job"), theirs))
    await registered(registry, order_of(*flow_of(NIGHTLY)), "nightly")

    assert names(await found(registry)) == [
        ("launch plan", "nightly"),
        ("task", "acme.double"),
        ("workflow", "acme.flow"),
    ]
    assert await found(registry, distribution="") is None
