"""Many clients at a server that is killed again and again: what was acknowledged stays, and no answer is wrong."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest
from flyteidl.admin.common_pb2 import ObjectGetRequest
from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest
from flyteidl.admin.task_pb2 import TaskCreateRequest
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest
from registry.entities import DOMAIN, PROJECT, launch_plan, named, task, workflow
from registry.local_server import calling
from registry.writer import start

from hatch_flyte.entity import Kind
from hatch_flyte.registry.local import open_local
from hatch_flyte.registry.store import FILE_NAME
from hatch_flyte.registry.upload_listener import listening_socket
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from google.protobuf.message import Message
    from registry.local_server import Caller

    from hatch_flyte.entity import Identifier

CLIENTS, EACH, KILLS = 50, 200, 50
PATIENT = (
    ("grpc.use_local_subchannel_pool", 1),  # a connection for each client
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 200),
)
CREATES: dict[Kind, tuple[str, Any]] = {
    Kind.TASK: ("CreateTask", TaskCreateRequest),
    Kind.WORKFLOW: ("CreateWorkflow", WorkflowCreateRequest),
    Kind.LAUNCH_PLAN: ("CreateLaunchPlan", LaunchPlanCreateRequest),
}
GETS = {Kind.TASK: "GetTask", Kind.WORKFLOW: "GetWorkflow", Kind.LAUNCH_PLAN: "GetLaunchPlan"}
pytestmark = pytest.mark.long


def entities(client: int) -> list[tuple[Identifier, Message]]:
    """Return what a client registers, in order: each trio of its own, so that contents can't be mixed up."""
    found: list[tuple[Identifier, Message]] = []
    for number in range(0, EACH, 4):
        name = f"client{client}.{number}"
        first, second, third = (named(kind, name) for kind in Kind)
        image = f"ghcr.io/acme/{client}:{number}"
        other = named(Kind.TASK, f"{name}.other")
        nodes = workflow(first, other, *[first] * (number % 7))
        found += [(first, task(image)), (other, task(f"{image}-other")), (second, nodes), (third, launch_plan(second))]
    return found[:EACH]


@dataclass
class Server:
    """A server that is started again when it was killed; its port stays."""

    folder: Path
    port: int
    acknowledged: dict[Identifier, Message] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    errors: int = 0
    kills: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> subprocess.Popen[str]:
        process = start(self.folder, "serve", self.port)
        assert process.stdout
        assert process.stdout.readline().strip() == f"127.0.0.1:{self.port}"
        return process

    async def be_killed(self) -> None:
        """Kill it at moments that lie within the load, and begin anew; the last one is left alone."""
        chance = random.Random(6)  # noqa: S311 # no secret
        step = CLIENTS * EACH // (KILLS + 1)
        process = await asyncio.to_thread(self.start)
        for kill in range(1, KILLS + 1):
            moment = kill * step - chance.randrange(step)
            while len(self.acknowledged) < moment:
                self.reached.clear()
                await self.reached.wait()
            await asyncio.sleep(chance.random() / 100)
            process.kill()
            await asyncio.to_thread(process.communicate)
            self.kills += 1
            process = await asyncio.to_thread(self.start)
        while len(self.acknowledged) < CLIENTS * EACH:
            self.reached.clear()
            await self.reached.wait()
        process.kill()
        await asyncio.to_thread(process.communicate)


async def register(server: Server, client: int) -> None:
    """Register a client's entities, each as often as it takes, and look now and then at what was acknowledged."""
    chance = random.Random(client)  # noqa: S311 # no secret
    mine = entities(client)
    async with calling(f"127.0.0.1:{server.port}", PATIENT) as call:
        for number, (identifier, spec) in enumerate(mine):
            await create(server, call, identifier, spec)
            if chance.random() < 0.2:
                await look(server, call, *mine[chance.randrange(number + 1)])


async def create(server: Server, call: Caller, identifier: Identifier, spec: Message) -> None:
    method, request = CREATES[identifier.kind]
    asked_before = False
    while True:
        try:
            await call(method, request(id=from_identifier(identifier), spec=spec))
        except grpc.aio.AioRpcError as error:  # noqa: PERF203 # each attempt has its own
            if error.code() is grpc.StatusCode.ALREADY_EXISTS and asked_before:
                break  # it was stored, and its answer lost
            await trouble(server, error, f"{method} {identifier}")
            asked_before = True
        else:
            break
    server.acknowledged[identifier] = spec
    server.reached.set()


async def look(server: Server, call: Caller, identifier: Identifier, spec: Message) -> None:
    while True:
        try:
            found = await call(GETS[identifier.kind], ObjectGetRequest(id=from_identifier(identifier)))
        except grpc.aio.AioRpcError as error:  # noqa: PERF203 # each attempt has its own
            await trouble(server, error, f"get {identifier}")
        else:
            if got(identifier.kind, found) != sent(identifier.kind, spec):
                server.wrong.append(f"{identifier}: another content")
            return


async def trouble(server: Server, error: grpc.aio.AioRpcError, what: str) -> None:
    """Take a lost connection for what it is; everything else is a wrong answer."""
    server.errors += 1
    if error.code() is not grpc.StatusCode.UNAVAILABLE:
        server.wrong.append(f"{what}: {error.code()} {error.details()}")
    await asyncio.sleep(0.02)


def sent(kind: Kind, spec: Any) -> object:
    """Return what tells an entity from others, of what was sent."""
    if kind is Kind.TASK:
        return spec.template.container.image
    return nodes_of(spec.template) if kind is Kind.WORKFLOW else spec.workflow_id.name


def got(kind: Kind, message: Any) -> object:
    """Return the same of what was got."""
    if kind is Kind.TASK:
        return message.closure.compiled_task.template.container.image
    if kind is Kind.WORKFLOW:
        return nodes_of(message.closure.compiled_workflow.primary.template)
    return message.spec.workflow_id.name


def nodes_of(template: Any) -> list[tuple[str, str]]:
    """Return nodes with the tasks they run; the compiler adds some without."""
    return [(node.id, node.task_node.reference_id.name) for node in template.nodes if node.HasField("task_node")]


async def test_fifty_clients_at_a_server_that_is_killed_fifty_times_lose_nothing_and_are_told_nothing_wrong(
    tmp_path: Path,
) -> None:
    with closing(listening_socket("127.0.0.1", 0)) as free:
        server = Server(tmp_path, free.getsockname()[1])
    await asyncio.gather(server.be_killed(), *(register(server, client) for client in range(CLIENTS)))
    assert not server.wrong
    assert (len(server.acknowledged), server.kills) == (CLIENTS * EACH, KILLS)
    assert server.errors > KILLS
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    registry = open_local(tmp_path)
    stored = set()
    for kind in Kind:
        async for one in registry.list(kind, PROJECT, DOMAIN):
            identifier = named(kind, one.id.name)  # type: ignore[attr-defined] # each has an identifier
            whole = await registry.get(identifier)
            assert got(kind, whole) == sent(kind, server.acknowledged[identifier])
            stored.add(identifier)
    await registry.close()
    assert stored == set(server.acknowledged)
    print(f"{len(stored)} entities, {server.kills} kills, {server.errors} errors")  # noqa: T201 # asked for
