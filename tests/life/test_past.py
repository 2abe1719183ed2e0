"""The releases of a distribution, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support_archives import launch_plan
from support_life import KINDS, NAME, opened, release
from support_registries import TARGET
from support_releases import flow_of, order_of, registered, scheduled

from hatch_flyte.life.history import history

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from hatch_flyte.life.history import Past
    from hatch_flyte.registry.port import Registry


@pytest.fixture(params=KINDS)
async def registry(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Registry]:
    async with opened(request.param, tmp_path) as registry:
        yield registry


async def past(registry: Registry, limit: int = 0) -> tuple[Past, ...]:
    return await history(NAME, limit)(registry, TARGET)


async def test_the_newest_come_first_and_say_what_of_them_is_live(registry: Registry) -> None:
    await release(registry, "1.0", "nightly", "weekly")
    await release(registry, "2.0", "nightly", live=("nightly",))
    await release(registry, "1.1", "nightly", "weekly", live=("weekly",))

    found = [
        (one.release.version, set(one.release.live), len(one.release.launch_plans)) for one in await past(registry)
    ]

    assert found == [("1.1", {"weekly"}, 2), ("2.0", {"nightly"}, 1), ("1.0", set(), 2)]


async def test_a_limit_takes_the_newest_each_whole(registry: Registry) -> None:
    for version in ("1", "2", "3"):
        await release(registry, version, "nightly", "weekly")

    found = await past(registry, 2)

    assert [(one.release.version, len(one.release.launch_plans)) for one in found] == [("3", 2), ("2", 2)]


async def test_others_releases_are_not_among_them(registry: Registry) -> None:
    other = scheduled("elsewhere")
    other.spec.annotations.values["hatch-flyte/distribution"] = "other"
    await registered(registry, order_of(*flow_of(other)))

    assert await past(registry) == ()


async def test_one_that_was_cut_off_is_told_from_the_others(registry: Registry) -> None:
    await registered(registry, order_of(*flow_of(launch_plan(), scheduled("nightly")), version="1"))
    await release(registry, "2", "nightly")

    found = await past(registry)

    assert [(one.release.version, one.gaps) for one in found] == [
        ("2", ("workflow acme.flow has no launch plan",)),
        ("1", ()),
    ]
