from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from support_archives import archive_of, launch_plan, task, workflow
from support_registries import TARGET, Unreliable
from support_releases import active, flow_of, order_of, scheduled

from hatch_flyte.config import Activation, Target
from hatch_flyte.errors import ConfigError, ConflictError, RejectedError, UnreachableError
from hatch_flyte.order import Order
from hatch_flyte.outcome import Report, exit_code
from hatch_flyte.plan import Plan
from hatch_flyte.publish import Terms, plans, publish, shared
from hatch_flyte.registry.connect import Surroundings, open_registry
from hatch_flyte.registry.local import open_local
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hatch_flyte.registry.port import Registry

OTHER = Target("other", None, insecure=False, project="flytesnacks", domain="staging")
AWAY = Target("away", None, insecure=False, project="flytesnacks", domain="staging")


def order(*messages: object) -> Order:
    return Order(archive=archive_of(*messages), version="1.0")  # type: ignore[arg-type] # protobuf messages


async def test_several_targets_get_a_report_each_in_the_order_given(tmp_path: Path) -> None:
    reports = await publish(
        shared([order()], [TARGET, OTHER], partial(open_registry, around=Surroundings(data=tmp_path))), Watch()
    )

    assert [(one.target.cluster, one.summary) for one in reports] == [("local", "3 created"), ("other", "3 created")]
    assert exit_code(reports) == 0


async def test_a_later_archive_may_refer_to_an_earlier_one(tmp_path: Path) -> None:
    orders = [order(task()), order(workflow(), launch_plan())]

    reports = await publish(
        shared(orders, [TARGET], partial(open_registry, around=Surroundings(data=tmp_path))), Watch()
    )

    assert [one.summary for one in reports] == ["1 created", "2 created"]


async def test_a_target_that_cannot_be_opened_does_not_touch_the_others(tmp_path: Path) -> None:
    def opened(target: Target) -> Registry:
        if target is AWAY:
            raise UnreachableError("nobody answers")
        return open_local(tmp_path)

    away, here = await publish(shared([order()], [AWAY, TARGET], opened), Watch())

    assert (away.summary, here.summary) == ("3 skipped", "3 created")
    assert exit_code((away, here)) == 5


async def test_registries_are_closed_whatever_happens(tmp_path: Path) -> None:
    closed: list[str] = []

    class Closing(Unreliable):
        async def close(self) -> None:
            closed.append("closed")
            await super().close()

    await publish(shared([order()], [TARGET, OTHER], lambda _target: Closing(open_local(tmp_path))), Watch())

    assert closed == ["closed", "closed"]


def at(cluster: str, activation: Activation = Activation("scheduled")) -> Target:  # noqa: B008 # a frozen value
    return Target(cluster, None, insecure=False, project="flytesnacks", domain="development", activation=activation)


NIGHTLY = flow_of(launch_plan(), scheduled("nightly"))


class TestActivating:
    """Each target has a registry of its own, in a folder of its name."""

    async def run(self, folder: Path, targets: list[Target], *orders: Order, **terms: Any) -> list[str]:
        def opened(target: Target) -> Registry:
            return open_local(folder / target.cluster)

        reports = await publish(shared(orders, targets, opened), Watch(), Terms(**terms))
        return [f"{one.target.cluster}: {one.summary}" for one in reports]

    async def live(self, folder: Path, cluster: str) -> dict[str, str]:
        registry = open_local(folder / cluster)
        found = await active(registry)
        await registry.close()
        return found

    async def test_nothing_becomes_active_that_nobody_asked_for(self, tmp_path: Path) -> None:
        assert await self.run(tmp_path, [at("a", Activation())], order_of(*NIGHTLY)) == ["a: 4 created"]
        assert await self.live(tmp_path, "a") == {}

    async def test_it_is_a_last_step_that_a_second_publish_finds_done(self, tmp_path: Path) -> None:
        first = await self.run(tmp_path, [at("a")], order_of(*NIGHTLY))
        again = await self.run(tmp_path, [at("a")], order_of(*NIGHTLY))

        assert (first, again) == (["a: 4 created; 1 activated"], ["a: 4 unchanged; 1 active already"])
        assert await self.live(tmp_path, "a") == {"nightly": "1.0"}

    async def test_a_dry_run_says_what_would_move_and_moves_nothing(self, tmp_path: Path) -> None:
        assert await self.run(tmp_path, [at("a")], order_of(*NIGHTLY, dry_run=True)) == [
            "a: 4 would be created; 1 would be moved"
        ]
        assert await self.live(tmp_path, "a") == {}

    async def test_a_failed_registration_keeps_all_clusters_from_activating(self, tmp_path: Path) -> None:
        await self.run(tmp_path, [at("b", Activation())], order_of(task(image="ghcr.io/acme/p:2")))

        said = await self.run(tmp_path, [at("a"), at("b")], order_of(*NIGHTLY))

        assert said == ["a: 4 created; 1 skipped", "b: 1 conflict, 3 skipped; 1 skipped"]
        assert (await self.live(tmp_path, "a"), await self.live(tmp_path, "b")) == ({}, {})

    async def test_independent_clusters_activate_whatever_becomes_of_the_others(self, tmp_path: Path) -> None:
        await self.run(tmp_path, [at("b", Activation())], order_of(task(image="ghcr.io/acme/p:2")))

        said = await self.run(tmp_path, [at("a"), at("b")], order_of(*NIGHTLY), independent=True)

        assert said == ["a: 4 created; 1 activated", "b: 1 conflict, 3 skipped; 1 skipped"]
        assert (await self.live(tmp_path, "a"), await self.live(tmp_path, "b")) == ({"nightly": "1.0"}, {})

    async def test_orphans_are_deactivated_where_asked_and_only_there(self, tmp_path: Path) -> None:
        both = flow_of(scheduled("nightly"), scheduled("weekly"))
        await self.run(tmp_path, [at("a")], order_of(*both))

        await self.run(tmp_path, [at("a")], order_of(*NIGHTLY, version="2.0"))
        assert await self.live(tmp_path, "a") == {"nightly": "2.0", "weekly": "1.0"}
        said = await self.run(tmp_path, [at("a")], order_of(*NIGHTLY, version="2.0", prune=True))

        assert said == ["a: 4 unchanged; 1 deactivated, 1 active already"]
        assert await self.live(tmp_path, "a") == {"nightly": "2.0"}

    async def test_a_name_that_no_archive_has_is_refused_before_anything_is_sent(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"expected a launch plan of the archive \(got 'nightlyy'\)"):
            await self.run(tmp_path, [at("a", Activation("named", ("nightlyy",)))], order_of(*NIGHTLY))

        assert await self.live(tmp_path, "a") == {}

    async def test_who_is_to_approve_sees_all_plans_before_anything_is_written(self, tmp_path: Path) -> None:
        def refuse(plans: Sequence[Plan]) -> None:
            raise ConflictError(", ".join(f"{one.target.cluster} {one.version}" for one in plans))

        with pytest.raises(ConflictError, match=r"a 1\.0, b 1\.0"):
            await self.run(tmp_path, [at("a"), at("b")], order_of(*NIGHTLY), approve=refuse)

        assert await self.run(tmp_path, [at("a")], order_of(*NIGHTLY)) == ["a: 4 created; 1 activated"]


async def test_a_conflict_in_a_later_archive_keeps_the_earlier_from_being_written(tmp_path: Path) -> None:
    opened = partial(open_registry, around=Surroundings(data=tmp_path))
    await publish(shared([order_of(task("acme.other"))], [TARGET], opened), Watch())

    reports = await publish(
        shared([order_of(task()), order_of(task("acme.other", image="x:1"))], [TARGET], opened), Watch()
    )

    assert [one.summary for one in reports] == ["1 skipped", "1 conflict"]
    assert "task acme.other 1.0 in flytesnacks/development is in conflict" in reports[0].outcomes[0].detail


async def test_a_refusal_in_an_earlier_archive_ends_the_later(tmp_path: Path) -> None:
    registry = Unreliable(open_local(tmp_path))
    registry.failures = {"task acme.double": RejectedError("no")}

    reports = await publish(
        shared([order_of(task()), order_of(task("acme.other"))], [TARGET], lambda _: registry), Watch()
    )

    assert [one.summary for one in reports] == ["1 failed", "1 skipped"]
    assert reports[1].outcomes[0].detail == "not sent: acme-pipelines 1.0 was not registered"


async def test_plans_of_all_targets_are_made_and_what_has_none_has_a_report(tmp_path: Path) -> None:
    def opened(target: Target) -> Registry:
        if target is AWAY:
            raise UnreachableError("nobody answers")
        return open_local(tmp_path)

    here, away = await plans(shared([order_of(task())], [TARGET, AWAY], opened), Watch())

    assert isinstance(here, Plan)
    assert isinstance(away, Report)
    assert (away.exit_code, [one.verdict.value for one in here.entities]) == (5, ["new"])
    assert isinstance((await plans(shared([order_of(task())], [TARGET], opened), Watch()))[0], Plan)
