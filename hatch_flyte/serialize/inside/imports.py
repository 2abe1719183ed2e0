"""Imports the wheel's modules, each within a time limit, and tells of all that fail."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from hatch_flyte.serialize.inside.streams import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_flyte.serialize.inside.place import Workplace
    from hatch_flyte.serialize.inside.streams import Streams
    from hatch_flyte.serialize.inside.traces import Traces

_GRACE = 10
"""Seconds after the limit until the process is ended from C, for an import that lets no other thread run."""


class Importer:
    """Imports modules from the place, wherever the user's code has been since."""

    def __init__(self, streams: Streams, place: Workplace, traces: Traces, seconds: int) -> None:
        self._streams, self._place, self._traces, self._seconds = streams, place, traces, seconds

    def import_all(self, names: Sequence[str], optional: Sequence[str]) -> list[dict[str, Any]]:
        """Import all modules; return why some of the `optional` ones fail, and raise for all others that do.

        A cause that several modules share, such as a package that fails, is told once.
        """
        causes: dict[tuple[str, str, bool], dict[str, Any]] = {}
        failed: dict[str, dict[str, Any]] = {}
        may_fail = set(optional)
        for name in names:
            facts = next((failed[package] for package in failed if name.startswith(f"{package}.")), None)
            facts = facts or self.import_one(name)
            if facts is not None:
                failed[name] = facts
                key = facts["error"], facts["frame"], name in may_fail
                causes.setdefault(key, {**facts, "modules": []})["modules"].append(name)
        if any(not was_optional for _, _, was_optional in causes):
            fatal = [cause for (_, _, was_optional), cause in causes.items() if not was_optional]
            raise Failure("modules", causes=fatal)
        return list(causes.values())

    def import_one(self, name: str) -> dict[str, Any] | None:
        """Import a module; return the facts of what it raised, or None."""
        self._streams.send({"at": f"importing {name}"})
        self._place.enter()
        try:
            with self.limit(name):
                importlib.import_module(name)
        except BaseException as problem:  # noqa: BLE001 # SystemExit and KeyboardInterrupt too: a module may raise them
            return self._traces.facts(problem)
        origin = getattr(sys.modules.get(name), "__file__", None)
        if origin and not self._place.relative(os.path.realpath(origin)):
            error = f"ImportError: expected the wheel's own module (got {origin}, which was imported before)"
            return {"types": ["ImportError"], "error": error, "trace": error, "frame": "", "code": ""}
        return None

    @contextlib.contextmanager
    def limit(self, name: str) -> Iterator[None]:
        """End the process, with the stack of this thread, if the block takes longer than the limit."""
        timer = threading.Timer(self._seconds, self._hung, (name, threading.get_ident()))
        timer.daemon = True
        timer.start()
        faulthandler.dump_traceback_later(self._seconds + _GRACE, exit=True, file=2)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
            timer.cancel()

    def _hung(self, name: str, thread: int) -> None:
        trace = self._traces.stack(sys._current_frames()[thread])  # noqa: SLF001 # the one way to another thread's stack
        self._streams.send({"failed": {"kind": "hang", "module": name, "seconds": self._seconds, "trace": trace}})
        self._place.leave(0)
