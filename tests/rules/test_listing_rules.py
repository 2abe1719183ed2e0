"""What a list request asks for, and which are refused."""

from __future__ import annotations

from typing import Any

import pytest
from flyteidl.admin.common_pb2 import NamedEntityIdentifier, ResourceListRequest, Sort
from flyteidl.admin.project_pb2 import ProjectListRequest

from hatch_flyte.entity import Kind
from hatch_flyte.rules.listing import Condition, entity_query, next_token, project_query
from hatch_flyte.rules.refusal import RefusalError

FIXED = (Condition("project", "eq", ("p",)), Condition("domain", "eq", ("d",)))


def request(name: str = "", **fields: Any) -> ResourceListRequest:
    place = NamedEntityIdentifier(project="p", domain="d", name=name)
    return ResourceListRequest(**{"id": place, "limit": 10} | fields)


def filtered(filters: str, kind: Kind = Kind.TASK) -> tuple[Condition, ...]:
    return entity_query(kind, request(filters=filters)).conditions[2:]


def test_a_list_is_of_a_project_and_domain_and_may_be_of_a_name() -> None:
    assert entity_query(Kind.TASK, request()).conditions == FIXED
    assert entity_query(Kind.TASK, request("n")).conditions == (*FIXED, Condition("name", "eq", ("n",)))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"id": NamedEntityIdentifier(domain="d")}, "^missing project$"),
        ({"id": NamedEntityIdentifier(project="p")}, "^missing domain$"),
        ({"limit": 0}, "^invalid value for limit$"),
        ({"token": "-1"}, "^invalid pagination token -1 for ListTasks$"),
        ({"token": "٣"}, "^invalid pagination token ٣ for ListTasks$"),
        ({"sort_by": Sort(key="size")}, "^invalid sort key 'size'$"),
        ({"filters": "eq(name,)"}, "^invalid value for filters$"),
        ({"filters": "eq(name,a)+"}, "^invalid value for filters$"),
        ({"filters": "EQ(name,a)"}, "^unrecognized filter function: EQ$"),
        ({"filters": "EQ(size,a)"}, r"^'t\.size' is invalid filter$"),
        ({"filters": "eq(id,abc)", "sort_by": Sort(key="size")}, "^invalid sort key 'size'$"),
        ({"filters": "eq(id,abc)", "token": "x"}, "^invalid pagination token x for ListTasks$"),
        ({"filters": "eq(execution_tag.key,a)"}, "^'et' entity is not allowed in filters$"),
        ({"filters": "eq(named_entity_metadata.name,a)"}, "^'nem' entity is not allowed in filters$"),
        ({"filters": "eq(name,a;b)"}, r"^filters: expected one value for 't\.name' \(got 2\)$"),
        ({"filters": "contains(id,1)"}, "^filters: contains is for texts, which 't.id' isn't$"),
        ({"filters": "+".join(["eq(name,a)"] * 501)}, r"^filters: expected at most 500 \(got 501\)$"),
        ({"filters": f"value_in(name,{';' * 10_000}a)"}, r"^filters: expected at most 10000 values for 't\.name'"),
        ({"sort_by": Sort()}, "^invalid sort key ''$"),
        ({"sort_by": Sort(key="name", direction=7)}, '^invalid sort order specified: key:"name" direction:7$'),
        ({"filters": " eq(name,a)"}, "^unrecognized filter function:  eq$"),
        ({"filters": "eq(size,1)"}, r"^'t\.size' is invalid filter$"),
        ({"filters": "eq(name,a,b)"}, r"^'t\.name,a' is invalid filter$"),
        ({"filters": "eq(workflow.name,a)"}, "^'w' entity is not allowed in filters$"),
        ({"filters": "eq(node.name,a)"}, r"^'t\.node\.name' is invalid filter$"),
        ({"filters": "eq(id,abc)"}, r"^filters: expected a number for 't\.id' \(got 'abc'\)$"),
        ({"filters": "gt(created_at,soon)"}, r"^filters: expected a point in time like .* \(got 'soon'\)$"),
    ],
)
def test_a_wrong_request_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RefusalError, match=message):
        entity_query(Kind.TASK, request(**fields))


def test_a_filter_is_a_function_of_a_field_and_a_value() -> None:
    assert filtered("eq(name, a)+ne(type,  b) and more") == (
        Condition("name", "eq", ("a",)),
        Condition("type", "ne", (" b",)),
    )
    assert filtered("value_in(version,1;2)") == (Condition("version", "value_in", ("1", "2")),)
    assert filtered("contains(version,1;2)") == (Condition("version", "contains", ("[1 2]",)),)
    assert filtered("eq(name,a(b)c)") == (Condition("name", "eq", ("a(b)c",)),)


def test_values_of_numbers_and_times_are_read() -> None:
    assert filtered("eq(state,1)", Kind.LAUNCH_PLAN) == (Condition("state", "eq", (1,)),)
    for text, expected in (
        ("1970-01-02", 86_400_000_000),
        ("1970-01-01 00:00:01", 1_000_000),
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1969-12-31T23:00:01.000005-01:00", 1_000_005),
        ("1969-12-31T23:59:59.5Z", -500_000),
    ):
        assert filtered(f"gt(created_at,{text})") == (Condition("created_at", "gt", (expected,)),)


def test_an_entity_may_stand_before_its_own_field_and_a_workflow_before_a_launch_plans() -> None:
    assert filtered("eq(task.name,a)") == (Condition("name", "eq", ("a",)),)
    assert filtered("eq(workflow.name,a)", Kind.LAUNCH_PLAN) == (Condition("name", "eq", ("a",), owner="w"),)
    with pytest.raises(RefusalError, match=r"'w\.type' is invalid filter"):
        filtered("eq(workflow.type,a)", Kind.LAUNCH_PLAN)


def test_an_order_is_descending_unless_said() -> None:
    query = entity_query(Kind.TASK, request(sort_by=Sort(key="name")))
    assert (query.sort_by, query.descending) == ("name", True)
    query = entity_query(Kind.TASK, request(sort_by=Sort(key="name", direction=Sort.ASCENDING)))
    assert (query.sort_by, query.descending) == ("name", False)
    assert not entity_query(Kind.TASK, request()).descending


def test_a_full_page_has_a_token_for_the_next() -> None:
    query = entity_query(Kind.TASK, request(limit=3, token="+6"))  # a page's
    assert (query.limit, query.offset) == (3, 6)
    assert entity_query(Kind.TASK, request(token="-0")).offset == 0
    assert [next_token(query, count) for count in (3, 2, 0)] == ["9", "", ""]


def test_projects_are_listed_by_name_without_the_archived_unless_filtered() -> None:
    query = project_query(ProjectListRequest())
    assert query.conditions == (Condition("state", "ne", (1,)),)
    assert (query.sort_by, query.descending, query.limit) == ("identifier", False, 0)
    query = project_query(ProjectListRequest(filters="eq(identifier,p)", sort_by=Sort(key="created_at")))
    assert query.conditions == (Condition("identifier", "eq", ("p",)),)
    assert (query.sort_by, query.descending) == ("created_at", True)
    with pytest.raises(RefusalError, match="invalid pagination token x for ListProjects"):
        project_query(ProjectListRequest(token="x"))  # a page's
