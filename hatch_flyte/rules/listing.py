"""Rules about lists: limit, token, order and filters of a request, as a value that a store can answer."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from flyteidl.admin.common_pb2 import Sort

from hatch_flyte.entity import Kind
from hatch_flyte.rules.refusal import RefusalError, invalid, invalid_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.admin.common_pb2 import ResourceListRequest
    from flyteidl.admin.project_pb2 import ProjectListRequest


class Type(enum.Enum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class Table:
    """What a list can be filtered and sorted by."""

    code: str
    """How flyteadmin's messages call it."""
    columns: Mapping[str, Type]


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter: a column, of the listed entity or of its workflow, compared with values."""

    column: str
    function: str
    values: tuple[str | int, ...]
    of_workflow: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What a store is to list."""

    kind: Kind | None
    """None for projects."""
    conditions: tuple[Condition, ...] = ()
    sort_by: str = ""
    """A column; empty for the order of creation."""
    descending: bool = False
    limit: int = 0
    """0 for no limit."""
    offset: int = 0


_ROW: Final = {"id": Type.NUMBER, "created_at": Type.TIME, "updated_at": Type.TIME, "deleted_at": Type.TIME}
_ENTITY: Final = {**_ROW, **dict.fromkeys(("project", "domain", "name", "version"), Type.TEXT), "digest": Type.BYTES}
TABLES: Final[dict[Kind | None, Table]] = {
    Kind.TASK: Table("t", {**_ENTITY, "closure": Type.BYTES, "type": Type.TEXT, "short_description": Type.TEXT}),
    Kind.WORKFLOW: Table(
        "w",
        {
            **_ENTITY,
            "typed_interface": Type.BYTES,
            "remote_closure_identifier": Type.TEXT,
            "short_description": Type.TEXT,
        },
    ),
    Kind.LAUNCH_PLAN: Table(
        "l",
        {
            **_ENTITY,
            "spec": Type.BYTES,
            "workflow_id": Type.NUMBER,
            "closure": Type.BYTES,
            "state": Type.NUMBER,
            "schedule_type": Type.TEXT,
        },
    ),
    None: Table(
        "p",
        {
            **_ROW,
            **dict.fromkeys(("identifier", "name", "description"), Type.TEXT),
            "labels": Type.BYTES,
            "state": Type.NUMBER,
        },
    ),
}
"""The columns that flyteadmin's tables have; None is the table of projects."""

SETS: Final = frozenset({"value_in", "value_not_in"})
"""Functions that compare with several values, given with `;` between them."""
FUNCTIONS: Final = frozenset({"contains", "not_like", "gt", "gte", "lt", "lte", "eq", "ne"}) | SETS

_FILTER: Final = re.compile(r"(.+)\((.+),[\t\n\f\r ]?(.+)\)")
_TOKEN: Final = re.compile(r"\+?[0-9]{1,18}")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_PREFIXES: Final = {"task.": Kind.TASK, "workflow.": Kind.WORKFLOW, "launch_plan.": Kind.LAUNCH_PLAN}
_METHODS: Final = {
    Kind.TASK: "ListTasks",
    Kind.WORKFLOW: "ListWorkflows",
    Kind.LAUNCH_PLAN: "ListLaunchPlans",
    None: "ListProjects",
}


def entity_query(kind: Kind, request: ResourceListRequest) -> Query:
    """Return what a ListTasks, ListWorkflows or ListLaunchPlans asks for."""
    if not request.id.project:
        raise invalid("missing project")
    if not request.id.domain:
        raise invalid("missing domain")
    if not request.limit:
        raise invalid_value("limit")
    place = {"project": request.id.project, "domain": request.id.domain, "name": request.id.name}
    fixed = tuple(Condition(column, "eq", (value,)) for column, value in place.items() if value)
    return _query(kind, request, fixed)


def project_query(request: ProjectListRequest) -> Query:
    """Return what a ListProjects asks for: without filters those that aren't archived, without an order by name."""
    archived = () if request.filters else (Condition("state", "ne", (1,)),)
    return _query(None, request, archived, default_sort="identifier")


def _query(
    kind: Kind | None,
    request: ResourceListRequest | ProjectListRequest,
    fixed: tuple[Condition, ...],
    default_sort: str = "",
) -> Query:
    filters = [_condition(kind, *one) for one in _parsed(request.filters)]
    key = request.sort_by.key
    if key and key not in TABLES[kind].columns:
        raise invalid(f"invalid sort key '{key}'")
    return Query(
        kind=kind,
        conditions=(*fixed, *filters),
        sort_by=key or default_sort,
        descending=bool(key) and request.sort_by.direction == Sort.DESCENDING,
        limit=request.limit,
        offset=_offset(request.token, _METHODS[kind]),
    )


def next_token(query: Query, count: int) -> str:
    """Return the token of the next page: where a page is full, there may be one."""
    return str(query.offset + count) if count == query.limit else ""


def _offset(token: str, method: str) -> int:
    if token and not _TOKEN.fullmatch(token):
        raise invalid(f"invalid pagination token {token} for {method}")
    return int(token or 0)


def _parsed(filters: str) -> list[tuple[str, str, str]]:
    found = []
    for expression in filters.split("+") if filters else []:
        match = _FILTER.search(expression)
        if match is None:
            raise invalid_value("filters")
        if match[1] not in FUNCTIONS:
            raise invalid(f"unrecognized filter function: {match[1]}")
        found.append((match[1], match[2], match[3]))
    return found


def _condition(kind: Kind | None, function: str, field: str, value: str) -> Condition:
    """Return one filter; an entity before the field is allowed if it is the listed one, or a launch plan's workflow."""
    prefix = next((one for one in _PREFIXES if field.startswith(one)), "")
    owner = _PREFIXES.get(prefix, kind)
    if owner is not kind and (kind, owner) != (Kind.LAUNCH_PLAN, Kind.WORKFLOW):
        raise invalid(f"'{TABLES[owner].code}' entity is not allowed in filters")
    table, column = TABLES[owner], field.removeprefix(prefix)
    if column not in table.columns:
        raise invalid(f"'{table.code}.{column}' is invalid filter")
    texts = value.split(";") if function in SETS else [value]
    return Condition(column, function, tuple(_value(table, column, one) for one in texts), owner is not kind)


def _value(table: Table, column: str, text: str) -> str | int:
    type_ = table.columns[column]
    if type_ is Type.NUMBER:
        if not _NUMBER.fullmatch(text):
            raise _unreadable(table, column, "a number", text)
        return int(text)
    return _microseconds(table, column, text) if type_ is Type.TIME else text


def _microseconds(table: Table, column: str, text: str) -> int:
    """Return a point in time, given as RFC 3339 or a part of it, in microseconds since 1970; UTC unless it says so."""
    for form in ("%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"):
        try:
            moment = datetime.strptime(text, form)  # noqa: DTZ007 # the next line gives it a zone
        except ValueError:
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        since = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
        return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds
    raise _unreadable(table, column, "a point in time like 2026-01-31T12:00:00Z", text)


def _unreadable(table: Table, column: str, expected: str, text: str) -> RefusalError:
    return invalid(f"filters: expected {expected} for '{table.code}.{column}' (got {text!r})")
