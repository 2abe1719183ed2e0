"""flytekit as it is, against the server: `pyflyte register` of a small project, and FlyteRemote reading it back."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from registry.commands import run
from registry.local_server import serving

if TYPE_CHECKING:
    from registry.local_server import Serving

SOURCE = """
from flytekit import CronSchedule, LaunchPlan, task, workflow


@task
def double(x: int) -> int:
    return 2 * x


@task
def add(x: int, y: int) -> int:
    return x + y


@workflow
def main(x: int = 3) -> int:
    return add(x=double(x=x), y=double(x=x))


schedule = CronSchedule(schedule="0 3 * * *")
nightly = LaunchPlan.get_or_create(main, "nightly", default_inputs={"x": 5}, schedule=schedule)
"""

READ = """
import json, sys
from flytekit.configuration import Config, PlatformConfig
from flytekit.remote import FlyteRemote

platform = PlatformConfig(endpoint=sys.argv[1], insecure=True)
remote = FlyteRemote(Config(platform=platform), "flytesnacks", "development")
task = remote.fetch_task(name="flows.double")
workflow = remote.fetch_workflow(name="flows.main", version="v1")
plan = remote.fetch_launch_plan(name="nightly", version="v1")
json.dump(
    {
        "task": [task.id.name, task.id.version, task.container.image, task.container.args],
        "nodes": [node.id for node in workflow.flyte_nodes],
        "plan": [plan.id.name, plan.entity_metadata.schedule.cron_schedule.schedule, plan.workflow_id.name],
        "default": plan.default_inputs.parameters["x"].default.scalar.primitive.integer,
        "stored": [model.id.name for model in remote.list_tasks_by_version("v1")],
    },
    sys.stdout,
)
"""


async def register(folder: Path, server: Serving, *options: str) -> tuple[int, str]:
    (folder / "flows.py").write_text(SOURCE)
    config = folder / "config.yaml"
    config.write_text(f"admin:\n  endpoint: dns:///{server.addresses.grpc}\n  insecure: true\n")
    pyflyte = str(Path(sys.executable).with_name("pyflyte"))
    place = ("-p", "flytesnacks", "-d", "development", "--version", "v1")
    status, output, errors = await run(folder, pyflyte, "-c", str(config), "register", *place, *options, "flows.py")
    return status, output + errors


@pytest.mark.flytekit
async def test_pyflyte_registers_and_flyte_remote_fetches(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    async with serving(tmp_path / "data") as server:
        status, text = await register(tmp_path / "project", server, "--copy", "all", "--activate-launchplans")
        assert status == 0, text
        assert "Successfully registered 5 entities" in text
        status, output, errors = await run(tmp_path, sys.executable, "-c", textwrap.dedent(READ), server.addresses.grpc)
        assert status == 0, errors
    fetched = json.loads(output)
    name, version, _, arguments = fetched["task"]
    assert (name, version) == ("flows.double", "v1")
    [bundle] = (tmp_path / "data" / "blobs").rglob("fast*.tar.gz")
    assert f"file://{bundle}" in arguments
    assert set(fetched["nodes"]) == {"n0", "n1", "n2"}
    assert fetched["plan"] == ["nightly", "0 3 * * *", "flows.main"]
    assert fetched["default"] == 5
    assert sorted(fetched["stored"]) == ["flows.add", "flows.double"]


@pytest.mark.flytekit
async def test_pyflyte_registers_again_and_is_told_of_a_change(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    async with serving(tmp_path / "data") as server:
        for _ in range(2):
            status, text = await register(tmp_path / "project", server, "--copy", "none")
            assert status == 0, text
        status, text = await register(tmp_path / "project", server, "--copy", "none", "--image", "other:1")
    assert status == 1
    assert "task with different structure already exists" in text
    assert "other:1" in text
