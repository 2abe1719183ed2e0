"""The Python API for programs without an event loop: `hatch_flyte.publish(...)`. Each call runs one of its own.

For those with one there is `aio`, with the same functions and values.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from hatch_flyte import aio
from hatch_flyte.calls import Options, Publication, target

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Unpack

    from hatch_flyte.calls import Archives, Clusters
    from hatch_flyte.events import Event
    from hatch_flyte.life.survey import Survey
    from hatch_flyte.plan import Plan

__all__ = ["Options", "Publication", "plan", "publish", "status", "target"]

Result = TypeVar("Result")


def _ignore(_event: Event) -> None:
    """Look away."""


def publish(
    archives: Archives = (),
    clusters: Clusters = (),
    *,
    on_event: Callable[[Event], None] = _ignore,
    **options: Unpack[Options],
) -> Publication:
    """Register archives in clusters, and activate what is to be: see `hatch_flyte.aio.publish`.

    Raises `RuntimeError` where an event loop runs.
    """
    _check("publish", options)
    return asyncio.run(aio.publish(archives, clusters, on_event=on_event, **options))


def plan(archives: Archives = (), clusters: Clusters = (), **options: Unpack[Options]) -> tuple[Plan, ...]:
    """Return what publishing would do: see `hatch_flyte.aio.plan`. Raises `RuntimeError` where an event loop runs."""
    _check("plan", options)
    return asyncio.run(aio.plan(archives, clusters, **options))


def status(distribution: str = "", clusters: Clusters = (), **options: Unpack[Options]) -> Survey:
    """Return what is live where: see `hatch_flyte.aio.status`. Raises `RuntimeError` where an event loop runs."""
    _check("status", options)
    return asyncio.run(aio.status(distribution, clusters, **options))


def _check(name: str, options: Options) -> None:
    """Refuse what needs the caller's event loop, and to block it."""
    if "channel" in options:
        raise TypeError(f"channel: a grpc.aio.Channel belongs to its event loop: await `hatch_flyte.aio.{name}` there")
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(f"hatch_flyte.{name}() would block the event loop that runs: await `hatch_flyte.aio.{name}`")
