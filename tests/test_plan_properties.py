"""Whatever is in the archive and in the registry: a publish does what its plan says, and a registry judges alike.

What Hypothesis draws depends on its version and this code, on no clock or chance.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

import pytest
from support_damage import judge_all
from support_plan_scenes import scenes
from support_planned import Promise, World, levelled

from hatch_flyte.cli.plan import _detailed
from hatch_flyte.errors import AlreadyExistsError, ConflictError, NotFoundError, RejectedError
from hatch_flyte.plan import Verdict
from hatch_flyte.plan_file import check_same, read_plan, write_plan
from hatch_flyte.plan_text import plan_json

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from pathlib import Path

    from support_plan_scenes import Scene

    from hatch_flyte.plan import Plan
    from hatch_flyte.registry.port import Registry

    class Judge(Protocol):
        def __call__(self, judged: Property, count: int, *, served: bool) -> None: ...

    Property = Callable[[World], Coroutine[None, None, None]]

COUNTS = [40, pytest.param(400, marks=pytest.mark.long)]
"""Examples of one property: with the five of them, 2,000 in the long run."""


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[Judge]:
    """Judge as many scenes by a property, in this process or over gRPC."""
    with World.opened(tmp_path) as world:

        def run(judged: Property, count: int, *, served: bool) -> None:
            async def one(scene: Scene) -> None:
                await world.begin(scene, served=served)
                await judged(world)

            series = 2 * [*CLAIMS].index(judged) + served
            judge_all(scenes(), lambda scene: asyncio.run(one(scene)), count, tmp_path / "hypothesis", series)

        yield run


async def _does_what_it_says(world: World) -> None:
    before, plans = await world.held(), await world.plans()
    promise = Promise(plans, world.scene)

    reports = await world.publish()

    assert [promise.said(report) for report in reports] == promise.reports
    await promise.check(before, world)


async def _writes_nothing(world: World) -> None:
    before, writes = await world.held(), world.writes
    await world.plans()

    assert (await world.held(), world.writes) == (before, writes)


async def _is_empty_afterwards(world: World) -> None:
    reports = await world.publish()
    after = await world.held()

    again = await world.plans()

    for report, plan in zip(reports, again, strict=True):
        if report.ok:
            assert (plan.new, [move for move in plan.moves if move.needed]) == ([], [])
            # What breaks stays refused for as long as the release before is live.
            assert plan.refused or (plan.is_empty and _detailed([plan]) == 0)
    if all(report.ok for report in reports):
        await world.publish()
        assert await world.held() == after


async def _is_the_servers_judgement(world: World) -> None:
    for plan, registry in zip(await world.plans(), world.ports, strict=True):
        refused = {one.identifier for one in plan.entities if one.verdict is Verdict.UNRESOLVED}
        for one in levelled(plan):
            create = registry.create(one.identifier, one.entry.spec)
            if one.verdict is Verdict.CONFLICT:
                with pytest.raises(ConflictError):
                    await create
            elif one.verdict is Verdict.UNCHANGED:
                with pytest.raises(AlreadyExistsError):
                    await create
            elif one.identifier in refused or refused.intersection(one.entry.needs):
                refused.add(one.identifier)
                with pytest.raises((NotFoundError, RejectedError)):
                    await create
            else:
                await create


async def _holds_a_publish_to_it(world: World) -> None:
    file = world.folder / "plan.json"
    before, plans = await world.held(), await world.plans()
    write_plan(file, plans)
    approved = read_plan(file)
    assert approved == [plan_json(plan) for plan in plans]

    moved = await _moved(plans[0], world.ports[0])
    if moved:
        between = await world.held()
        with pytest.raises(ConflictError, match=f"since it was made these moved:(.|\n)*{moved}"):
            await world.publish(approve=lambda now: check_same(approved, now))
        assert await world.held() == between
    else:
        promise = Promise(plans, world.scene)
        reports = await world.publish(approve=lambda now: check_same(approved, now))
        assert [promise.said(report) for report in reports] == promise.reports
        await promise.check(before, world)


async def _moved(plan: Plan, registry: Registry) -> str:
    """Do something that a plan says would be done, if it is as drawn; return the name of what was moved."""
    if len(plan.entities) % 2:
        return ""
    for one in levelled(plan):
        if one.verdict is Verdict.NEW and not one.entry.needs:
            await registry.create(one.identifier, one.entry.spec)
            return one.identifier.name
    there = {one.identifier for one in plan.entities if one.verdict in {Verdict.UNCHANGED, Verdict.CONFLICT}}
    for move in (move for move in plan.moves if move.needed):
        if not move.activate:
            await registry.deactivate(move.identifier)
            return move.identifier.name
        if move.identifier in there:
            await registry.activate(move.identifier)
            return move.identifier.name
    return ""


CLAIMS: dict[Property, str] = {
    _does_what_it_says: "a publish does exactly what it says",
    _writes_nothing: "it writes nothing",
    _is_empty_afterwards: "a second one is empty",
    _is_the_servers_judgement: "the registry judges as it does",
    _holds_a_publish_to_it: "a file of it holds a publish to it",
}
PROPERTIES = [pytest.param(judged, id=claim) for judged, claim in CLAIMS.items()]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("judged", PROPERTIES)
def test_of_any_plan_in_this_process(judge: Judge, judged: Property, count: int) -> None:
    judge(judged, count, served=False)


@pytest.mark.parametrize("judged", PROPERTIES)
def test_of_any_plan_over_grpc(judge: Judge, judged: Property) -> None:
    judge(judged, 4, served=True)
