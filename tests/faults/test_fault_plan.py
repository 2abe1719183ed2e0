"""The plan of faults is the same each time; a trial without faults is an ordinary publish."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from faults.support_fault_plan import ALWAYS, Abort, Call, Fault, FaultPlan, Lose
from faults.support_trial import Conditions, names_of, pipelines, stand, unnamed, untrue

if TYPE_CHECKING:
    from pathlib import Path

CALLS = [Call("CreateTask", f"acme.t{number}", attempt) for number, attempt in product(range(500), (1, 2))]
FIFTH = Fault(act=Abort(), attempts=ALWAYS, share=0.2)


def met(seed: int, calls: list[Call]) -> set[Call]:
    plan = FaultPlan([FIFTH], seed)
    return {call for call in calls if plan.act(call)}


def test_a_share_of_calls_is_the_same_for_a_seed_in_whatever_order_they_come() -> None:
    assert met(1, CALLS) == met(1, CALLS[::-1])
    assert met(1, CALLS) != met(2, CALLS)
    assert 0.15 < len(met(1, CALLS)) / len(CALLS) < 0.25


def test_the_first_attempts_the_nth_call_and_all_since_can_be_meant() -> None:
    task, again = Call("CreateTask", "acme.a", 1), Call("CreateTask", "acme.a", 2)

    assert [bool(FaultPlan([Fault(act=Abort())]).act(call)) for call in (task, again)] == [True, False]
    nth, since = (FaultPlan([Fault(act=Abort(), attempts=ALWAYS, nth=2, since=since)]) for since in (False, True))
    assert [bool(nth.act(task)) for _ in range(4)] == [False, True, False, False]
    assert [bool(since.act(task)) for _ in range(4)] == [False, True, True, True]


async def test_without_faults_everything_is_registered_and_active_with_one_write_each(tmp_path: Path) -> None:
    archive = pipelines()
    async with stand(tmp_path, Conditions()) as registry:
        ended, held = await registry.publish(archive), registry.held()
        again = await registry.publish(archive)

    assert (ended.code, again.code) == (0, 0)
    assert ended.claimed == again.claimed == held.entities == set(names_of(archive))
    assert ended.activated == held.active == {"acme.w000"}
    assert registry.seen.writes == len(names_of(archive)) + 2  # the bundle, and what is activated


async def test_what_is_claimed_and_not_there_and_what_is_not_named_is_found(tmp_path: Path) -> None:
    archive = pipelines()
    lost = Conditions(faults=(Fault(act=Lose(), method="CreateTask"),))
    async with stand(tmp_path / "one", lost) as one, stand(tmp_path / "other", Conditions()) as other:
        ended, elsewhere = await one.publish(archive), other.held()

    assert len(untrue(ended, elsewhere, archive)) == len(names_of(archive)) + 2
    assert len(unnamed(ended, elsewhere, names_of(archive))) == len(names_of(archive))
