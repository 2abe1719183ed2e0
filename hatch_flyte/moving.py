"""Activating and deactivating launch plans in one registry, and reading back whether they are.

The registry's word that it did is no proof: what it lists as active afterwards is.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from hatch_flyte.activation import Moved, MoveStatus
from hatch_flyte.errors import RegistryError, RejectedError
from hatch_flyte.events import Activating, LaunchPlanMoved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hatch_flyte.activation import Move
    from hatch_flyte.config import Target
    from hatch_flyte.registry.port import Registry
    from hatch_flyte.watch import Watch


async def carry_out(moves: Sequence[Move], target: Target, registry: Registry, watch: Watch) -> tuple[Moved, ...]:
    """Bring launch plans into the states that `moves` ask for; return what came of each, in their order.

    First all that become active, then those that become inactive, so that nothing is missing in between. Once asked to
    stop nothing new is sent. Every failure is in what is returned.
    """
    needed = [move for move in moves if move.needed]
    if not needed:
        return _told([Moved(move, MoveStatus.UNCHANGED) for move in moves], target, watch)
    activations = sum(move.activate for move in needed)
    watch.tell(Activating(target, activations, len(needed) - activations))
    refusals: dict[Move, Moved] = {}
    for activate in (True, False):
        sent = [move for move in needed if move.activate is activate]
        answers = await asyncio.gather(*(_send(move, registry, watch) for move in sent))
        refusals |= {answer.move: answer for answer in answers if answer is not None}
    try:
        found = registry.active(target.project, target.domain)
        active = {cast("Any", plan).id.name: cast("Any", plan).id.version async for plan in found}
    except RegistryError as problem:
        return _told([_unread(move, refusals, problem) for move in moves], target, watch)
    return _told([_read(move, refusals, active) for move in moves], target, watch)


def unmoved(moves: Sequence[Move], why: str) -> tuple[Moved, ...]:
    """Return the moves as skipped: `why`. Those that ask for nothing stay as they are."""
    return tuple(
        Moved(move, MoveStatus.SKIPPED, f"not sent: {why}") if move.needed else Moved(move, MoveStatus.UNCHANGED)
        for move in moves
    )


def planned(moves: Sequence[Move]) -> tuple[Moved, ...]:
    """Return the moves as a dry run has them."""
    return tuple(Moved(move, MoveStatus.PLANNED if move.needed else MoveStatus.UNCHANGED) for move in moves)


async def _send(move: Move, registry: Registry, watch: Watch) -> Moved | None:
    """Carry out one move; return what came of it if it was refused or not sent."""
    if watch.stop.is_set():
        return Moved(move, MoveStatus.SKIPPED, "not sent: interrupted")
    try:
        await (registry.activate if move.activate else registry.deactivate)(move.identifier)
    except RegistryError as problem:
        return Moved(move, MoveStatus.FAILED, problem.message, problem)
    return None


def _read(move: Move, refusals: Mapping[Move, Moved], active: Mapping[str, str]) -> Moved:
    """Judge a move by what is active; a refusal that was overtaken by another's success is none."""
    live = active.get(move.identifier.name, "")
    done = (live == move.identifier.version) is move.activate
    refusal = refusals.get(move)
    if done and not (refusal and refusal.status is MoveStatus.SKIPPED):
        return Moved(move, _done(move))
    if refusal:
        return refusal
    there = f"version {live} is" if live else "none is"
    wanted = "active" if move.activate else "inactive"
    problem = RejectedError(
        f"the registry took it, yet {there} active (expected {move.identifier.version} to be {wanted})",
        hint="Somebody else may have moved it at the same time: look with `hatch-flyte status`.",
        identifier=move.identifier,
    )
    return Moved(move, MoveStatus.FAILED, problem.message, problem)


def _unread(move: Move, refusals: Mapping[Move, Moved], problem: RegistryError) -> Moved:
    if move in refusals or not move.needed:
        return refusals.get(move) or Moved(move, MoveStatus.UNCHANGED)
    return Moved(move, MoveStatus.FAILED, f"sent, and could not be read back: {problem.message}", problem)


def _done(move: Move) -> MoveStatus:
    if not move.needed:
        return MoveStatus.UNCHANGED
    return MoveStatus.ACTIVATED if move.activate else MoveStatus.DEACTIVATED


def _told(moved: Sequence[Moved], target: Target, watch: Watch) -> tuple[Moved, ...]:
    for one in moved:
        watch.tell(LaunchPlanMoved(target, one))
    return tuple(moved)
