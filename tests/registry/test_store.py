"""What the store remembers, and in which order it gives it back."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.admin.common_pb2 import Labels
from flyteidl.admin.project_pb2 import Project
from registry.entities import named

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.registry.store import Entity, Store
from hatch_flyte.rules.columns import Rows
from hatch_flyte.rules.listing import Condition, Query

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(None)) as opened:
        yield opened


def stored(store: Store, name: str, version: str = "1", **more: Any) -> Entity:
    entity = Entity(named(Kind.TASK, name, version), f"{name} {version}".encode(), **more)
    assert store.insert(entity)
    return entity


def names(store: Store, *conditions: Condition, kind: Kind = Kind.TASK) -> list[str]:
    return [one.brief.decode() for one in store.select(Query(kind, conditions))]


def test_an_entity_is_found_by_its_whole_identifier_only(store: Store) -> None:
    entity = stored(store, "load")
    found = store.find(entity.identifier)
    assert found is not None
    assert (found.brief, found.whole, found.active) == (b"load 1", None, 0)
    for other in (
        Identifier(Kind.WORKFLOW, "flytesnacks", "development", "load", "1"),
        Identifier(Kind.TASK, "another", "development", "load", "1"),
        Identifier(Kind.TASK, "flytesnacks", "staging", "load", "1"),
        Identifier(Kind.TASK, "flytesnacks", "development", "Load", "1"),
        Identifier(Kind.TASK, "flytesnacks", "development", "load", "2"),
    ):
        assert store.find(other) is None


def test_the_first_of_an_identifier_stays(store: Store) -> None:
    entity = stored(store, "load")
    assert not store.insert(Entity(entity.identifier, b"other"))
    found = store.find(entity.identifier)
    assert found is not None
    assert found.brief == b"load 1"


def test_entities_made_within_a_microsecond_keep_their_order(store: Store) -> None:
    entities = [stored(store, f"t{number}") for number in range(500)]
    times = [one.created_at for one in store.select(Query(Kind.TASK))]
    assert len(set(times)) == len(entities)
    assert times == sorted(times)
    newest = store.select(Query(Kind.TASK, sort_by="created_at", descending=True))
    assert [one.brief for one in newest] == [one.brief for one in reversed(entities)]


def test_a_list_gives_what_lists_show_and_a_find_the_whole(store: Store) -> None:
    identifier = named(Kind.WORKFLOW)
    store.insert(Entity(identifier, b"brief", b"whole"))
    assert [(one.brief, one.whole) for one in store.select(Query(Kind.WORKFLOW))] == [(b"brief", None)]
    found = store.find(identifier)
    assert found is not None
    assert found.whole == b"whole"


def test_pages_follow_one_another(store: Store) -> None:
    for number in range(5):
        stored(store, f"t{number}")
    pages = [
        [one.brief.decode() for one in store.select(Query(Kind.TASK, limit=2, offset=offset))]
        for offset in (0, 2, 4, 6)
    ]
    assert pages == [["t0 1", "t1 1"], ["t2 1", "t3 1"], ["t4 1"], []]


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        ("eq", ("b",), ["b 1"]),
        ("ne", ("b",), ["B 1", "a%_ 1", "a*c 1"]),
        ("gt", ("a*c",), ["b 1"]),
        ("gte", ("a*c",), ["a*c 1", "b 1"]),
        ("lt", ("a*c",), ["B 1", "a%_ 1"]),
        ("lte", ("a*c",), ["B 1", "a%_ 1", "a*c 1"]),
        ("value_in", ("b", "B", "x"), ["B 1", "b 1"]),
        ("value_not_in", ("b", "B"), ["a%_ 1", "a*c 1"]),
        ("contains", ("b",), ["b 1"]),
        ("contains", ("*",), ["a*c 1"]),
        ("contains", ("[",), []),
        ("contains", ("a%c",), ["a*c 1"]),
        ("contains", ("a__",), ["a%_ 1", "a*c 1"]),
        ("contains", (r"\%\_",), ["a%_ 1"]),
        ("contains", ("\\",), []),
        ("not_like", ("a%",), ["B 1", "b 1"]),
        ("not_like", ("a",), ["B 1", "a%_ 1", "a*c 1", "b 1"]),
    ],
)
def test_a_condition_compares_text_as_postgresql_does(
    store: Store, function: str, values: tuple[str, ...], expected: list[str]
) -> None:
    for name in ("b", "a%_", "B", "a*c"):
        stored(store, name)
    assert sorted(names(store, Condition("name", function, values))) == expected


def test_conditions_hold_together(store: Store) -> None:
    stored(store, "a", "1", type="spark")
    stored(store, "a", "2")
    stored(store, "b", "1", type="spark")
    assert names(store, Condition("name", "eq", ("a",)), Condition("type", "eq", ("spark",))) == ["a 1"]


def test_columns_without_a_place_of_their_own_can_be_named(store: Store) -> None:
    stored(store, "a")
    for column in ("updated_at", "digest", "closure"):
        assert names(store, Condition(column, "ne", (0,))) == ["a 1"]
    assert names(store, Condition("deleted_at", "ne", (0,))) == []


def test_a_launch_plan_is_found_by_its_workflow(store: Store) -> None:
    for name in ("load", "other"):
        store.insert(Entity(named(Kind.WORKFLOW, name), b"w"))
        store.insert(Entity(named(Kind.LAUNCH_PLAN, f"of {name}"), name.encode(), workflow=named(Kind.WORKFLOW, name)))
    condition = Condition("name", "eq", ("load",), owner="w")
    assert names(store, condition, kind=Kind.LAUNCH_PLAN) == ["load"]


def test_one_version_of_a_name_is_active(store: Store) -> None:
    plans = [named(Kind.LAUNCH_PLAN, name, version) for name in ("a", "b") for version in ("1", "2")]
    for plan in plans:
        store.insert(Entity(plan, f"{plan.name}{plan.version}".encode()))
    assert store.find_active(plans[0]) is None
    for plan in plans:
        store.activate(plan)
    active = Condition("state", "eq", (1,))
    assert names(store, active, kind=Kind.LAUNCH_PLAN) == ["a2", "b2"]
    store.activate(plans[0])
    store.deactivate(plans[3])
    assert names(store, active, kind=Kind.LAUNCH_PLAN) == ["a1"]
    found = store.find_active(plans[1])
    assert found is not None
    assert found.brief == b"a1"


def test_projects_are_kept_with_all_that_was_said(store: Store) -> None:
    project = Project(id="p", name="P", description="about", labels=Labels(values={"team": "data"}), state=1)
    assert store.insert_project(project)
    assert not store.insert_project(Project(id="p"))
    assert store.find_project("p") == project
    changed = Project(id="p", name="Q", labels=Labels())
    store.update_project(changed)
    assert store.find_project("p") == changed
    assert store.find_project("q") is None


def test_a_new_registry_has_the_first_project_of_every_control_plane(store: Store) -> None:
    projects = store.select_projects(Query(Rows.PROJECTS, sort_by="identifier"))
    assert [one.id for one in projects] == ["flytesnacks"]
    assert store.select_projects(Query(Rows.PROJECTS, (Condition("deleted_at", "ne", (0,)),))) == []
