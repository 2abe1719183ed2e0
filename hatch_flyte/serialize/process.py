"""A process in the chosen interpreter, seen from the parent: start it, talk to it in frames, never leave it behind.

Knows the protocol of `inside.streams`, and nothing of what the messages mean.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from hatch_flyte.errors import InterpreterError, SerializeError
from hatch_flyte.serialize.inside.streams import FOLDER_PREFIX, READY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from hatch_flyte.serialize.interpreter import Interpreter

BOOTSTRAP = """\
import json, sys, types
names, size = [], sys.stdin.buffer.readline()
if not size:
    sys.exit(1)
for name, file, source in json.loads(sys.stdin.buffer.read(int(size))):
    names.append(name)
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(source, file, "exec"), module.__dict__)
for name in names:
    del sys.modules[name]
module.main()
"""
"""What the interpreter is started with: the sources follow on standard input. It need not have those files.

The names go once all are loaded: the project's own code may import hatch_flyte, if it is installed there.
"""

Program = Literal["serializing", "loading"]

_SHARED = ("inside.streams", "inside.place", "inside.traces", "inside.program", "inside.imports")
_MODULES: dict[Program, tuple[str, ...]] = {
    "serializing": (
        *_SHARED,
        *("inside.entities", "inside.normalize", "inside.images", "inside.kit", "inside.patterns"),
        *("inside.defaults", "inside.loaders", "inside.variables", "inside.serializing"),
    ),
    "loading": (*_SHARED, "inside.origins", "probe", "inside.loading"),
}
"""What each program consists of, each module after those that it imports; the last one has its `main`."""

_CHANGE = "Name a Python interpreter with `python` under [tool.hatch-flyte]."
_LAST_WORDS = 30
"""Lines of its output that are shown where a quiet program ends badly."""

_SECONDS_TO_END = 1
"""How long a process may take to end once it has closed its output."""

_SECONDS_TO_LEAVE = 5
"""How long a program may take to clean up once its standard input is closed."""


class InsideProcess:
    """A running program. As a context manager: however the block ends, so does the process.

    The user's output goes to this process's standard error; with `quiet`, nowhere, unless the program ends badly.
    """

    def __init__(self, program: Program, interpreter: Interpreter, *, quiet: bool = False) -> None:
        self._program, self._interpreter = program, interpreter
        self._doing = "starting"
        self._folder = ""
        self._kept_output = tempfile.TemporaryFile() if quiet else None  # noqa: SIM115 # closed with the process
        try:
            self._process = subprocess.Popen(  # noqa: S603 # the user configured the command
                [*interpreter.command, "-I", "-c", BOOTSTRAP],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._kept_output,
                cwd=interpreter.folder,
                env={**os.environ, **interpreter.variables},
                # In a session of its own, Ctrl-C reaches it through us only, and what it leaves running can be ended.
                start_new_session=True,
            )
        except OSError as problem:
            if self._kept_output:
                self._kept_output.close()
            reason = problem.strerror or problem
            raise InterpreterError(f"{interpreter}: cannot be started ({reason})", hint=_CHANGE) from problem

    def __enter__(self) -> InsideProcess:  # noqa: PYI034 # Self came with Python 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The program takes the end of its input for the end of its parent; that also works through `docker run -i`.
        with contextlib.suppress(OSError):
            self._stdin.close()
        try:
            self._process.wait(_SECONDS_TO_LEAVE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        finally:
            self._end_stragglers()
            self._stdout.close()
            self._remove_folder()
            if self._kept_output:
                self._kept_output.close()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None  # noqa: S101 # it was asked for
        return self._process.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process.stdout is not None  # noqa: S101 # it was asked for
        return self._process.stdout

    def _end_stragglers(self) -> None:
        """End what the user's code started and left running."""
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _remove_folder(self) -> None:
        """Remove what a program left that was killed; in a container its folder is not one of this machine."""
        folder = Path(self._folder)
        if folder.name.startswith(FOLDER_PREFIX):
            shutil.rmtree(folder, ignore_errors=True)

    def request(self, message: Mapping[str, Any], wheel: Path) -> None:
        """Send the program its sources, the request and the wheel."""
        with contextlib.suppress(BrokenPipeError):  # the process is gone; reading from it will tell why
            self._write(_sources(self._program))
            self._write(message)
            with wheel.open("rb") as file:
                self._stdin.write(b"%d\n" % os.fstat(file.fileno()).st_size)
                shutil.copyfileobj(file, self._stdin)
            self._stdin.flush()

    def tell(self, message: object) -> None:
        """Send one more frame of JSON."""
        with contextlib.suppress(BrokenPipeError):
            self._write(message)
            self._stdin.flush()

    def _write(self, message: object) -> None:
        frame = json.dumps(message).encode()
        self._stdin.write(b"%d\n" % len(frame) + frame)

    def answer(self) -> tuple[dict[str, Any], list[tuple[dict[str, Any], bytes]]]:
        """Return the last message, and the parts before it: facts, and their bytes.

        Raises `InterpreterError` for a command that is no Python, and `SerializeError` if the process ends without one.
        """
        if not self._is_ready():
            raise InterpreterError(
                f"{self._interpreter}: expected a Python interpreter (got {self._ending()})", hint=_CHANGE
            )
        parts = []
        while (frame := self._frame()) is not None:
            message = self._message(frame)
            if "part" in message:
                if (data := self._frame()) is not None:
                    parts.append((message["part"], data))
            elif "at" in message:
                self._doing = message["at"]
                self._folder = message.get("folder", self._folder)
            else:
                return message, parts
        raise SerializeError(
            f"serialize: the interpreter ended while {self._doing} ({self._ending()}){self._last_words()}",
            hint=f"It was {self._interpreter}.",
        )

    def _last_words(self) -> str:
        """Return the end of what it said, if nobody has seen that yet."""
        if not self._kept_output:
            return ""
        self._kept_output.seek(0)
        lines = self._kept_output.read().decode(errors="replace").splitlines()[-_LAST_WORDS:]
        return "".join(f"\n  {line}" for line in lines)

    def _is_ready(self) -> bool:
        """Skip what a wrapper may say before the program speaks."""
        return any(line == READY for line in self._stdout)

    def _frame(self) -> bytes | None:
        line = self._stdout.readline()
        if line and not re.fullmatch(rb"[0-9]{1,18}\n", line):
            raise self._disturbed(line)
        frame = self._stdout.read(int(line)) if line else b""
        return frame if line and len(frame) == int(line) else None

    def _message(self, frame: bytes) -> dict[str, Any]:
        with contextlib.suppress(ValueError):
            message = json.loads(frame)
            if isinstance(message, dict):
                return message
        raise self._disturbed(frame)

    def _disturbed(self, got: bytes) -> SerializeError:
        return SerializeError(
            f"serialize: expected nobody to write between the answers while {self._doing} (got {got[:40]!r})",
            hint="A module wrote to a file descriptor that it did not open, or the command that starts the interpreter "
            f"did: it was {self._interpreter}.",
        )

    def _ending(self) -> str:
        try:
            code = self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            return "no answer"
        if code < 0:
            return f"signal {signal.Signals(-code).name}"
        return f"exit code {code}"


def _sources(program: Program) -> list[tuple[str, str, str]]:
    """Return name, file and source of each module of a program."""
    folder = Path(str(files("hatch_flyte.serialize")))
    paths = {module: folder.joinpath(*module.split(".")).with_suffix(".py") for module in _MODULES[program]}
    return [
        (f"hatch_flyte.serialize.{module}", str(path), path.read_text(encoding="utf-8"))
        for module, path in paths.items()
    ]
