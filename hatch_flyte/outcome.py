"""What came of each entity of a publish, and the exit code and summary that follow from it.

Values only: every door (command line, Hatch, JSON) shows the same outcomes.
"""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_flyte.entity import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hatch_flyte.config import Target
    from hatch_flyte.entity import Identifier
    from hatch_flyte.errors import HatchFlyteError
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
    bundle: Location | None = None
    """Where the bundle is; `stored` tells that it was there before."""
    uploaded: bool = False
    error: HatchFlyteError | None = None
    """What stopped the whole cluster, if anything did."""
    interrupted: bool = False

    @property
    def counts(self) -> dict[Status, int]:
        """The number of entities by status, in the order of `Status`, none left out but those with no entity."""
        counted = Counter(outcome.status for outcome in self.outcomes)
        return {status: counted[status] for status in Status if counted[status]}

    @property
    def ok(self) -> bool:
        """Whether everything is as it should be."""
        return self.error is None and all(outcome.status in GOOD for outcome in self.outcomes)

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
        failed = [outcome.error.exit_code for outcome in self.outcomes if outcome.error is not None]
        return max(failed, default=0 if self.ok else 1)

    @property
    def summary(self) -> str:
        """One line: `33 created, 2 unchanged`."""
        return ", ".join(f"{count} {status.value}" for status, count in self.counts.items()) or "no entity"


def exit_code(reports: tuple[Report, ...]) -> int:
    """Return one exit code for several clusters: 0 if all are well, the common code, or 1 where they differ."""
    codes = {report.exit_code for report in reports} - {0}
    if INTERRUPTED in codes:
        return INTERRUPTED
    return codes.pop() if len(codes) == 1 else (1 if codes else 0)


def by_kind(kinds: Iterable[Kind]) -> str:
    """Return `3 tasks, 1 workflow, 2 launch plans`."""
    counted = Counter(kinds)
    words = [f"{counted[kind]} {kind.value}{'' if counted[kind] == 1 else 's'}" for kind in Kind if counted[kind]]
    return ", ".join(words) or "no entity"
