"""Unmodified `pyflyte` and `FlyteRemote` with `hatch-flyte serve`: they register, and see what publish registered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from support_machine import serving, watching, write_clusters
from support_pyflyte import IMAGE, MODULE, pyflyte
from unreleased import clean_environ

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_machine import Builds, Venv

pytestmark = [pytest.mark.flytekit, pytest.mark.long]

FETCH = """
import json, sys
from flytekit.configuration import Config
from flytekit.remote import FlyteRemote

remote = FlyteRemote(
    Config.for_endpoint(sys.argv[1], insecure=True), default_project="flytesnacks", default_domain="development"
)
fetch = {"task": remote.fetch_task, "workflow": remote.fetch_workflow, "launch plan": remote.fetch_launch_plan}
found = []
for kind, name in json.load(sys.stdin):
    entity = fetch[kind](name=name, version=sys.argv[2])
    found.append({
        "kind": kind,
        "name": entity.id.name,
        "version": entity.id.version,
        "inputs": sorted(entity.default_inputs.parameters if kind == "launch plan" else entity.interface.inputs),
        "nodes": [node.id for node in entity.flyte_nodes] if kind == "workflow" else [],
        "args": entity.template.container.args if kind == "task" else [],
    })
print(json.dumps(found))
"""


def fetched(address: str, version: str, entities: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return what `FlyteRemote.fetch_*` finds for kinds and names, in their order."""
    done = subprocess.run(
        [sys.executable, "-c", FETCH, address, version],
        input=json.dumps(entities),
        env={**clean_environ(os.environ), "PYTHONWARNINGS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def names(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(outcome["kind"], outcome["name"]) for outcome in report["outcomes"]]


@dataclass(frozen=True)
class Cluster:
    """A server that runs, and folders that name it as hatch-flyte and as flytekit want it."""

    address: str
    data: Path
    folder: Path
    """With a `pyproject.toml`."""

    @property
    def config(self) -> str:
        """Flyte's own configuration file."""
        path = self.folder / "config.yaml"
        path.write_text(f"admin:\n  endpoint: dns:///{self.address}\n  insecure: true\n  authType: Pkce\n")
        return str(path)

    def listed(self, machine: Venv, version: str) -> list[tuple[str, str]]:
        """Return kinds and names of what `hatch-flyte list` shows of a version, in their order."""
        said = machine.call("hatch-flyte", "list", "--json", "--version", version, cwd=self.folder)
        return sorted((one["kind"], one["name"]) for one in json.loads(said)[0]["entities"])


@pytest.fixture
def cluster(bare: Venv, anywhere: Path, tmp_path: Path) -> Iterator[Cluster]:
    with serving(bare, tmp_path / "served") as running:
        yield Cluster(running.address, tmp_path / "served", write_clusters(anywhere, served=running.address))


def test_flyte_remote_fetches_everything_that_publish_registered(bare: Venv, builds: Builds, cluster: Cluster) -> None:
    entities = names(bare.publish(str(builds.bundled), cwd=cluster.folder)["served"])

    found = {(one["kind"], one["name"]): one for one in fetched(cluster.address, "0.3.0", entities)}

    assert list(found) == entities
    assert {one["version"] for one in found.values()} == {"0.3.0"}
    report = found["workflow", "harbour_weather.report.weather_report"]
    assert report["inputs"] == ["days", "limits"]
    assert len(report["nodes"]) >= 7
    assert found["launch plan", "harbour_weather.every_morning"]["inputs"] == ["days", "limits"]
    arguments = found["task", "harbour_weather.tasks.clean"]["args"]
    assert arguments[0] == "pyflyte-fast-execute"
    assert f"file://{cluster.data}/blobs/" in arguments[2]


@pytest.mark.parametrize("copy", ["none", "all"])
def test_pyflyte_registers_what_publish_registers_and_leaves_that_alone(
    bare: Venv, builds: Builds, cluster: Cluster, tree: Path, copy: str
) -> None:
    published = names(bare.publish(str(builds.image), cwd=cluster.folder)["served"])
    register = (
        "--config", cluster.config, "register", "--project", "flytesnacks", "--domain", "development",
        "--image", IMAGE, "--version", "theirs", "--copy", copy, MODULE,
    )  # fmt: skip

    pyflyte(*register, tree=tree)
    with watching(cluster.data) as registry:
        rows = registry.rows()
        pyflyte(*register, tree=tree)

        assert registry.rows() == rows
        assert len(rows) == 2 * len(published)
    assert cluster.listed(bare, "theirs") == cluster.listed(bare, "0.3.0") == sorted(published)
    again = bare.publish(str(builds.image), cwd=cluster.folder)["served"]
    assert again["counts"] == {"unchanged": len(published)}
