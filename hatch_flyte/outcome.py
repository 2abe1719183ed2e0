"""What came of each entity of a publish, and the exit code and summary that follow from it.

Values only: every door (command line, Hatch, JSON) shows the same outcomes.
"""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hatch_flyte.activation import MoveStatus
from hatch_flyte.entity import Kind
from hatch_flyte.registry.port import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hatch_flyte.activation import Moved
    from hatch_flyte.config import Target
    from hatch_flyte.entity import Identifier
    from hatch_flyte.errors import HatchFlyteError
    from hatch_flyte.plan import Plan
    from hatch_flyte.registry.port import Location
    from hatch_flyte.wire.compare import Difference

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 + SIGINT, as shells have it."""


class Status(enum.Enum):
    """What came of one entity."""

    CREATED = "created"
    PLANNED = "would be created"
    """A dry run would have created it."""
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    """The registry holds this version with other content."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """Never sent; the outcome says why."""


GOOD = frozenset({Status.CREATED, Status.PLANNED, Status.UNCHANGED})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one entity in one registry."""

    identifier: Identifier
    status: Status
    detail: str = ""
    """Why, for people; empty for created and unchanged."""
    differences: tuple[Difference, ...] = ()
    error: HatchFlyteError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of one archive in one cluster."""

    target: Target
    place: str
    """Where the registry is; empty if it could not be opened."""
    version: str
    outcomes: tuple[Outcome, ...]
    """One for each entity of the archive, in the archive's order."""
    plan: Plan | None = None
    """What it was meant to be; None where none could be made."""
    uploaded: bool = False
    error: HatchFlyteError | None = None
    """What stopped the whole cluster, if anything did."""
    interrupted: bool = False
    moved: tuple[Moved, ...] = ()
    """What came of activating, the last step; empty where nothing is to be activated."""
    traffic: Traffic = field(default_factory=Traffic)
    """What the registry was sent for this archive."""

    @property
    def needed(self) -> int:
        """How many writes there are where nothing goes wrong: entities and bundle to create, launch plans to move."""
        if self.plan is None:
            return 0
        return len(self.plan.new) + self.plan.uploads + sum(move.needed for move in self.plan.moves)

    @property
    def bundle(self) -> Location | None:
        """Where the bundle is; `stored` tells that it was there before."""
        return self.plan.bundle if self.plan else None

    @property
    def counts(self) -> dict[Status, int]:
        """The number of entities by status, in the order of `Status`, none left out but those with no entity."""
        counted = Counter(outcome.status for outcome in self.outcomes)
        return {status: counted[status] for status in Status if counted[status]}

    @property
    def ok(self) -> bool:
        """Whether everything is as it should be."""
        registered = self.error is None and all(outcome.status in GOOD for outcome in self.outcomes)
        return registered and all(moved.ok for moved in self.moved)

    @property
    def exit_code(self) -> int:
        """0, or the code of the gravest thing that happened (docs/exit-codes.md)."""
        if self.interrupted and not self.ok:
            return INTERRUPTED
        if self.error is not None:
            return self.error.exit_code
        statuses = set(self.counts)
        if Status.CONFLICT in statuses:
            return 8
        errors = [*(one.error for one in self.outcomes), *(one.error for one in self.moved)]
        failed = [error.exit_code for error in errors if error is not None]
        return max(failed, default=0 if self.ok else 1)

    @property
    def summary(self) -> str:
        """One line: `33 created, 2 unchanged; 1 activated`."""
        words = ", ".join(f"{count} {status.value}" for status, count in self.counts.items()) or "no entity"
        moves = Counter(one.status for one in self.moved)
        counted = ", ".join(f"{moves[status]} {status.value}" for status in MoveStatus if moves[status])
        return f"{words}; {counted}" if counted else words


def exit_code(reports: tuple[Report, ...]) -> int:
    """Return one exit code for several clusters; see `common_code`."""
    return common_code(report.exit_code for report in reports)


def common_code(codes: Iterable[int]) -> int:
    """Return one exit code for several: 0 if all are, the common code, 1 where they differ; 130 if one is that."""
    failed = set(codes) - {0}
    if INTERRUPTED in failed:
        return INTERRUPTED
    return failed.pop() if len(failed) == 1 else (1 if failed else 0)


def by_kind(kinds: Iterable[Kind]) -> str:
    """Return `3 tasks, 1 workflow, 2 launch plans`."""
    counted = Counter(kinds)
    words = [f"{counted[kind]} {kind.value}{'' if counted[kind] == 1 else 's'}" for kind in Kind if counted[kind]]
    return ", ".join(words) or "no entity"
