"""Publishing as the command line and Hatch's publisher both do it: from a configuration and paths to reports.

Puts the pieces together: which archives, which versions, which targets, which registries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, TypeVar

from hatch_flyte.archives import find_archives, read_named, with_versions
from hatch_flyte.config.files import read_project
from hatch_flyte.distribution import Distribution
from hatch_flyte.interruptible import run
from hatch_flyte.order import Order
from hatch_flyte.publish import plans, publish
from hatch_flyte.report_text import Published
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from hatch_flyte.archives import Found
    from hatch_flyte.config import Config, Target
    from hatch_flyte.outcome import Report
    from hatch_flyte.plan import Plan
    from hatch_flyte.publish import Terms
    from hatch_flyte.registry.port import Registry

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Deployment:
    """Archives on their way, each under its version, to the chosen clusters."""

    orders: list[Order]
    targets: tuple[Target, ...]
    open_registry: Callable[[Target], Registry]
    on_step: Callable[[Target, str], None]

    def publish(self, terms: Terms | None = None) -> tuple[Published, ...]:
        """Register every archive in every cluster; return what came of each pair. Raises what `publish` does."""
        reports = self._run(lambda watch: publish(self.orders, self.targets, self.open_registry, watch, terms))
        # Target by target, the orders of each in their order.
        return tuple(Published(order.archive, one) for one, order in zip(reports, cycle(self.orders), strict=False))

    def plan(self) -> tuple[Plan | Report, ...]:
        """Return what publishing would do, for each pair; a report where no plan could be made."""
        return self._run(lambda watch: plans(self.orders, self.targets, self.open_registry, watch))

    def _run(self, use_case: Callable[[Watch], Awaitable[Result]]) -> Result:
        async def watched(stop: asyncio.Event) -> Result:
            return await use_case(Watch(on_step=self.on_step, stop=stop))

        def on_stop() -> None:
            for target in self.targets:
                self.on_step(target, "stopping: what is in flight is awaited (Ctrl-C again cuts it off)")

        return run(watched, on_stop)


def deployment(
    config: Config,
    paths: Sequence[Path],
    on_step: Callable[[Target, str], None],
    dynamic_version: Callable[[], str] = str,
) -> Deployment:
    """Return what a call is to publish, and where: archives, and the clusters that `config` chooses.

    `paths` are archives, and folders to look for the project's archives in; without any that is the build directory.
    `dynamic_version` is asked for the project's version if pyproject.toml has none; what it doesn't know is empty.
    Raises `ConfigError` (no such cluster, no version) and `ArchiveError`.
    """
    from hatch_flyte.registry.connect import Surroundings, open_registry
    from hatch_flyte.source_control import Checkout

    checkout = Checkout(config.root, config.environ)
    version_of = partial(config.registered_version, facts=checkout)
    named = with_versions(_archives(config, paths, dynamic_version), version_of, config.publishing.version)
    call = config.call
    orders = [
        Order(archive=archive, version=version, dry_run=call.dry_run, keep_going=call.keep_going)
        for archive, version in named
    ]
    return Deployment(orders, config.targets(checkout), partial(open_registry, around=Surroundings.of(config)), on_step)


def deploy(
    config: Config,
    paths: Sequence[Path],
    on_step: Callable[[Target, str], None],
    dynamic_version: Callable[[], str] = str,
) -> tuple[Published, ...]:
    """Register archives in the clusters that `config` chooses; return what came of each pair.

    The arguments are those of `deployment`, and so is what it raises before anything is sent.
    """
    return deployment(config, paths, on_step, dynamic_version).publish()


def _archives(config: Config, paths: Sequence[Path], dynamic_version: Callable[[], str]) -> list[Found]:
    if paths and not any(path.is_dir() for path in paths):
        return read_named(paths, Distribution(""))
    project = read_project(config.root).distribution
    if project.name and not project.version:
        project = replace(project, version=dynamic_version())
    return read_named(paths, project) if paths else find_archives(config.archive_directory, project)
