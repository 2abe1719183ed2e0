"""The worker's process, seen from the parent: start it, talk to it in frames, and never leave it behind.

Knows the protocol of `worker`, and nothing of what the messages mean.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from hatch_flyte.errors import InterpreterError, SerializeError
from hatch_flyte.serialize import worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from hatch_flyte.serialize.interpreter import Interpreter

    OnOutput = Callable[[str], None]

BOOTSTRAP = (
    "import sys\n"
    "source = sys.stdin.buffer.read(int(sys.stdin.buffer.readline()))\n"
    f"exec(compile(source, {worker.__file__!r}, 'exec'))\n"
)
"""What the interpreter is started with: the worker's source follows on standard input. It need not have that file."""

_CHANGE = "Name a Python interpreter with `python` under [tool.hatch-flyte]."
_SECONDS_TO_END = 1
"""How long a process may take to end once it has closed its output."""

_SECONDS_TO_LEAVE = 5
"""How long a worker may take to clean up once its standard input is closed."""


class WorkerProcess:
    """A running worker. As a context manager: however the block ends, so does the worker.

    The user's output goes to this process's standard error, or line by line to `on_output`.
    """

    def __init__(self, interpreter: Interpreter, on_output: OnOutput | None = None) -> None:
        self._interpreter = interpreter
        self._doing = "starting"
        try:
            self._process = subprocess.Popen(  # noqa: S603 # the user configured the command
                [*interpreter.command, "-I", "-c", BOOTSTRAP],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE if on_output else None,
                cwd=interpreter.folder,
                # In a session of its own, Ctrl-C reaches it through us only, and what it leaves running can be ended.
                start_new_session=True,
            )
        except OSError as problem:
            reason = problem.strerror or problem
            raise InterpreterError(f"{interpreter}: cannot be started ({reason})", hint=_CHANGE) from problem
        self._pump = _pump(self._process.stderr, on_output) if on_output else None

    def __enter__(self) -> WorkerProcess:  # noqa: PYI034 # Self came with Python 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The worker takes the end of its input for the end of its parent; that also works through `docker run -i`.
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
            if self._pump:
                self._pump.join(_SECONDS_TO_LEAVE)

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

    def request(self, message: Mapping[str, Any], wheel: Path) -> None:
        """Send the worker its source, the request and the wheel."""
        source = Path(worker.__file__).read_bytes()
        try:
            for frame in (source, json.dumps(message).encode()):
                self._stdin.write(b"%d\n" % len(frame) + frame)
            with wheel.open("rb") as file:
                self._stdin.write(b"%d\n" % os.fstat(file.fileno()).st_size)
                shutil.copyfileobj(file, self._stdin)
            self._stdin.flush()
        except BrokenPipeError:
            return  # the worker is gone; reading from it will tell why

    def answer(self) -> tuple[dict[str, Any], bytes]:
        """Return the last message and the bytes that came with it.

        Raises `InterpreterError` for a command that is no Python, and `SerializeError` if the worker ends without one.
        """
        if not self._is_ready():
            raise InterpreterError(
                f"{self._interpreter}: expected a Python interpreter (got {self._ending()})", hint=_CHANGE
            )
        while (frame := self._frame()) is not None:
            message: dict[str, Any] = json.loads(frame)
            if "at" not in message:
                blob = self._frame() if "done" in message else b""
                if blob is not None:
                    return message, blob
            self._doing = message.get("at", self._doing)
        raise SerializeError(
            f"serialize: the interpreter ended while {self._doing} ({self._ending()})",
            hint=f"It was {self._interpreter}.",
        )

    def _is_ready(self) -> bool:
        """Skip what a wrapper may say before the worker speaks."""
        return any(line == worker.READY for line in self._stdout)

    def _frame(self) -> bytes | None:
        line = self._stdout.readline()
        frame = self._stdout.read(int(line)) if line else b""
        return frame if line and len(frame) == int(line) else None

    def _ending(self) -> str:
        try:
            code = self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            return "no answer"
        if code < 0:
            return f"signal {signal.Signals(-code).name}"
        return f"exit code {code}"


def _pump(stream: IO[bytes] | None, on_output: OnOutput) -> threading.Thread:
    def pump() -> None:
        assert stream is not None  # noqa: S101 # it was asked for
        with stream:
            for line in stream:
                on_output(line.decode(errors="replace").rstrip("\r\n"))

    thread = threading.Thread(target=pump, daemon=True, name="hatch-flyte-output")
    thread.start()
    return thread
