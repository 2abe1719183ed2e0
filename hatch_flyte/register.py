"""The use case `register`: what a plan says is new is created in one registry, level by level.

Nothing is written where the plan finds a conflict, or a reference to what is nowhere. One outcome an entity.
Never prints, exits or reads the environment; knows no transport.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hatch_flyte.entries import levels
from hatch_flyte.errors import (
    AlreadyExistsError,
    BreakingError,
    ConflictError,
    NotFoundError,
    RegistryError,
    RejectedError,
)
from hatch_flyte.events import EntityDone, Looking, Registering, Uploading
from hatch_flyte.outcome import GOOD, Outcome, Report, Status
from hatch_flyte.plan import Verdict, filled, judged, make_plan, workflows_of

if TYPE_CHECKING:
    from hatch_flyte.config import Target
    from hatch_flyte.entity import Identifier
    from hatch_flyte.entries import Entry
    from hatch_flyte.errors import HatchFlyteError
    from hatch_flyte.order import Order
    from hatch_flyte.plan import Plan, Planned
    from hatch_flyte.registry.port import Location, Registry
    from hatch_flyte.watch import Watch

INTERRUPTED = "interrupted"

_HALTING = {Status.FAILED: "failed", Status.SKIPPED: "was not sent", Status.CONFLICT: "is in conflict"}
"""What is said of the entity after which nothing new is sent."""


async def register(order: Order, target: Target, registry: Registry, watch: Watch) -> Report:
    """Register `order.archive` in `registry` and return what came of each of its entities. Activates nothing.

    Raises `ArchiveError` for an archive that cannot be registered anywhere; all that a registry does is in the report.
    """
    watch.tell(Looking(target))
    try:
        plan = await watch.unless_stopped(make_plan(order, target, registry))
    except RegistryError as problem:
        return unsent(order, target, problem.message, place=registry.place, error=problem)
    if plan is None:
        return unsent(order, target, INTERRUPTED, place=registry.place)
    return await apply(plan, order, registry, watch)


async def apply(plan: Plan, order: Order, registry: Registry, watch: Watch, halted: str = "") -> Report:
    """Write what `plan`, made of `order`, says is missing, and return what came of each of its entities.

    `halted`: why nothing may be written, for a reason outside of the plan.
    """
    return await _Registration(plan, order, registry, watch).run(halted)


def unsent(order: Order, target: Target, why: str, *, place: str = "", error: RegistryError | None = None) -> Report:
    """Return the report for an order of which nothing was sent: `why`, and the error that stopped the cluster."""
    return Report(
        target=target,
        place=place,
        version=order.version,
        outcomes=tuple(_skipped(entry.identifier, why) for entry in filled(order, target, "")),
        error=error,
        interrupted=why == INTERRUPTED,
    )


def _skipped(identifier: Identifier, why: str) -> Outcome:
    return Outcome(identifier, Status.SKIPPED, f"not sent: {why}")


class _Registration:
    """One plan on its way into one registry."""

    def __init__(self, plan: Plan, order: Order, registry: Registry, watch: Watch) -> None:
        self._plan, self._order, self._registry, self._watch = plan, order, registry, watch
        self._workflows = workflows_of([one.entry for one in plan.entities])
        self._outcomes: dict[Identifier, Outcome] = {}
        self._halted = ""
        self._uploaded = False

    async def run(self, halted: str) -> Report:
        error: HatchFlyteError | None = _breaking(self._plan)
        for planned in self._plan.entities:
            self._note_planned(planned)
        self._halted = self._halted or halted or ("breaking changes are refused" if error else "")
        try:
            await self._write()
        except RegistryError as problem:
            error = problem
            self._halted = self._halted or problem.message
        for planned in self._plan.entities:
            if planned.identifier not in self._outcomes:
                self._note(_skipped(planned.identifier, self._halted))
        return Report(
            target=self._plan.target,
            place=self._plan.place,
            version=self._plan.version,
            outcomes=tuple(self._outcomes[one.identifier] for one in self._plan.entities),
            plan=self._plan,
            uploaded=self._uploaded,
            error=error,
            interrupted=self._watch.stop.is_set(),
        )

    async def _write(self) -> None:
        missing = self._plan.new
        if self._halted or not missing:
            return
        if self._order.dry_run:
            for entry in missing:
                self._note(Outcome(entry.identifier, Status.PLANNED))
            return
        ordered = levels(missing)
        await self._upload()
        self._watch.tell(Registering(self._plan.target, len(missing)))
        for level in ordered:
            await asyncio.gather(*(self._create(entry) for entry in level))

    def _note_planned(self, planned: Planned) -> None:
        """Note what is there already, and what must not be sent. That halts, unless asked to keep going."""
        if planned.verdict is Verdict.UNRESOLVED:
            need = planned.unresolved[0]
            problem = NotFoundError(
                f"it needs {need}, which is neither in the archive nor registered",
                hint="Register that first, or have the module that defines it in the archive.",
                identifier=planned.identifier,
            )
            self._note(Outcome(planned.identifier, Status.FAILED, problem.message, error=problem))
        elif planned.verdict is not Verdict.NEW:
            self._note(_outcome(planned))

    async def _upload(self) -> None:
        bundle, location = self._order.archive.bundle, self._plan.bundle
        if bundle is None or location is None or location.stored:
            return
        target = self._plan.target
        self._watch.tell(Uploading(target, location))
        stored = await self._registry.upload(target.project, target.domain, bundle)
        _check_place(target, stored, location)
        # Tasks that find no code when they run are worse than one more question.
        if not (await self._registry.locate(target.project, target.domain, bundle)).stored:
            raise RejectedError(
                f"cluster {target.cluster}: the bundle's upload was acknowledged, yet it is not there: {location.url}",
                hint="Publish again. If that doesn't help, the store loses files, or the control plane reads another.",
            )
        self._uploaded = True

    async def _create(self, entry: Entry) -> None:
        if self._watch.stop.is_set():
            self._halted = self._halted or INTERRUPTED
        unmet = next((need for need in entry.needs if need in self._outcomes and not self._good(need)), None)
        if self._halted or unmet:
            self._note(_skipped(entry.identifier, self._halted or f"it needs {unmet}, which is not there"))
            return
        try:
            await self._registry.create(entry.identifier, entry.spec)
        except (AlreadyExistsError, ConflictError) as answer:
            self._note(await self._read_back(entry, answer))
        except RegistryError as problem:
            self._note(Outcome(entry.identifier, Status.FAILED, problem.message, error=problem))
        else:
            self._note(Outcome(entry.identifier, Status.CREATED))

    async def _read_back(self, entry: Entry, answer: RegistryError) -> Outcome:
        """Judge by what the registry holds: its "already exists" and its "different structure" can both be wrong."""
        try:
            stored = await self._registry.get(entry.identifier)
        except NotFoundError as problem:
            detail = (
                f"{answer.message}; yet it cannot be read back. "
                "A registration that was cut off leaves this behind: register under another version"
            )
            return Outcome(entry.identifier, Status.FAILED, detail, error=problem)
        except RegistryError as problem:
            return Outcome(entry.identifier, Status.FAILED, problem.message, error=problem)
        return _outcome(judged(entry, stored, self._workflows))

    def _good(self, identifier: Identifier) -> bool:
        return self._outcomes[identifier].status in GOOD

    def _note(self, outcome: Outcome) -> None:
        self._outcomes[outcome.identifier] = outcome
        if outcome.status not in GOOD and not self._order.keep_going:
            self._halted = self._halted or f"{outcome.identifier} {_HALTING[outcome.status]}"
        self._watch.tell(EntityDone(self._plan.target, outcome))


def _breaking(plan: Plan) -> BreakingError | None:
    if not plan.refused:
        return None
    lines = "".join(f"\n  {one.kind.value} {one.name}: {one.message} ({one.rule.id})" for one in plan.refused)
    since = plan.base.version if plan.base else ""
    return BreakingError(
        f"cluster {plan.target.cluster}: refuses what this release breaks for users of {since}:{lines}",
        hint="Each rule has a page in docs/breaking-changes. Let it happen with `--allow-breaking NAME`, by entity.",
    )


def _outcome(planned: Planned) -> Outcome:
    status = Status.CONFLICT if planned.verdict is Verdict.CONFLICT else Status.UNCHANGED
    return Outcome(planned.identifier, status, differences=planned.differences)


def _check_place(target: Target, stored: Location, expected: Location) -> None:
    if stored.url != expected.url:
        raise RejectedError(f"cluster {target.cluster}: the bundle was stored at {stored.url}, not at {expected.url}")
