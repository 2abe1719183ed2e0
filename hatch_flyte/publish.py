"""The use case `publish`: register archives in every chosen cluster, the clusters at once, then activate.

Knows which archive goes to which target, and when what was registered may become active; how one is registered is
`register`'s affair.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from hatch_flyte.activation import unknown_names
from hatch_flyte.errors import ConfigError, Problem, RegistryError
from hatch_flyte.events import ArchiveDone, Looking, PlanMade
from hatch_flyte.moving import carry_out, planned, unmoved
from hatch_flyte.plan import make_plan
from hatch_flyte.register import INTERRUPTED, apply, unsent
from hatch_flyte.registry.port import Traffic

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from hatch_flyte.archive import Archive
    from hatch_flyte.config import Target
    from hatch_flyte.order import Order
    from hatch_flyte.outcome import Report
    from hatch_flyte.plan import Plan
    from hatch_flyte.registry.port import Registry
    from hatch_flyte.watch import Watch

    Approve = Callable[[Sequence[Plan]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a publish to several targets is held to."""

    independent: bool = False
    """Whether a target may activate whatever becomes of the others."""
    approve: Approve | None = None
    """Asked once all targets have plans, before anything is written; raises what stands against them."""


@dataclass(frozen=True, slots=True)
class Share:
    """What goes to one cluster, over one connection."""

    errands: Sequence[tuple[Order, Target]]
    """In this order. The targets are one cluster's; each project has its own Flyte project and domain there."""
    open_registry: Callable[[], Registry]
    """May raise `RegistryError`."""


def shared(
    orders: Sequence[Order], targets: Sequence[Target], open_registry: Callable[[Target], Registry]
) -> list[Share]:
    """Return a share for each target, with every order."""
    return [Share([(order, target) for order in orders], partial(open_registry, target)) for target in targets]


async def publish(shares: Sequence[Share], watch: Watch, terms: Terms | None = None) -> tuple[Report, ...]:
    """Register what each share has; return a report for each errand, share by share, in the order given.

    The errands of one share go one after the other, since a later archive may refer to an earlier one; nothing is
    written there before all have a plan that nothing stands against. What goes wrong in one share doesn't touch what
    is registered in the others. Nothing is activated in a cluster where something was not registered, nor, unless the
    clusters are independent, before everything is in every cluster.

    Raises `ConfigError` for a launch plan to activate that no archive has, `ArchiveError`, and what `terms.approve`
    raises, before anything is sent; what `watch.on_event` raised, once everything is done.
    """
    terms = terms or Terms()
    async with _stages(shares, watch) as stages:
        if terms.approve:
            await asyncio.gather(*(stage.plan() for stage in stages))
            terms.approve([plan for stage in stages for plan in stage.plans])
        await asyncio.gather(*(stage.register() for stage in stages))
        in_the_way = "" if terms.independent else next(filter(None, (stage.failure for stage in stages)), "")
        await asyncio.gather(*(stage.move(in_the_way) for stage in stages))
        for stage in stages:
            stage.tell()
    return tuple(report for stage in stages for report in stage.reports)


async def plans(shares: Sequence[Share], watch: Watch) -> tuple[Plan | Report, ...]:
    """Return a plan for every errand, as `publish` has reports; a report where none could be made.

    Writes nothing. Raises what `publish` does.
    """
    async with _stages(shares, watch) as stages:
        await asyncio.gather(*(stage.plan() for stage in stages))
    return tuple(one for stage in stages for one in (stage.plans or stage.reports))


@asynccontextmanager
async def _stages(shares: Sequence[Share], watch: Watch) -> AsyncIterator[list[_Stage]]:
    """Give a stage for each share, and let go of their registries at the end."""
    _check_names(shares)
    stages = [_Stage(share, watch) for share in shares]
    try:
        yield stages
    finally:
        for stage in stages:
            await stage.close()
    watch.finish()


def _check_names(shares: Sequence[Share]) -> None:
    problems = [
        Problem(f"cluster {target.cluster}: activate", f"expected a launch plan of the archive (got {name!r})")
        for share in shares
        for target, archives in _archives(share)
        for name in unknown_names(target.activation, archives)
    ]
    if problems:
        raise ConfigError(problems, hint="`hatch-flyte show` lists an archive's launch plans.")


def _archives(share: Share) -> list[tuple[Target, list[Archive]]]:
    """Return the archives of each of a share's targets, which are told apart by all that is said of them."""
    targets: list[Target] = []
    for _, target in share.errands:
        if target not in targets:
            targets.append(target)
    return [(target, [order.archive for order, one in share.errands if one == target]) for target in targets]


class _Stage:
    """All errands on their way into one cluster."""

    def __init__(self, share: Share, watch: Watch) -> None:
        self._share, self._watch = share, watch
        self._registry: Registry | None = None
        self.plans: list[Plan] = []
        """One for each errand, once they are made."""
        self.reports: list[Report] = []
        self._sent: list[Traffic] = []
        """What was sent for the plan of each errand."""
        self._counted = Traffic()

    @property
    def failure(self) -> str:
        """What keeps other targets from activating; empty if everything was registered here."""
        return "" if all(report.ok for report in self.reports) else f"{self._first.cluster} has not registered all"

    @property
    def _first(self) -> Target:
        return self._share.errands[0][1]

    async def plan(self) -> None:
        """Make the plans; where they cannot be made there are reports instead."""
        self._watch.tell(Looking(self._first))
        try:
            registry = self._registry = self._share.open_registry()
            for order, target in self._share.errands:
                promised = {one.identifier for plan in self.plans for one in plan.entities}
                plan = await self._watch.unless_stopped(make_plan(order, target, registry, promised))
                if plan is None:
                    self._give_up(INTERRUPTED, None)
                    return
                self._watch.tell(PlanMade(target, plan))
                self.plans.append(plan)
                self._sent.append(self._lately())
        except RegistryError as problem:
            self._give_up(problem.message, problem)

    async def register(self) -> None:
        """Carry out the plans, which are made if they are not."""
        if not self.plans and not self.reports:
            await self.plan()
        if self._registry is None:
            return
        # A conflict of one archive stops all of the cluster, unless asked to go on.
        planned = [(order, plan) for (order, _), plan in zip(self._share.errands, self.plans, strict=False)]
        halted = next(filter(None, (plan.halting for order, plan in planned if not order.keep_going)), "")
        for (order, plan), sent in zip(planned, self._sent, strict=True):
            report = await apply(plan, order, self._registry, self._watch, halted)
            self.reports.append(replace(report, traffic=sent + self._lately()))
            if not report.ok and not order.keep_going:
                halted = halted or f"{order.distribution or 'an archive'} {order.version} was not registered"

    def _give_up(self, why: str, error: RegistryError | None) -> None:
        place = self._registry.place if self._registry else ""
        self.plans = []
        self.reports = [unsent(order, target, why, place=place, error=error) for order, target in self._share.errands]

    async def move(self, in_the_way: str) -> None:
        """Activate and deactivate what the plans say, unless something is `in_the_way`."""
        in_the_way = self.failure or in_the_way
        for index, report in enumerate(self.reports):
            if self._registry is None or report.plan is None or not report.plan.moves:
                continue
            moves = report.plan.moves
            if self._share.errands[index][0].dry_run and not in_the_way:
                moved = planned(moves)
            elif in_the_way or self._watch.stop.is_set():
                moved = unmoved(moves, in_the_way or INTERRUPTED)
            else:
                moved = await carry_out(moves, report.target, self._registry, self._watch)
            self.reports[index] = replace(report, moved=moved, traffic=report.traffic + self._lately())

    def _lately(self) -> Traffic:
        """Return what was sent since this was asked the last time."""
        counted, now = self._counted, self._registry.traffic if self._registry else Traffic()
        self._counted = now
        return now - counted

    def tell(self) -> None:
        """Tell what came of everything."""
        for (order, target), report in zip(self._share.errands, self.reports, strict=True):
            self._watch.tell(ArchiveDone(target, order.archive, report))

    async def close(self) -> None:
        if self._registry is not None:
            await self._registry.close()
