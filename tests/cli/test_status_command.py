from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support_archives import task, workflow
from support_doors import cluster, serving_here
from support_life import activate
from support_releases import flow_of, scheduled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_doors import Door

PROJECT = '[project]\nname = "acme-pipelines"\nversion = "1.4"\n'
NIGHTLY, WEEKLY = scheduled("nightly"), scheduled("weekly", cron="0 7 * * 1")


@pytest.fixture
def other(tmp_path: Path) -> Iterator[str]:
    with serving_here(tmp_path / "other") as address:
        yield address


@pytest.fixture
def two(door: Door, served: str, other: str) -> tuple[str, str]:
    """The addresses of two clusters, staging and production, of a project."""
    door.configure(PROJECT + cluster("staging", served) + cluster("production", other))
    return served, other


def publish(door: Door, version: str, *clusters: str) -> None:
    archive = door.archive(*flow_of(NIGHTLY, WEEKLY), version=version)
    door("publish", archive, *(f"-c{name}" for name in clusters))


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_which_release_is_live_where_what_is_scheduled_and_what_differs(door: Door, two: tuple[str, str]) -> None:
    publish(door, "1.3", "staging", "production")
    publish(door, "1.4", "staging")
    activate(two[0], "1.4", "nightly")
    activate(two[0], "1.3", "weekly")
    activate(two[1], "1.3", "nightly")

    lines = door("status").out.splitlines()

    table, rest = lines[: lines.index("")], lines[lines.index("") + 1 :]
    assert [cells(line)[:4] for line in table] == [
        ["cluster", "place", "distribution", "live"],
        ["staging", "flytesnacks/development", "acme-pipelines", "1.4 (1 of 2 launch plans), 1.3 (1 of 2)"],
        ["production", "flytesnacks/development", "acme-pipelines", "1.3 (1 of 2 launch plans)"],
    ]
    assert [cells(line)[4].split(",")[0] for line in table[1:]] == ["1.4", "1.3"]
    assert [cells(line) for line in rest[:4]] == [
        ["cluster", "launch plan", "schedule", "active version"],
        ["staging", "nightly", "cron 0 6 * * *", "1.4"],
        ["staging", "weekly", "cron 0 7 * * 1", "1.3"],
        ["production", "nightly", "cron 0 6 * * *", "1.3"],
    ]
    assert rest[4:] == [
        "drift: acme-pipelines is not live in the same release: staging: 1.4, 1.3; production: 1.3",
        "drift: acme-pipelines 1.3 has not the same launch plans active: staging: weekly; production: nightly",
    ]


def test_json_is_one_value(door: Door, two: tuple[str, str]) -> None:
    publish(door, "1.4", "staging", "production")
    activate(two[0], "1.4", "nightly")

    said = door("status", "--json")

    staging, production = said.json["clusters"]
    assert (said.json["exit_code"], said.err) == (0, "")
    assert (staging["cluster"], staging["project"], staging["error"]) == ("staging", "flytesnacks", None)
    [standing] = staging["distributions"]
    assert standing["live"] == [{"version": "1.4", "active": ["nightly"], "launch_plans": 2}]
    assert standing["latest"]["version"] == "1.4"
    assert standing["schedules"] == [{"launch_plan": "nightly", "schedule": "cron 0 6 * * *", "version": "1.4"}]
    assert production["distributions"][0]["live"] == []
    [drift] = said.json["drift"]
    assert (drift["kind"], drift["version"], drift["entity"]) == ("release", None, None)
    assert drift["sides"] == [{"clusters": ["staging"], "what": "1.4"}, {"clusters": ["production"], "what": None}]


def test_the_same_version_built_twice_is_found(door: Door, two: tuple[str, str]) -> None:
    publish(door, "1.4", "staging")
    rebuilt = door.archive(task(image="ghcr.io/acme/p:2"), workflow(), NIGHTLY, WEEKLY, version="1.4")
    door("publish", rebuilt, "-c", "production")
    for address in two:
        activate(address, "1.4", "nightly", "weekly")

    [line] = [line for line in door("status").out.splitlines() if line.startswith("drift")]

    assert line.startswith("drift: acme-pipelines 1.4 was registered with another task acme.double: staging: content ")


def test_a_cluster_that_is_away_is_named_and_the_others_are_shown(door: Door, served: str) -> None:
    door.configure(PROJECT + cluster("staging", served) + cluster("away", "127.0.0.1:1"))
    publish(door, "1.4", "staging")

    said = door("status", code=5)

    assert said.err.startswith("error: cluster away: ")
    assert "nobody listens" in said.err
    assert [cells(line)[:4] for line in said.out.splitlines()[1:]] == [
        ["staging", "flytesnacks/development", "acme-pipelines", "nothing"]
    ]


def test_a_place_that_is_not_there_is_an_error_too(door: Door, served: str) -> None:
    door.configure(PROJECT + cluster("staging", served))

    assert door("status", "--project", "nowhere", code=7).err.startswith(
        "error: cluster staging: expected a project that it has (got 'nowhere')"
    )


def test_clusters_that_are_named_are_asked_alone(door: Door, served: str) -> None:
    door.configure(PROJECT + cluster("staging", served) + cluster("away", "127.0.0.1:1"))

    assert cells(door("status", "-c", "staging").out.splitlines()[1])[3:] == ["nothing", "nothing"]


def test_one_that_only_lends_its_keys_is_not_asked(door: Door, served: str) -> None:
    base = '[tool.hatch-flyte.clusters.base]\nproject = "flytesnacks"\ndomain = "development"\n'
    door.configure(f'{PROJECT}{base}[tool.hatch-flyte.clusters.one]\ninherits = "base"\nendpoint = "{served}"\n')

    assert [one["cluster"] for one in door("status", "--json").json["clusters"]] == ["one"]


def test_the_distribution_is_the_one_that_is_named_or_all(door: Door, served: str) -> None:
    door.configure(cluster("staging", served))
    archive = door.archive(*flow_of(NIGHTLY), version="1.4")

    assert door("status", "--all").out == "staging: flytesnacks/development: no launch plan says whose it is\n"
    door("publish", archive)
    assert "acme-pipelines" in door("status", "--all").out
    assert cells(door("status", "ACME.pipelines").out.splitlines()[1])[2] == "ACME.pipelines"
    assert "DISTRIBUTION: expected a name" in door("status", code=2).err
    assert "exclude each other" in door("status", "--all", "acme", code=2).err


def test_with_no_cluster_it_is_the_local_registry(door: Door) -> None:
    door.configure(PROJECT)

    assert door("status").out.splitlines()[1].startswith("local (no cluster is configured: this is the local registry)")


def test_registries_cannot_steer_the_terminal(door: Door) -> None:
    door("publish", door.archive(*flow_of(NIGHTLY)))

    said = door("status", "acme-pipelines\x1b[31m")

    assert "\x1b" not in said.out
