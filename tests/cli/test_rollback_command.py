from __future__ import annotations

import signal
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest
from support_archives import launch_plan
from support_doors import COMMAND, cluster, serving_here, uncovered, until_stopping
from support_life import activate
from support_machine import Call, Recorder, recording
from support_releases import flow_of, scheduled

if TYPE_CHECKING:
    from pathlib import Path

    from support_doors import Door

UNKNOWN = (
    "1.3 is the newest complete release registered before 1.4; what was live before is not known, "
    "since a control plane keeps no history of it"
)
PROJECT = '[project]\nname = "acme-pipelines"\nversion = "1.4"\n'


@pytest.fixture
def released(door: Door, served: str) -> Door:
    """A project with two releases in a cluster, of which the second is live."""
    door.configure(PROJECT + cluster("staging", served))
    old = flow_of(scheduled("nightly"), scheduled("weekly"))
    new = flow_of(scheduled("nightly", cron="0 7 * * *"), scheduled("hourly", cron="0 * * * *"))
    door("publish", door.archive(*old, version="1.3"))
    door("publish", door.archive(*new, version="1.4"))
    activate(served, "1.4", "nightly", "hourly")
    return door


def live(door: Door, *arguments: str) -> dict[str, list[str]]:
    [cluster] = door("status", "--json", *arguments).json["clusters"]
    return {one["version"]: one["active"] for one in cluster["distributions"][0]["live"]}


def test_the_release_before_becomes_live_and_what_is_not_known_is_said(released: Door, served: str) -> None:
    said = released("rollback")

    assert said.out.splitlines() == [
        f"staging: flytesnacks/development, acme-pipelines 1.4 -> 1.3, at {served} (plain text)",
        "deactivated      launch plan hourly 1.4 (stops cron 0 * * * *)",
        "activated        launch plan nightly 1.3 (before: 1.4; starts cron 0 6 * * *; stops cron 0 7 * * *)",
        UNKNOWN,
        "of 1.3 these stay inactive: weekly",
        "staging: 1 deactivated, 1 activated",
    ]
    assert live(released) == {"1.3": ["nightly"]}


def test_a_dry_run_says_it_and_changes_nothing(released: Door) -> None:
    said = released("rollback", "--dry-run", "--to", "1.3")

    assert said.out.splitlines()[1:3] == [
        "would be deactivated launch plan hourly 1.4 (stops cron 0 * * * *)",
        "would be activated launch plan nightly 1.3 (before: 1.4; starts cron 0 6 * * *; stops cron 0 7 * * *)",
    ]
    assert "newest complete release" not in said.out
    assert live(released) == {"1.4": ["hourly", "nightly"]}


def test_json_has_all_of_it(released: Door) -> None:
    said = released("rollback", "acme-pipelines", "--json")

    [report] = said.json["clusters"]
    assert (said.json["exit_code"], said.err) == (0, "")
    assert (report["from"], report["to"], report["resting"], report["passed"]) == ("1.4", "1.3", ["weekly"], [])
    assert [(one["name"], one["activate"], one["status"]) for one in report["launch_plans"]] == [
        ("hourly", False, "deactivated"),
        ("nightly", True, "activated"),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--to", "1.33"), "(got '1.33'), did you mean '1.3'?"),
        (("--to", "1.4"), "expected another version than the live one (got 1.4)"),
        (("other",), "expected a release of other that is live (got none)"),
    ],
)
def test_what_cannot_be_is_refused(released: Door, arguments: tuple[str, ...], words: str) -> None:
    said = released("rollback", *arguments, code=7)

    assert said.err.startswith("error: cluster staging: expected ")
    assert words in said.err
    assert said.out.splitlines()[-1] == "staging: nothing was changed"


def test_each_cluster_has_its_report(released: Door, served: str, tmp_path: Path) -> None:
    with serving_here(tmp_path / "other") as other:
        released.configure(
            PROJECT + cluster("staging", served) + cluster("empty", other) + cluster("away", "127.0.0.1:1")
        )

        said = released("rollback", "-c", "staging", "-c", "empty", "-c", "away", "--json", code=1)

    assert [(one["cluster"], one["exit_code"], one["to"]) for one in said.json["clusters"]] == [
        ("staging", 0, "1.3"),
        ("empty", 7, None),
        ("away", 5, None),
    ]


def test_a_registry_that_cannot_be_opened_is_a_report_too(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HATCH_FLYTE_DATA", "/dev/null/x")

    said = door("rollback", "acme", code=1)

    assert said.err.startswith("error: /dev/null/x: the folder cannot be made")


def test_releases_that_are_not_complete_are_said_to_be_passed_over(door: Door, served: str) -> None:
    door.configure(PROJECT + cluster("staging", served))
    whole = flow_of(launch_plan(), scheduled("nightly"))
    door("publish", door.archive(*whole, version="1.2"))
    door("publish", door.archive(*flow_of(scheduled("nightly")), version="1.3"))
    door("publish", door.archive(*whole, version="1.4"))
    activate(served, "1.4", "nightly")

    dry = door("rollback", "--dry-run", "--to", "1.3")
    said = door("rollback")

    assert "1.3 is not complete: workflow acme.flow has no launch plan\n" in dry.out
    assert "passed over 1.3, which is not complete: workflow acme.flow has no launch plan\n" in said.out
    assert live(door) == {"1.2": ["nightly"]}


def test_interrupted_it_awaits_what_is_in_flight_and_names_what_was_not_sent(released: Door, served: str) -> None:
    begun, release = threading.Event(), threading.Event()

    def on_call(call: Call) -> None:
        if call.method == "UpdateLaunchPlan":
            begun.set()
            assert release.wait(30)

    with recording(served, Recorder(on_call=on_call)) as address:
        released.configure(PROJECT + cluster("slow", address))
        command = [*COMMAND, "rollback"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=uncovered()) as process:
            assert begun.wait(30)
            process.send_signal(signal.SIGINT)
            until_stopping(process)
            release.set()
            out, _ = process.communicate(timeout=60)

    assert process.returncode == 130
    lines = out.splitlines()
    assert lines[1].startswith("skipped          launch plan hourly")
    assert "    not sent: interrupted" in lines
    assert any(line.startswith("activated        launch plan nightly") for line in lines)
    assert lines[-1] == "slow: 1 skipped, 1 activated; interrupted: roll back again to complete it"
