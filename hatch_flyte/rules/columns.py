"""The tables of the control plane: what lists can be filtered and sorted by.

Source: flyteadmin/pkg/repositories/models, and filters.go for which table may be named in which list.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hatch_flyte.entity import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping


class Type(enum.Enum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    DURATION = "duration"
    BYTES = "bytes"


class Rows(enum.Enum):
    """What else than entities there is to be listed."""

    PROJECTS = "p"
    DESCRIPTIONS = "d"
    NAMES = "nen"
    EXECUTIONS = "e"
    NODE_EXECUTIONS = "ne"
    TASK_EXECUTIONS = "te"
    SIGNALS = "s"


@dataclass(frozen=True, slots=True)
class Table:
    """What a list can be filtered and sorted by."""

    columns: Mapping[str, Type]
    joined: frozenset[str] = frozenset()
    """Codes of other tables that a filter of the list may name."""


METADATA: Final = "nem"
"""The code of what is said of names."""

CODES: Final[Mapping[Kind | Rows, str]] = {
    Kind.TASK: "t",
    Kind.WORKFLOW: "w",
    Kind.LAUNCH_PLAN: "l",
    **{rows: rows.value for rows in Rows},
}
"""How flyteadmin's messages call a table."""

PREFIXES: Final[Mapping[str, str]] = {
    "task": "t",
    "workflow": "w",
    "launch_plan": "l",
    "execution": "e",
    "node_execution": "ne",
    "task_execution": "te",
    "entities": "nen",
    "named_entity_metadata": METADATA,
    "project": "p",
    "signal": "s",
    "admin_tag": "at",
    "execution_admin_tag": "eat",
    "execution_tag": "et",
}
"""What may stand before a filter's field, and the table that it stands for."""

_ROW: Final = {"id": Type.NUMBER, "created_at": Type.TIME, "updated_at": Type.TIME, "deleted_at": Type.TIME}
_PLACE: Final = dict.fromkeys(("project", "domain", "name"), Type.TEXT)
_ENTITY: Final = {**_ROW, **_PLACE, "version": Type.TEXT, "digest": Type.BYTES}
_NAME: Final = {"resource_type": Type.NUMBER, **_PLACE, "description": Type.TEXT, "state": Type.NUMBER}
_EXECUTION_KEY: Final = dict.fromkeys(("execution_project", "execution_domain", "execution_name"), Type.TEXT)
_RUN: Final = {
    **_ROW,
    **_EXECUTION_KEY,
    "phase": Type.TEXT,
    "closure": Type.BYTES,
    "started_at": Type.TIME,
    "duration": Type.DURATION,
}


def _times(prefix: str) -> dict[str, Type]:
    return {f"{prefix}_created_at": Type.TIME, f"{prefix}_updated_at": Type.TIME}


_EXECUTION: Final = {
    **_RUN,
    **_times("execution"),
    **dict.fromkeys(("launch_plan_id", "workflow_id", "task_id", "mode", "state"), Type.NUMBER),
    **dict.fromkeys(("source_execution_id", "parent_node_execution_id"), Type.NUMBER),
    **dict.fromkeys(("abort_cause", "cluster", "inputs_uri", "user_inputs_uri", "error_kind"), Type.TEXT),
    **dict.fromkeys(("error_code", "user", "launch_entity"), Type.TEXT),
    "spec": Type.BYTES,
}
_NODE_EXECUTION: Final = {
    **_RUN,
    **_times("node_execution"),
    **dict.fromkeys(("node_id", "input_uri", "error_kind", "error_code", "cache_status"), Type.TEXT),
    **dict.fromkeys(("parent_id", "parent_task_execution_id"), Type.NUMBER),
    **dict.fromkeys(("node_execution_metadata", "internal_data"), Type.BYTES),
    "dynamic_workflow_remote_closure_reference": Type.TEXT,
}
_TASK_EXECUTION: Final = {
    **_RUN,
    **_PLACE,
    **_times("task_execution"),
    **dict.fromkeys(("version", "node_id", "input_uri"), Type.TEXT),
    **dict.fromkeys(("retry_attempt", "phase_version"), Type.NUMBER),
}

TABLES: Final[Mapping[str, Table]] = {
    "t": Table({**_ENTITY, "closure": Type.BYTES, "type": Type.TEXT, "short_description": Type.TEXT}),
    "w": Table(
        {
            **_ENTITY,
            "typed_interface": Type.BYTES,
            "remote_closure_identifier": Type.TEXT,
            "short_description": Type.TEXT,
        }
    ),
    "l": Table(
        {
            **_ENTITY,
            **dict.fromkeys(("spec", "closure"), Type.BYTES),
            **dict.fromkeys(("workflow_id", "state"), Type.NUMBER),
            **dict.fromkeys(("schedule_type", "launch_condition_type"), Type.TEXT),
        },
        frozenset("w"),
    ),
    "p": Table(
        {
            **_ROW,
            **dict.fromkeys(("identifier", "name", "description"), Type.TEXT),
            "labels": Type.BYTES,
            "state": Type.NUMBER,
        }
    ),
    "d": Table(
        {
            **_ROW,
            **_PLACE,
            "resource_type": Type.NUMBER,
            "version": Type.TEXT,
            "short_description": Type.TEXT,
            "long_description": Type.BYTES,
            "link": Type.TEXT,
        }
    ),
    "nen": Table(_NAME, frozenset({METADATA})),
    METADATA: Table({**_ROW, **_NAME}),
    "e": Table(_EXECUTION, frozenset({"l", "w", "t", "at", "et"})),
    "ne": Table(_NODE_EXECUTION, frozenset("e")),
    "te": Table(_TASK_EXECUTION, frozenset({"t", "e", "ne"})),
    "s": Table({**_ROW, **_EXECUTION_KEY, "signal_id": Type.TEXT, "type": Type.BYTES, "value": Type.BYTES}),
    "at": Table({**_ROW, "name": Type.TEXT}),
    "et": Table({**_ROW, **_EXECUTION_KEY, "key": Type.TEXT, "value": Type.TEXT}),
}
"""The tables by their codes."""
