"""How a distribution stands in one cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support_life import KINDS, NAME, opened, release
from support_registries import TARGET
from support_releases import flow_of, order_of, plan_id, registered, scheduled

from hatch_flyte.life.standing import Scheduled, Standing, standings
from hatch_flyte.life.status_text import live_words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from hatch_flyte.registry.port import Registry


@pytest.fixture(params=KINDS)
async def registry(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Registry]:
    async with opened(request.param, tmp_path) as registry:
        yield registry


async def stands(registry: Registry) -> Standing:
    [one] = await standings(registry, TARGET, NAME)
    return one


async def test_where_nothing_is_registered_nothing_is_live(registry: Registry) -> None:
    one = await stands(registry)

    assert (one.version, one.live, one.latest, one.scheduled) == ("", (), None, ())
    assert live_words(one) == "nothing"


async def test_registered_is_not_live(registry: Registry) -> None:
    await release(registry, "1.0", "nightly")

    one = await stands(registry)

    assert live_words(one) == "nothing"
    assert one.latest
    assert one.latest.version == "1.0"


async def test_several_live_versions_are_all_told_that_of_the_most_first(registry: Registry) -> None:
    names = ("a", "b", "c", "d", "e")
    await release(registry, "1.3", "old", "older", live=("old", "older"))
    await release(registry, "1.4", *names, live=("a", "b", "c"))
    await release(registry, "1.5", *names)

    one = await stands(registry)

    assert live_words(one) == "1.4 (3 of 5 launch plans), 1.3 (2)"
    assert one.version == "1.4"
    assert one.latest
    assert one.latest.version == "1.5"


async def test_a_release_of_which_all_is_active_needs_no_share(registry: Registry) -> None:
    await release(registry, "1.4", "a", live=("a",))

    assert live_words(await stands(registry)) == "1.4 (1 launch plan)"


async def test_of_as_many_launch_plans_the_newest_comes_first(registry: Registry) -> None:
    await release(registry, "1", "a", live=("a",))
    await release(registry, "2", "b", live=("b",))

    assert (await stands(registry)).version == "2"


async def test_schedules_are_those_that_run(registry: Registry) -> None:
    await release(registry, "1.0", "nightly", "weekly", live=("nightly", "weekly"))
    await release(registry, "2.0", "nightly", live=("nightly",))
    await registry.deactivate(plan_id("weekly", "1.0"))

    assert (await stands(registry)).scheduled == (Scheduled("nightly", "cron 0 6 * * *", "2.0"),)


async def test_without_a_name_it_is_every_distribution_that_a_launch_plan_belongs_to(registry: Registry) -> None:
    other = scheduled("elsewhere")
    other.spec.annotations.values["hatch-flyte/distribution"] = "other"
    nobodys = scheduled("nobodys")
    nobodys.spec.annotations.Clear()
    await release(registry, "1.0", "nightly")
    await registered(registry, order_of(*flow_of(other, nobodys), version="7"), "elsewhere", "nobodys")

    found = await standings(registry, TARGET, "")

    assert [(one.distribution, one.version) for one in found] == [(NAME, ""), ("other", "7")]
