"""What clients list is found by an index, in its order, however much is registered: by SQLite's own account."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.admin.common_pb2 import ResourceListRequest, Sort
from flyteidl.admin.launch_plan_pb2 import ActiveLaunchPlanListRequest
from registry.entities import DOMAIN, PROJECT

from hatch_flyte.entity import Kind
from hatch_flyte.registry.store_file import connect
from hatch_flyte.registry.store_query import select
from hatch_flyte.rules.listing import active_query, entity_query

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

NEWEST_FIRST = Sort(key="created_at", direction=Sort.DESCENDING)


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    with closing(connect(None, 1.0)) as opened:
        yield opened


def plan(connection: sqlite3.Connection, query: Any) -> list[str]:
    """Return the steps that SQLite takes."""
    statement, parameters = select(query, "brief, NULL, created_at, active")
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]


@pytest.mark.parametrize(
    ("fields", "index"),
    [
        ({"sort_by": NEWEST_FIRST}, "newest (kind=? AND project=? AND domain=?)"),
        ({}, "newest (kind=? AND project=? AND domain=?)"),
        ({"sort_by": Sort(key="updated_at")}, "newest (kind=? AND project=? AND domain=?)"),
        ({"name": "n", "sort_by": NEWEST_FIRST}, "newest_of_name (kind=? AND project=? AND domain=? AND name=?)"),
        ({"name": "n"}, "newest_of_name (kind=? AND project=? AND domain=? AND name=?)"),
        ({"filters": "eq(version,v)"}, "of_version (kind=? AND project=? AND domain=? AND version=?)"),
        (
            {"filters": "eq(version,v)", "sort_by": NEWEST_FIRST},
            "of_version (kind=? AND project=? AND domain=? AND version=?)",
        ),
    ],
)
@pytest.mark.parametrize("kind", Kind)
def test_lists_of_entities_are_read_from_an_index(
    connection: sqlite3.Connection, kind: Kind, fields: dict[str, Any], index: str
) -> None:
    request = ResourceListRequest(limit=100, **{key: value for key, value in fields.items() if key != "name"})
    request.id.project, request.id.domain, request.id.name = PROJECT, DOMAIN, fields.get("name", "")
    assert plan(connection, entity_query(kind, request)) == [f"SEARCH entities USING INDEX {index}"]


def test_active_launch_plans_are_read_from_their_own_index(connection: sqlite3.Connection) -> None:
    index = "newest_active (kind=? AND project=? AND domain=?)"
    request = ActiveLaunchPlanListRequest(project=PROJECT, domain=DOMAIN, limit=100)
    assert plan(connection, active_query(request)) == [f"SEARCH entities USING INDEX {index}"]
    filtered = ResourceListRequest(limit=100, filters="eq(state,1)", sort_by=NEWEST_FIRST)
    filtered.id.project, filtered.id.domain = PROJECT, DOMAIN
    assert plan(connection, entity_query(Kind.LAUNCH_PLAN, filtered)) == [f"SEARCH entities USING INDEX {index}"]
