"""These use cases as doors call them: from a configuration to values."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from hatch_flyte.config import Setting
from hatch_flyte.config.files import read_project
from hatch_flyte.errors import ConfigError, Problem, RegistryError
from hatch_flyte.events import Stopping
from hatch_flyte.interruptible import run
from hatch_flyte.life.history import history
from hatch_flyte.life.inquiry import inquiry
from hatch_flyte.life.rollback import Rollback, roll_back
from hatch_flyte.life.survey import survey
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hatch_flyte.config import Config, Target
    from hatch_flyte.events import Event
    from hatch_flyte.life.history import Past
    from hatch_flyte.life.inquiry import Answer, Opener
    from hatch_flyte.life.rollback import Wish
    from hatch_flyte.life.survey import Survey


def distribution_of(config: Config, named: str) -> str:
    """Return the distribution that a call is about: the one it names, else the project's. Raises `ConfigError`."""
    name = named or read_project(config.root).distribution.name
    if not name:
        raise ConfigError(
            [Problem("DISTRIBUTION", "expected a name, since there is no project with one here (got none)")],
            hint="Name the distribution, or go to the project's folder.",
        )
    return name


def targets_of(config: Config) -> tuple[Target, ...]:
    """Return the clusters that `config` chooses. Raises `ConfigError`, also for what no connection can be made with."""
    from hatch_flyte.registry.connect import Surroundings, check_transports
    from hatch_flyte.source_control import Checkout

    targets = config.targets(Checkout(config.root, config.environ))
    check_transports(targets, Surroundings.of(config))
    return targets


def aimed(config: Config, clusters: Sequence[str], where: str) -> Config:
    """Return `config` with other clusters chosen, by the option `where`."""
    chosen = Setting(tuple(clusters), "command line", where)
    return replace(
        config,
        call=replace(config.call, cluster=tuple(clusters)),
        settings={**config.settings, "cluster": chosen},
    )


def all_clusters(config: Config) -> Config:
    """Return `config` with every cluster chosen, unless the call chooses some: but for mere bases of others."""
    clusters = config.publishing.clusters
    bases = {cluster.inherits for cluster in clusters.values()}
    whole = [
        name
        for name, one in clusters.items()
        if name not in bases or (one.endpoint and (config.call.project or one.project) and (one.domain or one.when))
    ]
    return config if config.call.cluster or not whole else aimed(config, whole, "--cluster")


def status(config: Config, distribution: str) -> Survey:
    """Return which releases of `distribution` (empty: of all) are live in the clusters of `config`."""
    return asyncio.run(survey(targets_of(config), opener(config), distribution))


def releases(config: Config, distribution: str, limit: int) -> list[Answer[tuple[Past, ...]]]:
    """Return the releases of `distribution` in the clusters of `config`, the newest first: `limit`, or all if 0."""

    async def ask() -> list[Answer[tuple[Past, ...]]]:
        async with inquiry(targets_of(config), opener(config)) as asked:
            return await asked.ask(history(distribution, limit))

    return asyncio.run(ask())


def rollback(config: Config, wish: Wish, on_event: Callable[[Event], None]) -> tuple[Rollback, ...]:
    """Make an earlier release live in the clusters of `config`, all at once; return what came of each."""
    targets, opened = targets_of(config), opener(config)

    async def use_case(stop: asyncio.Event) -> tuple[Rollback, ...]:
        watch = Watch(on_event=on_event, stop=stop)
        return tuple(await asyncio.gather(*(_roll_back(wish, target, opened, watch) for target in targets)))

    def on_stop() -> None:
        for target in targets:
            on_event(Stopping(target))

    return run(use_case, on_stop)


async def _roll_back(wish: Wish, target: Target, opened: Opener, watch: Watch) -> Rollback:
    try:
        registry = opened(target)
    except RegistryError as problem:
        return Rollback(target=target, place="", distribution=wish.distribution, error=problem)
    try:
        return await roll_back(wish, target, registry, watch)
    finally:
        await registry.close()


def opener(config: Config) -> Opener:
    """Return what opens the registry of a target, as `config` says."""
    from hatch_flyte.registry.connect import Surroundings, open_registry

    return partial(open_registry, around=Surroundings.of(config))
