from __future__ import annotations

from typing import TYPE_CHECKING

from support_archives import launch_plan
from support_doors import cluster
from support_life import activate
from support_releases import flow_of, scheduled

if TYPE_CHECKING:
    from support_doors import Door

GAP = ["not", "complete:", "workflow", "acme.flow", "has", "no", "launch", "plan"]
PROJECT = '[project]\nname = "acme-pipelines"\nversion = "1.4"\n'


def publish(door: Door, *versions: str, default: bool = False) -> None:
    plans = (launch_plan(),) if default else ()
    for version in versions:
        door("publish", door.archive(*flow_of(scheduled("nightly"), *plans), version=version))


def test_releases_are_listed_the_newest_first(door: Door, served: str) -> None:
    door.configure(PROJECT + cluster("staging", served))
    publish(door, "1.2", default=True)
    publish(door, "1.3", "1.4")
    activate(served, "1.3", "nightly")
    activate(served, "1.2", "acme.flow")

    said = door("history")

    assert said.err == f"staging: flytesnacks/development, acme-pipelines, at {served} (plain text)\n"
    rows = [line.split() for line in said.out.splitlines()]
    assert rows[0] == ["version", "registered", "live", "launch", "plans", "workflows", "note"]
    assert [(row[0], row[1][-1], row[2:]) for row in rows[1:]] == [
        ("1.4", "Z", ["1", "1", *GAP]),
        ("1.3", "Z", ["all", "1", "1", *GAP]),
        ("1.2", "Z", ["1", "of", "2", "2", "1"]),
    ]


def test_a_limit_is_said(door: Door) -> None:
    door.configure(PROJECT)
    publish(door, "1", "2", "3")

    said = door("history", "--limit", "2")

    assert [line.split()[0] for line in said.out.splitlines()[1:]] == ["3", "2"]
    assert ", the newest 2, at" in said.err
    assert len(door("history", "--limit", "0").out.splitlines()) == 4


def test_json_has_every_name(door: Door) -> None:
    publish(door, "1")

    said = door("history", "acme-pipelines", "--json")

    assert (said.json["exit_code"], said.json["distribution"], said.err) == (0, "acme-pipelines", "")
    [release] = said.json["clusters"][0]["releases"]
    assert (release["version"], release["launch_plans"], release["workflows"]) == ("1", ["nightly"], ["acme.flow"])
    assert (release["active"], release["gaps"]) == ([], [])


def test_nothing_is_said_to_be_nothing(door: Door) -> None:
    door.configure(PROJECT)

    said = door("history")

    assert said.out == ""
    assert said.err.endswith(": nothing of it is registered there\n")


def test_a_cluster_that_is_away_is_named_and_gives_the_exit_code(door: Door, served: str) -> None:
    door.configure(PROJECT + cluster("staging", served) + cluster("away", "127.0.0.1:1"))

    said = door("history", "-c", "away", "-c", "staging", code=5)

    assert said.err.startswith("error: cluster away: ")
    assert "staging: flytesnacks/development, acme-pipelines" in said.err
