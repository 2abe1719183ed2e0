"""The protocol: everything comes and goes over the standard streams that the process was started with, in frames.

A frame is a decimal length, a line feed, that many bytes. In: the sources, then what the program asks for. Out: the
line `READY`, then JSON: `at` (what is being done, for when it ends badly), `part` (facts, whose bytes are the next
frame), and last `done` or `failed`.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

READY = b"hatch-flyte worker 3\n"

FOLDER_PREFIX = "hatch-flyte-"
"""What the names of our temporary folders begin with."""

_CHUNK = 1 << 20


class Failure(Exception):  # noqa: N818 # an answer like any other
    """What ends the work. `facts` go to the parent, which has the words for them."""

    def __init__(self, kind: str, **facts: Any) -> None:
        super().__init__(kind)
        self.facts = {"kind": kind, **facts}


class Streams:
    """The standard streams as they were; for the user's code, output goes to standard error and input is empty."""

    def __init__(self) -> None:
        self._requests = sys.stdin.buffer  # the object that read the sources, and perhaps a little more
        self._results = os.fdopen(os.dup(1), "wb")
        self._process = os.getpid()
        self._lock = threading.Lock()
        os.dup2(2, 1)
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr] # the usual class
        self._results.write(READY)
        self._results.flush()

    def receive(self) -> Any:
        """Return the next frame's JSON; `EOFError` if there is none, as for all frames."""
        return json.loads(self._requests.read(self._size()))

    def receive_into(self, file: IO[bytes]) -> None:
        """Copy the next frame into `file`."""
        left = self._size()
        while left and (chunk := self._requests.read(min(left, _CHUNK))):
            file.write(chunk)
            left -= len(chunk)

    def _size(self) -> int:
        line = self._requests.readline()
        if not line:
            raise EOFError
        return int(line)

    def send(self, message: dict[str, Any], *data: bytes) -> None:
        """Send a message, and `data` behind it, a frame each."""
        if os.getpid() != self._process:  # the user's code forked, and this is the child that came back to us
            os._exit(0)
        with self._lock:
            for frame in (json.dumps(message).encode(), *data):
                self._results.write(b"%d\n" % len(frame))
                self._results.write(frame)
            self._results.flush()

    def empty_input(self, when_parent_goes: Callable[[], None]) -> None:
        """Give the user's code an empty standard input; call `when_parent_goes` once the real one is closed."""
        requests, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)

        def watch() -> None:
            while os.read(requests, 1):
                pass
            when_parent_goes()

        threading.Thread(target=watch, daemon=True, name="hatch-flyte-watch").start()
