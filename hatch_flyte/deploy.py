"""Publishing as the command line and Hatch's publisher both do it: from a configuration and paths to reports.

Puts the pieces together: which archives, which versions, which targets, which registries.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING

from hatch_flyte.archives import find_archives, read_named, with_versions
from hatch_flyte.config.files import read_project
from hatch_flyte.distribution import Distribution
from hatch_flyte.interruptible import run
from hatch_flyte.order import Order
from hatch_flyte.publish import publish
from hatch_flyte.report_text import Published
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hatch_flyte.archives import Found
    from hatch_flyte.config import Config, Target
    from hatch_flyte.outcome import Report


def deploy(
    config: Config,
    paths: Sequence[Path],
    on_step: Callable[[Target, str], None],
    dynamic_version: Callable[[], str] = str,
) -> tuple[Published, ...]:
    """Register archives in the clusters that `config` chooses; return what came of each pair.

    `paths` are archives, and folders to look for the project's archives in; without any that is the build directory.
    `dynamic_version` is asked for the project's version if pyproject.toml has none; what it doesn't know is empty.
    Raises `ConfigError` (no such cluster, no version) and `ArchiveError` before anything is sent.
    """
    from hatch_flyte.registry.connect import Surroundings, open_registry
    from hatch_flyte.source_control import Checkout

    targets = config.targets()
    version_of = partial(config.registered_version, facts=Checkout(config.root, config.environ))
    orders = [
        Order(archive=archive, version=version, dry_run=config.call.dry_run, keep_going=config.call.keep_going)
        for archive, version in with_versions(
            _archives(config, paths, dynamic_version), version_of, config.publishing.version
        )
    ]

    async def use_case(stop: asyncio.Event) -> tuple[Report, ...]:
        watch = Watch(on_step=on_step, stop=stop)
        return await publish(orders, targets, partial(open_registry, around=Surroundings.of(config)), watch)

    def on_stop() -> None:
        for target in targets:
            on_step(target, "stopping: what is in flight is awaited (Ctrl-C again cuts it off)")

    reports = run(use_case, on_stop)
    # Target by target, the orders of each in their order.
    return tuple(Published(order.archive, report) for report, order in zip(reports, cycle(orders), strict=False))


def _archives(config: Config, paths: Sequence[Path], dynamic_version: Callable[[], str]) -> list[Found]:
    if paths and not any(path.is_dir() for path in paths):
        return read_named(paths, Distribution(""))
    project = read_project(config.root).distribution
    if project.name and not project.version:
        project = replace(project, version=dynamic_version())
    return read_named(paths, project) if paths else find_archives(config.archive_directory, project)
