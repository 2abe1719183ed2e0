"""The use case `rollback`: an earlier release becomes live again in one registry. Builds nothing, registers nothing.

A registry keeps no history of what was active. So what is gone back to is the newest complete release registered before
the live one, unless a version is named; and of it become active those launch plans whose names are active now.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from hatch_flyte.activation import activating, deactivating, owns
from hatch_flyte.base import live_version
from hatch_flyte.config.refusals import near_miss
from hatch_flyte.entity import Kind
from hatch_flyte.errors import NotFoundError, RegistryError, RejectedError
from hatch_flyte.events import Looking
from hatch_flyte.life.history import Past
from hatch_flyte.look import check_place
from hatch_flyte.moving import carry_out, planned
from hatch_flyte.outcome import INTERRUPTED
from hatch_flyte.releases import Shelf, active_plans, created, gaps, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.message import Message

    from hatch_flyte.activation import Move, Moved
    from hatch_flyte.config import Target
    from hatch_flyte.registry.port import Registry
    from hatch_flyte.releases import Release
    from hatch_flyte.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be gone back to."""

    distribution: str
    version: str = ""
    """Empty: the newest complete release registered before the live one."""
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """From which release to which one, and how; a value that nothing has been done with."""

    live: str
    """The version that is live before: of several that of most launch plans."""
    past: Past
    """The release that becomes live."""
    moves: tuple[Move, ...]
    passed: tuple[Past, ...] = ()
    """Newer releases that were passed over, since they are not complete."""

    @property
    def resting(self) -> tuple[str, ...]:
        """Names of the release's launch plans that stay inactive: whether they once were active nobody knows."""
        awake = {move.identifier.name for move in self.moves if move.activate}
        return tuple(sorted(self.past.release.launch_plans.keys() - awake))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """What came of going back in one cluster."""

    target: Target
    place: str
    distribution: str
    way: Way | None = None
    """None where there is no way, as `error` says."""
    moved: tuple[Moved, ...] = ()
    error: RegistryError | None = None
    interrupted: bool = False

    @property
    def ok(self) -> bool:
        """Whether everything is as it should be."""
        return self.way is not None and all(moved.ok for moved in self.moved)

    @property
    def exit_code(self) -> int:
        """0, or the code of the gravest thing that happened (docs/exit-codes.md)."""
        if self.interrupted and not self.ok:
            return INTERRUPTED
        errors = [self.error, *(moved.error for moved in self.moved)]
        return max((error.exit_code for error in errors if error), default=0 if self.ok else 1)


async def roll_back(wish: Wish, target: Target, registry: Registry, watch: Watch) -> Rollback:
    """Make an earlier release of `wish.distribution` live again, and return what came of it; errors are in that."""
    came = Rollback(target=target, place=registry.place, distribution=wish.distribution)
    watch.tell(Looking(target))
    try:
        way = await watch.unless_stopped(find_way(wish, target, registry))
    except RegistryError as problem:
        return replace(came, error=problem)
    if way is None:
        return replace(came, interrupted=True)
    moved = planned(way.moves) if wish.dry_run else await carry_out(way.moves, target, registry, watch)
    return replace(came, way=way, moved=moved, interrupted=watch.stop.is_set())


async def find_way(wish: Wish, target: Target, registry: Registry) -> Way:
    """Return what is to be done. Writes nothing.

    Raises `NotFoundError` where nothing is live, or there is no such release to go back to, `RejectedError` where
    nothing would change.
    """
    await check_place(registry, target)
    shelf = Shelf(registry, target, await active_plans(registry, target))
    live = live_version(wish.distribution, shelf.active.values())
    if not live:
        raise NotFoundError(
            f"cluster {target.cluster}: expected a release of {wish.distribution} that is live (got none)",
            hint="Nothing of it is active there. `hatch-flyte history` lists what is registered.",
        )
    current = await shelf.release(wish.distribution, live)
    search = _Search(wish, shelf, live, current.defaults if current else frozenset())
    past = await (search.named() if wish.version else search.before())
    moves = moves_to(past.release, shelf.active, live)
    if not any(move.needed for move in moves):
        raise RejectedError(
            f"cluster {target.cluster}: expected another version than the live one (got {past.release.version})",
            hint="Nothing would change. `hatch-flyte history` lists the others.",
        )
    return Way(live=live, past=past, moves=moves, passed=tuple(search.passed))


def moves_to(release: Release, active: Mapping[str, Message], live: str) -> tuple[Move, ...]:
    """Return the moves that make `release` live instead of version `live`, those done already too.

    What is active of the live version, and of any that was registered after `release`, goes back: a launch plan that
    `release` has becomes active in its version, another inactive. What is active of older versions stays.
    """
    moves = []
    for name, plan in sorted(active.items()):
        if not owns(release.distribution, plan):
            continue
        version = cast("Any", plan).id.version
        if version in {live, release.version} or created(plan) > release.registered:
            there = release.launch_plans.get(name)
            moves.append(_move(there, plan) if there else deactivating(plan))
    return tuple(moves)


def _move(there: Message, before: Message) -> Move:
    from hatch_flyte.wire.messages import stored_identifier

    return activating(stored_identifier(Kind.LAUNCH_PLAN, there), cast("Any", there).spec, before)


@dataclass(slots=True)
class _Search:
    """The release to go back to, looked for."""

    wish: Wish
    shelf: Shelf
    live: str
    defaults: frozenset[str]
    """Workflows that have a default launch plan in the live release."""
    passed: list[Past] = field(default_factory=list)

    async def named(self) -> Past:
        """Return the release that is wished for; `NotFoundError` if there is none, with the near miss."""
        wish, shelf = self.wish, self.shelf
        release = await shelf.release(wish.distribution, wish.version)
        if release:
            return self._past(release)
        known = [version async for _, version in versions(shelf.registry, shelf.target, wish.distribution)]
        match = near_miss(wish.version, known)
        meant = f", did you mean {match!r}?" if match else ""
        raise NotFoundError(
            f"cluster {shelf.target.cluster}: expected a version of {wish.distribution} that is registered there "
            f"(got {wish.version!r}){meant}",
            hint="`hatch-flyte history` lists them. A release is known by its launch plans, which say whose they are.",
        )

    async def before(self) -> Past:
        """Return the newest complete release registered before the live one; note those that are passed over."""
        reached = False
        async for _, version in versions(self.shelf.registry, self.shelf.target, self.wish.distribution):
            if version == self.live:
                reached = True
                continue
            release = await self.shelf.release(self.wish.distribution, version) if reached else None
            past = self._past(release) if release else None
            if past and not past.gaps:
                return past
            self.passed += [past] if past else []
        without = f"; not complete: {', '.join(one.release.version for one in self.passed)}" if self.passed else ""
        raise NotFoundError(
            f"cluster {self.shelf.target.cluster}: expected a release of {self.wish.distribution} registered before "
            f"{self.live}, which is live (got none{without})",
            hint="Name one with `--to VERSION`; `hatch-flyte history` lists what is registered.",
        )

    def _past(self, release: Release) -> Past:
        return Past(release, gaps(release, self.defaults))
