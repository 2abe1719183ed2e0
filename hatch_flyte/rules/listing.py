"""Rules about lists: limit, token and order of a request, as values that a store can answer.

Each function returns what a kind of list asks for, or refuses it as the manager of that kind in flyteadmin does, in its
order: place and limit, filters, order, token. Lists of executions have rules, and nothing to list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flyteidl.admin.common_pb2 import NamedEntityIdentifier, Sort

from hatch_flyte.entity import Kind
from hatch_flyte.rules import catalogue
from hatch_flyte.rules.columns import CODES, METADATA, TABLES, Rows
from hatch_flyte.rules.filters import Condition, parsed_filters, readable
from hatch_flyte.rules.identifiers import check_fields, type_name
from hatch_flyte.rules.prototext import message_text
from hatch_flyte.rules.refusal import RefusalError, invalid, invalid_value, missing
from hatch_flyte.status_code import Code
from hatch_flyte.wire.messages import RESOURCE_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.admin.common_pb2 import (
        NamedEntityIdentifierListRequest,
        NamedEntityListRequest,
        ResourceListRequest,
    )
    from flyteidl.admin.description_entity_pb2 import DescriptionEntityListRequest
    from flyteidl.admin.launch_plan_pb2 import ActiveLaunchPlanListRequest
    from flyteidl.admin.project_pb2 import ProjectListRequest

__all__ = ["Condition", "NamesQuery", "Query"]


@dataclass(frozen=True, slots=True)
class Query:
    """What a store is to list."""

    kind: Kind | Rows
    conditions: tuple[Condition, ...] = ()
    sort_by: str = ""
    """A column; empty for the order of creation."""
    descending: bool = False
    limit: int = 0
    """0 for no limit."""
    offset: int = 0


@dataclass(frozen=True, slots=True)
class NamesQuery:
    """Which names of a kind a store is to list, each once, with what is said of them.

    Limit and offset count names before the conditions are looked at, as the control plane's query does.
    """

    kind: Kind
    project: str
    """Empty for every project."""
    domain: str
    conditions: tuple[Condition, ...] = ()
    sort_by: str = ""
    """`project`, `domain` or `name`; empty for the order of names."""
    descending: bool = False
    limit: int = 0
    offset: int = 0


_TOKEN: Final = re.compile(r"\+?[0-9]{1,18}|-0{1,18}")
_METHODS: Final[Mapping[Kind | Rows, str]] = {
    Kind.TASK: "ListTasks",
    Kind.WORKFLOW: "ListWorkflows",
    Kind.LAUNCH_PLAN: "ListLaunchPlans",
    Rows.PROJECTS: "ListProjects",
    Rows.DESCRIPTIONS: "ListWorkflows",
    Rows.EXECUTIONS: "ListExecutions",
    Rows.NODE_EXECUTIONS: "ListNodeExecutions",
    Rows.TASK_EXECUTIONS: "ListTaskExecutions",
    Rows.SIGNALS: "ListSignals",
}
"""What messages about tokens call a list."""

_ID_LISTS: Final[Mapping[Kind, str]] = {
    Kind.TASK: " for ListUniqueTaskIdentifiers",
    Kind.WORKFLOW: " for ListWorkflowIdentifiers",
    Kind.LAUNCH_PLAN: "",
}
_GROUPED: Final = frozenset(NamedEntityIdentifier.DESCRIPTOR.fields_by_name) - {"org"}
"""The columns that names are grouped by: only they can be sorted by."""

_HIDDEN: Final = Condition("name", "not_like", (".flytegen%",))
"""Names that flyteadmin makes up are listed only where filters are given."""


def entity_query(kind: Kind, request: ResourceListRequest) -> Query:
    """Return what a ListTasks, ListWorkflows or ListLaunchPlans asks for."""
    return _of_resources(kind, request)


def execution_query(request: ResourceListRequest) -> Query:
    """Return what a ListExecutions asks for."""
    return _of_resources(Rows.EXECUTIONS, request)


def active_query(request: ActiveLaunchPlanListRequest) -> Query:
    """Return what a ListActiveLaunchPlans asks for."""
    _check_place(request, request.limit)
    fixed = (*_equal({"project": request.project, "domain": request.domain}), Condition("state", "eq", (1,)))
    return _query(Kind.LAUNCH_PLAN, request, fixed, method="ListActiveLaunchPlans")


def project_query(request: ProjectListRequest) -> Query:
    """Return what a ListProjects asks for: without filters those that aren't archived, without an order by name."""
    archived = () if request.filters else (Condition("state", "ne", (1,)),)
    query = _query(Rows.PROJECTS, request, archived)
    if query.sort_by:
        return query
    return Query(query.kind, query.conditions, "identifier", limit=query.limit, offset=query.offset)


def description_query(request: DescriptionEntityListRequest) -> Query:
    """Return what a ListDescriptionEntities asks for: what describes a name, be it a task's or a workflow's."""
    check_fields(request.id, ("project", "domain", "name"))
    if not request.limit:
        raise invalid_value("limit", rule=catalogue.LIST)
    code = {RESOURCE_TYPES[kind]: CODES[kind] for kind in Kind}.get(request.resource_type, "")
    if request.filters and not code:
        # flyteadmin filters descriptions as what they describe, and fails without an answer to that.
        raise RefusalError(Code.INTERNAL, "unsupported entity ''", rule=catalogue.LIST_FILTER)
    place = {"project": request.id.project, "domain": request.id.domain, "name": request.id.name}
    return _query(Rows.DESCRIPTIONS, request, _equal(place), filtered_as=code)


def run_query(rows: Rows, request: Any) -> Query:
    """Return what a list of node executions, task executions or signals asks for, its place being checked."""
    return _query(rows, request, ())


def ids_query(kind: Kind, request: NamedEntityIdentifierListRequest) -> NamesQuery:
    """Return what a ListTaskIds, ListWorkflowIds or ListLaunchPlanIds asks for; filters are ignored."""
    if kind is not Kind.LAUNCH_PLAN:
        _check_place(request, request.limit)
    _check_sort(request, CODES[kind])
    offset = _offset(request.token, _ID_LISTS[kind])
    if not request.limit or not (request.project or request.domain):
        lacks = "filters" if request.limit else "limit"
        raise invalid(f"missing and/or invalid parameters: {lacks}", rule=catalogue.LIST)
    return _names(kind, request, (), offset)


def names_query(request: NamedEntityListRequest) -> NamesQuery:
    """Return what a ListNamedEntities asks for."""
    check_fields(request, ("project", "domain"))
    if not request.resource_type:
        raise invalid_value("resource_type", rule=catalogue.NAME)
    if not request.limit:
        raise invalid_value("limit", rule=catalogue.LIST)
    code = CODES[Rows.NAMES]
    conditions = parsed_filters(request.filters, code) or [_HIDDEN]
    _check_sort(request, code)
    offset = _offset(request.token, " for ListNamedEntities")
    kind = next((one for one in Kind if RESOURCE_TYPES[one] == request.resource_type), None)
    if kind is None:
        text = f"Cannot list entity names for resource type: {type_name(request.resource_type)}"
        raise invalid(text, rule=catalogue.NAME)
    found = readable(conditions, code)
    if any(one.column == "resource_type" and one.owner != METADATA for one in found):
        raise invalid("filters: 'resource_type' can't be filtered by", rule=catalogue.LIST_FILTER)
    return _names(kind, request, found, offset)


def next_token(query: Query | NamesQuery, count: int) -> str:
    """Return the token of the next page: where a page is full, there may be one."""
    return str(query.offset + count) if count == query.limit else ""


def _of_resources(kind: Kind | Rows, request: ResourceListRequest) -> Query:
    if not request.HasField("id"):
        raise missing("id", rule=catalogue.LIST)
    _check_place(request.id, request.limit)
    prefix = "execution_" if kind is Rows.EXECUTIONS else ""
    place = {"project": request.id.project, "domain": request.id.domain, "name": request.id.name}
    return _query(kind, request, _equal({f"{prefix}{column}": value for column, value in place.items()}))


def _check_place(place: Any, limit: int) -> None:
    check_fields(place, ("project", "domain"))
    if not limit:
        raise invalid_value("limit", rule=catalogue.LIST)


def _equal(wanted: Mapping[str, str]) -> tuple[Condition, ...]:
    return tuple(Condition(column, "eq", (value,)) for column, value in wanted.items() if value)


def _query(
    kind: Kind | Rows, request: Any, fixed: tuple[Condition, ...], *, method: str = "", filtered_as: str = ""
) -> Query:
    """Return a list with the request's filters (of the table `filtered_as`, if not its own), order and token."""
    code = CODES[kind]
    filters = getattr(request, "filters", "")
    conditions = parsed_filters(filters, filtered_as or code)
    _check_sort(request, code)
    offset = _offset(request.token, f" for {method or _METHODS[kind]}")
    for condition in conditions:
        if filtered_as and condition.column not in TABLES[code].columns:
            text = f"filters: descriptions have no '{condition.column}'"
            raise invalid(text, rule=catalogue.LIST_FILTER)
    read = readable(conditions, filtered_as or code)
    key, descending = _order(request)
    return Query(kind, (*fixed, *read), key, descending, request.limit, offset)


def _names(kind: Kind, request: Any, conditions: tuple[Condition, ...], offset: int) -> NamesQuery:
    key, descending = _order(request)
    if key and key not in _GROUPED:
        text = f"names can be sorted by project, domain and name only (got {key!r})"
        raise invalid(text, rule=catalogue.LIST_SORT)
    place = (kind, request.project, request.domain)
    return NamesQuery(*place, conditions, key, descending, request.limit, offset)


def _check_sort(request: Any, code: str) -> None:
    """Refuse an order by what isn't a column. Source: sorting.go:NewSortParameter."""
    if not request.HasField("sort_by"):
        return
    if request.sort_by.key not in TABLES[code].columns:
        raise invalid(f"invalid sort key '{request.sort_by.key}'", rule=catalogue.LIST_SORT)
    if request.sort_by.direction not in Sort.Direction.values():
        text = f"invalid sort order specified: {message_text(request.sort_by)}"
        raise invalid(text, rule=catalogue.LIST_SORT)


def _order(request: Any) -> tuple[str, bool]:
    key = request.sort_by.key
    return key, bool(key) and request.sort_by.direction == Sort.DESCENDING


def _offset(token: str, method: str) -> int:
    if token and not _TOKEN.fullmatch(token):
        raise invalid(f"invalid pagination token {token}{method}", rule=catalogue.LIST_TOKEN)
    return int(token or 0)
