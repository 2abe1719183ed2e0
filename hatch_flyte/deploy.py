"""Publishing as the command line and Hatch's publisher both do it: from a configuration and paths to reports.

Puts the pieces together: which archives, which versions, which targets, which registries.
"""

from __future__ import annotations

from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING

from hatch_flyte.archives import read_all
from hatch_flyte.interruptible import run
from hatch_flyte.publish import publish
from hatch_flyte.register import Order, Watch
from hatch_flyte.report_text import Published

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hatch_flyte.config import Config, Target
    from hatch_flyte.outcome import Report


def deploy(config: Config, paths: Sequence[Path], on_step: Callable[[Target, str], None]) -> tuple[Published, ...]:
    """Register the archives at `paths` in the clusters that `config` chooses; return what came of each pair.

    Raises `ConfigError` (no such cluster, no version) and `ArchiveError` before anything is sent.
    """
    from hatch_flyte.registry.connect import open_registry
    from hatch_flyte.source_control import Checkout

    targets = config.targets()
    version_of = partial(config.registered_version, facts=Checkout(config.root, config.environ))
    orders = [
        Order(archive=archive, version=version, dry_run=config.call.dry_run, keep_going=config.call.keep_going)
        for archive, version in read_all(paths, version_of, config.publishing.version)
    ]

    async def use_case(stop: asyncio.Event) -> tuple[Report, ...]:
        watch = Watch(on_step=on_step, stop=stop)
        return await publish(orders, targets, partial(open_registry, data=config.call.data), watch)

    def on_stop() -> None:
        for target in targets:
            on_step(target, "stopping: what is in flight is awaited (Ctrl-C again cuts it off)")

    reports = run(use_case, on_stop)
    # Target by target, the orders of each in their order.
    return tuple(Published(order.archive, report) for report, order in zip(reports, cycle(orders), strict=False))
