"""What is the same whoever compressed: identities, so that nothing is to be registered where only bytes differ."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support_wheels import WheelSource, build_wheel

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.flytekit

FLOWS = """
from flytekit import dynamic, task, workflow

@task
def double(number: int) -> int:
    return 2 * number

@dynamic
def often(number: int) -> int:
    return double(number=double(number=number))

@workflow
def flow(number: int = 1) -> int:
    return often(number=number)
"""
"""A dynamic task carries flytekit's settings, compressed by the interpreter that serializes."""

WITH_ZLIB_NG = """
import runpy, sys
import zlib_ng.zlib_ng
sys.modules["zlib"] = zlib_ng.zlib_ng
way, what = [argument for argument in sys.argv[1:] if argument != "-I"][:2]
sys.argv = sys.argv[sys.argv.index(what):]
if way == "-m":
    runpy.run_module(what, run_name="__main__", alter_sys=True)
else:
    exec(what, {"__name__": "__main__"})
"""
"""Passes for a Python that was built with zlib-ng, as some are: it runs modules (`-m`) and sources (`-c`)."""


def run(*command: str, folder: Path) -> str:
    environment = {"HATCH_FLYTE_DATA": str(folder / "registry"), "HOME": str(folder), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_with_zlib_and_zlib_ng_the_bytes_differ_and_nothing_is_to_be_registered(tmp_path: Path) -> None:
    wheel = build_wheel(
        tmp_path,
        WheelSource(
            {"acme/__init__.py": "", "acme/flows.py": FLOWS, "acme/data.txt": "some words again and again " * 999}
        ),
    )
    other = tmp_path / "python-with-zlib-ng.py"
    other.write_text(WITH_ZLIB_NG)
    zlib, zlib_ng = tmp_path / "zlib", tmp_path / "zlib-ng"
    (tmp_path / "pyproject.toml").write_text(
        '[tool.hatch-flyte]\nimage = "ghcr.io/acme/pipelines:1.4"\ncode = "wheel"\n'
    )

    run(sys.executable, "-m", "hatch_flyte", "package", str(wheel), "--output-dir", str(zlib), folder=tmp_path)
    configured = tmp_path / "pyproject.toml"
    configured.write_text(configured.read_text() + f'python = ["{sys.executable}", "{other}"]\n')
    packaging = ("package", str(wheel), "--output-dir", str(zlib_ng))
    run(sys.executable, str(other), "-m", "hatch_flyte", *packaging, folder=tmp_path)

    [one], [two] = list(zlib.iterdir()), list(zlib_ng.iterdir())
    assert one.read_bytes() != two.read_bytes()
    publish = (sys.executable, "-m", "hatch_flyte", "publish", "-c", "local", "--json")
    assert '"created"' in run(*publish, str(one), folder=tmp_path)
    again = run(*publish, str(two), folder=tmp_path)
    assert '"created"' not in again
    assert '"unchanged"' in again
    assert run(sys.executable, "-m", "hatch_flyte", "diff", str(one), str(two), folder=tmp_path) == ""
