from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support_archives import BUNDLE_ARGUMENTS, archive_of, foreign, launch_plan, task, workflow
from support_registries import TARGET, Unreliable
from support_releases import activating, active, flow_of, order_of, plan_id, registered, scheduled

from hatch_flyte.bundle import BundledFile, make_bundle
from hatch_flyte.errors import NotFoundError
from hatch_flyte.plan import Plan, Verdict, make_plan
from hatch_flyte.registry.local import open_local

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from hatch_flyte.config.target import BreakingPolicy


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Unreliable]:
    registry = Unreliable(open_local(tmp_path))
    yield registry
    await registry.close()


def verdicts(plan: Plan) -> list[str]:
    return [one.verdict.value for one in plan.entities]


async def test_it_says_what_would_be_created_and_writes_nothing(registry: Unreliable) -> None:
    bundle = make_bundle([BundledFile("acme.py", b"x = 1\n")])
    order = replace(order_of(), archive=archive_of(task(arguments=BUNDLE_ARGUMENTS), bundle=bundle))

    plan = await make_plan(order, TARGET, registry)

    assert (verdicts(plan), plan.uploads, plan.is_empty, plan.halting) == (["new"], True, False, "")
    assert registry.writes == []
    assert [one async for one in registry.active("flytesnacks", "development")] == []


async def test_after_the_publish_it_is_empty(registry: Unreliable) -> None:
    await registered(registry, order_of())

    plan = await make_plan(order_of(), TARGET, registry)

    assert (verdicts(plan), plan.is_empty) == (["unchanged"] * 3, True)


async def test_a_conflict_halts_and_has_its_differences(registry: Unreliable) -> None:
    await registered(registry, order_of())

    plan = await make_plan(order_of(task(image="ghcr.io/acme/p:2"), workflow(), launch_plan()), TARGET, registry)

    assert verdicts(plan) == ["conflict", "unchanged", "unchanged"]
    assert [one.field for one in plan.entities[0].differences] == ["template.container.image"]
    assert plan.halting == "task acme.double 1.0 in flytesnacks/development is in conflict"


class TestReferences:
    async def test_one_that_is_nowhere_is_unresolved(self, registry: Unreliable) -> None:
        plan = await make_plan(order_of(workflow(of="acme.gone")), TARGET, registry)

        assert verdicts(plan) == ["unresolved"]
        assert [one.name for one in plan.entities[0].unresolved] == ["acme.gone"]
        assert "needs task acme.gone 1.0" in plan.halting

    async def test_one_that_is_registered_is_found(self, registry: Unreliable) -> None:
        await registered(registry, order_of(task()))

        assert verdicts(await make_plan(order_of(workflow()), TARGET, registry)) == ["new"]

    async def test_one_that_an_earlier_archive_brings_counts_as_there(self, registry: Unreliable) -> None:
        first = await make_plan(order_of(task()), TARGET, registry)

        plan = await make_plan(order_of(workflow()), TARGET, registry, {one.identifier for one in first.entities})

        assert verdicts(plan) == ["new"]

    async def test_of_what_is_registered_none_is_looked_for_again(self, registry: Unreliable) -> None:
        await registered(registry, order_of(task()))
        await registered(registry, order_of(workflow()))
        registry.lost = {"task acme.double"}

        assert verdicts(await make_plan(order_of(workflow()), TARGET, registry)) == ["unchanged"]


async def test_an_unknown_project_ends_it(registry: Unreliable) -> None:
    class Empty(Unreliable):
        async def domains(self, project: str) -> frozenset[str] | None:
            assert project
            return None

    with pytest.raises(NotFoundError, match="expected a project that it has"):
        await make_plan(order_of(), TARGET, Empty(registry.registry))


class TestActivation:
    async def test_it_says_what_is_live_before_and_which_schedules_start_and_stop(self, registry: Unreliable) -> None:
        await registered(registry, order_of(*flow_of(scheduled("nightly", cron="0 1 * * *"))), "nightly")

        order = order_of(*flow_of(scheduled("nightly")), version="2.0")
        plan = await make_plan(order, activating("nightly"), registry)

        [move] = plan.activations
        assert (move.identifier, move.before) == (plan_id("nightly", "2.0"), "1.0")
        assert (move.starts, move.stops) == ("cron 0 6 * * *", "cron 0 1 * * *")
        assert move.needed

    async def test_what_is_active_already_is_no_change(self, registry: Unreliable) -> None:
        order = order_of(*flow_of(scheduled("nightly")))
        await registered(registry, order, "nightly")

        plan = await make_plan(order, activating("nightly"), registry)

        assert [(move.needed, move.starts, move.stops) for move in plan.activations] == [(False, "", "")]
        assert plan.is_empty

    async def test_active_launch_plans_that_the_release_lacks_are_orphans(self, registry: Unreliable) -> None:
        await registered(registry, order_of(*flow_of(scheduled("nightly"), scheduled("weekly"))), "nightly", "weekly")
        order = order_of(*flow_of(scheduled("nightly")), version="2.0")

        kept = await make_plan(order, TARGET, registry)
        pruned = await make_plan(replace(order, prune=True), TARGET, registry)

        assert [move.identifier for move in kept.orphans] == [plan_id("weekly", "1.0")]
        assert kept.moves == ()
        assert pruned.moves == kept.orphans
        assert await active(registry) == {"nightly": "1.0", "weekly": "1.0"}

    async def test_launch_plans_of_others_are_no_orphans(self, registry: Unreliable) -> None:
        theirs = scheduled("theirs")
        theirs.spec.annotations.values["hatch-flyte/distribution"] = "another"
        nobodys = scheduled("nobodys")
        nobodys.spec.annotations.values.clear()
        await registered(registry, order_of(*flow_of(theirs, nobodys)), "theirs", "nobodys")

        ours = order_of(version="2.0")
        unnamed = replace(ours, archive=foreign(ours.archive))

        assert (await make_plan(ours, TARGET, registry)).orphans == ()
        assert (await make_plan(unnamed, TARGET, registry)).orphans == ()


async def test_content_stands_for_all_that_would_be_registered(registry: Unreliable) -> None:
    one, same, other = [
        await make_plan(order_of(task(image=image)), TARGET, registry) for image in ("a:1", "a:1", "a:2")
    ]

    assert one.content == same.content != other.content


def test_verdicts_are_words() -> None:
    assert [verdict.value for verdict in Verdict] == ["new", "unchanged", "conflict", "unresolved"]


class TestBreaking:
    """The workflow's launch plan is gone from the new release."""

    OLD = order_of(*flow_of(launch_plan(), scheduled("nightly")))
    NEW = order_of(*flow_of(scheduled("nightly")), version="2.0")

    @pytest.mark.parametrize(
        ("policy", "allowed", "breaking", "refused"),
        [
            ("allow", (), 0, 0),
            ("warn", (), 1, 0),
            ("refuse", (), 1, 1),
            ("refuse", ("acme.flow",), 1, 0),
            ("refuse", ("acme.*",), 1, 0),
            ("refuse", ("nightly",), 1, 1),
        ],
    )
    async def test_what_comes_of_them_is_the_targets_to_say_and_the_calls_to_allow(
        self, registry: Unreliable, policy: BreakingPolicy, allowed: tuple[str, ...], breaking: int, refused: int
    ) -> None:
        await registered(registry, self.OLD)
        target, order = replace(TARGET, breaking_changes=policy), replace(self.NEW, allow_breaking=allowed)

        plan = await make_plan(order, target, registry)

        assert (len(plan.breaking), len(plan.refused)) == (breaking, refused)
        assert plan.halting == ("breaking changes are refused" if refused else "")

    async def test_where_they_are_allowed_nothing_is_read_for_them_but_a_plan_shows_them(
        self, registry: Unreliable
    ) -> None:
        await registered(registry, self.OLD)
        target = replace(TARGET, breaking_changes="allow")

        published = await make_plan(self.NEW, target, registry)
        shown = await make_plan(replace(self.NEW, dry_run=True), target, registry)

        assert published.base is None
        assert [one.rule.id for one in shown.breaking] == ["entity-removed"]
