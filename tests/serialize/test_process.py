from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from support_serialize import SETTINGS, TASK, serialize_source
from support_wheels import WheelSource

from hatch_flyte.errors import InterpreterError, SerializeError
from hatch_flyte.serialize.inside.streams import READY
from hatch_flyte.serialize.interpreter import Interpreter

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = WheelSource({"t.py": TASK})


def scripted(folder: Path, script: str) -> Interpreter:
    path = folder / "interpreter"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Interpreter((str(path),), "the interpreter that `python` names")


def test_a_command_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    interpreter = Interpreter((str(tmp_path / "gone"),), "the interpreter that `python` names")
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


@pytest.mark.flytekit
@pytest.mark.parametrize(
    ("disturbance", "shown"),
    [("b'junk'", "b'junk"), ("b'4\\n null'", "b' nul"), ("b'3\\n[1]'", "b'[1]'")],
    ids=["no frame", "no JSON", "no object"],
)
def test_a_module_that_writes_between_the_answers_is_told(tmp_path: Path, disturbance: str, shown: str) -> None:
    source = f"import os\nfor number in range(3, 20):\n    try:\n        os.write(number, {disturbance})\n"
    source += "    except OSError:\n        pass\n"

    with pytest.raises(SerializeError) as caught:
        serialize_source(tmp_path, WheelSource({"t.py": source + TASK}))

    assert "expected nobody to write between the answers while importing t" in caught.value.message
    assert shown in caught.value.message


@pytest.mark.flytekit
@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), 9)"])
def test_the_folder_of_a_worker_that_is_killed_is_removed(
    tmp_path: Path, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))

    with pytest.raises(SerializeError, match="the interpreter ended while importing t"):
        serialize_source(tmp_path, WheelSource({"t.py": f"import os\n{end}\n"}))

    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("rest", ["99\\n{", '12\\n{"part": {}}', '12\\n{"part": {}}4\\nab'])
def test_an_answer_that_breaks_off_is_no_answer(tmp_path: Path, rest: str) -> None:
    ready = READY.decode().strip()
    interpreter = scripted(tmp_path, f'cat > /dev/null & printf \'{ready}\\n15\\n{{"at": "x"}}    {rest}\'')
    with pytest.raises(SerializeError) as caught:
        serialize_source(tmp_path, SOURCE, interpreter=interpreter)
    assert caught.value.message == "serialize: the interpreter ended while x (exit code 0)"
    assert shutil.which("cat")
