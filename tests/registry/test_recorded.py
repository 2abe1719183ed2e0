"""The server answers as the real control plane did, in every recorded conversation about what it has."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest
from registry.local_server import calling, serving
from registry.recorded_player import FOLDER, allowances, play, scenarios

if TYPE_CHECKING:
    from pathlib import Path

AT_ONCE = 16
FILES = sorted(path.stem for path in FOLDER.glob("*.jsonl"))


@pytest.mark.parametrize("name", FILES)
async def test_every_conversation_goes_as_it_went_with_the_real_control_plane(name: str, tmp_path: Path) -> None:
    played, allowed, found = scenarios(name), allowances(), []
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        for scenario in played:
            lines = await play(call, scenario)
            is_allowed = scenario["scenario"] in allowed
            found += [] if is_allowed else lines
            found += [f"{scenario['scenario']}: takes no allowance any more"] if is_allowed and not lines else []
    assert not found
    print(f"{name}: {len(played)} recorded conversations")  # noqa: T201 # the number is asked for


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
async def test_they_go_so_too_in_any_order_at_once_and_again(seed: int, tmp_path: Path) -> None:
    allowed, found = allowances(), []
    played = [scenario for name in FILES for scenario in scenarios(name)]
    random.Random(seed).shuffle(played)  # noqa: S311 # no secret
    waiting = iter(3 * played)
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:

        async def worker() -> None:
            for scenario in waiting:
                lines = await play(call, scenario)
                found.extend(lines if scenario["scenario"] not in allowed else [])

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    assert not found
    print(f"{3 * len(played)} recorded conversations, {AT_ONCE} at once")  # noqa: T201 # the number is asked for


def test_the_recordings_are_all_there() -> None:
    assert {name: len(scenarios(name)) for name in FILES} == {
        "activation": 27,
        "launch_plans": 114,
        "lookups": 135,
        "misc": 24,
        "projects": 34,
        "tasks": 60,
        "uploads": 38,
        "workflows": 160,
    }


def test_every_allowance_is_of_a_recording_and_has_a_reason() -> None:
    known = {scenario["scenario"] for name in FILES for scenario in scenarios(name)}
    assert allowances().keys() <= known
    assert all(allowances().values())


async def test_a_wrong_answer_is_noticed(tmp_path: Path) -> None:
    [scenario] = [one for one in scenarios("tasks") if one["scenario"] == "task-again-different"]
    scenario["steps"][1]["message"] += " and more"
    scenario["steps"][2]["response"]["closure"]["compiled_task"]["template"]["type"] = "another"
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        found = await play(call, scenario)
    assert [line.split(": ")[0] for line in found] == [
        "task-again-different, step 2 AdminService/CreateTask",
        "task-again-different, step 3 AdminService/GetTask",
    ]
