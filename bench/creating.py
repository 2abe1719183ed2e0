"""Create what an archive holds in an empty registry, by a naive asyncio client or by hatch-flyte's, for comparison.

`python creating.py naive|hatch-flyte ARCHIVE PORT` prints the seconds that creating alone took. Both create kind by
kind, since a workflow needs its tasks, and ask nothing before; the naive one has sixteen calls in flight.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc.aio
from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest, LaunchPlanCreateResponse
from flyteidl.admin.task_pb2 import TaskCreateRequest, TaskCreateResponse
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest, WorkflowCreateResponse

from hatch_flyte.archive_reader import read_archive
from hatch_flyte.entity import Kind
from hatch_flyte.entries import fill_entries
from hatch_flyte.registry.client import Connection, Patience, connect
from hatch_flyte.wire.identifiers import Fill
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_flyte.entries import Entry

AT_ONCE = 16
_MESSAGES: dict[Kind, Any] = {
    Kind.TASK: (TaskCreateRequest, TaskCreateResponse),
    Kind.WORKFLOW: (WorkflowCreateRequest, WorkflowCreateResponse),
    Kind.LAUNCH_PLAN: (LaunchPlanCreateRequest, LaunchPlanCreateResponse),
}


async def _naive(kinds: Sequence[Sequence[Entry]], port: str) -> float:
    begin = time.perf_counter()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        for entries in kinds:
            waiting = iter(entries)
            await asyncio.gather(*(_send(channel, waiting) for _ in range(AT_ONCE)))
    return time.perf_counter() - begin


async def _send(channel: grpc.aio.Channel, waiting: Iterator[Entry]) -> None:
    for entry in waiting:
        request, response = _MESSAGES[entry.identifier.kind]
        name = request.DESCRIPTOR.name.removesuffix("CreateRequest")
        method: Any = channel.unary_unary(
            f"/flyteidl.service.AdminService/Create{name}",
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString,
        )
        await method(request(id=from_identifier(entry.identifier), spec=entry.spec))


async def _ours(kinds: Sequence[Sequence[Entry]], port: str) -> float:
    begin = time.perf_counter()
    registry = connect(Connection(f"127.0.0.1:{port}", insecure=True, place="bench", deadline=600), Patience())
    for entries in kinds:
        await asyncio.gather(*(registry.create(entry.identifier, entry.spec) for entry in entries))
    await registry.close()
    return time.perf_counter() - begin


def main() -> None:
    """Create, and print the seconds."""
    client, archive, port = sys.argv[1:]
    entries = fill_entries(read_archive(Path(archive)), Fill("flytesnacks", "development", "1.0", None))
    kinds = [[entry for entry in entries if entry.identifier.kind is kind] for kind in Kind]
    print(asyncio.run((_naive if client == "naive" else _ours)(kinds, port)))


if __name__ == "__main__":
    main()
