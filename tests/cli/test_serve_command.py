from __future__ import annotations

import re
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from support_doors import COMMAND, cluster

if TYPE_CHECKING:
    from pathlib import Path

    from support_doors import Door


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_serves_and_ends_in_order(door: Door, number: signal.Signals) -> None:
    ready_file = door.folder / "ready"
    command = [*COMMAND, "serve", "--port", "0", "--data", "data", "--ready-file", str(ready_file)]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        ready = re.fullmatch(r"ready: gRPC at (\S+), uploads at (\S+), registry (.+)\n", line)
        assert ready
        assert ready_file.read_text() == f"{ready[1]} {ready[2]}\n"
        door.configure(cluster("served", ready[1]))
        assert "served: 3 created" in door("publish", door.archive()).out
        process.send_signal(number)
        assert process.communicate(timeout=30) == ("", "")

    assert process.returncode == 0
    assert not ready_file.exists()
    assert ready[3] == f"{door.folder}/data/registry.sqlite3" or ready[3] == "data/registry.sqlite3"
    assert (door.folder / "data" / "registry.sqlite3").is_file()


def test_it_serves_the_folder_that_is_configured(door: Door, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HATCH_FLYTE_DATA", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("HATCH_FLYTE_IMAGE", "")

    with subprocess.Popen([*COMMAND, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert f"registry {tmp_path}/elsewhere/registry.sqlite3" in process.stdout.readline()
        process.terminate()

    assert process.returncode == 0
    assert door.folder.exists()


def test_a_port_that_is_taken_is_told(door: Door, served: str) -> None:
    said = door("serve", "--port", served.rpartition(":")[2], code=1)

    assert "cannot listen at 127.0.0.1" in said.err
    assert "Choose another port" in said.err


def test_a_folder_that_cannot_be_made_is_told(door: Door) -> None:
    assert "error: /proc/nowhere: the folder cannot be made" in (
        door("serve", "--port", "0", "--data", "/proc/nowhere", code=1).err
    )


@pytest.mark.parametrize("path", ["/nonexist/x", "/proc/nowhere", "/dev/null/x"])
def test_a_ready_file_that_cannot_be_written_is_told_with_the_option_and_its_path(door: Door, path: str) -> None:
    said = door.process("serve", "--port", "0", "--ready-file", path, code=1)

    assert said.err.startswith(f"error: --ready-file: {path} cannot be written (N")
    assert "Name a file in a folder that is there" in said.err


def test_a_port_that_is_none_is_a_usage_error(door: Door) -> None:
    assert "'--port'" in door("serve", "--port", "70000", code=2).err
