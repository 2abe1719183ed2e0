"""Processes that are killed, and several at once: nothing acknowledged is lost, and running again completes it."""

from __future__ import annotations

import asyncio
import random
from contextlib import closing
from typing import TYPE_CHECKING

import grpc.aio
import pytest
from flyteidl.admin.task_pb2 import TaskCreateRequest
from registry.entities import DOMAIN, PROJECT, named, task
from registry.local_server import calling
from registry.writer import BUNDLE_BYTES, bundle, start

from hatch_flyte.entity import Kind
from hatch_flyte.registry.local import LocalRegistry, open_local
from hatch_flyte.registry.store import Store
from hatch_flyte.registry.upload_listener import listening_socket
from hatch_flyte.rules.listing import Query
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

COUNT = 200


def killed_after(process: subprocess.Popen[str], lines: int) -> list[str]:
    """Kill a process once it has said so many lines after its first; return all the whole lines that it said."""
    assert process.stdout
    assert process.stdout.readline()
    said = "".join(process.stdout.readline() for _ in range(lines))
    process.kill()
    said += process.stdout.read()
    process.stdout.close()
    process.wait()
    return said[: said.rfind("\n") + 1].splitlines()


def finished(process: subprocess.Popen[str]) -> list[str]:
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return text.splitlines()[1:]


async def listed(registry: LocalRegistry) -> set[str]:
    found = set()
    for kind in Kind:
        async for message in registry.list(kind, PROJECT, DOMAIN):
            name = message.id.name  # type: ignore[attr-defined] # each has an identifier
            await registry.get(named(kind, name))
            found.add(f"{kind.name} {name}")
    return found


@pytest.mark.parametrize("seed", range(10))
async def test_a_killed_publish_loses_nothing_that_was_acknowledged(seed: int, tmp_path: Path) -> None:
    moment = random.Random(seed).randrange(COUNT)  # noqa: S311 # no secret
    lines = killed_after(start(tmp_path, "create", "a", COUNT), moment)
    assert moment <= len(lines) < 3 * COUNT
    acknowledged = {line.removeprefix("created ") for line in lines}
    registry = open_local(tmp_path)
    stored = await listed(registry)
    assert acknowledged <= stored
    assert len(stored) - len(acknowledged) <= 1
    again = finished(start(tmp_path, "create", "a", COUNT))
    assert {line.removeprefix("there ") for line in again if line.startswith("there ")} == stored
    assert len(await listed(registry)) == 3 * COUNT
    await registry.close()


@pytest.mark.parametrize("seed", range(10))
async def test_a_killed_server_loses_nothing_that_was_acknowledged(seed: int, tmp_path: Path) -> None:
    with closing(listening_socket("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    acknowledged: set[str] = set()
    moment = random.Random(seed).randrange(1, COUNT)  # noqa: S311 # no secret
    reached = asyncio.Event()

    async def create(name: str, address: str) -> None:
        async with calling(address) as call:
            for number in range(COUNT):
                identifier = named(Kind.TASK, f"{name}.{number}")
                await call("CreateTask", TaskCreateRequest(id=from_identifier(identifier), spec=task()))
                acknowledged.add(f"TASK {identifier.name}")
                if len(acknowledged) == moment:
                    reached.set()

    server = start(tmp_path, "serve", port)
    assert server.stdout
    address = server.stdout.readline().strip()
    calls = [asyncio.ensure_future(create(str(number), address)) for number in range(8)]
    await asyncio.wait_for(reached.wait(), 30)
    server.kill()
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(end) for end in ends} == {grpc.aio.AioRpcError}
    server.stdout.close()
    server.wait()
    registry = open_local(tmp_path)
    assert acknowledged <= await listed(registry)
    await registry.close()
    again = start(tmp_path, "serve", port)
    assert again.stdout
    assert again.stdout.readline().strip() == address
    again.kill()
    again.communicate()


@pytest.mark.parametrize("seed", range(5))
async def test_a_killed_upload_leaves_a_whole_bundle_or_none(seed: int, tmp_path: Path) -> None:
    lines = killed_after(start(tmp_path, "upload", COUNT), seed)
    files = {path.name: path.stat().st_size for path in (tmp_path / "blobs").rglob("fast*")}
    assert set(files.values()) <= {BUNDLE_BYTES}
    assert {bundle(int(line.split()[1])).file_name for line in lines} <= set(files)
    finished(start(tmp_path, "upload", 5))
    registry = open_local(tmp_path)
    for number in range(5):
        assert (await registry.locate(PROJECT, DOMAIN, bundle(number))).stored
    await registry.close()


def test_several_processes_may_register_at_once(tmp_path: Path) -> None:
    writers = [start(tmp_path, "create", name, COUNT) for name in ("a", "a", "b")]
    outputs = [finished(writer) for writer in writers]
    created = [line for output in outputs for line in output if line.startswith("created ")]
    assert len(created) == len(set(created)) == 2 * 3 * COUNT
    with closing(Store(tmp_path)) as store:
        times = [one.created_at for kind in Kind for one in store.select(Query(kind))]
    assert len(set(times)) == 2 * 3 * COUNT
