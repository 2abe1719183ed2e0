"""A project's life on three clusters: released, changed, promoted, gone back, as docs/how-to/release-and-roll-back.md.

What users see of every step is what `hatch-flyte status` says.
"""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from support_machine import Venv, cluster_table, serving
from support_project import said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.flytekit

CLUSTERS = ("staging", "production", "recovery")
NIGHTLY, WEEKLY = "quay.nightly", "quay.weekly"
REFUSED = 9
"""The exit code of a publish that a breaking change stops; as docs/exit-codes.md has it."""

PROJECT = """\
[build-system]
requires = ["hatchling", "hatch-flyte"]
build-backend = "hatchling.build"

[project]
name = "quay"
version = "{version}"
dependencies = ["flytekit"]

[tool.hatch.build.targets.wheel.hooks.flyte]

[tool.hatch-flyte]
image = "ghcr.io/acme/quay:{{version}}"

[tool.hatch-flyte.groups]
everywhere = ["staging", "production", "recovery"]
live = ["production", "recovery"]

"""
POLICY = 'activate = "scheduled"\nbreaking-changes = "refuse"\n'
"""What every cluster's table says."""

FLOWS = '''\
"""What to do at high water."""

from flytekit import CronSchedule, LaunchPlan, task, workflow


@task
def highest({argument}: int) -> int:
    return {argument}


@workflow
def advice({argument}: int = 3) -> int:
    return highest({argument}={argument})


LaunchPlan.get_or_create(advice, name="quay.nightly", schedule=CronSchedule(schedule="{cron}"))
'''
WEEKLY_PLAN = 'LaunchPlan.get_or_create(advice, name="quay.weekly", schedule=CronSchedule(schedule="0 7 * * 1"))\n'


@dataclass
class Story:
    """The project, the clusters and somebody at a shell."""

    root: Path
    environ: dict[str, str]
    machine: Venv
    addresses: dict[str, str]

    def build(self, version: str, *, argument: str = "level", cron: str = "0 6 * * *", weekly: bool = True) -> None:
        """Build a release into `dist`, and nothing else there."""
        shutil.rmtree(self.root / "dist", ignore_errors=True)
        clusters = "\n".join(cluster_table(name, address) + POLICY for name, address in self.addresses.items())
        (self.root / "pyproject.toml").write_text(PROJECT.format(version=version) + clusters)
        (self.root / "quay").mkdir(exist_ok=True)
        (self.root / "quay" / "__init__.py").touch()
        flows = FLOWS.format(argument=argument, cron=cron) + (WEEKLY_PLAN if weekly else "")
        (self.root / "quay" / "flows.py").write_text(flows)
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--skip-dependency-check", str(self.root)]
        said(build, cwd=self.root, env=self.environ)

    def run(self, *arguments: str, code: int = 0) -> Any:
        """Run a command of hatch-flyte with `--json`, which needs neither flytekit nor the project's code."""
        return json.loads(self.machine.call("hatch-flyte", *arguments, "--json", cwd=self.root, code=code))

    def live(self) -> dict[str, dict[str, list[str]]]:
        """Return which launch plans of which version are active where, as `status` says."""
        clusters = self.run("status")["clusters"]
        return {
            one["cluster"]: {live["version"]: live["active"] for live in one["distributions"][0]["live"]}
            for one in clusters
        }

    def drift(self) -> list[tuple[str, str | None]]:
        """Return in what the clusters differ, as `status` says."""
        return [(one["kind"], one["version"]) for one in self.run("status")["drift"]]


def allowing(*names: str) -> list[str]:
    """Return the options that let the users of entities break."""
    return [option for name in names for option in ("--allow-breaking", name)]


@pytest.fixture
def story(bare: Venv, environ: dict[str, str], tmp_path: Path) -> Iterator[Story]:
    root = tmp_path / "quay"
    root.mkdir()
    with ExitStack() as servers:
        served = {name: servers.enter_context(serving(bare, tmp_path / name)) for name in CLUSTERS}
        yield Story(root, environ, bare, {name: one.address for name, one in served.items()})


def test_a_project_lives_on_three_clusters(story: Story) -> None:
    both = [NIGHTLY, WEEKLY]

    # A first release, everywhere; what is scheduled becomes active.
    story.build("1.0")
    story.run("publish", "-c", "@everywhere")
    assert story.live() == {name: {"1.0": both} for name in CLUSTERS}
    assert story.drift() == []

    # An input is renamed, which breaks those who give it: refused, and nothing of it is there.
    story.build("2.0", argument="metres")
    story.run("publish", "-c", "staging", code=REFUSED)
    assert story.live() == {name: {"1.0": both} for name in CLUSTERS}
    [history] = story.run("history", "-c", "staging")["clusters"]
    assert [one["version"] for one in history["releases"]] == ["1.0"]

    # Allowed, for what it breaks: first in staging, where it is looked at.
    story.run("publish", "-c", "staging", *allowing("quay.flows.highest", "quay.flows.advice", *both))
    assert story.live() == {"staging": {"2.0": both}, "production": {"1.0": both}, "recovery": {"1.0": both}}
    assert story.drift() == [("release", None)]

    # The same archive is promoted to the other two, and no other one would be.
    promoted = story.run(
        "promote", "--from", "staging", "--to", "@live", *allowing("quay.flows.highest", "quay.flows.advice", *both)
    )
    assert [one["counts"] for one in promoted["clusters"]] == [{"created": 5}] * 2
    assert story.live() == {name: {"2.0": both} for name in CLUSTERS}
    assert story.drift() == []
    story.build("2.0", argument="metres", cron="0 4 * * *")
    assert not story.run("promote", "--from", "staging", "--to", "production", code=8)["proven"]

    # A release that turns out to be bad is rolled back: to the release registered before.
    story.build("2.1", argument="metres", cron="0 5 * * *")
    story.run("publish", "-c", "staging", "-c", "production")
    assert story.live()["production"] == {"2.1": both}
    [back] = story.run("rollback", "-c", "production")["clusters"]
    assert (back["from"], back["to"]) == ("2.1", "2.0")
    assert story.live() == {"staging": {"2.1": both}, "production": {"2.0": both}, "recovery": {"2.0": both}}
    [history] = story.run("history", "-c", "production")["clusters"]
    found = [(one["version"], one["active"]) for one in history["releases"]]
    assert found == [("2.1", []), ("2.0", both), ("1.0", [])]

    # A release without the weekly launch plan: its schedule runs on, until it is pruned.
    story.build("2.2", argument="metres", weekly=False)
    story.run("publish", "-c", "staging", code=REFUSED)
    story.run("publish", "-c", "staging", *allowing(WEEKLY))
    assert story.live()["staging"] == {"2.1": [WEEKLY], "2.2": [NIGHTLY]}
    [planned] = story.run("plan", "-c", "staging")["clusters"]
    assert [one["name"] for one in planned["orphans"]] == [WEEKLY]
    story.run("publish", "-c", "staging", "--prune")
    assert story.live()["staging"] == {"2.2": [NIGHTLY]}
    story.run("promote", "--from", "staging", "--to", "@live", "--prune", *allowing(WEEKLY))
    assert story.live() == {name: {"2.2": [NIGHTLY]} for name in CLUSTERS}
    assert story.drift() == []
