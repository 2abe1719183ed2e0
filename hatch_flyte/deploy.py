"""Publishing as the command line and Hatch's publisher both do it: from a configuration and paths to reports.

Puts the pieces together: which archives, which versions, which targets, which registries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hatch_flyte.archives import find_archives, read_named, with_versions
from hatch_flyte.clean import check_clean
from hatch_flyte.config.files import read_project
from hatch_flyte.distribution import Distribution
from hatch_flyte.events import Stopping
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

    from hatch_flyte.archive import Archive
    from hatch_flyte.archives import Found
    from hatch_flyte.caution import Caution
    from hatch_flyte.config import Config, Target
    from hatch_flyte.events import Event
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
    on_event: Callable[[Event], None]

    def publish(self, approve: Approve | None = None) -> tuple[Published, ...]:
        """Register every archive in its clusters; return what came of each pair. Raises what `publish` does.

        Ctrl-C ends it in order.
        """
        return self._run(lambda watch: self.published(watch, approve))

    @property
    def cautions(self) -> tuple[Caution, ...]:
        """What the user must know before anything is sent."""
        from hatch_flyte.registry.connect import cautions

        return cautions(share[0].target for share in self.shares)

    def plan(self) -> tuple[Plan | Report, ...]:
        """Return what publishing would do, for each pair; a report where no plan could be made."""
        return self._run(self.planned)

    async def published(self, watch: Watch, approve: Approve | None = None) -> tuple[Published, ...]:
        """Do as `publish` does, in the event loop that runs."""
        terms = Terms(independent=self.shares[0][0].project.config.call.independent, approve=approve)
        reports = await publish([_share(share) for share in self.shares], watch, terms)
        errands = [errand for share in self.shares for errand in share]
        return tuple(Published(errand.order.archive, report) for errand, report in zip(errands, reports, strict=True))

    async def planned(self, watch: Watch) -> tuple[Plan | Report, ...]:
        """Do as `plan` does, in the event loop that runs."""
        return await plans([_share(share) for share in self.shares], watch)

    def _run(self, use_case: Callable[[Watch], Awaitable[Result]]) -> Result:
        async def watched(stop: asyncio.Event) -> Result:
            return await use_case(Watch(on_event=self.on_event, stop=stop))

        def on_stop() -> None:
            for share in self.shares:
                self.on_event(Stopping(share[0].target))

        return run(watched, on_stop)


def deployment(projects: Sequence[Project], on_event: Callable[[Event], None]) -> Deployment:
    """Return what is to be published of `projects`, and where: in the clusters that each one's configuration chooses.

    Raises `ConfigError` (no such cluster, no version, a checkout that isn't clean), `ArchiveError`, and `ConflictError`
    where two archives have different content for one entity.
    """
    shares = by_cluster(_errands(projects, check(projects)))
    for share in shares:
        refuse_clashes(share)
    return Deployment(shares, on_event)


def deploy(
    config: Config,
    paths: Sequence[Path],
    on_event: Callable[[Event], None],
    dynamic_version: Callable[[], str] = str,
) -> tuple[Published, ...]:
    """Register archives of one project; return what came of each pair, cluster by cluster.

    `paths` are archives, and folders to look for the project's archives in; without any that is the build directory.
    `dynamic_version` is asked for the project's version if pyproject.toml has none; what it doesn't know is empty.
    Raises what `deployment` does, before anything is sent.
    """
    project = Project(config=config, paths=tuple(paths), dynamic_version=dynamic_version)
    return deployment([project], on_event).publish()


def check(projects: Sequence[Project]) -> list[tuple[Target, ...]]:
    """Return each project's targets; raise `ConfigError` with all that can be said against them without an archive."""
    from hatch_flyte.registry.connect import Surroundings, check_transports

    collected, targets = Collected(), []
    for project in projects:
        with collected.of(project.label):
            checkout = _checkout(project.config)
            chosen = project.targets or project.config.targets(checkout)
            check_clean(chosen, checkout.changes, partial(_where, project.config, "require-clean"))
            check_transports(chosen, Surroundings.of(project.config))
            targets.append(chosen)
    collected.finish()
    return targets


def _where(config: Config, key: str, cluster: str) -> str:
    known = config.publishing.clusters.get(cluster)
    return known.where(key) if known else f"cluster {cluster}: {key}"


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
        for found in _archives(project)
        for archive, version in with_versions([found], _version_of(config, found[1]), config.publishing.version)
    ]


def _version_of(config: Config, archive: Archive) -> Callable[[str, str], str]:
    return partial(config.registered_version, digest=archive.digest, facts=_checkout(config))


def _share(errands: Sequence[Errand]) -> Share:
    from hatch_flyte.registry.connect import Surroundings, open_registry

    first = errands[0]
    opener = first.project.open_registry or partial(open_registry, around=Surroundings.of(first.project.config))
    return Share(tuple((errand.order, errand.target) for errand in errands), partial(opener, first.target))


def _archives(project: Project) -> list[Found]:
    own = [(Path("archive"), archive) for archive in project.archives]
    return own + (_found(project.config, project.paths, project.dynamic_version) if project.paths or not own else [])


def _found(config: Config, paths: Sequence[Path], dynamic_version: Callable[[], str]) -> list[Found]:
    if paths and not any(path.is_dir() for path in paths):
        return read_named(paths, Distribution(""))
    project = read_project(config.root).distribution
    if project.name and not project.version:
        project = replace(project, version=dynamic_version())
    return read_named(paths, project) if paths else find_archives(config.archive_directory, project)
