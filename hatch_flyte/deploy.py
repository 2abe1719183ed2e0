"""Publishing as the command line and Hatch's publisher both do it: from a configuration and paths to reports.

Puts the pieces together: which archives, which versions, which targets, which registries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from hatch_flyte.archives import find_archives, read_named, with_versions
from hatch_flyte.clean import check_clean
from hatch_flyte.config.files import read_project
from hatch_flyte.distribution import Distribution
from hatch_flyte.interruptible import run
from hatch_flyte.order import Order
from hatch_flyte.projects import Collected, Project
from hatch_flyte.publish import Share, Terms, plans, publish
from hatch_flyte.report_text import Published
from hatch_flyte.shares import Errand, by_cluster, refuse_clashes
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from hatch_flyte.archive import Archive
    from hatch_flyte.archives import Found
    from hatch_flyte.caution import Caution
    from hatch_flyte.config import Config, Target
    from hatch_flyte.outcome import Report
    from hatch_flyte.plan import Plan
    from hatch_flyte.publish import Approve
    from hatch_flyte.source_control import Checkout

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Deployment:
    """Archives on their way, each under its version, to the chosen clusters."""

    shares: Sequence[Sequence[Errand]]
    """What goes to each cluster."""
    on_step: Callable[[Target, str], None]

    def publish(self, approve: Approve | None = None) -> tuple[Published, ...]:
        """Register every archive in its clusters; return what came of each pair. Raises what `publish` does."""
        call = self.shares[0][0].project.config.call
        terms = Terms(independent=call.independent, approve=approve)
        reports = self._run(lambda watch: publish([_share(share) for share in self.shares], watch, terms))
        errands = [errand for share in self.shares for errand in share]
        return tuple(Published(errand.order.archive, report) for errand, report in zip(errands, reports, strict=True))

    @property
    def cautions(self) -> tuple[Caution, ...]:
        """What the user must know before anything is sent."""
        from hatch_flyte.registry.connect import cautions

        return cautions(share[0].target for share in self.shares)

    def plan(self) -> tuple[Plan | Report, ...]:
        """Return what publishing would do, for each pair; a report where no plan could be made."""
        return self._run(lambda watch: plans([_share(share) for share in self.shares], watch))

    def _run(self, use_case: Callable[[Watch], Awaitable[Result]]) -> Result:
        async def watched(stop: asyncio.Event) -> Result:
            return await use_case(Watch(on_step=self.on_step, stop=stop))

        def on_stop() -> None:
            for share in self.shares:
                self.on_step(share[0].target, "stopping: what is in flight is awaited (Ctrl-C again cuts it off)")

        return run(watched, on_stop)


def deployment(projects: Sequence[Project], on_step: Callable[[Target, str], None]) -> Deployment:
    """Return what is to be published of `projects`, and where: in the clusters that each one's configuration chooses.

    Raises `ConfigError` (no such cluster, no version, a checkout that isn't clean), `ArchiveError`, and `ConflictError`
    where two archives have different content for one entity.
    """
    shares = by_cluster(_errands(projects, check(projects)))
    for share in shares:
        refuse_clashes(share)
    return Deployment(shares, on_step)


def deploy(
    config: Config,
    paths: Sequence[Path],
    on_step: Callable[[Target, str], None],
    dynamic_version: Callable[[], str] = str,
) -> tuple[Published, ...]:
    """Register archives of one project; return what came of each pair, cluster by cluster.

    `paths` are archives, and folders to look for the project's archives in; without any that is the build directory.
    `dynamic_version` is asked for the project's version if pyproject.toml has none; what it doesn't know is empty.
    Raises what `deployment` does, before anything is sent.
    """
    project = Project(config=config, paths=tuple(paths), dynamic_version=dynamic_version)
    return deployment([project], on_step).publish()


def check(projects: Sequence[Project]) -> list[tuple[Target, ...]]:
    """Return each project's targets; raise `ConfigError` with all that can be said against them without an archive."""
    from hatch_flyte.registry.connect import Surroundings, check_transports

    collected, targets = Collected(), []
    for project in projects:
        with collected.of(project.label):
            checkout = _checkout(project.config)
            chosen = project.config.targets(checkout)
            check_clean(chosen, checkout.changes, partial(_where, project.config, "require-clean"))
            check_transports(chosen, Surroundings.of(project.config))
            targets.append(chosen)
    collected.finish()
    return targets


def _where(config: Config, key: str, cluster: str) -> str:
    return config.publishing.clusters[cluster].where(key)


def _checkout(config: Config) -> Checkout:
    from hatch_flyte.source_control import Checkout

    return Checkout(config.root, config.environ)


def _errands(projects: Sequence[Project], targets: Sequence[Sequence[Target]]) -> list[Errand]:
    """Return every archive for every target of its project; all archives are read, and all versions known, then."""
    collected, orders = Collected(), []
    for project in projects:
        with collected.of(project.label):
            orders.append(_orders(project))
    collected.finish()
    return [
        Errand(order, target, project)
        for project, chosen, own in zip(projects, targets, orders, strict=True)
        for target in chosen
        for order in own
    ]


def _orders(project: Project) -> list[Order]:
    config = project.config
    return [
        Order(
            archive=archive,
            version=version,
            dry_run=config.call.dry_run,
            keep_going=config.call.keep_going,
            prune=config.call.prune,
            allow_breaking=config.call.allow_breaking,
        )
        for found in _archives(config, project.paths, project.dynamic_version)
        for archive, version in with_versions([found], _version_of(config, found[1]), config.publishing.version)
    ]


def _version_of(config: Config, archive: Archive) -> Callable[[str, str], str]:
    return partial(config.registered_version, digest=archive.digest, facts=_checkout(config))


def _share(errands: Sequence[Errand]) -> Share:
    from hatch_flyte.registry.connect import Surroundings, open_registry

    first = errands[0]
    return Share(
        tuple((errand.order, errand.target) for errand in errands),
        partial(open_registry, first.target, Surroundings.of(first.project.config)),
    )


def _archives(config: Config, paths: Sequence[Path], dynamic_version: Callable[[], str]) -> list[Found]:
    if paths and not any(path.is_dir() for path in paths):
        return read_named(paths, Distribution(""))
    project = read_project(config.root).distribution
    if project.name and not project.version:
        project = replace(project, version=dynamic_version())
    return read_named(paths, project) if paths else find_archives(config.archive_directory, project)
