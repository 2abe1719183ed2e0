"""What a terminal shows while a publish goes on: a table with one row for each cluster."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from hatch_flyte.event_text import step_words
from hatch_flyte.events import ArchiveDone, EntityDone, LaunchPlanMoved, PlanMade
from hatch_flyte.outcome import Status
from hatch_flyte.report_text import printable

if TYPE_CHECKING:
    from collections.abc import Hashable

    from hatch_flyte.events import Event

WIDTH: Final = 24
"""Of a bar, in characters."""
PER_SECOND: Final = 8
"""How often it is drawn."""


@dataclass(slots=True)
class Row:
    """What is known of a cluster."""

    name: str
    state: str = "waiting"
    entities: int = 0
    """How many there are, of all its archives that were planned."""
    counts: Counter[Status] = field(default_factory=Counter)
    moved: int = 0
    ok: bool = True

    def take(self, event: Event) -> None:
        """Take what happens there."""
        self.state = step_words(event) or self.state
        if isinstance(event, PlanMade):
            self.entities += len(event.plan.entities)
        elif isinstance(event, EntityDone):
            self.counts[event.outcome.status] += 1
        elif isinstance(event, LaunchPlanMoved):
            self.moved += event.moved.move.needed and event.moved.ok
        elif isinstance(event, ArchiveDone):
            self.ok = self.ok and event.report.ok
            self.state = "done" if self.ok else "not done"

    @property
    def summary(self) -> str:
        """The counts so far: `12 created, 3 unchanged; 1 moved`."""
        words = ", ".join(f"{self.counts[status]} {status.value}" for status in Status if self.counts[status])
        return "; ".join(filter(None, [words, f"{self.moved} moved" if self.moved else ""]))


class LiveTable:
    """The table, shown on stderr while it is entered; gone afterwards, since the result says it all."""

    def __init__(self) -> None:
        self.rows: dict[Hashable, Row] = {}
        self._live = Live(
            console=Console(stderr=True),
            get_renderable=self.table,
            refresh_per_second=PER_SECOND,
            transient=True,
        )

    def __enter__(self) -> None:
        self._live.start()

    def __exit__(self, *_problem: object) -> None:
        self._live.stop()

    def on_event(self, event: Event) -> None:
        """Take what happens: a cluster's first event is drawn at once, the others with the next picture."""
        target = event.target
        key = target.cluster, target.endpoint
        is_new = key not in self.rows
        self.rows.setdefault(key, Row(printable(target.cluster))).take(event)
        if is_new and self._live.is_started:
            self._live.refresh()

    def table(self) -> Table:
        """Return the table as it is now."""
        table = Table(box=None, pad_edge=False, show_header=False)
        # The thread that draws must not see a row come while it walks through them.
        for row in list(self.rows.values()):
            done = sum(row.counts.values())
            bar = ProgressBar(total=max(row.entities, 1), completed=done, width=WIDTH)
            table.add_row(Text(row.name, style="bold"), Text(row.state), bar, Text(row.summary))
        return table
