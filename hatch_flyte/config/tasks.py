"""Defaults for tasks: the tables under `tasks` become values, in the order in which they count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hatch_flyte.config.declaration import TASK_KEYS
from hatch_flyte.config.kinds import quoted
from hatch_flyte.config.reader import inner_dotted
from hatch_flyte.config.tables import Quantities, Table
from hatch_flyte.config.values import TaskDefaults

if TYPE_CHECKING:
    from hatch_flyte.config.reader import Reader
    from hatch_flyte.config.spots import TableSpot

_WILDCARDS = frozenset("*?[")


def read_tasks(reader: Reader) -> tuple[TaskDefaults, ...]:
    """Return what `reader` has read of tasks: globs before names, and shorter before longer ones, so the last wins."""
    tables = reader.tables["tasks"]
    ordered = sorted(tables, key=lambda pattern: (not _WILDCARDS & set(pattern), len(pattern), pattern))
    return tuple(_task_defaults(pattern, tables[pattern], reader) for pattern in ordered)


def _task_defaults(pattern: str, spot: TableSpot, reader: Reader) -> TaskDefaults:
    values: dict[str, Any] = {}
    for name, key in TASK_KEYS.items():
        dotted = inner_dotted("tasks", pattern, name)
        if isinstance(key.kind, Table | Quantities):
            inside = f"{dotted}."
            found = {one: setting.value for one, setting in reader.settings.items() if one.startswith(inside)}
            values[name] = {one[len(inside) :]: value for one, value in found.items()}
        elif dotted in reader.settings:
            values[name] = reader.settings[dotted].value
    return TaskDefaults(pattern=pattern, where=spot.where(f"tasks.{quoted(pattern)}"), **values)
