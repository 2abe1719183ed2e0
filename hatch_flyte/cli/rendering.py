"""How a publish is told on the command line: each way is a renderer of the one stream of events."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import TYPE_CHECKING, Final, Protocol

from hatch_flyte.cli.status import is_terminal
from hatch_flyte.events import ArchiveDone
from hatch_flyte.report_text import Published, report_lines, to_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from hatch_flyte.cli.options import Manner
    from hatch_flyte.cli.outlet import Outlet
    from hatch_flyte.errors import HatchFlyteError
    from hatch_flyte.events import Event

COLOURS: Final = {
    "created": "green",
    "conflict": "red",
    "failed": "red",
    "skipped": "yellow",
    "activated": "green",
    "deactivated": "yellow",
    "breaking": "yellow",
    "bad": "red",
}


class Renderer(Protocol):
    """One way to tell a publish."""

    def running(self) -> AbstractContextManager[object]:
        """Return what surrounds the publish itself."""
        ...

    def on_event(self, event: Event) -> None:
        """Take what happens."""
        ...

    def finish(self, code: int) -> None:
        """Tell what came of it, and that it ends with this exit code."""
        ...

    def fail(self, problem: HatchFlyteError) -> None:
        """Tell what ended it before anything was sent; it will stand on the standard error too."""
        ...


def renderer(manner: Manner, outlet: Outlet, roots: Sequence[Path]) -> Renderer:
    """Return the renderer for `manner`; `roots` are the folders of the projects."""
    if manner.form == "ndjson":
        return EventLines(outlet)
    if manner.form == "github":
        from hatch_flyte.cli.github import GitHub

        return GitHub(outlet, manner.verbosity, roots)
    return Json(outlet, manner.verbosity) if manner.form == "json" else Text(outlet, manner.verbosity)


def show_published(published: Published, outlet: Outlet, verbosity: int = 0) -> None:
    """Tell people what came of an archive in one cluster."""
    for about, line in report_lines(published, verbosity):
        if about == "error":
            outlet.complain(line)
        elif about == "warning":
            outlet.warn(line)
        else:
            outlet.say(line, fg=COLOURS.get(about))


class Text:
    """Lines for people: a live table on a terminal while it goes on, then what came of it."""

    def __init__(self, outlet: Outlet, verbosity: int) -> None:
        self.outlet, self.verbosity = outlet, verbosity
        self.done: list[Published] = []
        """What came of each archive and cluster so far."""
        self._table = _live_table() if verbosity >= 0 else None

    def running(self) -> AbstractContextManager[object]:
        """See `Renderer.running`."""
        return self._table or contextlib.nullcontext()

    def on_event(self, event: Event) -> None:
        """See `Renderer.on_event`."""
        if isinstance(event, ArchiveDone):
            self.done.append(Published(event.archive, event.report))
        if self._table:
            self._table.on_event(event)

    def finish(self, code: int) -> None:
        """See `Renderer.finish`."""
        del code
        for published in self.done:
            show_published(published, self.outlet, self.verbosity)

    def fail(self, problem: HatchFlyteError) -> None:
        """See `Renderer.fail`."""


class Json(Text):
    """One JSON value at the end."""

    def finish(self, code: int) -> None:
        """See `Renderer.finish`."""
        self.outlet.say(json.dumps(to_json(self.done, code)))


class EventLines:
    """Every event as a line of JSON, as soon as it happens; the last one is `end`, with the exit code."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    def running(self) -> AbstractContextManager[object]:
        """See `Renderer.running`."""
        return contextlib.nullcontext()

    def on_event(self, event: Event) -> None:
        """See `Renderer.on_event`."""
        from hatch_flyte.event_text import event_json

        self._outlet.say(json.dumps(event_json(event)))

    def finish(self, code: int) -> None:
        """See `Renderer.finish`."""
        self._outlet.say(json.dumps({"event": "end", "exit_code": code, "error": None}))

    def fail(self, problem: HatchFlyteError) -> None:
        """See `Renderer.fail`."""
        self._outlet.say(json.dumps({"event": "end", "exit_code": problem.exit_code, "error": str(problem)}))


class Table(Protocol):
    """A live table: what `live_table.LiveTable` is, without importing it."""

    def on_event(self, event: Event) -> None:
        """Take what happens."""
        ...

    def __enter__(self) -> object: ...
    def __exit__(self, *problem: object) -> None: ...


def _live_table() -> Table | None:
    if not is_terminal(sys.stderr):
        return None
    from hatch_flyte.cli.live_table import LiveTable

    return LiveTable()
