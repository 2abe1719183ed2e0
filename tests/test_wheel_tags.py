from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support_wheels import WheelSource, build_wheel

from hatch_flyte.wheel import Wheel, read_wheel
from hatch_flyte.wheel_tags import misfit

if TYPE_CHECKING:
    from pathlib import Path


def tagged(folder: Path, *tags: str) -> Wheel:
    lines = "".join(f"Tag: {tag}\n" for tag in tags)
    return read_wheel(build_wheel(folder, WheelSource({"a.py": ""}, tags=f"Wheel-Version: 1.0\n{lines}")))


@pytest.mark.parametrize(
    "tag",
    [
        "py3-none-any",
        "py2.py3-none-any",
        "py312-none-any",
        "cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "cp312-cp312-linux_aarch64",
        "cp38-abi3-musllinux_1_2_x86_64",
        "py3-none-manylinux_2_28_x86_64",
    ],
)
def test_these_fit_linux_and_python_3_12(tmp_path: Path, tag: str) -> None:
    assert misfit(tagged(tmp_path, tag), "3.12.1") == ""


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("cp312-cp312-macosx_11_0_arm64", "expected a wheel for Linux (got one for cp312-cp312-macosx_11_0_arm64)"),
        ("cp312-cp312-win_amd64", "expected a wheel for Linux (got one for cp312-cp312-win_amd64)"),
        ("cp311-cp311-linux_x86_64", "expected a wheel for Python 3.12 (got one for cp311-cp311-linux_x86_64)"),
        ("cp313-abi3-linux_x86_64", "expected a wheel for Python 3.12 (got one for cp313-abi3-linux_x86_64)"),
        ("py2-none-any", "expected a wheel for Python 3.12 (got one for py2-none-any)"),
    ],
)
def test_these_do_not(tmp_path: Path, tag: str, reason: str) -> None:
    assert misfit(tagged(tmp_path, tag), "3.12.1") == reason


def test_one_tag_that_fits_is_enough(tmp_path: Path) -> None:
    assert misfit(tagged(tmp_path, "cp312-cp312-macosx_11_0_arm64", "cp312-cp312-linux_x86_64"), "3.12.1") == ""


def test_a_wheel_without_tags_fits(tmp_path: Path) -> None:
    assert misfit(tagged(tmp_path), "3.12.1") == ""
