"""The server as clients see it: methods it has and has not, limits, keep-alive, starting and draining."""

from __future__ import annotations

import asyncio
import itertools
import os
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import grpc
import grpc.aio
import pytest
from flyteidl.admin import common_pb2, launch_plan_pb2, project_pb2, task_pb2, version_pb2, workflow_pb2
from flyteidl.service.dataproxy_pb2 import CreateUploadLocationRequest
from registry.entities import DOMAIN, PROJECT, named, task, trio
from registry.local_server import SERVICES, calling, serving
from registry.recorded_player import put

from hatch_flyte import __version__
from hatch_flyte.bundle import Bundle
from hatch_flyte.entity import Kind
from hatch_flyte.errors import RegistryError
from hatch_flyte.registry.local import open_local
from hatch_flyte.registry.server import LOOPBACK
from hatch_flyte.registry.server_methods import services
from hatch_flyte.registry.store import FILE_NAME
from hatch_flyte.registry.upload_listener import listening_socket
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    from pathlib import Path

    from registry.local_server import Caller

HAS = {
    "CreateTask", "CreateWorkflow", "CreateLaunchPlan", "UpdateLaunchPlan", "GetTask", "GetWorkflow", "GetLaunchPlan",
    "RegisterProject", "ListProjects", "UpdateProject", "ListTasks", "ListWorkflows", "ListLaunchPlans",
    "GetActiveLaunchPlan", "GetDomains", "GetVersion", "CreateUploadLocation",
}  # fmt: skip
FLYTEKIT_CHANNEL = (("grpc.max_metadata_size", 32 * 1024),)


def create_task(version: str = "1", image: str = "image") -> task_pb2.TaskCreateRequest:
    return task_pb2.TaskCreateRequest(id=from_identifier(named(Kind.TASK, version=version)), spec=task(image))


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


@pytest.mark.parametrize("service", list(SERVICES))
async def test_every_other_method_says_what_the_registry_does_not_do_and_what_to_do(
    service: str, tmp_path: Path
) -> None:
    others = sorted(set(services()[f"flyteidl.service.{service}"]) - HAS)
    assert others
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        for name in others:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call.raw(f"/flyteidl.service.{service}/{name}", b"", bytes)
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
            assert str(caught.value.details()).startswith("the local registry ")
            assert ": " in str(caught.value.details())


AUTH = "flyteidl.service.AuthMetadataService"


async def test_an_unknown_service_or_method_is_answered_as_by_grpc_go(tmp_path: Path) -> None:
    expected = {
        f"/{AUTH}/GetOAuth2Metadata": f"unknown service {AUTH}",
        "/flyteidl.service.AdminService/Brew": "unknown method Brew for service flyteidl.service.AdminService",
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


async def test_calls_in_flight_end_well_when_the_server_stops(tmp_path: Path) -> None:
    ended: Counter[grpc.StatusCode] = Counter()

    async def create_until_refused(call: Caller, name: str) -> None:
        for number in itertools.count():
            try:
                await call("CreateTask", create_task(f"{name}.{number}"))
            except grpc.aio.AioRpcError as error:
                ended[error.code()] += 1
                return
            ended[grpc.StatusCode.OK] += 1
            if number == 5:
                server.stop.set()

    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        await asyncio.gather(*(create_until_refused(call, str(name)) for name in range(20)))
        await server.ended
    assert ended[grpc.StatusCode.UNAVAILABLE] == 20
    assert set(ended) == {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
    local = open_local(tmp_path)
    stored = [one async for one in local.list(Kind.TASK, PROJECT, DOMAIN)]
    await local.close()
    assert len(stored) == ended[grpc.StatusCode.OK]


async def test_a_call_that_waits_for_another_process_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    async with serving(tmp_path, grace_seconds=0.2) as server, calling(server.addresses.grpc) as call:
        with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = asyncio.ensure_future(call("CreateTask", create_task()))
            await asyncio.wait({waiting}, timeout=0.1)
            server.stop.set()
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await waiting
            await asyncio.wait_for(server.ended, 5)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_port_that_somebody_has_is_told_of(tmp_path: Path) -> None:
    with closing(listening_socket(LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RegistryError, match=f"serve: cannot listen at {LOOPBACK}:{port}"):
            async with serving(tmp_path, port=port):
                pass


async def test_a_given_port_is_used_again_after_a_stop(tmp_path: Path) -> None:
    with closing(listening_socket(LOOPBACK, 0)) as free:
        port = free.getsockname()[1]
    for _ in range(2):
        async with serving(tmp_path, port=port) as server, calling(server.addresses.grpc) as call:
            assert server.addresses.grpc == f"{LOOPBACK}:{port}"
            await call("GetVersion", version_pb2.GetVersionRequest())


async def test_a_file_that_cannot_be_opened_ends_the_server_before_it_began(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(RegistryError, match="cannot be opened"):
        async with serving(tmp_path):
            pass


def test_without_the_extra_the_reason_is_told(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import asyncio, sys
        from pathlib import Path
        from hatch_flyte.errors import RegistryError

        sys.modules |= {"starlette": None, "uvicorn": None}
        from hatch_flyte.registry.server import ServeOptions, serve
        try:
            asyncio.run(serve(Path(sys.argv[1]), ServeOptions(), print, asyncio.Event()))
        except RegistryError as error:
            print(error)
    """)
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == (
        "serve: starlette and uvicorn not installed\nInstall them with: pip install 'hatch-flyte[server]'\n"
    )


def test_a_server_is_ready_soon_after_its_process_began(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import asyncio, sys
        from pathlib import Path
        import click
        from hatch_flyte.registry.server import ServeOptions, serve

        async def main():
            stop = asyncio.Event()
            def ready(addresses):
                print(addresses.grpc, flush=True)
                stop.set()
            await serve(Path(sys.argv[1]), ServeOptions(), ready, stop)

        asyncio.run(main())
    """)
    seconds = []
    for _ in range(3):
        begin = time.monotonic()
        with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline().startswith(b"127.0.0.1:")
            seconds.append(time.monotonic() - begin)
        assert process.returncode == 0
    print(f"ready after {min(seconds):.2f} s")  # noqa: T201 # the number is asked for
    assert min(seconds) < float(os.environ.get("HATCH_FLYTE_TEST_READY_SECONDS", "2"))
