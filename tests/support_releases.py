"""Releases for tests of plans and activation: archives of one distribution, registered in a local registry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from support_archives import archive_of, launch_plan, task, workflow
from support_registries import TARGET

from hatch_flyte.config import Activation, Target
from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.order import Order
from hatch_flyte.register import register
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    from flyteidl.admin.launch_plan_pb2 import LaunchPlan
    from google.protobuf.message import Message

    from hatch_flyte.archive import Archive
    from hatch_flyte.registry.port import Registry


def scheduled(name: str, *, of: str = "acme.flow", cron: str = "0 6 * * *", **fixed: int) -> LaunchPlan:
    """A launch plan with a schedule, and fixed inputs (of `a`, unless others are named)."""
    plan = launch_plan(name, of=of)
    plan.spec.entity_metadata.schedule.cron_schedule.schedule = cron
    for key, value in (fixed or {"a": 1}).items():
        plan.spec.fixed_inputs.literals[key].scalar.primitive.integer = value
    return plan


def order_of(*messages: Message, version: str = "1.0", **how: Any) -> Order:
    """An order for an archive of the messages, or of a task, a workflow and its launch plan."""
    return Order(archive=archive_of(*messages, version=version), version=version, **how)


def declaring(archive: Archive, *names: str) -> Archive:
    """The archive with those launch plans marked as `auto_activate` in its manifest."""
    assert archive.manifest
    entities = tuple(
        replace(one, activate=one.name in names and one.kind is Kind.LAUNCH_PLAN) for one in archive.manifest.entities
    )
    return replace(archive, manifest=replace(archive.manifest, entities=entities))


def activating(*names: str, mode: str = "named") -> Target:
    """The target that tests register in, activating launch plans."""
    return replace(TARGET, activation=Activation(mode, names))  # type: ignore[arg-type] # one of the modes


def flow_of(*plans: LaunchPlan) -> tuple[Message, ...]:
    """A task, a workflow, and launch plans of it."""
    return (task(), workflow(), *plans)


def plan_id(name: str, version: str) -> Identifier:
    """The identifier of a launch plan in the target of tests."""
    return Identifier(Kind.LAUNCH_PLAN, TARGET.project, TARGET.domain, name, version)


async def registered(registry: Registry, order: Order, *live: str) -> None:
    """Register an order, and activate launch plans of it."""
    report = await register(order, TARGET, registry, Watch())
    assert report.ok, report
    for name in live:
        await registry.activate(plan_id(name, order.version))


async def active(registry: Registry) -> dict[str, str]:
    """Active versions by name."""
    found = registry.active(TARGET.project, TARGET.domain)
    return {one.id.name: one.id.version async for one in found}  # type: ignore[attr-defined] # LaunchPlan
