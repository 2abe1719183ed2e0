"""The use case `register`: the entities of one archive, created in one registry.

Look, compare, then write level by level; nothing is written where the look finds a conflict. One outcome an entity.
Never prints, exits or reads the environment; knows no transport.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hatch_flyte.entity import Kind
from hatch_flyte.entries import asks_for_bundle, fill_entries, levels
from hatch_flyte.errors import AlreadyExistsError, ConflictError, NotFoundError, RegistryError, RejectedError
from hatch_flyte.look import look
from hatch_flyte.outcome import GOOD, Outcome, Report, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

    from hatch_flyte.archive import Archive
    from hatch_flyte.config import Target
    from hatch_flyte.entity import Identifier
    from hatch_flyte.entries import Entry
    from hatch_flyte.look import Seen
    from hatch_flyte.registry.port import Location, Registry

DESTINATION = "."
"""What `{{ .dest_dir }}` becomes in archives that leave it open, as flytectl fills it."""

_HALTING = {Status.CONFLICT: "is in conflict", Status.FAILED: "failed", Status.SKIPPED: "was not sent"}
"""What is said of the entity after which nothing new is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to register, under which version, and how."""

    archive: Archive
    version: str
    dry_run: bool = False
    keep_going: bool = False
    """Go on with what doesn't depend on an entity that was refused."""


@dataclass(slots=True)
class Watch:
    """Somebody who looks on, and may ask to stop."""

    on_step: Callable[[Target, str], None] = lambda _target, _text: None
    on_outcome: Callable[[Target, Outcome], None] = lambda _target, _outcome: None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Once set nothing new is sent; what is in flight is awaited, since a registry may half-store what is cut off."""


async def register(order: Order, target: Target, registry: Registry, watch: Watch) -> Report:
    """Register `order.archive` in `registry` and return what came of each of its entities.

    Raises `ArchiveError` for an archive that cannot be registered anywhere; all that a registry does is in the report.
    """
    return await _Registration(order, target, registry, watch).run()


def unopened(order: Order, target: Target, error: RegistryError) -> Report:
    """Return the report for a registry that could not even be opened: nothing was sent."""
    outcomes = (
        Outcome(entry.identifier, Status.SKIPPED, f"not sent: {error.message}") for entry in _entries(order, target, "")
    )
    return Report(target=target, place="", version=order.version, outcomes=tuple(outcomes), error=error)


class _Registration:
    """One archive on its way into one registry."""

    def __init__(self, order: Order, target: Target, registry: Registry, watch: Watch) -> None:
        self._order, self._target, self._registry, self._watch = order, target, registry, watch
        self._entries: dict[Identifier, Entry] = {}
        self._outcomes: dict[Identifier, Outcome] = {}
        self._halted = ""
        self._bundle: Location | None = None
        self._uploaded = False

    async def run(self) -> Report:
        entries = _entries(self._order, self._target, "")
        error: RegistryError | None = None
        try:
            await self._register(entries)
        except RegistryError as problem:
            error = problem
            self._halted = self._halted or problem.message
        for entry in entries:
            if entry.identifier not in self._outcomes:
                self._note(Outcome(entry.identifier, Status.SKIPPED, f"not sent: {self._halted}"))
        return Report(
            target=self._target,
            place=self._registry.place,
            version=self._order.version,
            outcomes=tuple(self._outcomes[entry.identifier] for entry in entries),
            bundle=self._bundle,
            uploaded=self._uploaded,
            error=error,
            interrupted=self._watch.stop.is_set(),
        )

    async def _register(self, entries: list[Entry]) -> None:
        self._watch.on_step(self._target, "looking")
        seen = await self._unless_stopped(entries)
        if seen is None:
            return
        if seen.bundle:
            self._bundle = seen.bundle
            entries = _entries(self._order, self._target, seen.bundle.url)
        missing = self._compare(entries, seen)
        if self._halted:
            return
        if self._order.dry_run:
            for entry in missing:
                self._note(Outcome(entry.identifier, Status.PLANNED))
        elif missing:
            ordered = levels(missing)
            await self._upload()
            self._watch.on_step(self._target, "registering")
            for level in ordered:
                await asyncio.gather(*(self._create(entry) for entry in level))

    async def _unless_stopped(self, entries: list[Entry]) -> Seen | None:
        """Look, but give up at once when asked to stop: reading can be cut off without harm."""
        archive = self._order.archive
        bundle = archive.bundle if archive.bundle and asks_for_bundle(archive) else None
        identifiers = [entry.identifier for entry in entries]
        looking = asyncio.ensure_future(look(self._registry, self._target, identifiers, bundle))
        stopping = asyncio.ensure_future(self._watch.stop.wait())
        await asyncio.wait({looking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if looking.done():
            return looking.result()
        looking.cancel()
        self._halted = "interrupted"
        return None

    def _compare(self, entries: list[Entry], seen: Seen) -> list[Entry]:
        """Note what is there already; return what is not. A conflict halts, unless asked to keep going."""
        missing = []
        self._entries = {entry.identifier: entry for entry in entries}
        for entry in entries:
            if stored := seen.stored.get(entry.identifier):
                self._note(self._judge(entry, stored))
            else:
                missing.append(entry)
        return missing

    async def _upload(self) -> None:
        bundle = self._order.archive.bundle
        if bundle is None or self._bundle is None or self._bundle.stored:
            return
        self._watch.on_step(self._target, "uploading the bundle")
        stored = await self._registry.upload(self._target.project, self._target.domain, bundle)
        if stored.url != self._bundle.url:
            raise RejectedError(
                f"cluster {self._target.cluster}: the bundle was stored at {stored.url}, not at {self._bundle.url}"
            )
        self._uploaded = True

    async def _create(self, entry: Entry) -> None:
        if self._watch.stop.is_set():
            self._halted = self._halted or "interrupted"
        unmet = next((need for need in entry.needs if need in self._outcomes and not self._good(need)), None)
        if self._halted or unmet:
            why = self._halted or f"it needs {unmet}, which is not there"
            self._note(Outcome(entry.identifier, Status.SKIPPED, f"not sent: {why}"))
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
        return self._judge(entry, stored)

    def _judge(self, entry: Entry, stored: Message) -> Outcome:
        """Compare what would be sent with what is there."""
        from hatch_flyte.wire.compare import differences

        kind = entry.identifier.kind
        workflow = self._entries.get(entry.needs[0]) if kind is Kind.LAUNCH_PLAN else None
        interface = workflow.spec.template.interface if workflow else None  # type: ignore[attr-defined] # a WorkflowSpec
        found = tuple(differences(kind, entry.spec, stored, interface=interface))
        if not found:
            return Outcome(entry.identifier, Status.UNCHANGED)
        return Outcome(entry.identifier, Status.CONFLICT, differences=found)

    def _good(self, identifier: Identifier) -> bool:
        return self._outcomes[identifier].status in GOOD

    def _note(self, outcome: Outcome) -> None:
        self._outcomes[outcome.identifier] = outcome
        if outcome.status not in GOOD and not self._order.keep_going:
            self._halted = self._halted or f"{outcome.identifier} {_HALTING[outcome.status]}"
        self._watch.on_outcome(self._target, outcome)


def _entries(order: Order, target: Target, bundle_url: str) -> list[Entry]:
    from hatch_flyte.wire.identifiers import Fill

    return fill_entries(order.archive, Fill(target.project, target.domain, order.version, bundle_url, DESTINATION))
