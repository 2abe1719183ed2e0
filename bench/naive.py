"""A naive asyncio client, for comparison: it creates what an archive holds, sixteen at once, and asks nothing before.

`python naive.py ARCHIVE PORT`: kind by kind, since a workflow needs its tasks.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import grpc.aio
from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest, LaunchPlanCreateResponse
from flyteidl.admin.task_pb2 import TaskCreateRequest, TaskCreateResponse
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest, WorkflowCreateResponse

from hatch_flyte.archive_reader import read_archive
from hatch_flyte.entity import Kind
from hatch_flyte.entries import Entry, fill_entries
from hatch_flyte.wire.identifiers import Fill
from hatch_flyte.wire.messages import from_identifier

AT_ONCE = 16
_MESSAGES: dict[Kind, Any] = {
    Kind.TASK: (TaskCreateRequest, TaskCreateResponse),
    Kind.WORKFLOW: (WorkflowCreateRequest, WorkflowCreateResponse),
    Kind.LAUNCH_PLAN: (LaunchPlanCreateRequest, LaunchPlanCreateResponse),
}


async def _create(archive: Path, port: str) -> None:
    entries = fill_entries(read_archive(archive), Fill("flytesnacks", "development", "1.0", None))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        for kind in Kind:
            waiting = iter([entry for entry in entries if entry.identifier.kind is kind])
            await asyncio.gather(*(_send(channel, kind, waiting) for _ in range(AT_ONCE)))


async def _send(channel: grpc.aio.Channel, kind: Kind, waiting: Any) -> None:
    request, response = _MESSAGES[kind]
    name = request.DESCRIPTOR.name.removesuffix("CreateRequest")
    method: Any = channel.unary_unary(
        f"/flyteidl.service.AdminService/Create{name}",
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )
    entry: Entry
    for entry in waiting:
        await method(request(id=from_identifier(entry.identifier), spec=entry.spec))


if __name__ == "__main__":
    asyncio.run(_create(Path(sys.argv[1]), sys.argv[2]))
