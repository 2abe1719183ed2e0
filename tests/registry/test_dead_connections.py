"""Connections that lead nowhere any more: found by probes, or by calls that nobody answers."""

from __future__ import annotations

import asyncio
from typing import Any

from flyteidl.admin import task_pb2
from registry.support_server import LOOPBACK, ControlPlane, serving
from registry.support_transport import accepting

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.registry.client import ClusterRegistry, Connection, Patience, connect
from hatch_flyte.registry.dial import _options

TASK = Identifier(Kind.TASK, "pipelines", "staging", "acme.tasks.load", "1.4.0")
QUICK = Patience(first_pause=0.01, longest_pause=0.05, settle=0.3, read=0.3, reconnect=0.2)


def client(target: str, **fields: Any) -> ClusterRegistry:
    return connect(Connection(target, insecure=True, place="staging", **{"deadline": 5, **fields}), QUICK)


class HalfOpen:
    """Passes bytes on to a server until it is told to swallow those of the connections that it has."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.connections = 0
        self._deaf: set[int] = set()

    def go_deaf(self) -> None:
        self._deaf |= set(range(1, self.connections + 1))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        upstream, up = await asyncio.open_connection(LOOPBACK, self._port)
        try:
            await asyncio.gather(self._pump(reader, up, number), self._pump(upstream, writer, number))
        finally:
            up.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while data := await reader.read(1 << 16):
            if number not in self._deaf:
                writer.write(data)
        writer.close()


async def test_a_connection_that_leads_nowhere_any_more_is_left_for_another() -> None:
    async with serving(ControlPlane(GetTask=task_pb2.Task())) as target:
        middle = HalfOpen(int(target.rpartition(":")[2]))
        async with accepting(middle.serve) as port:
            registry = client(f"dns:///{LOOPBACK}:{port}")
            await registry.get(TASK)
            middle.go_deaf()
            assert await registry.get(TASK) == task_pb2.Task()
            assert middle.connections == 2
            await registry.close()


def test_probes_are_sent_as_often_as_the_table_says_while_calls_are_in_flight_alone() -> None:
    connection = Connection("dns:///x", insecure=True, place="x", keep_alive=400)
    options = dict(_options(connection, Patience()))
    assert options["grpc.keepalive_time_ms"] == 400_000
    assert options["grpc.keepalive_timeout_ms"] == 20_000
    assert options["grpc.keepalive_permit_without_calls"] == 0
    never = dict(_options(Connection("dns:///x", insecure=True, place="x"), Patience()))
    assert not any("keepalive" in name for name in never)


async def test_a_connection_is_found_dead_by_probes_before_a_call_has_had_its_time() -> None:
    async with serving(ControlPlane(GetTask=task_pb2.Task())) as target:
        middle = HalfOpen(int(target.rpartition(":")[2]))
        async with accepting(middle.serve) as port:
            connection = Connection(f"dns:///{LOOPBACK}:{port}", insecure=True, place="staging", keep_alive=1)
            registry = connect(connection, Patience(probe=0.5, read=60, first_pause=0.01))
            await registry.get(TASK)
            middle.go_deaf()
            assert await asyncio.wait_for(registry.get(TASK), 15) == task_pb2.Task()
            await registry.close()
