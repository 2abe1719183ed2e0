"""Where a publish says what it has to say. What it registers, and its exit code, depend on nobody's reading it."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

import click

from hatch_flyte.cli.status import print_error, print_warning

if TYPE_CHECKING:
    from collections.abc import Callable


class Outlet:
    """Standard output and standard error. Nothing of it raises."""

    def __init__(self) -> None:
        self._silent: set[str] = set()
        self._lost: OSError | None = None
        """What kept results from being written, unless somebody just stopped reading."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A name that the terminal's encoding lacks is no reason to end without a word.
            sys.stdout.reconfigure(errors="backslashreplace")

    def say(self, line: str, **style: Any) -> None:
        """Write a line of the result."""
        self._attempt("stdout", lambda: click.secho(line, **style))

    def warn(self, text: str) -> None:
        """Tell what the user should know."""
        self._attempt("stderr", lambda: print_warning(text))

    def complain(self, text: str) -> None:
        """Tell what went wrong."""
        self._attempt("stderr", lambda: print_error(text))

    def exit_code(self, code: int) -> int:
        """Return the exit code of a command that ends with `code`: another one if that is 0 and its result is lost.

        Who closes the pipe has read enough; a disk that is full is another matter.
        """
        if self._lost is None:
            return code
        self.complain(f"output: cannot be written ({self._lost.strerror or self._lost})")
        return code or 1

    def _attempt(self, name: str, write: Callable[[], None]) -> None:
        if name in self._silent:
            return
        try:
            write()
        except OSError as problem:
            self._silent.add(name)
            _lead_nowhere(getattr(sys, name))
            if name == "stdout" and problem.errno != errno.EPIPE:
                self._lost = problem


def _lead_nowhere(stream: TextIO) -> None:
    """Let what is left in the stream's buffer go nowhere, so that the interpreter's end doesn't trip over it."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
