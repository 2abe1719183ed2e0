from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core.tasks_pb2 import Resources
from support_serialize import SETTINGS, serialize_source
from support_wheels import WheelSource

from hatch_flyte.config.values import TaskDefaults
from hatch_flyte.entity import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from flyteidl.core.tasks_pb2 import Container

    from hatch_flyte.serialize import Serialized

pytestmark = pytest.mark.flytekit

SOURCE = """
from flytekit import ContainerTask, LaunchPlan, Resources, kwtypes, map_task, task, workflow

@task
def plain(a: int) -> int:
    return a

@task(environment={"LEVEL": "own"}, requests=Resources(cpu="9"), container_image="ghcr.io/acme/own:1")
def own(a: int) -> int:
    return a

raw = ContainerTask(name="raw", image="alpine:3", command=["true"], inputs=kwtypes(a=int))

@workflow
def flow(numbers: list[int]) -> list[int]:
    return map_task(plain)(a=numbers)

@workflow
def other(a: int) -> int:
    return plain(a=a)

asked = LaunchPlan.get_or_create(other)
"""
NAMES = {
    Resources.ResourceName.CPU: "cpu",
    Resources.ResourceName.GPU: "gpu",
    Resources.ResourceName.MEMORY: "mem",
    Resources.ResourceName.EPHEMERAL_STORAGE: "ephemeral-storage",
}


def serialized(folder: Path, **changes: Any) -> Serialized:
    return serialize_source(folder, WheelSource({"acme/jobs.py": SOURCE}), replace(SETTINGS, **changes))


def containers(found: Serialized) -> dict[str, Container]:
    """Return the containers of the tasks by their short names; of a map task, `map`."""
    specs = {one.name: TaskSpec.FromString(one.data) for one in found.entities if one.kind is Kind.TASK}
    return {
        "map" if ".map_" in name else name.rpartition(".")[2]: spec.template.container for name, spec in specs.items()
    }


def env(container: Container) -> dict[str, str]:
    return {pair.key: pair.value for pair in container.env}


def requests(container: Container) -> dict[str, str]:
    return {NAMES[entry.name]: entry.value for entry in container.resources.requests}


def test_variables_are_every_tasks_and_its_own_win(tmp_path: Path) -> None:
    found = containers(serialized(tmp_path, env={"LEVEL": "info", "B": "2"}))

    assert env(found["plain"]) == env(found["map"]) == env(found["raw"]) == {"LEVEL": "info", "B": "2"}
    assert env(found["own"]) == {"LEVEL": "own", "B": "2"}


def test_resources_are_every_tasks_that_asks_for_none(tmp_path: Path) -> None:
    resources = {"requests.cpu": "1", "requests.mem": "2Gi", "requests.ephemeral-storage": "1Gi", "limits.gpu": "1"}

    found = containers(serialized(tmp_path, resources=resources))

    expected = {"cpu": "1", "mem": "2Gi", "ephemeral-storage": "1Gi"}
    assert requests(found["plain"]) == requests(found["map"]) == requests(found["raw"]) == expected
    assert [entry.value for entry in found["plain"].resources.limits] == ["1"]
    assert requests(found["own"]) == {"cpu": "9"}


def test_what_is_said_of_some_tasks_counts_for_those_and_the_last_wins(tmp_path: Path) -> None:
    tables = (
        TaskDefaults(pattern="acme.*", image="ghcr.io/acme/glob:1", env={"WHO": "glob", "GLOB": "1"}),
        TaskDefaults(pattern="acme.jobs.plain", env={"WHO": "name"}, resources={"requests.gpu": "1"}),
        TaskDefaults(pattern="raw", resources={"requests.cpu": "3"}),
        TaskDefaults(pattern="acme.nothing", where="the table"),
    )

    result = serialized(tmp_path, env={"WHO": "all"}, resources={"requests.cpu": "1"}, tasks=tables)

    found = containers(result)
    assert env(found["plain"]) == {"WHO": "name", "GLOB": "1"}
    assert env(found["own"]) == {"LEVEL": "own", "WHO": "glob", "GLOB": "1"}
    assert found["plain"].image == found["map"].image == "ghcr.io/acme/glob:1"
    assert (found["own"].image, found["raw"].image) == ("ghcr.io/acme/own:1", "alpine:3")
    assert requests(found["plain"]) == requests(found["map"]) == {"cpu": "1", "gpu": "1"}
    assert requests(found["raw"]) == {"cpu": "3"}
    assert result.unused == ("the table",)


@pytest.mark.parametrize("wanted", [True, False])
def test_workflows_have_launch_plans_of_their_names_if_wanted_or_asked_for(tmp_path: Path, *, wanted: bool) -> None:
    found = serialized(tmp_path, default_launch_plans=wanted)

    plans = {one.name for one in found.entities if one.kind is Kind.LAUNCH_PLAN}
    assert plans == ({"acme.jobs.flow", "acme.jobs.other"} if wanted else {"acme.jobs.other"})
