"""The clusters of a scene, what they hold, and what plans promise: reckoned from the plans alone."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest
from flyteidl.admin.launch_plan_pb2 import ACTIVE

from hatch_flyte.entity import Kind
from hatch_flyte.entries import levels
from hatch_flyte.errors import AlreadyExistsError, ConflictError
from hatch_flyte.plan import Plan, Verdict
from hatch_flyte.publish import Share, Terms, plans, publish
from hatch_flyte.registry.client import connect
from hatch_flyte.registry.connection import Connection
from hatch_flyte.testing.flyte_registry import FlyteRegistry
from hatch_flyte.watch import Watch
from hatch_flyte.wire.messages import stored_identifier
from hatch_flyte.wire.normal import OWNER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from support_plan_scenes import Scene

    from hatch_flyte.entity import Identifier
    from hatch_flyte.entries import Entry
    from hatch_flyte.outcome import Report
    from hatch_flyte.plan import Planned
    from hatch_flyte.publish import Approve
    from hatch_flyte.registry.port import Registry

    Said = tuple[dict[Identifier, str], dict[Identifier, str], bool]


OURS = {"acme-pipelines", "Acme_Pipelines"}
"""The distribution of tests, however it is spelt."""


@dataclass(frozen=True)
class Held:
    """What a cluster holds in the project and domain of tests."""

    entities: dict[Identifier, bytes]
    """The stored messages, without what activation changes in them."""
    active: dict[str, str]
    """Active versions by name of the launch plan."""
    own: frozenset[str]
    """Names of the launch plans among these that say they are of the distribution of tests."""


class World:
    """Two clusters, and the scene that is played in them; each scene begins with empty ones."""

    def __init__(self, folder: Path, clusters: tuple[FlyteRegistry, ...]) -> None:
        self.folder, self._clusters = folder, clusters
        self._opened: list[Registry] = []
        self._served = False
        self._scene: Scene | None = None

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[World]:
        """Open the clusters, in memory."""
        with FlyteRegistry() as one, FlyteRegistry() as other:
            yield cls(folder, (one, other))

    @property
    def scene(self) -> Scene:
        assert self._scene
        return self._scene

    @property
    def ports(self) -> list[Registry]:
        """The scene's registries as their own process sees them."""
        return [cluster.port for cluster, _ in zip(self._clusters, self.scene.targets, strict=False)]

    @property
    def writes(self) -> int:
        """How many creates and updates publishing and planning have sent."""
        return sum(one.traffic.writes for one in self._opened)

    async def begin(self, scene: Scene, *, served: bool) -> None:
        """Set the scene: its clusters hold what they are to hold. `served`: they are reached over gRPC."""
        self._scene, self._served, self._opened = scene, served, []
        for cluster in self._clusters:
            cluster.clear()
        for port, target, batches in zip(self.ports, scene.targets, scene.before, strict=True):
            for batch in batches:
                for entry in (one for level in levels(batch.entries(target)) for one in level):
                    await _created(port, entry)
                for identifier in batch.lively(target):
                    await port.activate(identifier)

    async def plans(self) -> list[Plan]:
        """Plan the scene's publish as the command does."""
        found = await plans(self._shares(dry_run=True), Watch())
        assert all(isinstance(one, Plan) for one in found), found
        return cast("list[Plan]", [*found])

    async def publish(self, approve: Approve | None = None) -> tuple[Report, ...]:
        """Carry out the scene's publish."""
        terms = Terms(independent=self.scene.independent, approve=approve)
        return await publish(self._shares(dry_run=False), Watch(), terms)

    async def held(self) -> list[Held]:
        """Read what each cluster of the scene holds."""
        return [await _held(port, self.scene) for port in self.ports]

    def _shares(self, *, dry_run: bool) -> list[Share]:
        order = replace(self.scene.order, dry_run=dry_run)
        return [
            Share([(order, target)], partial(self._open, cluster))
            for cluster, target in zip(self._clusters, self.scene.targets, strict=False)
        ]

    def _open(self, cluster: FlyteRegistry) -> Registry:
        served = self._served
        opened = connect(Connection(cluster.address, insecure=True, place="served")) if served else cluster.port
        self._opened.append(opened)
        return opened


class Promise:
    """What plans say would come of a publish, in a few words for each entity and launch plan."""

    def __init__(self, made: list[Plan], scene: Scene) -> None:
        self._plans, self._keep_going = made, scene.order.keep_going
        self._outcomes = [self._registered(plan) for plan in made]
        failed = [not {*said.values()} <= {"created", "unchanged"} or bool(plan.refused)
                  for said, plan in zip(self._outcomes, made, strict=True)]  # fmt: skip
        self._moves = [
            self._moved(plan, prune=scene.order.prune, in_the_way=bad or (any(failed) and not scene.independent))
            for plan, bad in zip(made, failed, strict=True)
        ]

    @property
    def reports(self) -> list[Said]:
        """What each cluster's report is to say of entities and of launch plans, and whether it has an error."""
        refused = [bool(plan.refused) for plan in self._plans]
        return [*zip(self._outcomes, self._moves, refused, strict=True)]

    @staticmethod
    def said(report: Report) -> Said:
        """Return what a report says of them."""
        outcomes = {one.identifier: one.status.value for one in report.outcomes}
        moves = {one.move.identifier: one.status.value for one in report.moved}
        return outcomes, moves, report.error is not None

    def created(self) -> list[list[Entry]]:
        """Return what is new in each cluster afterwards."""
        return [
            [one.entry for one in plan.entities if said[one.identifier] == "created"]
            for plan, said in zip(self._plans, self._outcomes, strict=True)
        ]

    async def check(self, before: list[Held], world: World) -> None:
        """Assert that the clusters hold what they held and what was promised, and nothing else."""
        after = await world.held()
        for was, plan in zip(before, self._plans, strict=True):
            kept = {one.identifier.name for one in plan.entities if one.identifier.kind is Kind.LAUNCH_PLAN}
            assert {move.identifier.name for move in plan.orphans} == was.own - kept
        for was, now, entries, moves, port in zip(before, after, self.created(), self._moves, world.ports, strict=True):
            new = {entry.identifier for entry in entries}
            assert now.entities.keys() - was.entities.keys() == new
            assert {key: now.entities.get(key) for key in was.entities} == was.entities
            assert now.active == _active_after(was.active, moves)
            for entry in entries:
                with pytest.raises(AlreadyExistsError):
                    await port.create(entry.identifier, entry.spec)

    def _registered(self, plan: Plan) -> dict[Identifier, str]:
        halted = bool(plan.refused) or (bool(plan.halting) and not self._keep_going)
        known = {Verdict.UNCHANGED: "unchanged", Verdict.CONFLICT: "conflict", Verdict.UNRESOLVED: "failed"}
        said = {one.identifier: known[one.verdict] for one in plan.entities if one.verdict in known}
        for one in levelled(plan):
            if one.verdict is Verdict.NEW:
                needs = {said.get(need, "unchanged") for need in one.entry.needs}
                said[one.identifier] = "skipped" if halted or not needs <= {"created", "unchanged"} else "created"
        return said

    @staticmethod
    def _moved(plan: Plan, *, prune: bool, in_the_way: bool) -> dict[Identifier, str]:
        done = {True: "activated", False: "deactivated"}
        return {
            move.identifier: "active already" if not move.needed else "skipped" if in_the_way else done[move.activate]
            for move in (*plan.activations, *(plan.orphans if prune else ()))
        }


def levelled(plan: Plan) -> list[Planned]:
    """Return a plan's entities, what others need first."""
    planned = {one.identifier: one for one in plan.entities}
    ordered = levels([one.entry for one in plan.entities])
    return [planned[entry.identifier] for level in ordered for entry in level]


def _active_after(before: dict[str, str], moves: dict[Identifier, str]) -> dict[str, str]:
    after = dict(before)
    for identifier, said in moves.items():
        if said == "activated":
            after[identifier.name] = identifier.version
        if said == "deactivated":
            del after[identifier.name]
    return after


async def _created(port: Registry, entry: Entry) -> None:
    """Create an entity unless an earlier batch has brought its version already."""
    try:
        await port.create(entry.identifier, entry.spec)
    except (AlreadyExistsError, ConflictError):
        return


async def _held(port: Registry, scene: Scene) -> Held:
    entities, active, own = {}, {}, set()
    async for identifier in _identifiers(port, scene):
        stored = cast("Any", await port.get(identifier))
        if identifier.kind is Kind.LAUNCH_PLAN:
            if stored.closure.state == ACTIVE:
                active[identifier.name] = identifier.version
                if stored.spec.annotations.values.get(OWNER, "") in OURS:
                    own.add(identifier.name)
            stored.closure.ClearField("state")
            stored.closure.ClearField("updated_at")
        entities[identifier] = stored.SerializeToString(deterministic=True)
    return Held(entities, active, frozenset(own))


async def _identifiers(port: Registry, scene: Scene) -> AsyncIterator[Identifier]:
    target = scene.targets[0]
    for kind in Kind:
        async for message in port.list(kind, target.project, target.domain):
            yield stored_identifier(kind, message)
