from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support_serialize import SETTINGS, TASK, serialize_source
from support_wheels import WheelSource

from hatch_flyte.errors import InterpreterError, SerializeError
from hatch_flyte.serialize.interpreter import Interpreter

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = WheelSource({"t.py": TASK})


def scripted(folder: Path, script: str) -> Interpreter:
    path = folder / "interpreter"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Interpreter((str(path),), "configured by `python`")


def test_a_command_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    interpreter = Interpreter((str(tmp_path / "gone"),), "configured by `python`")
    with pytest.raises(InterpreterError) as caught:
        serialize_source(tmp_path, SOURCE, interpreter=interpreter)
    assert caught.value.message == f"{interpreter}: cannot be started (No such file or directory)"
    assert "`python` under [tool.hatch-flyte]" in caught.value.hint


@pytest.mark.parametrize(
    ("script", "told"), [("true", "exit code 0"), ("exit 4", "exit code 4"), ("kill -9 $$", "signal SIGKILL")]
)
def test_a_command_that_is_no_python_is_told(tmp_path: Path, script: str, told: str) -> None:
    interpreter = scripted(tmp_path, script)
    with pytest.raises(InterpreterError) as caught:
        # More than a pipe holds, so that the command ends while it is being written to.
        serialize_source(tmp_path, WheelSource({**SOURCE.files, "x": "x" * 200_000}), interpreter=interpreter)
    assert caught.value.message == f"{interpreter}: expected a Python interpreter (got {told})"


def test_a_command_that_closes_its_output_and_stays_is_ended(tmp_path: Path) -> None:
    interpreter = scripted(tmp_path, "exec >&-; trap '' TERM; while true; do sleep 1; done")
    with pytest.raises(InterpreterError, match="no answer"):
        serialize_source(tmp_path, SOURCE, interpreter=interpreter)


@pytest.mark.flytekit
def test_what_a_wrapper_says_first_is_skipped(tmp_path: Path) -> None:
    interpreter = scripted(tmp_path, f'echo "Welcome to the machine"; exec {sys.executable} "$@"')
    assert len(serialize_source(tmp_path, SOURCE, interpreter=interpreter).entities) == 1


@pytest.mark.flytekit
def test_the_command_starts_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    interpreter = scripted(tmp_path, f'pwd > {tmp_path}/where; exec {sys.executable} "$@"')
    interpreter = Interpreter(interpreter.command, interpreter.why, folder=tmp_path / "project")
    serialize_source(tmp_path, SOURCE, SETTINGS, interpreter)
    assert (tmp_path / "where").read_text().strip() == str(tmp_path / "project")


def test_an_answer_that_breaks_off_is_no_answer(tmp_path: Path) -> None:
    interpreter = scripted(tmp_path, 'cat > /dev/null & printf \'hatch-flyte worker 1\\n15\\n{"at": "x"}    99\\n{\'')
    with pytest.raises(SerializeError) as caught:
        serialize_source(tmp_path, SOURCE, interpreter=interpreter)
    assert caught.value.message == "serialize: the interpreter ended while x (exit code 0)"
    assert shutil.which("cat")
