"""How the server starts, ends, and what it says where it cannot. Real processes, ports and calls."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import subprocess
import sys
import textwrap
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import grpc
import grpc.aio
import pytest
from flyteidl.admin import version_pb2
from registry.entities import DOMAIN, PROJECT, create_task
from registry.local_server import calling, serving

from hatch_flyte.entity import Kind
from hatch_flyte.errors import RegistryError
from hatch_flyte.registry.local import open_local
from hatch_flyte.registry.server import LOOPBACK
from hatch_flyte.registry.store import FILE_NAME
from hatch_flyte.registry.upload_listener import listening_socket

if TYPE_CHECKING:
    from pathlib import Path

    from registry.local_server import Caller


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

        sys.modules |= {"starlette": None, "uvicorn": None, "jinja2": None}
        from hatch_flyte.registry.server import ServeOptions, serve
        try:
            asyncio.run(serve(Path(sys.argv[1]), ServeOptions(), print, asyncio.Event()))
        except RegistryError as error:
            print(error)
    """)
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == (
        "serve: starlette, uvicorn, jinja2 not installed\nInstall them with: pip install 'hatch-flyte[server]'\n"
    )
