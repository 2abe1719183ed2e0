"""Running the real worker in tests."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from support_wheels import build_wheel, wheel_of

from hatch_flyte.errors import SerializeError
from hatch_flyte.serialize import Serialized, Settings, serialize
from hatch_flyte.serialize.interpreter import Interpreter
from hatch_flyte.wheel import read_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from support_wheels import WheelSource

HERE = Interpreter((sys.executable,), "the Python that runs the tests")
SETTINGS = Settings(image="ghcr.io/acme/p:1", images={}, code="image", ownership=None)

TASK = """
from flytekit import task

@task
def double(a: int) -> int:
    return 2 * a
"""


def serialize_modules(folder: Path, **modules: str) -> Serialized:
    """Serialize a wheel of modules; `acme__flows` stands for `acme/flows.py`."""
    return serialize(read_wheel(wheel_of(folder, **modules)), SETTINGS, HERE)


def serialize_source(
    folder: Path, source: WheelSource, settings: Settings = SETTINGS, interpreter: Interpreter = HERE
) -> Serialized:
    """Serialize a wheel made of `source`."""
    return serialize(read_wheel(build_wheel(folder, source)), settings, interpreter)


def failure(folder: Path, **modules: str) -> SerializeError:
    """Return the error that serializing a wheel of modules ends with."""
    with pytest.raises(SerializeError) as caught:
        serialize_modules(folder, **modules)
    return caught.value
