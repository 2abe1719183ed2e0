"""The server as clients see it: methods it has and has not, failures, limits, keep-alive."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import grpc
import grpc.aio
import pytest
from flyteidl.admin import common_pb2, launch_plan_pb2, project_pb2, task_pb2, version_pb2, workflow_pb2
from flyteidl.admin.execution_pb2 import ExecutionCreateRequest, ExecutionSpec
from flyteidl.service.dataproxy_pb2 import CreateUploadLocationRequest
from registry.entities import DOMAIN, PROJECT, create_task, named, trio
from registry.local_server import SERVICES, calling, serving
from registry.recorded_player import put

from hatch_flyte import __version__
from hatch_flyte.bundle import Bundle
from hatch_flyte.entity import Kind
from hatch_flyte.registry.local import open_local
from hatch_flyte.registry.store import FILE_NAME
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    from pathlib import Path

    from registry.local_server import Caller


HAS_NOT = ["CreateNodeEvent", "CreateTaskEvent", "CreateWorkflowEvent", "GetOrCreateSignal", "SetSignal"]
FLYTEKIT_CHANNEL = (("grpc.max_metadata_size", 32 * 1024),)


def listing(limit: int = 100) -> common_pb2.ResourceListRequest:
    return common_pb2.ResourceListRequest(
        id=common_pb2.NamedEntityIdentifier(project=PROJECT, domain=DOMAIN), limit=limit
    )


async def test_what_is_registered_in_process_is_served_and_the_other_way_round(tmp_path: Path) -> None:
    requests = {
        Kind.TASK: ("CreateTask", task_pb2.TaskCreateRequest),
        Kind.WORKFLOW: ("CreateWorkflow", workflow_pb2.WorkflowCreateRequest),
        Kind.LAUNCH_PLAN: ("CreateLaunchPlan", launch_plan_pb2.LaunchPlanCreateRequest),
    }
    local = open_local(tmp_path)
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        for identifier, spec in trio("here"):
            await local.create(identifier, spec)
        for identifier, spec in trio("there"):
            method, message = requests[identifier.kind]
            await call(method, message(id=from_identifier(identifier), spec=spec))
        for kind, method in (
            (Kind.TASK, "GetTask"),
            (Kind.WORKFLOW, "GetWorkflow"),
            (Kind.LAUNCH_PLAN, "GetLaunchPlan"),
        ):
            for name in ("here", "there"):
                served = await call(method, common_pb2.ObjectGetRequest(id=from_identifier(named(kind, name))))
                assert served == await local.get(named(kind, name))
    await local.close()


async def refusal(call: Caller, path: str) -> grpc.aio.AioRpcError | None:
    """Return the status of an empty request if it isn't OK."""
    try:
        await call.raw(path, b"", bytes)
    except grpc.aio.AioRpcError as error:
        return error
    return None


async def test_a_method_that_it_has_not_says_what_the_registry_does_not_do_and_what_to_do(tmp_path: Path) -> None:
    paths = [f"/{service.full_name}/{name}" for service in SERVICES.values() for name in service.methods_by_name]
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        found = {path.rpartition("/")[2]: await refusal(call, path) for path in paths}
    codes = {name: error.code() for name, error in found.items() if error}
    assert grpc.StatusCode.UNKNOWN not in codes.values()
    assert sorted(name for name, code in codes.items() if code is grpc.StatusCode.UNIMPLEMENTED) == HAS_NOT
    for name in HAS_NOT:
        error = found[name]
        assert error
        assert "the local registry runs nothing: " in str(error.details())


async def test_what_would_start_something_is_checked_and_then_not_done(tmp_path: Path) -> None:
    spec = ExecutionSpec(launch_plan=from_identifier(named(Kind.LAUNCH_PLAN)))
    request = ExecutionCreateRequest(project=PROJECT, domain=DOMAIN, name="run", spec=spec)
    local = open_local(tmp_path)
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        with pytest.raises(grpc.aio.AioRpcError, match="missing entity of type LAUNCH_PLAN"):
            await call("CreateExecution", request)
        for identifier, created in trio():
            await local.create(identifier, created)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call("CreateExecution", request)
    await local.close()
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert "run them there" in str(caught.value.details())


AUTH = "flyteidl.service.AuthMetadataService"


async def test_an_unknown_service_or_method_is_answered_as_by_grpc_go(tmp_path: Path) -> None:
    expected = {
        f"/{AUTH}/GetOAuth2Metadata": f"unknown service {AUTH}",
        "/flyteidl.service.AdminService/Brew": "unknown method Brew for service flyteidl.service.AdminService",
        "/grpc.health.v1.Health/List": "unknown method List for service grpc.health.v1.Health",
        "/nothing": "unknown service nothing",
    }
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        for path, text in expected.items():
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call.raw(path, b"", bytes)
            assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.UNIMPLEMENTED, text)


async def test_bytes_that_are_no_message_are_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call.raw("/flyteidl.service.AdminService/CreateTask", b"\xff\xff", bytes)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "CreateTask: expected a flyteidl.admin.TaskCreateRequest" in str(caught.value.details())


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        connection.execute(statement)
        connection.commit()


async def test_a_failing_file_is_told_of_and_never_unknown(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        change(tmp_path, "DROP TABLE entities")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call("ListTasks", listing())
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert f"{FILE_NAME}: SQLite failed (no such table: entities)" in str(caught.value.details())


async def test_what_nobody_foresaw_is_internal_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        await call("CreateTask", create_task())
        change(tmp_path, "UPDATE entities SET brief = x'ffff'")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call("ListTasks", listing())
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "the local registry failed at ListTasks" in str(caught.value.details())
    assert [record.message for record in caplog.records] == ["ListTasks failed"]


@pytest.mark.parametrize("size", [10_000, 13_000, 15_000, 17_000, 31_000, 40_000])
async def test_a_conflict_of_any_length_reaches_flytekits_channel(size: int, tmp_path: Path) -> None:
    async with serving(tmp_path) as server, calling(server.addresses.grpc, FLYTEKIT_CHANNEL) as call:
        await call("CreateTask", create_task())
        for character in ("x", "ä", "\n"):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call("CreateTask", create_task(image=character * size))
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert "task with different structure already exists" in str(caught.value.details())


async def test_a_channel_that_pings_without_calls_is_not_told_to_go_away(tmp_path: Path) -> None:
    pinging = (
        ("grpc.keepalive_time_ms", 100),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.http2.min_time_between_pings_ms", 100),
        ("grpc.http2.min_sent_ping_interval_without_data_ms", 100),
    )
    async with (
        serving(tmp_path) as server,
        grpc.aio.insecure_channel(server.addresses.grpc, options=pinging) as channel,
    ):
        await channel.channel_ready()
        state = channel.get_state()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(channel.wait_for_state_change(state), 1.5)


async def test_version_and_domains_are_told(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        version = await call("GetVersion", version_pb2.GetVersionRequest())
        domains = await call("GetDomains", project_pb2.GetDomainRequest())
    assert version.control_plane_version.Version == __version__
    assert [one.id for one in domains.domains] == ["development", "staging", "production"]


async def test_a_bundle_has_one_address_whoever_stored_it(tmp_path: Path) -> None:
    bundle = Bundle("0123456789abcdef0123456789abcdef", b"data")
    request = CreateUploadLocationRequest(
        project=PROJECT, domain=DOMAIN, filename=bundle.file_name, filename_root=bundle.digest
    )
    local = open_local(tmp_path)
    expected = await local.locate(PROJECT, DOMAIN, bundle)
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        location = await call("CreateUploadLocation", request, "DataProxyService")
        assert location.native_url == expected.url
        assert await asyncio.to_thread(put, location.signed_url, bundle.data, dict(location.headers)) == 200
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call("CreateUploadLocation", request, "DataProxyService")
    assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS
    assert (await local.locate(PROJECT, DOMAIN, bundle)).stored
    await local.close()
