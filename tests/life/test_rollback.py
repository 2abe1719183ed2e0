"""Going back to an earlier release."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from support_archives import launch_plan
from support_life import KINDS, NAME, opened, release
from support_registries import TARGET, Unreliable
from support_releases import active, flow_of, order_of, registered, scheduled

from hatch_flyte.activation import MoveStatus
from hatch_flyte.errors import NotFoundError, RejectedError, UnreachableError
from hatch_flyte.events import Activating
from hatch_flyte.life.rollback import Rollback, Wish, roll_back
from hatch_flyte.outcome import common_code
from hatch_flyte.registry.local import open_local
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from hatch_flyte.registry.port import Registry


@pytest.fixture(params=KINDS)
async def registry(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Registry]:
    async with opened(request.param, tmp_path) as registry:
        yield registry


@pytest.fixture
async def unreliable(tmp_path: Path) -> AsyncIterator[Unreliable]:
    registry = Unreliable(open_local(tmp_path))
    yield registry
    await registry.close()


async def back(registry: Registry, version: str = "", **how: Any) -> Rollback:
    return await roll_back(Wish(distribution=NAME, version=version, **how), TARGET, registry, Watch())


def moves(rollback: Rollback) -> dict[str, str]:
    return {one.move.identifier.name: one.status.value for one in rollback.moved}


class TestWhichRelease:
    async def test_it_is_the_newest_registered_before_the_live_one(self, registry: Registry) -> None:
        for version in ("1.0", "1.1"):
            await release(registry, version, "nightly")
        await release(registry, "1.2", "nightly", live=("nightly",))
        await release(registry, "1.3", "nightly")

        came = await back(registry)

        assert came.ok
        assert came.exit_code == 0
        assert came.way
        assert (came.way.live, came.way.past.release.version, came.way.passed) == ("1.2", "1.1", ())
        assert await active(registry) == {"nightly": "1.1"}

    async def test_back_and_back_again_ends_at_the_first(self, registry: Registry) -> None:
        for version in ("1", "2", "3"):
            await release(registry, version, "nightly", live=("nightly",))

        assert [(await back(registry)).exit_code for _ in range(3)] == [0, 0, 7]
        assert await active(registry) == {"nightly": "1"}

    async def test_one_that_is_not_complete_is_passed_over(self, registry: Registry) -> None:
        whole = flow_of(launch_plan(), scheduled("nightly"))
        await registered(registry, order_of(*whole, version="1"))
        await release(registry, "2", "nightly")
        await registered(registry, order_of(*whole, version="3"), "acme.flow", "nightly")

        came = await back(registry)

        assert came.way
        assert [(one.release.version, one.gaps) for one in came.way.passed] == [
            ("2", ("workflow acme.flow has no launch plan",))
        ]
        assert await active(registry) == {"acme.flow": "1", "nightly": "1"}

    async def test_one_that_is_named_is_taken_complete_or_not(self, registry: Registry) -> None:
        await release(registry, "2", "nightly")
        await registered(
            registry, order_of(*flow_of(launch_plan(), scheduled("nightly")), version="3"), "acme.flow", "nightly"
        )

        refused, came = await back(registry), await back(registry, "2")

        assert isinstance(refused.error, NotFoundError)
        assert "(got none; not complete: 2)" in refused.error.message
        assert came.way
        assert came.way.past.gaps == ("workflow acme.flow has no launch plan",)
        assert await active(registry) == {"nightly": "2"}

    async def test_a_newer_one_may_be_named_too(self, registry: Registry) -> None:
        await release(registry, "1", "nightly", "weekly", live=("nightly", "weekly"))
        await release(registry, "2", "nightly", "daily")

        assert moves(await back(registry, "2")) == {"nightly": "activated", "weekly": "deactivated"}
        assert await active(registry) == {"nightly": "2"}


class TestWhatMoves:
    async def test_what_is_active_goes_back_and_what_the_older_release_lacks_becomes_inactive(
        self, registry: Registry
    ) -> None:
        await release(registry, "1", "nightly", "weekly", "daily")
        await release(registry, "2", "nightly", "weekly", "hourly", live=("nightly", "hourly"))

        came = await back(registry)

        assert moves(came) == {"nightly": "activated", "hourly": "deactivated"}
        assert came.way
        assert came.way.resting == ("daily", "weekly")
        assert await active(registry) == {"nightly": "1"}

    async def test_what_is_active_of_an_older_release_stays(self, registry: Registry) -> None:
        await release(registry, "1", "orphan", live=("orphan",))
        await release(registry, "2", "nightly")
        await release(registry, "3", "nightly", "weekly", live=("nightly", "weekly"))

        await back(registry)

        assert await active(registry) == {"orphan": "1", "nightly": "2"}

    async def test_what_is_active_of_a_newer_release_than_that_goes_back_too(self, registry: Registry) -> None:
        await release(registry, "1", "nightly", "orphan")
        await release(registry, "2", "orphan", "other", live=("orphan", "other"))
        await release(registry, "3", "nightly", "weekly", "daily", live=("nightly", "weekly", "daily"))

        await back(registry, "1")

        assert await active(registry) == {"nightly": "1", "orphan": "1"}

    async def test_what_is_there_already_is_left_alone(self, registry: Registry) -> None:
        await release(registry, "1", "a", "b", live=("a",))
        await release(registry, "2", "b", "c", live=("b", "c"))

        came = await back(registry)

        assert moves(came) == {"a": "active already", "b": "activated", "c": "deactivated"}

    async def test_others_launch_plans_are_left_alone(self, registry: Registry) -> None:
        other = scheduled("elsewhere")
        other.spec.annotations.values["hatch-flyte/distribution"] = "other"
        await release(registry, "1", "nightly")
        await registered(registry, order_of(*flow_of(scheduled("nightly"), other), version="2"), "nightly", "elsewhere")

        await back(registry)

        assert await active(registry) == {"nightly": "1", "elsewhere": "2"}

    async def test_a_dry_run_moves_nothing(self, registry: Registry) -> None:
        await release(registry, "1", "nightly")
        await release(registry, "2", "nightly", live=("nightly",))

        came = await back(registry, dry_run=True)

        assert came.ok
        assert [one.status for one in came.moved] == [MoveStatus.PLANNED]
        assert await active(registry) == {"nightly": "2"}


class TestRefusals:
    async def test_where_nothing_is_live(self, registry: Registry) -> None:
        await release(registry, "1", "nightly")

        came = await back(registry)

        assert isinstance(came.error, NotFoundError)
        assert came.error.message == "cluster local: expected a release of acme-pipelines that is live (got none)"
        assert came.exit_code == 7

    async def test_where_there_is_no_earlier_release(self, registry: Registry) -> None:
        await release(registry, "1", "nightly", live=("nightly",))
        await release(registry, "2", "nightly")

        came = await back(registry)

        assert isinstance(came.error, NotFoundError)
        assert "registered before 1, which is live (got none)" in came.error.message

    async def test_a_version_that_is_not_there_with_the_one_that_was_probably_meant(self, registry: Registry) -> None:
        await release(registry, "1.3.0", "nightly")
        await release(registry, "1.4.0", "nightly", live=("nightly",))

        meant, far = await back(registry, "1.3.O"), await back(registry, "nothing like it")

        assert meant.error
        assert meant.error.message.endswith("is registered there (got '1.3.O'), did you mean '1.3.0'?")
        assert far.error
        assert far.error.message.endswith("(got 'nothing like it')")

    async def test_the_version_that_is_live(self, registry: Registry) -> None:
        await release(registry, "1", "nightly", live=("nightly",))

        came = await back(registry, "1")

        assert isinstance(came.error, RejectedError)
        assert came.error.message == "cluster local: expected another version than the live one (got 1)"
        assert came.exit_code == 7

    async def test_the_live_version_is_no_refusal_where_not_all_is_of_it(self, registry: Registry) -> None:
        await release(registry, "1", "a", "b", "c", live=("a", "b"))
        await release(registry, "2", "c", live=("c",))

        assert moves(await back(registry, "1")) == {"a": "active already", "b": "active already", "c": "activated"}


class TestWhatGoesWrong:
    async def test_a_launch_plan_that_is_refused_is_told_and_the_others_go_back(self, unreliable: Unreliable) -> None:
        await release(unreliable, "1", "a", "b")
        await release(unreliable, "2", "a", "b", live=("a", "b"))
        unreliable.failures["activate a 1"] = UnreachableError("nobody listens any more")

        came = await back(unreliable)

        assert moves(came) == {"a": "failed", "b": "activated"}
        assert (came.ok, came.exit_code) == (False, 5)

    async def test_once_asked_to_stop_nothing_is_sent(self, unreliable: Unreliable) -> None:
        await release(unreliable, "1", "a")
        await release(unreliable, "2", "a", live=("a",))
        written = list(unreliable.writes)
        watch = Watch()
        watch.on_event = lambda event: watch.stop.set() if isinstance(event, Activating) else None

        came = await roll_back(Wish(distribution=NAME), TARGET, unreliable, watch)

        assert unreliable.writes == written
        assert moves(came) == {"a": "skipped"}
        assert came.exit_code == 130

    async def test_asked_to_stop_while_it_looks_it_ends_at_once(self, unreliable: Unreliable) -> None:
        never = asyncio.Event()

        class Hanging(Unreliable):
            async def domains(self, project: str) -> frozenset[str] | None:
                watch.stop.set()
                await never.wait()
                return await super().domains(project)

        watch = Watch()

        came = await roll_back(Wish(distribution=NAME), TARGET, Hanging(unreliable), watch)

        assert (came.way, came.moved, came.exit_code) == (None, (), 130)

    def test_several_clusters_have_one_exit_code(self) -> None:
        def came(**how: Any) -> Rollback:
            return Rollback(target=TARGET, place="", distribution=NAME, **how)

        away, refused, stopped = (
            came(error=UnreachableError("away")),
            came(error=RejectedError("no")),
            came(interrupted=True),
        )
        assert [
            common_code(one.exit_code for one in some) for some in ([away, away], [away, refused], [away, stopped], [])
        ] == [5, 1, 130, 0]
