"""The release that a new one is compared with: the one that is live, or else the newest registered before.

A release is all entities of one version whose launch plans say, by their annotation, that they are a distribution's.
Its workflows are those that its launch plans start, its tasks those that its workflows run, besides what has a name of
the new release: a registry doesn't say whose any other entity is.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from hatch_flyte.activation import owner_of, owns
from hatch_flyte.entity import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from google.protobuf.message import Message

    from hatch_flyte.config import Target
    from hatch_flyte.entity import Identifier
    from hatch_flyte.registry.port import Registry

SEARCHED = 1000
"""Launch plans, the newest first, among which the latest earlier release is looked for."""


@dataclass(frozen=True, slots=True)
class Base:
    """A release that was registered earlier."""

    version: str
    live: bool
    """Whether a launch plan of it is active."""
    stored: Mapping[Identifier, Message]
    """Its `admin.Task`, `admin.Workflow` and `admin.LaunchPlan` messages; empty where they are those of the release
    that is compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What is known of the release that is compared."""

    distribution: str
    version: str
    names: frozenset[tuple[Kind, str]]
    """Kind and name of its entities."""


async def find_base(registry: Registry, target: Target, own: Own, active: Mapping[str, Message]) -> Base | None:
    """Return the release of `own.distribution` to compare with; None if there is none. Writes nothing.

    `active` are the launch plans that are active, by name. Where several versions are live, it is the one that most of
    them are of, and the newest of these.
    """
    if not own.distribution:
        return None
    live = live_version(own.distribution, active.values())
    version = live or await _latest_earlier(registry, target, own)
    if not version:
        return None
    stored = {} if version == own.version else await release_entities(registry, target, own, version)
    return Base(version, bool(live), stored)


def live_version(distribution: str, active: Iterable[Message]) -> str:
    """Return the version that most of a distribution's active launch plans are of; empty if none is active."""
    plans = [cast("Any", plan) for plan in active if owns(distribution, plan)]
    counted = Counter(plan.id.version for plan in plans)
    created = {plan.id.version: plan.closure.created_at.ToNanoseconds() for plan in plans}
    return max(counted, key=lambda version: (counted[version], created[version]), default="")


async def _latest_earlier(registry: Registry, target: Target, own: Own) -> str:
    count = 0
    async for plan in registry.list(Kind.LAUNCH_PLAN, target.project, target.domain):
        version = str(cast("Any", plan).id.version)
        if version != own.version and owns(own.distribution, plan):
            return version
        count += 1
        if count >= SEARCHED:
            break
    return ""


async def release_entities(registry: Registry, target: Target, own: Own, version: str) -> dict[Identifier, Message]:
    """Return what a registry holds of one version of a distribution's release, workflows whole."""
    from hatch_flyte.wire.messages import stored_identifier

    launch_plans, workflows, tasks = await asyncio.gather(
        *(_listed(registry, target, kind, version) for kind in (Kind.LAUNCH_PLAN, Kind.WORKFLOW, Kind.TASK))
    )
    plans = {
        name: one
        for name, one in launch_plans.items()
        if owns(own.distribution, one) or (not owner_of(one) and (Kind.LAUNCH_PLAN, name) in own.names)
    }
    started = {cast("Any", plan).spec.workflow_id.name for plan in plans.values()}
    own_flows = [
        stored_identifier(Kind.WORKFLOW, one)
        for name, one in workflows.items()
        if name in started or (Kind.WORKFLOW, name) in own.names
    ]
    whole = await asyncio.gather(*map(registry.get, own_flows))
    run = {task.template.id.name for flow in whole for task in cast("Any", flow).closure.compiled_workflow.tasks}
    own_tasks = {name: one for name, one in tasks.items() if name in run or (Kind.TASK, name) in own.names}
    return {
        **{stored_identifier(Kind.TASK, one): one for one in own_tasks.values()},
        **{stored_identifier(Kind.WORKFLOW, one): one for one in whole},
        **{stored_identifier(Kind.LAUNCH_PLAN, one): one for one in plans.values()},
    }


async def _listed(registry: Registry, target: Target, kind: Kind, version: str) -> dict[str, Message]:
    found = registry.list(kind, target.project, target.domain, version=version)
    return {cast("Any", one).id.name: one async for one in found}
