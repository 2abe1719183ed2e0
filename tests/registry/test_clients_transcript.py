"""What users of unmodified clients see of the local registry is what they saw of a real control plane."""

from __future__ import annotations

import difflib
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from registry.commands import run
from registry.local_server import serving

pytestmark = [pytest.mark.long, pytest.mark.flytekit]
CLIENTS = Path(__file__).parent / "clients"
STARTS_SOMETHING = "execute"
"""The group of steps that have a control plane start something, which the local registry does not."""


IN_ANY_ORDER = ("flyte-cli: workflow versions", "flyte-cli: launch plan versions")
"""Lists for which flyte-cli asks for no order: a real control plane was seen to give both."""


def steps(transcript: Path) -> dict[str, list[str]]:
    """Return what a user saw of each step, in lines. flytekit's own image has the name of the Python it runs on."""
    found = json.loads(re.sub(r"tag='py3\.\d+-", "tag='py3-", transcript.read_text(encoding="utf-8")))["steps"]
    return {f"{one['group']}: {one['name']}": lines(one) for one in found if one["group"] != STARTS_SOMETHING}


def lines(step: dict[str, Any]) -> list[str]:
    result = step["result"]
    if step["name"] in IN_ANY_ORDER:
        result = {key: sorted(value) if isinstance(value, list) else value for key, value in result.items()}
    return json.dumps(result, indent=1, sort_keys=True, ensure_ascii=False).splitlines()


async def test_users_see_the_same_as_with_a_real_control_plane(tmp_path: Path) -> None:
    made = tmp_path / "transcript.json"
    async with serving(tmp_path / "data") as server:
        command = [str(CLIENTS / "clients.py"), "--endpoint", server.addresses.grpc, "--record", str(made)]
        status, _, errors = await run(tmp_path, sys.executable, *command, "--skip", STARTS_SOMETHING)
        assert status == 0, errors
    expected, seen = steps(CLIENTS / "transcript.json"), steps(made)
    assert seen.keys() == expected.keys()
    assert not [
        f"{name}: {line}" for name in expected for line in difflib.unified_diff(expected[name], seen[name], n=0)
    ]
    print(f"{len(seen)} steps")  # noqa: T201 # asked for
