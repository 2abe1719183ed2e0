"""`hatch-flyte serve` for others than this machine: tokens, TLS, a line a call. Real processes, real clients."""

from __future__ import annotations

import contextlib
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
import pytest
from flyteidl.admin.version_pb2 import GetVersionRequest
from flyteidl.service.admin_pb2_grpc import AdminServiceStub
from registry.support_server import make_certificate
from support_archives import BUNDLE_ARGUMENTS, archive_of, launch_plan, task, workflow
from support_doors import COMMAND, cluster

from hatch_flyte.archive import write_archive
from hatch_flyte.bundle import BundledFile, make_bundle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_doors import Door

TOKEN = "correct-horse-battery"  # noqa: S105 # of these tests alone
EVERYWHERE = "0.0.0.0"  # noqa: S104 # what a test of it needs


@dataclass
class Running:
    """A server that runs; what it said on standard error is there once it has ended."""

    grpc: str
    http: str
    error: str = ""


@contextlib.contextmanager
def running(*options: str) -> Iterator[Running]:
    command = [*COMMAND, "serve", "--port", "0", "--data", "data", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        try:
            assert words[:3] == ["ready:", "gRPC", "at"], process.communicate()
            server = Running(words[3].rstrip(","), words[6].rstrip(","))
            yield server
        finally:
            process.terminate()
            _, error = process.communicate(timeout=30)
    server.error = error
    assert process.returncode == 0


def with_bundle(door: Door) -> Path:
    path = door.folder / "acme_pipelines-1.0-flyte.tgz"
    bundle = make_bundle([BundledFile("acme/__init__.py", b"")])
    write_archive(path, archive_of(task(arguments=BUNDLE_ARGUMENTS), workflow(), launch_plan(), bundle=bundle))
    return path


def port(address: str) -> str:
    return address.rpartition(":")[2]


def test_another_address_than_loopback_wants_a_token_or_the_word_for_none(door: Door) -> None:
    said = door("serve", "--port", "0", "--host", EVERYWHERE, code=2)
    assert f"--host: expected a loopback address, --token-env or --allow-anyone (got {EVERYWHERE})" in said.err
    assert "Have clients show a token" in said.err
    assert not (door.folder / "data").exists()


def test_with_the_word_for_none_it_says_who_can_register_and_serves_them(door: Door) -> None:
    with running("--host", EVERYWHERE, "--allow-anyone", "--public-host", "localhost") as server:
        assert server.grpc == f"{EVERYWHERE}:{port(server.grpc)}"
        assert server.http == f"http://localhost:{port(server.http)}"
        door.configure(cluster("served", f"127.0.0.1:{port(server.grpc)}"))
        assert "3 created" in door("publish", with_bundle(door)).out
    assert server.error == f"warning: everyone who can connect to {EVERYWHERE} can register\n"


def test_a_token_from_the_environment_is_asked_for_and_shown_nowhere(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", TOKEN)
    with running("--host", EVERYWHERE, "--token-env", "MY_TOKEN", "-v") as server:
        with grpc.insecure_channel(f"127.0.0.1:{port(server.grpc)}") as channel:
            admin = AdminServiceStub(channel)
            for value in (f"Bearer {TOKEN}", f"Bearer {TOKEN}0"):
                with contextlib.suppress(grpc.RpcError):
                    admin.GetVersion(GetVersionRequest(), metadata=(("authorization", value),))
        door.configure(cluster("served", f"127.0.0.1:{port(server.grpc)}"))
        said = door("publish", with_bundle(door), code=6)
        assert "the local registry wants a token" in said.err + said.out
    first, second, third, *_ = server.error.splitlines()
    assert first.startswith("warning: whoever has the token can register at 0.0.0.0; without --tls-cert")
    assert second.startswith("GetVersion OK ")
    assert third.startswith("GetVersion UNAUTHENTICATED ")
    assert TOKEN not in server.error


@pytest.mark.parametrize(("token", "got"), [(None, "got nothing"), ("", "got nothing"), ("a b", "got others")])
def test_a_variable_without_a_token_is_told(
    door: Door, monkeypatch: pytest.MonkeyPatch, token: str | None, got: str
) -> None:
    if token is not None:
        monkeypatch.setenv("MY_TOKEN", token)
    said = door("serve", "--port", "0", "--token-env", "MY_TOKEN", code=2)
    assert said.err.startswith("error: --token-env: expected")
    assert f"in the variable MY_TOKEN ({got}" in said.err


def test_with_a_certificate_an_unmodified_publish_goes_over_tls(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    make_certificate(door.folder, "localhost")
    files = ("--tls-cert", "localhost.crt", "--tls-key", "localhost.key")
    monkeypatch.setenv("SSL_CERT_FILE", str(door.folder / "localhost.crt"))
    with running("--host", "localhost", *files) as server:
        assert server.http.startswith("https://localhost:")
        table = cluster("served", f"dns:///{server.grpc}") + "insecure = false\n"
        door.configure(table)
        assert "3 created" in door("publish", with_bundle(door)).out
        assert "3 unchanged" in door("publish", with_bundle(door)).out
    assert server.error == ""


@pytest.mark.parametrize(("given", "lacking"), [("cert", "key"), ("key", "cert")])
def test_half_a_certificate_is_told(door: Door, given: str, lacking: str) -> None:
    said = door("serve", "--port", "0", f"--tls-{given}", "file", code=2)
    assert said.err == f"error: --tls-{lacking}: expected it beside --tls-{given} (got nothing)\n"


def test_verbose_tells_of_each_call_and_upload_and_nothing_secret(door: Door) -> None:
    with running("-v") as server:
        door.configure(cluster("served", server.grpc))
        door("publish", with_bundle(door))
    names = [line.split()[0] for line in server.error.splitlines()]
    assert names[-5:-3] == ["PUT", "CreateUploadLocation"]  # an acknowledgement is no proof: it asks again
    assert sorted(names[-3:]) == ["CreateLaunchPlan", "CreateTask", "CreateWorkflow"]
    assert "ListTasks" in names
    assert "signature" not in server.error


def test_without_verbose_nothing_is_told(door: Door) -> None:
    with running() as server:
        door.configure(cluster("served", server.grpc))
        door("publish", with_bundle(door))
    assert server.error == ""
