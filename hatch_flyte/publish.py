"""The use case `publish`: register archives in every chosen cluster, the clusters at once.

Knows which archive goes to which target; how one is registered is `register`'s.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hatch_flyte.errors import RegistryError
from hatch_flyte.register import Order, Watch, register, unopened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hatch_flyte.config import Target
    from hatch_flyte.outcome import Report
    from hatch_flyte.registry.port import Registry


@dataclass(frozen=True, slots=True)
class Share:
    """What goes to one cluster, over one connection."""

    errands: Sequence[tuple[Order, Target]]
    """In this order. The targets are one cluster's; each project has its own Flyte project and domain there."""
    open_registry: Callable[[], Registry]
    """May raise `RegistryError`."""


async def publish(
    orders: Sequence[Order], targets: Sequence[Target], open_registry: Callable[[Target], Registry], watch: Watch
) -> tuple[Report, ...]:
    """Register every order in every target; return a report each, target by target, in the order given."""
    shares = [Share([(order, target) for order in orders], partial(open_registry, target)) for target in targets]
    return await publish_shares(shares, watch)


async def publish_shares(shares: Sequence[Share], watch: Watch) -> tuple[Report, ...]:
    """Register what each share has; return a report for each errand, share by share, in the order given.

    The errands of one share go one after the other, since a later archive may refer to an earlier one. What goes
    wrong in one share doesn't touch the others.
    """
    by_share = await asyncio.gather(*(_publish(share, watch) for share in shares))
    return tuple(report for reports in by_share for report in reports)


async def _publish(share: Share, watch: Watch) -> list[Report]:
    try:
        registry = share.open_registry()
    except RegistryError as problem:
        return [unopened(order, target, problem) for order, target in share.errands]
    try:
        return [await register(order, target, registry, watch) for order, target in share.errands]
    finally:
        await registry.close()
