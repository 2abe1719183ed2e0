"""Which releases a registry holds of a distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support_archives import launch_plan, task, workflow
from support_life import KINDS, NAME, opened, release
from support_registries import TARGET
from support_releases import flow_of, order_of, registered, scheduled

from hatch_flyte.releases import Release, Shelf, active_plans, gaps, versions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from hatch_flyte.registry.port import Registry


@pytest.fixture(params=KINDS)
async def registry(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Registry]:
    async with opened(request.param, tmp_path) as registry:
        yield registry


async def found(registry: Registry, version: str, distribution: str = NAME) -> Release:
    shelf = Shelf(registry, TARGET, await active_plans(registry, TARGET))
    one = await shelf.release(distribution, version)
    assert one
    return one


async def test_a_release_is_what_of_one_version_belongs_to_the_distribution(registry: Registry) -> None:
    foreign = scheduled("elsewhere")
    foreign.spec.annotations.values["hatch-flyte/distribution"] = "other"
    nobodys = scheduled("nobodys")
    nobodys.spec.annotations.Clear()
    await registered(
        registry, order_of(*flow_of(scheduled("nightly"), scheduled("weekly"), foreign, nobodys)), "weekly"
    )

    one = await found(registry, "1.0")

    assert set(one.launch_plans) == {"nightly", "weekly"}
    assert [set(names) for names in (one.live, one.started, one.workflows)] == [
        {"weekly"},
        {"acme.flow"},
        {"acme.flow"},
    ]
    assert one.registered.tzinfo


async def test_however_the_distribution_is_spelled(registry: Registry) -> None:
    await release(registry, "1.0", "nightly")

    assert set((await found(registry, "1.0", "Acme_Pipelines")).launch_plans) == {"nightly"}


async def test_no_launch_plan_no_release(registry: Registry) -> None:
    await registered(registry, order_of(task(), workflow()))

    assert await Shelf(registry, TARGET, {}).release(NAME, "1.0") is None
    assert [one async for one in versions(registry, TARGET)] == []


async def test_a_plan_that_is_active_in_another_version_is_not_live_in_this_one(registry: Registry) -> None:
    await release(registry, "1.0", "nightly", live=("nightly",))
    await release(registry, "2.0", "nightly")

    assert [(await found(registry, version)).live for version in ("1.0", "2.0")] == [{"nightly"}, set()]


async def test_versions_come_once_the_newest_first(registry: Registry) -> None:
    other = scheduled("other")
    other.spec.annotations.values["hatch-flyte/distribution"] = "other"
    await release(registry, "1.0", "nightly", "weekly")
    await registered(registry, order_of(*flow_of(scheduled("nightly"), other), version="2.0"))

    assert [one async for one in versions(registry, TARGET, NAME)] == [(NAME, "2.0"), (NAME, "1.0")]
    assert sorted([one async for one in versions(registry, TARGET)]) == [(NAME, "1.0"), (NAME, "2.0"), ("other", "2.0")]


async def test_only_the_newest_launch_plans_are_looked_through(registry: Registry) -> None:
    await release(registry, "1.0", "nightly")
    await release(registry, "2.0", "nightly", "weekly")

    assert [one async for one in versions(registry, TARGET, NAME, searched=2)] == [(NAME, "2.0")]


async def test_a_release_seems_complete_unless_a_workflow_lacks_the_launch_plan_it_has_elsewhere(
    registry: Registry,
) -> None:
    await registered(registry, order_of(*flow_of(launch_plan(), launch_plan("nightly", of="acme.flow"))))
    await release(registry, "2.0", "nightly")
    whole, part = await found(registry, "1.0"), await found(registry, "2.0")

    assert whole.defaults == {"acme.flow"}
    assert gaps(whole, whole.defaults) == ()
    assert gaps(part, part.defaults) == ()
    assert gaps(part, whole.defaults) == ("workflow acme.flow has no launch plan",)


async def test_a_release_whose_workflow_is_lost_is_not_complete(registry: Registry) -> None:
    await release(registry, "1.0", "nightly")
    one = await found(registry, "1.0")
    lost = Release(
        distribution=NAME, version="1.0", launch_plans=one.launch_plans, live=one.live, workflows=frozenset()
    )

    assert gaps(lost, ()) == ("workflow acme.flow is not there",)
