"""Bearer tokens: where they come from, and what a real server and real calls make of them."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest
from flyteidl.admin import task_pb2
from grpc import StatusCode
from registry.local_server import serving as serving_registry
from registry.support_server import Abort, ControlPlane, serving

from hatch_flyte.config import Target
from hatch_flyte.config.auth import Auth
from hatch_flyte.config.endpoint import parse_endpoint
from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.errors import AccessError
from hatch_flyte.registry.authenticator import CommandToken, VariableToken
from hatch_flyte.registry.client import Connection, connect
from hatch_flyte.registry.connect import Surroundings, open_registry

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_flyte.registry.authenticator import Authenticator
    from hatch_flyte.registry.client import ClusterRegistry

TASK = Identifier(Kind.TASK, "pipelines", "staging", "acme.tasks.load", "1.4.0")
CANARY = "canary-4f1c"
EXPIRED = Abort(StatusCode.UNAUTHENTICATED, "token is expired")
COUNTING = """
from pathlib import Path
count = Path("count")
number = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(number))
print(f"canary-{number}")
"""
"""Prints another token at each call, and counts the calls in its folder."""


def client(target: str, authenticator: Authenticator) -> ClusterRegistry:
    return connect(Connection(target, insecure=True, place="staging", deadline=5, authenticator=authenticator))


def command(folder: Path, source: str = COUNTING) -> CommandToken:
    return CommandToken((sys.executable, "-c", source), {}, folder)


async def test_a_token_of_a_variable_is_shown_with_every_call() -> None:
    plane = ControlPlane(GetTask=task_pb2.Task(), CreateTask=task_pb2.TaskCreateResponse())
    async with serving(plane) as target:
        registry = client(target, VariableToken("TOKEN", {"TOKEN": CANARY}))
        await registry.get(TASK)
        await registry.create(TASK, task_pb2.TaskSpec())
        await registry.close()
    assert [one["authorization"] for one in plane.metadata] == [f"Bearer {CANARY}"] * 2


async def test_a_command_is_asked_once_for_many_calls(tmp_path: Path) -> None:
    plane = ControlPlane(GetTask=task_pb2.Task())
    async with serving(plane) as target:
        registry = client(target, command(tmp_path))
        await asyncio.gather(*(registry.get(TASK) for _ in range(20)))
        await registry.close()
    assert {one["authorization"] for one in plane.metadata} == {"Bearer canary-1"}
    assert (tmp_path / "count").read_text() == "1"


async def test_a_command_is_asked_again_when_its_token_is_refused_and_a_create_is_sent_again(tmp_path: Path) -> None:
    plane = ControlPlane(CreateTask=[task_pb2.TaskCreateResponse(), EXPIRED, task_pb2.TaskCreateResponse()])
    async with serving(plane) as target:
        registry = client(target, command(tmp_path))
        await registry.create(TASK, task_pb2.TaskSpec())
        await registry.create(TASK, task_pb2.TaskSpec())
        await registry.close()
    assert [one["authorization"] for one in plane.metadata] == [f"Bearer canary-{number}" for number in (1, 1, 2)]


async def test_many_calls_refused_at_once_ask_the_command_once_for_all(tmp_path: Path) -> None:
    plane = ControlPlane(GetTask=[EXPIRED] * 10 + [task_pb2.Task()])
    async with serving(plane) as target:
        registry = client(target, command(tmp_path))
        await asyncio.gather(*(registry.get(TASK) for _ in range(10)))
        await registry.close()
    assert (tmp_path / "count").read_text() == "2"


async def test_a_command_that_gives_the_refused_token_again_is_not_asked_by_every_call(tmp_path: Path) -> None:
    async with serving(ControlPlane(GetTask=EXPIRED)) as target:
        registry = client(target, command(tmp_path, COUNTING.replace("{number}", "0")))
        answers = await asyncio.gather(*(registry.get(TASK) for _ in range(10)), return_exceptions=True)
        await registry.close()
    assert {type(answer) for answer in answers} == {AccessError}
    assert (tmp_path / "count").read_text() == "2"


@pytest.mark.parametrize(("source", "calls"), [(COUNTING, 2), ("print('canary-1')", 1)], ids=["another", "the same"])
async def test_a_token_that_stays_refused_ends_the_call_without_being_shown(
    tmp_path: Path, source: str, calls: int
) -> None:
    plane = ControlPlane(GetTask=EXPIRED)
    async with serving(plane) as target:
        registry = client(target, command(tmp_path, source))
        with pytest.raises(AccessError, match="token is expired") as caught:
            await registry.get(TASK)
        await registry.close()
    assert plane.count("GetTask") == calls
    assert "is not taken" in caught.value.hint
    assert "canary" not in f"{caught.value!r} {caught.value}"


async def test_a_variable_is_not_tried_twice() -> None:
    plane = ControlPlane(GetTask=EXPIRED)
    async with serving(plane) as target:
        registry = client(target, VariableToken("TOKEN", {"TOKEN": CANARY}))
        with pytest.raises(AccessError) as caught:
            await registry.get(TASK)
        await registry.close()
    assert plane.count("GetTask") == 1
    assert "TOKEN is not taken: has it expired" in caught.value.hint
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "got"), [("", "got nothing"), (f"Bearer {CANARY}", "got others, or blanks"), ("schlüssel", "got others")]
)
async def test_what_is_no_token_is_told_without_showing_it_and_nothing_is_sent(value: str, got: str) -> None:
    plane = ControlPlane(GetTask=task_pb2.Task())
    async with serving(plane) as target:
        registry = client(target, VariableToken("TOKEN", {"TOKEN": value}))
        with pytest.raises(AccessError, match="the variable TOKEN") as caught:
            await registry.get(TASK)
        await registry.close()
    assert got in caught.value.message
    assert not value or value not in str(caught.value)
    assert plane.metadata == []


async def test_a_command_that_fails_is_told_without_what_it_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = command(tmp_path, "import sys; print('canary-1'); sys.exit('canary-2 has expired')")
    with pytest.raises(AccessError, match=r"gave no token \(exit code 1\)") as caught:
        await asked.token()
    assert caught.value.hint.startswith("Run it by hand")
    assert "canary" not in str(caught.value) + "".join(capfd.readouterr())


async def test_a_command_that_is_no_program_is_told(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match=r"`no-such-program`, .* cannot be run \(No such file or directory\)"):
        await CommandToken(("no-such-program",), {}, tmp_path).token()


@pytest.mark.parametrize(
    "auth",
    [Auth("token", ("TOKEN",)), Auth("command", (sys.executable, "-c", "import os; print(os.environ['TOKEN'])"))],
    ids=["token", "command"],
)
async def test_a_target_with_auth_is_let_in_where_one_without_is_not(tmp_path: Path, auth: Auth) -> None:
    async with serving_registry(tmp_path, token=CANARY) as server:
        endpoint, insecure = parse_endpoint(server.addresses.grpc)
        around = Surroundings(environ={"TOKEN": CANARY}, root=tmp_path)
        target = Target("staging", endpoint, insecure, "pipelines", "staging", auth=auth)
        registry = open_registry(target, around)
        assert await registry.domains("flytesnacks")
        await registry.close()

        stranger = open_registry(Target("staging", endpoint, insecure, "pipelines", "staging"), around)
        with pytest.raises(AccessError, match="wants a token") as caught:
            await stranger.domains("flytesnacks")
        await stranger.close()
    assert "set `auth` of this cluster" in caught.value.hint
    assert CANARY not in f"{around!r} {target!r}"
