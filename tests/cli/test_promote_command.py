from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support_archives import launch_plan, task, workflow
from support_doors import cluster

if TYPE_CHECKING:
    from pathlib import Path

    from support_doors import Door

PROJECT = '[project]\nname = "acme-pipelines"\nversion = "1.0"\n'
FROM_TO = ("--from", "staging", "--to", "production")


@pytest.fixture
def project(door: Door, served: str) -> Door:
    """A project with clusters staging and production, which are domains of one."""
    door.configure(
        PROJECT
        + cluster("staging", served, domain="staging")
        + cluster("production", served, domain="production")
        + cluster("dr", served, domain="development")
        + cluster("away", "127.0.0.1:1")
    )
    return door


def held(door: Door, name: str) -> int:
    return len(door("list", "--json", "-c", name).json[0]["entities"])


def test_what_staging_holds_is_published_to_production(project: Door, served: str) -> None:
    project("publish", project.archive(), "-c", "staging")

    said = project("promote", *FROM_TO)

    assert said.out.splitlines() == [
        "staging: holds exactly this, acme-pipelines 1.0",
        f"production: flytesnacks/production, acme-pipelines 1.0, at {served} (plain text)",
        "created          task        acme.double",
        "created          workflow    acme.flow",
        "created          launch plan acme.flow",
        "production: 3 created",
    ]


def test_several_at_once(project: Door) -> None:
    project("publish", project.archive(), "-c", "staging")

    said = project("promote", *FROM_TO, "--to", "dr", "--json")

    assert said.json["proven"]
    assert [(one["cluster"], one["counts"]) for one in said.json["clusters"]] == [
        ("production", {"created": 3}),
        ("dr", {"created": 3}),
    ]
    assert [(one["cluster"], one["empty"]) for one in said.json["proof"]] == [("staging", True)]


def test_a_dry_run_writes_nothing(project: Door) -> None:
    project("publish", project.archive(), "-c", "staging")

    assert project("promote", *FROM_TO, "--dry-run").out.endswith("production: 3 would be created\n")
    assert held(project, "production") == 0


def test_what_staging_does_not_hold_is_refused_with_what_differs(project: Door) -> None:
    project("publish", project.archive(task()), "-c", "staging")
    rebuilt = project.archive(task(image="ghcr.io/acme/p:2"), workflow(), launch_plan())

    said = project("promote", rebuilt, *FROM_TO, code=8)

    assert "conflict         task        acme.double\n" in said.out
    assert said.err == (
        "error: cluster staging: expected exactly the archive (got what publishing it would change)\n"
        "Nothing was published. Publish it there first, or promote the archive that is there.\n"
    )
    assert held(project, "production") == 0


def test_what_is_not_there_at_all_is_refused(project: Door) -> None:
    said = project("promote", project.archive(), *FROM_TO, code=7)

    assert "new              task        acme.double\n" in said.out


def test_a_cluster_that_is_away_proves_nothing(project: Door) -> None:
    path = project.archive()

    said = project("promote", path, "--from", "away", "--to", "production", code=5)
    as_json = project("promote", path, "--from", "away", "--to", "production", "--json", code=5).json

    assert said.err.startswith("error: cluster away: ")
    assert (as_json["proven"], as_json["clusters"]) == (False, [])
    assert "nobody listens" in as_json["proof"][0]["error"]


def test_both_ends_have_to_be_named_and_known(project: Door) -> None:
    path = project.archive()

    assert "Missing option '--from'" in project("promote", path, "--to", "production", code=2).err
    assert "Missing option '--to'" in project("promote", path, "--from", "staging", code=2).err
    assert "--from: no cluster 'stagin' is configured, did you mean 'staging'?" in (
        project("promote", path, "--from", "stagin", "--to", "production", code=2).err
    )
    assert "--to: no cluster 'prod' is configured" in (
        project("promote", path, "--from", "staging", "--to", "prod", code=2).err
    )


def test_a_version_of_its_own_is_the_same_at_both_ends(project: Door) -> None:
    path: Path = project.archive()
    project("publish", path, "-c", "staging", "--version", "rc-1")

    assert "acme-pipelines 1.0 as version rc-1" in project("promote", path, *FROM_TO, "--version", "rc-1").out
