from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Console
from support_archives import archive_of
from support_registries import TARGET
from support_releases import order_of, plan_id

from hatch_flyte.activation import Move, Moved, MoveStatus
from hatch_flyte.cli.live_table import LiveTable
from hatch_flyte.events import ArchiveDone, EntityDone, LaunchPlanMoved, Looking, PlanMade, Registering, Stopping
from hatch_flyte.outcome import Outcome, Report, Status
from hatch_flyte.plan import make_plan
from hatch_flyte.registry.local import open_local

if TYPE_CHECKING:
    from pathlib import Path

OTHER = replace(TARGET, cluster="\x1b[31m[bold]odd[/nothing]")
PLAN = plan_id("acme.flow", "1.0")


def shown(table: LiveTable) -> list[str]:
    """Return the rows as a terminal without colours shows them, without their bars."""
    console = Console(file=io.StringIO(), width=200, no_color=True)
    console.print(table.table())
    assert isinstance(console.file, io.StringIO)
    return [" ".join(line.replace("━", " ").split()) for line in console.file.getvalue().splitlines()]


def report(*outcomes: Outcome) -> Report:
    return Report(target=TARGET, place="", version="1.0", outcomes=outcomes)


async def test_a_row_says_what_a_cluster_is_at_and_what_came_of_it(tmp_path: Path) -> None:
    table = LiveTable()
    registry = open_local(tmp_path)
    plan = await make_plan(order_of(), TARGET, registry)
    await registry.close()

    table.on_event(Looking(TARGET))
    assert shown(table) == ["local looking"]
    for event in (PlanMade(TARGET, plan), Registering(TARGET, 3), EntityDone(TARGET, Outcome(PLAN, Status.CREATED))):
        table.on_event(event)
    assert shown(table) == ["local registering 1 created"]
    assert [(row.entities, sum(row.counts.values())) for row in table.rows.values()] == [(3, 1)]
    moved = Moved(Move(PLAN, activate=True), MoveStatus.ACTIVATED)
    table.on_event(LaunchPlanMoved(TARGET, moved))
    table.on_event(ArchiveDone(TARGET, archive_of(), report(Outcome(PLAN, Status.CREATED))))
    assert shown(table) == ["local done 1 created; 1 moved"]


def test_each_cluster_has_its_row_with_its_name_to_the_letter() -> None:
    table = LiveTable()

    table.on_event(Looking(TARGET))
    table.on_event(Stopping(OTHER))

    first, second = shown(table)
    assert first == "local looking"
    assert second.startswith("\\x1b[31m[bold]odd[/nothing] stopping: what is in flight is awaited")


def test_a_cluster_with_one_archive_that_failed_is_not_done() -> None:
    table = LiveTable()

    table.on_event(ArchiveDone(TARGET, archive_of(), report(Outcome(PLAN, Status.FAILED))))
    table.on_event(ArchiveDone(TARGET, archive_of(), report(Outcome(PLAN, Status.CREATED))))

    assert shown(table) == ["local not done"]
