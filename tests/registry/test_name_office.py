"""Names and descriptions: what is said of them, and in which lists they show."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.admin import common_pb2
from flyteidl.admin.common_pb2 import (
    NamedEntityGetRequest,
    NamedEntityIdentifier,
    NamedEntityIdentifierListRequest,
    NamedEntityListRequest,
    NamedEntityMetadata,
    NamedEntityUpdateRequest,
    Sort,
)
from flyteidl.admin.description_entity_pb2 import DescriptionEntityListRequest
from flyteidl.core.identifier_pb2 import DATASET, LAUNCH_PLAN, TASK, WORKFLOW
from registry.entities import DOMAIN, PROJECT, named, task, workflow

from hatch_flyte.entity import Kind
from hatch_flyte.registry.control_plane import ControlPlane
from hatch_flyte.registry.name_office import NameOffice
from hatch_flyte.registry.store import Store
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = {"project": PROJECT, "domain": DOMAIN}
BY_NAME = Sort(key="name", direction=Sort.ASCENDING)


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(None)) as opened:
        plane = ControlPlane(opened)
        for name, version in (("b", "1"), ("a", "1"), ("a", "2"), (".flytegen.c", "1")):
            spec = task()
            spec.description.short_description = f"short {name} {version}"
            spec.description.long_description.value = "long"
            spec.description.source_code.link = "https://acme.example"
            plane.create(Kind.TASK, from_identifier(named(Kind.TASK, name, version)), spec)
        described = workflow(named(Kind.TASK, "a"))
        described.description.SetInParent()
        plane.create(Kind.WORKFLOW, from_identifier(named(Kind.WORKFLOW, "a")), described)
        yield opened


@pytest.fixture
def office(store: Store) -> NameOffice:
    return NameOffice(store)


def name(value: str = "a", type_: int = TASK) -> dict[str, Any]:
    return {"resource_type": type_, "id": NamedEntityIdentifier(**PLACE, name=value)}


def say(office: NameOffice, value: str, **metadata: Any) -> None:
    office.update(NamedEntityUpdateRequest(**name(value), metadata=NamedEntityMetadata(**metadata)))


def listed(office: NameOffice, **fields: Any) -> tuple[list[str], str]:
    request = NamedEntityListRequest(**{"resource_type": TASK, "limit": 10, "sort_by": BY_NAME} | PLACE | fields)
    page = office.page(request)
    return [one.id.name for one in page.entities], page.token


def test_what_is_said_of_a_name_is_kept_whatever_its_versions(office: NameOffice) -> None:
    assert office.get(NamedEntityGetRequest(**name())).metadata == NamedEntityMetadata()
    say(office, "a", description="what it does")
    say(office, "a", state=common_pb2.NAMED_ENTITY_ARCHIVED)
    metadata = office.get(NamedEntityGetRequest(**name())).metadata
    assert metadata == NamedEntityMetadata(description="what it does", state=common_pb2.NAMED_ENTITY_ARCHIVED)
    say(office, "a")
    assert office.get(NamedEntityGetRequest(**name())).metadata == NamedEntityMetadata(description="what it does")
    assert office.get(NamedEntityGetRequest(**name(type_=WORKFLOW))).metadata == NamedEntityMetadata()


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (NamedEntityGetRequest(), "^invalid value for resource_type$"),
        (NamedEntityGetRequest(resource_type=TASK), "^missing id$"),
        (NamedEntityGetRequest(resource_type=TASK, id=NamedEntityIdentifier(**PLACE)), "^missing name$"),
        (NamedEntityGetRequest(**name(type_=DATASET)), "^Cannot get NamedEntityMetadata for resource type: DATASET$"),
        (NamedEntityGetRequest(**name("x")), "^entry not found$"),
        (NamedEntityGetRequest(**name(type_=LAUNCH_PLAN)), "^entry not found$"),
    ],
)
def test_a_name_that_is_not_there_is_told(office: NameOffice, request_: Any, message: str) -> None:
    with pytest.raises(RefusalError, match=message):
        office.get(request_)


def test_an_update_is_of_a_name_that_is_there_and_has_room(office: NameOffice) -> None:
    archived = NamedEntityMetadata(state=common_pb2.NAMED_ENTITY_ARCHIVED)
    for request, message in (
        (NamedEntityUpdateRequest(**name()), "^missing metadata$"),
        (NamedEntityUpdateRequest(**name("x"), metadata=archived), "^entry not found$"),
        (
            NamedEntityUpdateRequest(**name(type_=DATASET), metadata=archived),
            r"^Resource \[DATASET\] cannot have its state updated$",
        ),
    ):
        with pytest.raises(RefusalError, match=message):
            office.update(request)
    say(office, "a", description="ä" * 300)
    with pytest.raises(RefusalError, match="expected at most 300 characters"):
        say(office, "a", description="ä" * 301)


def test_each_name_is_listed_once_and_those_that_flyte_made_up_are_hidden(office: NameOffice) -> None:
    assert listed(office) == (["a", "b"], "")
    assert listed(office, sort_by=Sort(key="name")) == (["b", "a"], "")
    assert listed(office, filters="contains(name,c)") == ([".flytegen.c"], "")
    assert listed(office, resource_type=WORKFLOW) == (["a"], "")
    assert listed(office, project="other") == ([], "")


def test_a_page_counts_names_before_they_are_filtered(office: NameOffice) -> None:
    assert listed(office, limit=1, filters="ne(name,x)") == ([".flytegen.c"], "1")
    assert listed(office, limit=1, token="1", filters="ne(name,x)") == (["a"], "2")
    assert listed(office, limit=2, filters="eq(name,b)") == ([], "")


def test_names_are_filtered_by_what_is_said_of_them(office: NameOffice) -> None:
    say(office, "b", description="about b", state=common_pb2.NAMED_ENTITY_ARCHIVED)
    assert listed(office, filters="eq(state,1)")[0] == ["b"]
    assert listed(office, filters="eq(state,0)")[0] == [".flytegen.c", "a"]
    assert listed(office, filters="contains(description,about)")[0] == ["b"]
    assert listed(office, filters="ne(description,x)")[0] == ["b"]  # of the others nothing is said
    assert listed(office, filters="eq(named_entity_metadata.name,b)")[0] == ["b"]
    assert listed(office, filters="gt(named_entity_metadata.created_at,2020-01-01)")[0] == []


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"project": ""}, "^missing project$"),
        ({"resource_type": 0}, "^invalid value for resource_type$"),
        ({"limit": 0}, "^invalid value for limit$"),
        ({"resource_type": DATASET}, "^Cannot list entity names for resource type: DATASET$"),
        ({"token": "x"}, "^invalid pagination token x for ListNamedEntities$"),
        ({"sort_by": Sort(key="version")}, "^invalid sort key 'version'$"),
        ({"sort_by": Sort(key="description")}, "^names can be sorted by project, domain and name only"),
        ({"filters": "eq(version,1)"}, r"^'nen\.version' is invalid filter$"),
        ({"filters": "eq(resource_type,1)"}, "can't be filtered by"),
    ],
)
def test_a_list_of_names_that_cannot_be_had_is_refused(
    office: NameOffice, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(RefusalError, match=message):
        listed(office, **fields)


def identifiers(office: NameOffice, kind: Kind, **fields: Any) -> tuple[list[str], str]:
    page = office.identifiers(kind, NamedEntityIdentifierListRequest(**{"limit": 10, "sort_by": BY_NAME} | fields))
    return [one.name for one in page.entities], page.token


def test_bare_names_are_listed_whatever_the_filters(office: NameOffice) -> None:
    assert identifiers(office, Kind.TASK, **PLACE, filters="nonsense") == ([".flytegen.c", "a", "b"], "")
    assert identifiers(office, Kind.TASK, **PLACE, limit=2) == ([".flytegen.c", "a"], "2")
    assert identifiers(office, Kind.TASK, **PLACE, limit=2, token="2") == (["b"], "")
    assert identifiers(office, Kind.LAUNCH_PLAN, domain=DOMAIN) == ([], "")


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        (Kind.TASK, {"domain": DOMAIN}, "^missing project$"),
        (Kind.WORKFLOW, PLACE | {"limit": 0}, "^invalid value for limit$"),
        (Kind.TASK, PLACE | {"token": "x"}, "^invalid pagination token x for ListUniqueTaskIdentifiers$"),
        (Kind.WORKFLOW, PLACE | {"token": "x"}, "^invalid pagination token x for ListWorkflowIdentifiers$"),
        (Kind.LAUNCH_PLAN, PLACE | {"token": "x"}, "^invalid pagination token x$"),
        (Kind.LAUNCH_PLAN, PLACE | {"limit": 0}, "^missing and/or invalid parameters: limit$"),
        (Kind.LAUNCH_PLAN, {}, "^missing and/or invalid parameters: filters$"),
        (Kind.TASK, PLACE | {"sort_by": Sort(key="version")}, "^names can be sorted by"),
    ],
)
def test_a_list_of_bare_names_that_cannot_be_had_is_refused(
    office: NameOffice, kind: Kind, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(RefusalError, match=message):
        identifiers(office, kind, **fields)


def test_a_version_is_described_as_it_was_registered(office: NameOffice) -> None:
    found = office.description(from_identifier(named(Kind.TASK, "b")))
    assert (found.short_description, found.long_description.value) == ("short b 1", "long")
    assert found.source_code.link == "https://acme.example"
    assert found.id == from_identifier(named(Kind.TASK, "b"))
    for identifier in (named(Kind.TASK, "x"), named(Kind.TASK, "b", "2")):
        with pytest.raises(RefusalError, match=r"^entry not found$"):
            office.description(from_identifier(identifier))
    with pytest.raises(RefusalError, match=r"^invalid value for resource_type$"):
        office.description(None)


def test_the_descriptions_of_a_name_are_listed_whatever_they_describe(office: NameOffice) -> None:
    identifier = NamedEntityIdentifier(**PLACE, name="a")
    order = Sort(key="version", direction=Sort.ASCENDING)
    request = DescriptionEntityListRequest(resource_type=TASK, id=identifier, limit=10, sort_by=order)
    found = office.descriptions(request).descriptionEntities
    assert [(one.id.resource_type, one.id.version) for one in found] == [(TASK, "1"), (WORKFLOW, "1"), (TASK, "2")]
    request.filters = "eq(version,2)"
    assert [one.short_description for one in office.descriptions(request).descriptionEntities] == ["short a 2"]
    for filters, type_, message in (
        ("eq(type,x)", TASK, "descriptions have no 'type'"),
        ("eq(link,x)", TASK, r"^'t\.link' is invalid filter$"),
        ("eq(version,2)", 0, "^unsupported entity ''$"),
    ):
        request.filters, request.resource_type = filters, type_
        with pytest.raises(RefusalError, match=message):
            office.descriptions(request)
