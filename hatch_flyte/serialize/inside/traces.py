"""Renders what the user's code raised: from its first frame on, without our frames, Python's and flytekit's."""

from __future__ import annotations

import importlib
import os
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hatch_flyte.serialize.inside.place import Workplace

IMPORTING = "<frozen importlib"
"""What the file names of Python's own import machinery begin with."""


class Traces:
    """Renders what the user's code raised: from its first frame on, without our frames, Python's and flytekit's."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._noise: tuple[str, ...] = (IMPORTING, f"{Path(Traces.facts.__code__.co_filename).parent}{os.sep}")
        self.hide(importlib)

    def hide(self, module: Any) -> None:
        """Leave out the frames of a package too."""
        self._noise = (*self._noise, f"{Path(module.__file__).parent}{os.sep}")

    def facts(self, problem: BaseException) -> dict[str, Any]:
        """Return the names of the exception's classes, its first line, the trace, its last frame, and an exit code."""
        report = traceback.TracebackException.from_exception(problem)
        self._cut(report)
        last = report.stack[-1] if report.stack else None
        lines = str(problem).splitlines()
        return {
            "types": [cls.__name__ for cls in type(problem).__mro__],
            "error": self._place.without_root(": ".join([type(problem).__name__, *lines[:1]])),
            "trace": self._place.without_root("".join(report.format())).rstrip(),
            "frame": f"{last.filename}:{last.lineno}" if last else "",
            "code": str(getattr(problem, "code", "")),
        }

    def stack(self, frame: Any) -> str:
        """Return the stack that ends in `frame`, as a trace."""
        frames = self._kept(traceback.StackSummary.extract(reversed(list(traceback.walk_stack(frame)))))
        return self._place.without_root("".join(traceback.format_list(frames))).rstrip()

    def _cut(self, report: traceback.TracebackException | None) -> None:
        if report is None:
            return
        report.stack[:] = self._kept(report.stack)
        self._cut(report.__cause__)
        self._cut(report.__context__)
        for inner in getattr(report, "exceptions", None) or ():
            self._cut(inner)

    def _kept(self, stack: list[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
        first = next((i for i, frame in enumerate(stack) if self._place.relative(frame.filename)), len(stack))
        kept = [frame for frame in stack[first:] if not frame.filename.startswith(self._noise)]
        for frame in kept:
            _ = frame.line  # read now: the source is found under the absolute name only
            frame.filename = self._place.relative(frame.filename) or frame.filename
        return kept
