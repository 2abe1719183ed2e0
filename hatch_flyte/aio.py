"""The Python API for programs with an event loop: `await hatch_flyte.aio.publish(...)`. Without one: `hatch_flyte`.

Each function is the command of its name, with the same values: see docs/how-to/python-api.md. There is no global state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_flyte.calls import Options, Publication, asked, prepared
from hatch_flyte.life import calls as life
from hatch_flyte.life.survey import Survey, survey
from hatch_flyte.outcome import Report
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from typing_extensions import Unpack

    from hatch_flyte.calls import Archives, Clusters
    from hatch_flyte.events import Event
    from hatch_flyte.plan import Plan

__all__ = ["Options", "Publication", "Survey", "plan", "publish", "status"]


def _ignore(_event: Event) -> None:
    """Look away."""


async def publish(
    archives: Archives = (),
    clusters: Clusters = (),
    *,
    on_event: Callable[[Event], None] = _ignore,
    stop: asyncio.Event | None = None,
    **options: Unpack[Options],
) -> Publication:
    """Register archives in clusters, and activate what is to be; return what came of it.

    Without `archives` they are those of the project's build directory, without `clusters` those that its configuration
    chooses; `options` are those of `calls.Options`. What a cluster refuses is in the result
    (`Publication.raise_for_failure` raises it); what is wrong with the call raises `ConfigError` or `ArchiveError`
    before anything is sent. `on_event` is told what happens; what it raises is raised at the end. Once `stop` is set
    nothing new is sent. Cancelling cuts nothing off that was sent either.
    """
    watch = Watch(on_event=on_event)
    if stop is not None:
        watch.stop = stop
    published = await prepared(archives, clusters, on_event, options).published(watch)
    return Publication(tuple(one.report for one in published))


async def plan(archives: Archives = (), clusters: Clusters = (), **options: Unpack[Options]) -> tuple[Plan, ...]:
    """Return what publishing would do, for each archive in each cluster. Writes and uploads nothing.

    Raises the error of the first cluster that could not be asked, besides what `publish` does.
    """
    options["dry_run"] = True
    made: list[Plan] = []
    for one in await prepared(archives, clusters, _ignore, options).planned(Watch()):
        if isinstance(one, Report):
            Publication((one,)).raise_for_failure()
        else:
            made.append(one)
    return tuple(made)


async def status(distribution: str = "", clusters: Clusters = (), **options: Unpack[Options]) -> Survey:
    """Return which release of a distribution is live where; by default the project's, in all its clusters."""
    project = asked(clusters, options)
    name = life.distribution_of(project.config, distribution)
    targets = project.targets or life.targets_of(life.all_clusters(project.config))
    return await survey(targets, project.open_registry or life.opener(project.config), name)
