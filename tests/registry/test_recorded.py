"""The server answers as the real control plane did, in every recorded conversation about what it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from registry.local_server import calling, serving
from registry.recorded_player import FOLDER, play, scenarios

if TYPE_CHECKING:
    from pathlib import Path

FILES = sorted(path.stem for path in FOLDER.glob("*.jsonl"))


@pytest.mark.parametrize("name", FILES)
async def test_every_conversation_goes_as_it_went_with_the_real_control_plane(name: str, tmp_path: Path) -> None:
    played = scenarios(name)
    async with serving(tmp_path) as server, calling(server.addresses.grpc) as call:
        found = [line for scenario in played for line in await play(call, scenario)]
    assert not found
    print(f"{name}: {len(played)} recorded conversations")  # noqa: T201 # the number is asked for


def test_the_recordings_are_all_there() -> None:
    assert sum(len(scenarios(name)) for name in FILES) == 482


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
