from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support_archives import task
from support_doors import cluster

if TYPE_CHECKING:
    from support_doors import Door


def names(door: Door, *arguments: str) -> list[tuple[str, str, str]]:
    [listed] = door("list", "--json", *arguments).json
    return [(one["kind"], one["name"], one["version"]) for one in listed["entities"]]


def test_what_is_registered_is_listed_the_newest_first(door: Door) -> None:
    door("publish", door.archive(task("acme.a")))
    door("publish", door.archive(task("acme.b")), "--version", "2")

    said = door("list")

    assert said.out.splitlines()[0].split() == ["kind", "name", "version", "state", "created"]
    assert [line.split()[:3] for line in said.out.splitlines()[1:]] == [
        ["task", "acme.b", "2"],
        ["task", "acme.a", "1.0"],
    ]


def test_the_local_registry_is_said_to_be_taken_for_want_of_another(door: Door) -> None:
    assert door("list").err == (
        "local (no cluster is configured: this is the local registry): flytesnacks/development, "
        f"at {door.folder.parent}/registry/registry.sqlite3: nothing is registered there\n"
    )


def test_a_list_can_be_narrowed(door: Door) -> None:
    door("publish", door.archive())
    door("publish", door.archive(task("acme.b")), "--version", "2")

    assert {kind for kind, _, _ in names(door, "workflows", "launch-plans")} == {"workflow", "launch plan"}
    assert names(door, "--version", "2") == [("task", "acme.b", "2")]
    assert names(door, "tasks", "--name", "acme.double") == [("task", "acme.double", "1.0")]
    assert names(door, "--project", "other") == []


@pytest.mark.parametrize("filters", [("--name", "low_quay", "tasks"), ("--version", "9"), ("workflows",)])
def test_a_narrowed_list_that_is_empty_does_not_say_that_nothing_is_there(door: Door, filters: tuple[str, ...]) -> None:
    door("publish", door.archive(task()))

    said = door("list", *filters)

    assert said.err.endswith("registry.sqlite3: nothing matches\n")


def test_all_kinds_together_narrow_nothing(door: Door) -> None:
    assert "nothing is registered there" in door("list", "tasks", "workflows", "launch-plans").err


def test_from_a_subfolder_the_projects_clusters_are_asked(
    door: Door, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.configure(cluster("one", served))
    (door.folder / "src").mkdir()
    monkeypatch.chdir(door.folder / "src")

    assert door("list").err.startswith("one: flytesnacks/development")


def test_launch_plans_have_a_state(door: Door) -> None:
    door("publish", door.archive())

    [listed] = door("list", "launch-plans", "--json").json

    assert listed["entities"][0]["state"] == "inactive"
    assert listed["cluster"] == "local"


def test_several_clusters_are_listed_each(door: Door, served: str) -> None:
    door.configure(cluster("one", served) + cluster("two", served, domain="staging"))
    door("publish", door.archive(), "-c", "two")

    both = door("list", "--json", "-c", "one", "-c", "two")

    assert [(one["cluster"], len(one["entities"])) for one in both.json] == [("one", 0), ("two", 3)]
    assert both.err == ""


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("project", "nowhere", "expected a project that it has (got 'nowhere')"),
        ("domain", "nowhere", "expected one of the domains development, production, staging (got 'nowhere')"),
    ],
)
def test_a_place_that_is_not_there_is_not_just_empty(door: Door, served: str, key: str, value: str, words: str) -> None:
    door.configure(cluster("one", served, **{key: value}))

    said = door("list", code=7)

    assert said.out == ""
    assert said.err.startswith(f"error: cluster one: {words}\n")


def test_names_cannot_steer_the_terminal(door: Door) -> None:
    door("publish", door.archive(task("\x1b[31m[bold]x[/nothing]")))

    said = door("list")

    assert "\\x1b[31m[bold]x[/nothing]" in said.out
    assert "\x1b" not in said.out


def test_an_unknown_kind_and_an_unknown_cluster_are_usage_errors(door: Door) -> None:
    assert "'executions' is not one of" in door("list", "executions", code=2).err
    assert "no cluster 'nowhere' is configured (known: local)" in door("list", "-c", "nowhere", code=2).err
