"""Who may call a server that wants a token, what it is told, and what clients make of it. Real servers and clients."""

from __future__ import annotations

import asyncio
import os
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest
from flyteidl.admin.project_pb2 import ProjectListRequest, Projects
from flyteidl.admin.version_pb2 import GetVersionRequest, GetVersionResponse
from flyteidl.service.auth_pb2 import (
    OAuth2MetadataRequest,
    OAuth2MetadataResponse,
    PublicClientAuthConfigRequest,
    PublicClientAuthConfigResponse,
)
from flyteidl.service.identity_pb2 import UserInfoRequest, UserInfoResponse
from registry.local_server import serving

from hatch_flyte.errors import ConfigError
from hatch_flyte.registry.guard import Guard, checked_token
from hatch_flyte.registry.serve_options import ServeOptions

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "correct-horse-battery"  # noqa: S105 # of these tests alone
SERVICE = "flyteidl.service."
HEALTH = "grpc.health.v1.Health/Check"
METADATA = {
    "AuthMetadataService/GetPublicClientConfig": (PublicClientAuthConfigRequest, PublicClientAuthConfigResponse),
    "AuthMetadataService/GetOAuth2Metadata": (OAuth2MetadataRequest, OAuth2MetadataResponse),
    "IdentityService/UserInfo": (UserInfoRequest, UserInfoResponse),
    "AdminService/GetVersion": (GetVersionRequest, GetVersionResponse),
    "AdminService/ListProjects": (lambda: ProjectListRequest(limit=9), Projects),
}


async def ask(address: str, path: str, *metadata: tuple[str, str]) -> Any:
    """Call a method; return its answer, or the code and the words of its refusal."""
    request, response = METADATA.get(path, (None, None))
    async with grpc.aio.insecure_channel(address) as channel:
        call = channel.unary_unary(f"/{SERVICE}{path}" if request else f"/{path}", None, None)
        try:
            answer = await call(request().SerializeToString() if request else b"", metadata=metadata)
        except grpc.aio.AioRpcError as error:
            return error.code(), error.details()
    return response.FromString(answer) if response else answer


@pytest.mark.parametrize("service", ["AuthMetadataService", "IdentityService"])
async def test_without_a_token_what_is_about_tokens_is_unknown(tmp_path: Path, service: str) -> None:
    async with serving(tmp_path) as server:
        for path in METADATA:
            if path.startswith(service):
                words = f"unknown service flyteidl.service.{service}"
                assert await ask(server.addresses.grpc, path) == (grpc.StatusCode.UNIMPLEMENTED, words)
        assert await ask(server.addresses.grpc, "AdminService/GetVersion")


@pytest.mark.parametrize("key", ["authorization", "flyte-authorization"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_who_shows_the_token_may_call(tmp_path: Path, key: str, scheme: str) -> None:
    async with serving(tmp_path, token=TOKEN) as server:
        shown = (key, f"{scheme} {TOKEN}")
        version = await ask(server.addresses.grpc, "AdminService/GetVersion", shown)
        assert version.control_plane_version.Build == "hatch-flyte"
        assert (await ask(server.addresses.grpc, "IdentityService/UserInfo", shown)).subject == "local"
        both = (("authorization", "Bearer another"), ("flyte-authorization", f"Bearer {TOKEN}"))
        assert (await ask(server.addresses.grpc, "AdminService/ListProjects", *both)).projects


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (None, "none"),
        ("", "another"),
        ("Bearer ", "another"),
        (TOKEN, "another"),
        (f"Basic {TOKEN}", "another"),
        (f"Bearer {TOKEN}x", "another"),
        (f"Bearer {TOKEN[:-1]}", "another"),
        (f"Bearer  {TOKEN}", "another"),
        (f"Bearer {TOKEN.upper()}", "another"),
    ],
)
async def test_who_shows_none_or_another_may_not_and_no_method_tells_more(
    tmp_path: Path, value: str | None, got: str
) -> None:
    metadata = () if value is None else (("authorization", value),)
    words = f"the local registry wants a token: expected `authorization: Bearer TOKEN` (got {got})"
    async with serving(tmp_path, token=TOKEN) as server:
        for path in ("AdminService/GetVersion", "IdentityService/UserInfo", "x.Y/Z"):
            answer = await ask(server.addresses.grpc, path, *metadata)
            assert answer == (grpc.StatusCode.UNAUTHENTICATED, words)


async def test_a_refused_create_creates_nothing(tmp_path: Path) -> None:
    from registry.entities import create_task
    from registry.local_server import calling

    async with serving(tmp_path, token=TOKEN) as server, calling(server.addresses.grpc) as call:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call("CreateTask", create_task())
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        await call("CreateTask", create_task())


async def test_anybody_may_ask_how_to_show_it_and_whether_the_server_lives(tmp_path: Path) -> None:
    async with serving(tmp_path, token=TOKEN) as server:
        config = await ask(server.addresses.grpc, "AuthMetadataService/GetPublicClientConfig")
        assert (config.client_id, config.authorization_metadata_key) == ("flytectl", "flyte-authorization")
        assert [*config.scopes] == ["all", "offline"]
        metadata = await ask(server.addresses.grpc, "AuthMetadataService/GetOAuth2Metadata")
        assert metadata.token_endpoint == f"{server.addresses.http}/oauth2/token"
        assert metadata.device_authorization_endpoint == ""
        assert await ask(server.addresses.grpc, HEALTH) == b"\x08\x01"
        words = "unknown method Nothing for service flyteidl.service.AuthMetadataService"
        answer = await ask(server.addresses.grpc, f"{SERVICE}AuthMetadataService/Nothing")
        assert answer == (grpc.StatusCode.UNIMPLEMENTED, words)


async def test_reflection_wants_the_token_too(tmp_path: Path) -> None:
    path = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    listing = b"\x3a\x00"  # list_services
    async with serving(tmp_path, token=TOKEN) as server, grpc.aio.insecure_channel(server.addresses.grpc) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.stream_stream(path, None, None)(iter([listing])).read()
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        metadata = (("authorization", f"Bearer {TOKEN}"),)
        answer: Any = await channel.stream_stream(path, None, None)(iter([listing]), metadata=metadata).read()
        assert b"AuthMetadataService" in answer


async def test_the_token_is_told_nowhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    async with serving(tmp_path, token=TOKEN, on_call=lines.append) as server:
        for value in (f"Bearer {TOKEN}", f"Basic {TOKEN}", f"Bearer {TOKEN}x"):
            await ask(server.addresses.grpc, "AdminService/GetVersion", ("authorization", value))
            await ask(server.addresses.grpc, "no.Such/Method", ("authorization", value))
    assert [line.split()[1] for line in lines] == ["OK", "UNIMPLEMENTED"] + 4 * ["UNAUTHENTICATED"]
    assert TOKEN not in "".join(lines) + "".join(capfd.readouterr())
    assert TOKEN not in repr(ServeOptions(token=TOKEN))
    assert TOKEN not in str(vars(Guard(TOKEN)))


@pytest.mark.parametrize(("token", "got"), [("", "got nothing"), ("a b", "got others"), ("schlüssel", "got others")])
def test_what_is_no_token_is_told_without_showing_it(token: str, got: str) -> None:
    with pytest.raises(ConfigError, match=got) as caught:
        checked_token("MY_TOKEN", token)
    assert "variable MY_TOKEN" in str(caught.value)
    assert not token or token not in str(caught.value)


async def test_a_browser_that_is_led_to_the_login_is_told_what_to_do(tmp_path: Path) -> None:
    async with serving(tmp_path, token=TOKEN) as server:
        status, text = await asyncio.to_thread(fetched, f"{server.addresses.http}/oauth2/authorize?client_id=flytectl")
    assert status == 501
    assert "Set flytekit's auth mode to ExternalCommand" in text
    async with serving(tmp_path) as server:
        assert (await asyncio.to_thread(fetched, f"{server.addresses.http}/oauth2/authorize"))[0] == 403


def fetched(url: str) -> tuple[int, str]:
    import urllib3

    with urllib3.PoolManager() as pool:
        response = pool.request("GET", url)
        return response.status, response.data.decode()


FLYTEKIT = """
import sys
from pathlib import Path
from flytekit.configuration import Config, PlatformConfig
from flytekit.remote import FlyteRemote

command = [sys.executable, "-c", f"print({sys.argv[2]!r})"]
platform = PlatformConfig(endpoint=sys.argv[1], insecure=True, auth_mode="ExternalCommand", command=command)
remote = FlyteRemote(Config(platform=platform), default_project="flytesnacks", default_domain="development")
print(*[project.id for project in remote.client.list_projects_paginated()[0]])
print(remote.upload_file(Path(sys.argv[0]))[1])
"""


@pytest.mark.long
@pytest.mark.flytekit
async def test_flytekits_external_command_gets_in_with_the_token_and_not_without(tmp_path: Path) -> None:
    script = tmp_path / "client.py"
    script.write_text(textwrap.dedent(FLYTEKIT))
    async with serving(tmp_path / "data", token=TOKEN) as server:
        said = [await flytekit(script, server.addresses.grpc, token) for token in (TOKEN, "another")]
    assert said[0][0] == 0, said[0][1]
    assert "flytesnacks\nfile://" in said[0][1]
    assert said[1][0] != 0
    assert "the local registry wants a token" in said[1][1] or "FlyteAuthenticationException" in said[1][1]


async def flytekit(script: Path, *arguments: str) -> tuple[int, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLYTE")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        *arguments,
        env=kept | {"HOME": str(script.parent), "PYTHONWARNINGS": "ignore"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()
