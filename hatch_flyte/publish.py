"""The use case `publish`: register archives in every chosen cluster, the clusters at once.

Knows which archive goes to which target; how one is registered is `register`'s.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hatch_flyte.errors import RegistryError
from hatch_flyte.register import Order, Watch, register, unopened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hatch_flyte.config import Target
    from hatch_flyte.outcome import Report
    from hatch_flyte.registry.port import Registry


async def publish(
    orders: Sequence[Order], targets: Sequence[Target], open_registry: Callable[[Target], Registry], watch: Watch
) -> tuple[Report, ...]:
    """Register every order in every target; return a report each, target by target, in the order given.

    The orders of one target go one after the other, since a later archive may refer to an earlier one. What goes
    wrong in one target doesn't touch the others.
    """
    by_target = await asyncio.gather(*(_publish_to(target, orders, open_registry, watch) for target in targets))
    return tuple(report for reports in by_target for report in reports)


async def _publish_to(
    target: Target, orders: Sequence[Order], open_registry: Callable[[Target], Registry], watch: Watch
) -> list[Report]:
    try:
        registry = open_registry(target)
    except RegistryError as problem:
        return [unopened(order, target, problem) for order in orders]
    try:
        return [await register(order, target, registry, watch) for order in orders]
    finally:
        await registry.close()
