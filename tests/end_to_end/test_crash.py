"""`kill -9` at random moments of a publish and of a server: a plain re-run completes, nothing acknowledged is lost."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest
from flyteidl.admin.task_pb2 import TaskCreateRequest
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest
from support_archives import BUNDLE_ARGUMENTS, archive_of, launch_plan, task, workflow
from support_machine import Recorder, port_to_keep, recording, serving, watching, write_clusters

from hatch_flyte.archive import write_archive
from hatch_flyte.bundle import BundledFile, make_bundle

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from support_machine import Call, Served, Venv, Watched

REQUESTS: dict[str, Any] = {
    "CreateTask": TaskCreateRequest,
    "CreateWorkflow": WorkflowCreateRequest,
    "CreateLaunchPlan": LaunchPlanCreateRequest,
}
PATIENCE = 60
"""Seconds for a program to end, before its test fails."""
MOMENTS = [
    pytest.param(range(3), id="three moments"),
    pytest.param(range(3, 40), id="many more", marks=pytest.mark.long),
]


def draw(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 # moments, no secrets


def write_pipeline(folder: Path, size: int) -> Path:
    """Write an archive of `size` tasks, as many workflows and launch plans, and a bundle of a mebibyte."""
    messages = [
        *(task(f"acme.t{number:03}", arguments=BUNDLE_ARGUMENTS) for number in range(size)),
        *(workflow(f"acme.w{number:03}", of=f"acme.t{number:03}") for number in range(size)),
        *(launch_plan(f"acme.w{number:03}", of=f"acme.w{number:03}") for number in range(size)),
    ]
    path = folder / "acme_pipelines-1.0-flyte.tgz"
    bundle = make_bundle([BundledFile("noise.bin", draw(0).randbytes(1 << 20))])
    write_archive(path, archive_of(*messages, bundle=bundle))
    return path


def rows_of(registry: Watched, version: str) -> list[tuple[Any, ...]]:
    return [row for row in registry.rows() if row[2] == version]


def acknowledged(seen: Recorder, version: str) -> set[tuple[int, str]]:
    """Return kind and name of everything whose creation was answered with OK."""
    answered = [
        REQUESTS[call.method].FromString(call.request).id for call in seen.acknowledged if call.method in REQUESTS
    ]
    return {(one.resource_type, one.name) for one in answered if one.version == version}


def stored(rows: Iterable[tuple[Any, ...]]) -> set[tuple[int, str]]:
    """Return kind and name of a registry's rows; a kind's number there is that of Flyte's resource type."""
    return {(row[0], row[1]) for row in rows}


def at_nth_create(number: int, *, answered: bool, then: Callable[[], None]) -> Recorder:
    """Return a recorder that does `then` once: when creation `number` comes in, or has been answered by the server."""
    lock, count = threading.Lock(), [0]

    def on_create(call: Call) -> None:
        if call.method in REQUESTS:
            with lock:
                count[0] += 1
                reached = count[0] == number
            if reached:
                then()

    return Recorder(on_answer=on_create) if answered else Recorder(on_call=on_create)


@pytest.mark.parametrize("seeds", MOMENTS)
def test_a_killed_publish_to_the_local_registry_is_completed_by_the_next(
    bare: Venv, tmp_path: Path, seeds: range
) -> None:
    archive, total = write_pipeline(tmp_path, 100), 300
    data = tmp_path / "registry"
    cut_off = 0
    bare.publish(str(archive), "--version", "first", cwd=tmp_path, HATCH_FLYTE_DATA=str(data))
    with watching(data) as registry:
        for seed in seeds:
            version, moment, before = f"v{seed}", draw(seed).randrange(total), registry.count()
            publish = (str(archive), "--version", version)
            process = bare.start("hatch-flyte", "publish", "--json", *publish, cwd=tmp_path, HATCH_FLYTE_DATA=str(data))
            while registry.count() - before < moment and process.poll() is None:
                time.sleep(0.0005)
            process.kill()
            said, _ = process.communicate(timeout=PATIENCE)
            rows = rows_of(registry, version)

            again = bare.publish(*publish, cwd=tmp_path, HATCH_FLYTE_DATA=str(data))["local"]

            assert len(rows) >= moment
            assert not said or len(rows) == total
            assert again["counts"].get("unchanged", 0) == len(rows)
            assert again["counts"].get("created", 0) == total - len(rows)
            assert rows_of(registry, version)[: len(rows)] == rows
            cut_off += 0 < len(rows) < total
    assert cut_off >= len(seeds) // 3


@pytest.mark.parametrize("seeds", MOMENTS)
def test_a_killed_publish_to_a_server_is_completed_by_the_next(bare: Venv, tmp_path: Path, seeds: range) -> None:
    archive, total, data = write_pipeline(tmp_path, 20), 60, tmp_path / "served"
    cut_off = 0
    with serving(bare, data) as server, watching(data) as registry:
        for seed in seeds:
            version, seen = f"v{seed}", killed_over_grpc(bare, archive, server, seed)
            early = acknowledged(seen, version)
            assert early <= stored(rows_of(registry, version))
            folder = write_clusters(tmp_path, served=server.address)

            again = bare.publish(str(archive), "--version", version, cwd=folder)["served"]

            assert sum(again["counts"].values()) == total
            assert set(again["counts"]) <= {"created", "unchanged"}
            assert again["counts"].get("unchanged", 0) >= len(early)
            assert len(rows_of(registry, version)) == total
            cut_off += "created" in again["counts"]
    assert cut_off >= len(seeds) // 2


def killed_over_grpc(bare: Venv, archive: Path, server: Served, seed: int) -> Recorder:
    """Kill a publish to `server` at the moment that `seed` gives; return what the server was asked and answered."""
    chance, started = draw(seed), threading.Event()
    victim: list[subprocess.Popen[str]] = []

    def end() -> None:
        started.wait()
        victim[0].kill()

    seen = at_nth_create(chance.randrange(1, 60), answered=chance.random() < 0.5, then=end)
    with recording(server.address, seen) as address:
        folder = write_clusters(archive.parent, served=address)
        victim.append(bare.start("hatch-flyte", "publish", str(archive), "--version", f"v{seed}", cwd=folder))
        started.set()
        said, _ = victim[0].communicate(timeout=PATIENCE)
    assert (victim[0].returncode, said) == (-9, "")
    return seen


@pytest.mark.parametrize("seeds", MOMENTS)
def test_a_killed_server_has_kept_what_it_acknowledged_and_the_publish_outlives_it(
    bare: Venv, tmp_path: Path, seeds: range
) -> None:
    archive, total, data = write_pipeline(tmp_path, 20), 60, tmp_path / "served"
    with contextlib.ExitStack() as servers:
        server = servers.enter_context(serving(bare, data, port=port_to_keep()))
        for seed in seeds:
            chance, version = draw(seed), f"v{seed}"
            seen = at_nth_create(chance.randrange(1, total), answered=chance.random() < 0.5, then=server.process.kill)
            with recording(server.address, seen) as address:
                folder = write_clusters(tmp_path, served=address)
                process = bare.start("hatch-flyte", "publish", str(archive), "--version", version, cwd=folder)
                server = restarted(server, servers, bare, data)
                said, _ = process.communicate(timeout=PATIENCE)
                again = bare.publish(str(archive), "--version", version, cwd=folder)["served"]

            assert process.returncode == 0, said
            assert again["counts"] == {"unchanged": total}
            with watching(data) as registry:
                rows = rows_of(registry, version)
            assert len(rows) == total
            assert acknowledged(seen, version) <= stored(rows)


def restarted(server: Served, servers: contextlib.ExitStack, venv: Venv, data: Path) -> Served:
    """Wait for the end of a server that is being killed, and start it again at the same port, on the same folder."""
    assert server.process.wait(PATIENCE) == -9
    return servers.enter_context(serving(venv, data, port=int(server.address.rpartition(":")[2])))
